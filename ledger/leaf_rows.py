"""What leaves are made of, read by the page: one joined and ordered statement.

A row is a posting with its entry beside it (a notice has none). Ids and hashes come as hexadecimal, days as text,
moments as microseconds, on either engine; rows of one entry stand together, in the order of its lines.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection

# Columns of a row, in order.
POSITION, SUBJECT, IS_NOTICE, BOOK, KIND, BY, DOC_KIND, FUND, DEBIT, CREDIT, CURRENCY = range(11)
ON, AT, KEY, INPUT, DOC_REF, REVERSES, REVERSES_INDEX, FACTS, COMMITMENT, AMOUNT = range(11, 21)
# What thousands of rows have in common.
ALIKE = slice(BOOK, CURRENCY + 1)

Row = tuple[Any, ...]

# Without a time zone, as the text is: with one, subtracting raises.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
_MICROSECOND = timedelta(microseconds=1)
# Rows that are taken over at once from a statement over the whole log.
_AT_ONCE = 1_000

_COLUMNS = """
    e.book_id, e.kind, e.recorded_by, e.document_kind,
    p.fund_id, p.debit_account_id, p.credit_account_id, p.currency,
    {day}, {moment}, e.idempotency_key, {input_hash}, e.document_ref, {reverses_id}, r.position,
    e.facts, {commitment}, p.amount_minor
"""
# Neighbours are looked up one by one through their keys: PostgreSQL would otherwise read whole tables for a page.
_POSTGRESQL = """
LEFT JOIN LATERAL (SELECT * FROM ledger_journalentry WHERE id = s.entry_id OFFSET 0) e ON true
LEFT JOIN LATERAL (SELECT * FROM ledger_posting WHERE entry_id = s.entry_id ORDER BY line OFFSET 0) p ON true
LEFT JOIN LATERAL (SELECT position FROM ledger_logleaf WHERE entry_id = e.reverses_id OFFSET 0) r ON true
"""
_SQLITE = """
LEFT JOIN ledger_journalentry e ON e.id = s.entry_id
LEFT JOIN ledger_posting p ON p.entry_id = s.entry_id
LEFT JOIN ledger_logleaf r ON r.entry_id = e.reverses_id
"""
_NUMBERED = """
SELECT s.position, {subject}, s.entry_id IS NULL, {columns}
FROM (
    SELECT position, entry_id, coalesce(entry_id, notice_id) AS subject_id
    FROM ledger_logleaf WHERE position >= %s AND position < %s
) s {joins} ORDER BY s.position, p.line
"""
_WAITING = """
SELECT NULL, {subject}, {is_notice}, {columns}
FROM (
    SELECT subject_id, subject_id AS entry_id, is_notice, recorded_at
    FROM ledger_outbox {after} ORDER BY recorded_at, subject_id LIMIT %s
) s {joins} ORDER BY s.recorded_at, s.subject_id, p.line
"""
_ENTRIES = """
SELECT l.position, {subject}, {no}, {columns}
FROM (SELECT id AS subject_id, id AS entry_id FROM ledger_journalentry WHERE id IN ({ids})) s
{joins} LEFT JOIN ledger_logleaf l ON l.entry_id = s.entry_id ORDER BY s.subject_id, p.line
"""
_OF_KINDS = """
SELECT s.position, {subject}, {no}, {columns}
FROM (
    SELECT l.position, l.entry_id, l.entry_id AS subject_id
    FROM ledger_logleaf l {kinds_join}
    WHERE l.position >= %s AND k.kind IN ({kinds}) ORDER BY l.position LIMIT %s
) s {joins} WHERE p.line = 1 ORDER BY s.position
"""
_KINDS_SQLITE = "JOIN ledger_journalentry k ON k.id = l.entry_id"
# A page is a walk from a position on; without the fence PostgreSQL reads the journal through for each page.
_KINDS_POSTGRESQL = "JOIN LATERAL (SELECT kind FROM ledger_journalentry WHERE id = l.entry_id OFFSET 0) k ON true"
# The whole log at once: no fence here, the tables are laid side by side. SQLite keeps to the order written.
_ALL_OF_KINDS = """
SELECT s.position, e.book_id, e.kind, {day}, e.document_ref, e.facts, p.amount_minor, p.currency
FROM ledger_journalentry e CROSS JOIN ledger_logleaf s CROSS JOIN ledger_posting p
WHERE s.entry_id = e.id AND p.entry_id = e.id AND p.line = 1 AND e.kind IN ({kinds})
ORDER BY s.position
"""
# What came into a fund is found by its lots, which lie in the log's order and name their places in it.
_INTO_FUND = """
SELECT t.log_index, e.book_id, e.kind, {day}, e.document_ref, e.facts, p.amount_minor, p.currency
FROM ledger_lot t CROSS JOIN ledger_journalentry e CROSS JOIN ledger_posting p
WHERE t.fund_id = (SELECT f.id FROM ledger_fund f JOIN ledger_book b ON b.id = f.book_id
    WHERE b.code = %s AND f.code = %s)
