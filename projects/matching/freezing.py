"""Stopping a pot in one action, with a public note, and letting it go on by a second person."""

import datetime

from django.db import transaction
from django.utils import timezone

from ledger import posting
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import Actor
from projects.audit.actions import record
from projects.catalog.queries import book_of
from projects.matching.models import MatchFreeze, MatchPool


def freeze_pool(
    pool: MatchPool, *, reason: str, note_zh: str = "", note_en: str = "", by: Actor, at: datetime.datetime
) -> MatchFreeze:
    """Stop a pot now: nothing is matched, released or received until it goes on. The log is told the reason's code.

    The note is for everybody; it stands on the site and not in the log, which holds no free words for ever.
    """
    with transaction.atomic():
        pool, last = _locked(pool)
        if pool.state != MatchPool.State.OPEN:
            raise Refused("pool_state", _r("This matching pot cannot make that step now."))
        if last is not None and last.is_frozen:
            raise Refused("pool_frozen_already", _r("This matching pot is frozen already."))
        if not note_zh.strip() and not note_en.strip():
            raise Refused("freeze_without_note", _r("Say to the public why the pot is frozen."))
        facts = {"pool": pool.ref, "reason": reason}
        return _turn(pool, last, "MATCH_POOL_FROZEN", facts, (reason, note_zh, note_en), by=by, at=at)


def thaw_pool(
    pool: MatchPool, *, note_zh: str = "", note_en: str = "", by: Actor, at: datetime.datetime
) -> MatchFreeze:
    """Let a pot go on, with a note on what was found. Another person decides it than the one who stopped it."""
    with transaction.atomic():
        pool, last = _locked(pool)
        if last is None or not last.is_frozen:
            raise Refused("pool_not_frozen", _r("This matching pot is not frozen."))
        if last.by_ref == by.ref:
            raise Refused("thawed_by_its_freezer", _r("A pot goes on when another person than its freezer says so."))
        if not note_zh.strip() and not note_en.strip():
            raise Refused("freeze_without_note", _r("Say to the public why the pot goes on."))
        return _turn(pool, last, "MATCH_POOL_THAWED", {"pool": pool.ref}, (last.reason, note_zh, note_en), by=by, at=at)


def _locked(pool: MatchPool) -> tuple[MatchPool, MatchFreeze | None]:
    # A runner that is under way holds the pot's row: the freeze waits for its batch and counts from the next gift on.
    pool = MatchPool.objects.select_for_update(no_key=True, of=("self",)).get(pk=pool.pk)
    return pool, pool.freezes.order_by("-place").first()


def _turn(pool, last, kind: str, facts, said: tuple[str, str, str], *, by: Actor, at: datetime.datetime) -> MatchFreeze:
    place = last.place + 1 if last else 1
    notice_id = posting.notice(
        kind,
        book=book_of(pool.project),
        effective_on=timezone.localtime(at).date(),
        facts=facts,
        by=by.ref,
        at=at,
        key=f"match-freeze:{pool.ref}:{place}",
    )
    reason, note_zh, note_en = said
    turn = MatchFreeze.objects.create(
        pool=pool,
        place=place,
        is_frozen=kind == "MATCH_POOL_FROZEN",
        reason=reason,
        note_zh=note_zh.strip(),
        note_en=note_en.strip(),
        notice_id=notice_id,
        by_ref=by.ref,
        at=at,
    )
    record(
        by=by,
        at=at,
        event="match_pool.frozen" if turn.is_frozen else "match_pool.thawed",
        subject=("match_pool", pool.ref),
        organisation_ref=pool.project.organisation.ref,
        facts={"reason": reason},
    )
    return turn
