"""A whole book as plain text, for programs of other makers: hledger and Beancount.

Every numbered entry in log order, opaque references, no prices. Both read the same account names:
``Assets:1002:F-desks`` is the account 1002, of the fund ``desks``. The last lines assert our balances, so that the
other program adds everything up itself and says where it disagrees.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Min

from ledger import balances
from ledger.balances import Sides
from ledger.books import book_row
from ledger.core.money import decimal_text, exponent
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import Book, JournalEntry, LogLeaf, Posting
from ledger.policy.chart import ASSET, CHART, EXPENSE, INCOME, LIABILITY, NET_ASSETS

HLEDGER = "hledger"
BEANCOUNT = "beancount"
FORMATS = (HLEDGER, BEANCOUNT)
PAGE = 1_000
# Beancount's five roots; hledger knows their meaning too, and is told it once more.
ROOTS = {ASSET: "Assets", LIABILITY: "Liabilities", NET_ASSETS: "Equity", INCOME: "Income", EXPENSE: "Expenses"}
HLEDGER_TYPES = {ASSET: "A", LIABILITY: "L", NET_ASSETS: "E", INCOME: "R", EXPENSE: "X"}


@dataclass(frozen=True, slots=True)
class TextLine:
    """One side of a posting as other programs write it: positive is a debit."""

    account: str
    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class TextEntry:
    """An entry as it is written out."""

    position: int
    on: date
    kind: str
    document_kind: str
    document_ref: str
    lines: tuple[TextLine, ...]


def account_name(code: str, fund: str) -> str:
    """The account of a fund, in letters that both formats allow: ``1009.stripe`` becomes ``1009-stripe``."""
    return f"{ROOTS[CHART.account(code).type]}:{code.replace('.', '-')}:F-{fund}"


def export(*, book: str, form: str, position: int | None = None) -> Iterator[str]:
    """The book's lines, a page of entries at a time: memory stays flat. Refused: ``format_unknown``."""
    if form not in FORMATS:
        raise Refused("format_unknown", _("Books are written for hledger or for Beancount."))
    owner = book_row(book)
    size, root_hex = balances.at_position(position)
    sides = balances.sides(book=book, position=size)
    earliest = (
        JournalEntry.objects.filter(book=owner).aggregate(day=Min("effective_on"))["day"] or owner.opened_at.date()
    )
    writer = _Hledger() if form == HLEDGER else _Beancount(earliest)
    yield f"; Book {book} up to log position {size}, root {root_hex}"
    yield "; Amounts are of one fund each: Assets:<account>:F-<fund>. Entries stand in the order of the log."
    yield from writer.head(owner, sides)
    last = earliest
    for entry in entries(owner, size):
        last = max(last, entry.on)
        yield from writer.entry(entry)
    yield from writer.assertions(last, sides)


def entries(book: Book, size: int) -> Iterator[TextEntry]:
    """The numbered entries of a book below a log position, in log order."""
    start = 0
    while start < size:
        rows = list(
            LogLeaf.objects.filter(position__gte=start, position__lt=min(size, start + PAGE), entry__book=book)
            .order_by("position")
            .values_list(
                "position", "entry_id", "entry__effective_on", "entry__kind", "entry__document_kind",
                "entry__document_ref",
            )
        )  # fmt: skip
        lines: dict[object, list[TextLine]] = {row[1]: [] for row in rows}
        for entry_id, fund, debit, credit, amount, currency in (
            Posting.objects.filter(entry_id__in=list(lines))
            .order_by("entry_id", "line")
            .values_list(
                "entry_id", "fund__code", "debit_account__code", "credit_account__code", "amount_minor", "currency"
            )
        ):
            lines[entry_id].append(TextLine(account_name(debit, fund), decimal_text(amount, currency), currency))
            lines[entry_id].append(TextLine(account_name(credit, fund), decimal_text(-amount, currency), currency))
        for place, entry_id, on, kind, document_kind, document_ref in rows:
            yield TextEntry(place, on, kind, document_kind, document_ref, tuple(lines[entry_id]))
        start += PAGE


def _ordered(sides: Iterable[Sides]) -> list[tuple[str, Sides]]:
    return sorted(((account_name(one.account, one.fund), one) for one in sides), key=lambda pair: pair[0])


class _Hledger:
    """https://hledger.org/hledger.html#journal"""

    def head(self, book: Book, sides: list[Sides]) -> Iterator[str]:
        yield ""
        for currency in sorted({one.currency for one in sides} | {book.base_currency}):
            # A commodity's format needs its decimal mark, also where nothing follows it.
            yield f"commodity 1000.{'0' * exponent(currency)} {currency}"
        yield ""
        for name, one in _ordered(sides):
            kind = CHART.account(one.account)
            yield f"account {name}  ; type: {HLEDGER_TYPES[kind.type]}, name: {kind.name_zh}"
        yield ""

    def entry(self, entry: TextEntry) -> Iterator[str]:
        yield f"{entry.on} * ({entry.position}) {entry.kind}  ; {entry.document_kind}: {entry.document_ref}"
        for line in entry.lines:
            yield f"    {line.account}  {line.amount} {line.currency}"
        yield ""

    def assertions(self, last: date, sides: list[Sides]) -> Iterator[str]:
        if not sides:
            return
        yield f"{last} * balances as the books have them"
        for name, one in _ordered(sides):
            zero, held = decimal_text(0, one.currency), decimal_text(one.net_minor, one.currency)
            yield f"    {name}  {zero} {one.currency} = {held} {one.currency}"


class _Beancount:
    """https://beancount.github.io/docs/beancount_language_syntax.html"""

    def __init__(self, earliest: date) -> None:
        self.earliest = earliest

    def head(self, book: Book, sides: list[Sides]) -> Iterator[str]:
        yield f'option "title" "{book.code}"'
        yield f'option "operating_currency" "{book.base_currency}"'
        yield ""
        for name, one in _ordered(sides):
            yield f"{self.earliest} open {name} {one.currency}"
        yield ""

    def entry(self, entry: TextEntry) -> Iterator[str]:
        yield f'{entry.on} * "{entry.kind}" "{entry.document_kind} {entry.document_ref}"'
        yield f"  position: {entry.position}"
        for line in entry.lines:
            yield f"  {line.account}  {line.amount} {line.currency}"
        yield ""

    def assertions(self, last: date, sides: list[Sides]) -> Iterator[str]:
        """A balance is that of the morning; without a tolerance, Beancount would let one minor unit pass."""
        for name, one in _ordered(sides):
            held = decimal_text(one.net_minor, one.currency)
            yield f"{last + timedelta(days=1)} balance {name}  {held} ~ 0 {one.currency}"