AND e.id = t.entry_id AND p.entry_id = e.id AND p.line = 1 AND p.fund_id = t.fund_id AND e.kind IN ({kinds})
ORDER BY t.start
"""


def hexed(column: str, *, id_: bool = False) -> str:
    if connection.vendor == "postgresql":
        return f"encode({f'uuid_send({column})' if id_ else column}, 'hex')"
    return column if id_ else f"lower(hex({column}))"


def _sql(template: str, **more: str) -> str:
    postgresql = connection.vendor == "postgresql"
    columns = _COLUMNS.format(
        # On SQLite an expression keeps the driver from making values of what is wanted as it is stored.
        day="e.effective_on::text" if postgresql else "+e.effective_on",
        moment="(extract(epoch FROM e.recorded_at) * 1000000)::bigint" if postgresql else "+e.recorded_at",
        input_hash=hexed("e.input_hash"),
        reverses_id=hexed("e.reverses_id", id_=True),
        commitment=hexed("e.commitment")
        if postgresql
        else "CASE WHEN e.commitment IS NOT NULL THEN lower(hex(e.commitment)) END",
    )
    return template.format(
        columns=columns,
        subject=hexed("s.subject_id", id_=True),
        is_notice="s.is_notice" if postgresql else "+s.is_notice",
        no="false" if postgresql else "0",
        joins=_POSTGRESQL if postgresql else _SQLITE,
        kinds_join=_KINDS_POSTGRESQL if postgresql else _KINDS_SQLITE,
        **more,
    )


def fetched(cursor: Any, sql: str, values: Sequence[Any]) -> list[Row]:
    cursor.execute(sql, values)
    rows: list[Row] = cursor.fetchall()
    return rows


def numbered_rows(cursor: Any, start: int, stop: int) -> list[Row]:
    """Rows of what stands at the positions from ``start`` to below ``stop``, in that order."""
    return fetched(cursor, _sql(_NUMBERED), [start, stop])


def waiting_rows(cursor: Any, after: tuple[Any, Any] | None, until: tuple[Any, Any], limit: int) -> list[Row]:
    """Rows of the first that wait for a position, in the order in which they get it.

    ``after`` is where the page before ended (moment and subject), so that what is gone is not walked over again;
    ``until`` is the last that may get one now.
    """
    condition = "WHERE (recorded_at, subject_id) <= (%s, %s)"
    condition += " AND (recorded_at, subject_id) > (%s, %s)" if after else ""
    return fetched(cursor, _sql(_WAITING, after=condition), [*until, *(after or ()), limit])


def last_waiting(cursor: Any) -> tuple[Any, Any] | None:
    """The place of the last that waits (moment and subject), None when nothing does."""
    moment = "recorded_at" if connection.vendor == "postgresql" else "recorded_at || ''"
    sql = f"SELECT {moment}, subject_id FROM ledger_outbox ORDER BY recorded_at DESC, subject_id DESC LIMIT 1"
    rows = fetched(cursor, sql, [])
    return rows[0] if rows else None


_PLACE = """
SELECT {moment} FROM ledger_outbox WHERE subject_id = %s AND recorded_at = coalesce(
    (SELECT recorded_at FROM ledger_journalentry WHERE id = %s), (SELECT recorded_at FROM ledger_notice WHERE id = %s)
)
"""


def moment_in_outbox(cursor: Any, subject: str) -> Any:
    """The moment of a subject as the outbox orders by it, None when it does not wait any more."""
    moment = "recorded_at" if connection.vendor == "postgresql" else "recorded_at || ''"
    rows = fetched(cursor, _PLACE.format(moment=moment), [subject] * 3)
    return rows[0][0] if rows else None


def entry_rows(cursor: Any, entry_ids: Sequence[Any]) -> list[Row]:
    """Rows of some entries, whether they have a position or not."""
    return fetched(cursor, _sql(_ENTRIES, ids=", ".join(["%s"] * len(entry_ids))), entry_ids) if entry_ids else []


def first_rows_of_kinds(cursor: Any, position: int, kinds: Sequence[str], *, limit: int) -> list[Row]:
    """The first posting of each of the first ``limit`` numbered entries of some kinds, from a position on."""
    sql = _sql(_OF_KINDS, kinds=", ".join(["%s"] * len(kinds)))
    return fetched(cursor, sql, [position, *kinds, limit]) if kinds else []


def all_rows_of_kinds(kinds: Sequence[str], fund: tuple[str, str] | None) -> Iterator[Row]:
    """Every numbered entry of some kinds, in log order; of what came into one (book, fund) where asked: position, book,
    kind, day, document, facts, and the first posting's amount and currency. Memory stays flat.
    """
    sql = (_INTO_FUND if fund else _ALL_OF_KINDS).format(
        day="e.effective_on::text" if connection.vendor == "postgresql" else "e.effective_on || ''",
        kinds=", ".join(["%s"] * len(kinds)),
    )
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, [*(fund or ()), *kinds])
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows


# Days, hours with minutes, and seconds that were met, in microseconds: few of each make all moments of a year.
_days: dict[str, int] = {}
_minutes: dict[str, int] = {}
_seconds: dict[str, int] = {}
_MOST_DAYS = 10_000


def at_microseconds(stored: Any) -> int:
    """A row's moment in microseconds: SQLite has it as text in UTC, as this site writes it. Else ``ValueError``."""
    if stored.__class__ is int:
        return int(stored)
    try:
        second = _days[stored[:10]] + _minutes[stored[10:16]] + _seconds[stored[16:19]]
    except KeyError:
        second = _second(stored[:19])
    if len(stored) == 19:
        return second
    fraction = stored[20:]
    # A fraction has six figures, and is left out where it is zero.
    plain = len(stored) == 26 and stored[19] == "." and fraction.isascii() and fraction.isdecimal()
    if not plain or fraction == "000000":
        raise ValueError(f"no moment is written like this: {stored}")
    return second + int(fraction)


