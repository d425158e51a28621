"""Matching: gifts are answered in the order of the log, one after the other, by one runner per pot.

Whoever runs it, whenever, and however often it is killed, the answers are those of `rules.replay`: a gift's answer
depends on its place in the log and on what stands before it there, never on when the runner came by.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from ledger import posting, transparency
from ledger.policy import recipes
from ledger.transparency import LogEntry, Told
from projects.access.actors import Actor
from projects.access.refs import new_ref
from projects.catalog.queries import book_of
from projects.matching import rules
from projects.matching.models import Match, MatchPool, MatchRelease, MatchRule
from projects.organisations import outcomes

BATCH = 500
# What frees a match again: the gift went back to the donor, or the bank took it.
TAKEN_BACK = ("REFUND", "DISPUTE_WITHDRAWN")


@dataclass
class Ends:
    """Where the two lines of a pot end now. What it has promised is the difference."""

    place: int
    stop: int
    release_place: int
    release_stop: int

    @property
    def committed_minor(self) -> int:
        return self.stop - self.release_stop


@dataclass(frozen=True)
class Walk:
    """What one batch needs to know; read once, at its start."""

    pool: MatchPool
    book: str
    fund: str
    versions: dict[int, MatchRule]
    rules: list[rules.Rule]
    ends: Ends
    # What was matched of gifts of a day, as far as this batch has asked.
    days: dict[datetime.date, int]
    by: Actor
    at: datetime.datetime

    @property
    def on(self) -> datetime.date:
        return timezone.localtime(self.at).date()


def match_pending(*, by: Actor, at: datetime.datetime) -> int:
    """Answer every gift and refund in the log that was not answered yet. Returns how many answers were written."""
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
    for entry in entries:
        rows = _answer(walk, entry)
        if rows is None:
            # The match to release has no place in the log yet: the next run goes on from here.
            next_position, full = entry.position, False
            break
        answered += rows
    if next_position != pool.next_position:
        MatchPool.objects.filter(pk=pool.pk).update(next_position=next_position)
    return answered, full


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


def values_of(versions: Iterable[MatchRule]) -> list[rules.Rule]:
    """Published versions as the arithmetic knows them. One without a place in the log counts for no gift there."""
    placed = [(rule, transparency.position_of(rule.notice_id)) for rule in versions if rule.notice_id]
    return [rule.value(position) for rule, position in placed if position is not None]


def ends_of(pool: MatchPool) -> Ends:
    """The ends of both lines, in one statement: two looks could see two moments, and a promise that never was."""
    last_match = Match.objects.filter(pool=OuterRef("pk")).order_by("-place")
    last_release = MatchRelease.objects.filter(pool=OuterRef("pk")).order_by("-place")
    ends = (
        MatchPool.objects.filter(pk=pool.pk)
        .values_list(
            Subquery(last_match.values("place")[:1]),
            Subquery(last_match.values("stop")[:1]),
            Subquery(last_release.values("place")[:1]),
            Subquery(last_release.values("stop")[:1]),
        )
        .get()
    )
    return Ends(*(end or 0 for end in ends))


def _answer(walk: Walk, entry: LogEntry) -> int | None:
    """Answer one log entry: how many rows that made, or None if it must wait."""
    if entry.book != walk.book:
        return 0
    if entry.kind != "GIFT":
        return _release(walk, entry)
    return _match(walk, entry) if entry.fund == walk.fund else 0


def _match(walk: Walk, entry: LogEntry) -> int | None:
    rule = rules.rule_for(walk.rules, position=entry.position, day=entry.effective_on)
    if rule is None or walk.pool.matches.filter(gift_ref=entry.document_ref).exists():
        return 0
    version = walk.versions[rule.version]
    # The pot that is tried first has not answered this gift yet: the next run goes on from here.
    if version.after is not None and version.after.next_position <= entry.position:
        return None
    gift = seen(entry, covered_minor=covered_by(version.after, entry.document_ref))
    ends, used = walk.ends, _used(walk, gift)
    left = rules.left_under(rule, pledged_minor=walk.pool.pledged_minor, committed_minor=ends.committed_minor)
    decision = rules.answer(rule, gift, currency=walk.pool.currency, left_minor=left, used=used)
    ref, matched = new_ref(), decision.matched_minor
    Match.objects.create(
        ref=ref,
        pool=walk.pool,
        rule=version,
        place=ends.place + 1,
        start=ends.stop,
        stop=ends.stop + matched,
        gift_ref=gift.ref,
        gift_index=gift.position,
        gift_on=gift.day,
        gift_minor=gift.amount_minor,
        gift_entry_id=entry.entry_id,
        covered_minor=gift.covered_minor,
        donor_ref=gift.donor,
        donor_before_minor=used.donor_minor,
        day_before_minor=used.day_minor,
        wanted_minor=decision.wanted_minor,
        matched_minor=matched,
        left_minor=decision.left_minor,
        reason=decision.reason,
        entry_id=_post_match(walk, gift, rule, ref, matched) if matched else None,
        at=walk.at,
    )
    ends.place, ends.stop = ends.place + 1, ends.stop + matched
    walk.days[gift.day] += matched
    if matched:
        _tell(walk, "match.added", matched, match=ref, gift=gift.ref)
    return 1


def seen(entry: LogEntry | Told, *, covered_minor: int) -> rules.GiftSeen:
    """A gift as the public log shows it."""
    facts = entry.facts
    return rules.GiftSeen(
        position=entry.position,
        ref=entry.document_ref,
        day=entry.effective_on,
        amount_minor=entry.amount_minor,
        currency=entry.currency,
        channel=facts.get("channel", ""),
        donor=facts.get("donor", ""),
        covered_minor=covered_minor,
    )


def covered_by(pool: MatchPool | None, gift_ref: str) -> int:
    """What a pot that is tried first matched of a gift, whether or not it was released later."""
    if pool is None:
        return 0
    answer = pool.matches.filter(gift_ref=gift_ref).first()
    return min(answer.matched_minor, answer.gift_minor) if answer else 0


def _used(walk: Walk, gift: rules.GiftSeen) -> rules.Used:
    of_donor = walk.pool.matches.filter(donor_ref=gift.donor).order_by("-place").first() if gift.donor else None
    if gift.day not in walk.days:
        walk.days[gift.day] = used_on(walk.pool, gift.day)
    return rules.Used(
        day_minor=walk.days[gift.day],
        donor_minor=of_donor.donor_before_minor + of_donor.matched_minor if of_donor else 0,
    )


def used_on(pool: MatchPool, day: datetime.date) -> int:
    """What the pot has matched of gifts of a day, without taking off what was released."""
    last = pool.matches.filter(gift_on=day).order_by("-place").first()
    return last.day_before_minor + last.matched_minor if last else 0


def _post_match(walk: Walk, gift: rules.GiftSeen, rule: rules.Rule, ref: str, matched_minor: int) -> UUID:
    draft = recipes.match(
        book=walk.book,
        fund=walk.fund,
        amount_minor=matched_minor,
        currency=walk.pool.currency,
        effective_on=walk.on,
        document_ref=ref,
        restricted=True,
        pool=walk.pool.ref,
        rule_version=rule.version,
        gift_index=gift.position,
    )
    posted = posting.post(draft, by=walk.by.ref, at=walk.at, key=f"match:{walk.pool.ref}:{gift.ref}")
    return posted.entry_id


def _release(walk: Walk, entry: LogEntry) -> int | None:
    match = walk.pool.matches.filter(gift_index=entry.facts["origin"]).first()
    if match is None or match.releases.filter(refund_ref=entry.document_ref).exists():
        return 0
    if match.entry_id and transparency.position_of(match.entry_id) is None:
        return None
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
        _tell(walk, "match.released", freed, match=match.ref, gift=match.gift_ref, release=ref)
    return 1


def _tell(walk: Walk, kind: str, amount_minor: int, **refs: str) -> None:
    project = walk.pool.project
    outcomes.tell(
        project.organisation_id,
        kind,
        at=walk.at,
        pool=walk.pool.ref,
        project=project.ref,
        amount_minor=amount_minor,
        currency=walk.pool.currency,
        **refs,
    )


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
