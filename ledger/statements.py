"""The statements of a book (trial balance, 资产负债表, 业务活动表, 现金流量表) of any days, as known at any position.

Days are effective days, the position says which entries were known; the same days at the same position give the same
statement for ever, byte for byte. Amounts are minor units of one currency: money of another currency is never
converted, it has statements of its own. Each statement carries the identities that have to hold in it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from ledger.balances import at_position
from ledger.books import book_row
from ledger.core.canonical import canonical_bytes
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import Fund
from ledger.moves import Move, Scope, moves, scope_of
from ledger.policy import chart
from ledger.policy.chart import CHART, EXPENSE
from ledger.policy.statements import ACTIVITIES, CASH_FLOW, CURRENT, FORMS, POSITION, FormLine, Forms
from ledger.release import Release, released

TRIAL_BALANCE = "trial_balance"
HEADING, LINE, SUM = "heading", "line", "sum"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a statement: its code and names, and an amount for each column (none in a heading)."""

    code: str
    name_zh: str
    name_en: str
    amounts: tuple[int, ...] = ()
    level: str = LINE


@dataclass(frozen=True, slots=True)
class Identity:
    """Two sums that have to be equal, in every column."""

    code: str
    left: tuple[int, ...]
    right: tuple[int, ...]

    @property
    def holds(self) -> bool:
        return self.left == self.right


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement over some days of a book in one currency, as known at a log position."""

    kind: str
    book: str
    currency: str
    starts_on: date
    ends_on: date
    position: int
    root_hex: str
    form: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    identities: tuple[Identity, ...]

    def canonical(self) -> bytes:
        """The bytes that are hashed: codes and amounts, no words of a language."""
        return canonical_bytes(
            {
                "v": 1, "statement": self.kind, "book": self.book, "currency": self.currency,
                "starts": self.starts_on.isoformat(), "ends": self.ends_on.isoformat(), "position": self.position,
                "root": self.root_hex, "form": self.form, "columns": list(self.columns),
                "rows": [[row.code, *row.amounts] for row in self.rows if row.level != HEADING],
            }
        )  # fmt: skip

    def digest(self) -> str:
        return hashlib.sha256(self.canonical()).hexdigest()

    def amount(self, code: str, column: str) -> int:
        """One cell, by the codes of its row and column; zero where the statement has no such row."""
        place = self.columns.index(column)
        return next((row.amounts[place] for row in self.rows if row.code == code and row.amounts), 0)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a statement is made from."""

    book: str
    currency: str
    starts_on: date
    ends_on: date
    position: int
    root_hex: str
    forms: Forms
    scope: Scope

    def moved(self, starts_on: date = date.min, ends_on: date = date.max) -> list[Move]:
        return moves(self.scope, position=self.position, starts_on=starts_on, ends_on=ends_on)

    @property
    def eve(self) -> date:
        """The last day before the first."""
        return self.starts_on - timedelta(days=1)

    @property
    def year_starts(self) -> date:
        return date(self.ends_on.year, 1, 1)

    def statement(
        self, kind: str, columns: tuple[str, ...], rows: Iterable[Row], identities: Iterable[Identity]
    ) -> Statement:
        return Statement(
            kind, self.book, self.currency, self.starts_on, self.ends_on, self.position, self.root_hex,
            self.forms.version, columns, tuple(rows), tuple(identities),
        )  # fmt: skip


def make(
    kind: str,
    *,
    book: str,
    currency: str,
    starts_on: date,
    ends_on: date,
    position: int | None = None,
    form: str = CURRENT.version,
) -> Statement:
    """One statement. Refused: ``statement_unknown``, ``days_backwards``, ``position_unknown``, ``book_unknown``."""
    if kind not in MAKERS or form not in FORMS:
        raise Refused("statement_unknown", _("There is no such statement."))
    if starts_on > ends_on:
        raise Refused("days_backwards", _("The first day comes before the last."))
    owner = book_row(book)
    size, root_hex = at_position(position)
    scope = scope_of(owner, currency)
    return MAKERS[kind](_Asked(book, currency, starts_on, ends_on, size, root_hex, FORMS[form], scope))


