"""The sequencer: every entry gets one place, deterministically, and nothing is lost or doubled.

One batch is one transaction: positions, leaf hashes, lots, full tiles, snapshots, the tree's head, and the outbox rows
that go. Killed at any point, the batch has happened or it has not. Memory is that of two batches, whatever waits: while
the database writes one, in a thread with a connection of its own, the next one is read, hashed and made ready to write.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from ledger import snapshots
from ledger.beside import Beside, beside, copy_text, insert_rows
from ledger.core.merkle import Frontier, Tile
from ledger.leaf_bytes import Leaves
from ledger.leaf_rows import (
    AMOUNT,
    CREDIT,
    DEBIT,
    FUND,
    IS_NOTICE,
    KIND,
    ON,
    SUBJECT,
    Row,
    Taken,
    last_waiting,
    moment_in_outbox,
    waiting_rows,
)
from ledger.models import LogHead
from ledger.policy.kinds import KINDS

# Entries in one transaction at the most, by measurement: see decisions/. SQLite's pages are in this process's memory.
BATCH = 12_288
MOST_ON_SQLITE = 8_192
# Fewer are written sooner than another thread has its connection: the worker comes by every second.
LARGE = 1_000
# Advisory lock that makes the sequencer single on PostgreSQL; SQLite's immediate transactions do it there.
SEQUENCER_LOCK = 1_279_542_601

# Short plans over many rows look costly to PostgreSQL; compiling one takes longer than a whole batch.
_NEVER_COMPILE = "SET jit = off"

# A lot as it is written: (fund, start, stop, entry, source kind, log position).
LotRow = tuple[Any, int, int, str, str, int]
# A place in the outbox' order: (moment, subject).
Place = tuple[Any, str]


@dataclass(frozen=True, slots=True)
class Batch:
    """The first that wait, in order: their rows, where each one's rows begin, and their leaves' hashes."""

    rows: Sequence[Row]
    begins: Sequence[int]
    hashes: Sequence[bytes]
    taken: Taken
    leaves: Leaves
    begin: Place
    end: Place


@dataclass(frozen=True, slots=True)
class Ready:
    """A batch with all that is written of it, from the position ``start`` on. ``stop``, root and frontier: its head."""

    batch: Batch
    start: int
    stop: int
    leaves: Any
    lots: Any
    tiles: Sequence[Tile]
    sums: Sequence[tuple[int, snapshots.Moved | None]]
    root: bytes
    frontier: bytes


def sequence(*, at: datetime) -> int:
    """Give every committed entry and notice its place. Returns how many were numbered."""
    with connection.cursor() as cursor, beside() as thread:
        return _Sequencing(cursor, thread, at).run()


class _Sequencing:
    """One run: what the tree and the funds' lines will be once the batch that is being written has been."""

    def __init__(self, cursor: Any, thread: Beside | None, at: datetime) -> None:
        self.cursor = cursor
        self.thread = thread
        self.at = at
        self.leaves = Leaves(cursor)
        self.numbered = 0
        self.until: Place | None = None
        self.writing: tuple[Ready, Future[bool]] | None = None
        self._from_the_tables()

    def _from_the_tables(self) -> None:
        self.frontier = _last_frontier()
        self.ends: dict[Any, int] = {}

    def run(self) -> int:
        """Batch by batch up to the last that waited at the begin, and once more from the outbox' beginning: one may
        have come with an earlier moment, and must not stand behind what followed from it. So who comes later waits.
        """
        after: Place | None = None
        while True:
            if after is None:
                self.until = last_waiting(self.cursor)
            batch = self._read(after)
            if batch is None:
                if self._settle() and after is None:
                    return self.numbered
                after = None
                continue
            ready = self._made_ready(batch)
            after = batch.end if self._settle() and self._begin(ready) else None

    def _read(self, after: Place | None) -> Batch | None:
        if self.until is None:
            return None
        if connection.vendor == "postgresql":
            self.cursor.execute(_NEVER_COMPILE)
        try:
            return _read(self.cursor, self.leaves, (after, self.until), self.frontier.size)
        except KeyError:  # it mirrors an entry whose place is being written
            if self.writing is None or not self._settle():
                raise
            return _read(self.cursor, self.leaves, (after, self.until), self.frontier.size)

    def _made_ready(self, batch: Batch) -> Ready:
        start = self.frontier.size
        lots = list(_lots(self.cursor, batch, start, self.ends))
        tiles = list(self.frontier.extend(batch.hashes))
        in_postgres = connection.vendor == "postgresql"
        return Ready(
            batch=batch,
            start=start,
            stop=self.frontier.size,
            leaves=_leaves_copied(batch, start) if in_postgres else _leaves_inserted(batch, start),
            lots=_lots_copied(lots) if in_postgres else lots,
            tiles=tiles,
            sums=list(_sums(batch, lots, start)),
            root=self.frontier.root(),
            frontier=self.frontier.to_bytes(),
        )

    def _begin(self, ready: Ready) -> bool:
        """Write a batch; a large one beside this thread. False when another sequencer has come by."""
        if self.thread and len(ready.batch.begins) >= LARGE:
            self.writing = ready, self.thread.submit(_write, ready, self.at)
            return True
        return self._written(ready, _write(ready, self.at))

    def _settle(self) -> bool:
        """Wait for the batch that is being written. False when it was not, and all begins anew from the tables."""
        if self.writing is None:
            return True
        (ready, future), self.writing = self.writing, None
        return self._written(ready, future.result())

    def _written(self, ready: Ready, done: bool) -> bool:
        if done:
            self.numbered += len(ready.batch.begins)
        else:
            self._from_the_tables()
        return done


