"""The laws of receipts, tried around the ORM."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from projects.access.actors import DEMO
from projects.receipts import actions
from tests.factories.access import BEGIN
from tests.factories.matching import project_with_fund
from tests.factories.receipts import receipt_for, settled_gift
from tests.refusals import done, refused_by_database

pytestmark = pytest.mark.django_db


COLUMNS = (
    "ref, issuer_id, year, serial, number, check_code, gift_ref, edition, amount_minor, currency, language, given_on,"
    " issuer_name_zh, issuer_name_en, credit_code, project_name_zh, project_name_en, filing_number, handler, issued_at,"
    " issued_by"
)


def copy_of(receipt, **columns) -> tuple:
    """An INSERT that repeats a receipt's row, but for the columns named."""
    row = {"ref": uuid.uuid4().hex, "check_code": uuid.uuid4().hex[:10], "number": uuid.uuid4().hex[:10]} | columns
    picked = ["%s" if name.strip() in row else name for name in COLUMNS.split(",")]
    values = [row[name.strip()] for name in COLUMNS.split(",") if name.strip() in row]
    sql = f"INSERT INTO receipts_receipt ({COLUMNS}) SELECT {', '.join(picked)} FROM receipts_receipt WHERE id = %s"
    return sql, *values, receipt.pk


@pytest.fixture
def receipt():
    return receipt_for()


@pytest.fixture
def other_gift(receipt):
    return settled_gift(receipt.gift.project)


def test_the_next_serial_is_taken(receipt, other_gift):
    done(*copy_of(receipt, serial=2, gift_ref=other_gift.ref))


@pytest.mark.parametrize("serial", [0, 3])
def test_it_refuses_a_serial_that_is_not_the_next(receipt, other_gift, serial):
    assert "receipt_serial" in refused_by_database(*copy_of(receipt, serial=serial, gift_ref=other_gift.ref))


def test_it_refuses_a_serial_that_is_taken(receipt, other_gift):
    refused_by_database(*copy_of(receipt, serial=1, gift_ref=other_gift.ref))


def test_it_refuses_a_first_serial_that_is_not_one(receipt, other_gift):
    assert "receipt_serial" in refused_by_database(*copy_of(receipt, year=2027, serial=2, gift_ref=other_gift.ref))


def test_it_refuses_a_second_receipt_while_the_first_counts(receipt):
    assert "receipt_valid_once" in refused_by_database(*copy_of(receipt, serial=2, edition=2))


def test_it_refuses_an_edition_that_is_not_the_next(receipt):
    actions.void(gift=receipt.gift, reason="MISTAKE", by=DEMO, at=BEGIN)
    assert "receipt_edition" in refused_by_database(*copy_of(receipt, serial=2, edition=3))
    done(*copy_of(receipt, serial=2, edition=2))


def test_it_refuses_a_receipt_for_what_is_no_gift(receipt):
    done(*copy_of(receipt, serial=2, gift_ref=uuid.uuid4().hex))
    with pytest.raises(DatabaseError):
        connection.check_constraints()
    transaction.set_rollback(True)


def test_it_refuses_an_amount_of_nothing(receipt, other_gift):
    refused_by_database(*copy_of(receipt, serial=2, gift_ref=other_gift.ref, amount_minor=0))


@pytest.mark.parametrize("table", ["receipts_receipt", "receipts_receiptvoid", "receipts_receiptwaiver"])
def test_nothing_issued_is_changed_or_removed(receipt, table):
    actions.void(gift=receipt.gift, reason="MISTAKE", by=DEMO, at=BEGIN)
    actions.waive(gift=settled_gift(project_with_fund()), by=DEMO, at=BEGIN)
    refused_by_database(f"UPDATE {table} SET id = id")
    refused_by_database(f"DELETE FROM {table}")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="TRUNCATE is PostgreSQL's")
@pytest.mark.parametrize("table", ["receipts_receipt", "receipts_receiptdonor", "receipts_receiptwaiver"])
def test_no_table_of_receipts_is_emptied(table):
    refused_by_database(f"TRUNCATE {table} CASCADE")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="REPLACE is SQLite's")
def test_no_receipt_is_replaced(receipt):
    sql, *values = copy_of(receipt, check_code=receipt.check_code, amount_minor=1)
    refused_by_database(sql.replace("INSERT", "INSERT OR REPLACE", 1), *values)


def test_it_refuses_a_second_void(receipt):
    actions.void(gift=receipt.gift, reason="MISTAKE", by=DEMO, at=BEGIN)
    refused_by_database(
        "INSERT INTO receipts_receiptvoid (receipt_id, reason, at, by_ref) "
        "SELECT receipt_id, reason, at, by_ref FROM receipts_receiptvoid"
    )


@pytest.mark.parametrize(
    "change", ["name = 'somebody else'", "name = ''", "kind = 'ANONYMOUS', name = ''", "erased_at = '2026-03-02 00:00'"]
)
def test_the_donor_on_a_receipt_is_never_changed(receipt, change):
    refused_by_database(f"UPDATE receipts_receiptdonor SET {change}")


def test_the_donor_on_a_receipt_is_never_removed(receipt):
    assert "receipt_donor_kept" in refused_by_database("DELETE FROM receipts_receiptdonor")


def test_an_erased_donor_does_not_come_back(receipt):
    actions.erase_donor(gift=receipt.gift, by=DEMO, at=BEGIN)
    assert "receipt_donor_kept" in refused_by_database("UPDATE receipts_receiptdonor SET name = 'x', erased_at = NULL")
