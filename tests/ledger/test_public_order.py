"""What stands where: entries by kind and by fund, in the order of the log, page by page."""

from datetime import timedelta

import pytest
from django.db import connection

from ledger import sequencer, transparency, verify
from ledger.models import LogHead, LogLeaf, Outbox
from tests.ledger.helpers import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    desk = Desk()
    desk.fund("books")
    return desk


def refs(entries) -> list[int]:
    return [entry.amount_minor for entry in entries]


def test_entries_of_a_kind_come_in_the_order_of_the_log(desk):
    for amount, fund in ((1_00, "desks"), (2_00, "books"), (3_00, "desks")):
        desk.gift(amount, fund=fund)
    desk.sequence()
    desk.award(50)
    desk.sequence()
    assert refs(transparency.entries_since(0, kinds=["GIFT"])) == [1_00, 2_00, 3_00]
    assert refs(transparency.entries_since(0, kinds=["GIFT", "AWARD"], limit=2)) == [1_00, 2_00]
    assert refs(transparency.all_entries(kinds=["AWARD"])) == [50]
    assert refs(transparency.entries_since(0, kinds=[])) == []


def test_entries_of_a_fund_are_those_of_its_own_book(desk):
    other = Desk("charity-b")
    for amount, fund in ((1_00, "desks"), (2_00, "books"), (3_00, "desks")):
        desk.gift(amount, fund=fund)
    other.gift(9_00)
    desk.sequence()
    assert refs(transparency.all_entries(kinds=["GIFT"], fund=(desk.book, "desks"))) == [1_00, 3_00]
    assert refs(transparency.all_entries(kinds=["GIFT"], fund=(other.book, "desks"))) == [9_00]
    assert refs(transparency.all_entries(kinds=["GIFT"], fund=(desk.book, "nowhere"))) == []


def test_pages_leave_nothing_out_and_repeat_nothing(desk, monkeypatch):
    for amount in range(1, 8):
        desk.gift(amount)
        desk.gift(100 + amount, fund="books")
    desk.sequence()
    monkeypatch.setattr(transparency, "PAGE", 3)
    assert refs(transparency.all_entries(kinds=["GIFT"], fund=(desk.book, "books"))) == list(range(101, 108))
    position, seen = 0, []
    while page := transparency.entries_since(position, kinds=["GIFT"], limit=3):
        seen += refs(page)
        position = page[-1].position + 1
    assert len(seen) == 14
    assert sorted(seen) == [*range(1, 8), *range(101, 108)]


def test_no_plan_goes_through_the_leaves_for_each_row_that_waits(desk):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's plans do not hang on statistics")
    for amount in range(1, 6):
        desk.gift(amount)
    plans = []

    def explained(execute, sql, values, many, context):
        if sql.strip().startswith("DELETE FROM ledger_outbox"):
            with connection.connection.cursor() as cursor:  # not through this wrapper again
                plans.append(str(cursor.execute(f"EXPLAIN {sql}", values).fetchall()))
        return execute(sql, values, many, context)

    with connection.cursor() as cursor:  # as a vacuum leaves it that came by when nothing waited
        cursor.execute("UPDATE pg_class SET reltuples = 0, relpages = 130 WHERE relname LIKE 'ledger_outbox%'")
    with connection.execute_wrapper(explained):
        desk.sequence()
    assert plans
    assert "Nested Loop" not in "".join(plans)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("large", [1, 1_000])
def test_a_batch_is_made_ready_anew_when_another_sequencer_has_come_by(monkeypatch, large):
    """The other one numbers what this one has read, at the worst moment, and something new comes in as well."""
    desk = Desk()
    for amount in range(1, 8):
        desk.gift(amount)
    read, write = sequencer._read, sequencer._write
    refused, rivals, later = [], [1, 1], desk.at + timedelta(hours=1)

    def read_while_another_comes_by(*given):
        batch = read(*given)
        if rivals and batch:
            rivals.pop()
            transparency.sequence(at=later)
            desk.gift(100 + len(rivals))
        return batch

    def write_and_tell(ready, at):
        done = write(ready, at)
        refused.append(done)
        return done

    monkeypatch.setattr(sequencer, "BATCH", 3)
    monkeypatch.setattr(sequencer, "LARGE", large)
    monkeypatch.setattr(sequencer, "_read", read_while_another_comes_by)
    monkeypatch.setattr(sequencer, "_write", write_and_tell)
    transparency.sequence(at=later)
    assert False in refused
    assert not Outbox.objects.exists()
    assert LogHead.objects.order_by("-size")[0].size == LogLeaf.objects.count()
    assert len({leaf.entry_id or leaf.notice_id for leaf in LogLeaf.objects.all()}) == LogLeaf.objects.count()
    assert [str(finding) for check in verify.CHECKS for finding in verify.run_one(check).findings] == []
