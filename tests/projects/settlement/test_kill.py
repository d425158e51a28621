"""Killed at any moment and started again: each gift once, and the totals equal the file's.

A child process takes the file in until SIGKILL ends it in the middle: when, is drawn from a seeded lottery and counted
in function calls, so that it can be anywhere, also between two statements of a transaction.
"""

import os
import random
import signal
import sys
import threading

import pytest
from django.db import connections

from ledger import balances, transparency
from projects.giving.models import Donor, Gift
from projects.settlement import actions, importing
from projects.settlement.models import RawRow, SettlementRow
from tests.factories import settlement as make
from tests.factories.access import BEGIN

KILLS = 6
ROWS = 60


def killed(file, calls: int) -> bool:
    """Whether a child that takes the file in died after so many calls; False where it was done before."""
    connections.close_all()  # a connection is of one process
    child = os.fork()
    if not child:
        _live(file, calls)
    _child, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _live(file, calls: int) -> None:
    """The child: it never returns to the tests."""
    left = calls

    def count_down(_frame, _event, _argument):
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    code = 1
    try:
        threading.setprofile(count_down)  # of the thread that writes, which begins later
        sys.setprofile(count_down)
        actions.import_rows(file, at=BEGIN)
        code = 0
    finally:
        sys.setprofile(None)
        os._exit(code)


@pytest.mark.django_db(transaction=True)
def test_kills_at_any_moment_lose_nothing_and_double_nothing(charity_a, monkeypatch):
    monkeypatch.setattr(importing, "STRETCH", 4)
    rows = [make.gift(number, f"{number}.00") for number in range(1, ROWS)]
    rows.append(make.row("R", "退款", "1.00", 原编号="7"))
    file = make.started(charity_a, make.csv_of(rows))
    lottery, kills = random.Random(7), 0
    for _life in range(KILLS):
        kills += killed(file, lottery.randint(2_000, 40_000))
    assert kills >= KILLS // 2
    actions.import_rows(file, at=BEGIN)
    file.refresh_from_db()
    assert file.state == "COMPLETE"
    assert (RawRow.objects.count(), SettlementRow.objects.count()) == (ROWS, ROWS)
    assert (Gift.objects.count(), Donor.objects.count()) == (ROWS - 1, ROWS - 1)
    while transparency.sequence(at=BEGIN):
        pass
    owed = balances.balance(book=charity_a.organisation.book_code, account="1009.platform", currency="CNY")
    assert owed == file.expected_minor == (ROWS * (ROWS - 1) // 2) * 100 - 100
