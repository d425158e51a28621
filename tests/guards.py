"""Tests that really commit, beside tables that refuse to forget.

Django empties the tables after such a test. Ours refuse that, rightly. So the database is put back as the migrations
left it, as a whole, from a copy: triggers, rows of data migrations and all. `lifted` is for the tests that tamper.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections, transaction
from django.test import TransactionTestCase

_copies: dict[str, sqlite3.Connection] = {}


def keep_copy() -> None:
    """Remember the database as it is now. Called once, after the migrations."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(copy)
        _copies["sqlite"] = copy
    else:
        _replace_database(f"{connection.settings_dict['NAME']}_kept", template=connection.settings_dict["NAME"])


def forget_copy() -> None:
    if connection.vendor == "sqlite":
        _copies.pop("sqlite").close()
    else:
        _drop_database(f"{connection.settings_dict['NAME']}_kept")


def restore_copy() -> None:
    """Put the database back as `keep_copy` saw it."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        _copies["sqlite"].backup(connection.connection)
    else:
        name = connection.settings_dict["NAME"]
        _replace_database(name, template=f"{name}_kept")


def _replace_database(name: str, *, template: str) -> None:
    connections.close_all()
    _drop_database(name)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _drop_database(name: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _restore_instead_of_flush(self: TransactionTestCase) -> None:
    restore_copy()


def install() -> None:
    """From now on, a committing test is followed by `restore_copy` and not by Django's flush."""
    TransactionTestCase._fixture_teardown = _restore_instead_of_flush  # type: ignore[method-assign]


@contextmanager
def lifted() -> Iterator[None]:
    """Every trigger of ours is off inside the block and back, as it was, after it: for playing the intruder."""
    with transaction.atomic():
        if connection.vendor == "sqlite":
            lift, restore = _sqlite_statements()
        else:
            lift, restore = _postgres_statements()
        _execute(lift)
        yield
        _execute(restore)


def _execute(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _sqlite_statements() -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    return [f'DROP TRIGGER "{name}"' for name, _ in triggers], [sql for _, sql in triggers]


def _postgres_statements() -> tuple[list[str], list[str]]:
    modes = {"O": "ENABLE TRIGGER", "A": "ENABLE ALWAYS TRIGGER", "R": "ENABLE REPLICA TRIGGER"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgrelid::regclass::text, quote_ident(t.tgname), t.tgenabled FROM pg_trigger t "
            "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'"
        )
        triggers = cursor.fetchall()
    lift = [f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name, _ in triggers]
    restore = [f"ALTER TABLE {table} {modes[_word(mode)]} {name}" for table, name, mode in triggers]
    # Deferred checks that still wait would forbid changing the table.
    checked_now = ["SET CONSTRAINTS ALL IMMEDIATE"]
    return checked_now + lift, checked_now + restore


def _word(mode: str | bytes) -> str:
    return mode.decode() if isinstance(mode, bytes) else mode
