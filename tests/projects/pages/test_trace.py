"""A donor finds their own gift, and nobody learns from the form which receipts exist."""

import pytest
from django.core.cache import cache

from projects.access.actors import STRIPE
from projects.giving import actions as giving
from projects.giving.models import Gift
from projects.pages import tries
from projects.receipts.models import Receipt, ReceiptVoid
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.factories.pages import site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_tries():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def gift(charity_a):
    site()
    return giving.open_gift(
        project=open_project(charity_a.organisation, slug="rooms"), amount_minor=100_00, currency="CNY", name="林",
        visibility="FINANCE", message="", email="lin@example.org", language="zh-hans", by=STRIPE, at=BEGIN,
        form_key="k1",
    )  # fmt: skip


@pytest.fixture
def receipt(gift):
    return Receipt.objects.create(
        issuer=gift.organisation, year=2026, serial=1, number="2026-000001", gift=gift, amount_minor=100_00,
        currency="CNY", language="zh-hans", given_on=BEGIN.date(), issued_at=BEGIN, issued_by="system:test",
    )  # fmt: skip


def ask(client, **fields):
    return client.post("/en/trace/", {"way": "receipt"} | fields)


def test_number_and_address_lead_to_the_gift(client, gift, receipt):
    response = ask(client, number=" ２０２６-000001 ", email="LIN@example.org")
    assert (response.status_code, response["Location"]) == (302, f"/en/gift/{gift.trace_token}/")


def test_the_code_or_the_whole_link_leads_to_the_gift(client, gift):
    for code in (gift.trace_token, f"https://example.org/zh-hans/gift/{gift.trace_token}/"):
        assert ask(client, way="code", code=code)["Location"] == f"/en/gift/{gift.trace_token}/"


@pytest.mark.parametrize(
    "fields",
    [
        {"number": "2026-000001", "email": "other@example.org"},
        {"number": "2026-000002", "email": "lin@example.org"},
        {"number": "nothing", "email": "nobody@example.org"},
        {"way": "code", "code": "x" * 32},
    ],
)
def test_every_wrong_input_gets_the_same_answer(client, gift, receipt, fields):
    response = ask(client, **fields)
    assert response.status_code == 200
    assert "We found no gift with these details" in response.text
    assert gift.trace_token not in response.text


def test_an_empty_form_says_which_field_is_missing(client):
    site()
    text = ask(client, number="", email="").text
    assert 'href="#id_number"' in text
    assert 'href="#id_email"' in text


def test_guessing_is_stopped_and_a_right_answer_then_too(client, gift, receipt):
    for _ in range(tries.ALLOWED):
        ask(client, number="2026-000009", email="lin@example.org")
    response = ask(client, number="2026-000001", email="lin@example.org")
    assert response.status_code == 429
    assert "Too many tries" in response.text


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "等待付款"), ("en", "Waiting for the payment")])
def test_a_gift_that_is_not_paid_yet_says_so(client, gift, language, word):
    response = client.get(f"/{language}/gift/{gift.trace_token}/")
    assert word in response.text
    assert "¥100.00" in response.text


@pytest.mark.parametrize("state", ["FAILED", "EXPIRED", "NEEDS_REVIEW"])
def test_every_unfinished_state_has_a_sentence(client, gift, state):
    Gift.objects.filter(pk=gift.pk).update(state=state)
    assert client.get(f"/en/gift/{gift.trace_token}/").status_code == 200


def test_a_void_receipt_is_shown_as_void(client, gift, receipt):
    ReceiptVoid.objects.create(receipt=receipt, reason="REFUNDED", at=BEGIN, by_ref="system:test")
    text = client.get(f"/en/gift/{gift.trace_token}/").text
    assert "void" in text
    assert "cancelled because the gift was paid back" in text


def test_a_wrong_link_has_a_sentence_and_a_way_on(client):
    site()
    response = client.get("/en/gift/not-a-token/")
    assert response.status_code == 404
    assert "This link leads to no gift" in response.text
    assert 'href="/en/trace/"' in response.text


def test_the_private_page_is_not_indexed_cached_or_referred(client, gift):
    response = client.get(f"/en/gift/{gift.trace_token}/")
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]


def test_the_private_page_shows_neither_name_nor_address_of_the_donor(client, gift):
    text = client.get(f"/en/gift/{gift.trace_token}/").text
    assert "lin@example.org" not in text
    assert "林" not in text
