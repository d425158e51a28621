"""Statements of all donors of a charity: exact sums, one ZIP, failures listed, for its finance alone, for a week."""

import csv
import datetime
import io
import zipfile

import pytest
from django.db.models import Sum
from pypdf import PdfReader

from ledger.core.refusals import Refused
from projects.access.actors import STRIPE, WORKER
from projects.audit.models import AuditEvent, ReadLog
from projects.giving.personal import erase_donor
from projects.receipts import actions, batch_storage, batches, drawing, render, tasks
from projects.receipts.batch_models import StatementBatch
from projects.receipts.models import Receipt
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.factories.receipts import receipt_for, settled_gift

pytestmark = pytest.mark.django_db
DAY = BEGIN.date()
DAYS = {"since": DAY, "until": DAY}
WEEK = datetime.timedelta(days=batches.KEPT_DAYS)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path / "statements"


@pytest.fixture
def project(charity_a):
    return open_project(charity_a.organisation, slug="a")


@pytest.fixture
def receipts(charity_b, project):
    """Three donors of charity A, one of whom gave twice under two names and to charity B under a third."""
    elsewhere = open_project(charity_b.organisation, slug="b")
    return [
        receipt_for(settled_gift(project, amount_minor=100_00, email="a@example.org", name="王小明")),
        receipt_for(settled_gift(project, amount_minor=20_00, email="a@example.org", name="")),
        receipt_for(settled_gift(elsewhere, amount_minor=5_00, email="a@example.org", name="化名")),
        receipt_for(settled_gift(project, amount_minor=7_77, email="b@example.org", name="Ada King", language="en")),
        receipt_for(settled_gift(project, amount_minor=3_00, name="")),
    ]


def asked(charity, at=BEGIN, **days):
    return batches.ask(charity.organisation, **(DAYS | days), by=charity.finance, at=at)


def made(charity, **how):
    batch = asked(charity)
    while batches.make(batch, at=BEGIN, **how):
        pass
    batch.refresh_from_db()
    return batch


def content_of(batch, charity, at=BEGIN) -> zipfile.ZipFile:
    with batches.fetch(batch, by=charity.finance, at=at) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def refused(call) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def test_each_donor_gets_the_sum_of_the_valid_receipts_of_this_charity(charity_a, receipts):
    batch = made(charity_a, most=2)
    assert (batch.state, batch.total, batch.drawn, batch.failed) == ("READY", 3, 3, 0)
    assert list(batch.statements.values_list("totals", flat=True)) == [{"CNY": 120_00}, {"CNY": 7_77}, {"CNY": 3_00}]
    whole = Receipt.objects.filter(issuer=charity_a.organisation, void=None).aggregate(sum=Sum("amount_minor"))["sum"]
    assert sum(row.totals["CNY"] for row in batch.statements.all()) == whole == 130_77
    archive = content_of(batch, charity_a)
    assert archive.testzip() is None
    assert archive.namelist() == ["index.csv", "00001.pdf", "00002.pdf", "00003.pdf"]
    first, second, third = (text_of(archive.read(name)) for name in archive.namelist()[1:])
    for part in ("捐赠清单", "王小明", "¥120.00", "¥100.00", "¥20.00"):
        assert part in first, part
    assert ("化名" in first, "¥5.00" in first, "河川" in first) == (False, False, False)
    assert ("Statementofgifts" in second, "AdaKing" in second, "¥7.77" in second) == (True, True, True)
    assert "匿名" in third


def test_the_index_says_which_file_is_whose(charity_a, receipts):
    archive = content_of(made(charity_a), charity_a)
    rows = list(csv.reader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))
    assert rows == [
        ["file", "name", "pages", "currency", "total"],
        ["00001.pdf", "王小明", "1", "CNY", "120.00"],
        ["00002.pdf", "Ada King", "1", "CNY", "7.77"],
        ["00003.pdf", "", "1", "CNY", "3.00"],
    ]


