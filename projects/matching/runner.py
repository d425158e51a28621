"""Matching: what the log says is answered in its order, one after the other, by one runner per pot.

Whoever runs it, whenever, and however often it is killed, the answers are those of `pot.replay`: an answer depends on
its place in the log and on what stands before it there, never on when the runner came by.
"""

import datetime
from collections.abc import Callable
from functools import partial
from heapq import merge
from operator import itemgetter
from uuid import UUID

from django.db import transaction

from ledger import posting, transparency
from ledger.transparency import LogEntry, Told
from projects.access.actors import Actor
from projects.access.refs import new_ref
from projects.catalog.queries import book_of
from projects.matching import rules
from projects.matching.holding import hold_of, let_go, wishes
from projects.matching.models import Match, MatchPool, MatchRelease
from projects.matching.offering import offer
from projects.matching.walk import Round, Walk, add_match, covered_by, ends_of, seen, tell, used, values_of

BATCH = 500
# What frees a match again: the gift went back to the donor, or the bank took it.
TAKEN_BACK = ("REFUND", "DISPUTE_WITHDRAWN")
# Answers what stands at a place of the log: how many rows that made, or None if it must wait.
Answer = Callable[[Walk, int], int | None]


def match_pending(*, by: Actor, at: datetime.datetime) -> int:
    """Answer what is in the log and was not answered yet: gifts, refunds, holds. Returns how many rows were written."""
    answered = 0
    # Closed pots too: a refund still releases its match there. A pot that has seen the whole log is left in peace.
    pools = MatchPool.objects.filter(next_position__lt=transparency.head().size).order_by("pk")
    pools = pools.exclude(state=MatchPool.State.DRAFT)
    for pk in list(pools.values_list("pk", flat=True)):
        more = True
        while more:
            count, more = _walk_batch(pk, by=by, at=at)
            answered += count
    return answered


@transaction.atomic
def _walk_batch(pk: int, *, by: Actor, at: datetime.datetime) -> tuple[int, bool]:
    # One runner per pot: each answer starts where the one before it stopped. A second runner has nothing to add, so it
    # passes by instead of waiting. (On SQLite the transaction is IMMEDIATE, and so alone.)
    pool = (
        MatchPool.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("project__organisation")
        .filter(pk=pk)
        .first()
    )
    if pool is None or is_frozen(pool):
        return 0, False
    size = transparency.head().size  # read before the entries: what comes later is looked at next time
    entries = transparency.entries_since(pool.next_position, kinds=("GIFT", *TAKEN_BACK), limit=BATCH)
    walk = _start(pool, by=by, at=at)
    answered, full = 0, len(entries) == BATCH
    next_position = entries[-1].position + 1 if full else max(size, pool.next_position)
    written: list[tuple[int, Answer]] = [(entry.position, partial(_answer, entry)) for entry in entries]
    for position, answer in merge(written, wishes(walk, next_position), key=itemgetter(0)):
        rows = answer(walk, position)
        if rows is None:
            # The match to release has no place in the log yet: the next run goes on from here.
            next_position, full = position, False
            break
        answered += rows
    if (next_position, pool.short_place) != _kept(pk):
        MatchPool.objects.filter(pk=pk).update(next_position=next_position, short_place=pool.short_place)
    return answered, full


def _kept(pk: int) -> tuple[int, int]:
    next_position, short_place = MatchPool.objects.values_list("next_position", "short_place").get(pk=pk)
    return next_position, short_place


def is_frozen(pool: MatchPool) -> bool:
    """Whether the pot is stopped now. Its gifts keep their place and are answered when it goes on."""
    last = pool.freezes.order_by("-place").first()
    return last is not None and last.is_frozen


def _start(pool: MatchPool, *, by: Actor, at: datetime.datetime) -> Walk:
    published = pool.rules.filter(published_at__isnull=False).select_related("after")
    versions = {rule.version: rule for rule in published}
    return Walk(
        pool=pool,
        book=book_of(pool.project),
        fund=pool.project.fund_code,
        versions=versions,
        rules=values_of(versions.values()),
        ends=ends_of(pool),
        days={},
        by=by,
        at=at,
    )


