"""The laws inside the database: one file per law and engine, each with its reverse.

A file has two parts, ``-- forward`` and ``-- reverse``. Messages begin with the law's number, so that a refusal of the
database can be told apart by code (``L8: …``). Files with ``{table}`` are templates for tables of any app.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.db.migrations.operations.base import Operation

_FOLDER = Path(__file__).parent

# The laws of the books, in the order in which they are laid down.
LAWS = ("l03_append_only", "l05_l07_l08_l11_seal", "l06_agreement", "l08_lines", "l09_log")

PROTECTED: dict[str, list[tuple[str, ...]]] = {
    "ledger_book": [("id",), ("code",)],
    "ledger_account": [("id",), ("book_id", "code", "currency")],
    "ledger_fund": [("id",), ("book_id", "code")],
    "ledger_journalentry": [("id",), ("book_id", "idempotency_key"), ("reverses_id",)],
    "ledger_posting": [("entry_id", "line")],
    "ledger_period": [("id",), ("book_id", "starts_on")],
    "ledger_lot": [("fund_id", "start"), ("fund_id", "stop")],
    "ledger_lotuse": [("fund_id", "start"), ("fund_id", "stop")],
    "ledger_lothole": [("fund_id", "start"), ("fund_id", "stop")],
    "ledger_lotcover": [("fund_id", "start"), ("fund_id", "stop")],
    "ledger_notice": [("id",), ("book_id", "idempotency_key")],
    "ledger_logleaf": [("position",), ("entry_id",), ("notice_id",)],
    "ledger_loghead": [("size",)],
}


@cache
def _parts(law: str, vendor: str) -> tuple[str, str]:
    text = (_FOLDER / f"{law}.{vendor}.sql").read_text(encoding="utf-8")
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


def law_sql(law: str, vendor: str, *, reverse: bool = False, **names: str) -> str:
    """The text of a law for an engine, with the template's names filled in."""
    text = _parts(law, vendor)[reverse]
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
    """A migration step that lays down a law on either engine and can take it up again."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, law: str, **names: str) -> None:
        self.law = law
        self.names = names

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__qualname__, [self.law], dict(self.names))

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._run(schema_editor, reverse=False)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._run(schema_editor, reverse=True)

    def _run(self, schema_editor: Any, *, reverse: bool) -> None:
        vendor = schema_editor.connection.vendor
        for statement in statements(law_sql(self.law, vendor, reverse=reverse, **self.names), vendor):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"Lay down the law {self.law} {' '.join(self.names.values())}".strip()


def append_only(table: str, keys: Sequence[Sequence[str]] = (("id",),)) -> list[Operation]:
    """Migration steps that make a table append-only: UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE are refused.

    ``keys`` are the column tuples of the primary key and of every unique constraint. Works for tables of any app.
    """
    return [Law("l03_append_only", table=table, taken=taken_condition(table, keys))]


def shipped_triggers() -> dict[str, str]:
    """Every trigger of the books on PostgreSQL as shipped: name → its definition."""
    texts = [law_sql("l03_append_only", "postgresql", table=table, taken="") for table in PROTECTED]
    texts += [law_sql(law, "postgresql") for law in LAWS[1:]]
    return {
        found[1]: found[0].rstrip(";")
        for text in texts
        for found in re.finditer(r"^CREATE TRIGGER (\w+)[^;]*;", text, flags=re.MULTILINE)
    }


def shipped_functions() -> dict[str, str]:
    """Every trigger function of the books on PostgreSQL: name → body as shipped."""
    found: dict[str, str] = {}
    for law in LAWS:
        text = law_sql(law, "postgresql")
        found.update(re.findall(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)\(\).*?\$\$(.*?)\$\$", text, flags=re.DOTALL))
    return found
