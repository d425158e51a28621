"""Sums at any log position, for the cost of one snapshot and the tail since: never of the whole log.

Reading begins at the last multiple of ``SNAPSHOT_EVERY`` at or before the position. A pair's latest row there is one
step in an index; the entries numbered since are at most as many as lie between two snapshots.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db import connection

from ledger import snapshots

# Both sides by (fund, account), and amount and number of entries by measure.
AccountSums = dict[tuple[int, int], tuple[int, int]]
MeasureSums = dict[str, tuple[int, int]]

_JOIN = re.compile(r"CROSS JOIN (ledger_\w+) (\w)\b")

# Accounts are opened with their fund's currency, and a snapshot is of one fund: the pairs that can have moved.
_LATEST_ACCOUNTS = """
SELECT s.fund_id, s.account_id, s.debit_minor, s.credit_minor
FROM ledger_fund f
JOIN ledger_account a ON a.book_id = f.book_id AND a.currency = f.currency
JOIN ledger_accountsnapshot s ON s.fund_id = f.id AND s.account_id = a.id AND s.position = (
    SELECT max(x.position) FROM ledger_accountsnapshot x
    WHERE x.fund_id = f.id AND x.account_id = a.id AND x.position <= %s
)
WHERE f.id IN ({funds})
"""
# Read through `from_the_leaves`, which keeps both databases from walking all that a fund ever had.
_TAIL_ACCOUNTS = """
SELECT p.fund_id, p.debit_account_id, p.credit_account_id, sum(p.amount_minor)
FROM ledger_logleaf l CROSS JOIN ledger_posting p
WHERE l.position >= %s AND l.position < %s AND p.entry_id = l.entry_id AND +p.fund_id IN ({funds})
GROUP BY p.fund_id, p.debit_account_id, p.credit_account_id
"""
_TAIL_MEASURES = """
SELECT fund_id, measure, sum(amount), count(DISTINCT entry_id) FROM (
    SELECT t.fund_id, t.source_kind AS measure, t.stop - t.start AS amount, t.entry_id
    FROM ledger_logleaf l CROSS JOIN ledger_lot t
    WHERE l.position >= {since} AND l.position < {at} AND t.log_index = l.position AND +t.fund_id IN ({funds})
    UNION ALL
    SELECT u.fund_id, 'SPEND', u.stop - u.start, u.entry_id
    FROM ledger_logleaf l CROSS JOIN ledger_lotuse u
    WHERE l.position >= {since} AND l.position < {at} AND u.entry_id = l.entry_id AND +u.fund_id IN ({funds})
        AND u.kind = 'SPEND'
    UNION ALL
    SELECT h.fund_id, 'HOLE', h.stop - h.start, h.entry_id
    FROM ledger_logleaf l CROSS JOIN ledger_lothole h
    WHERE l.position >= {since} AND l.position < {at} AND h.entry_id = l.entry_id AND +h.fund_id IN ({funds})
    UNION ALL
    SELECT h.fund_id, {hole_source}, h.stop - h.start, h.entry_id
    FROM ledger_logleaf l CROSS JOIN ledger_lothole h
    WHERE l.position >= {since} AND l.position < {at} AND h.entry_id = l.entry_id AND +h.fund_id IN ({funds})
    UNION ALL
    SELECT v.fund_id, 'COVER', v.stop - v.start, v.entry_id
    FROM ledger_logleaf l CROSS JOIN ledger_lotcover v
    WHERE l.position >= {since} AND l.position < {at} AND v.entry_id = l.entry_id AND +v.fund_id IN ({funds})
) moved GROUP BY fund_id, measure
"""


def from_the_leaves(sql: str) -> str:
    """A query that begins at the leaves of the tail and goes on by an index, a step each, whatever the planner thinks.

    SQLite joins in the order written where a join says CROSS, and a plus takes a column out of the indexes' reach.
    PostgreSQL would rather scan a table than take some thousand steps: a subquery with OFFSET is its fence.
    """
    if connection.vendor != "postgresql":
        return sql
    return _JOIN.sub(_fence, sql)


def _fence(join: re.Match[str]) -> str:
    table, alias = join.groups()
    by = {"ledger_journalentry": "id = l.entry_id", "ledger_lot": "log_index = l.position"}
    found = by.get(table, "entry_id = l.entry_id")
    return f"CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {found} OFFSET 0) {alias}"


def since(position: int) -> int:
    """The last snapshot position at or before a log position."""
    return position // snapshots.SNAPSHOT_EVERY * snapshots.SNAPSHOT_EVERY


def account_sums(funds: Iterable[int], position: int) -> AccountSums:
    """Both sides of every account of some funds, by the entries numbered below ``position``."""
    ids = sorted(funds)
    if not ids:
        return {}
    marks = ", ".join(["%s"] * len(ids))
    start = since(position)
    found: dict[tuple[int, int], list[int]] = {}
    with connection.cursor() as cursor:
        if start:
            cursor.execute(_LATEST_ACCOUNTS.format(funds=marks), [start, *ids])
            found = {(fund, account): [debit, credit] for fund, account, debit, credit in cursor.fetchall()}
        if start < position:
            cursor.execute(from_the_leaves(_TAIL_ACCOUNTS).format(funds=marks), [start, position, *ids])
            for fund, debit, credit, amount in cursor.fetchall():
                found.setdefault((fund, debit), [0, 0])[0] += int(amount)
                found.setdefault((fund, credit), [0, 0])[1] += int(amount)
    return {pair: (debit, credit) for pair, (debit, credit) in found.items()}


def measure_sums(funds: Iterable[int], position: int) -> dict[int, MeasureSums]:
    """What came onto each fund's line by source, was spent, holed (also by source) or covered, below ``position``.

    Several funds cost little more than one: the tail is gone over once for all of them.
    """
    start = since(position)
    found: dict[int, dict[str, list[int]]] = {fund: {} for fund in funds}
    if not found:
        return {}
    with connection.cursor() as cursor:
        for fund, sums in found.items() if start else ():
            for measure, amount, entries in _latest_measures(cursor, fund, start):
                sums[measure] = [amount, entries]
        if start < position:
            source, ids = snapshots.HOLE_SOURCE, ", ".join(map(str, sorted(found)))
            sql = from_the_leaves(_TAIL_MEASURES)
            cursor.execute(sql.format(since=start, at=position, funds=ids, hole_source=source))
            for fund, measure, amount, entries in cursor.fetchall():
                both = found[fund].setdefault(measure, [0, 0])
                both[0] += int(amount)
                both[1] += int(entries)
    return {
        fund: {measure: (amount, entries) for measure, (amount, entries) in sums.items()}
        for fund, sums in found.items()
    }


def _latest_measures(cursor: Any, fund: int, start: int) -> list[tuple[str, int, int]]:
    """Each measure's latest row: one step in the index each, whatever the number of rows."""
    one = (
        "SELECT * FROM (SELECT measure, amount_minor, entries FROM ledger_linesnapshot "
        "WHERE fund_id = %s AND measure = %s AND position <= %s ORDER BY position DESC LIMIT 1) AS latest"
    )
    measures = snapshots.MEASURES
    cursor.execute(
        " UNION ALL ".join([one] * len(measures)), [value for name in measures for value in (fund, name, start)]
    )
    return list(cursor.fetchall())