def test_a_void_receipt_stands_in_it_and_is_not_counted(charity_a, project):
    gift = settled_gift(project, amount_minor=50_00, email="a@example.org")
    receipt_for(gift)
    gift.refunded_minor = 20_00
    gift.save()
    actions.answer_refund(gift=gift, by=STRIPE, at=BEGIN)
    batch = made(charity_a)
    assert batch.statements.get().totals == {"CNY": 30_00}
    assert "作废" in text_of(content_of(batch, charity_a).read("00001.pdf"))


def test_a_donor_whose_paper_fails_is_listed_and_the_others_go_on(charity_a, receipts, monkeypatch):
    draw = render.draw_statement

    def fails_for_ada(told, **how):
        if told.name == "Ada King":
            raise ValueError("no such glyph table")
        return draw(told, **how)

    monkeypatch.setattr(render, "draw_statement", fails_for_ada)
    batch = made(charity_a)
    assert (batch.state, batch.drawn, batch.failed) == ("READY", 2, 1)
    failed = batch.statements.get(state="FAILED")
    assert (failed.number, failed.problem) == (2, drawing.NOT_DRAWN)
    assert content_of(batch, charity_a).namelist() == ["index.csv", "00001.pdf", "00003.pdf"]


def test_a_lost_disk_is_nobodys_fault_and_the_batch_waits(charity_a, receipts, monkeypatch):
    def full(*_given):
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(batch_storage, "keep", full)
        with pytest.raises(OSError, match="no space"):
            made(charity_a)
    batch = StatementBatch.objects.get()
    assert (batch.state, batch.done) == ("MAKING", 0)
    assert batches.make(batch, at=BEGIN) is False
    batch.refresh_from_db()
    assert (batch.state, batch.drawn) == ("READY", 3)


def test_what_the_disk_lost_before_it_was_packed_is_drawn_again(charity_a, receipts, folder):
    batch = asked(charity_a)
    assert batches.make(batch, at=BEGIN, most=2)
    (folder / batch.ref / "1.pdf").unlink()
    (folder / batch.ref / "2.pdf").write_bytes(b"")
    assert batches.make(batch, at=BEGIN)
    assert not batches.make(batch, at=BEGIN)
    assert len(content_of(StatementBatch.objects.get(), charity_a).namelist()) == 4


def test_the_task_gives_others_their_turn_and_ends(charity_a, receipts, monkeypatch, settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    monkeypatch.setattr(batches, "AT_ONCE", 1)
    batch = asked(charity_a)
    tasks.make_statements.enqueue(batch.ref)
    batch.refresh_from_db()
    assert (batch.state, batch.drawn) == ("READY", 3)
    assert tasks.make_statements.call(batch.ref) is False


def test_a_batch_without_news_is_handed_on_once(charity_a, receipts):
    batch = asked(charity_a)
    assert batches.still(at=BEGIN + batches.STILL - datetime.timedelta(seconds=1)) == []
    assert batches.still(at=BEGIN + batches.STILL) == [batch.ref]
    assert batches.still(at=BEGIN + batches.STILL) == []


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ({"since": DAY + WEEK}, "days_reversed"),
        ({"since": DAY + WEEK, "until": DAY + WEEK}, "no_receipts"),
    ],
)
def test_it_refuses_days_that_make_no_statements(charity_a, receipts, days, code):
    assert refused(lambda: asked(charity_a, **days)) == code
    assert not StatementBatch.objects.exists()


def test_it_refuses_more_donors_than_a_batch_holds(charity_a, receipts, monkeypatch):
    monkeypatch.setattr(batches, "MOST_DONORS", 2)
    assert refused(lambda: asked(charity_a)) == "too_many_donors"
    monkeypatch.setattr(batches, "MOST_DONORS", 3)
    assert asked(charity_a).total == 3


def test_it_refuses_a_second_batch_while_one_is_made(charity_a, charity_b, receipts):
    asked(charity_a)
    assert refused(lambda: asked(charity_a)) == "statements_under_way"
    assert asked(charity_b).total == 1