def _answer(entry: LogEntry, walk: Walk, position: int) -> int | None:
    if entry.book != walk.book:
        return 0
    if entry.kind != "GIFT":
        return _release(walk, entry)
    return _match(walk, entry) if entry.fund == walk.fund else 0


def _match(walk: Walk, entry: LogEntry) -> int | None:
    if walk.pool.matches.filter(gift_ref=entry.document_ref).exists():
        return 0
    hold = hold_of(walk, entry.document_ref)
    held = hold.held_minor if hold else 0
    # The version that held money for the gift answers it: what was shown before paying is kept.
    if hold is not None and hold.rule is not None and held:
        rule = next((one for one in walk.rules if one.version == hold.rule.version), None)
    else:
        rule = rules.rule_for(walk.rules, position=entry.position, day=entry.effective_on)
    version = walk.versions[rule.version] if rule else None
    # The pot that is tried first has not answered this gift yet: the next run goes on from here.
    if version is not None and version.after is not None and version.after.next_position <= entry.position:
        return None
    if hold is not None:
        let_go(walk, hold, entry.position)
    if rule is not None and version is not None:
        gift = seen(entry, covered_minor=covered_by(version.after, entry.document_ref))
        before, left = used(walk, gift), max(walk.left(rule), held)
        decision = rules.answer(rule, gift, currency=walk.pool.currency, left_minor=left, used=before)
        add_match(walk, gift, entry.entry_id, version, decision, before, Round(gift.amount_minor, held_minor=held))
    return (hold is not None) + (rule is not None) + (offer(walk, entry.position) if held else 0)


def _release(walk: Walk, entry: LogEntry) -> int | None:
    matches = list(walk.pool.matches.filter(gift_index=entry.facts["origin"]).order_by("round"))
    if not matches or matches[0].releases.filter(refund_ref=entry.document_ref).exists():
        return 0
    if any(match.entry_id and transparency.position_of(match.entry_id) is None for match in matches):
        return None
    freed = sum(_release_one(walk, entry, match) for match in matches)
    return len(matches) + (offer(walk, entry.position) if freed else 0)


def _release_one(walk: Walk, entry: LogEntry, match: Match) -> int:
    """What a refund frees of one match of its gift, in minor units."""
    last = match.releases.order_by("-place").first()
    before, refund = last.refunded_minor if last else 0, taken_back(entry)
    freed = rules.newly_released(match.matched_minor, match.gift_minor, before, refund)
    ref, ends = new_ref(), walk.ends
    MatchRelease.objects.create(
        ref=ref,
        pool=walk.pool,
        match=match,
        refund_ref=entry.document_ref,
        refund_index=entry.position,
        refunded_minor=before + refund,
        place=ends.release_place + 1,
        start=ends.release_stop,
        stop=ends.release_stop + freed,
        released_minor=freed,
        entry_id=_post_release(walk, match.entry_id, ref, freed) if freed and match.entry_id else None,
        at=walk.at,
    )
    ends.release_place, ends.release_stop = ends.release_place + 1, ends.release_stop + freed
    if freed:
        tell(walk, "match.released", freed, match=match.ref, gift=match.gift_ref, release=ref)
    return freed


def taken_back(entry: LogEntry | Told) -> int:
    """The whole sum of a refund: its unspent part, what the general fund covered, and what stands as a shortfall."""
    return sum(entry.facts[part] for part in ("unspent", "covered", "deficit"))


def _post_release(walk: Walk, origin: UUID, ref: str, freed_minor: int) -> UUID:
    posted = posting.refund(
        origin=origin,
        amount_minor=freed_minor,
        kind="MATCH_RELEASE",
        document_ref=ref,
        effective_on=walk.on,
        by=walk.by.ref,
        at=walk.at,
        key=f"match_release:{ref}",
    )
    return posted.entry_id
