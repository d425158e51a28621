"""The intruder: past every law, into the rows. One value at a time is changed, and verify has to name the row.

What cannot be found from the tables alone, and is said in ledger/README.md too:
- whoever changes entries, their leaves' hashes and every head after them together; a head noted outside finds that;
- the moment a head was made (`sequenced_at`), as long as heads still grow with time, and a removed head that is not the
  last: heads are stops on the way, the tree is in the leaves;
- numbers that only the tables use among themselves (`id` of books, accounts, funds and periods), where every row that
  names them is changed too.
"""

import itertools
import os
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import Error, connection, models, transaction

from ledger import snapshots, verify
from ledger.core.merkle import TILE_WIDTH
from ledger.models import LogTile, Outbox, Period
from tests import guards
from tests.ledger import raw
from tests.ledger.helpers import Desk
from tests.ledger.story import tell

pytestmark = pytest.mark.django_db

# The file and the laws are checked by tests of their own; here the rows have to give it away.
CHECKS = [check for check in verify.CHECKS if check.name not in ("file", "schema", "laws", "grants")]
TABLES = list(apps.get_app_config("ledger").get_models())

# Every sort of value of some rows by default; many more with TAMPER=all in the environment.
ALL = os.environ.get("TAMPER") == "all"

ESCAPES = {
    ("ledger_account", "id"): "of an account that no posting names",
    ("ledger_fund", "id"): "of a fund that no posting names",
    ("ledger_checkpoint", "signed_at"): "what was signed says no moment; witnesses' lines do",
    ("ledger_loghead", "sequenced_at"): "a moment between the heads before and after; nothing else says when",
}


# Until the sequencer comes by, about a second later, nothing binds who wrote an entry and under which key.
WAITING = {"recorded_by", "idempotency_key"}
# Everything else hangs on these: where one is changed, it is their entries that are named.
ROOTS = {"ledger_book", "ledger_fund", "ledger_account"}


@pytest.fixture
def desk(request, monkeypatch):
    """Two books with a row of every sort. Sums are kept at every 8 positions; where tiles are tried, one is full."""
    monkeypatch.setattr(snapshots, "SNAPSHOT_EVERY", 8)
    other = Desk("charity-b")
    other.gift(700)
    tried = getattr(request.node, "callspec", None)
    if tried and LogTile._meta.db_table in tried.params.values():
        for _number in range(TILE_WIDTH):
            other.gift(1)
    other.sequence()
    return tell()


def red() -> list[verify.Finding]:
    return [finding for outcome in verify.run(CHECKS) for finding in outcome.findings]


def columns(model) -> list[str]:
    return [field.column for field in model._meta.concrete_fields if field.column]


def rows(model, names) -> list[tuple]:
    """A row in the middle and one for each value that is null in some; with TAMPER=all the first and last, too."""
    table = model._meta.db_table
    there = raw.fetch(f"SELECT {', '.join(names)} FROM {table} ORDER BY {', '.join(verify.values.key_of(model))}")
    places = {0, len(there) // 2, len(there) - 1} if ALL else {len(there) // 2}
    for column in range(len(names)):
        if any(row[column] is None for row in there):
            places |= {next(n for n, row in enumerate(there) if row[column] is None)}
            places |= {next((n for n, row in enumerate(there) if row[column] is not None), 0)}
    return [there[place] for place in sorted(places)]


def others(field, value):
    """Values that could stand there instead, nearest first."""
    if isinstance(field, models.ForeignKey):
        parents = raw.fetch(f"SELECT id FROM {field.related_model._meta.db_table}")
        yield from [parent for (parent,) in parents if parent != value][:3]
        yield value + 1_000 if isinstance(value, int) else raw.adapted(uuid4())
    elif isinstance(value, bool) or (isinstance(field, models.BooleanField)):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, value + 1_000)
    elif isinstance(value, datetime):
        yield value + timedelta(microseconds=1)
    elif isinstance(value, date):
        yield from (value - timedelta(days=1), value + timedelta(days=1))
    elif isinstance(value, bytes | memoryview):
        yield bytes([bytes(value)[0] ^ 1]) + bytes(value)[1:]
    elif isinstance(value, str):
        yield from _texts(field, value)
    elif value is None:
        yield from (0, 1, b"n" * 32)
    else:  # an id
        yield type(value)(int=value.int ^ 1)


