"""Killed at any moment and started again: nothing is lost, nothing doubled, and the books verify.

A child process posts a stream in bulk and has the sequencer number it, until SIGKILL ends it in the middle. When, is
drawn from a seeded lottery and counted in function calls, not in seconds: so it can be anywhere, also between two
statements of a transaction, and does not hang on how busy the machine is.
"""

import os
import random
import signal
import sys
from datetime import timedelta

import pytest
from django.db import connections

from ledger import bulk, sequencer, transparency, verify
from ledger.models import JournalEntry, LogHead, LogLeaf, Lot, Notice, Outbox, Posting
from ledger.policy import recipes
from tests.ledger import raw
from tests.ledger.helpers import BY, DAY, START, Desk

KILLS = 20
# Each life finds so many more gifts in its stream than the one before.
MORE = 15


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 10)
    monkeypatch.setattr(bulk, "LARGER_ON_SQLITE", 1)
    monkeypatch.setattr(sequencer, "BATCH", 10)
    monkeypatch.setattr(sequencer, "LARGE", 1)  # so that batches are written beside, as large ones are


def gifts(count):
    for number in range(count):
        draft = recipes.gift(
            book=raw.BOOK, fund="desks", amount_minor=number + 1, currency="CNY", effective_on=DAY, restricted=True,
            document_ref=f"document-{number:04}",
        )  # fmt: skip
        yield draft, START + timedelta(minutes=1, milliseconds=number), f"gift:{number}"


def work(count):
    bulk.post_many(gifts(count), by=BY)
    transparency.sequence(at=START + timedelta(hours=1))


def killed(count, calls):
    """Whether a child that does this work died after so many calls; False where it was ready before."""
    connections.close_all()  # a connection is of one process
    child = os.fork()
    if not child:
        _live(count, calls)
    _child, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _live(count, calls):
    """The child: it never returns to the tests."""
    left = calls

    def count_down(_frame, _event, _argument):
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    code = 1
    try:
        sys.setprofile(count_down)
        work(count)
        code = 0
    finally:
        sys.setprofile(None)
        os._exit(code)


@pytest.mark.django_db(transaction=True)
def test_twenty_kills_lose_nothing_and_double_nothing():
    desk = Desk(raw.BOOK)
    desk.sequence()
    lottery, longest, kills, lives = random.Random(20), 30_000, 0, 0
    while kills < KILLS:
        lives += 1
        assert lives < 5 * KILLS, "the child is always ready before its end: draw fewer calls"
        calls = lottery.randint(50, longest)
        if killed(MORE * (kills + 1), calls):
            kills += 1
        else:
            longest = max(1_000, calls)
    count = MORE * KILLS
    work(count)

    assert sorted(JournalEntry.objects.values_list("idempotency_key", flat=True)) == sorted(
        key for _draft, _at, key in gifts(count)
    )
    assert Posting.objects.count() == count
    assert not Outbox.objects.exists()
    size = count + Notice.objects.count()
    assert list(LogLeaf.objects.order_by("position").values_list("position", flat=True)) == list(range(size))
    assert LogHead.objects.order_by("-size")[0].size == size
    assert Lot.objects.order_by("-stop")[0].stop == count * (count + 1) // 2
    assert [str(finding) for check in verify.CHECKS for finding in verify.run_one(check).findings] == []
