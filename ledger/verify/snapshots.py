"""Snapshots, which are derived, made anew from postings and lines and compared row by row.

Both sides are read in one order, a stretch of the log at a time: memory is that of the accounts, not of the log.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from ledger import snapshots
from ledger.models import LogLeaf
from ledger.sums import from_the_leaves
from ledger.verify.findings import Finding
from ledger.verify.values import fetched, named, places

TILE = "ledger_logtile"
LEVELS = 8
PAGE = 1_024


# ---- snapshots ----

# What moved in each full stretch of the log, in the log's order. The sums of days are held against the postings by
# their own check; read from them, a hundred thousand rows stand for all postings.
_SIDES = """
SELECT position / {every} - 1, fund_id, debit_account_id, credit_account_id, sum(amount_minor)
FROM ledger_daysum GROUP BY position, fund_id, debit_account_id, credit_account_id ORDER BY position
"""
# An entry makes one lot of a fund at most, as the walk along the log sees: lots are counted, not their places. A
# stretch at a time: sorting all of them at once takes twice as long.
_LOTS = """
SELECT fund_id, source_kind, sum(stop - start), count(*) FROM ledger_lot
WHERE log_index >= %s AND log_index < %s GROUP BY fund_id, source_kind
"""
_TAKEN = """
SELECT stretch, fund_id, measure, sum(amount), count(DISTINCT position) FROM (
    SELECT l.position / {every} AS stretch, u.fund_id, 'SPEND' AS measure, u.stop - u.start AS amount, l.position
    FROM ledger_logleaf l JOIN ledger_lotuse u ON u.entry_id = l.entry_id WHERE u.kind = 'SPEND'
    UNION ALL
    SELECT l.position / {every}, h.fund_id, 'HOLE', h.stop - h.start, l.position
    FROM ledger_logleaf l JOIN ledger_lothole h ON h.entry_id = l.entry_id
    UNION ALL
    SELECT l.position / {every}, h.fund_id, {hole_source}, h.stop - h.start, l.position
    FROM ledger_logleaf l JOIN ledger_lothole h ON h.entry_id = l.entry_id
    UNION ALL
    SELECT l.position / {every}, v.fund_id, 'COVER', v.stop - v.start, l.position
    FROM ledger_logleaf l JOIN ledger_lotcover v ON v.entry_id = l.entry_id
) moved GROUP BY stretch, fund_id, measure ORDER BY stretch
"""
_MOVED = """
SELECT p.fund_id, p.debit_account_id, p.credit_account_id, {day}, sum(p.amount_minor)
FROM ledger_logleaf l CROSS JOIN ledger_posting p CROSS JOIN ledger_journalentry e
WHERE l.position >= {since} AND l.position < {at} AND p.entry_id = l.entry_id AND e.id = l.entry_id
GROUP BY p.fund_id, p.debit_account_id, p.credit_account_id, e.effective_on
"""
# All that the sums of days say, the least of them, and what the postings of all full stretches say: every posting but
# those of the stretch that is not full and those that wait.
_TOTALS = """
SELECT (SELECT coalesce(sum(amount_minor), 0) FROM ledger_daysum), (SELECT min(amount_minor) FROM ledger_daysum),
    (SELECT coalesce(sum(amount_minor), 0) FROM ledger_posting) - (
        SELECT coalesce(sum(p.amount_minor), 0) FROM ledger_logleaf l JOIN ledger_posting p ON p.entry_id = l.entry_id
        WHERE l.position >= {full}
    ) - (
        SELECT coalesce(sum(p.amount_minor), 0) FROM ledger_outbox o JOIN ledger_posting p ON p.entry_id = o.subject_id
    )
