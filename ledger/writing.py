"""The statements that write the journal: one entry, or a batch of them. Only the one door calls them.

Postings and stretches go first, the entry last: its insert claims the idempotency key, and the laws check and seal.
On PostgreSQL an entry of one posting is one statement, so one journey to the server and its own transaction. Statements
keep their text, so that the server plans them once and Python builds nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from ledger.answers import why_missing
from ledger.beside import insert_rows
from ledger.core.canonical import facts_text
from ledger.core.entries import Draft
from ledger.core.lines import Interval, Step
from ledger.models import Fund


@dataclass(frozen=True, slots=True)
class Stretches:
    """What an entry takes of the funds' lines, by fund code."""

    uses: Mapping[str, Sequence[Step]]
    holes: Mapping[str, Sequence[Interval]]
    covers: Mapping[str, Sequence[Interval]]


NO_STRETCHES = Stretches({}, {}, {})

POSTING_COLUMNS = "entry_id, line, book_id, fund_id, debit_account_id, credit_account_id, amount_minor, currency"
ENTRY_COLUMNS = (
    "id, book_id, kind, effective_on, recorded_at, recorded_by, idempotency_key, input_hash, "
    "document_kind, document_ref, reverses_id, facts, commitment, posting_count"
)
# psycopg counts how often a statement comes before it prepares it by itself; this often never happens.
ONLY_WHEN_ASKED = 2**62
# Codes become ids in the statement, so nothing is read before and nothing is cached.
_BY_CODES = """
JOIN ledger_fund f ON f.book_id = b.id AND f.code = {fund}
JOIN ledger_account d ON d.book_id = b.id AND d.code = {debit} AND d.currency = {currency}
JOIN ledger_account c ON c.book_id = b.id AND c.code = {credit} AND c.currency = {currency}
"""
_POSTINGS = f"""
INSERT INTO ledger_posting ({POSTING_COLUMNS})
SELECT %s, v.line, b.id, f.id, d.id, c.id, v.amount, v.currency
FROM ({{rows}}) v JOIN ledger_book b ON b.code = %s
{_BY_CODES.format(fund="v.fund", debit="v.debit", credit="v.credit", currency="v.currency")}
"""
_ROW = (
    "SELECT CAST(%s AS smallint) AS line, CAST(%s AS text) AS fund, CAST(%s AS text) AS debit, "
    "CAST(%s AS text) AS credit, CAST(%s AS bigint) AS amount, CAST(%s AS text) AS currency"
)
_ENTRY = f"""
INSERT INTO ledger_journalentry ({ENTRY_COLUMNS})
SELECT %s, id, {", ".join(["%s"] * 12)} FROM ledger_book WHERE code = %s
"""
_AT_ONCE = f"""
WITH posting AS (
    INSERT INTO ledger_posting ({POSTING_COLUMNS})
    SELECT %s::uuid, 1, b.id, f.id, d.id, c.id, %s::bigint, %s::text FROM ledger_book b
    {_BY_CODES.format(fund="%s::text", debit="%s::text", credit="%s::text", currency="%s::text")}
    WHERE b.code = %s::text
    RETURNING entry_id, book_id
)
INSERT INTO ledger_journalentry ({ENTRY_COLUMNS})
SELECT entry_id, book_id, %s::text, %s::date, %s::timestamptz, %s::text, %s::text, %s::bytea,
    %s::text, %s::text, %s::uuid, %s::text, %s::bytea, 1 FROM posting
"""


def write_entry(
    draft: Draft, entry_id: UUID, input_hash: bytes, stretches: Stretches, *, by: str, at: datetime, key: str
) -> None:
    """Write one entry, in a transaction of its own or in the one that is open. Raises what the database refuses."""
    database = connections[DEFAULT_DB_ALIAS]  # looked up once: what Django calls ``connection`` looks again at each use
    values = entry_values(database, draft, input_hash, by=by, at=at, key=key)
    if database.vendor == "sqlite":
        _write_on_sqlite(database, draft, entry_id, values, stretches)
    elif len(draft.lines) == 1 and stretches is NO_STRETCHES:
        _write_at_once(database, draft, entry_id, values)
    else:
        with transaction.atomic(), driver_cursor(database) as cursor:
            _insert(cursor.execute, draft, entry_id, values, stretches)


def entry_values(database: Any, draft: Draft, input_hash: bytes, *, by: str, at: datetime, key: str) -> tuple[Any, ...]:
    """An entry's columns between its book and the number of its postings, as the driver takes them."""
    ops, in_sqlite = database.ops, database.vendor == "sqlite"
    return (
        draft.kind,
        ops.adapt_datefield_value(draft.effective_on),
        ops.adapt_datetimefield_value(at),
        by,
        key,
        input_hash,
        draft.document_kind,
        draft.document_ref,
        draft.reverses.hex if in_sqlite and draft.reverses else draft.reverses,
        facts_text(draft.facts),
        draft.commitment,
    )


def _write_at_once(database: Any, draft: Draft, entry_id: UUID, values: tuple[Any, ...]) -> None:
    (line,) = draft.lines
    codes = (line.fund, line.debit, line.currency, line.credit, line.currency, draft.book)
    with own_or_open_transaction(database), driver_cursor(database) as cursor:
        cursor.execute(_AT_ONCE, (entry_id, line.amount_minor, line.currency, *codes, *values), prepare=True)
        written = cursor.rowcount
    if not written:
        raise why_missing(draft)


