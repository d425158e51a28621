"""The sequencer: every entry gets one place, deterministically, and nothing is lost or doubled.

One batch is one transaction: positions, leaf hashes, lots, full tiles, snapshots, the tree's head, and the outbox rows
that go. Killed at any point, the batch has happened or it has not. Memory is that of two batches, whatever waits: on
PostgreSQL a thread with a connection of its own reads and hashes the next one while the server writes this one.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from ledger import snapshots
from ledger.core.merkle import Frontier
from ledger.leaf_rows import (
    AMOUNT,
    CREDIT,
    DEBIT,
    FUND,
    IS_NOTICE,
    KIND,
    ON,
    SUBJECT,
    Leaves,
    Row,
    Taken,
    moment_in_outbox,
    waiting_rows,
)
from ledger.models import LogHead
from ledger.policy.kinds import KINDS

# Entries in one transaction, by measurement: see decisions/.
BATCH = 16_384
# Advisory lock that makes the sequencer single on PostgreSQL; SQLite's immediate transactions do it there.
SEQUENCER_LOCK = 1_279_542_601

# A lot as it is written: (fund, start, stop, entry, source kind, log position).
LotRow = tuple[Any, int, int, str, str, int]
# Where the next page of the outbox begins: (moment, subject).
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


def sequence(*, at: datetime) -> int:
    """Give every committed entry and notice its place. Returns how many were numbered."""
    numbered = 0
    after: Place | None = None
    with connection.cursor() as cursor, _ahead() as ahead:
        leaves = Leaves(cursor)
        waiting: Future[Batch | None] | None = None
        while True:
            ready = waiting.result() if waiting else None
            waiting = ahead.submit(_read_ahead, ready.end) if ahead and ready and len(ready.begins) == BATCH else None
            count, end = _number(cursor, leaves, ready, after, at)
            numbered += count
            if not count and after is None:
                return numbered
            # Once more from the outbox' beginning at the end: somebody may have come late with an earlier moment.
            after = end
            if ahead and waiting is None and count == BATCH and after:
                waiting = ahead.submit(_read_ahead, after)


# ---- reading: the same by the one thread or the other ----


@contextmanager
def _ahead() -> Iterator[ThreadPoolExecutor | None]:
    """A thread that reads ahead, where it can see what this one sees: not on SQLite, nor inside a transaction."""
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield None
        return
    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread
        finally:
            thread.submit(lambda: connection.close()).result()


def _read_ahead(after: Place) -> Batch | None:
    """The batch behind a place; None where its leaves need positions that are not given yet."""
    try:
        with connection.cursor() as cursor:
            return _read(cursor, Leaves(cursor), after, None)
    except KeyError:
        return None


def _read(cursor: Any, leaves: Leaves, after: Place | None, start: int | None) -> Batch | None:
    """The first that wait, behind a place. ``start`` is the first of them's position, when it is known."""
    rows = waiting_rows(cursor, after, BATCH)
    if not rows:
        return None
    places: dict[str, int] = {}

    def place(subject: str) -> int | None:
        """Positions that this batch gives, for the few that name one of them."""
        if start is not None and not places:
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