def _texts(field, value):
    if isinstance(field, models.DateTimeField):
        yield f"{value[:-1]}9" if "." in value else f"{value}.000001"
    elif field.choices:
        yield from [choice for choice, _label in field.choices if choice != value]
    elif isinstance(field, models.UUIDField):
        yield value[:-1] + ("0" if value[-1] != "0" else "1")
    elif value[:1] == "{":
        yield from (value.replace("{", '{"channel":"cash",', 1) if "channel" not in value else "{}", "{}")
        yield value.replace("1", "2")
    else:
        yield from ("x", value[:-1]) if value else ("x",)


def named(findings, model, key: tuple, row: tuple) -> bool:
    """Whether a finding names the row: by its whole key, or by the entry or notice it belongs to."""
    ids = {value.hex if isinstance(value, UUID) else value for value in row if isinstance(value, UUID | str)}
    ids = {value for value in ids if len(value) == 32}
    words = verify.values.named(verify.values.key_of(model), key).split()
    return any(
        all(word in finding.row.split() for word in words) or any(one in finding.row for one in ids)
        for finding in findings
    )


@pytest.fixture(params=[model._meta.db_table for model in TABLES if model is not Period])
def model(request):
    return next(model for model in TABLES if model._meta.db_table == request.param)


def change(model, names, row, column, value) -> list[verify.Finding] | None:
    """What verify says after one value of one row was changed; None where the database cannot store it."""
    key = verify.values.key_of(model)
    where = " AND ".join(f"{name} = %s" for name in key)
    values = [value, *(row[names.index(name)] for name in key)]
    try:
        with transaction.atomic():
            raw.execute(f"UPDATE {model._meta.db_table} SET {column} = %s WHERE {where}", values)
            found = red()
            transaction.set_rollback(True)
    except Error:
        return None
    return found


def test_every_changed_value_is_found(desk, model):
    names = columns(model)
    fields = {field.column: field for field in model._meta.concrete_fields}
    key_places = [names.index(name) for name in verify.values.key_of(model)]
    escaped, tried = [], set()
    with intruding():
        for row, (place, column) in itertools.product(rows(model, names), enumerate(names)):
            for value in others(fields.get(column), row[place]):
                if value == row[place]:
                    continue
                found = change(model, names, row, column, value)
                if found is None:
                    continue
                tried.add(column)
                key = tuple(row[n] for n in key_places)
                after = tuple(value if n == place else row[n] for n in key_places)
                names_it = model._meta.db_table in ROOTS or named(found, model, key, row)
                if not found or not (names_it or named(found, model, after, (value,))):
                    escaped.append((model._meta.db_table, column, key, row[place], value, found[:3]))
    waiting = {raw.adapted(row.subject_id) for row in Outbox.objects.all()}
    escaped = [one for one in escaped if not (one[1] in WAITING and one[2][0] in waiting)]
    assert [one for one in escaped if one[:2] not in ESCAPES] == []
    assert tried == set(names), "a column that was never changed proves nothing"


@contextmanager
def intruding():
    """No law speaks: triggers lifted, foreign keys and checks switched off. All comes back with the test's rollback."""
    with transaction.atomic():
        with guards.lifted():
            switch_off_checks()
            yield
            if connection.vendor == "sqlite":
                raw.execute("PRAGMA ignore_check_constraints = OFF")
        transaction.set_rollback(True)


