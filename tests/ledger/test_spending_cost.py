"""A spending costs the same whether it covers ten gifts or ten thousand: one stretch, and a look at the line's ends."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import bulk, fund_lines
from ledger.models import LotUse
from ledger.policy import recipes
from tests.ledger import raw
from tests.ledger.helpers import BY, DAY, START, Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    desk = Desk(raw.BOOK)
    bulk.post_many(
        (
            (
                recipes.gift(
                    book=raw.BOOK, fund="desks", amount_minor=10, currency="CNY", effective_on=DAY, restricted=True,
                    document_ref=f"document-{number:05}",
                ),
                START + timedelta(minutes=1, milliseconds=number),
                f"gift:{number}",
            )
            for number in range(1_200)
        ),
        by=BY,
    )  # fmt: skip
    desk.at += timedelta(minutes=10)
    desk.sequence()
    return desk


def test_as_many_statements_and_rows_for_many_gifts_as_for_few(desk):
    asked = []
    for gifts in (1, 10, 1_000):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            desk.award(10 * gifts)
        asked.append([query["sql"].split("WHERE")[0][:60] for query in queries])
        assert LotUse.objects.count() == len(asked)
    assert len({len(statements) for statements in asked}) == 1


def test_of_the_line_only_its_ends_and_the_holes_ahead_are_read(desk):
    """What a spending reads of lots, uses and holes: one row each, and the holes it will step over."""
    first = desk.gift(50).entry_id
    desk.sequence()
    desk.award(5_000)
    desk.refund(first, 20)
    state = fund_lines.lock_lines(raw.BOOK, ["desks"])["desks"]
    assert (state.cursor, state.end, len(state.holes_ahead)) == (5_000, 12_050, 1)


@pytest.mark.parametrize(
    ("table", "asks"),
    [
        ("ledger_lotuse", "SELECT max(stop) FROM ledger_lotuse WHERE fund_id = {fund}"),
        ("ledger_lot", "SELECT stop FROM ledger_lot WHERE fund_id = {fund} ORDER BY start DESC LIMIT 1"),
        ("ledger_lothole", "SELECT 1 FROM ledger_lothole WHERE fund_id = {fund} AND start >= 10 AND start < 20"),
    ],
)
def test_what_the_laws_ask_of_a_line_is_one_look_into_an_index(desk, table, asks):
    """The questions of ``l08_uses``, by the engine's own plan: no table is read through."""
    sql = asks.format(fund=raw.fund_id("desks"))
    if connection.vendor == "sqlite":
        plan = " ".join(str(row) for row in raw.fetch(f"EXPLAIN QUERY PLAN {sql}"))
        assert f"SEARCH {table} USING" in plan
    else:
        raw.execute("SET LOCAL enable_seqscan = off")
        plan = " ".join(row[0] for row in raw.fetch(f"EXPLAIN {sql}"))
        assert "Index" in plan
        assert "Seq Scan" not in plan
