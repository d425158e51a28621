"""Stripe's door: check the signature over the raw body, store, answer. The work is done elsewhere."""

import logging
from datetime import datetime

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from projects.access.actors import STRIPE
from projects.audit import actions as audit
from projects.checkout import flow, stripe_client
from projects.checkout.models import EventWork, StripeEvent
from projects.checkout.tasks import work_event

log = logging.getLogger(__name__)

LARGEST_BODY = 500_000
# Refusals are audited, but a flood of rubbish must not become a flood of rows that can never be removed.
AUDITED_PER_MINUTE = 30


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """200 when the message is safely ours; 400 when it is not Stripe's, and then nothing is stored."""
    at = timezone.now()
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        return _refuse("too_large", at)
    body = request.body
    signature = request.headers.get("Stripe-Signature", "")
    try:
        message = stripe_client.read_message(body, signature)
    except stripe_client.BadSignature as bad:
        return _refuse(bad.reason, at)
    if message.livemode != stripe_client.is_live():
        return _refuse("wrong_mode", at)
    created = keep_message(message, body=body, signature=signature, at=at)
    return HttpResponse("stored" if created else "known", content_type="text/plain")


def keep_message(message: stripe_client.Message, *, body: bytes, signature: str, at: datetime) -> bool:
    """Store a verified message as it came. False when it was here already."""
    with transaction.atomic():
        event, created = StripeEvent.objects.get_or_create(
            event_id=message.event_id,
            defaults={
                "type": message.type[:100],
                "livemode": message.livemode,
                "api_version": message.api_version[:40],
                "payload": body,
                "signature": signature,
                "received_at": at,
            },
        )
        if created:
            EventWork.objects.create(event=event, next_try_at=at + flow.LEASE)
            work_event.enqueue(message.event_id)
    return created


def _refuse(reason: str, at: datetime) -> HttpResponse:
    log.warning("webhook refused: %s", reason)
    window = f"webhook-refusals:{at:%Y%m%d%H%M}"
    cache.add(window, 0, timeout=120)
    if cache.incr(window) <= AUDITED_PER_MINUTE:
        audit.record(by=STRIPE, at=at, event="webhook.refused", subject=("webhook", "stripe"), reason=reason)
    return HttpResponse(reason, status=400, content_type="text/plain")