def switch_off_checks():
    if connection.vendor == "sqlite":
        raw.execute("PRAGMA ignore_check_constraints = ON")
        return
    raw.execute("SET LOCAL session_replication_role = replica")
    for table, name in raw.fetch(
        "SELECT c.relname::text, k.conname::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
        "WHERE k.contype = 'c' AND c.relname LIKE 'ledger\\_%%'"
    ):
        raw.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


# ---- whole rows ----


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_removed_row_is_found(desk, model, place):
    key = verify.values.key_of(model)
    table = model._meta.db_table
    there = raw.fetch(f"SELECT {', '.join(key)} FROM {table} ORDER BY {', '.join(key)}")
    row = there[{"first": 0, "middle": len(there) // 2, "last": -1}[place]]
    with intruding():
        raw.execute(f"DELETE FROM {table} WHERE " + " AND ".join(f"{name} = %s" for name in key), row)
        found = red()
    # Heads and checkpoints are stops on the way: the tree is in the leaves. A witness keeps what it signed.
    stop = table in ("ledger_loghead", "ledger_checkpoint") and place != "last"
    # Nothing says that there was one more report; who looks after the site has its mail or its log.
    last_report = table == "ledger_verification" and place == "last"
    assert found or stop or last_report or table == "ledger_cosignature"


# Which columns a copied row needs anew, so that the tables take it.
COPIES = {
    "ledger_journalentry": {"id": "fresh", "idempotency_key": "'copied'", "reverses_id": "NULL"},
    "ledger_posting": {"line": "line + 1"},
    "ledger_lot": {"start": "stop", "stop": "stop + stop - start"},
    "ledger_lotuse": {"start": "stop", "stop": "stop + 1", "prev": "stop"},
    "ledger_lothole": {"start": "stop", "stop": "stop + 1"},
    "ledger_lotcover": {"start": "stop", "stop": "stop + 1"},
    "ledger_notice": {"id": "fresh", "idempotency_key": "'copied'"},
    "ledger_outbox": {"subject_id": "fresh"},
    "ledger_fund": {"id": "id + 1000", "code": "'copied'"},
    "ledger_account": {"id": "id + 1000", "currency": "'USD'"},
    "ledger_book": {"id": "id + 1000", "code": "'copied'"},
    "ledger_loghead": {"size": "size + 1"},
    "ledger_logtile": {"number": "number + 1"},
    "ledger_accountsnapshot": {"position": "position + 8"},
    "ledger_linesnapshot": {"position": "position + 8"},
    "ledger_daysum": {"position": "position + 8"},
}


@pytest.mark.parametrize("table", COPIES)
def test_a_copied_row_is_found(desk, table):
    model = next(model for model in TABLES if model._meta.db_table == table)
    names, key = columns(model), verify.values.key_of(model)
    fresh = raw.adapted(uuid4())
    new = [COPIES[table].get(name, name) for name in names]
    chosen = f"FROM {table} ORDER BY {', '.join(f'{name} DESC' for name in key)} LIMIT 1"
    with intruding():
        raw.execute(
            f"INSERT INTO {table} ({', '.join(names)}) "
            f"SELECT {', '.join('%s' if value == 'fresh' else value for value in new)} {chosen}",
            [fresh] * new.count("fresh"),
        )
        assert red()


SWAPS = [
    ("ledger_posting", "amount_minor"), ("ledger_posting", "fund_id"), ("ledger_journalentry", "document_ref"),
    ("ledger_journalentry", "recorded_at"), ("ledger_journalentry", "input_hash"), ("ledger_lot", "entry_id"),
    ("ledger_lotuse", "entry_id"), ("ledger_lothole", "entry_id"), ("ledger_logleaf", "leaf_hash"),
    ("ledger_notice", "facts"), ("ledger_loghead", "root"), ("ledger_accountsnapshot", "debit_minor"),
    ("ledger_linesnapshot", "amount_minor"), ("ledger_linesnapshot", "measure"),
    ("ledger_daysum", "amount_minor"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "column"), SWAPS)
def test_swapped_values_are_found(desk, table, column):
    """Two rows exchange a value: every total stays as it was."""
    model = next(model for model in TABLES if model._meta.db_table == table)
    key = verify.values.key_of(model)
    there = raw.fetch(f"SELECT {column}, {', '.join(key)} FROM {table} ORDER BY {', '.join(key)}")
    one = there[0]
    other = next(row for row in there if row[0] != one[0])
    where = " AND ".join(f"{name} = %s" for name in key)
    with intruding():
        for row, value in ((one, other[0]), (other, one[0])):
            raw.execute(f"UPDATE {table} SET {column} = %s WHERE {where}", [value, *row[1:]])
        assert red()


def test_leaves_that_change_places_are_found(desk):
    """Positions, hashes and entries all still there, each once."""
    (one, first), (other, second) = raw.fetch(
        "SELECT position, entry_id FROM ledger_logleaf WHERE entry_id IS NOT NULL ORDER BY position LIMIT 2"
    )
    with intruding():
        for position, entry in ((one, raw.adapted(uuid4())), (other, first), (one, second)):
            raw.execute("UPDATE ledger_logleaf SET entry_id = %s WHERE position = %s", [entry, position])
        found = " ".join(str(finding) for finding in red())
    assert f"position={one} " in found
    assert f"position={other} " in found


@pytest.mark.parametrize("column", ["starts_on", "ends_on", "closed_at", "closed_by", "book_id"])
def test_a_changed_period_is_found(desk, column):
    period = Period.objects.get()
    old = getattr(period, column)
    value = {"closed_by": "somebody", "book_id": 1}.get(column) or old - timedelta(days=1)
    with intruding():
        raw.execute(f"UPDATE ledger_period SET {column} = %s", [value])
        found = red()
    assert any(finding.table == "ledger_period" for finding in found)


def test_an_entry_slipped_into_a_closed_period_is_found(desk):
    entry = uuid4()
    with intruding():
        raw.posting(entry)
        raw.seal(entry, effective_on=date(2026, 8, 15))
        found = red()
    assert any(entry.hex in finding.row and "L7" in finding.says for finding in found)


def test_books_rewritten_as_a_whole_are_found_by_a_head_noted_outside(desk):
    """Entry, leaf and heads all made anew: consistent in themselves, and not what was noted."""
    from ledger import transparency
    from ledger.core.leaves import entry_leaf
    from ledger.core.merkle import Frontier, leaf_hash

    noted = transparency.head()
    entry, position = raw.fetch(
        "SELECT entry_id, position FROM ledger_logleaf WHERE entry_id IS NOT NULL ORDER BY position LIMIT 1"
    )[0]
    with intruding():
        raw.execute("UPDATE ledger_journalentry SET recorded_by = %s WHERE id = %s", ["somebody", entry])
        made = entry_leaf(*transparency.sealed_entries([UUID(str(entry))]).values())
        raw.execute("UPDATE ledger_logleaf SET leaf_hash = %s WHERE position = %s", [leaf_hash(made), position])
        frontier = Frontier()
        heads = {size for (size,) in raw.fetch("SELECT size FROM ledger_loghead")}
        for (hashed,) in raw.fetch("SELECT leaf_hash FROM ledger_logleaf ORDER BY position"):
            frontier.add(bytes(hashed))
            if frontier.size in heads:
                raw.execute(
                    "UPDATE ledger_loghead SET root = %s, frontier = %s WHERE size = %s",
                    [frontier.root(), frontier.to_bytes(), frontier.size],
                )
        # Whoever does this has no key: what was signed stands against it, in the table and in the memory outside; and
        # what the log has said of itself, by the digests of its statements.
        assert {finding.table for finding in red()} == {"ledger_checkpoint", "ledger_notice"}
        assert not verify.run_one(verify.noted_head(noted.size, noted.root_hex)).green