def currencies(book: str) -> list[str]:
    """The currencies that a book has funds in, its own first."""
    owner = book_row(book)
    others = set(Fund.objects.filter(book=owner).values_list("currency", flat=True)) - {owner.base_currency}
    return [owner.base_currency, *sorted(others)]


# ---- trial balance ----


def _trial_balance(asked: _Asked) -> Statement:
    """Each account's balance before, its turnovers, and its balance after; both sides of each agree."""
    before, during = _sides(asked.moved(ends_on=asked.eve)), _sides(asked.moved(asked.starts_on, asked.ends_on))
    rows = []
    for account in CHART.accounts:
        opened, moved = before[account.code], during[account.code]
        if any(opened) or any(moved):
            net = opened[0] - opened[1]
            end = net + moved[0] - moved[1]
            amounts = (max(net, 0), max(-net, 0), *moved, max(end, 0), max(-end, 0))
            rows.append(Row(account.code, account.name_zh, account.name_en, amounts))
    sums = tuple(sum(row.amounts[place] for row in rows) for place in range(6))
    rows.append(Row("total", "合计", "Total", sums, SUM))
    agree = Identity("debits_are_credits", sums[::2], sums[1::2])
    columns = ("opening_debit", "opening_credit", "debit", "credit", "closing_debit", "closing_credit")
    return asked.statement(TRIAL_BALANCE, columns, rows, [agree])


def _sides(moved: Iterable[Move]) -> dict[str, tuple[int, int]]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for move in moved:
        sums[move.debit][0] += move.amount_minor
        sums[move.credit][1] += move.amount_minor
    return defaultdict(lambda: (0, 0), {code: (both[0], both[1]) for code, both in sums.items()})


# ---- 资产负债表 ----


def _position(asked: _Asked) -> Statement:
    """What the book owns and owes at the end of the last day, and at the start of that year."""
    days = (asked.ends_on, asked.year_starts - timedelta(days=1))
    ends = [_worths(asked, asked.moved(ends_on=day), day) for day in days]

    assets = [_row(line, tuple(end.of(line) for end in ends)) for line in asked.forms.assets]
    owed = [_row(line, tuple(-end.of(line) for end in ends)) for line in asked.forms.liabilities]
    all_assets, all_owed = _total(assets, 2), _total(owed, 2)
    free, restricted = tuple(end.free for end in ends), tuple(end.restricted for end in ends)
    net = tuple(end.free + end.restricted for end in ends)
    both = tuple(one + other for one, other in zip(all_owed, net, strict=True))
    rows = [
        Row("assets", "资产", "Assets", level=HEADING), *assets,
        Row("total_assets", "资产总计", "Total assets", all_assets, SUM),
        Row("liabilities", "负债", "Liabilities", level=HEADING), *owed,
        Row("total_liabilities", "负债合计", "Total liabilities", all_owed, SUM),
        Row("net_assets", "净资产", "Net assets", level=HEADING),
        Row("free", "非限定性净资产", "Without donor restrictions", free),
        Row("restricted", "限定性净资产", "With donor restrictions", restricted),
        Row("total_net_assets", "净资产合计", "Total net assets", net, SUM),
        Row("total_both", "负债和净资产总计", "Total liabilities and net assets", both, SUM),
    ]  # fmt: skip
    identities = [
        Identity("assets_are_liabilities_and_net_assets", all_assets, both),
        Identity("between_funds_is_nothing", tuple(end.between_funds for end in ends), (0, 0)),
    ]
    return asked.statement(POSITION, ("end", "year_start"), rows, identities)


