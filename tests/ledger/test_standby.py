"""Verification and reading on a streaming standby: same books, same findings, and no writing."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import InternalError, connection, connections, transaction

from charity_site.replica import reading_from
from ledger import balances, trace, transparency, verify
from ledger.models import JournalEntry
from tests import engine, needs
from tests.ledger import raw
from tests.ledger.story import tell
from tests.standby import Standby


@pytest.fixture
def standby(transactional_db: None, tmp_path: Path) -> Iterator[Standby]:
    """A standby of the cluster that the tests run on, named ``replica``."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no standby")
    needs.postgres_programs()
    primary = engine.own_cluster()
    if primary is None:
        pytest.skip("the tests' database is not a cluster of their own: TEST_DATABASE_URL is set")
    # Beside the primary, where its user may write.
    standby = Standby(engine.var_dir().parent / f"standby-{tmp_path.name}", primary)
    standby.start()
    connections.settings["replica"] = standby.for_django()
    yield standby
    del connections.settings["replica"]
    standby.stop()


def wait_for_replay() -> None:
    """Until the standby has replayed what the primary has written so far."""
    # The tests' cluster commits before its log is on disk: closing the log's file brings it there.
    ((written,),) = raw.fetch("SELECT pg_switch_wal()::text")
    deadline = time.monotonic() + 60
    with reading_from("replica"):
        while not raw.fetch("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [written])[0][0]:
            assert time.monotonic() < deadline, "the standby does not follow"
            time.sleep(0.02)


def verified(database: str) -> dict[str, dict]:
    """What every check of the site says. The story has no donors and no cases: checks of the apps above are red."""
    out = StringIO()
    with suppress(SystemExit):
        call_command("verify", json=True, database=database, processes=2, stdout=out)
    return {one["check"]: one for one in json.loads(out.getvalue())}


def test_the_books_are_read_and_verified_on_a_standby(standby):
    desk = tell()
    desk.sequence()
    gift = JournalEntry.objects.filter(kind="GIFT").order_by("recorded_at").first().id
    here = (transparency.head(), balances.fund_figures(book=desk.book, fund="desks"), trace.forward(gift))
    wait_for_replay()

    there, at_home = verified("replica"), verified("default")
    assert there == at_home
    assert [name for check in verify.CHECKS if not there[name := check.name]["green"]] == []

    with reading_from("replica"):
        assert raw.fetch("SELECT pg_is_in_recovery()") == [(True,)]
        there = (transparency.head(), balances.fund_figures(book=desk.book, fund="desks"), trace.forward(gift))
        assert there == here
        assert trace.back(desk.award_id).total_minor == 20_000
        it_takes_no_posting(desk)
        several_sessions_see_one_moment()

    # And it goes on following: what is posted after it was copied arrives.
    desk.gift(777)
    desk.sequence()
    wait_for_replay()
    with reading_from("replica"):
        assert transparency.head().size == here[0].size + 1


def it_takes_no_posting(desk):
    """Neither through the door nor around it."""
    for write in (lambda: desk.gift(5), lambda: desk.award(5), raw.gift):
        with pytest.raises(InternalError, match="read-only transaction"), transaction.atomic():
            write()


def several_sessions_see_one_moment():
    """A snapshot is lent and joined on a standby, as verification in two processes does it."""
    with verify.reading_one_moment(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        ((lent,),) = cursor.fetchall()
        other = connections.create_connection("default")
        try:
            with other.cursor() as joined:
                joined.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                joined.execute("SET TRANSACTION SNAPSHOT %s", [lent])
                joined.execute("SELECT count(*) FROM ledger_journalentry")
                assert joined.fetchone() == (JournalEntry.objects.count(),)
                joined.execute("ROLLBACK")
        finally:
            other.close()


@pytest.mark.django_db
def test_a_replica_that_is_not_set_is_refused():
    with pytest.raises(ImproperlyConfigured, match="READ_DATABASE_URL"):
        call_command("verify", database="replica")


@pytest.mark.django_db
def test_an_open_transaction_does_not_move_to_another_database(monkeypatch):
    monkeypatch.setitem(connections.settings, "replica", connections.settings["default"])
    with pytest.raises(RuntimeError, match="transaction is open"), transaction.atomic(), reading_from("replica"):
        pass


@pytest.mark.django_db(transaction=True)
def test_afterwards_the_site_reads_and_writes_where_it_did(monkeypatch):
    monkeypatch.setitem(connections.settings, "replica", connections.settings["default"])
    ours = connections["default"]
    with reading_from("replica"):
        assert connections["default"] is not ours
        assert transparency.head().size == 0
    assert connections["default"] is ours
