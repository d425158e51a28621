"""A book that is in use when its rows become narrow: nothing of it changes, there and back."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from ledger import transparency, verify
from ledger.models import Lot, Outbox
from ledger.policy import recipes
from tests.ledger import raw
from tests.ledger.helpers import Desk

TABLES = ("book", "account", "fund", "journalentry", "posting", "lot", "logleaf", "loghead", "outbox", "notice")


def migrate_to(name):
    executor = MigrationExecutor(connection)
    executor.migrate([("ledger", name)])


def rows(table):
    """Every row by its columns' names, whatever the order in which either shape keeps them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ledger_{table}")
        names = [column[0] for column in cursor.description]
        return sorted(str(sorted(zip(names, map(str, row), strict=True))) for row in cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_a_book_in_use_keeps_every_row_and_every_law():
    desk = Desk()
    first = desk.gift(300).entry_id
    desk.gift(500)
    desk.sequence()
    desk.award(200)
    desk.refund(first, 250)
    desk.sequence()
    desk.post(recipes.gift, 70, restricted=True)  # waits in the outbox on the way
    before = {table: rows(table) for table in TABLES}

    migrate_to("0011_laws_over_batches")
    assert [int(prev or 0) for (prev,) in raw.fetch("SELECT prev FROM ledger_lot ORDER BY fund_id, start")] == [
        lot.start for lot in Lot.objects.order_by("fund_id", "start")
    ]
    migrate_to("0014_document_rest")

    assert {table: rows(table) for table in TABLES} == before
    assert Outbox.objects.count() == 1
    assert transparency.sequence(at=desk.tick()) == 1
    # Rights were never given here, so nothing is expected of them; all else is as shipped and adds up.
    red = [str(finding) for check in verify.CHECKS for finding in verify.run_one(check).findings]
    assert red == []
    with raw.refused("L3"):
        raw.execute("DELETE FROM ledger_lot")
