"""Migration steps that change the shape of guarded tables, each on the engine that it is for."""

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.special import RunPython


class TriggersAside(Operation):
    """Steps that SQLite can only do by making tables anew: it refuses that while a trigger speaks of one of them.

    All triggers are taken away meanwhile and come back word for word. PostgreSQL needs none of this.
    """

    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__qualname__, [self.operations], {})

    def state_forwards(self, app_label: str, state: Any) -> None:
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        triggers = _taken_away(schema_editor)
        state = from_state.clone()
        for operation in self.operations:
            before = state.clone()
            operation.state_forwards(app_label, state)
            operation.database_forwards(app_label, schema_editor, before, state)
        _put_back(schema_editor, triggers)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        triggers = _taken_away(schema_editor)
        states = [to_state.clone()]
        for operation in self.operations:
            states.append(states[-1].clone())
            operation.state_forwards(app_label, states[-1])
        for place in reversed(range(len(self.operations))):
            self.operations[place].database_backwards(app_label, schema_editor, states[place + 1], states[place])
        _put_back(schema_editor, triggers)

    def describe(self) -> str:
        return "; ".join(operation.describe() for operation in self.operations)


def _taken_away(schema_editor: Any) -> list[str]:
    if schema_editor.connection.vendor != "sqlite":
        return []
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid")
        found = cursor.fetchall()
    for name, _text in found:
        schema_editor.execute(f'DROP TRIGGER "{name}"', params=None)
    return [text for _name, text in found]


def _put_back(schema_editor: Any, triggers: Sequence[str]) -> None:
    for text in triggers:
        schema_editor.execute(text, params=None)


class _OnPostgres(Operation):
    """A step for PostgreSQL alone. Going back leaves what it made: it changes no meaning."""

    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            self.run(schema_editor)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        pass

    def run(self, schema_editor: Any) -> None:
        raise NotImplementedError


class NarrowNumbers(_OnPostgres):
    """Makes columns 32 bits wide: numbers of books, funds and accounts, of which there are never two billion."""

    def __init__(self, columns: Sequence[tuple[str, Sequence[str]]]) -> None:
        self.columns = columns

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__qualname__, [self.columns], {})

    def run(self, schema_editor: Any) -> None:
        for table, names in self.columns:
            changes = ", ".join(f"ALTER COLUMN {name} TYPE integer" for name in names)
            schema_editor.execute(f"ALTER TABLE {table} {changes}", params=None)

    def describe(self) -> str:
        return "Numbers of books, funds and accounts in 32 bits"


class OrderColumns(_OnPostgres):
    """Makes a table anew with its columns in an order that leaves no gaps between them, widest first.

    Everything else stays: rows, checks, keys, indexes, references from it and to it, triggers, owner. A journal in
    partitions was made in its own shape and keeps it.
    """

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self.table = table
        self.columns = columns

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__qualname__, [self.table, self.columns], {})

    def run(self, schema_editor: Any) -> None:
        (kind, owner) = _rows(schema_editor, _TABLE, self.table)[0]
        if kind == "p":
            return
        full = dict(_rows(schema_editor, _COLUMNS, self.table))
        if set(full) != set(self.columns):
            raise ValueError(f"{self.table} has the columns {sorted(full)}")
        later = [text for (text,) in _rows(schema_editor, _LATER, self.table)]
        kept = f"{self.table}_kept"
        never_null = ", ".join(f"ALTER COLUMN {name} SET NOT NULL" for name in self.columns if full[name])
        referring = _rows(schema_editor, _REFERRING, self.table)
        for statement in (
            *(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, _text in referring),
            f"ALTER TABLE {self.table} RENAME TO {kept}",
            f"CREATE TABLE {self.table} AS SELECT {', '.join(self.columns)} FROM {kept}",
            f"DROP TABLE {kept}",
            f"ALTER TABLE {self.table} {never_null}",
            f"ALTER TABLE {self.table} OWNER TO {owner}",
            *later,
            *(f"ALTER TABLE {table} ADD CONSTRAINT {name} {text}" for table, name, text in referring),
        ):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"Order the columns of {self.table}"


def run_on_postgres(forward: str, reverse: str, *, unless_divided: str) -> Operation:
    """A step of SQL for PostgreSQL, passed over where a table is in partitions."""

    def saying(sql: str) -> Any:
        def say(_apps: Any, schema_editor: Any) -> None:
            if (
                schema_editor.connection.vendor == "postgresql"
                and _rows(schema_editor, _TABLE, unless_divided)[0][0] != "p"
            ):
                schema_editor.execute(sql, params=None)

        return say

    return RunPython(saying(forward), saying(reverse))


def _rows(schema_editor: Any, sql: str, table: str) -> list[Any]:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(sql, [table] * sql.count("%s"))
        return list(cursor.fetchall())


_TABLE = "SELECT relkind::text, relowner::regrole::text FROM pg_class WHERE oid = %s::regclass"
_COLUMNS = """
SELECT attname::text, attnotnull FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""
_REFERRING = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND confrelid = %s::regclass AND conrelid <> confrelid
"""
# What is laid on a table after its rows are there: keys and checks, indexes that are no key's, laws.
_LATER = """
SELECT text FROM (
    SELECT 1 AS place, 'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || quote_ident(conname) || ' '
        || pg_get_constraintdef(oid) AS text
    FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'c', 'f')
    UNION ALL
    SELECT 2, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
    UNION ALL
    SELECT 3, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal
) laid ORDER BY place, text
"""
