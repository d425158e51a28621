"""The public order: what stands at which position of the log, and the leaves of it. The sequencer writes it.

Everything is read by the page and comes in the log's order, so that a book of any length is read in flat memory.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from ledger.core.leaves import SealedEntry, SealedNotice
from ledger.core.merkle import EMPTY_ROOT
from ledger.leaf_bytes import Leaves, Names, notices
from ledger.leaf_rows import (
    AT,
    BOOK,
    BY,
    COMMITMENT,
    DOC_KIND,
    DOC_REF,
    FACTS,
    FUND,
    INPUT,
    KEY,
    KIND,
    ON,
    POSITION,
    REVERSES,
    REVERSES_INDEX,
    SUBJECT,
    Row,
    all_rows_of_kinds,
    at_moment,
    entry_rows,
    first_rows_of_kinds,
    numbered_rows,
    on_day,
    taken_by_entries,
)  # fmt: skip
from ledger.models import LogHead, LogLeaf
from ledger.sequencer import sequence

__all__ = [
    "Head",
    "LogEntry",
    "NoticeTold",
    "Told",
    "all_entries",
    "all_notices",
    "entries_since",
    "head",
    "leaf_stream",
    "position_of",
    "positions_of_notices",
    "sealed_entries",
    "sealed_notices",
    "sequence",
]

# Positions that are read at once, and entries that are asked for by their ids at once.
PAGE = 4_096
IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Head:
    """The tree at a size: its root in hex and when the sequencer reached it (None for the empty log)."""

    size: int
    root_hex: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A numbered entry as the apps above read it, with its first posting's fund and amount."""

    position: int
    entry_id: UUID
    book: str
    kind: str
    document_kind: str
    document_ref: str
    effective_on: date
    recorded_at: datetime
    fund: str
    amount_minor: int
    currency: str
    reverses_index: int | None
    facts: dict[str, Any]


@dataclass(slots=True)
class Told:
    """The little that is told of an entry to whoever goes over the whole log: there are millions."""

    position: int
    book: str
    kind: str
    document_ref: str
    effective_on: date
    amount_minor: int
    currency: str
    written_facts: str

    @property
    def facts(self) -> dict[str, Any]:
        """The public facts, read anew each time."""
        found: dict[str, Any] = json.loads(self.written_facts)
        return found


def head() -> Head:
    """The tree after the last batch."""
    last = LogHead.objects.order_by("-size").first()
    if last is None:
        return Head(0, EMPTY_ROOT.hex(), None)
    return Head(last.size, bytes(last.root).hex(), last.sequenced_at)


def position_of(entry_id: UUID) -> int | None:
    """The log position of an entry or a notice, None before the sequencer has come by."""
    subject = Q(entry_id=entry_id) | Q(notice_id=entry_id)
    return LogLeaf.objects.filter(subject).values_list("position", flat=True).first()


