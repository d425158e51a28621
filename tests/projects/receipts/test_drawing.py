"""Several processes draw one batch; one of them dies, or all are killed, and no statement is lost or noted twice."""

import multiprocessing
import os
import random
import signal
import time
import zipfile

import pytest
from django.db import connections

from projects.receipts import batch_storage, batches, drawing, render
from projects.receipts.batch_models import StatementBatch
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.factories.receipts import receipt_for, settled_gift

pytestmark = pytest.mark.django_db(transaction=True)
DONORS, KILLS = 24, 4
SUMS = [{"CNY": number * 1_01} for number in range(1, DONORS + 1)]


@pytest.fixture
def batch(charity_a, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    project = open_project(charity_a.organisation, slug="a")
    for number in range(1, DONORS + 1):
        gift = settled_gift(project, amount_minor=number * 1_01, email=f"{number}@example.org", name=f"捐赠人{number}")
        receipt_for(gift)
    days = {"since": BEGIN.date(), "until": BEGIN.date()}
    return batches.ask(charity_a.organisation, **days, by=charity_a.finance, at=BEGIN)


def packed(batch, charity) -> list[str]:
    with batches.fetch(batch, by=charity.finance, at=BEGIN) as file, zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def remember_who_draws(monkeypatch, tmp_path):
    keep = batch_storage.keep

    def keep_and_sign(ref, number, pdf):
        (tmp_path / f"drawn-by-{os.getpid()}").touch()
        keep(ref, number, pdf)

    monkeypatch.setattr(batch_storage, "keep", keep_and_sign)


def test_two_processes_draw_it_and_the_sums_are_whole(batch, charity_a, monkeypatch, tmp_path):
    remember_who_draws(monkeypatch, tmp_path)
    assert batches.make(batch, at=BEGIN) is False
    batch.refresh_from_db()
    assert (batch.state, batch.drawn, batch.failed) == ("READY", DONORS, 0)
    assert list(batch.statements.values_list("totals", flat=True)) == SUMS
    assert len(packed(batch, charity_a)) == DONORS + 1
    signed = {path.name for path in tmp_path.glob("drawn-by-*")}
    assert len(signed) == 2
    assert f"drawn-by-{os.getpid()}" not in signed


def test_a_paper_that_kills_its_process_fails_alone(batch, charity_a, monkeypatch):
    draw = render.draw_statement

    def dies_of_the_fifth(told, **how):
        if told.name == "捐赠人5":
            os.kill(os.getpid(), signal.SIGKILL)
        return draw(told, **how)

    monkeypatch.setattr(render, "draw_statement", dies_of_the_fifth)
    assert batches.make(batch, at=BEGIN) is False
    batch.refresh_from_db()
    assert (batch.state, batch.drawn, batch.failed) == ("READY", DONORS - 1, 1)
    failed = batch.statements.get(state="FAILED")
    assert (failed.number, failed.problem) == (5, drawing.NOT_DRAWN)
    assert "00005.pdf" not in packed(batch, charity_a)


def killed_after(batch, seconds: float) -> bool:
    """Whether a process that makes the batch was killed in the middle; False where it was done before."""
    connections.close_all()  # a connection is of one process
    child = multiprocessing.get_context("fork").Process(target=batches.make, args=(batch,), kwargs={"at": BEGIN})
    child.start()
    child.join(seconds)
    if child.is_alive():
        os.kill(child.pid, signal.SIGKILL)
    child.join()
    return child.exitcode == -signal.SIGKILL


def test_kills_lose_nothing_and_note_nothing_twice(batch, charity_a, monkeypatch):
    monkeypatch.setattr(batches, "NOTED_TOGETHER", 3)
    draw = render.draw_statement

    def slowly(told, **how):
        time.sleep(0.05)
        return draw(told, **how)

    monkeypatch.setattr(render, "draw_statement", slowly)
    lottery = random.Random(7)
    kills = sum(killed_after(batch, lottery.uniform(0.2, 0.8)) for _life in range(KILLS))
    assert kills
    while batches.make(batch, at=BEGIN):
        pass
    batch.refresh_from_db()
    assert (batch.state, batch.drawn, batch.failed) == ("READY", DONORS, 0)
    assert list(batch.statements.values_list("totals", flat=True)) == SUMS
    assert len(packed(batch, charity_a)) == DONORS + 1


def test_two_who_make_the_same_batch_note_each_statement_once(batch, charity_a):
    connections.close_all()
    other = multiprocessing.get_context("fork").Process(
        target=batches.make, args=(batch,), kwargs={"at": BEGIN, "most": DONORS // 2, "processes": 1}
    )
    other.start()
    batches.make(batch, at=BEGIN, most=DONORS // 2, processes=1)
    other.join()
    assert other.exitcode == 0
    batch.refresh_from_db()
    assert batch.drawn == batch.statements.filter(state="DRAWN").count() == DONORS // 2
    batches.make(batch, at=BEGIN)
    assert StatementBatch.objects.get().drawn == DONORS
