"""The PDF behind the private link: complete, in both languages, kept, and never with empty boxes."""

import io

import pytest
from django.core.checks.registry import registry
from django.test import override_settings
from pypdf import PdfReader

from ledger import transparency
from projects.access.actors import DEMO
from projects.receipts import actions, checks, codes, queries, render, storage
from tests.factories.access import BEGIN
from tests.factories.receipts import receipt_for, settled_gift

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(tmp_path, settings):
    settings.VAR_DIR = tmp_path


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def sequenced(**details):
    receipt = receipt_for(**details)
    transparency.sequence(at=BEGIN)
    return queries.receipt_of(receipt.gift)


@pytest.mark.parametrize(
    ("language", "title", "official"),
    [("zh-hans", "捐赠收据", "不是财政部门监制的公益事业捐赠票据"), ("en", "Donationreceipt", "Itisnottheofficial")],
)
def test_it_holds_everything_a_receipt_must_say(language, title, official):
    receipt = sequenced(amount_minor=17_500_00, name="王小明")
    text = text_of(render.pdf_of(receipt, language=language))
    for part in (
        title,
        receipt.number,
        "王小明",
        "¥17,500.00",
        "人民币壹万柒仟伍佰元整",
        receipt.credit_code,
        receipt.handler,
        "2026-03-02",
        codes.shown(receipt.check_code),
        receipt.gift.trace_token,
        render.reading.entry(receipt.gift.entry_id).leaf_hash_hex,
        official,
    ):
        assert part in text, part
    assert ("作废" in text or "VOID" in text) is False


def test_long_names_stay_on_one_page():
    receipt = sequenced(name="阿卜杜热西提·买买提明·艾合买提江与" + "Maria Alexandra von Habsburg-Lothringen")
    for language in ("zh-hans", "en"):
        assert len(PdfReader(io.BytesIO(render.pdf_of(receipt, language=language))).pages) == 1


def test_a_void_receipt_says_so_across_the_page():
    receipt = sequenced()
    actions.void(gift=receipt.gift, reason="REFUNDED", by=DEMO, at=BEGIN)
    text = text_of(render.pdf_of(queries.receipt_of(receipt.gift), language="en"))
    assert "VOID" in text
    assert "Thisreceiptisvoidsince2026-03-02" in text


def test_a_name_that_holds_markup_is_only_a_name():
    html = render.page(sequenced(name="<script>x</script><img src=file:///etc/passwd>"), language="en")
    assert "<script>" not in html
    assert "&lt;img" in html


def test_drawing_fetches_nothing(tmp_path):
    (tmp_path / "secret.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">secret</text></svg>')
    drawn = render.draw(f'<p>seen<img src="file://{tmp_path}/secret.svg"></p>')
    assert text_of(drawn.pdf) == "seen"


def test_a_drawing_is_kept_and_given_again(monkeypatch):
    receipt = sequenced()
    first = render.pdf_of(receipt, language="en")
    monkeypatch.setattr(render, "draw", lambda *args: pytest.fail("drawn again"))
    assert render.pdf_of(receipt, language="en") == first


def test_erasing_the_donor_forgets_the_drawings(django_capture_on_commit_callbacks):
    receipt = sequenced(name="王小明")
    render.pdf_of(receipt, language="en")
    folder = storage._folder()
    assert folder.listdir(receipt.ref)[1]
    with django_capture_on_commit_callbacks(execute=True):
        actions.erase_donor(gift=receipt.gift, by=DEMO, at=BEGIN)
    assert not folder.listdir(receipt.ref)[1]
    assert "王小明" not in text_of(render.pdf_of(queries.receipt_of(receipt.gift), language="en"))


# --- fonts -------------------------------------------------------------------------------------------------------

UNSHOWABLE = "\U000e5000"  # a character that no font has


def test_a_character_that_no_font_has_is_found():
    assert render.unshown_of(f"a{UNSHOWABLE}") == (UNSHOWABLE,)
    assert render.unshown_of(render.SPECIMEN) == ()


def test_a_receipt_that_cannot_be_shown_whole_says_so_and_is_not_kept():
    receipt = sequenced(name=f"王{UNSHOWABLE}")
    text = text_of(render.pdf_of(receipt, language="zh-hans"))
    assert "Thiscopyisincomplete" in text
    assert "U+E5000" in text
    assert not storage._folder().exists(receipt.ref)


def test_a_machine_without_a_chinese_font_is_warned_at_every_start(monkeypatch):
    monkeypatch.setattr(checks, "has_chinese_font", lambda: False)
    assert [message.id for message in checks.chinese_font(None)] == ["receipts.W001"]
    assert checks.chinese_font in registry.get_checks()


def test_the_check_asks_the_fonts_themselves_where_there_is_no_list_of_them(monkeypatch):
    monkeypatch.setattr(checks.shutil, "which", lambda name: None)
    assert checks.has_chinese_font()
    monkeypatch.setattr(render, "unshown_of", lambda text: ("善",))
    assert not checks.has_chinese_font()


# --- the address -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_who_holds_the_link_gets_the_receipt(client, language):
    receipt = sequenced()
    response = client.get(f"/{language}/gift/{receipt.gift.trace_token}/receipt.pdf")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    assert f"receipt-{receipt.number}.pdf" in response["Content-Disposition"]
    assert response.content.startswith(b"%PDF")


def test_a_wrong_link_is_no_address(client):
    receipt = sequenced()
    for token in ("x", receipt.gift.ref, receipt.ref, receipt.gift.trace_token + "x", receipt.number):
        assert client.get(f"/en/gift/{token}/receipt.pdf").status_code == 404


def test_a_gift_without_a_receipt_has_no_pdf(client):
    assert client.get(f"/en/gift/{settled_gift().trace_token}/receipt.pdf").status_code == 404


def test_nothing_can_be_posted_there(client):
    receipt = sequenced()
    assert client.post(f"/en/gift/{receipt.gift.trace_token}/receipt.pdf").status_code == 405


# --- the public check --------------------------------------------------------------------------------------------


def ask(client, number, code, language="en"):
    return client.get(f"/{language}/receipt/", {"number": number, "code": code}).content.decode()


@override_settings(DEMO=True)
def test_a_valid_receipt_is_valid_and_names_nobody(client):
    receipt = sequenced(name="王小明")
    for code in (receipt.check_code, codes.shown(receipt.check_code).lower(), f" {receipt.check_code} "):
        page = ask(client, receipt.number, code)
        assert "is valid" in page
        assert "¥100.00" in page
        assert "王小明" not in page
        assert receipt.gift.trace_token not in page


def test_a_void_receipt_is_void_since_a_day(client):
    receipt = sequenced()
    actions.void(gift=receipt.gift, reason="REFUNDED", by=DEMO, at=BEGIN)
    page = ask(client, receipt.number, receipt.check_code)
    assert "is void since 2026-03-02" in page
    assert "自 2026-03-02 起作废" in ask(client, receipt.number, receipt.check_code, language="zh-hans")


def test_a_number_without_its_code_is_unknown(client):
    receipt = sequenced()
    assert "do not know this receipt" in ask(client, receipt.number, "AAAAAAAAAA")
    assert "do not know this receipt" in ask(client, "2026-000999", receipt.check_code)
    assert "没有查到这张收据" in ask(client, "2026-000999", receipt.check_code, language="zh-hans")


def test_the_form_asks_for_both(client):
    page = ask(client, "2026-000001", "")
    assert "do not know" not in page
    assert client.get("/en/receipt/").status_code == 200
