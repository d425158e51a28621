"""Staff ask for a refund; what happens at the provider is told in tests/projects/checkout."""

import pytest

from ledger.core.refusals import Refused
from projects.audit.models import AuditEvent
from projects.giving.models import RefundRequest
from projects.giving.refund_requests import request_refund
from tests.factories.giving import opened_gift, project_with_books, settled_gift

pytestmark = pytest.mark.django_db


@pytest.fixture
def gift(charity_a):
    return settled_gift(project_with_books(charity_a.organisation))


def refused(gift, **details) -> str:
    with pytest.raises(Refused) as caught:
        request_refund(gift, **details)
    return caught.value.code


def test_finance_asks_for_all_that_is_left(gift, charity_a, moment):
    wish = request_refund(gift, reason="the donor asked", by=charity_a.finance, at=moment)
    assert (wish.state, wish.amount_minor) == ("WAITING", gift.amount_minor)
    assert AuditEvent.objects.filter(event="gift.refund_wished", subject_ref=gift.ref).exists()


def test_one_wish_at_a_time(gift, charity_a, moment):
    request_refund(gift, reason="the donor asked", by=charity_a.finance, at=moment)
    args = {"reason": "again", "by": charity_a.second_finance, "at": moment}
    assert refused(gift, **args) == "refund_on_its_way"
    assert RefundRequest.objects.count() == 1


def test_a_wish_has_a_reason(gift, charity_a, moment):
    assert refused(gift, reason=" ", by=charity_a.finance, at=moment) == "reason_needed"


@pytest.mark.parametrize("who", ["editor", "caseworker", "checker", "admin"])
def test_only_finance_asks(gift, charity_a, moment, who):
    assert refused(gift, reason="x", by=getattr(charity_a, who), at=moment) == "not_permitted"


def test_another_charitys_finance_asks_nothing(gift, charity_b, moment):
    assert refused(gift, reason="x", by=charity_b.finance, at=moment) == "not_permitted"


def test_money_that_never_came_does_not_go_back(charity_a, moment):
    gift = opened_gift(project_with_books(charity_a.organisation))
    assert refused(gift, reason="x", by=charity_a.finance, at=moment) == "gift_not_settled"
