"""Gifts by hand, and what goes back by hand, in any state, brought there by the same actions as on the site."""

from decimal import Decimal
from uuid import uuid4

from ledger import transparency
from projects.giving import hand_gifts, hand_refunds
from projects.giving.goods import Goods
from projects.giving.hand_models import HandGift, HandRefund
from projects.giving.models import Gift
from projects.payouts import issuing
from projects.payouts.models import GoodsIssue
from tests.factories.access import BEGIN

SLIP = b"%PDF-1.7 a signed slip"
INVOICE = b"%PDF-1.7 an invoice"


def cash(charity, project=None, **facts) -> HandGift:
    """Entered by finance, not looked at yet."""
    defaults = {
        "organisation": charity.organisation, "project": project, "amount_minor": 88_00, "currency": "CNY",
        "received_on": BEGIN.date(), "donor_name": "林晓", "email": "lin@example.org", "visibility": "HIDDEN",
        "language": "zh-hans", "file": SLIP, "form_key": uuid4().hex, "by": charity.finance, "at": BEGIN,
    }  # fmt: skip
    return hand_gifts.enter(**(defaults | facts))


def blankets(**facts) -> Goods:
    """Twenty blankets that an invoice says were bought for 2,000 yuan."""
    defaults = {
        "description": "毛毯，150×200 厘米", "quantity": Decimal(20), "unit": "条", "value_basis": "INVOICE",
        "evidence_minor": 2_000_00,
    }  # fmt: skip
    return Goods(**(defaults | facts))


def goods(charity, project=None, *, what: Goods | None = None, **facts) -> HandGift:
    defaults = {"amount_minor": 1_800_00, "file": INVOICE, "goods": what or blankets()}
    return cash(charity, project, **(defaults | facts))


def booked(charity, row: HandGift, *, at=BEGIN) -> Gift:
    """Looked at by a second person, and with its place in the log."""
    gift = hand_gifts.approve(row, by=charity.second_finance, at=at)
    transparency.sequence(at=at)
    return gift


def handed_out(charity, request, **facts) -> GoodsIssue:
    """Two blankets for a request, entered by finance and not looked at yet."""
    defaults = {
        "description": "毛毯", "quantity": Decimal(2), "unit": "条", "amount_minor": 180_00, "from_general": False,
        "handed_out_on": BEGIN.date(), "file": SLIP, "form_key": uuid4().hex, "by": charity.finance, "at": BEGIN,
    }  # fmt: skip
    return issuing.enter(request, **(defaults | facts))


def going_back(charity, gift: Gift, **facts) -> HandRefund:
    """Entered by finance, not looked at yet."""
    defaults = {
        "amount_minor": gift.left_minor, "given_back_on": BEGIN.date(), "reason": "The giver asked for it.",
        "file": SLIP, "form_key": uuid4().hex, "by": charity.finance, "at": BEGIN,
    }  # fmt: skip
    return hand_refunds.enter(gift, **(defaults | facts))
