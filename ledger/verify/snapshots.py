"""Snapshots, which are derived, made anew from postings and lines and compared row by row.

Both sides are read in one order, a stretch of the log at a time: memory is that of the accounts, not of the log.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from ledger import snapshots
from ledger.models import LogLeaf
from ledger.verify.findings import Finding
from ledger.verify.values import fetched, named

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
_STRETCHES = """
SELECT stretch, fund_id, measure, sum(amount), count(DISTINCT position) FROM (
    SELECT t.log_index / {every} AS stretch, t.fund_id, t.source_kind AS measure, t.stop - t.start AS amount,
        t.log_index AS position
    FROM ledger_lot t
    UNION ALL
    SELECT l.position / {every}, u.fund_id, 'SPEND', u.stop - u.start, l.position
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
_DAYS = """
SELECT (l.position / {every} + 1) * {every} AS at, p.fund_id, e.effective_on, p.debit_account_id, p.credit_account_id,
    sum(p.amount_minor)
FROM ledger_logleaf l JOIN ledger_posting p ON p.entry_id = l.entry_id
JOIN ledger_journalentry e ON e.id = l.entry_id
WHERE l.position < {full}
GROUP BY (l.position / {every} + 1) * {every}, p.fund_id, e.effective_on, p.debit_account_id, p.credit_account_id
ORDER BY 1
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
    moved = fetched(_STRETCHES.format(every=snapshots.SNAPSHOT_EVERY, hole_source=snapshots.HOLE_SOURCE))
    yield from _compared("ledger_linesnapshot", columns, moved)


def day_sums_rebuilt() -> Iterator[Finding]:
    """What moved between two accounts on a day, in every full stretch of the log; no other row."""
    every, table = snapshots.SNAPSHOT_EVERY, "ledger_daysum"
    names = ["position", "fund_id", "day", "debit_account_id", "credit_account_id"]
    full = LogLeaf.objects.count() // every * every
    expected = fetched(_DAYS.format(every=every, full=full))
    there = fetched(f"SELECT {', '.join(names)}, amount_minor FROM {table} ORDER BY position")
    for position, made, kept in _side_by_side(expected, there):
        for key in () if made == kept else sorted({*made, *kept}, key=str):
            row = named(names, (position, *key))
            if key not in kept:
                yield Finding(table, row, "is missing")
            elif key not in made:
                yield Finding(table, row, "does not belong here")
            elif int(made[key]) != kept[key]:
                yield Finding(table, row, f"amount_minor is {kept[key]}; the books say {made[key]}")


def _side_by_side(expected: Any, there: Any) -> Iterator[tuple[int, dict[Any, Any], dict[Any, Any]]]:
    """Two streams in the order of positions, one position of both at a time."""
    streams = [groupby(rows, key=lambda row: row[0]) for rows in (expected, there)]
    heads = [_next_group(stream) for stream in streams]
    while any(heads):
        at = min(one[0] for one in heads if one)
        made, kept = (one[1] if one and one[0] == at else {} for one in heads)
        yield at, made, kept
        heads = [
            _next_group(stream) if one and one[0] == at else one for one, stream in zip(heads, streams, strict=True)
        ]


def _next_group(stream: Any) -> tuple[int, dict[Any, Any]] | None:
    found = next(stream, None)
    return None if found is None else (found[0], {row[1:5]: row[5] for row in found[1]})


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
