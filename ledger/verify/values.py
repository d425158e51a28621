"""The rows as they are stored, before any law: a sound file, values of their kind, references that lead somewhere."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.utils.dateparse import parse_datetime

from ledger.verify.findings import Finding, Skipped

HASHES = {"input_hash", "commitment", "leaf_hash", "root", "digest"}
_HEX = re.compile(rb"[0-9a-f]{32}\Z")


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


def file_is_sound() -> Iterator[Finding]:
    """SQLite reads every page and compares every index with its table."""
    if connection.vendor != "sqlite":
        raise Skipped("PostgreSQL keeps its own checksums; pg_amcheck reads its files")
    for (line,) in fetched("PRAGMA integrity_check(100)"):
        if line != "ok":
            yield Finding("the database file", "PRAGMA integrity_check", line)


def references_hold() -> Iterator[Finding]:
    """Every reference leads to a row, whether a foreign key stands guard over it or a law."""
    for model in tables():
        table, key = model._meta.db_table, key_of(model)
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.ForeignKey):
                continue
            parent = field.related_model._meta.db_table
            columns = ", ".join(f"c.{column}" for column in key)
            for row in fetched(
                f"SELECT {columns}, c.{field.column} FROM {table} c LEFT JOIN {parent} p ON p.id = c.{field.column} "
                f"WHERE p.id IS NULL AND c.{field.column} IS NOT NULL"
            ):
                yield Finding(table, named(key, row), f"{field.column} names no row of {parent}: {_shown(row[-1])}")


# ---- values ----


def values_are_of_their_kind() -> Iterator[Finding]:
    """Whole numbers where numbers belong, days and moments as they are written here, hashes of 32 bytes."""
    for model in tables():
        yield from _sqlite_values(model) if connection.vendor == "sqlite" else _hash_lengths(model)


def _hash_lengths(model: type[models.Model]) -> Iterator[Finding]:
    table, key = model._meta.db_table, key_of(model)
    for field in model._meta.concrete_fields:
        if field.column in HASHES:
            for row in fetched(f"SELECT {', '.join(key)} FROM {table} WHERE length({field.column}) <> 32"):
                yield Finding(table, named(key, row), f"{field.column} is not 32 bytes")


def _sqlite_values(model: type[models.Model]) -> Iterator[Finding]:
    """SQLite stores anything anywhere, so each value is looked at as bytes, with its storage class."""
    table, key = model._meta.db_table, key_of(model)
    fields = [field for field in model._meta.concrete_fields if field.column]
    columns = ", ".join(f"typeof({field.column}), CAST({field.column} AS BLOB)" for field in fields)
    keys = ", ".join(f"CAST({column} AS BLOB)" for column in key)
    for row in fetched(f"SELECT {keys}, {columns} FROM {table}"):
        seen = row[len(key) :]
        for place, field in enumerate(fields):
            fault = _fault(field, seen[2 * place], seen[2 * place + 1])
            if fault:
                yield Finding(table, named(key, row), f"{field.column} {fault}")


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
