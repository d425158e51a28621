"""The sequencer: every entry gets one place, deterministically, and nothing is lost or doubled.

One batch is one transaction: positions, leaf hashes, lots, full tiles, snapshots, the tree's head, and the outbox rows
that go. Killed at any point, the batch has happened or it has not. Memory is that of a batch, however much waits.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger.core.merkle import Frontier
from ledger.leaf_rows import (
    AMOUNT,
    FUND,
    IS_NOTICE,
    KIND,
    SUBJECT,
    Leaves,
    Row,
    place_in_outbox,
    waiting_rows,
)
from ledger.models import LogHead
from ledger.policy.kinds import KINDS
from ledger.snapshots import write_snapshots, write_tiles

# Entries in one transaction, by measurement: see decisions/.
BATCH = 16_384
# Advisory lock that makes the sequencer single on PostgreSQL; SQLite's immediate transactions do it there.
SEQUENCER_LOCK = 1_279_542_601

# A lot as it is written: (fund, start, stop, entry, prev, source kind, log position).
LotRow = tuple[Any, int, int, str, int | None, str, int]


def sequence(*, at: datetime) -> int:
    """Give every committed entry and notice its place. Returns how many were numbered."""
    numbered = 0
    after = None
    with connection.cursor() as cursor:
        batch = _Batch(cursor)
        while True:
            count, end = batch.number(at, after)
            numbered += count
            if not count and after is None:
                return numbered
            # Once more from the outbox' beginning at the end: somebody may have come late with an earlier moment.
            after = end


class _Batch:
    """Numbers one batch after another; keeps between them only what small tables say."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.leaves: Leaves | None = None

    def number(self, at: datetime, after: tuple[Any, Any] | None) -> tuple[int, tuple[Any, Any] | None]:
        """One batch in one transaction. Returns how many were numbered, and where the next one goes on."""
        with transaction.atomic():
            if connection.vendor == "postgresql":
                self.cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
            rows = waiting_rows(self.cursor, after, BATCH)
            if not rows:
                return 0, None
            self.leaves = self.leaves or Leaves(self.cursor)
            frontier = self._frontier()
            start = frontier.size
            begins, hashes = self._hashed(rows, start)
            end = place_in_outbox(self.cursor, rows[-1][SUBJECT])
            _write_leaves(self.cursor, start, [rows[begin] for begin in begins], hashes)
            _write_lots(self.cursor, list(self._lots(rows, begins, start)))
            write_tiles(self.cursor, frontier.extend(hashes))
            stop = frontier.size
            write_snapshots(self.cursor, start, stop)
            LogHead.objects.create(size=stop, root=frontier.root(), frontier=frontier.to_bytes(), sequenced_at=at)
            self.cursor.execute(_GONE[connection.vendor], [start])
            if self.cursor.rowcount != stop - start:
                raise RuntimeError(f"{stop - start} were numbered, {self.cursor.rowcount} left the outbox")
            return stop - start, end

    def _frontier(self) -> Frontier:
        last = LogHead.objects.order_by("-size").first()
        frontier = Frontier.from_bytes(last.size, bytes(last.frontier)) if last else Frontier()
        self.cursor.execute("SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf")
        ((size,),) = self.cursor.fetchall()
        if frontier.size != size:
            raise RuntimeError(f"the last head is of size {frontier.size}, the log has {size} leaves")
        return frontier

    def _hashed(self, rows: Sequence[Row], start: int) -> tuple[list[int], list[bytes]]:
        """Where each subject's rows begin, and its leaf's hash."""
        assert self.leaves is not None
        places: dict[str, int] = {}

        def place(subject: str) -> int | None:
            """Positions that this batch gives, for the few that name one of them."""
            if not places:
                places.update({each: start + n for n, each in enumerate(dict.fromkeys(row[SUBJECT] for row in rows))})
            return places.get(subject)

        begins, hashes, sha256 = [], [], hashlib.sha256
        for begin, leaf in self.leaves.of(rows, waiting=True, place=place):
            begins.append(begin)
            hashes.append(sha256(b"\x00" + leaf).digest())
        return begins, hashes

    def _lots(self, rows: Sequence[Row], begins: Sequence[int], start: int) -> Iterator[LotRow]:
        """The lots of a batch, in published order: each fills its fund's line where the one before it stopped."""
        ends: dict[Any, int] = {}
        for offset, (begin, stop) in enumerate(zip(begins, [*begins[1:], len(rows)], strict=True)):
            first = rows[begin]
            if first[IS_NOTICE]:
                continue
            for fund_id, net in self._nets(rows, begin, stop):
                if net > 0:
                    at = ends[fund_id] if fund_id in ends else self._end_of_line(fund_id)
                    ends[fund_id] = at + net
                    source = KINDS[first[KIND]].source
                    yield fund_id, at, at + net, first[SUBJECT], at or None, source, start + offset

    def _nets(self, rows: Sequence[Row], begin: int, stop: int) -> Sequence[tuple[Any, int]]:
        """What each fund's line gains (or loses) by an entry, in the order of its postings."""
        if stop == begin + 1:
            row = rows[begin]
            return ((row[FUND], row[AMOUNT] * self._flow(row)),)
        nets: dict[Any, int] = defaultdict(int)
        for row in rows[begin:stop]:
            nets[row[FUND]] += row[AMOUNT] * self._flow(row)
        return tuple(nets.items())

    def _flow(self, row: Row) -> int:
        assert self.leaves is not None
        seen = self.leaves.names.line_seen(row) or self.leaves.names.line(row, self.leaves.writer)
        return seen[2]

    def _end_of_line(self, fund_id: Any) -> int:
        self.cursor.execute("SELECT coalesce(max(stop), 0) FROM ledger_lot WHERE fund_id = %s", [fund_id])
        ((end,),) = self.cursor.fetchall()
        return int(end)


