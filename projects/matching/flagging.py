"""Holding suspicious matches until somebody has looked: raised by the worker, decided by a person, never forgotten.

A flag changes no answer and no entry: the match is committed in the books. It is *held*: the matcher is not asked for
it and cannot pay it before it is cleared (`actions.receive_match`). What is confirmed stays unpaid; it is freed when
its gift goes back.
"""

import datetime
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import QuerySet, Sum

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import Actor
from projects.audit.actions import record
from projects.giving.models import Donor, Gift
from projects.matching.flag_models import MatchFlag
from projects.matching.models import Match, MatchPool, MatchRelease
from projects.matching.suspicion import Suspicion, suspicions

# Answers, and payers, that are looked at in one go.
AT_ONCE = 500
POOLS = MatchPool.objects.select_related("project__organisation", "matcher")
STANDING = (MatchFlag.State.HELD, MatchFlag.State.CONFIRMED)


def look(*, by: Actor, at: datetime.datetime) -> int:
    """Look at the payers of new matches, and hold what is suspicious. How many matches are held by it."""
    return sum(_look_at(pool, by=by, at=at) for pool in POOLS.exclude(state=MatchPool.State.DRAFT))


def look_again(*, by: Actor, at: datetime.datetime) -> int:
    """Once a day: the payers of open pots once more, for what has gone back meanwhile."""
    raised = 0
    for pool in POOLS.filter(state=MatchPool.State.OPEN):
        raised += _raise_for(pool, _payers(pool.matches.filter(matched_minor__gt=0)), by=by, at=at)
    return raised


def _look_at(pool: MatchPool, *, by: Actor, at: datetime.datetime) -> int:
    news = list(
        pool.matches.filter(place__gt=pool.looked_place).order_by("place").values_list("place", flat=True)[:AT_ONCE]
    )
    if not news:
        return 0
    fresh = pool.matches.filter(place__gt=pool.looked_place, place__lte=news[-1], matched_minor__gt=0)
    with transaction.atomic():
        raised = _raise_for(pool, _payers(fresh), by=by, at=at)
        MatchPool.objects.filter(pk=pool.pk).update(looked_place=news[-1])
    return raised


def _payers(matches: QuerySet[Match]) -> list[Donor]:
    gifts = Gift.objects.filter(ref__in=matches.values("gift_ref")).exclude(donor__email="")
    return list(Donor.objects.filter(pk__in=gifts.values("donor")).order_by("pk"))


def _raise_for(pool: MatchPool, payers: Sequence[Donor], *, by: Actor, at: datetime.datetime) -> int:
    """Hold the matches of suspicious payers that nobody has looked at yet: a few queries for each part."""
    raised = 0
    for start in range(0, len(payers), AT_ONCE):
        found = suspicions(pool, payers[start : start + AT_ONCE], at=at)
        flagged = {donor: signs for donor, signs in found.items() if signs.is_flagged}
        if flagged:
            raised += _flag(pool, flagged, by=by, at=at)
    return raised


@transaction.atomic
def _flag(pool: MatchPool, flagged: Mapping[int, Suspicion], *, by: Actor, at: datetime.datetime) -> int:
    gifts = Gift.objects.filter(donor__in=flagged, project=pool.project)
    unseen = pool.matches.filter(matched_minor__gt=0, flag__isnull=True, gift_ref__in=gifts.values("ref"))
    matches = list(unseen.order_by("place"))
    if not matches:
        return 0
    payers = dict(gifts.values_list("ref", "donor"))
    for match in matches:
        signs = flagged[payers[match.gift_ref]]
        reasons = ",".join(signs.reasons)
        MatchFlag.objects.create(match=match, score=signs.score, reasons=reasons, raised_at=at)
        _tell(pool, match, "match.flagged", by=by, at=at, score=signs.score)
    return len(matches)


def decide_flag(flag: MatchFlag, *, clear: bool, note: str, by: Actor, at: datetime.datetime) -> MatchFlag:
    """A person has looked: the match may be paid, or it is not paid for good. Said once, with what was found."""
    with transaction.atomic():
        flag = (
            MatchFlag.objects.select_for_update(no_key=True, of=("self",)).select_related("match__pool").get(pk=flag.pk)
        )
        if flag.state != MatchFlag.State.HELD:
            raise Refused("flag_decided", _r("Somebody has decided on this match already."))
        if not note.strip():
            raise Refused("flag_without_note", _r("Say what was found."))
        flag.state = MatchFlag.State.CLEARED if clear else MatchFlag.State.CONFIRMED
        flag.note, flag.decided_by_ref, flag.decided_at = note.strip(), by.ref, at
        flag.save(update_fields=["state", "note", "decided_by_ref", "decided_at"])
        _tell(flag.match.pool, flag.match, "match.cleared" if clear else "match.confirmed", by=by, at=at)
    return flag


def held_minor(pool: MatchPool) -> int:
    """What stands of the pot's flagged matches, net of what was released: it is not paid."""
    flagged = pool.matches.filter(flag__state__in=STANDING)
    matched = flagged.aggregate(sum=Sum("matched_minor", default=0))["sum"]
    released = MatchRelease.objects.filter(match__in=flagged).aggregate(sum=Sum("released_minor", default=0))["sum"]
    return int(matched - released)


def _tell(pool: MatchPool, match: Match, event: str, *, by: Actor, at: datetime.datetime, **facts: int) -> None:
    record(
        by=by,
        at=at,
        event=event,
        subject=("match", match.ref),
        organisation_ref=pool.project.organisation.ref,
        facts=facts,
    )