# ---- reading ----


def _read(cursor: Any, leaves: Leaves, between: tuple[Place | None, Place], start: int) -> Batch | None:
    """The first that wait behind a place and up to another; ``start`` is the position of the first of them."""
    # A batch that begins where sums are kept has in hand all that they need; only the first of a run does not.
    beyond = start % snapshots.SNAPSHOT_EVERY if BATCH > snapshots.SNAPSHOT_EVERY else 0
    most = min(BATCH, MOST_ON_SQLITE) if connection.vendor == "sqlite" else BATCH
    rows = waiting_rows(cursor, *between, most - beyond)
    if not rows:
        return None
    places: dict[str, int] = {}

    def place(subject: str) -> int | None:
        """Positions that this batch gives, for the few that name one of them."""
        if not places:
            places.update({each: start + n for n, each in enumerate(dict.fromkeys(row[SUBJECT] for row in rows))})
        return places.get(subject)

    taken = leaves.taken(rows, waiting=True)
    begins, hashes, sha256 = [], [], hashlib.sha256
    for begin, leaf in leaves.of(rows, taken, place=place):
        begins.append(begin)
        hashes.append(sha256(b"\x00" + leaf).digest())
    ends = [(moment_in_outbox(cursor, subject), subject) for subject in (rows[0][SUBJECT], rows[-1][SUBJECT])]
    gone = any(moment is None for moment, _subject in ends)
    return None if gone else Batch(rows, begins, hashes, taken, leaves, *ends)


# ---- writing ----


def _write(ready: Ready, at: datetime) -> bool:
    """One batch in one transaction. False, and nothing is written, when the log is not where the batch goes on."""
    batch, start = ready.batch, ready.start
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
            cursor.execute(_NEVER_COMPILE)
        if _size(cursor) != start:
            return False
        _write_rows(cursor, _LEAVES, ready.leaves)
        _write_rows(cursor, _LOTS, ready.lots)
        snapshots.write_tiles(cursor, ready.tiles)
        for at_position, moved in ready.sums:
            if moved:
                snapshots.add_snapshots(cursor, at_position, moved)
            else:
                snapshots.write_snapshots(cursor, at_position - snapshots.SNAPSHOT_EVERY, at_position)
        LogHead.objects.create(size=ready.stop, root=ready.root, frontier=ready.frontier, sequenced_at=at)
        _take_out(cursor, start, ready.stop - start, batch)
        return True


