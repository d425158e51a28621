"""What a message from Stripe becomes, and how nothing is lost when it comes twice, late, in any order, or never.

A message is a hint. Which gift it is about and whether its money is ours is read from it; then the gift's objects are
read again (`care.follow`), and what the books lack is done. So the books depend on the objects, not on the messages.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from ledger.core.refusals import Refused
from projects.access import permissions
from projects.access.actors import STRIPE
from projects.audit import actions as audit
from projects.checkout import bank_payouts, care, pledge_care, stripe_client
from projects.checkout.facts import Whole
from projects.checkout.models import EventWork, GiftCare, StripeEvent
from projects.checkout.personal import blank_if_erased
from projects.giving import actions as giving
from projects.giving import going_back, guard
from projects.giving import policies as giving_policies
from projects.giving.models import Gift, Refund
from projects.giving.states import OPEN
from projects.matching import holds

log = logging.getLogger(__name__)

SESSION_MINUTES = 60
# What is held for a gift is kept as long as its payment page is open, and a little longer: the message has a way to go.
HELD_BEHIND = timedelta(minutes=5)
LEASE = timedelta(minutes=2)
NOT_YET = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=1)
ALARM_AT_ATTEMPT = 8
SWEEP_BATCH = 100

Thing = dict[str, Any]


def start_payment(gift: Gift, *, title: str, description: str, success_url: str, cancel_url: str, at: datetime) -> str:
    """The address where the donor pays; empty when there is nothing to pay any more."""
    if gift.state not in OPEN:
        return ""
    if gift.session_ref:
        payment = stripe_client.read_session(gift.session_ref)
        care.apply(gift, Whole(payment, asked_back=False), at=at)
        return payment.url
    payment = stripe_client.open_session(
        gift_ref=gift.ref,
        amount_minor=gift.amount_minor,
        currency=gift.currency,
        title=title,
        description=description,
        email=gift.email,
        locale="zh" if gift.language.startswith("zh") else "en",
        # From the gift's own moment, not from now: the same request twice must be the same request.
        expires_at=int((gift.created_at + timedelta(minutes=SESSION_MINUTES)).timestamp()),
        success_url=success_url,
        cancel_url=cancel_url,
        method=gift.method,
    )
    giving.bind_session(gift, session_ref=payment.session_id, by=STRIPE, at=at)
    holds.keep(gift.ref, until=gift.created_at + timedelta(minutes=SESSION_MINUTES) + HELD_BEHIND)
    care.start_care(gift, at=at)
    return payment.url


def process_event(event_id: str, *, at: datetime | None = None) -> str:
    """Work one stored message; the state it is in afterwards. Trouble leaves it waiting for another try."""
    at = at or timezone.now()
    work = EventWork.objects.select_related("event").get(event__event_id=event_id)
    if work.state != EventWork.State.WAITING:
        return work.state
    # The lease keeps a second worker away while this one talks to the provider; it is no lock, and needs none.
    EventWork.objects.filter(pk=work.pk).update(attempts=work.attempts + 1, next_try_at=at + LEASE)
    try:
        ours = _handle(work.event, at)
    except Exception as error:
        return _postpone(work, error, at)
    blank_if_erased(work.event, at=at)
    state = EventWork.State.DONE if ours else EventWork.State.IGNORED
    EventWork.objects.filter(pk=work.pk).update(state=state, done_at=at, next_try_at=None, last_error="")
    return state


def sweep(*, at: datetime) -> int:
    """Work every message whose time has come and look after every gift that is stuck; how many were touched."""
    waiting = EventWork.objects.filter(state=EventWork.State.WAITING, next_try_at__lte=at)
    events = list(waiting.order_by("id").values_list("event__event_id", flat=True)[:SWEEP_BATCH])
    for event_id in events:
        process_event(event_id, at=at)
    due = GiftCare.objects.filter(next_look_at__lte=at).select_related("gift").order_by("next_look_at")
    gifts = [row.gift for row in due[:SWEEP_BATCH]]
    for gift in gifts:
        _look_after(gift, at)
    return len(events) + len(gifts) + pledge_care.sweep(at=at)


def refund_at_provider(gift: Gift, *, by: Any, at: datetime, reason: str, amount_minor: int | None = None) -> Refund:
    """A member of staff gives the money back. Stripe is asked; the entry follows when Stripe confirms."""
    permissions.require(by, "giving.refund", organisation=gift.organisation, on=timezone.localtime(at).date())
    amount = gift.left_minor if amount_minor is None else amount_minor
    giving_policies.check_refundable(gift, amount)
    audit.record(
        by=by,
        at=at,
        event="gift.refund_requested",
        subject=("gift", gift.ref),
        organisation_ref=gift.organisation.ref,
        reason=reason,
        facts={"amount_minor": amount},
    )
    # The same wish twice is one refund: the key names how much had gone back and how often it had failed before.
    failed = gift.refunds.filter(state__in=[Refund.State.FAILED, Refund.State.RETURNED]).count()
    key = f"gift:{gift.ref}:refund:{gift.refunded_minor}:{amount}:{failed}"
    fact = stripe_client.refund(intent_id=gift.provider_ref or "", amount_minor=amount, key=key)
    return going_back.note_refund(gift, provider_ref=fact.refund_id, amount_minor=fact.amount_minor, by=by, at=at)


def _handle(event: StripeEvent, at: datetime) -> bool:
    """True when the message was about a gift of ours."""
    handler = HANDLERS.get(event.type)
    if handler is None:
        return False
    message = stripe_client.read_stored(bytes(event.payload))
    # Pages of regular gifts are sessions too; what they pay stands on their invoices.
    regular = message.thing.get("mode") in ("subscription", "setup")
    return (_pledge_changed if regular else handler)(message.thing, at)


def _paid(thing: Thing, at: datetime) -> bool:
    """A message that money has come: what it names must be our money, and then the objects are asked."""
    gift = _gift_of(thing, at)
    if gift is None:
        return False
    said = thing.get("amount_total") if thing["object"] == "checkout.session" else thing.get("amount")
    if _money_is_ours(gift, said, thing.get("currency"), at):
        care.follow(gift, at=at, back=False, **_named(thing))
    return True


def _payment_changed(thing: Thing, at: datetime) -> bool:
    gift = _gift_of(thing, at)
    if gift is None:
        return False
    care.follow(gift, at=at, back=False, **_named(thing))
    return True


def _card_declined(thing: Thing, at: datetime) -> bool:
    """A card did not work on the page of a gift. Where cards fail there again and again, the page is closed."""
    gift = Gift.objects.filter(ref=(thing.get("metadata") or {}).get("gift_ref") or "").first()
    if gift is None:
        return False
    card = ((thing.get("payment_method_details") or {}).get("card") or {}).get("fingerprint") or ""
    too_often = guard.note_declined(gift.ref, charge_id=thing["id"], card=card, at=at)
    if too_often and gift.session_ref and gift.state in OPEN:
        care.close_page(gift, at=at)
    return True


def _money_went_back(thing: Thing, at: datetime) -> bool:
    gift = _gift_of(thing, at)
    if gift is None:
        return False
    care.follow(gift, at=at, back=True, **_named(thing))
    return True


def _pledge_changed(thing: Thing, at: datetime) -> bool:
    return pledge_care.follow_ref(pledge_care.ref_in(thing), at=at)


def _payout_changed(thing: Thing, at: datetime) -> bool:
    bank_payouts.follow_payout(thing["id"], at=at)
    return True


def _named(thing: Thing) -> dict[str, str]:
    """Which session or intent a message is about, for gifts that do not know theirs yet."""
    if thing["object"] == "checkout.session":
        return {"session_id": thing["id"]}
    intent = thing["id"] if thing["object"] == "payment_intent" else thing.get("payment_intent")
    return {"intent_id": intent if isinstance(intent, str) else ""}


HANDLERS: dict[str, Callable[[Thing, datetime], bool]] = {
    "checkout.session.completed": _paid,
    "checkout.session.async_payment_succeeded": _paid,
    "checkout.session.async_payment_failed": _payment_changed,
    "checkout.session.expired": _payment_changed,
    "payment_intent.succeeded": _paid,
    "payment_intent.processing": _payment_changed,
    "payment_intent.partially_funded": _payment_changed,
    "payment_intent.payment_failed": _payment_changed,
    "payment_intent.canceled": _payment_changed,
    "charge.succeeded": _payment_changed,
    "charge.failed": _card_declined,
    "charge.updated": _payment_changed,
    "charge.refunded": _money_went_back,
    "refund.created": _money_went_back,
    "refund.updated": _money_went_back,
    "refund.failed": _money_went_back,
    "charge.dispute.created": _money_went_back,
    "charge.dispute.updated": _money_went_back,
    "charge.dispute.funds_withdrawn": _money_went_back,
    "charge.dispute.funds_reinstated": _money_went_back,
    "charge.dispute.closed": _money_went_back,
    "invoice.finalized": _pledge_changed,
    "invoice.paid": _pledge_changed,
    "invoice.payment_failed": _pledge_changed,
    "invoice.voided": _pledge_changed,
    "invoice.updated": _pledge_changed,
    "customer.subscription.created": _pledge_changed,
    "customer.subscription.updated": _pledge_changed,
    "customer.subscription.paused": _pledge_changed,
    "customer.subscription.resumed": _pledge_changed,
    "customer.subscription.deleted": _pledge_changed,
    "payout.created": _payout_changed,
    "payout.updated": _payout_changed,
    "payout.paid": _payout_changed,
    "payout.failed": _payout_changed,
    "payout.canceled": _payout_changed,
    "payout.reconciliation_completed": _payout_changed,
}


def _gift_of(thing: Thing, at: datetime) -> Gift | None:
    """The gift a message is about: by the reference we gave, else by the payment it names."""
    gifts = Gift.objects.select_related("organisation", "donor")
    ref = (thing.get("metadata") or {}).get("gift_ref")
    if ref:
        return gifts.filter(ref=ref).first()
    intent = thing.get("payment_intent")
    if not isinstance(intent, str) or not intent:
        return None
    return bank_payouts.gift_of(intent, at=at)


def _money_is_ours(gift: Gift, amount_minor: Any, currency: Any, at: datetime) -> bool:
    """The message must name our amount and currency; anything else is held for a person, and nothing is posted."""
    try:
        giving_policies.check_same_money(gift, amount_minor, str(currency or ""))
    except Refused:
        giving.hold_gift(gift, reason="gift.amount_mismatch", by=STRIPE, at=at)
        return False
    return True


def _postpone(work: EventWork, error: Exception, at: datetime) -> str:
    """Write down that it did not work and when to try again. The text of an error may hold anything: only its kind."""
    waits_for_log = isinstance(error, Refused) and error.code == "not_yet_in_log"
    kind = error.code if isinstance(error, Refused) else type(error).__name__
    attempt = work.attempts + 1
    pause = NOT_YET if waits_for_log else min(timedelta(seconds=2**attempt), LONGEST_PAUSE)
    if not waits_for_log:
        log.warning("payment event %s: attempt %s failed (%s)", work.event.event_id, attempt, kind)
    with transaction.atomic():
        EventWork.objects.filter(pk=work.pk).update(next_try_at=at + pause, last_error=kind[:100])
        if attempt == ALARM_AT_ATTEMPT:
            subject = ("stripe_event", work.event.event_id)
            audit.record(by=STRIPE, at=at, event="webhook.stuck", subject=subject, reason=kind)
    return EventWork.State.WAITING


def _look_after(gift: Gift, at: datetime) -> None:
    try:
        care.look_after(gift, at=at)
    except Exception as error:
        # One gift's trouble must not keep the others waiting. Its next look is planned already.
        kind = error.code if isinstance(error, Refused) else type(error).__name__
        log.warning("gift %s: %s", gift.ref, kind)