"""

# By fund and account (or measure), two sums.
Sums = dict[tuple[Any, Any], tuple[int, int]]


def account_snapshots_rebuilt() -> Iterator[Finding]:
    """Sums of both sides at every multiple, of every pair that moved since the one before; no other row."""
    columns = ["fund_id", "account_id", "position", "debit_minor", "credit_minor"]
    yield from _compared("ledger_accountsnapshot", columns, _sides())


def line_snapshots_rebuilt() -> Iterator[Finding]:
    """What came in by source and what was taken, at every multiple; no other row."""
    columns = ["fund_id", "measure", "position", "amount_minor", "entries"]
    taken = fetched(_TAKEN.format(every=snapshots.SNAPSHOT_EVERY, hole_source=snapshots.HOLE_SOURCE))
    yield from _compared("ledger_linesnapshot", columns, merge(_lots_by_stretch(), taken, key=itemgetter(0)))


def _lots_by_stretch() -> Iterator[tuple[Any, ...]]:
    every = snapshots.SNAPSHOT_EVERY
    for stretch in range(LogLeaf.objects.count() // every):
        for row in fetched(_LOTS, [stretch * every, (stretch + 1) * every]):
            yield stretch, *row


# What moved, by fund, debited account, credited account and day (as text).
Moved = dict[tuple[Any, ...], int]
_DAY_KEY = ["fund_id", "debit_account_id", "credit_account_id", "day"]


def moved_before(position: int) -> Moved:
    """What the stretch of the log that holds this position moved before it."""
    since = position // snapshots.SNAPSHOT_EVERY * snapshots.SNAPSHOT_EVERY
    return _moved(since, position) if since < position else {}


def _moved(since: int, at: int) -> Moved:
    day = "e.effective_on::text" if connection.vendor == "postgresql" else "+e.effective_on"
    sql = from_the_leaves(_MOVED).format(day=day, since=since, at=at)
    return {row[:4]: int(row[4]) for row in fetched(sql)}


def day_sums_at(position: int, moved: Moved) -> Iterator[Finding]:
    """Where the sums of days kept at the end of a full stretch are not what it moved. Others: `no_other_day_sums`."""
    # A posting whose entry is gone has no day; other checks say so.
    moved = {key: amount for key, amount in moved.items() if key[3] is not None}
    kept = _kept_at(position, moved)
    for key, amount in moved.items():
        if kept.get(key) != amount:
            row = named([*_DAY_KEY, "position"], (*key, position))
            says = f"amount_minor is {kept[key]}; the books say {amount}" if key in kept else "is missing"
            yield Finding("ledger_daysum", row, says)


def _kept_at(position: int, moved: Moved) -> Moved:
    """What is kept of the funds and days of these. The key begins with both."""
    if not moved:
        return {}
    day = "day::text" if connection.vendor == "postgresql" else "+day"
    funds, days = sorted({key[0] for key in moved}), sorted({key[3] for key in moved})
    rows = fetched(
        f"SELECT fund_id, debit_account_id, credit_account_id, {day}, amount_minor FROM ledger_daysum "
        f"WHERE fund_id IN ({places(funds)}) AND day IN ({places(days)}) AND position = %s",
        [*funds, *days, position],
    )
    return {row[:4]: row[4] for row in rows}


def no_other_day_sums() -> Iterator[Finding]:
    """No sum of a day but those that `day_sums_at` wants. As theirs are there, any other makes the total too large:
    only then each is looked at.
    """
    every = snapshots.SNAPSHOT_EVERY
    full = LogLeaf.objects.count() // every * every
    ((kept, least, booked),) = fetched(_TOTALS.format(full=full))
    if kept == booked and (least is None or least > 0):
        return
    rows = fetched("SELECT DISTINCT position FROM ledger_daysum ORDER BY position")
    for (position,) in rows:
        belongs = 0 < position <= full and position % every == 0
        moved = _moved(position - every, position) if belongs else {}
        yield from _unwanted(position, moved)


def _unwanted(position: int, moved: Moved) -> Iterator[Finding]:
    day = "day::text" if connection.vendor == "postgresql" else "+day"
    for row in fetched(
        f"SELECT fund_id, debit_account_id, credit_account_id, {day} FROM ledger_daysum WHERE position = %s", [position]
    ):
        if row not in moved:
            yield Finding("ledger_daysum", named([*_DAY_KEY, "position"], (*row, position)), "does not belong here")


def _sides() -> Iterator[tuple[Any, ...]]:
    for stretch, fund, debit, credit, amount in fetched(_SIDES.format(every=snapshots.SNAPSHOT_EVERY)):
        yield stretch, fund, debit, amount, 0
        yield stretch, fund, credit, 0, amount


def _compared(table: str, columns: list[str], moved: Iterable[tuple[Any, ...]]) -> Iterator[Finding]:
    expected = _summed_up(moved)
    there = _stored(table, columns)
    position, rows = next(there, (None, {}))
    for at, sums in expected:
        while position is not None and position < at:
            yield from _differences(table, columns, position, {}, rows)
            position, rows = next(there, (None, {}))
        if position == at:
            yield from _differences(table, columns, at, sums, rows)
            position, rows = next(there, (None, {}))
        else:
            yield from _differences(table, columns, at, sums, {})
    while position is not None:
        yield from _differences(table, columns, position, {}, rows)
        position, rows = next(there, (None, {}))


def _summed_up(moved: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, Sums]]:
    """The rows that belong at each multiple below the log's end."""
    size = LogLeaf.objects.count()
    sums: dict[tuple[Any, Any], list[int]] = defaultdict(lambda: [0, 0])
    for stretch, rows in groupby(moved, key=lambda row: row[0]):
        at = (stretch + 1) * snapshots.SNAPSHOT_EVERY
        if at > size:
            break
        touched = set()
        for _stretch, fund, what, one, other in rows:
            touched.add((fund, what))
            sums[fund, what][0] += int(one)
            sums[fund, what][1] += int(other)
        yield at, {pair: (sums[pair][0], sums[pair][1]) for pair in touched}


def _stored(table: str, columns: list[str]) -> Iterator[tuple[int | None, Sums]]:
    rows = fetched(f"SELECT {', '.join(columns)} FROM {table} ORDER BY position")
    for position, group in groupby(rows, key=lambda row: row[2]):
        yield position, {(row[0], row[1]): (row[3], row[4]) for row in group}


def _differences(table: str, columns: list[str], position: int, sums: Sums, rows: Sums) -> Iterator[Finding]:
    for pair in sorted({*sums, *rows}, key=str):
        row = named(columns[:3], (*pair, position))
        if pair not in rows:
            yield Finding(table, row, "is missing")
        elif pair not in sums:
            yield Finding(table, row, "does not belong here")
        elif sums[pair] != rows[pair]:
            says = f"{columns[3]} and {columns[4]} are {rows[pair]}; the books say {sums[pair]}"
            yield Finding(table, row, says)
