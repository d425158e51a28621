"""The floors of the posting lines: the driver alone, without Django and without us."""

import os
import pickle
import sqlite3
from contextlib import nullcontext
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg

from tests.bench.places import SQLITE_PRAGMAS
from tests.bench.programs.serving import serve

URL = os.environ["DATABASE_URL"]


class Postgres:
    """psycopg, sending statements that were recorded from our own posting to the same guarded tables."""

    def __init__(self) -> None:
        self._connection = psycopg.connect(URL)
        self._transactions: list[list[tuple[str, Any, bool | None]]] = []
        self._first = 0
        self._in_pipeline = False

    def load(self, path: str, first: int) -> None:
        """Take the recorded transactions, and how they were sent: who binds, what is prepared, who commits."""
        recorded = pickle.loads(Path(path).read_bytes())
        self._transactions, self._first = recorded["transactions"], first
        self._in_pipeline = recorded["in_pipeline"]
        self._connection.autocommit = recorded["autocommit"]
        self._connection.prepare_threshold = recorded["prepare_threshold"]
        self._connection.cursor_factory = psycopg.ClientCursor if recorded["client_binds"] else psycopg.Cursor

    def replay(self, start: int, stop: int) -> dict[str, Any]:
        connection, transactions = self._connection, self._transactions[start - self._first : stop - self._first]
        begun = perf_counter()
        with connection.cursor() as cursor:
            for statements in transactions:
                # If ours saves round trips by a pipeline or by a statement that is its own transaction, so does this.
                with connection.pipeline() if self._in_pipeline else nullcontext():
                    for query, params, prepare in statements:
                        cursor.execute(query, params, prepare=prepare)
                    if not connection.autocommit:
                        connection.commit()
        return {"seconds": perf_counter() - begun, "count": len(transactions)}


class SQLite:
    """sqlite3, writing the same rows into the same tables without triggers and foreign keys, a commit for each gift."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(URL.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in SQLITE_PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")

    def write(self, source: str, since: dict[str, int], count: int) -> dict[str, Any]:
        """Write the rows that ``source`` has beyond some row numbers: as many of each table as there are gifts."""
        inserts, rows = self._rows(source, since)
        gifts = [
            [(insert, row) for insert, found in zip(inserts, rows, strict=True) for row in _share(found, at, count)]
            for at in range(count)
        ]
        execute = self._connection.execute
        begun = perf_counter()
        for gift in gifts:
            execute("BEGIN IMMEDIATE")
            for insert, row in gift:
                execute(insert, row)
            execute("COMMIT")
        return {"seconds": perf_counter() - begun, "count": count}

    def _rows(self, source: str, since: dict[str, int]) -> tuple[list[str], list[list[tuple[Any, ...]]]]:
        other = sqlite3.connect(source.removeprefix("sqlite:///"))
        inserts, rows = [], []
        for table, last in since.items():
            found = other.execute(f"SELECT * FROM {table} WHERE rowid > ? ORDER BY rowid", [last]).fetchall()
            marks = ", ".join("?" * len(found[0])) if found else ""
            inserts.append(f"INSERT INTO {table} VALUES ({marks})")
            rows.append(found)
        other.close()
        return inserts, rows


def _share(rows: list[tuple[Any, ...]], at: int, count: int) -> list[tuple[Any, ...]]:
    """The rows of one gift: every gift wrote as many."""
    each = len(rows) // count
    return rows[at * each : (at + 1) * each]


def main() -> None:
    if URL.startswith("sqlite"):
        serve({"write": SQLite().write})
    else:
        side = Postgres()
        serve({"load": side.load, "replay": side.replay})


if __name__ == "__main__":
    main()
