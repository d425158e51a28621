"""The journal in partitions, for the tests that want it so: two buckets of books, two quarters and the rest."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection

from ledger import partitions
from tests import guards

QUARTERS = partitions.quarters(date(2026, 7, 1), date(2026, 12, 31))


def divide() -> None:
    if not partitions.is_divided():
        partitions.divide(2, QUARTERS)


@pytest.fixture(scope="module")
def divided(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """The tests' database with its journal in partitions, for one file; put back as it was afterwards."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no partitions")
    with django_db_blocker.unblock():
        was = partitions.is_divided()
        divide()
    yield
    with django_db_blocker.unblock():
        if not was:
            guards.restore_copy()


@pytest.fixture
def divided_still(divided: None, db: None) -> None:
    """Also after a committing test, which puts the database back as the migrations left it."""
    divide()
