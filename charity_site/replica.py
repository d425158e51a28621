"""Reading from a replica: for a while, every query of this process goes to another database with the same books.

Verification reads everything; on a streaming standby it takes nothing from those who post. The site itself writes
(sessions, tasks, the read log), so it stays where it is; a second site process whose ``DATABASE_URL`` is the standby
serves what only reads: the public log and the public figures.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections


@contextmanager
def reading_from(alias: str) -> Iterator[None]:
    """Inside the block the default database is the one with this alias, for this process and those it forks."""
    if alias == DEFAULT_DB_ALIAS:
        yield
        return
    if alias not in connections.settings:
        raise ImproperlyConfigured(f"There is no database {alias}: set READ_DATABASE_URL.")
    ours, our_settings = connections[DEFAULT_DB_ALIAS], connections.settings[DEFAULT_DB_ALIAS]
    if ours.in_atomic_block:
        raise RuntimeError("A transaction is open: it cannot go on in another database.")
    connections.settings[DEFAULT_DB_ALIAS] = connections.settings[alias]
    connections[DEFAULT_DB_ALIAS] = theirs = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        yield
    finally:
        theirs.close()
        connections.settings[DEFAULT_DB_ALIAS] = our_settings
        connections[DEFAULT_DB_ALIAS] = ours
