"""The worker: every step has its turn, a failing step does not stop the others, a stop waits for the round's end."""

import logging
import threading

import pytest
from django.core.management import call_command

from charity_site import worker

pytestmark = pytest.mark.django_db(transaction=True)  # the worker closes stale connections


def test_a_failing_step_is_logged_and_the_others_go_on(caplog):
    def broken() -> int:
        raise ValueError("no")

    seen = []
    with caplog.at_level(logging.ERROR):
        assert worker.one_round([broken, lambda: seen.append(1) or 2, lambda: 3]) == 5
    assert seen == [1]
    assert "step broken failed" in caplog.text


def test_it_goes_on_until_told_and_finishes_the_round():
    stop = threading.Event()
    seen = []

    def first() -> int:
        seen.append("first")
        stop.set()
        return 0

    worker.run_until(stop, pause=60, steps=[first, lambda: seen.append("second") or 0])
    assert seen == ["first", "second"]


def test_it_does_not_pause_while_there_is_work():
    stop = threading.Event()
    rounds = []

    def busy() -> int:
        rounds.append(1)
        if len(rounds) == 3:
            stop.set()
        return 1

    worker.run_until(stop, pause=3600, steps=[busy])
    assert len(rounds) == 3


def test_it_runs_what_is_queued():
    from django_tasks_db.models import DBTaskResult

    from tests.charity_site.tasks import add

    queued = add.enqueue(2, 3)
    assert worker.run_tasks() == 1
    queued.refresh()
    assert queued.return_value == 5
    assert not DBTaskResult.objects.ready().exists()
    assert worker.run_tasks() == 0


def test_once_ends_when_nothing_is_left(monkeypatch):
    left = [2, 1, 0]
    monkeypatch.setattr(worker, "one_round", lambda: left.pop(0))
    call_command("worker", "--once")
    assert left == []
