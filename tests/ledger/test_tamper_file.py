"""One byte of the database file at a time, with no database program in between: verify is red and names the row.

Every 47th byte of some rows by default; every byte of every row with TAMPER=all in the environment.
"""

import gc
import os
import re
from pathlib import Path

import pytest
from django.db import connection

from ledger import verify
from tests.ledger import raw
from tests.ledger.sqlite_file import cells
from tests.ledger.story import tell

STEP = 1 if os.environ.get("TAMPER") == "all" else 47
TABLES = [
    "ledger_journalentry", "ledger_posting", "ledger_lot", "ledger_lotuse", "ledger_lothole", "ledger_lotcover",
    "ledger_logleaf", "ledger_loghead", "ledger_notice",
]  # fmt: skip


@pytest.fixture
def file(transactional_db):
    """The committed database as a file nobody has open."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's files belong to its server")
    tell()
    raw.fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    path = Path(raw.fetch("PRAGMA database_list")[0][2])
    connection.close()
    whole = path.read_bytes()
    yield path
    connection.close()
    path.write_bytes(whole)


def findings(path: Path, place: int, byte: int) -> list[verify.Finding]:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(bytes([byte]))
    try:
        found = [finding for outcome in verify.run() for finding in outcome.findings]
        if any("could not go on" in finding.says for finding in found):
            gc.collect()  # readers that stopped half-way let go of the file before it is closed
        return found
    finally:
        connection.close()


def test_an_untouched_file_is_green(file):
    assert [finding for outcome in verify.run() for finding in outcome.findings] == []


@pytest.mark.parametrize("table", TABLES)
def test_a_changed_byte_is_found(file, table):
    whole = file.read_bytes()
    names = [row[1] for row in raw.fetch(f"PRAGMA table_info({table})")]
    root = raw.fetch("SELECT rootpage FROM sqlite_master WHERE name = %s", [table])[0][0]
    rows = {row[0]: row[1:] for row in raw.fetch(f"SELECT rowid, {', '.join(names)} FROM {table}")}
    waiting = {row[0] for row in raw.fetch("SELECT subject_id FROM ledger_outbox")}
    connection.close()
    there = list(cells(whole, root))
    assert {cell.rowid for cell in there} == set(rows)
    # An entry that waits for its place is not bound to the byte yet: see test_tamper.py.
    there = [cell for cell in there if rows[cell.rowid][0] not in waiting]
    for cell in there if STEP == 1 else (there[0], there[-1]):
        # The moment of a head is bound by nothing but its neighbours: see test_tamper.py.
        stop = cell.stop - 26 if table == "ledger_loghead" else cell.stop
        for place in range(cell.start, stop, STEP):
            changed = findings(file, place, whole[place] ^ 1)
            file.write_bytes(whole)
            assert changed, f"byte {place - cell.start} of {rows[cell.rowid]} changed unseen"
            assert place < cell.body or names_it(changed, rows[cell.rowid], cell.rowid), (place - cell.start, changed)


def names_it(found, row, rowid) -> bool:
    """By an id in the row, or by its number where a broken value or index gives it away."""
    ids = [value for value in row if isinstance(value, str) and len(value) == 32]
    text = " ".join(map(str, found))
    numbers = [value for value in row if isinstance(value, int)]
    return (
        any(one in text for one in ids)
        or f"row {rowid} " in text
        or any(re.search(rf"={value}\b", text) for value in numbers)
    )
