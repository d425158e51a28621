"""The laws themselves: tables, triggers, functions and constraints in the database against those that were shipped.

A dropped trigger is the first sign of tampering. On SQLite the migrations are run once more, in memory, and every word
is compared. On PostgreSQL triggers are compared by definition and state, functions by their body, constraints by name.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db import connection, connections, models
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from ledger.sql import shipped_functions, shipped_triggers
from ledger.verify.findings import Finding
from ledger.verify.values import fetched, tables

_SQLITE = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name LIKE 'ledger\\_%' ESCAPE '\\' AND sql IS NOT NULL"
_SEARCH_PATH = ["search_path=public, pg_temp"]


def as_shipped() -> Iterator[Finding]:
    """What differs between the database's laws and the shipped ones."""
    if connection.vendor == "sqlite":
        yield from _differences(_as_migrated(), _in_sqlite())
    else:
        yield from _differences(_expected_triggers(), _triggers())
        yield from _differences(shipped_functions(), _functions())
        yield from _constraints()
        yield from _foreign_key_triggers()


def _differences(shipped: dict[str, str], there: dict[str, str]) -> Iterator[Finding]:
    for name in sorted({*shipped, *there}):
        if name not in there:
            yield Finding("the database's laws", name, "is missing")
        elif name not in shipped:
            yield Finding("the database's laws", name, "was not shipped")
        elif shipped[name] != there[name]:
            yield Finding("the database's laws", name, "is not what was shipped")


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


def _expected_triggers() -> dict[str, str]:
    return {name: _plain(f"{text} O") for name, text in shipped_triggers().items()}


def _triggers() -> dict[str, str]:
    rows = fetched(
        "SELECT t.tgname::text, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE NOT t.tgisinternal AND n.nspname = 'public' AND c.relname LIKE 'ledger\\_%%'"
    )
    return {name: _plain(text) for name, text in rows}


def _plain(text: str) -> str:
    """A trigger's definition without spaces that do not matter, its events in one order."""
    text = re.sub(r"\s+", " ", text).replace("public.", "")
    events = re.search(r"(BEFORE|AFTER) ((?:INSERT|UPDATE|DELETE|TRUNCATE)(?: OR \w+)*) ON", text)
    if events:
        text = text.replace(events[2], " OR ".join(sorted(events[2].split(" OR "))))
    return text


def _functions() -> dict[str, str]:
    names = list(shipped_functions())
    found = {}
    for name, body, config, definer, language in fetched(
        "SELECT p.proname::text, p.prosrc, p.proconfig, p.prosecdef, l.lanname::text FROM pg_proc p "
        "JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = 'public' AND p.proname = ANY(%s)",
        [names],
    ):
        sound = config == _SEARCH_PATH and not definer and language == "plpgsql"
        found[name] = body if sound else f"{config} {definer} {language}"
    return found


def _constraints() -> Iterator[Finding]:
    """Every constraint and unique key that the models and the laws name, in force."""
    there = {
        name
        for (name,) in fetched(
            "SELECT conname::text FROM pg_constraint WHERE convalidated UNION ALL "
            "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indisvalid"
        )
    }
    laws = {"ledger_lot_prev", "ledger_lotuse_prev", "ledger_entry_tx"}
    laws |= {f"ledger_{part}_sealed" for part in ("posting", "lotuse", "lothole", "lotcover")}
    named = {str(constraint.name) for model in tables() for constraint in model._meta.constraints}
    for name in sorted((laws | named) - there):
        yield Finding("the database's laws", name, "is missing")
    keys = {(table, columns) for table, columns in fetched(_FOREIGN_KEYS)}
    for model in tables():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and (model._meta.db_table, field.column) not in keys:
                yield Finding("the database's laws", f"{model._meta.db_table}.{field.column}", "has no foreign key")


_FOREIGN_KEYS = """
SELECT c.relname::text, a.attname::text FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.contype = 'f' AND k.convalidated AND cardinality(k.conkey) = 1 AND c.relname LIKE 'ledger\\_%%'
"""


def _foreign_key_triggers() -> Iterator[Finding]:
    for table, name in fetched(
        "SELECT c.relname::text, t.tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE t.tgisinternal AND t.tgenabled <> 'O' AND c.relname LIKE 'ledger\\_%%'"
    ):
        yield Finding("the database's laws", f"{table} {name}", "is switched off")
