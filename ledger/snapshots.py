"""What the sequencer keeps beside the log so that reading stays cheap: full tiles, and sums at every 4,096 positions.

Both are derived. The database makes the sums itself, a stretch at a time, from the rows that are already numbered; so a
batch of any size, and a book that is older than these tables, are treated alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from ledger.beside import copy_text, insert_rows
from ledger.core.merkle import Tile
from ledger.policy.kinds import KINDS

# What is measured on a fund's line: lots by source, what was taken from it, and holes by the source they lie in.
SOURCES = tuple(sorted({kind.source for kind in KINDS.values()}))
MEASURES = (*SOURCES, "SPEND", "HOLE", "COVER", *(f"H.{source}" for source in SOURCES))
# The measure of a hole ``h`` by the source of the lot that it lies in.
HOLE_SOURCE = """'H.' || (
        SELECT t.source_kind FROM ledger_lot t WHERE t.fund_id = h.fund_id AND t.start <= h.start
        ORDER BY t.start DESC LIMIT 1
    )"""

# Positions between two snapshots. Published nowhere, but written into every row: changing it means a migration.
SNAPSHOT_EVERY = 4096

_ACCOUNTS = """
INSERT INTO ledger_accountsnapshot (fund_id, account_id, position, debit_minor, credit_minor)
SELECT w.fund_id, w.account_id, {at},
    CAST(w.debit AS bigint) + coalesce(b.debit_minor, 0), CAST(w.credit AS bigint) + coalesce(b.credit_minor, 0)
FROM (
    SELECT fund_id, account_id, sum(debit) AS debit, sum(credit) AS credit FROM (
        SELECT p.fund_id, p.debit_account_id AS account_id, p.amount_minor AS debit, 0 AS credit
        FROM ledger_logleaf l JOIN ledger_posting p ON p.entry_id = l.entry_id
        WHERE l.position >= {since} AND l.position < {at}
        UNION ALL
        SELECT p.fund_id, p.credit_account_id, 0, p.amount_minor
        FROM ledger_logleaf l JOIN ledger_posting p ON p.entry_id = l.entry_id
        WHERE l.position >= {since} AND l.position < {at}
    ) sides GROUP BY fund_id, account_id
) w
LEFT JOIN ledger_accountsnapshot b ON b.fund_id = w.fund_id AND b.account_id = w.account_id AND b.position = (
    SELECT max(x.position) FROM ledger_accountsnapshot x
    WHERE x.fund_id = w.fund_id AND x.account_id = w.account_id AND x.position < {at}
)
"""
_LINES = """
INSERT INTO ledger_linesnapshot (fund_id, measure, position, amount_minor, entries)
SELECT w.fund_id, w.measure, {at},
    CAST(w.amount AS bigint) + coalesce(b.amount_minor, 0), w.entries + coalesce(b.entries, 0)
