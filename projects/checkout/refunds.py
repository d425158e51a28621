"""Carries the refunds that a charity's staff asked for to the payment provider."""

import logging
from datetime import datetime

from ledger.core.refusals import Refused
from projects.access.models import User
from projects.checkout import flow, stripe_client
from projects.giving.models import RefundRequest
from projects.giving.refund_requests import settle_request

logger = logging.getLogger(__name__)
BATCH = 20


def carry_out_requests(*, at: datetime) -> int:
    """Hand every waiting wish to the provider, in the name of who asked. Killed half-way, the next round asks again:
    the provider's idempotency key makes it one refund."""
    waiting = RefundRequest.objects.filter(state=RefundRequest.State.WAITING).select_related("gift__organisation")
    wishes = list(waiting.order_by("pk")[:BATCH])
    for wish in wishes:
        _carry_out(wish, at)
    return len(wishes)


def _carry_out(wish: RefundRequest, at: datetime) -> None:
    State = RefundRequest.State
    try:
        asker = User.objects.get(ref=wish.requested_by_ref)
        flow.refund_at_provider(wish.gift, by=asker, at=at, reason=wish.reason, amount_minor=wish.amount_minor)
    except stripe_client.ProviderDown:
        logger.warning("The payment provider is out of reach; refunds wait.")
    except Refused as refused:
        settle_request(wish, state=State.REFUSED, code=refused.code, at=at)
    except stripe_client.ProviderRefused:
        settle_request(wish, state=State.REFUSED, code="provider_refused", at=at)
    else:
        settle_request(wish, state=State.SENT, at=at)