def positions_of_notices(notice_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The log positions of many notices; one that has none yet is left out."""
    leaves = LogLeaf.objects.filter(notice_id__in=notice_ids)
    return dict(leaves.values_list("notice_id", "position"))


def entries_since(position: int, *, kinds: Iterable[str], limit: int = 1_000) -> list[LogEntry]:
    """Numbered entries of some kinds from a position on (inclusive), in log order."""
    with connection.cursor() as cursor:
        names = Names(cursor)
        return [_log_entry(row, names) for row in first_rows_of_kinds(cursor, position, list(kinds), limit=limit)]


def all_entries(*, kinds: Iterable[str], fund: tuple[str, str] | None = None) -> Iterator[Told]:
    """Every numbered entry of some kinds, in log order, by one statement over the whole log: memory stays flat.

    With ``fund``, a (book, fund) by codes, only those that brought money into it by their first posting.
    """
    with connection.cursor() as cursor:
        names = Names(cursor)
    days = lru_cache(1_000)(on_day)
    for position, book, kind, on, ref, facts, amount_minor, currency in all_rows_of_kinds(list(kinds), fund):
        yield Told(position, names.book(book), kind, ref, days(on), amount_minor, currency, facts)


@dataclass(frozen=True, slots=True)
class NoticeTold:
    """A numbered notice. ``on`` is its day."""

    position: int
    book: str
    kind: str
    on: date
    facts: dict[str, Any]


def all_notices(*, kinds: Iterable[str], book: str) -> Iterator[NoticeTold]:
    """Every numbered notice of some kinds in a book, by its code, in log order."""
    leaves = LogLeaf.objects.filter(notice__kind__in=list(kinds), notice__book__code=book).order_by("position")
    rows = leaves.values_list("position", "notice__kind", "notice__effective_on", "notice__facts")
    for position, kind, on, facts in rows.iterator(PAGE):
        yield NoticeTold(position, book, kind, on, json.loads(facts))


def leaf_stream(start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """(position, leaf bytes) of what stands at ``start`` … ``stop`` − 1, in that order, made from the journal.

    A page at a time: memory stays flat. At the first entry or notice that has no leaf (it is not there, or it holds
    what cannot be written) ``ValueError``, ``TypeError`` or ``KeyError`` is raised, after all that come before it.
    """
    with connection.cursor() as cursor:
        leaves = Leaves(cursor)
        for at in range(start, stop, PAGE):
            rows = numbered_rows(cursor, at, min(at + PAGE, stop))
            for begin, leaf in leaves.of(rows, leaves.taken(rows)):
                yield rows[begin][POSITION], leaf


def _log_entry(row: Row, names: Names) -> LogEntry:
    fund, _debit, _credit, amount_minor, currency = names.posting(row)
    if row[REVERSES] is not None and row[REVERSES_INDEX] is None:
        raise KeyError(f"the entry that is reversed has no position: {row[REVERSES]}")
    return LogEntry(
        position=row[POSITION],
        entry_id=UUID(row[SUBJECT]),
        book=names.book(row[BOOK]),
        kind=row[KIND],
        document_kind=row[DOC_KIND],
        document_ref=row[DOC_REF],
        effective_on=on_day(row[ON]),
        recorded_at=at_moment(row[AT]),
        fund=fund,
        amount_minor=amount_minor,
        currency=currency,
        reverses_index=row[REVERSES_INDEX],
        facts=json.loads(row[FACTS]),
    )


# ---- reading what leaves are made of ----


def sealed_entries(entry_ids: Sequence[UUID]) -> dict[UUID, SealedEntry]:
    """Entries with all that their leaves need."""
    found: dict[UUID, SealedEntry] = {}
    with connection.cursor() as cursor:
        names = Names(cursor)
        for at in range(0, len(entry_ids), IDS_AT_ONCE):
            rows = entry_rows(cursor, [entry_id.hex for entry_id in entry_ids[at : at + IDS_AT_ONCE]])
            taken = taken_by_entries(cursor, rows)
            for subject, group in groupby(rows, key=itemgetter(SUBJECT)):
                entry = _sealed(list(group), taken.get(subject, {}), names)
                found[entry.entry_id] = entry
    return found


def _sealed(rows: Sequence[Row], taken: Mapping[str, Sequence[Any]], names: Names) -> SealedEntry:
    row = rows[0]
    if row[REVERSES] is not None and row[REVERSES_INDEX] is None:
        raise KeyError(f"the entry that is reversed has no position: {row[REVERSES]}")
    uses, holes, covers = (
        [(names.fund(fund_id), *kind_and_ends) for fund_id, *kind_and_ends in taken.get(part, ())]
        for part in ("uses", "holes", "covers")
    )
    return SealedEntry(
        entry_id=UUID(row[SUBJECT]),
        book=names.book(row[BOOK]),
        kind=row[KIND],
        effective_on=on_day(row[ON]),
        recorded_at=at_moment(row[AT]),
        recorded_by=row[BY],
        idempotency_key=row[KEY],
        input_hash=bytes.fromhex(row[INPUT]),
        document_kind=row[DOC_KIND],
        document_ref=row[DOC_REF],
        facts=json.loads(row[FACTS]),
        commitment=None if row[COMMITMENT] is None else bytes.fromhex(row[COMMITMENT]),
        reverses_index=row[REVERSES_INDEX],
        lines=[names.posting(each) for each in rows if each[FUND] is not None],
        uses=[(fund, kind, start, stop) for fund, kind, start, stop in uses],
        holes=[(fund, start, stop) for fund, _kind, start, stop in holes],
        covers=[(fund, start, stop) for fund, _kind, start, stop in covers],
    )


def sealed_notices(notice_ids: Sequence[UUID]) -> dict[UUID, SealedNotice]:
    """Notices with all that their leaves need."""
    with connection.cursor() as cursor:
        found = notices(cursor, [notice_id.hex for notice_id in notice_ids], Names(cursor))
    return {UUID(notice_id): notice for notice_id, notice in found.items()}
