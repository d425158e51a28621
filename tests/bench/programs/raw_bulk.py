"""The floors of the bulk lines: the same rows by COPY or executemany into the same indexed tables without triggers."""

import os
import sqlite3
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import psycopg

from tests.bench.places import SQLITE_PRAGMAS
from tests.bench.programs.serving import serve

URL, SOURCE = os.environ["DATABASE_URL"], os.environ["BENCH_SOURCE"]
# Each table that a gift's posting writes, with the column that holds the entry's time-ordered id.
TABLES = {"ledger_posting": "entry_id", "ledger_journalentry": "id", "ledger_outbox": "subject_id"}
# Ours commits as it goes; the floor may, too, in strides as large as it likes: one for all is the fastest.


def main() -> None:
    serve({"write": Postgres().write if URL.startswith("postgres") else SQLite().write})


class Postgres:
    def __init__(self) -> None:
        self._floor, self._source = psycopg.connect(URL), psycopg.connect(SOURCE)
        self._last = dict.fromkeys(TABLES, "00000000-0000-0000-0000-000000000000")

    def write(self) -> dict[str, Any]:
        """COPY the rows that came to the source since the last time; the time is that of the COPYs and the commit."""
        found = {table: self._new_rows(table, key) for table, key in TABLES.items()}
        self._floor.execute("TRUNCATE ledger_outbox")
        self._floor.commit()
        begun = perf_counter()
        with self._floor.cursor() as cursor:
            for table, (columns, rows) in found.items():
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
        self._floor.commit()
        return {"seconds": perf_counter() - begun, "count": len(found["ledger_journalentry"][1])}

    def _new_rows(self, table: str, key: str) -> tuple[str, Sequence[Any]]:
        with self._source.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} WHERE {key} > %s ORDER BY {key}", [self._last[table]])
            rows = cursor.fetchall()
            names = [column.name for column in cursor.description or ()]
        self._source.commit()
        if rows:
            self._last[table] = str(rows[-1][names.index(key)])
        return ", ".join(names), rows


class SQLite:
    def __init__(self) -> None:
        self._floor = sqlite3.connect(URL.removeprefix("sqlite:///"), isolation_level=None)
        self._source = sqlite3.connect(SOURCE.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in SQLITE_PRAGMAS:
            self._floor.execute(f"PRAGMA {pragma}")
        self._last = dict.fromkeys(TABLES, "")

    def write(self) -> dict[str, Any]:
        """executemany of the rows that came to the source since the last time, in one transaction."""
        found = {table: self._new_rows(table, key) for table, key in TABLES.items()}
        self._floor.execute("DELETE FROM ledger_outbox")
        begun = perf_counter()
        self._floor.execute("BEGIN IMMEDIATE")
        for table, rows in found.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                self._floor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        self._floor.execute("COMMIT")
        return {"seconds": perf_counter() - begun, "count": len(found["ledger_journalentry"])}

    def _new_rows(self, table: str, key: str) -> list[tuple[Any, ...]]:
        cursor = self._source.execute(f"SELECT * FROM {table} WHERE {key} > ? ORDER BY {key}", [self._last[table]])
        rows = cursor.fetchall()
        if rows:
            place = [column[0] for column in cursor.description].index(key)
            self._last[table] = rows[-1][place]
        return rows


if __name__ == "__main__":
    main()
