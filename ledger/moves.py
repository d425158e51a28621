"""What moved between two accounts of a fund, by effective day, as known at a log position.

Sums of days (``DaySum``) up to the last multiple of ``SNAPSHOT_EVERY``, and the entries numbered since. A day is when
something happened, a position is when it was known: every statement says both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from ledger.models import Account, Book, Fund
from ledger.models.accounts import Restriction
from ledger.sums import from_the_leaves, since

_KEPT = """
SELECT d.fund_id, d.debit_account_id, d.credit_account_id, {day} sum(d.amount_minor) FROM ledger_daysum d
WHERE d.fund_id IN ({funds}) AND d.day >= %s AND d.day <= %s AND d.position <= %s
GROUP BY {by_day} d.fund_id, d.debit_account_id, d.credit_account_id
"""
_TAIL = """
SELECT p.fund_id, p.debit_account_id, p.credit_account_id, {day} sum(p.amount_minor)
FROM ledger_logleaf l CROSS JOIN ledger_journalentry e CROSS JOIN ledger_posting p
WHERE l.position >= %s AND l.position < %s AND e.id = l.entry_id AND p.entry_id = l.entry_id
    AND +p.fund_id IN ({funds}) AND e.effective_on >= %s AND e.effective_on <= %s
GROUP BY {by_day} p.fund_id, p.debit_account_id, p.credit_account_id
"""


@dataclass(frozen=True, slots=True)
class Move:
    """An amount from the account credited to the account debited, inside a fund; ``day`` where days are told apart."""

    fund: str
    debit: str
    credit: str
    amount_minor: int
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """The funds of a book in one currency, with the names of what their rows point at."""

    funds: dict[int, str]
    restricted: frozenset[str]
    accounts: dict[int, str]

    def ids_of(self, accounts: Iterable[str]) -> list[int]:
        wanted = set(accounts)
        return [number for number, code in self.accounts.items() if code in wanted]


def scope_of(book: Book, currency: str) -> Scope:
    """What there is of a book in a currency."""
    funds = list(Fund.objects.filter(book=book, currency=currency))
    return Scope(
        funds={fund.id: fund.code for fund in funds},
        restricted=frozenset(fund.code for fund in funds if fund.restriction != Restriction.NONE),
        accounts=dict(Account.objects.filter(book=book, currency=currency).values_list("id", "code")),
    )


def moves(
    scope: Scope,
    *,
    position: int,
    starts_on: date = date.min,
    ends_on: date = date.max,
    funds: Iterable[str] | None = None,
    by_day: bool = False,
) -> list[Move]:
    """All that moved on some days, by the entries numbered below a position."""
    wanted = None if funds is None else set(funds)
    ids = sorted(number for number, code in scope.funds.items() if wanted is None or code in wanted)
    if not ids or starts_on > ends_on:
        return []
    sums: dict[tuple[Any, ...], int] = {}
    for row in _rows(ids, position, starts_on, ends_on, by_day):
        sums[row[:-1]] = sums.get(row[:-1], 0) + int(row[-1])
    return [_move(scope, key, amount) for key, amount in sums.items()]


def _rows(ids: list[int], position: int, starts_on: date, ends_on: date, by_day: bool) -> list[tuple[Any, ...]]:
    funds, start = ", ".join(["%s"] * len(ids)), since(position)
    days = (_stored(starts_on), _stored(ends_on))
    found: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        if start:
            words = {"day": "d.day," if by_day else "", "by_day": "d.day," if by_day else "", "funds": funds}
            cursor.execute(_KEPT.format(**words), [*ids, *days, start])
            found += cursor.fetchall()
        if start < position:
            column = "e.effective_on," if by_day else ""
            cursor.execute(
                from_the_leaves(_TAIL).format(day=column, by_day=column, funds=funds), [start, position, *ids, *days]
            )
            found += cursor.fetchall()
    return found


def _stored(day: date) -> date | str:
    """A day as the database compares it; SQLite keeps days as text."""
    return day if connection.vendor == "postgresql" else day.isoformat()


def _move(scope: Scope, key: tuple[Any, ...], amount: int) -> Move:
    fund, debit, credit, *day = key
    on = None if not day else day[0] if isinstance(day[0], date) else date.fromisoformat(str(day[0]))
    return Move(scope.funds[fund], scope.accounts[debit], scope.accounts[credit], amount, on)
