"""What was released from a donor's restriction: by saying so (a release), and by spending on the purpose.

An expense of a restricted fund meets its condition. Where a part of the fund had been released before, expenses use
that part up first, so that no amount is released twice.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ledger.moves import Move, Scope, moves
from ledger.policy.chart import CHART, EXPENSE, NET_FREE, NET_RESTRICTED


@dataclass(frozen=True, slots=True)
class Release:
    """Released up to a day, and the part of it that is not spent yet and still lies in restricted funds."""

    released_minor: int
    unspent_minor: int


def released(scope: Scope, moved: Iterable[Move], *, position: int, ends_on: date) -> Release:
    """Of all restricted funds together. ``moved`` is all that moved up to the day."""
    expenses: dict[str, int] = defaultdict(int)
    said: dict[str, int] = defaultdict(int)
    for move in moved:
        if move.fund in scope.restricted:
            expenses[move.fund] += _expense(move)
            said[move.fund] += _said(move)
    # Only where a release was said does the order of days matter; such funds are few.
    told = [fund for fund, amount in said.items() if amount]
    total = sum(amount for fund, amount in expenses.items() if fund not in told)
    unspent = 0
    for fund in told:
        days = moves(scope, position=position, ends_on=ends_on, funds=[fund], by_day=True)
        one = _in_order(days)
        total, unspent = total + one.released_minor, unspent + one.unspent_minor
    return Release(total, unspent)


def _in_order(moved: Iterable[Move]) -> Release:
    days: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for move in moved:
        if move.day:
            days[move.day][0] += _said(move)
            days[move.day][1] += _expense(move)
    total, unspent = 0, 0
    for day in sorted(days):
        said, expense = days[day]
        total, unspent = total + said, unspent + said
        used = min(unspent, max(expense, 0))
        total, unspent = total + expense - used, unspent - used
    return Release(total, unspent)


def _expense(move: Move) -> int:
    return move.amount_minor * (
        (CHART.account(move.debit).type == EXPENSE) - (CHART.account(move.credit).type == EXPENSE)
    )


def _said(move: Move) -> int:
    if (move.debit, move.credit) == (NET_RESTRICTED, NET_FREE):
        return move.amount_minor
    return -move.amount_minor if (move.debit, move.credit) == (NET_FREE, NET_RESTRICTED) else 0
