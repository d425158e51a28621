"""One moment of the books, for one process or for several.

PostgreSQL lends a snapshot to other sessions. SQLite does not: there the first process holds the write lock for the few
milliseconds in which the others begin to read. Nobody can commit meanwhile, so all of them see the same last commit;
then the lock is let go, and nobody is held up by the reading that follows.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

_REPEATABLE = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# Rows are handed over as they are asked for, and all of them are: plans need not hurry for the first.
_ALL_ROWS = "SET LOCAL cursor_tuple_fraction = 1"
# Every page is read, many of them again and again: SQLite looks at the file where the system has it in memory already,
# instead of copying each page into a small cache of its own.
_MAPPED = 2**31 - 65_536


# What was read of the moment that this process sees; None while it sees none.
_known: dict[str, Any] | None = None


def once_a_moment(name: str, read: Callable[[], Any]) -> Any:
    """What ``read`` gives, read once for all checks of this process that see one moment."""
    if _known is None:
        return read()
    if name not in _known:
        _known[name] = read()
    return _known[name]


@contextmanager
def _remembering() -> Iterator[None]:
    global _known
    before, _known = _known, {}
    try:
        yield
    finally:
        _known = before


class CannotShare(Exception):
    """Several processes cannot see one moment here: a file that cannot be locked, or rows that nobody committed."""


@contextmanager
def reading_one_moment() -> Iterator[None]:
    """All checks of this process see the books at one moment, and hold nobody up."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor, _remembering():
            cursor.execute(_REPEATABLE)
            cursor.execute(_ALL_ROWS)
            yield
    else:
        with _sqlite("BEGIN"), _remembering():
            yield


@contextmanager
def lending_the_moment() -> Iterator[str]:
    """A moment that other processes may join, as long as this block lasts. Gives what they need for it."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_REPEATABLE)
            cursor.execute("SELECT pg_export_snapshot()")
            yield cursor.fetchone()[0]
        return
    try:
        connection.ensure_connection()
        begun = _sqlite("BEGIN IMMEDIATE")
        begun.__enter__()
    except OperationalError as error:
        raise CannotShare(str(error)) from error
    try:
        yield ""
    finally:
        begun.__exit__(None, None, None)


@contextmanager
def joining_the_moment(lent: str) -> Iterator[None]:
    """Read at the moment that another process lends; it may stop lending once this block has begun."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_REPEATABLE)
            cursor.execute("SET TRANSACTION SNAPSHOT %s", [lent])
            cursor.execute(_ALL_ROWS)
            with _remembering():
                yield
        return
    with _sqlite("BEGIN"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_master")  # the first read fixes what this process sees
        cursor.fetchall()
        with _remembering():
            yield


def can_share() -> bool:
    """Whether other processes can see what this one sees: committed rows, in a database that is not in memory."""
    in_memory = connection.vendor == "sqlite" and connection.is_in_memory_db()  # type: ignore[attr-defined]
    return not connection.in_atomic_block and not in_memory


@contextmanager
def _sqlite(begin: str) -> Iterator[None]:
    # Not atomic(): its BEGIN IMMEDIATE would keep every writer out until the end.
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA mmap_size = {_MAPPED}")
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
            cursor.execute("PRAGMA mmap_size = 0")
