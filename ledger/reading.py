"""Reading the journal as an auditor does: entries with their debit and credit lines, found by any reference."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import Book, JournalEntry, LogLeaf, LotCover, LotHole, LotUse, entries_with_keys
from ledger.models.journal import entries_of_document
from ledger.models.lines import Lot
from ledger.policy.chart import CHART
from ledger.posting import lines_of

LARGEST_FIND = 200
KEYS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SideLine:
    """One line of an entry as an auditor writes it: an account with an amount on one side, in minor units."""

    fund: str
    account: str
    name_zh: str
    name_en: str
    debit_minor: int
    credit_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class StretchView:
    """A stretch of a fund's line that an entry made: ``kind`` is LOT, SPEND, SKIP, HOLE or COVER."""

    kind: str
    fund: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry with everything the books know of it. ``position`` is None before the sequencer has come by."""

    entry_id: UUID
    position: int | None
    leaf_hash_hex: str
    book: str
    kind: str
    effective_on: date
    recorded_at: datetime
    recorded_by: str
    idempotency_key: str
    document_kind: str
    document_ref: str
    reverses: UUID | None
    reversed_by: UUID | None
    facts: dict[str, Any]
    commitment_hex: str
    lines: tuple[SideLine, ...]
    stretches: tuple[StretchView, ...]

    @property
    def total_minor(self) -> int:
        """The sum of the debit side."""
        return sum(line.debit_minor for line in self.lines)


def entry(entry_id: UUID) -> EntryView:
    """One entry, or ``Refused("entry_unknown")``."""
    row = JournalEntry.objects.select_related("book").filter(id=entry_id).first()
    if row is None:
        raise Refused("entry_unknown", _("There is no such entry."))
    return _view(row)


def ids_of_keys(*, book: str, keys: Sequence[str]) -> dict[str, UUID]:
    """The entries that business events became, by their idempotency keys; an event that was not posted is left out."""
    found: dict[str, UUID] = {}
    for start in range(0, len(keys), KEYS_AT_ONCE):
        rows = entries_with_keys(book, keys[start : start + KEYS_AT_ONCE])
        found.update(rows.values_list("idempotency_key", "id"))
    return found


def at_position(position: int) -> EntryView | None:
    """The entry at a log position; None for a notice or a position that is not given yet."""
    leaf = LogLeaf.objects.filter(position=position).select_related("entry__book").first()
    return _view(leaf.entry) if leaf and leaf.entry else None


def find(reference: str, *, books: list[str] | None = None) -> list[EntryView]:
    """Entries by document reference, entry id, or log position; only of some books where ``books`` is given."""
    reference = reference.strip()
    in_books = list(Book.objects.values_list("code", flat=True)) if books is None else books
    in_order = JournalEntry.objects.select_related("book").order_by("recorded_at", "id")
    rows = in_order if books is None else in_order.filter(book__code__in=books)
    documents = entries_of_document(reference, books=in_books).select_related("book").order_by("recorded_at", "id")
    found = [row for row in documents if row.book.code in in_books][:LARGEST_FIND]
    if not found and reference.isdecimal() and len(reference) < 16:
        found = list(rows.filter(id__in=LogLeaf.objects.filter(position=int(reference)).values("entry_id")))
    if not found:
        try:
            found = list(rows.filter(id=UUID(reference)))
        except ValueError:
            found = []
    return [_view(row) for row in found]


def _view(row: JournalEntry) -> EntryView:
    leaf = LogLeaf.objects.filter(entry=row).first()
    return EntryView(
        entry_id=row.id,
        position=leaf.position if leaf else None,
        leaf_hash_hex=bytes(leaf.leaf_hash).hex() if leaf else "",
        book=row.book.code,
        kind=row.kind,
        effective_on=row.effective_on,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        idempotency_key=row.idempotency_key,
        document_kind=row.document_kind,
        document_ref=row.document_ref,
        reverses=row.reverses_id,
        reversed_by=JournalEntry.objects.filter(reverses=row).values_list("id", flat=True).first(),
        facts=json.loads(row.facts),
        commitment_hex=bytes(row.commitment).hex() if row.commitment else "",
        lines=_sides(row.id),
        stretches=_stretches(row.id),
    )


def _sides(entry_id: UUID) -> tuple[SideLine, ...]:
    """Each posting as two lines: what is debited first, then what is credited."""
    sides = []
    for line in lines_of(entry_id):
        for code, debit, credit in ((line.debit, line.amount_minor, 0), (line.credit, 0, line.amount_minor)):
            account = CHART.account(code)
            sides.append(SideLine(line.fund, code, account.name_zh, account.name_en, debit, credit, line.currency))
    return tuple(sides)


def _stretches(entry_id: UUID) -> tuple[StretchView, ...]:
    found = []
    for model, kind in ((Lot, "LOT"), (LotUse, ""), (LotHole, "HOLE"), (LotCover, "COVER")):
        for row in model.objects.filter(entry_id=entry_id).order_by("fund_id", "start").select_related("fund"):
            own_kind = row.kind if isinstance(row, LotUse) else kind
            found.append(StretchView(own_kind, row.fund.code, row.start, row.stop))
    return tuple(found)
