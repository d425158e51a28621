"""The books' own laws: tables, triggers, functions and constraints in the database against those that were shipped.

A dropped trigger is the first sign of tampering. On SQLite the migrations are run once more, in memory, and every word
is compared. On PostgreSQL triggers are compared by definition and state, functions by their body, constraints by name.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db import connection, connections, models
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from ledger import partitions
from ledger.sql import BOOKS
from ledger.verify.findings import Finding
from ledger.verify.laws import differences, triggers_and_functions
from ledger.verify.values import fetched, tables

_SQLITE = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name LIKE 'ledger\\_%' ESCAPE '\\' AND sql IS NOT NULL"


def as_shipped() -> Iterator[Finding]:
    """What differs between the database's laws and the shipped ones."""
    if connection.vendor == "sqlite":
        yield from differences(_as_migrated(), _in_sqlite())
    else:
        divided = partitions.is_divided()
        also, on = (partitions.law(), list(partitions.CLAIMS)) if divided else ([], [])
        yield from triggers_and_functions([BOOKS], also=also, on=on)
        yield from _constraints()
        yield from _foreign_key_triggers()


# ---- SQLite ----


def _in_sqlite() -> dict[str, str]:
    return {f"{kind} {name}": text for kind, name, text in fetched(_SQLITE.replace("%", "%%"))}


@cache
def _as_migrated() -> dict[str, str]:
    """What the ledger's migrations make of an empty database."""
    settings = {**connection.settings_dict, "NAME": ":memory:"}
    scratch: Any = DatabaseWrapper(settings, alias="shipped")
    connections["shipped"] = scratch  # queries of the migrations' own bookkeeping go by the alias
    try:
        executor = MigrationExecutor(scratch)
        executor.migrate([node for node in executor.loader.graph.leaf_nodes() if node[0] == "ledger"])
        with scratch.cursor() as cursor:
            cursor.execute(_SQLITE.replace("%", "%%"))
            return {f"{kind} {name}": text for kind, name, text in cursor.fetchall()}
    finally:
        scratch.close()
        del connections["shipped"]


# ---- PostgreSQL ----


def _constraints() -> Iterator[Finding]:
    """Every constraint and unique key that the models and the laws name, in force."""
    there = {
        name
        for (name,) in fetched(
            "SELECT conname::text FROM pg_constraint WHERE convalidated UNION ALL "
            "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indisvalid"
        )
    }
    laws = {"ledger_lotuse_prev"}
    named = {str(constraint.name) for model in tables() for constraint in model._meta.constraints}
    for name in sorted((laws | named) - there):
        yield Finding("the database's laws", name, "is missing")
    keys = {(table, column) for table, column in fetched(_FOREIGN_KEYS)}
    if partitions.is_divided():  # a trigger of this form does it, and is looked for by its name
        keys |= {(table, "entry_id") for table in partitions.NAMING}
    for model in tables():
        for field in model._meta.concrete_fields:
            if not (isinstance(field, models.ForeignKey) and getattr(field, "db_constraint", True)):
                continue
            if (model._meta.db_table, field.column) not in keys:
                yield Finding("the database's laws", f"{model._meta.db_table}.{field.column}", "has no foreign key")


_FOREIGN_KEYS = """
SELECT c.relname::text, a.attname::text FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
LEFT JOIN pg_attribute second ON second.attrelid = k.conrelid AND second.attnum = k.conkey[2]
WHERE k.contype = 'f' AND k.convalidated AND coalesce(second.attname, 'book_id') = 'book_id'
    AND c.relname LIKE 'ledger\\_%%'
"""


def _foreign_key_triggers() -> Iterator[Finding]:
    for table, name in fetched(
        "SELECT c.relname::text, t.tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE t.tgisinternal AND t.tgenabled <> 'O' AND c.relname LIKE 'ledger\\_%%'"
    ):
        yield Finding("the database's laws", f"{table} {name}", "is switched off")
