"""The sequencer and the public order: every entry gets one place, deterministically, and nothing is lost or doubled.

One batch is one transaction: positions, leaf hashes, lots, the tree's head, full tiles, snapshots, and the outbox rows
that go. Killed at any point, the batch has happened or it has not.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Q

from ledger.core.leaves import SealedEntry, SealedNotice, entry_leaf, notice_leaf
from ledger.core.merkle import EMPTY_ROOT, Frontier, Tile, leaf_hash
from ledger.models import (
    Fund,
    JournalEntry,
    LogHead,
    LogLeaf,
    Lot,
    LotCover,
    LotHole,
    LotUse,
    Notice,
    Outbox,
    Posting,
)
from ledger.policy.chart import flow
from ledger.policy.kinds import KINDS
from ledger.snapshots import write_snapshots, write_tiles

BATCH = 2_000
# Advisory lock that makes the sequencer single on PostgreSQL; SQLite's immediate transactions do it there.
SEQUENCER_LOCK = 1_279_542_601


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


def sequence(*, at: datetime) -> int:
    """Give every committed entry and notice its place. Returns how many were numbered."""
    numbered = 0
    while count := _sequence_batch(at):
        numbered += count
    return numbered


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


def entries_since(position: int, *, kinds: Iterable[str], limit: int = 1_000) -> list[LogEntry]:
    """Numbered entries of some kinds from a position on (inclusive), in log order."""
    rows = list(
        LogLeaf.objects.filter(position__gte=position, entry__kind__in=list(kinds))
        .order_by("position")
        .values_list("position", "entry_id")[:limit]
    )
    entries = sealed_entries([entry_id for _place, entry_id in rows])
    return [_log_entry(place, entries[entry_id]) for place, entry_id in rows]


def all_entries(*, kinds: Iterable[str]) -> Iterator[LogEntry]:
    """Every numbered entry of some kinds, in log order, a page at a time: memory stays flat."""
    position, wanted = 0, list(kinds)
    while page := entries_since(position, kinds=wanted):
        yield from page
        position = page[-1].position + 1


def _log_entry(position: int, entry: SealedEntry) -> LogEntry:
    fund, _debit, _credit, amount_minor, currency = entry.lines[0]
    return LogEntry(
        position=position,
        entry_id=entry.entry_id,
        book=entry.book,
        kind=entry.kind,
        document_kind=entry.document_kind,
        document_ref=entry.document_ref,
        effective_on=entry.effective_on,
        recorded_at=entry.recorded_at,
        fund=fund,
        amount_minor=amount_minor,
        currency=currency,
        reverses_index=entry.reverses_index,
        facts=dict(entry.facts),
    )


def leaf_stream(start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """The leaf bytes of positions [start, stop), made anew from their entries, a page at a time."""
    for first in range(start, stop, BATCH):
        rows = list(
            LogLeaf.objects.filter(position__gte=first, position__lt=min(first + BATCH, stop))
            .order_by("position")
            .values_list("position", "entry_id", "notice_id")
        )
        entries = sealed_entries([entry for _place, entry, _notice in rows if entry is not None])
        notices = sealed_notices([notice for _place, _entry, notice in rows if notice is not None])
        for place, entry, notice in rows:
            yield place, entry_leaf(entries[entry]) if entry is not None else notice_leaf(notices[notice])


# ---- one batch ----


def _sequence_batch(at: datetime) -> int:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
        waiting = list(Outbox.objects.order_by("recorded_at", "subject_id")[:BATCH])
        if not waiting:
            return 0
        start = LogLeaf.objects.aggregate(last=Max("position"))["last"]
        start = 0 if start is None else start + 1
        places = {row.subject_id: start + offset for offset, row in enumerate(waiting)}
        entry_ids = [row.subject_id for row in waiting if not row.is_notice]
        entries = sealed_entries(entry_ids, places)
        notices = sealed_notices([row.subject_id for row in waiting if row.is_notice])
        leaves = [
            notice_leaf(notices[row.subject_id]) if row.is_notice else entry_leaf(entries[row.subject_id])
            for row in waiting
        ]
        hashes = [leaf_hash(leaf) for leaf in leaves]
        _insert_leaves(start, waiting, hashes)
        _insert_lots([entries[entry_id] for entry_id in entry_ids], places)
        tiles = _insert_head(start, hashes, at)
        with connection.cursor() as cursor:
            write_tiles(cursor, tiles)
            write_snapshots(cursor, start, start + len(waiting))
        Outbox.objects.filter(subject_id__in=list(places)).delete()
        return len(waiting)


def _insert_leaves(start: int, waiting: Sequence[Outbox], hashes: Sequence[bytes]) -> None:
    LogLeaf.objects.bulk_create(
        LogLeaf(
            position=start + offset,
            entry_id=None if row.is_notice else row.subject_id,
            notice_id=row.subject_id if row.is_notice else None,
            leaf_hash=hashed,
        )
        for offset, (row, hashed) in enumerate(zip(waiting, hashes, strict=True))
    )


def _insert_lots(entries: Sequence[SealedEntry], places: dict[UUID, int]) -> None:
    """The lots of a batch, in published order: each fills its fund's line where the one before it stopped."""
    gains = [(entry, fund, net) for entry in entries for fund, net in net_of(entry).items() if net > 0]
    funds = _fund_ids({(entry.book, fund) for entry, fund, _net in gains})
    ends: dict[int, int] = {
        row["fund_id"]: row["end"]
        for row in Lot.objects.filter(fund_id__in=funds.values()).values("fund_id").annotate(end=Max("stop"))
    }
    lots = []
    for entry, fund, net in gains:
        fund_id = funds[entry.book, fund]
        start = ends.get(fund_id, 0)
        ends[fund_id] = start + net
        lots.append(
            Lot(
                fund_id=fund_id,
                start=start,
                stop=start + net,
                prev=start or None,
                entry_id=entry.entry_id,
                source_kind=KINDS[entry.kind].source,
                log_index=places[entry.entry_id],
            )
        )
    Lot.objects.bulk_create(lots)


