"""A second thread with a connection of its own, so that the database works while this one makes the next rows ready."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import lru_cache
from itertools import chain
from sqlite3 import Cursor
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

# Seconds after which a thread that computes lets the other one speak to the database; Python's own 0.005 are many
# journeys to a server, and each waits for its turn.
SWITCH_EVERY = 0.000_5


@contextmanager
def beside() -> Iterator[ThreadPoolExecutor | None]:
    """One thread whose queries see what this one's see; None inside a transaction, or where a database is one
    connection's own (SQLite in memory).
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.in_atomic_block or not database.get_autocommit() or _in_memory():
        yield None
        return
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_EVERY)
    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread
        finally:
            thread.submit(connections.close_all).result()
            sys.setswitchinterval(usual)


def _in_memory() -> bool:
    database = connections[DEFAULT_DB_ALIAS]
    return database.vendor == "sqlite" and "memory" in str(database.settings_dict["NAME"])


# ---- rows into SQLite ----

# Values of one statement: below SQLite's own limit of 32,766.
_MOST_VALUES = 14_000


def insert_rows(into: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows on SQLite, many in a statement: it works inside this process, and while it does, Python is free.

    ``into`` is the statement up to its columns. A statement a row would give Python up and wait for it at each.
    """
    if not rows:
        return
    width = len(rows[0])
    most = _MOST_VALUES // width
    database = connections[DEFAULT_DB_ALIAS]
    # Django's cursors translate placeholders: here the driver's own is wanted.
    with database.wrap_database_errors, closing(Cursor(database.connection)) as cursor:
        for first in range(0, len(rows), most):
            some = rows[first : first + most]
            cursor.execute(_many(into, width, len(some)), [*chain.from_iterable(some)])


@lru_cache(64)
def _many(into: str, width: int, count: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"{into} VALUES {', '.join([row] * count)}"
