"""The latest payouts of a project as the public may see them: households together, never one alone.

Shown are months and whole areas. A group of fewer than `SMALLEST` households is merged into the month before it; what
is left over at the end joins the last group. One household by itself appears only where the relief side says that its
consent, age and case allow it; this list never needs that answer, because it shows nobody singly.
"""

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from projects.payouts.models import Payout
from projects.payouts.words import PayoutState

SMALLEST = 5
SHOWN = 8
ARRIVED = (PayoutState.CONFIRMED, PayoutState.ACKNOWLEDGED)


@dataclass(frozen=True)
class PayoutGroup:
    """Several households helped in one stretch of months; `since` is the first month when there are several."""

    month: datetime.date
    since: datetime.date
    households: int
    amount_minor: int
    acknowledged: int
    payouts: int
    purposes: tuple[Any, ...]

    @property
    def is_small(self) -> bool:
        return self.households < SMALLEST


def households_paid(project: Any) -> int:
    """How many households money has reached; each counts once, however often it was helped."""
    return _arrived(project).values("award__household").distinct().count()


def recent_groups(project: Any) -> list[PayoutGroup]:
    """The latest groups, newest first."""
    months: dict[datetime.date, list[Payout]] = defaultdict(list)
    for payout in _arrived(project).filter(answered_on__isnull=False).select_related("award__purpose"):
        months[payout.answered_on.replace(day=1)].append(payout)
    groups: list[list[Payout]] = []
    open_group: list[Payout] = []
    for month in sorted(months, reverse=True):
        open_group += months[month]
        if _households(open_group) >= SMALLEST:
            groups.append(open_group)
            open_group = []
    if open_group and groups:
        groups[-1] += open_group
    elif open_group:
        groups.append(open_group)
    return [_group(payouts) for payouts in groups[:SHOWN]]


def _arrived(project: Any) -> Any:
    return Payout.objects.filter(award__project=project, state__in=ARRIVED)


def _households(payouts: list[Payout]) -> int:
    return len({payout.award.household_id for payout in payouts})


def _group(payouts: list[Payout]) -> PayoutGroup:
    months = [payout.answered_on.replace(day=1) for payout in payouts if payout.answered_on]
    purposes = {payout.award.purpose_id: payout.award.purpose for payout in payouts}
    return PayoutGroup(
        month=max(months),
        since=min(months),
        households=_households(payouts),
        amount_minor=sum(payout.amount_minor for payout in payouts),
        acknowledged=sum(payout.state == PayoutState.ACKNOWLEDGED for payout in payouts),
        payouts=len(payouts),
        purposes=tuple(purposes[key] for key in sorted(purposes)),
    )