def _number(
    cursor: Any, leaves: Leaves, ready: Batch | None, after: Place | None, at: datetime
) -> tuple[int, Place | None]:
    """One batch in one transaction. Returns how many were numbered, and where the next one goes on."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
            # Short plans over many rows look costly; compiling them would cost more than running them.
            cursor.execute("SET LOCAL jit = off")
        frontier = _frontier(cursor)
        start = frontier.size
        batch = ready
        if batch is None or moment_in_outbox(cursor, batch.rows[0][SUBJECT]) is None:
            # Nothing was read ahead, or another sequencer has come by since.
            batch = _read(cursor, leaves, after, start)
        if batch is None:
            return 0, None
        _write_leaves(cursor, start, batch)
        lots = list(_lots(cursor, batch, start))
        _write_lots(cursor, lots)
        snapshots.write_tiles(cursor, frontier.extend(batch.hashes))
        _write_snapshots(cursor, batch, lots, start)
        stop = frontier.size
        LogHead.objects.create(size=stop, root=frontier.root(), frontier=frontier.to_bytes(), sequenced_at=at)
        _take_out(cursor, start, stop - start, batch)
        return stop - start, batch.end


def _frontier(cursor: Any) -> Frontier:
    last = LogHead.objects.order_by("-size").first()
    frontier = Frontier.from_bytes(last.size, bytes(last.frontier)) if last else Frontier()
    cursor.execute("SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf")
    ((size,),) = cursor.fetchall()
    if frontier.size != size:
        raise RuntimeError(f"the last head is of size {frontier.size}, the log has {size} leaves")
    return frontier


def _lots(cursor: Any, batch: Batch, start: int) -> Iterator[LotRow]:
    """The lots of a batch, in published order: each fills its fund's line where the one before it stopped."""
    ends: dict[Any, int] = {}
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
# leaves of the batch for each of its rows. Without nested loops both are read once. On PostgreSQL something may have
# come between the batch's first and last place since it was read; on SQLite nobody else writes meanwhile.
_BETWEEN = "(recorded_at, subject_id) >= (%s, %s) AND (recorded_at, subject_id) <= (%s, %s)"
_GONE = {
    "postgresql": f"""
        DELETE FROM ledger_outbox o USING ledger_logleaf l
        WHERE {_BETWEEN} AND l.position >= {{start}} AND o.subject_id = coalesce(l.entry_id, l.notice_id)
    """,
    "sqlite": f"DELETE FROM ledger_outbox WHERE {_BETWEEN}",
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


_LEAF_COLUMNS = "(position, entry_id, notice_id, leaf_hash)"
_LOT_COLUMNS = "(fund_id, start, stop, entry_id, source_kind, log_index)"


def _write_leaves(cursor: Any, start: int, batch: Batch) -> None:
    firsts = (batch.rows[begin] for begin in batch.begins)
    placed = enumerate(zip(firsts, batch.hashes, strict=True), start)
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY ledger_logleaf {_LEAF_COLUMNS} FROM STDIN") as copy:
            copy.write(
                "".join(
                    f"{position}\t\\N\t{row[SUBJECT]}\t\\\\x{hashed.hex()}\n"
                    if row[IS_NOTICE]
                    else f"{position}\t{row[SUBJECT]}\t\\N\t\\\\x{hashed.hex()}\n"
                    for position, (row, hashed) in placed
                )
            )
        return
    cursor.executemany(
        f"INSERT INTO ledger_logleaf {_LEAF_COLUMNS} VALUES (%s, %s, %s, %s)",
        [
            (position, None, row[SUBJECT], hashed) if row[IS_NOTICE] else (position, row[SUBJECT], None, hashed)
            for position, (row, hashed) in placed
        ],
    )


def _write_lots(cursor: Any, lots: Sequence[LotRow]) -> None:
    if not lots:
        return
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY ledger_lot {_LOT_COLUMNS} FROM STDIN") as copy:
            copy.write(
                "".join(
                    f"{fund}\t{start}\t{stop}\t{entry}\t{source}\t{position}\n"
                    for fund, start, stop, entry, source, position in lots
                )
            )
        return
    cursor.executemany(f"INSERT INTO ledger_lot {_LOT_COLUMNS} VALUES (%s, %s, %s, %s, %s, %s)", lots)


# ---- sums ----


def _write_snapshots(cursor: Any, batch: Batch, lots: Sequence[LotRow], start: int) -> None:
    """Sums at the multiples that the log reaches: from this batch where it holds the whole stretch before one."""
    stop, every = start + len(batch.begins), snapshots.SNAPSHOT_EVERY
    begins = [*batch.begins, len(batch.rows)]
    brought = {at: list(some) for at, some in groupby(lots, key=lambda lot: (lot[-1] // every + 1) * every)}
    for at in snapshots.positions_between(start, stop):
        since = at - every
        if since < start or _has_holes(batch, begins, since - start, at - start):
            snapshots.write_snapshots(cursor, since, at)
            continue
        moved: dict[tuple[Any, str, Any, Any], int] = defaultdict(int)
        for row in batch.rows[begins[since - start] : begins[at - start]]:
            if not row[IS_NOTICE]:
                moved[row[FUND], row[ON], row[DEBIT], row[CREDIT]] += row[AMOUNT]
        subjects = [batch.rows[begin][SUBJECT] for begin in begins[since - start : at - start]] if batch.taken else []
        measures = _measures(batch, brought.get(at, []), subjects)
        days = [(*key, amount) for key, amount in moved.items()]
        snapshots.add_snapshots(cursor, at, snapshots.Moved(_sides(days), measures, days))


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
