"""The laws inside the database: one file per law and engine, each with its reverse.

The books' laws lie here, those of another app in its own folder ``sql``; all are laid down by the steps made here. A
file has two parts, ``-- forward`` and ``-- reverse``. Messages of the books begin with the law's number, so that a
refusal of the database can be told apart by code (``L8: …``). Files with ``{table}`` are templates for tables of any
app.

A law that is replaced keeps its old text: it moves to ``sql/superseded/<law>.<edition>.<engine>.sql``, the migration
that once laid it down names that edition, and a new migration lifts it and lays the new one:
``[Lift("l09_log", edition=1), Law("l09_log")]``. What has no edition is in force.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from django.db.migrations.operations.base import Operation

# The package whose folder ``sql`` holds a law, unless another is named.
BOOKS = "ledger"

# The laws of the books that are in force.
LAWS = (
    "l02_l06_postings",
    "l03_append_only",
    "l05_l07_l08_l11_seal",
    "l08_lots",
    "l08_uses",
    "l09_checkpoints",
    "l09_log",
    "l09_tiles",
)

PROTECTED: dict[str, list[tuple[str, ...]]] = {
    "ledger_book": [("id",), ("code",)],
    "ledger_account": [("id",), ("book_id", "code", "currency")],
    "ledger_fund": [("id",), ("book_id", "code")],
    "ledger_journalentry": [("id",), ("book_id", "idempotency_key"), ("reverses_id",)],
    "ledger_posting": [("entry_id", "line")],
    "ledger_period": [("id",), ("book_id", "starts_on")],
    "ledger_lot": [("fund_id", "start")],
    "ledger_lotuse": [("fund_id", "start"), ("fund_id", "stop")],
    "ledger_lothole": [("fund_id", "start"), ("fund_id", "stop")],
    "ledger_lotcover": [("fund_id", "start"), ("fund_id", "stop")],
    "ledger_notice": [("id",), ("book_id", "idempotency_key")],
    "ledger_logleaf": [("position",), ("entry_id",), ("notice_id",)],
    "ledger_loghead": [("size",)],
    "ledger_logtile": [("level", "number")],
    "ledger_accountsnapshot": [("fund_id", "account_id", "position")],
    "ledger_linesnapshot": [("fund_id", "measure", "position")],
    "ledger_daysum": [("fund_id", "day", "debit_account_id", "credit_account_id", "position")],
    "ledger_verification": [("number",)],
    "ledger_checkpoint": [("origin", "size")],
    "ledger_cosignature": [("origin", "size", "witness")],
}


@cache
def _parts(of: str, law: str, vendor: str, edition: int | None) -> tuple[str, str]:
    name = f"{law}.{vendor}.sql" if edition is None else f"superseded/{law}.{edition}.{vendor}.sql"
    text = (files(of) / "sql" / name).read_text(encoding="utf-8")
    _head, forward, reverse = re.split(r"^-- (?:forward|reverse)$", text, flags=re.MULTILINE)
    return forward.strip(), reverse.strip()


def statements(sql: str, vendor: str) -> Iterator[str]:
    """The single statements of a script. SQLite takes one at a time, and its triggers hold semicolons of their own."""
    if vendor != "sqlite":
        yield sql
        return
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""
    if pending.strip():
        raise ValueError(f"an unfinished statement in a law: {pending.strip()[:80]}")


def law_sql(
    law: str, vendor: str, *, of: str = BOOKS, edition: int | None = None, reverse: bool = False, **names: str
) -> str:
    """The text of a law for an engine, with the template's names filled in."""
    text = _parts(of, law, vendor, edition)[reverse]
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def taken_condition(table: str, keys: Sequence[Sequence[str]]) -> str:
    """SQL that is true when a new row would replace one that exists (SQLite deletes silently under OR REPLACE).

    A row can be named by SQLite's own ``rowid`` too, whatever its key is.
    """
    return " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE " + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")"
        for key in [*keys, ("rowid",)]
    )


class Law(Operation):
    """A migration step that lays down a law on either engine and can take it up again.

    ``engine`` is for a law that is written anew for one engine only (Django's vendor): the other keeps the text it has,
    which stands under both editions.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(
        self, law: str, *, of: str = BOOKS, edition: int | None = None, engine: str = "", **names: str
    ) -> None:
        self.law = law
        self.of = of
        self.edition = edition
        self.engine = engine
        self.names = names

    @property
    def text(self) -> tuple[Any, ...]:
        """Which text of which law this step is about, for telling what was lifted again."""
        return (self.of, self.law, self.edition, tuple(sorted(self.names.items())))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        given = {"of": self.of, "edition": self.edition, "engine": self.engine, **self.names}
        return (self.__class__.__qualname__, [self.law], given)

    def sql(self, vendor: str, *, reverse: bool = False) -> str:
        """What this step says to an engine."""
        return law_sql(self.law, vendor, of=self.of, edition=self.edition, reverse=reverse, **self.names)

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._run(schema_editor, reverse=False)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._run(schema_editor, reverse=True)

    def _run(self, schema_editor: Any, *, reverse: bool) -> None:
        vendor = schema_editor.connection.vendor
        if self.engine not in ("", vendor):
            return
        for statement in statements(self.sql(vendor, reverse=reverse), vendor):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"Lay down the law {self.law} {' '.join(self.names.values())}".strip()


class Lift(Law):
    """A migration step that takes up what a ``Law`` of an earlier migration laid down, to lay another in its place."""

    def _run(self, schema_editor: Any, *, reverse: bool) -> None:
        super()._run(schema_editor, reverse=not reverse)

    def describe(self) -> str:
        return f"Lift the law {self.law} {' '.join(self.names.values())}".strip()


class DropForeignKeys(Operation):
    """A migration step that gives up foreign keys on PostgreSQL whose rows a law looks up by itself.

    Rows of the books are never removed, so a reference that held once holds for ever. SQLite would rebuild the table.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, fields: Sequence[str]) -> None:
        self.model_name = model_name
        self.fields = fields

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__qualname__, [self.model_name, self.fields], {})

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        for name in self.fields:
            columns = [model._meta.get_field(name).column]
            for key in schema_editor._constraint_names(model, columns, foreign_key=True):
                schema_editor.execute(schema_editor._delete_fk_sql(model, key))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        for name in self.fields:
            field = model._meta.get_field(name)
            to = f"_fk_{field.remote_field.model._meta.db_table}_%(to_column)s"
            schema_editor.execute(schema_editor._create_fk_sql(model, field, to))

    def describe(self) -> str:
        return f"Give up foreign keys of {self.model_name} on PostgreSQL"


def laws(of: str, *names: str) -> list[Operation]:
    """Migration steps that lay down an app's own laws, read from the folder ``sql`` of its package."""
    return [Law(name, of=of) for name in names]


def append_only(table: str, keys: Sequence[Sequence[str]] = (("id",),)) -> list[Operation]:
    """Migration steps that make a table append-only: UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE are refused.

    ``keys`` are the column tuples of the primary key and of every unique constraint. Works for tables of any app.
    """
    return [Law("l03_append_only", table=table, taken=taken_condition(table, keys))]
