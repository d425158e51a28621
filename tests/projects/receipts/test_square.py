"""The square on a receipt leads to its check page, which answers valid, void since a day, or unknown."""

import io

import pytest
import segno
from django.core.cache import cache
from django.utils import translation
from pypdf import PdfReader

from ledger import checkpoints, transparency
from projects.access.actors import DEMO
from projects.receipts import actions, queries, render, views
from tests.factories.access import BEGIN
from tests.factories.receipts import receipt_for

pytestmark = pytest.mark.django_db
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh-hans"])


@pytest.fixture(autouse=True)
def own_folder(tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"
    settings.LOG_STATE_DIR = tmp_path / "state"
    settings.LOG_KEY_FILE = str(tmp_path / "key")
    settings.DEBUG = True
    cache.clear()


@pytest.fixture
def receipt():
    receipt = receipt_for(name="王小明")
    transparency.sequence(at=BEGIN)
    checkpoints.sign(at=BEGIN)
    return queries.receipt_of(receipt.gift)


def link_of(receipt, language):
    with translation.override(language):
        return render.check_link(receipt)


def path_of(receipt, language, settings):
    return link_of(receipt, language).removeprefix(settings.SITE_URL)


@LANGUAGES
def test_the_square_holds_the_address_of_the_check_page_in_the_receipts_language(receipt, language, settings):
    link = link_of(receipt, language)
    assert link == (f"{settings.SITE_URL}/{language}/receipt/?number={receipt.number}&code={receipt.check_code}")
    drawn = segno.make(link, error="m", boost_error=False, micro=False)
    path = drawn.svg_inline(border=4, omitsize=True).split(' d="')[1].split('"')[0]
    html = render.page(receipt, language=language)
    assert path in html
    assert html.count("<svg") == 1
    assert (drawn.designator, drawn.is_micro) == (f"{drawn.version}-M", False)


@LANGUAGES
def test_the_square_is_drawn_into_a_file_that_stays_an_archive_with_its_proof(receipt, language):
    reader = PdfReader(io.BytesIO(render.pdf_of(receipt, language=language)))
    assert b'pdfaid:part="3"' in reader.trailer["/Root"]["/Metadata"].get_data()
    assert sorted(name.rsplit(".", 1)[1] for name in reader.attachments) == ["json", "tlog-proof"]
    (page,) = reader.pages
    links = [note.get_object()["/A"]["/URI"] for note in page.get("/Annots", [])]
    assert link_of(receipt, language) in links
    # A module of the square is at least 0.5 mm wide on paper (ISO 15415 readers want 0.25 mm).
    modules = segno.make(link_of(receipt, language), error="m", boost_error=False).symbol_size(border=4)[0]
    assert 30 / modules >= 0.5


def test_no_name_and_no_private_link_is_in_the_square(receipt):
    assert "王" not in link_of(receipt, "en")
    assert receipt.gift.trace_token not in link_of(receipt, "en")


@pytest.mark.parametrize(
    ("language", "valid", "void", "unknown"),
    [
        ("en", "is valid", "is void since 2026-03-02", "We do not know this receipt"),
        ("zh-hans", "有效", "自 2026-03-02 起作废", "没有查到这张收据"),
    ],
)
def test_who_scans_it_is_told_valid_or_void_since_or_unknown(receipt, client, settings, language, valid, void, unknown):
    path = path_of(receipt, language, settings)
    assert f"{receipt.number} {valid}" in client.get(path).content.decode()
    forged = path.replace(receipt.check_code, "AAAAAAAAAA")
    assert unknown in client.get(forged).content.decode()
    actions.void(gift=receipt.gift, reason="MISTAKE", by=DEMO, at=BEGIN)
    answer = client.get(path).content.decode()
    assert void in answer
    assert f"{receipt.number} {valid}" not in answer


@LANGUAGES
def test_it_refuses_to_answer_who_guesses_codes(receipt, client, settings, language):
    path = path_of(receipt, language, settings)
    for _try in range(views.WRONG_CODES_FROM_A_NETWORK.most):
        assert client.get(path + "X").status_code == 200
    refused = client.get(path)
    assert refused.status_code == 429
    assert receipt.number in refused.content.decode()
    assert 'id="answer">Receipt' not in refused.content.decode()
    assert 'id="answer">收据' not in refused.content.decode()
    # Somebody in another network is answered.
    assert client.get(path, REMOTE_ADDR="203.0.113.7").status_code == 200


def test_valid_receipts_may_be_checked_without_end(receipt, client, settings):
    path = path_of(receipt, "en", settings)
    for _scan in range(views.WRONG_CODES_FROM_A_NETWORK.most + 2):
        assert client.get(path).status_code == 200
