"""A second thread with a connection of its own, so that the database works while this one makes the next rows ready."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import lru_cache
from itertools import chain
from sqlite3 import Cursor
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections

Result = TypeVar("Result")

# Seconds after which a thread that computes lets the other one speak to the database; Python's own 0.005 are many
# journeys to a server, and each waits for its turn.
SWITCH_EVERY = 0.000_1


_USUAL = sys.getswitchinterval()


class Beside:
    """One thread, begun with the first work it is given. Its queries see what is committed, and nothing else."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None

    def submit(self, work: Callable[..., Result], *given: Any) -> "Future[Result]":
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1)
            sys.setswitchinterval(SWITCH_EVERY)
        return self._thread.submit(work, *given)

    def close(self) -> None:
        """Wait for what is at work, and give the thread and its connections back."""
        if self._thread is None:
            return
        self._thread.submit(connections.close_all)
        self._thread.shutdown()
        sys.setswitchinterval(_USUAL)


@contextmanager
def beside() -> Iterator[Beside | None]:
    """A thread to write in, for as long as the block lasts; None inside a transaction, which nobody else can see, or
    where a database is one connection's own (SQLite in memory).
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.in_atomic_block or not database.get_autocommit() or _in_memory():
        yield None
        return
    thread = Beside()
    try:
        yield thread
    finally:
        thread.close()


def _in_memory() -> bool:
    database = connections[DEFAULT_DB_ALIAS]
    return database.vendor == "sqlite" and "memory" in str(database.settings_dict["NAME"])


# ---- many rows ----


def copy_text(cursor: Any, into: str, text: str) -> None:
    """Insert rows on PostgreSQL by COPY, from lines of its text format; ``into`` is the statement up to its columns."""
    if text:
        with cursor.copy(f"{into.replace('INSERT INTO', 'COPY')} FROM STDIN") as copy:
            copy.write(text)


# What ends a cell, a line or a text in COPY's text format.
COPY_ESCAPED = "\\\t\n\r"
_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_escaped(text: str) -> str:
    """A text as a cell of COPY's text format."""
    return text if "\\" not in text and text.isprintable() else text.translate(_COPY_ESCAPES)


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
