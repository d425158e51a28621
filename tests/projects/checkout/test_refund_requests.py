"""A refund that staff asked for is carried to the provider once, in the name of who asked."""

import datetime

import pytest

from projects.checkout import refunds, stripe_client
from projects.giving.models import Gift, RefundRequest
from projects.giving.refund_requests import request_refund
from tests.factories.access import BEGIN
from tests.factories.giving import opened_gift, project_with_books
from tests.projects.checkout.conftest import deliver, settle_down, start

pytestmark = pytest.mark.django_db

LATER = BEGIN + datetime.timedelta(hours=1)


@pytest.fixture
def gift(client, provider, charity_a) -> Gift:
    """Paid, in the books, and wanted back."""
    gift = opened_gift(project_with_books(charity_a.organisation))
    start(gift)
    provider.act(Gift.objects.get(pk=gift.pk), "pay")
    deliver(client, *provider.events())
    settle_down()
    gift.refresh_from_db()
    request_refund(gift, reason="the donor asked", by=charity_a.finance, at=LATER)
    return gift


def test_the_wish_goes_to_the_provider_once(client, provider, gift):
    assert refunds.carry_out_requests(at=LATER) == 1
    assert refunds.carry_out_requests(at=LATER) == 0
    assert len(provider.store.all("refund")) == 1
    assert RefundRequest.objects.get().state == "SENT"
    deliver(client, *provider.events("refund.created"))
    gift.refresh_from_db()
    assert gift.state == "REFUNDED"


def test_killed_half_way_it_is_still_one_refund(provider, gift):
    refunds.carry_out_requests(at=LATER)
    RefundRequest.objects.update(state="WAITING", answered_at=None)
    refunds.carry_out_requests(at=LATER)
    assert len(provider.store.all("refund")) == 1


def test_a_provider_out_of_reach_leaves_the_wish_waiting(provider, gift, monkeypatch):
    def down(**_details):
        raise stripe_client.ProviderDown("out of reach")

    monkeypatch.setattr(stripe_client, "refund", down)
    refunds.carry_out_requests(at=LATER)
    assert RefundRequest.objects.get().state == "WAITING"


def test_a_wish_of_somebody_who_lost_the_right_is_refused(provider, gift, charity_a):
    charity_a.finance.role_grants.update(valid_to=BEGIN.date())
    refunds.carry_out_requests(at=LATER)
    wish = RefundRequest.objects.get()
    assert (wish.state, wish.answer_code) == ("REFUSED", "not_permitted")
    assert not provider.store.all("refund")
