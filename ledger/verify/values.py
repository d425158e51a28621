"""The rows as they are stored, before any law: a sound file, values of their kind, references that lead somewhere."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.utils.dateparse import parse_datetime

from ledger.models import JournalEntry, LogLeaf, Posting
from ledger.models.lines import Lot
from ledger.verify.findings import Finding, Skipped
from ledger.verify.moment import once_a_moment

HASHES = {"input_hash", "commitment", "leaf_hash", "root", "digest"}
_HEX = re.compile(rb"[0-9a-f]{32}\Z")
IDENTIFIER = re.compile(r"[0-9a-f]{32}\Z")


def tables() -> list[type[models.Model]]:
    """The books' tables."""
    return list(apps.get_app_config("ledger").get_models())


def key_of(model: type[models.Model]) -> list[str]:
    """The columns of a table's primary key."""
    fields = model._meta.pk_fields
    return [str(field.column) for field in fields]


def fetched(sql: str, values: list[Any] | None = None) -> Iterator[tuple[Any, ...]]:
    """Rows of a statement, a thousand at a time: also PostgreSQL hands them over as they are asked for."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values or [])
        while rows := cursor.fetchmany(1_000):
            yield from rows


def named(columns: list[str], values: tuple[Any, ...]) -> str:
    """How to find a row: its key with values."""
    return " ".join(f"{column}={_shown(value)}" for column, value in zip(columns, values, strict=False))


def _shown(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("ascii", "replace")
    return getattr(value, "hex", None) or str(value) if not isinstance(value, float) else str(value)


def places(values: Sequence[Any]) -> str:
    """As many places in a statement."""
    return ", ".join(["%s"] * len(values))


def file_is_sound() -> Iterator[Finding]:
    """SQLite reads every page and compares every index with its table."""
    if connection.vendor != "sqlite":
        raise Skipped("PostgreSQL keeps its own checksums; pg_amcheck reads its files")
    for (line,) in fetched("PRAGMA integrity_check(100)"):
        if line != "ok":
            yield Finding("the database file", "PRAGMA integrity_check", line)


# What the walk along the log looks at row by row, by the column that names the row there; it asks `references_of` and
# `references_at` about what it is not sure of. A posting of no entry it does not come by: those are counted.
_OF_ENTRIES: dict[type[models.Model], str] = {JournalEntry: "id", Posting: "entry_id"}
_AT_POSITIONS: dict[type[models.Model], str] = {LogLeaf: "position", Lot: "log_index"}
_WALKED = {**_OF_ENTRIES, **_AT_POSITIONS}


def references_hold() -> Iterator[Finding]:
    """Every reference leads to a row, whether a foreign key stands guard over it or a law."""
    for model in tables():
        for field in _references(model):
            of_an_entry = model is Posting and field.name == "entry"
            if of_an_entry and _as_many_postings_as_counted():
                continue
            if model not in _WALKED or field.name == "notice" or of_an_entry:
                yield from _leading_nowhere(model, field)


def _as_many_postings_as_counted() -> bool:
    """Where each entry has as many postings as it counts, as the walk sees, none is then of no entry."""
    ((postings,),) = fetched("SELECT count(*) FROM ledger_posting")
    return bool(postings == sum(counted for _entries, counted in entries_by_kind().values()))


def entries_by_kind() -> dict[str, tuple[int, int]]:
    """How many entries there are of each kind, and how many postings they count; read once a moment."""
    return dict(once_a_moment("entries by kind", _read_by_kind))


def _read_by_kind() -> dict[str, tuple[int, int]]:
    rows = fetched("SELECT kind, count(*), sum(posting_count) FROM ledger_journalentry GROUP BY kind")
    return {kind: (entries, counted) for kind, entries, counted in rows}


def references_of(entry_ids: Sequence[Any]) -> Iterator[Finding]:
    """The same of these entries and their postings."""
    yield from _of_walked(_OF_ENTRIES, entry_ids)


def references_at(positions: Sequence[int]) -> Iterator[Finding]:
    """The same of what stands at these positions of the log, and of the lots there."""
    yield from _of_walked(_AT_POSITIONS, positions)


def _of_walked(tables_by: dict[type[models.Model], str], among: Sequence[Any]) -> Iterator[Finding]:
    for model, by in tables_by.items():
        for field in _references(model):
            yield from _leading_nowhere(model, field, by, among)


def _references(model: type[models.Model]) -> Iterator[models.ForeignKey[Any, Any]]:
    yield from (field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey))


def _leading_nowhere(
    model: type[models.Model], field: models.ForeignKey[Any, Any], by: str = "", among: Sequence[Any] = ()
) -> Iterator[Finding]:
    """Rows whose value leads nowhere; ``by`` names a column whose value is ``among`` these."""
    table, key, parent = model._meta.db_table, key_of(model), field.related_model._meta.db_table
    only = f"c.{by} IN ({places(among)}) AND" if by else ""
    for row in fetched(
        f"SELECT {', '.join(f'c.{column}' for column in key)}, c.{field.column} FROM {table} c "
        f"LEFT JOIN {parent} p ON p.id = c.{field.column} WHERE {only} p.id IS NULL AND c.{field.column} IS NOT NULL",
        list(among),
    ):
        yield Finding(table, named(key, row), f"{field.column} names no row of {parent}: {_shown(row[-1])}")


# ---- values ----


def values_are_of_their_kind() -> Iterator[Finding]:
    """Whole numbers where numbers belong, days and moments as they are written here, hashes of 32 bytes.

    On SQLite the walk along the log looks at entries and their postings, their leaves and lots, and asks `values_of`
    and `values_at` where it is not sure.
    """
    for model in tables():
        if connection.vendor != "sqlite":
            yield from _hash_lengths(model)
        elif model not in _WALKED:
            yield from _sqlite_values(model)


def values_of(entry_ids: Sequence[Any]) -> Iterator[Finding]:
    """The same of these entries and their postings."""
    if connection.vendor == "sqlite":
        for model, by in _OF_ENTRIES.items():
            yield from _sqlite_values(model, by, entry_ids)


def values_at(positions: Sequence[int]) -> Iterator[Finding]:
    """The same of the leaves at these positions, and of the lots there."""
    if connection.vendor == "sqlite":
        for model, by in _AT_POSITIONS.items():
            yield from _sqlite_values(model, by, positions)


def _hash_lengths(model: type[models.Model]) -> Iterator[Finding]:
    table, key = model._meta.db_table, key_of(model)
    hashes = [field.column for field in model._meta.concrete_fields if field.column in HASHES]
    if not hashes:
        return
    lengths = ", ".join(f"length({column})" for column in hashes)
    wrong = " OR ".join(f"length({column}) <> 32" for column in hashes)
    for row in fetched(f"SELECT {', '.join(key)}, {lengths} FROM {table} WHERE {wrong}"):
        for column, length in zip(hashes, row[len(key) :], strict=True):
            if length not in (32, None):
                yield Finding(table, named(key, row), f"{column} is not 32 bytes")


def _sqlite_values(model: type[models.Model], by: str = "", among: Sequence[Any] = ()) -> Iterator[Finding]:
    """SQLite stores anything anywhere. It sorts out itself what is plainly of its kind; the rest is looked at as bytes,
    with its storage class. ``by`` names a column whose value is ``among`` these.
    """
    table, key = model._meta.db_table, key_of(model)
    fields = [field for field in model._meta.concrete_fields if field.column]
    columns = ", ".join(f"typeof(c.{field.column}), CAST(c.{field.column} AS BLOB)" for field in fields)
    keys = ", ".join(f"CAST(c.{column} AS BLOB)" for column in key)
    doubtful = " OR ".join(_doubt(field) for field in fields)
    only = f"c.{by} IN ({places(among)}) AND" if by else ""
    for row in fetched(f"SELECT {keys}, {columns} FROM {table} c WHERE {only} ({doubtful})", list(among)):
        seen = row[len(key) :]
        for place, field in enumerate(fields):
            fault = _fault(field, seen[2 * place], seen[2 * place + 1])
            if fault:
                yield Finding(table, named(key, row), f"{field.column} {fault}")


_DAY = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]"
_TIME = "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
_MICRO = ".[0-9][0-9][0-9][0-9][0-9][0-9]"


def _doubt(field: models.Field[Any, Any]) -> str:
    """SQL that is true unless a value is certainly of its kind; `_fault` has the last word."""
    column = f"c.{field.column}"
    target: Any = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.BinaryField):
        doubt = f"typeof({column}) <> 'blob'" + (f" OR length({column}) <> 32" if field.column in HASHES else "")
    elif isinstance(target, models.BooleanField):
        doubt = f"typeof({column}) <> 'integer' OR {column} NOT IN (0, 1)"
    elif isinstance(target, models.IntegerField | models.AutoField):
        doubt = f"typeof({column}) <> 'integer'"
    else:
        # Plain characters only, none of them NUL, behind which SQLite would not look.
        doubt = f"typeof({column}) <> 'text' OR length(CAST({column} AS BLOB)) <> length({column})"
        doubt += f" OR {_text_doubt(target, column)}"
        if isinstance(target, models.UUIDField) and target is not field:
            # An id that stands in its own table, where it is looked at, is one: finding it costs less than reading it.
            parent = target.model._meta.db_table
            doubt = f"NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = {column}) AND ({doubt})"
    return f"({column} IS NOT NULL AND ({doubt}))" if field.null else f"({column} IS NULL OR {doubt})"


def _text_doubt(target: Any, column: str) -> str:
    if isinstance(target, models.UUIDField):
        return f"length({column}) <> 32 OR {column} GLOB '*[^0-9a-f]*'"
    if isinstance(target, models.DateTimeField):
        written = f"{column} GLOB '{_DAY} {_TIME}{_MICRO}' OR {column} GLOB '{_DAY} {_TIME}'"
        real = f"datetime({column}) IS substr({column}, 1, 19) AND {column} NOT GLOB '*.000000'"
        return f"NOT (({written}) AND {real})"
    if isinstance(target, models.DateField):
        return f"date({column}) IS NOT {column}"
    longer = f" OR length({column}) > {target.max_length}" if target.max_length else ""
    return f"{column} GLOB '*[^ -~]*'{longer}"


def _fault(field: models.Field[Any, Any], kind: str, stored: bytes | None) -> str:
    if stored is None:
        return "" if field.null else "is missing"
    target: Any = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.BinaryField):
        return _binary_fault(field, kind, stored)
    if isinstance(target, models.BooleanField):
        return "" if kind == "integer" and stored in (b"0", b"1") else "is neither true nor false"
    if isinstance(target, models.IntegerField | models.AutoField):
        return "" if kind == "integer" else f"is no whole number but {kind}"
    return _text_fault(target, kind, stored)


def _binary_fault(field: models.Field[Any, Any], kind: str, stored: bytes) -> str:
    if kind != "blob":
        return f"holds {kind} instead of bytes"
    return "is not 32 bytes" if field.column in HASHES and len(stored) != 32 else ""


def _text_fault(target: Any, kind: str, stored: bytes) -> str:
    if kind != "text":
        return f"holds {kind} instead of text"
    if isinstance(target, models.UUIDField):
        return "" if _HEX.match(stored) else "is no id"
    try:
        text = stored.decode("utf-8")
        if isinstance(target, models.DateTimeField):
            moment = parse_datetime(text)
            sound = moment is not None and str(moment) == text
        elif isinstance(target, models.DateField):
            sound = date.fromisoformat(text).isoformat() == text
        else:
            sound = "\x00" not in text and (target.max_length is None or len(text) <= target.max_length)
    except ValueError:
        sound = False
    return "" if sound else "is not written as such a value is"