@dataclass(frozen=True, slots=True)
class _Worths:
    """Debits less credits of every account, and net assets by restriction, at the end of a day."""

    nets: dict[str, int]
    free: int
    restricted: int
    between_funds: int

    def of(self, line: FormLine) -> int:
        return sum(self.nets.get(code, 0) for code in line.accounts)


def _worths(asked: _Asked, moved: list[Move], day: date) -> _Worths:
    nets = {code: both[0] - both[1] for code, both in _sides(moved).items()}
    worth = [_worth(part) for part in _parted(moved, asked.scope)]
    unspent = _released(asked, moved, day).unspent_minor
    between = sum(nets.get(code, 0) for code in asked.forms.eliminated)
    return _Worths(nets, worth[0] + unspent, worth[1] - unspent, between)


def _parted(moved: Iterable[Move], scope: Scope) -> tuple[list[Move], list[Move]]:
    """Moves in funds without and in funds with a donor's condition."""
    parts: tuple[list[Move], list[Move]] = ([], [])
    for move in moved:
        parts[move.fund in scope.restricted].append(move)
    return parts


def _worth(moved: Iterable[Move]) -> int:
    return sum(move.amount_minor * chart.flow(move.debit, move.credit) for move in moved)


def _released(asked: _Asked, moved: list[Move], day: date) -> Release:
    """What was released from restriction up to a day, of funds that carry one."""
    return released(asked.scope, moved, position=asked.position, ends_on=day)


# ---- 业务活动表 ----


def _activities(asked: _Asked) -> Statement:
    """Income, expenses and the change of net assets: without and with restrictions, in the period and since January."""
    blocks = [_Block(asked, starts_on) for starts_on in (asked.starts_on, min(asked.year_starts, asked.starts_on))]

    def row(line: FormLine, sign: int) -> Row:
        return _row(line, tuple(cell for block in blocks for cell in block.three(line, sign)))

    income = [row(line, -1) for line in asked.forms.income]
    expenses = [row(line, 1) for line in asked.forms.expenses]
    other = [row(line, -1) for line in asked.forms.other_changes]
    all_income, all_expenses, all_other = _total(income, 6), _total(expenses, 6), _total(other, 6)
    release = tuple(cell for block in blocks for cell in (block.release, -block.release, 0))
    change = tuple(i - e + o + r for i, e, o, r in zip(all_income, all_expenses, all_other, release, strict=True))
    rows = [
        Row("income", "一、收入", "Income", level=HEADING), *income,
        Row("total_income", "收入合计", "Total income", all_income, SUM),
        Row("expenses", "二、费用", "Expenses", level=HEADING), *expenses,
        Row("total_expenses", "费用合计", "Total expenses", all_expenses, SUM),
        Row("released", "三、限定性净资产转为非限定性净资产", "Released from restrictions", release),
        *other,
        Row("change", "四、净资产变动额", "Change in net assets", change, SUM),
    ]  # fmt: skip
    worth = tuple(cell for block in blocks for cell in block.change_of_worth())
    columns = tuple(f"{when}_{what}" for when in ("period", "year") for what in ("free", "restricted", "total"))
    return asked.statement(ACTIVITIES, columns, rows, [Identity("change_is_that_of_net_assets", change, worth)])


