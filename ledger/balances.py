"""Balances and a fund's figures, as of a log position. Computed, never stored as truth.

``position`` is a size of the log: figures count the entries numbered 0 … position − 1. Without it the latest head is
taken. What is committed but not numbered yet is in no figure. Each answer is a snapshot and the tail since (``sums``):
it takes as long at the millionth entry as at the thousandth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ledger.books import book_row
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import Account, Fund, LogHead
from ledger.policy.chart import CHART, DEBIT
from ledger.sums import MeasureSums, account_sums, measure_sums
from ledger.transparency import head

# A hole's measure, before the source that it lies in.
HOLE_OF = "H."


@dataclass(frozen=True, slots=True)
class FundFigures:
    """What came into a fund and where it went, in minor units, at a log position.

    ``given`` + ``matched`` + ``other_in`` = ``spent`` + ``refunded`` + ``left``. ``covered`` is the part of what was
    spent whose gifts were taken back afterwards: another fund stands in for them. Counts are of entries.
    ``refunded_by_source`` parts ``refunded`` by what had been taken back: source kind → minor units.
    """

    fund: str
    currency: str
    given_minor: int
    matched_minor: int
    other_in_minor: int
    refunded_minor: int
    covered_minor: int
    spent_minor: int
    left_minor: int
    gift_count: int
    match_count: int
    refunded_by_source: dict[str, int]
    position: int
    root_hex: str


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """One line of a trial balance: the sum of both sides of an account, in minor units."""

    code: str
    name_zh: str
    name_en: str
    type: str
    currency: str
    debit_minor: int
    credit_minor: int

    @property
    def balance_minor(self) -> int:
        """The balance on the account's normal side."""
        net = self.debit_minor - self.credit_minor
        return net if CHART.account(self.code).normal_side == DEBIT else -net


@dataclass(frozen=True, slots=True)
class Sides:
    """What an account of a fund was debited and credited, in minor units."""

    fund: str
    account: str
    currency: str
    debit_minor: int
    credit_minor: int

    @property
    def net_minor(self) -> int:
        """Debits less credits, whatever the account's normal side."""
        return self.debit_minor - self.credit_minor


def sides(*, book: str, fund: str | None = None, position: int | None = None) -> list[Sides]:
    """Both sides of every account that ever moved, of every fund or of one, by fund and account."""
    return _sides(book, {"code": fund} if fund else {}, position)


def _sides(book: str, which: dict[str, Any], position: int | None) -> list[Sides]:
    size, _root = at_position(position)
    owner = book_row(book)
    funds = dict(Fund.objects.filter(book=owner, **which).values_list("id", "code"))
    accounts = {row.id: row for row in Account.objects.filter(book=owner)}
    found = [
        Sides(funds[fund_id], accounts[account_id].code, accounts[account_id].currency, *both)
        for (fund_id, account_id), both in account_sums(funds, size).items()
    ]
    return sorted(found, key=lambda one: (one.fund, one.account, one.currency))


def fund_balances(*, book: str, fund: str, position: int | None = None) -> dict[str, int]:
    """The balance of each account of a fund on its normal side, in minor units; what never moved is not in it."""
    return balances_of_funds(book=book, funds=[fund], position=position)[fund]


def balances_of_funds(*, book: str, funds: Iterable[str], position: int | None = None) -> dict[str, dict[str, int]]:
    """The same of some funds of a book, by their codes: read together, for little more than one."""
    found: dict[str, dict[str, int]] = {fund: {} for fund in funds}
    for one in _sides(book, {"code__in": list(found)}, position):
        found[one.fund][one.account] = _on_normal_side(one)
    return found


def fund_figures(*, book: str, fund: str, position: int | None = None) -> FundFigures:
    """A fund's figures at a log position (the latest head without one)."""
    return figures_of_funds(book=book, funds=[fund], position=position)[fund]


def figures_of_funds(*, book: str, funds: Iterable[str], position: int | None = None) -> dict[str, FundFigures]:
    """The same of some funds of a book, by their codes: read together, for little more than one."""
    head_there = at_position(position)
    rows = [Fund.objects.get(book__code=book, code=fund) for fund in funds]
    measures = measure_sums([row.id for row in rows], head_there[0])
    return {row.code: _figures(row, measures[row.id], *head_there) for row in rows}


def _figures(row: Fund, sums: MeasureSums, size: int, root_hex: str) -> FundFigures:
    measures = dict(sums)
    spent, refunded, covered = (measures.pop(name, (0, 0))[0] for name in ("SPEND", "HOLE", "COVER"))
    came_in = {source: both for source, both in measures.items() if not source.startswith(HOLE_OF)}
    given, gifts = came_in.get("DONATION", (0, 0))
    matched, matches = came_in.get("MATCH", (0, 0))
    total = sum(amount for amount, _number in came_in.values())
    return FundFigures(
        fund=row.code,
        currency=row.currency,
        given_minor=given,
        matched_minor=matched,
        other_in_minor=total - given - matched,
        refunded_minor=refunded,
        covered_minor=covered,
        spent_minor=spent,
        left_minor=total - spent - refunded,
        gift_count=gifts,
        match_count=matches,
        refunded_by_source={
            name.removeprefix(HOLE_OF): amount for name, (amount, _n) in measures.items() if name.startswith(HOLE_OF)
        },
        position=size,
        root_hex=root_hex,
    )


def balance(*, book: str, account: str, currency: str, fund: str | None = None, position: int | None = None) -> int:
    """The balance of an account on its normal side, in minor units."""
    rows = sides(book=book, fund=fund, position=position)
    return sum(_on_normal_side(one) for one in rows if (one.account, one.currency) == (account, currency))


def trial_balance(*, book: str, currency: str, position: int | None = None) -> list[AccountBalance]:
    """All accounts that ever moved, in the chart's order. The sums of both columns are equal."""
    sums: dict[str, list[int]] = {}
    for one in sides(book=book, position=position):
        if one.currency == currency:
            both = sums.setdefault(one.account, [0, 0])
            both[0] += one.debit_minor
            both[1] += one.credit_minor
    return [
        AccountBalance(
            code=account.code,
            name_zh=account.name_zh,
            name_en=account.name_en,
            type=account.type,
            currency=currency,
            debit_minor=sums[account.code][0],
            credit_minor=sums[account.code][1],
        )
        for account in CHART.accounts
        if account.code in sums
    ]


def at_position(position: int | None) -> tuple[int, str]:
    """The log position to read at and the root there (empty where no batch ended); default: the end of the log."""
    last = head()
    if position is None:
        return last.size, last.root_hex
    if not 0 <= position <= last.size:
        raise Refused("position_unknown", _("The log has no position %(position)s yet."), position=position)
    root = LogHead.objects.filter(size=position).values_list("root", flat=True).first()
    return position, bytes(root).hex() if root else ""


def _on_normal_side(one: Sides) -> int:
    return one.net_minor if CHART.account(one.account).normal_side == DEBIT else -one.net_minor