def _write_rows(cursor: Any, into: str, rows: Any) -> None:
    """A text for COPY, or rows."""
    if isinstance(rows, str):
        copy_text(cursor, into, rows)
    else:
        insert_rows(into, rows)


def _last_frontier() -> Frontier:
    last = LogHead.objects.order_by("-size").first()
    return Frontier.from_bytes(last.size, bytes(last.frontier)) if last else Frontier()


def _size(cursor: Any) -> int:
    """How long the log is, by its heads and by its leaves; whoever asks holds the lock."""
    frontier = _last_frontier()
    cursor.execute("SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf")
    ((size,),) = cursor.fetchall()
    if frontier.size != size:
        raise RuntimeError(f"the last head is of size {frontier.size}, the log has {size} leaves")
    return frontier.size


def _lots(cursor: Any, batch: Batch, start: int, ends: dict[Any, int]) -> Iterator[LotRow]:
    """The lots of a batch, in published order: each fills its fund's line where the one before it stopped.

    ``ends`` is where the lines end that this run has met, and is kept up to date.
    """
    rows, flow = batch.rows, batch.leaves.flow
    for position, (begin, stop) in enumerate(zip(batch.begins, [*batch.begins[1:], len(rows)], strict=True), start):
        first = rows[begin]
        if first[IS_NOTICE]:
            continue
        nets: Sequence[tuple[Any, int]] = ((first[FUND], first[AMOUNT] * flow(first)),)
        if stop > begin + 1:
            sums: dict[Any, int] = defaultdict(int)
            for row in rows[begin:stop]:
                sums[row[FUND]] += row[AMOUNT] * flow(row)
            nets = tuple(sums.items())
        for fund_id, net in nets:
            if net > 0:
                at = ends[fund_id] if fund_id in ends else _end_of_line(cursor, fund_id)
                ends[fund_id] = at + net
                yield fund_id, at, at + net, first[SUBJECT], KINDS[first[KIND]].source, position


def _end_of_line(cursor: Any, fund_id: Any) -> int:
    cursor.execute("SELECT stop FROM ledger_lot WHERE fund_id = %s ORDER BY start DESC LIMIT 1", [fund_id])
    last = cursor.fetchone()
    return int(last[0]) if last else 0


# The outbox is empty when its statistics are taken, and full when it matters: a plan that trusts them goes through all
# leaves of the batch for each of its rows. Without nested loops both are read once. Something may have come between the
# batch's first and last place since it was read: only what has a place goes.
_BETWEEN = "(recorded_at, subject_id) >= (%s, %s) AND (recorded_at, subject_id) <= (%s, %s)"
_GONE = {
    "postgresql": f"""
        DELETE FROM ledger_outbox o USING ledger_logleaf l
        WHERE {_BETWEEN} AND l.position >= {{start}} AND o.subject_id = coalesce(l.entry_id, l.notice_id)
    """,
    "sqlite": f"""
        DELETE FROM ledger_outbox WHERE {_BETWEEN}
            AND subject_id IN (SELECT coalesce(entry_id, notice_id) FROM ledger_logleaf WHERE position >= {{start}})
    """,
}


def _take_out(cursor: Any, start: int, count: int, batch: Batch) -> None:
    """What stands at positions from ``start`` on waits no more."""
    postgresql = connection.vendor == "postgresql"
    if postgresql:
        cursor.execute("SET LOCAL enable_nestloop = off")
    cursor.execute(_GONE[connection.vendor].format(start=start), [*batch.begin, *batch.end])
    if cursor.rowcount != count:
        raise RuntimeError(f"{count} were numbered, {cursor.rowcount} left the outbox")
    if postgresql:
        cursor.execute("RESET enable_nestloop")


_LEAVES = "INSERT INTO ledger_logleaf (position, entry_id, notice_id, leaf_hash)"
_LOTS = "INSERT INTO ledger_lot (fund_id, start, stop, entry_id, source_kind, log_index)"


