"""RF07, match farming: many gifts by one payer within minutes, in the days of a match (called 刷单 or 套捐).

A finding is a reason to look, not a proof: whoever looks sees gifts' opaque references, counts and sums, and nobody's
name. The measure is a dated norm; a pot whose findings are serious is frozen (`freezing.freeze_pool`).
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from projects.giving.models import Donor, Gift
from projects.matching.models import MatchPool


@dataclass(frozen=True, slots=True)
class Measure:
    """From which day on so many gifts within so many minutes are farming. `source` names where the figure is from."""

    since: datetime.date
    gifts: int
    minutes: int
    source: str


# 2017: “刷单” reported in a match of 300 million; platforms' rules, no law. A new figure is a new row.
MEASURES = (Measure(datetime.date(2017, 9, 1), gifts=20, minutes=10, source="platform rules"),)


@dataclass(frozen=True, slots=True)
class Farming:
    """The densest stretch of one payer's gifts to a pot, in minor units. `refunded` counts gifts that went back."""

    donor_ref: str
    gifts: int
    first_at: datetime.datetime
    last_at: datetime.datetime
    matched_minor: int
    refunded: int


def measure_on(day: datetime.date) -> Measure:
    """What counted as farming on a day."""
    return max((one for one in MEASURES if one.since <= day), key=lambda one: one.since, default=MEASURES[0])


def farming(pool: MatchPool, on: datetime.date, *, among: Sequence[Donor] | None = None) -> list[Farming]:
    """Payers (of some, or of all) that have given this pot's project too many matched gifts in too short a time, most
    gifts first.
    """
    measure = measure_on(on)
    found = [run for _donor, gifts in _by_donor(pool, among) if (run := _densest(gifts, measure)) is not None]
    return sorted(found, key=lambda run: (-run.gifts, run.donor_ref))


# The donor's reference, when the gift was made, what was matched of it, and what went back of it.
Row = tuple[str, datetime.datetime, int, int]


def _by_donor(pool: MatchPool, among: Sequence[Donor] | None) -> Iterator[tuple[str, list[Row]]]:
    gifts = Gift.objects.filter(project=pool.project).exclude(donor__email="").order_by("donor__ref", "created_at")
    matches = pool.matches.filter(matched_minor__gt=0)
    if among is not None:
        gifts = gifts.filter(donor__in=among)
        matches = matches.filter(gift_ref__in=gifts.order_by().values("ref"))
    matched: dict[str, int] = {}
    for ref, minor in matches.values_list("gift_ref", "matched_minor").iterator():
        matched[ref] = matched.get(ref, 0) + minor
    rows = gifts.values_list("donor__ref", "created_at", "ref", "refunded_minor").iterator()
    kept = ((donor, at, matched[ref], refunded) for donor, at, ref, refunded in rows if ref in matched)
    for donor, group in groupby(kept, key=itemgetter(0)):
        yield donor, list(group)


def _densest(gifts: list[Row], measure: Measure) -> Farming | None:
    """The stretch with most gifts that fits into the minutes, if it reaches the measure."""
    span, first, best = datetime.timedelta(minutes=measure.minutes), 0, (0, 0)
    for last, (_donor, at, _matched, _refunded) in enumerate(gifts):
        while at - gifts[first][1] > span:
            first += 1
        best = max(best, (last - first + 1, -first))
    count, start = best[0], -best[1]
    if count < measure.gifts:
        return None
    run = gifts[start : start + count]
    return Farming(
        donor_ref=run[0][0],
        gifts=count,
        first_at=run[0][1],
        last_at=run[-1][1],
        matched_minor=sum(matched for _donor, _at, matched, _refunded in run),
        refunded=sum(1 for _donor, _at, _matched, refunded in run if refunded),
    )
