"""Finance asks for statements, sees how far they have come, and fetches them. In both languages."""

import io
import zipfile

import pytest
from django.urls import reverse
from pypdf import PdfReader
from wagtail.users.models import UserProfile

from projects.audit.models import ReadLog
from projects.receipts import batches, render
from projects.receipts.batch_models import StatementBatch
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.factories.receipts import receipt_for, settled_gift

pytestmark = pytest.mark.django_db
DAYS = {"since": "2026-01-01", "until": "2026-12-31"}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def finance(client, charity_a):
    client.force_login(charity_a.finance)
    return client


@pytest.fixture
def gift(charity_a, charity_b):
    gift = settled_gift(open_project(charity_a.organisation), email="lin@example.org", name="林晓")
    other = settled_gift(open_project(charity_b.organisation), amount_minor=5_00, email="lin@example.org", name="化名")
    for each in (gift, other, settled_gift(gift.project, name="王强", email="wang@example.org")):
        receipt_for(each)
    return gift


def address(name: str, *args) -> str:
    return reverse(f"workspace_donor_statements:{name}", args=args)


def ask(client, charity, **days):
    return client.post(address("ask"), {"organisation": charity.organisation.pk, **DAYS, **days}, follow=True)


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


@pytest.mark.parametrize(
    ("language", "begun", "half", "done"),
    [
        ("zh-hans", "清单正在后台生成", "已完成 1 份，共 2 份清单", "下载 ZIP 文件"),
        ("en", "The statements are made in the background", "1 of 2 statements are done", "Download the ZIP file"),
    ],
)
def test_it_shows_how_far_it_has_come(finance, charity_a, gift, language, begun, half, done):
    UserProfile.objects.create(user=charity_a.finance, preferred_language=language)
    assert begun in ask(finance, charity_a).text
    batch = StatementBatch.objects.get()
    batches.make(batch, at=BEGIN, most=1)
    page = finance.get(address("show", batch.ref)).text
    assert (half in page, "data-look-again" in page, done in page) == (True, True, False)
    batches.make(batch, at=BEGIN)
    page = finance.get(address("show", batch.ref)).text
    assert (done in page, "data-look-again" in page) == (True, False)
    assert "王强" not in page


def test_the_file_is_fetched_by_a_press_and_by_nothing_else(finance, charity_a, gift):
    ask(finance, charity_a)
    batch = StatementBatch.objects.get()
    early = finance.post(address("fetch", batch.ref), follow=True)
    assert "清单仍在生成" in early.text
    batches.make(batch, at=BEGIN)
    assert finance.get(address("fetch", batch.ref)).status_code == 405
    answer = finance.post(address("fetch", batch.ref))
    assert answer["Content-Disposition"] == 'attachment; filename="statements-2026-01-01-2026-12-31.zip"'
    assert "no-store" in answer["Cache-Control"]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.namelist() == ["index.csv", "00001.pdf", "00002.pdf"]
    assert ReadLog.objects.filter(subject_kind="statement_batch", by_ref=charity_a.finance.ref).count() == 1


def test_finance_of_another_charity_finds_nothing(client, charity_a, charity_b, gift):
    batch = batches.ask(charity_a.organisation, since=BEGIN.date(), until=BEGIN.date(), by=charity_a.finance, at=BEGIN)
    batches.make(batch, at=BEGIN)
    client.force_login(charity_b.finance)
    assert client.post(address("fetch", batch.ref)).status_code == 404
    assert client.post(address("of_gift", gift.ref), DAYS).status_code == 404
    assert batch.ref[:8] not in client.get(address("index")).text
    refused = client.post(address("ask"), {"organisation": charity_a.organisation.pk, **DAYS})
    assert refused.status_code == 200
    assert StatementBatch.objects.count() == 1
    assert not ReadLog.objects.exists()


def test_days_without_receipts_are_refused_by_their_field(finance, charity_a, gift):
    page = ask(finance, charity_a, since="2020-01-01", until="2020-12-31").text
    assert "所选日期内到账的捐赠没有收据" in page
    assert "截止日期早于起始日期" in ask(finance, charity_a, since="2026-12-31", until="2026-01-01").text
    assert not StatementBatch.objects.exists()


def test_what_could_not_be_drawn_is_listed_and_leads_to_a_gift(finance, charity_a, gift, monkeypatch):
    def fails(told, **how):
        raise ValueError("cannot be drawn")

    monkeypatch.setattr(render, "draw_statement", fails)
    ask(finance, charity_a)
    batches.make(StatementBatch.objects.get(), at=BEGIN)
    page = finance.get(address("show", StatementBatch.objects.get().ref)).text
    assert "这份清单未能生成" in page
    assert address("of_gift", gift.ref) in page


def test_thrown_away_by_hand_it_is_gone(finance, charity_a, gift, django_capture_on_commit_callbacks):
    ask(finance, charity_a)
    batch = StatementBatch.objects.get()
    batches.make(batch, at=BEGIN)
    with django_capture_on_commit_callbacks(execute=True):
        finance.post(address("discard", batch.ref))
    assert "清单已销毁，请重新生成" in finance.post(address("fetch", batch.ref), follow=True).text


def test_one_donors_statement_holds_the_receipts_of_this_charity_alone(finance, charity_a, gift):
    assert address("of_gift", gift.ref) in finance.get(reverse("workspace_gifts:show", args=[gift.ref])).text
    answer = finance.post(address("of_gift", gift.ref), DAYS)
    assert answer["Content-Type"] == "application/pdf"
    text = text_of(answer.content)
    assert ("林晓" in text, "¥100.00" in text) == (True, True)
    assert ("化名" in text, "5.00" in text, "王强" in text) == (False, False, False)
    look = ReadLog.objects.get(subject_kind="donor")
    assert (look.subject_ref, look.by_ref) == (gift.donor.ref, charity_a.finance.ref)


def test_one_donors_statement_of_empty_days_is_refused(finance, charity_a, gift):
    page = finance.post(address("of_gift", gift.ref), {"since": "2020-01-01", "until": "2020-12-31"}).text
    assert "所选日期内到账的捐赠没有收据" in page