@contextmanager
def own_or_open_transaction(database: Any) -> Iterator[None]:
    """A single statement is its own transaction; inside an open one it gets a savepoint, so that it can fail alone."""
    if database.in_atomic_block or not database.get_autocommit():
        with transaction.atomic():
            yield
    else:
        yield


@contextmanager
def driver_cursor(database: Any = None) -> Iterator[Any]:
    """psycopg's own cursor: the server binds the values, so that it can keep the statement's plan.

    Django switches prepared statements off for its own queries. Here they are asked for one by one, except behind a
    pooler that shares sessions between transactions (Django's setting for that is the one asked).
    """
    from psycopg import Cursor

    database = database or connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    driver = database.connection
    if driver.prepare_threshold is None and not database.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
        driver.prepare_threshold = ONLY_WHEN_ASKED
    with database.wrap_database_errors, Cursor(driver) as cursor:
        yield cursor


def _write_on_sqlite(
    database: Any, draft: Draft, entry_id: UUID, values: tuple[Any, ...], stretches: Stretches
) -> None:
    """SQLite runs inside this process: what costs is what Python does around each statement."""
    database.ensure_connection()
    driver = database.connection

    def execute(sql: str, row: Sequence[Any]) -> Any:
        return driver.execute(_in_sqlite(sql), row)

    with database.wrap_database_errors, sqlite_transaction(database):
        _insert(execute, draft, entry_id.hex, values, stretches)


@cache
def _in_sqlite(sql: str) -> str:
    """A statement with SQLite's own placeholders; there are as many texts as there are lengths of drafts."""
    return sql.replace("%s", "?")


@contextmanager
def sqlite_transaction(database: Any) -> Iterator[None]:
    """Django's transaction where one is open, else the driver's own: immediate, so that writers queue."""
    if database.in_atomic_block or not database.get_autocommit():
        with transaction.atomic():
            yield
        return
    driver = database.connection
    driver.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        driver.execute("ROLLBACK")
        raise
    driver.execute("COMMIT")


# ---- many entries ----


@dataclass(frozen=True, slots=True)
class Row:
    """An entry that is ready to be written: its key, the hash of its input, and its rows as the engine takes them."""

    book: str
    key: str
    input_hash: bytes
    postings: Any
    entry: Any
    entry_id: str


def write_rows(rows: Sequence[Row]) -> None:
    """Write many entries in one transaction. Raises what the database refuses; nothing is written then."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "sqlite":
        database.ensure_connection()
        with database.wrap_database_errors, sqlite_transaction(database):
            insert_rows(_POSTING_ROW, [posting for row in rows for posting in row.postings])
            insert_rows(_ENTRY_ROW, [row.entry for row in rows])
        return
    with transaction.atomic(), driver_cursor(database) as cursor:
        for target, text in (
            (f"ledger_posting ({POSTING_COLUMNS})", "".join(row.postings for row in rows)),
            (f"ledger_journalentry ({ENTRY_COLUMNS})", "".join(row.entry for row in rows)),
        ):
            with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                copy.write(text)


_POSTING_ROW = f"INSERT INTO ledger_posting ({POSTING_COLUMNS})"
_ENTRY_ROW = f"INSERT INTO ledger_journalentry ({ENTRY_COLUMNS})"


# ---- one entry in several statements ----


def _insert(execute: Any, draft: Draft, entry: Any, values: tuple[Any, ...], stretches: Stretches) -> None:
    rows: list[Any] = []
    for number, line in enumerate(draft.lines, 1):
        rows += [number, line.fund, line.debit, line.credit, line.amount_minor, line.currency]
    if execute(_postings(len(draft.lines)), [entry, *rows, draft.book]).rowcount != len(draft.lines):
        raise why_missing(draft)
    for statement, row in _stretches(draft.book, entry, stretches):
        execute(statement, row)
    execute(_ENTRY, [entry, *values, len(draft.lines), draft.book])


@cache
def _postings(lines: int) -> str:
    return _POSTINGS.format(rows=" UNION ALL ".join([_ROW] * lines))


def _stretches(book: str, entry: Any, stretches: Stretches) -> Iterator[tuple[str, tuple[Any, ...]]]:
    codes = {*stretches.uses, *stretches.holes, *stretches.covers}
    if not codes:
        return
    ids = dict(Fund.objects.filter(book__code=book, code__in=codes).values_list("code", "id"))
    for table, named in (("ledger_lothole", stretches.holes), ("ledger_lotcover", stretches.covers)):
        for fund, parts in named.items():
            for part in parts:
                sql = f"INSERT INTO {table} (fund_id, start, stop, entry_id) VALUES (%s, %s, %s, %s)"
                yield sql, (ids[fund], part.start, part.stop, entry)
    for fund, steps in stretches.uses.items():
        for step in steps:
            start, stop = step.interval.start, step.interval.stop
            sql = (
                "INSERT INTO ledger_lotuse (fund_id, start, stop, entry_id, prev, kind) VALUES (%s, %s, %s, %s, %s, %s)"
            )
            yield sql, (ids[fund], start, stop, entry, start or None, step.kind)
