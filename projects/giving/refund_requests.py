"""A member of staff wants a gift to go back. The wish is written here; `checkout` carries it to the provider.

The screens of the charity and the payment provider's client are strangers: they meet in this table.
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit.actions import record
from projects.giving import policies
from projects.giving.hand_models import BY_HAND
from projects.giving.models import Gift, RefundRequest
from projects.giving.platform_gifts import CHANNEL


@transaction.atomic
def request_refund(gift: Gift, *, reason: str, by: Any, at: datetime) -> RefundRequest:
    """Ask for all that is left of the gift to go back. One wish at a time."""
    require(by, "giving.refund", organisation=gift.organisation, on=localtime(at).date())
    if gift.channel == CHANNEL:
        raise Refused(
            "refund_at_platform",
            _r("This gift came through a platform: it is refunded there, and the platform's next file says so."),
        )
    if gift.channel in BY_HAND:
        raise Refused("refund_by_hand", _r("This gift was given by hand, and goes back by hand: ask for that instead."))
    policies.check_refundable(gift, gift.left_minor)
    if not reason.strip():
        raise Refused("reason_needed", _r("Say why."))
    try:
        with transaction.atomic():
            wish = RefundRequest.objects.create(
                gift=gift,
                amount_minor=gift.left_minor,
                reason=reason.strip(),
                requested_by_ref=by.ref,
                requested_at=at,
            )
    except IntegrityError as error:
        raise Refused("refund_on_its_way", _r("A refund of this gift is on its way already.")) from error
    record(
        by=by,
        at=at,
        event="gift.refund_wished",
        subject=("gift", gift.ref),
        organisation_ref=gift.organisation.ref,
        reason=wish.reason,
        facts={"amount_minor": wish.amount_minor},
    )
    return wish


def settle_request(wish: RefundRequest, *, state: str, code: str = "", at: datetime) -> None:
    """The provider took the wish, or it cannot be carried out any more."""
    RefundRequest.objects.filter(pk=wish.pk, state=RefundRequest.State.WAITING).update(
        state=state, answer_code=code, answered_at=at
    )
