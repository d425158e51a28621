"""Several processes issue receipts of one charity, for the same gifts, some rolled back: no gap, none twice."""

import subprocess
import sys

import pytest
from django.db import connection

from projects.receipts import queries
from projects.receipts.models import Receipt
from tests.factories.matching import project_with_fund
from tests.factories.receipts import settled_gift

PROCESSES, GIFTS = 4, 30

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer: there is no crowd"),
]


def test_a_crowd_gets_numbers_without_a_gap_and_one_receipt_a_gift():
    project = project_with_fund()
    gifts = [settled_gift(project) for _ in range(GIFTS)]
    words = [sys.executable, "-m", "tests.projects.receipts.crowd", connection.settings_dict["NAME"]]
    crowd = [subprocess.Popen([*words, str(gifts[0].pk), str(gifts[-1].pk)]) for _ in range(PROCESSES)]
    assert [one.wait(timeout=300) for one in crowd] == [0] * PROCESSES

    assert list(Receipt.objects.order_by("serial").values_list("serial", flat=True)) == list(range(1, GIFTS + 1))
    assert Receipt.objects.values("gift").distinct().count() == GIFTS
    assert queries.gaps() == []