def _second(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if str(moment) != text:
        raise ValueError(f"no moment is written like this: {text}")
    if len(_days) >= _MOST_DAYS:
        _days.clear()
    _days[text[:10]] = (datetime.combine(moment, time.min) - _EPOCH) // _MICROSECOND
    _minutes[text[10:16]] = (moment.hour * 60 + moment.minute) * 60_000_000
    _seconds[text[16:]] = moment.second * 1_000_000
    return (moment - _EPOCH) // _MICROSECOND


def at_moment(stored: Any) -> datetime:
    """A row's moment as a value."""
    return (_EPOCH + timedelta(microseconds=at_microseconds(stored))).replace(tzinfo=UTC)


def on_day(stored: str) -> date:
    """A row's day as a value."""
    return date.fromisoformat(stored)


# ---- stretches of a page ----

# Ids are made in the order of time, so a page's lie near each other: its few stretches are found by the range of ids.
_STRETCHES = """
SELECT {entry}, u.fund_id, {kind}, u.start, u.stop FROM {table} u {page}
WHERE u.entry_id >= %s AND u.entry_id <= %s ORDER BY u.fund_id, u.start
"""
_ON_PAGE = "JOIN ledger_logleaf l ON l.entry_id = u.entry_id AND l.position BETWEEN {first} AND {last}"
_TABLES = (("uses", "ledger_lotuse", "u.kind"), ("holes", "ledger_lothole", "''"), ("covers", "ledger_lotcover", "''"))

# What an entry took of lines, by its id: (fund's number, kind or '', start, stop) by the leaf's part.
Taken = Mapping[str, Mapping[str, Sequence[tuple[Any, str, int, int]]]]


def stretches(cursor: Any, rows: Sequence[Row], *, waiting: bool) -> Taken:
    """What the entries of a page took of funds' lines."""
    ids = {row[SUBJECT] for row in rows if not row[IS_NOTICE]}
    found: dict[str, dict[str, list[tuple[Any, str, int, int]]]] = defaultdict(lambda: defaultdict(list))
    if not ids:
        return found
    page = "" if waiting else _ON_PAGE.format(first=rows[0][POSITION], last=rows[-1][POSITION])
    for part, table, kind in _TABLES:
        sql = _STRETCHES.format(entry=hexed("u.entry_id", id_=True), table=table, kind=kind, page=page)
        for entry_id, fund_id, named, start, stop in fetched(cursor, sql, [min(ids), max(ids)]):
            if entry_id in ids:
                found[entry_id][part].append((fund_id, named, start, stop))
    return found


def taken_by_entries(cursor: Any, rows: Sequence[Row]) -> Taken:
    """What the entries of some rows took of funds' lines, asked for one by one."""
    ids = list(dict.fromkeys(row[SUBJECT] for row in rows))
    found: dict[str, dict[str, list[tuple[Any, str, int, int]]]] = defaultdict(lambda: defaultdict(list))
    for part, table, kind in _TABLES if ids else ():
        sql = (
            f"SELECT {hexed('u.entry_id', id_=True)}, u.fund_id, {kind}, u.start, u.stop FROM {table} u "
            f"WHERE u.entry_id IN ({', '.join(['%s'] * len(ids))}) ORDER BY u.fund_id, u.start"
        )
        for entry_id, fund_id, named, start, stop in fetched(cursor, sql, ids):
            found[entry_id][part].append((fund_id, named, start, stop))
    return found