def _leaves_copied(batch: Batch, start: int) -> str:
    return "".join(
        f"{position}\t\\N\t{row[SUBJECT]}\t\\\\x{hashed.hex()}\n"
        if row[IS_NOTICE]
        else f"{position}\t{row[SUBJECT]}\t\\N\t\\\\x{hashed.hex()}\n"
        for position, (row, hashed) in _placed(batch, start)
    )


def _leaves_inserted(batch: Batch, start: int) -> list[tuple[Any, ...]]:
    return [
        (position, None, row[SUBJECT], hashed) if row[IS_NOTICE] else (position, row[SUBJECT], None, hashed)
        for position, (row, hashed) in _placed(batch, start)
    ]


def _placed(batch: Batch, start: int) -> Iterator[tuple[int, tuple[Row, bytes]]]:
    firsts = (batch.rows[begin] for begin in batch.begins)
    return enumerate(zip(firsts, batch.hashes, strict=True), start)


def _lots_copied(lots: Sequence[LotRow]) -> str:
    return "".join(
        f"{fund}\t{start}\t{stop}\t{entry}\t{source}\t{position}\n"
        for fund, start, stop, entry, source, position in lots
    )


# ---- sums ----


def _sums(batch: Batch, lots: Sequence[LotRow], start: int) -> Iterator[tuple[int, snapshots.Moved | None]]:
    """What moved before each multiple that the log reaches; None where this batch does not hold the whole stretch."""
    stop, every = start + len(batch.begins), snapshots.SNAPSHOT_EVERY
    begins = [*batch.begins, len(batch.rows)]
    brought = {at: list(some) for at, some in groupby(lots, key=lambda lot: (lot[-1] // every + 1) * every)}
    for at in snapshots.positions_between(start, stop):
        since = at - every
        if since < start or _has_holes(batch, begins, since - start, at - start):
            yield at, None
            continue
        moved: dict[tuple[Any, str, Any, Any], int] = defaultdict(int)
        for row in batch.rows[begins[since - start] : begins[at - start]]:
            if not row[IS_NOTICE]:
                moved[row[FUND], row[ON], row[DEBIT], row[CREDIT]] += row[AMOUNT]
        subjects = [batch.rows[begin][SUBJECT] for begin in begins[since - start : at - start]] if batch.taken else []
        measures = _measures(batch, brought.get(at, []), subjects)
        days = [(*key, amount) for key, amount in moved.items()]
        yield at, snapshots.Moved(_sides(days), measures, days)


def _has_holes(batch: Batch, begins: Sequence[int], first: int, last: int) -> bool:
    """Holes are measured by the source of the lot they lie in, which is not in hand: the tables are asked then."""
    return bool(batch.taken) and any(
        "holes" in batch.taken.get(batch.rows[begin][SUBJECT], {}) for begin in begins[first:last]
    )


def _sides(days: Sequence[tuple[Any, str, Any, Any, int]]) -> list[tuple[Any, Any, int, int]]:
    """Debit and credit of each fund and account."""
    sides: dict[tuple[Any, Any], list[int]] = defaultdict(lambda: [0, 0])
    for fund, _day, debit, credit, amount in days:
        sides[fund, debit][0] += amount
        sides[fund, credit][1] += amount
    return [(*pair, *both) for pair, both in sides.items()]


def _measures(batch: Batch, lots: Sequence[LotRow], subjects: Sequence[str]) -> list[tuple[Any, str, int, int]]:
    """What came onto each fund's line and was taken of it, and by how many entries."""
    sums: dict[tuple[Any, str], list[int]] = defaultdict(lambda: [0, 0])
    for fund, begin, end, _entry, source, _position in lots:
        both = sums[fund, source]
        both[0] += end - begin
        both[1] += 1
    for subject in subjects:
        counted = set()
        for part, stretches in batch.taken.get(subject, {}).items():
            for fund, kind, first, last in stretches:
                measure = "SPEND" if part == "uses" else "COVER"
                if kind != "SKIP":
                    sums[fund, measure][0] += last - first
                    counted.add((fund, measure))
        for key in counted:
            sums[key][1] += 1
    return [(*key, *both) for key, both in sums.items()]
