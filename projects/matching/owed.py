"""A match is money owed by the matcher until it is received: how much, and for how long already."""

import datetime
from dataclasses import dataclass

from django.db.models import Sum

from projects.matching.models import MatchPool

# Days since the gift, both ends counting; what is older stands in the last row.
AGES = ((0, 30), (31, 90), (91, None))


@dataclass(frozen=True, slots=True)
class OwedSince:
    """What is owed for gifts of an age in days, in minor units. `last_day` is empty in the oldest row."""

    first_day: int
    last_day: int | None
    amount_minor: int


def owed_by_age(pool: MatchPool, on: datetime.date) -> list[OwedSince]:
    """What the matcher owes on a day, by the age of the gifts. What it paid pays the oldest gifts first."""
    owed = dict.fromkeys(AGES, 0)
    for day, minor in _unpaid(pool):
        age = max((on - day).days, 0)
        owed[next(span for span in AGES if span[1] is None or age <= span[1])] += minor
    return [OwedSince(first, last, minor) for (first, last), minor in owed.items()]


def _unpaid(pool: MatchPool) -> list[tuple[datetime.date, int]]:
    """Day of the gifts, and what of their standing matches is not paid yet; oldest first."""
    paid = pool.payments.aggregate(sum=Sum("amount_minor", default=0))["sum"]
    matched = pool.matches.order_by("gift_on").values_list("gift_on").annotate(sum=Sum("matched_minor"))
    released = pool.releases.order_by("match__gift_on").values_list("match__gift_on").annotate(Sum("released_minor"))
    freed = dict(released)
    unpaid = []
    for day, minor in matched:
        standing = minor - freed.get(day, 0)
        covered = min(paid, standing)
        paid -= covered
        unpaid.append((day, standing - covered))
    return unpaid