@pytest.mark.parametrize("person", ["editor", "caseworker", "checker", "admin"])
def test_only_finance_of_this_charity_asks_fetches_or_throws_away(charity_a, charity_b, receipts, person):
    batch = made(charity_a)
    for who in (getattr(charity_a, person), getattr(charity_b, person), charity_b.finance):
        ask = lambda: batches.ask(charity_a.organisation, **DAYS, by=who, at=BEGIN)  # noqa: B023, E731
        fetch = lambda: batches.fetch(batch, by=who, at=BEGIN)  # noqa: B023, E731
        throw = lambda: batches.discard(batch, by=who, at=BEGIN)  # noqa: B023, E731
        assert [refused(ask), refused(fetch), refused(throw)] == ["not_permitted"] * 3
    assert not ReadLog.objects.exists()


def test_each_fetch_is_in_the_read_log(charity_a, receipts):
    batch = made(charity_a)
    content_of(batch, charity_a)
    content_of(batch, charity_a)
    looks = ReadLog.objects.filter(subject_kind="statement_batch", subject_ref=batch.ref)
    assert [look.by_ref for look in looks] == [charity_a.finance.ref] * 2
    events = AuditEvent.objects.filter(subject_ref=batch.ref).order_by("id").values_list("event", flat=True)
    assert list(events) == ["statements.asked", "statements.ready"]


def test_it_is_not_fetched_before_it_is_ready_nor_after_its_week(charity_a, receipts, folder):
    batch = asked(charity_a)
    assert refused(lambda: content_of(batch, charity_a)) == "statements_not_ready"
    batches.make(batch, at=BEGIN)
    batch.refresh_from_db()
    content_of(batch, charity_a, at=BEGIN + WEEK - datetime.timedelta(seconds=1))
    assert refused(lambda: content_of(batch, charity_a, at=BEGIN + WEEK)) == "statements_expired"
    assert ReadLog.objects.count() == 1


def test_the_file_goes_after_its_week_with_what_kills_left_behind(
    charity_a, receipts, folder, django_capture_on_commit_callbacks
):
    batch = made(charity_a)
    assert [path.name for path in folder.iterdir()] == [f"{batch.ref}.zip"]
    (folder / "dead").mkdir()
    (folder / "dead" / "1.pdf").write_bytes(b"x")
    (folder / f"{batch.ref}.4711").write_bytes(b"x")
    assert batches.forget_expired(by=WORKER, at=BEGIN) == 0
    assert [path.name for path in folder.iterdir()] == [f"{batch.ref}.zip"]
    with django_capture_on_commit_callbacks(execute=True):
        assert batches.forget_expired(by=WORKER, at=BEGIN + WEEK) == 1
    batch.refresh_from_db()
    assert (batch.state, list(folder.iterdir())) == ("EXPIRED", [])


def test_a_donor_who_is_erased_takes_the_papers_along(charity_a, receipts, folder, django_capture_on_commit_callbacks):
    ready = made(charity_a)
    half = asked(charity_a)
    batches.make(half, at=BEGIN, most=1)
    with django_capture_on_commit_callbacks(execute=True):
        erase_donor(receipts[0].gift.donor, by=WORKER, at=BEGIN)
    assert set(StatementBatch.objects.values_list("state", flat=True)) == {"EXPIRED"}
    assert list(folder.iterdir()) == []
    assert batches.make(half, at=BEGIN) is False
    assert refused(lambda: content_of(StatementBatch.objects.get(pk=ready.pk), charity_a)) == "statements_expired"


def test_a_batch_thrown_away_while_it_is_made_leaves_nothing(charity_a, receipts, folder, monkeypatch):
    batch, keep = asked(charity_a), batch_storage.keep

    def thrown_away_meanwhile(*given):
        keep(*given)
        StatementBatch.objects.update(state="EXPIRED")

    monkeypatch.setattr(batch_storage, "keep", thrown_away_meanwhile)
    assert batches.make(batch, at=BEGIN) is False
    assert list(folder.iterdir()) == []
    batch.refresh_from_db()
    assert batch.done == 0