_GONE = {
    "postgresql": """
        DELETE FROM ledger_outbox o USING ledger_logleaf l
        WHERE l.position >= %s AND o.subject_id = coalesce(l.entry_id, l.notice_id)
    """,
    "sqlite": """
        DELETE FROM ledger_outbox
        WHERE subject_id IN (SELECT coalesce(entry_id, notice_id) FROM ledger_logleaf WHERE position >= %s)
    """,
}


def _write_leaves(cursor: Any, start: int, firsts: Sequence[Row], hashes: Sequence[bytes]) -> None:
    columns = "ledger_logleaf (position, entry_id, notice_id, leaf_hash)"
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {columns} FROM STDIN") as copy:
            copy.write(
                "".join(
                    f"{position}\t\\N\t{row[SUBJECT]}\t\\\\x{hashed.hex()}\n"
                    if row[IS_NOTICE]
                    else f"{position}\t{row[SUBJECT]}\t\\N\t\\\\x{hashed.hex()}\n"
                    for position, (row, hashed) in enumerate(zip(firsts, hashes, strict=True), start)
                )
            )
        return
    cursor.executemany(
        f"INSERT INTO {columns} VALUES (%s, %s, %s, %s)",
        [
            (position, None, row[SUBJECT], hashed) if row[IS_NOTICE] else (position, row[SUBJECT], None, hashed)
            for position, (row, hashed) in enumerate(zip(firsts, hashes, strict=True), start)
        ],
    )


def _write_lots(cursor: Any, lots: Sequence[LotRow]) -> None:
    columns = "ledger_lot (fund_id, start, stop, entry_id, prev, source_kind, log_index)"
    if not lots:
        return
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {columns} FROM STDIN") as copy:
            copy.write(
                "".join(
                    f"{fund}\t{start}\t{stop}\t{entry}\t{start or chr(92) + 'N'}\t{source}\t{position}\n"
                    for fund, start, stop, entry, _prev, source, position in lots
                )
            )
        return
    cursor.executemany(f"INSERT INTO {columns} VALUES (%s, %s, %s, %s, %s, %s, %s)", lots)