def _insert_head(start: int, hashes: Sequence[bytes], at: datetime) -> list[Tile]:
    """The tree's head after this batch. Returns the tiles that became full."""
    last = LogHead.objects.order_by("-size").first()
    frontier = Frontier.from_bytes(last.size, bytes(last.frontier)) if last else Frontier()
    if frontier.size != start:
        raise RuntimeError(f"the last head is of size {frontier.size}, the log has {start} leaves")
    tiles = frontier.extend(hashes)
    LogHead.objects.create(size=frontier.size, root=frontier.root(), frontier=frontier.to_bytes(), sequenced_at=at)
    return tiles


def net_of(entry: SealedEntry) -> dict[str, int]:
    """What each fund's line gains (or loses) by a sealed entry, in minor units."""
    nets: dict[str, int] = defaultdict(int)
    for fund, debit, credit, amount, _currency in entry.lines:
        nets[fund] += amount * flow(debit, credit)
    return nets


def _fund_ids(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    rows = Fund.objects.filter(code__in={code for _book, code in wanted}).values_list("book__code", "code", "id")
    return {(book, code): fund_id for book, code, fund_id in rows if (book, code) in wanted}


# ---- reading what leaves are made of ----


def sealed_entries(entry_ids: Sequence[UUID], places: dict[UUID, int] | None = None) -> dict[UUID, SealedEntry]:
    """Entries with all that their leaves need. ``places`` are positions that are being given in the same batch."""
    entries = {entry.id: entry for entry in JournalEntry.objects.filter(id__in=entry_ids).select_related("book")}
    lines: dict[UUID, list[tuple[str, str, str, int, str]]] = defaultdict(list)
    for entry_id, fund, debit, credit, amount, currency in (
        Posting.objects.filter(entry_id__in=entry_ids)
        .order_by("entry_id", "line")
        .values_list(
            "entry_id", "fund__code", "debit_account__code", "credit_account__code", "amount_minor", "currency"
        )
    ):
        lines[entry_id].append((fund, debit, credit, amount, currency))
    uses = _stretches(LotUse, entry_ids, "kind")
    holes = _stretches(LotHole, entry_ids)
    covers = _stretches(LotCover, entry_ids)
    reversed_ids = [entry.reverses_id for entry in entries.values() if entry.reverses_id]
    indexes = dict(LogLeaf.objects.filter(entry_id__in=reversed_ids).values_list("entry_id", "position"))
    indexes.update({entry_id: (places or {})[entry_id] for entry_id in reversed_ids if entry_id in (places or {})})
    return {
        entry_id: SealedEntry(
            entry_id=entry_id,
            book=entry.book.code,
            kind=entry.kind,
            effective_on=entry.effective_on,
            recorded_at=entry.recorded_at,
            recorded_by=entry.recorded_by,
            idempotency_key=entry.idempotency_key,
            input_hash=bytes(entry.input_hash),
            document_kind=entry.document_kind,
            document_ref=entry.document_ref,
            facts=json.loads(entry.facts),
            commitment=None if entry.commitment is None else bytes(entry.commitment),
            reverses_index=indexes[entry.reverses_id] if entry.reverses_id else None,
            lines=lines[entry_id],
            uses=uses[entry_id],
            holes=holes[entry_id],
            covers=covers[entry_id],
        )
        for entry_id, entry in entries.items()
    }


def _stretches(model: Any, entry_ids: Sequence[UUID], *extra: str) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    rows = (
        model.objects.filter(entry_id__in=entry_ids)
        .order_by("fund_id", "start")
        .values_list("entry_id", "fund__code", *extra, "start", "stop")
    )
    for entry_id, *stretch in rows:
        found[entry_id].append(tuple(stretch))
    return found


def sealed_notices(notice_ids: Sequence[UUID]) -> dict[UUID, SealedNotice]:
    """Notices with all that their leaves need."""
    return {
        row.id: SealedNotice(
            notice_id=row.id,
            book=row.book.code,
            kind=row.kind,
            effective_on=row.effective_on,
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by,
            idempotency_key=row.idempotency_key,
            facts=json.loads(row.facts),
        )
        for row in Notice.objects.filter(id__in=notice_ids).select_related("book")
    }