FROM (
    SELECT fund_id, measure, sum(amount) AS amount, count(DISTINCT entry_id) AS entries FROM (
        SELECT t.fund_id, t.source_kind AS measure, t.stop - t.start AS amount, t.entry_id
        FROM ledger_logleaf l JOIN ledger_lot t ON t.log_index = l.position
        WHERE l.position >= {since} AND l.position < {at}
        UNION ALL
        SELECT u.fund_id, 'SPEND', u.stop - u.start, u.entry_id
        FROM ledger_logleaf l JOIN ledger_lotuse u ON u.entry_id = l.entry_id
        WHERE l.position >= {since} AND l.position < {at} AND u.kind = 'SPEND'
        UNION ALL
        SELECT h.fund_id, 'HOLE', h.stop - h.start, h.entry_id
        FROM ledger_logleaf l JOIN ledger_lothole h ON h.entry_id = l.entry_id
        WHERE l.position >= {since} AND l.position < {at}
        UNION ALL
        SELECT h.fund_id, {hole_source}, h.stop - h.start, h.entry_id
        FROM ledger_logleaf l JOIN ledger_lothole h ON h.entry_id = l.entry_id
        WHERE l.position >= {since} AND l.position < {at}
        UNION ALL
        SELECT v.fund_id, 'COVER', v.stop - v.start, v.entry_id
        FROM ledger_logleaf l JOIN ledger_lotcover v ON v.entry_id = l.entry_id
        WHERE l.position >= {since} AND l.position < {at}
    ) stretches GROUP BY fund_id, measure
) w
LEFT JOIN ledger_linesnapshot b ON b.fund_id = w.fund_id AND b.measure = w.measure AND b.position = (
    SELECT max(x.position) FROM ledger_linesnapshot x
    WHERE x.fund_id = w.fund_id AND x.measure = w.measure AND x.position < {at}
)
"""
# Statements at a day are made of these: one row for all that moved between two accounts of a fund on it.
_DAYS = """
INSERT INTO ledger_daysum (fund_id, day, debit_account_id, credit_account_id, position, amount_minor)
SELECT p.fund_id, e.effective_on, p.debit_account_id, p.credit_account_id, {at}, CAST(sum(p.amount_minor) AS bigint)
FROM ledger_logleaf l JOIN ledger_posting p ON p.entry_id = l.entry_id
JOIN ledger_journalentry e ON e.id = l.entry_id
WHERE l.position >= {since} AND l.position < {at}
GROUP BY p.fund_id, e.effective_on, p.debit_account_id, p.credit_account_id
"""


def positions_between(start: int, stop: int) -> range:
    """The snapshot positions that a log reaches when it grows from one size to another."""
    return range((start // SNAPSHOT_EVERY + 1) * SNAPSHOT_EVERY, stop + 1, SNAPSHOT_EVERY)


def write_snapshots(cursor: Any, start: int, stop: int, which: Sequence[str] = ("accounts", "lines", "days")) -> None:
    """The sums at every multiple that the log reached when it grew from ``start`` to ``stop``. Its rows are there.

    ``which`` is for migrations: one that comes before a table writes the others only.
    """
    tables = {"accounts": _ACCOUNTS, "lines": _LINES, "days": _DAYS}
    for at in positions_between(start, stop):
        for sql in (tables[name] for name in which):
            cursor.execute(sql.format(at=at, since=at - SNAPSHOT_EVERY, hole_source=HOLE_SOURCE))


# ---- the same from a batch in hand ----

_ADD_ACCOUNTS = """
INSERT INTO ledger_accountsnapshot (fund_id, account_id, position, debit_minor, credit_minor)
WITH w (fund_id, account_id, debit, credit) AS (VALUES {rows})
SELECT w.fund_id, w.account_id, {at}, w.debit + coalesce(b.debit_minor, 0), w.credit + coalesce(b.credit_minor, 0)
FROM w LEFT JOIN ledger_accountsnapshot b ON b.fund_id = w.fund_id AND b.account_id = w.account_id AND b.position = (
    SELECT max(x.position) FROM ledger_accountsnapshot x
    WHERE x.fund_id = w.fund_id AND x.account_id = w.account_id AND x.position < {at}
)
"""
_ADD_LINES = """
INSERT INTO ledger_linesnapshot (fund_id, measure, position, amount_minor, entries)
WITH w (fund_id, measure, amount, entries) AS (VALUES {rows})
SELECT w.fund_id, w.measure, {at}, w.amount + coalesce(b.amount_minor, 0), w.entries + coalesce(b.entries, 0)
FROM w LEFT JOIN ledger_linesnapshot b ON b.fund_id = w.fund_id AND b.measure = w.measure AND b.position = (
    SELECT max(x.position) FROM ledger_linesnapshot x
    WHERE x.fund_id = w.fund_id AND x.measure = w.measure AND x.position < {at}
)
"""
_ADD_DAYS = "INSERT INTO ledger_daysum (fund_id, day, debit_account_id, credit_account_id, position, amount_minor)"
ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Moved:
    """What a whole stretch of the log moved: rows of numbers, as the tables name them, one for each key.

    ``sides`` are (fund, account, debit, credit), ``measures`` (fund, measure, amount, entries), ``days`` (fund, day,
    debit account, credit account, amount).
    """

    sides: Sequence[tuple[Any, Any, int, int]]
    measures: Sequence[tuple[Any, str, int, int]]
    days: Sequence[tuple[Any, str, Any, Any, int]]


def add_snapshots(cursor: Any, at: int, moved: Moved) -> None:
    """The sums at one multiple, from what the stretch before it moved."""
    for sql, rows in ((_ADD_ACCOUNTS, moved.sides), (_ADD_LINES, moved.measures)):
        _insert(cursor, sql.replace("{at}", str(at)), rows)
    days = [(*row[:4], at, row[4]) for row in moved.days]
    if connection.vendor == "postgresql":
        copy_text(cursor, _ADD_DAYS, "".join("\t".join(map(str, row)) + "\n" for row in days))
    else:
        insert_rows(_ADD_DAYS, days)


def _insert(cursor: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    for first in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[first : first + ROWS_AT_ONCE]
        places = f"({', '.join(['%s'] * len(some[0]))})"
        cursor.execute(sql.format(rows=", ".join([places] * len(some))), [value for row in some for value in row])


def write_tiles(cursor: Any, tiles: Iterable[Tile]) -> None:
    """The roots of tiles that became full."""
    rows, into = list(tiles), "INSERT INTO ledger_logtile (level, number, root)"
    if connection.vendor == "sqlite":
        insert_rows(into, rows)
    elif rows:
        cursor.executemany(f"{into} VALUES (%s, %s, %s)", rows)
