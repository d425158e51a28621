"""What the emulator remembers: objects, answers given under a key, and webhooks still to be delivered.

One SQLite file, so that a restart of the demonstration forgets nothing; one lock, so that each request is one step.
"""

import json
import sqlite3
import threading
from typing import Any

Json = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (id TEXT PRIMARY KEY, kind TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS thing_kind ON thing (kind, seq);
CREATE TABLE IF NOT EXISTS extra (id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answered (key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER, body TEXT);
CREATE TABLE IF NOT EXISTS outbox (event TEXT PRIMARY KEY, attempts INTEGER NOT NULL, next_at REAL NOT NULL);
"""


class Store:
    """Keeps whole objects as JSON, in the order of their making."""

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # Losing the last second of a demonstration to a power cut is no loss worth a disk flush per request.
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.executescript(SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        with self.lock:
            self.db.close()

    def put(self, thing: Json) -> Json:
        """Write an object, new or changed."""
        with self.lock:
            self.db.execute(
                "INSERT INTO thing VALUES (?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM thing), ?) "
                "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                (thing["id"], thing["object"], json.dumps(thing)),
            )
        return thing

    def get(self, thing_id: str, kind: str | None = None) -> Json | None:
        """An object by id, if there is one of that kind."""
        with self.lock:
            row = self.db.execute("SELECT kind, body FROM thing WHERE id = ?", (thing_id,)).fetchone()
        if row is None or (kind and row[0] != kind):
            return None
        found: Json = json.loads(row[1])
        return found

    def all(self, kind: str, limit: int = 1000) -> list[Json]:
        """Objects of one kind, newest first."""
        with self.lock:
            rows = self.db.execute(
                "SELECT body FROM thing WHERE kind = ? ORDER BY seq DESC LIMIT ?", (kind, limit)
            ).fetchall()
        return [json.loads(body) for (body,) in rows]

    def put_extra(self, thing_id: str, values: Json) -> None:
        """What the API does not show of an object but needs later."""
        with self.lock:
            self.db.execute("INSERT OR REPLACE INTO extra VALUES (?, ?)", (thing_id, json.dumps(values)))

    def extra(self, thing_id: str) -> Json:
        """What was put aside for an object."""
        with self.lock:
            row = self.db.execute("SELECT body FROM extra WHERE id = ?", (thing_id,)).fetchone()
        return json.loads(row[0]) if row else {}

    def answer_for(self, key: str) -> tuple[str, int, Json] | None:
        """The request and answer remembered under an idempotency key."""
        with self.lock:
            row = self.db.execute("SELECT request, status, body FROM answered WHERE key = ?", (key,)).fetchone()
        return (row[0], row[1], json.loads(row[2])) if row else None

    def remember_answer(self, key: str, request: str, status: int, body: Json) -> None:
        """Keep an answer under its key."""
        with self.lock:
            self.db.execute(
                "INSERT OR IGNORE INTO answered VALUES (?, ?, ?, ?)", (key, request, status, json.dumps(body))
            )

    def queue(self, event_id: str, when: float) -> None:
        """Put an event into the outbox."""
        with self.lock:
            self.db.execute("INSERT OR IGNORE INTO outbox VALUES (?, 0, ?)", (event_id, when))

    def due(self, now: float) -> list[tuple[Json, int]]:
        """Events to deliver now, oldest first, each with its number of earlier attempts."""
        with self.lock:
            rows = self.db.execute(
                "SELECT thing.body, outbox.attempts FROM outbox JOIN thing ON thing.id = outbox.event "
                "WHERE outbox.next_at <= ? ORDER BY thing.seq LIMIT 50",
                (now,),
            ).fetchall()
        return [(json.loads(body), attempts) for body, attempts in rows]

    def delivered(self, event_id: str) -> None:
        """The receiver has it."""
        with self.lock:
            self.db.execute("DELETE FROM outbox WHERE event = ?", (event_id,))

    def postpone(self, event_id: str, attempts: int, next_at: float) -> None:
        """The receiver did not take it; try again later."""
        with self.lock:
            self.db.execute(
                "UPDATE outbox SET attempts = ?, next_at = ? WHERE event = ?", (attempts, next_at, event_id)
            )

    def waiting(self) -> int:
        """How many events are not delivered yet."""
        with self.lock:
            return int(self.db.execute("SELECT COUNT(*) FROM outbox").fetchone()[0])
