"""The statement of an account: its lines in the order of the log, each with the balance after it, a page at a time.

Only stretches of the log in which the account moved on the days asked for are read; the sums of days say which.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from ledger import snapshots
from ledger.balances import at_position
from ledger.books import book_row
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import DaySum, JournalEntry
from ledger.moves import Scope, moves, scope_of
from ledger.policy.chart import CHART, DEBIT
from ledger.sums import from_the_leaves, since

PAGE = 50
_LINES = """
SELECT l.position, e.id, e.effective_on, e.kind, p.fund_id, p.debit_account_id, p.credit_account_id, p.amount_minor
FROM ledger_logleaf l CROSS JOIN ledger_journalentry e CROSS JOIN ledger_posting p
WHERE l.position >= %s AND l.position < %s AND e.id = l.entry_id AND p.entry_id = l.entry_id
    AND +p.fund_id IN ({funds}) AND (p.debit_account_id = %s OR p.credit_account_id = %s)
    AND e.effective_on >= %s AND e.effective_on <= %s
ORDER BY l.position, p.line LIMIT {limit}
"""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One posting as the account sees it; ``balance_minor`` is on its normal side, after this line."""

    position: int
    entry_id: UUID
    on: date
    kind: str
    fund: str
    opposite: str
    debit_minor: int
    credit_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """A page of an account's lines. ``next_after`` begins the next page; None on the last."""

    book: str
    account: str
    currency: str
    starts_on: date
    ends_on: date
    position: int
    root_hex: str
    opening_minor: int
    before_minor: int
    lines: tuple[AccountLine, ...]
    next_after: int | None


def account_statement(
    *,
    book: str,
    account: str,
    currency: str,
    starts_on: date,
    ends_on: date,
    position: int | None = None,
    after: int = 0,
    page: int = PAGE,
) -> AccountStatement:
    """A page of an account's lines on some days, from the log position ``after`` on, as known at ``position``.

    ``opening`` is the balance before the first day, ``before`` that before this page. An entry is never cut in two.
    """
    owner, (size, root_hex) = book_row(book), at_position(position)
    scope = scope_of(owner, currency)
    (number,) = scope.ids_of([account]) or (None,)
    if number is None:
        raise Refused("account_unknown", _("There is no account %(account)s in this book."), account=account)
    eve = starts_on - timedelta(days=1)
    opening = _net(scope, account, position=size, ends_on=eve)
    before = opening + _net(scope, account, position=min(after, size), starts_on=starts_on, ends_on=ends_on)
    rows = _page_of(_rows(scope, number, (starts_on, ends_on), after, size, page), page)
    more = len(rows) > 0 and rows[-1] is None
    lines = tuple(_lines(scope, number, account, before, [row for row in rows if row]))
    return AccountStatement(
        book, account, currency, starts_on, ends_on, size, root_hex, opening, before, lines,
        lines[-1].position + 1 if more else None,
    )  # fmt: skip


def _net(scope: Scope, account: str, **days: Any) -> int:
    """The balance on the account's normal side by what moved on some days."""
    net = sum(move.amount_minor * ((move.debit == account) - (move.credit == account)) for move in moves(scope, **days))
    return net if CHART.account(account).normal_side == DEBIT else -net


def _rows(
    scope: Scope, account: int, days: tuple[date, date], after: int, size: int, page: int
) -> Iterator[tuple[Any, ...]]:
    """The account's postings in log order, a stretch of the log at a time."""
    funds = sorted(scope.funds)
    if not funds:
        return
    # An entry has 200 postings at most: with as many more, the page's last entry is whole.
    sql = from_the_leaves(_LINES).format(funds=", ".join(["%s"] * len(funds)), limit=page + 201)
    for start, stop in _stretches(scope, account, days, after, size):
        begin = start
        while True:
            with connection.cursor() as cursor:
                bounds = [day if connection.vendor == "postgresql" else day.isoformat() for day in days]
                cursor.execute(sql, [begin, stop, *funds, account, account, *bounds])
                rows = cursor.fetchall()
            if len(rows) < page + 201:
                yield from rows
                break
            # The last entry may be cut: it is read again with the next.
            begin = rows[-1][0]
            yield from (row for row in rows if row[0] < begin)


def _stretches(scope: Scope, account: int, days: tuple[date, date], after: int, size: int) -> Iterator[tuple[int, int]]:
    """Where in the log the account moved on these days: stretches that the sums of days name, and the tail."""
    kept = DaySum.objects.filter(fund_id__in=list(scope.funds), day__gte=days[0], day__lte=days[1], position__gt=after)
    ends = set(kept.filter(debit_account_id=account).values_list("position", flat=True).distinct())
    ends |= set(kept.filter(credit_account_id=account).values_list("position", flat=True).distinct())
    tail = since(size)
    for end in sorted(end for end in ends if end <= tail):
        yield max(after, end - snapshots.SNAPSHOT_EVERY), end
    if max(after, tail) < size:
        yield max(after, tail), size


def _page_of(rows: Iterator[tuple[Any, ...]], page: int) -> list[tuple[Any, ...] | None]:
    """As many rows as a page holds, and the rest of the last entry; None at the end where more follow."""
    kept: list[tuple[Any, ...] | None] = []
    last = None
    for row in rows:
        if len(kept) >= page and row[0] != last:
            return [*kept, None]
        kept.append(row)
        last = row[0]
    return kept


def _lines(scope: Scope, number: int, account: str, balance: int, rows: list[tuple[Any, ...]]) -> Iterator[AccountLine]:
    sign = 1 if CHART.account(account).normal_side == DEBIT else -1
    to_python = JournalEntry._meta.get_field("effective_on").to_python
    for position, entry_id, on, kind, fund, debit, credit, amount in rows:
        debited = amount if debit == number else 0
        credited = amount if credit == number else 0
        balance += sign * (debited - credited)
        yield AccountLine(
            position=position,
            entry_id=UUID(str(entry_id)),
            on=to_python(on),
            kind=kind,
            fund=scope.funds[fund],
            opposite=scope.accounts[credit if debited else debit],
            debit_minor=debited,
            credit_minor=credited,
            balance_minor=balance,
        )
