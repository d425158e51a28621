"""The two records are written with the deed, never changed, and chained so that a change shows."""

import datetime
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from projects.access.actors import WORKER
from projects.audit.actions import log_read, record, seal
from projects.audit.canonical import plain
from projects.audit.models import AuditEvent, ChainLink, ReadLog
from projects.audit.queries import GENESIS, broken_links, chain_head, events_of, reads_of
from tests.factories.access import BEGIN
from tests.guards import lifted

pytestmark = pytest.mark.django_db


def write(count: int = 3) -> list[AuditEvent]:
    return [
        record(
            by=WORKER,
            at=BEGIN,
            event="thing.done",
            subject=("thing", f"t{n}"),
            organisation_ref="o1",
            reason="因为",
            facts={"n": n, "half": [1, "two"], "none": None},
        )
        for n in range(count)
    ]


def look(stranger=None) -> ReadLog:
    return log_read(
        by=stranger or WORKER, at=BEGIN, purpose="复核", subject=("household", "h1"), fields=["phone", "name"]
    )


def execute(sql: str, values: tuple = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_an_event_says_who_did_what_to_which_thing_when_and_why():
    event = write(1)[0]
    event.refresh_from_db()
    assert (event.by_ref, event.event, event.at, event.reason) == ("system:worker", "thing.done", BEGIN, "因为")
    assert event.facts == {"n": 0, "half": [1, "two"]}
    assert list(events_of("thing", "t0")) == [event]


def test_an_event_vanishes_with_the_deed_it_tells_of():
    with transaction.atomic():
        write(1)
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()


def test_a_look_at_personal_data_names_fields_and_purpose_but_no_value(stranger):
    row = look(stranger)
    assert (row.by_ref, row.purpose, row.fields) == (stranger.ref, "复核", ["name", "phone"])
    assert list(reads_of("household", "h1")) == [row]


def test_it_refuses_a_look_without_a_purpose():
    with pytest.raises(ValueError, match="purpose"):
        log_read(by=WORKER, at=BEGIN, purpose=" ", subject=("household", "h1"), fields=["name"])


def test_a_fact_without_a_canonical_form_is_refused():
    with pytest.raises(TypeError):
        record(by=WORKER, at=BEGIN, event="x", subject=("thing", "t"), facts={"share": 0.5})


def test_the_canonical_form_is_one_for_one_moment():
    other_zone = BEGIN.astimezone(datetime.timezone(datetime.timedelta(hours=8)))
    assert plain(other_zone) == plain(BEGIN) == "2026-03-02T02:00:00.000000+00:00"
    assert plain({"id": UUID(int=1), "on": BEGIN.date()}) == {
        "id": "00000000-0000-0000-0000-000000000001",
        "on": "2026-03-02",
    }


def test_rows_are_chained_in_order_and_once():
    write(3)
    look()
    assert seal() == 4
    assert seal() == 0
    write(1)
    assert seal() == 1
    links = list(ChainLink.objects.filter(stream="EVENTS").order_by("position"))
    assert [link.position for link in links] == [0, 1, 2, 3]
    assert [link.prev_hash for link in links] == [GENESIS, *(link.hash for link in links[:-1])]
    assert chain_head("EVENTS") == (4, links[-1].hash)
    assert broken_links() == []


def test_rows_that_wait_for_the_chain_are_checked_too():
    event = write(1)[0]
    with lifted():
        execute("UPDATE audit_auditevent SET reason = 'other' WHERE ref = %s", (event.ref,))
    assert [(fault.place, fault.fault) for fault in broken_links()] == [(event.ref, "the row was changed")]


@pytest.mark.parametrize(
    ("column", "value"),
    [("by_ref", "somebody"), ("event", "other"), ("at", "2026-03-02 02:00:01+00:00"), ("facts", '{"n":9}')],
)
def test_a_changed_event_is_named(column, value):
    event = write(3)[1]
    seal()
    with lifted():
        execute(f"UPDATE audit_auditevent SET {column} = %s WHERE ref = %s", (value, event.ref))
    assert {fault.place for fault in broken_links()} == {event.ref}


def test_a_change_that_also_mends_its_own_hash_is_named_by_the_chain():
    from projects.audit.canonical import EVENT_FIELDS, row_digest

    event = write(3)[1]
    seal()
    event.reason = "other"
    digest = row_digest(event, EVENT_FIELDS)
    with lifted():
        execute("UPDATE audit_auditevent SET reason = 'other', digest = %s WHERE ref = %s", (digest, event.ref))
    assert [(fault.place, fault.fault) for fault in broken_links()] == [
        (event.ref, "the row was changed after it was chained")
    ]


def test_a_removed_row_and_a_removed_link_are_named():
    events = write(3)
    seal()
    with lifted():
        execute("DELETE FROM audit_auditevent WHERE ref = %s", (events[0].ref,))
        execute("DELETE FROM audit_chainlink WHERE row_ref = %s", (events[1].ref,))
    faults = {(fault.place, fault.fault) for fault in broken_links()}
    assert (events[0].ref, "the row is gone") in faults
    assert ("1", "a link is missing") in faults


TABLES = ("audit_auditevent", "audit_readlog", "audit_chainlink")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "sql",
    ["UPDATE {table} SET digest = 'x'", "DELETE FROM {table}", "{truncate}", "{replace}"],
    ids=["update", "delete", "truncate", "replace"],
)
def test_around_the_orm_nothing_is_changed_or_removed(table, sql):
    write(1)
    look()
    seal()
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    names = ", ".join(columns)
    replace = f"INSERT OR REPLACE INTO {table} ({names}) SELECT {names} FROM {table}"
    if connection.vendor == "postgresql":
        replace = f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id) DO UPDATE SET digest = 'x'"
    truncate = f"TRUNCATE {table}" if connection.vendor == "postgresql" else f"DELETE FROM {table} WHERE 1 = 1"
    with pytest.raises(DatabaseError), transaction.atomic():
        execute(sql.format(table=table, truncate=truncate, replace=replace))
    assert broken_links() == []


def test_around_the_orm_replace_is_refused_by_any_of_the_keys():
    write(1)
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite replaces rows on insert")
    execute("PRAGMA recursive_triggers=OFF")  # what a plain sqlite3 shell has
    try:
        for ident, ref in (("id", "'new'"), ("id + 1000", "ref")):
            with pytest.raises(DatabaseError), transaction.atomic():
                execute(
                    "INSERT OR REPLACE INTO audit_auditevent "
                    "(id, ref, at, by_ref, event, subject_kind, subject_ref, organisation_ref, reason, facts, digest) "
                    f"SELECT {ident}, {ref}, at, by_ref, event, subject_kind, subject_ref, organisation_ref, 'forged', "
                    "facts, digest FROM audit_auditevent"
                )
    finally:
        execute("PRAGMA recursive_triggers=ON")
