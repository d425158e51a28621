"""My giving: everything of one donor's own, and nothing of anybody else's."""

import pytest

from projects.access.actors import STRIPE
from projects.giving import actions as giving
from projects.giving.models import Gift, Pledge
from projects.receipts import actions as receipts
from tests.factories.access import BEGIN
from tests.factories.giving import opened_gift
from tests.projects.donors.conftest import donor_of, sign_in

pytestmark = pytest.mark.django_db


def pledge_of(gift: Gift, key: str) -> Pledge:
    return Pledge.objects.create(
        form_key=key, project=gift.project, organisation=gift.organisation, donor=gift.donor, amount_minor=20_00,
        currency="CNY", interval="MONTH", email=gift.email, state="ACTIVE", subscription_ref=f"sub_{key}",
        created_at=BEGIN, started_at=BEGIN,
    )  # fmt: skip


def test_it_shows_gifts_receipts_regular_gifts_and_the_way_to_each(client, gift):
    receipt = receipts.issue(gift=gift, by=STRIPE, at=BEGIN)
    pledge_of(gift, "mine")
    sign_in(client)
    text = client.get("/en/my/").text
    for needed in (
        "You have given ¥100.00 in 1 gift.",
        f"/en/gift/{gift.trace_token}/",
        f"/en/gift/{gift.trace_token}/receipt.pdf",
        receipt.number,
        "/en/give/regular/",
        "¥20.00",
    ):
        assert needed in text


def test_it_shows_nothing_of_another_donor(client, gift, others_gift):
    theirs = receipts.issue(gift=others_gift, by=STRIPE, at=BEGIN)
    pledge_of(others_gift, "theirs")
    sign_in(client)
    text = client.get("/en/my/?p=1").text
    for secret in (others_gift.trace_token, "55.00", theirs.number, "other@example.org", "/give/regular/"):
        assert secret not in text


def test_what_went_back_is_taken_off_the_sum(client, gift):
    gift.refunded_minor = 30_00
    gift.save()
    sign_in(client)
    text = client.get("/en/my/").text
    assert "You have given ¥70.00 in 1 gift." in text
    assert "¥30.00 went back" in text


def test_wishes_that_never_became_money_are_not_listed(client, gift, project):
    expired = opened_gift(project, email="lin@example.org", amount_minor=9_99)
    giving.expire_gift(expired, by=STRIPE, at=BEGIN)
    sign_in(client)
    assert "9.99" not in client.get("/en/my/").text


def test_a_gift_without_an_address_is_nobodys(client, gift, project):
    opened_gift(project, email="", amount_minor=7_77)
    sign_in(client)
    assert "7.77" not in client.get("/en/my/").text
    assert donor_of("lin@example.org").gifts.count() == 1


def test_without_signing_in_it_leads_to_the_sign_in(client, project):
    answer = client.get("/zh-hans/my/")
    assert (answer.status_code, answer["Location"]) == (302, "/zh-hans/my/sign-in/")
    assert "我的捐赠" in client.get(answer["Location"]).text


def test_no_copy_is_kept_on_the_way_and_no_search_engine_asked(client, gift):
    sign_in(client)
    page = client.get("/en/my/")
    assert {"private", "no-store"} <= set(page["Cache-Control"].split(", "))
    assert page["X-Robots-Tag"] == "noindex"
