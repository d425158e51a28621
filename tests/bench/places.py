"""Where the benchmark keeps its databases: throwaway, and as durable as a charity's own must be.

One PostgreSQL cluster with fsync, synchronous commits and full page writes; SQLite files with a write-ahead log and
synchronous FULL (the site's own settings, and the floors'). Each measured side gets a fresh copy of one migrated
template.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psycopg
from psycopg import sql

from tests.engine import Cluster, postgres_bin

BASE = Path(__file__).resolve().parents[2]
ENGINES = ("postgresql", "sqlite")
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
}
# Who makes the year up: when they change, a year that is kept from an earlier run is another one.
MAKERS = ("tests/bench/world.py", "tests/bench/programs/ours_posting.py", "tests/bench/programs/ours_site.py")
SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL")


class Places:
    """The databases of one benchmark, in one folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o755)  # the cluster may run as another user
        self.cluster = Cluster(home / "pg", DURABLE) if postgres_bin() else None
        self._started = False

    def start(self) -> None:
        if self.cluster and not self._started:
            self.cluster.stop()  # what a killed run left behind
            self.cluster.start()
            self._started = True

    def stop(self) -> None:
        if self.cluster and self._started:
            self.cluster.stop("fast")
            self._started = False

    # ---- databases ----

    def empty(self, engine: str, name: str) -> str:
        """The address of a new database without tables."""
        self.drop(engine, name)
        if engine == "postgresql":
            self._admin("CREATE DATABASE {}", name)
        return self.url(engine, name)

    def fresh(self, engine: str, name: str) -> str:
        """The address of a new copy of the site's migrated and empty database."""
        return self.copy(engine, self._template(engine), name)

    def copy(self, engine: str, source: str, name: str) -> str:
        """The address of a new copy of a database that nobody is connected to."""
        self.drop(engine, name)
        if engine == "postgresql":
            self._admin("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, source)
        else:
            with sqlite3.connect(self._file(source)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            shutil.copyfile(self._file(source), self._file(name))
        return self.url(engine, name)

    def unguarded(self, engine: str, name: str) -> str:
        """A new copy of the empty tables with their indexes, without triggers and foreign keys."""
        url = self.fresh(engine, name)
        if engine == "postgresql":
            with psycopg.connect(url, autocommit=True) as connection:
                _drop_guards(connection)
        else:
            with sqlite3.connect(self._file(name)) as connection:
                triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
                for (trigger,) in triggers:
                    connection.execute(f'DROP TRIGGER "{trigger}"')
            connection.close()
        return url

    def drop(self, engine: str, name: str) -> None:
        shutil.rmtree(self.home / "site" / name, ignore_errors=True)
        if engine == "postgresql":
            self._admin("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        else:
            for end in ("", "-wal", "-shm"):
                Path(f"{self._file(name)}{end}").unlink(missing_ok=True)

    def settle(self, engine: str, name: str) -> None:
        """What the database does by itself after a while: statistics for its planner, room of dead rows given back."""
        if engine == "postgresql":
            with psycopg.connect(self.url(engine, name), autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")

    def there(self, engine: str, name: str) -> bool:
        if engine == "sqlite":
            return self._file(name).exists()
        with psycopg.connect(self.url(engine, "postgres")) as connection:
            return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())

    def url(self, engine: str, name: str) -> str:
        if engine == "sqlite":
            return f"sqlite:///{self._file(name)}"
        assert self.cluster is not None
        self.start()
        return self.cluster.url(name)

    # ---- what is kept from run to run ----

    def note(self, name: str, value: Any) -> None:
        (self.home / f"{name}.json").write_text(json.dumps(value, indent=1))

    def noted(self, name: str) -> Any:
        path = self.home / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else None

    # ---- within ----

    def _file(self, name: str) -> Path:
        return self.home / f"{name}.sqlite3"

    def _template(self, engine: str) -> str:
        name = f"site_{schema_fingerprint()}"
        if not self.there(engine, name):
            url = self.empty(engine, f"{name}_half")
            environment = {**os.environ, **site_environment(self.home, url)}
            subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=BASE, env=environment, check=True)
            self.copy(engine, f"{name}_half", name)
            self.drop(engine, f"{name}_half")
        return name

    def _admin(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url("postgresql", "postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _drop_guards(connection: "psycopg.Connection[Any]") -> None:
    triggers = connection.execute(
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT tgisinternal AND relname LIKE 'ledger%'"
    ).fetchall()
    keys = connection.execute(
        "SELECT conname, conrelid::regclass::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " WHERE contype = 'f' AND relname LIKE 'ledger%' AND conparentid = 0"
    ).fetchall()
    for name, table in triggers:
        connection.execute(f'DROP TRIGGER "{name}" ON {table}')
    for name, table in keys:
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def site_environment(home: Path, url: str = "") -> dict[str, str]:
    """The site's settings as a charity runs it, apart from the keys of a demonstration.

    Each database has a folder of its own: the log's key and its memory of what it signed lie there.
    """
    name = Path(unquote(url)).stem or "none"
    return {
        "DJANGO_SETTINGS_MODULE": "charity_site.settings",
        "DEMO": "1",
        "DEBUG": "0",
        "LOG_LEVEL": "WARNING",
        "VAR_DIR": str(home / "site" / name),
        "DATABASE_URL": url,
        "PYTHONPATH": str(BASE),
        # A server keeps its modules compiled; this machine may have been told not to.
        "PYTHONDONTWRITEBYTECODE": "",
    }


def schema_fingerprint() -> str:
    """Changes when a migration, a law or the made-up world changes: then templates and worlds are built anew."""
    return _fingerprint(
        path
        for pattern in ("*/migrations/*.py", "projects/*/migrations/*.py", "ledger/sql/*", *MAKERS)
        for path in sorted(BASE.glob(pattern))
        if path.is_file()
    )


def _fingerprint(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