class _Block:
    """The activities of some days: cells without, with, and without regard to restrictions.

    What a restricted fund spends has met its condition: expenses stand without restriction, and as much is released.
    """

    def __init__(self, asked: _Asked, starts_on: date) -> None:
        self.asked, self.eve = asked, starts_on - timedelta(days=1)
        self.before, self.until = asked.moved(ends_on=self.eve), asked.moved(ends_on=asked.ends_on)
        during = asked.moved(starts_on, asked.ends_on)
        self.nets = [
            {code: both[0] - both[1] for code, both in _sides(part).items()} for part in _parted(during, asked.scope)
        ]
        start, end = _released(asked, self.before, self.eve), _released(asked, self.until, asked.ends_on)
        self.release = end.released_minor - start.released_minor

    def three(self, line: FormLine, sign: int) -> tuple[int, int, int]:
        free, restricted = (sign * sum(nets.get(code, 0) for code in line.accounts) for nets in self.nets)
        if any(CHART.account(code).type == EXPENSE for code in line.accounts):
            return free + restricted, 0, free + restricted
        return free, restricted, free + restricted

    def change_of_worth(self) -> tuple[int, int, int]:
        start, end = _worths(self.asked, self.before, self.eve), _worths(self.asked, self.until, self.asked.ends_on)
        free, restricted = end.free - start.free, end.restricted - start.restricted
        return free, restricted, free + restricted


# ---- 现金流量表 ----


def _cash_flow(asked: _Asked) -> Statement:
    """Where cash came from and went to, by the accounts opposite: in the period and since January."""
    starts = (asked.starts_on, min(asked.year_starts, asked.starts_on))
    flows = [_flows(asked.forms, asked.moved(day, asked.ends_on)) for day in starts]
    received, paid = (
        [_row(line, tuple(flow[line.code] for flow in flows)) for line in lines]
        for lines in (asked.forms.received, asked.forms.paid)
    )
    all_received, all_paid = _total(received, 2), _total(paid, 2)
    net = tuple(i - o for i, o in zip(all_received, all_paid, strict=True))
    began = tuple(_cash(asked.forms, asked.moved(ends_on=day - timedelta(days=1))) for day in starts)
    ended = (_cash(asked.forms, asked.moved(ends_on=asked.ends_on)),) * 2
    rows = [
        Row("received", "现金流入", "Cash received", level=HEADING), *received,
        Row("total_received", "现金流入小计", "Total received", all_received, SUM),
        Row("paid", "现金流出", "Cash paid", level=HEADING), *paid,
        Row("total_paid", "现金流出小计", "Total paid", all_paid, SUM),
        Row("net", "现金流量净额", "Net cash flow", net, SUM),
        Row("began", "期初现金余额", "Cash at the start", began),
        Row("ended", "期末现金余额", "Cash at the end", ended, SUM),
    ]  # fmt: skip
    moved = tuple(last - first for last, first in zip(ended, began, strict=True))
    return asked.statement(CASH_FLOW, ("period", "year"), rows, [Identity("flow_is_change_of_cash", net, moved)])


def _flows(forms: Forms, moved: Iterable[Move]) -> dict[str, int]:
    """Line code → amount. What runs against a line's direction lessens it, unless the other side has a line for it."""
    sums: dict[str, int] = defaultdict(int)
    for move in moved:
        if (move.debit in forms.cash) == (move.credit in forms.cash):
            continue
        came_in = move.debit in forms.cash
        opposite = move.credit if came_in else move.debit
        own, other = (forms.received, forms.paid) if came_in else (forms.paid, forms.received)
        line = forms.line_of(own, opposite)
        if line:
            sums[line.code] += move.amount_minor
        elif against := forms.line_of(other, opposite):
            sums[against.code] -= move.amount_minor
    return sums


def _cash(forms: Forms, moved: Iterable[Move]) -> int:
    return sum(move.amount_minor * ((move.debit in forms.cash) - (move.credit in forms.cash)) for move in moved)


# ---- shared ----


def _row(line: FormLine, amounts: tuple[int, ...]) -> Row:
    return Row(line.code, line.name_zh, line.name_en, amounts)


def _total(rows: Iterable[Row], columns: int) -> tuple[int, ...]:
    kept = list(rows)
    return tuple(sum(row.amounts[place] for row in kept) for place in range(columns))


MAKERS: dict[str, Callable[[_Asked], Statement]] = {
    TRIAL_BALANCE: _trial_balance,
    POSITION: _position,
    ACTIVITIES: _activities,
    CASH_FLOW: _cash_flow,
}
