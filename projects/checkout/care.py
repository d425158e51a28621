"""Bringing a gift to where the provider says it is, and doing what follows: fee, receipt, letter.

Everything here may be called again at any moment, in any order: the provider is asked, and each effect has its key.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from ledger.core.refusals import Refused
from projects.access.actors import STRIPE
from projects.checkout import letters, stripe_client
from projects.checkout.models import GiftCare
from projects.checkout.stripe_client import Payment
from projects.giving import actions as giving
from projects.giving.models import Gift, Refund
from projects.giving.states import OPEN, RECEIVED

log = logging.getLogger(__name__)

S = Gift.State

LETTER_PAUSE = timedelta(minutes=5)
FIRST_LOOK = timedelta(minutes=10)
OPEN_PAUSE = timedelta(minutes=15)
# After settlement: soon, because the fee and the log are seconds away; then ever more rarely.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (3, 5, 10, 30, 60, 300, 900, 3600, 21600))
UNPAID_AFTER = timedelta(hours=26)


def start_care(gift: Gift, *, at: datetime) -> GiftCare:
    """From now on somebody remembers this gift even if no message about it ever comes."""
    return GiftCare.objects.get_or_create(gift=gift, defaults={"next_look_at": at + FIRST_LOOK})[0]


def look_after(gift: Gift, *, at: datetime) -> None:
    """Ask the provider where the gift stands and do what is left to do."""
    care = start_care(gift, at=at)
    _plan_next(care, gift, at)
    if gift.state in OPEN:
        _look_at_payment(gift, at)
        gift.refresh_from_db()
    if gift.state in RECEIVED:
        _finish(gift, care, at)
    care.refresh_from_db()
    if _is_finished(gift, care):
        GiftCare.objects.filter(pk=care.pk).update(next_look_at=None)


def apply_payment(gift: Gift, payment: Payment, *, at: datetime) -> Gift:
    """Move the gift to the state of its payment. Other money than ours is held, never posted."""
    if payment.gift_ref and payment.gift_ref != gift.ref:
        return giving.hold_gift(gift, reason="gift.reference_mismatch", by=STRIPE, at=at)
    if payment.paid:
        return _settle(gift, payment, at)
    if payment.session_status == "expired":
        return giving.expire_gift(gift, by=STRIPE, at=at)
    # A declined card leaves the page open for another try: the donor is told there, and the gift still waits.
    if payment.failed and payment.session_status != "open":
        return giving.fail_gift(gift, by=STRIPE, at=at)
    return gift


def apply_refunds(gift: Gift, *, at: datetime) -> None:
    """Post every refund that the provider has made. Refused("not_yet_in_log") means: a second from now."""
    for fact in stripe_client.read_refunds(gift.provider_ref or ""):
        if fact.currency != gift.currency:
            giving.hold_gift(gift, reason="gift.refund_mismatch", by=STRIPE, at=at)
        elif fact.status == "succeeded":
            _post_refund(gift, fact.refund_id, fact.amount_minor, at)
        else:
            refund = giving.note_refund(
                gift, provider_ref=fact.refund_id, amount_minor=fact.amount_minor, by=STRIPE, at=at
            )
            if fact.status in ("failed", "canceled"):
                giving.fail_refund(refund, by=STRIPE, at=at)
    letters.receipt_after_refund(gift, at=at)


def after_settlement(gift: Gift, *, at: datetime) -> None:
    """The money has come: plan what follows and do at once what can be done at once."""
    care = start_care(gift, at=at)
    GiftCare.objects.filter(pk=care.pk, next_look_at__gt=at + PAUSES[0]).update(next_look_at=at + PAUSES[0])
    _thank(gift, care, at)


def _look_at_payment(gift: Gift, at: datetime) -> None:
    late = at - gift.created_at > UNPAID_AFTER
    if gift.session_ref:
        payment = stripe_client.read_session(gift.session_ref)
        gift = apply_payment(gift, payment, at=at)
        # A bank transfer that bounced leaves its session complete for ever: nobody can pay there any more.
        late = late and payment.failed and payment.session_status != "open"
    if late and gift.state in OPEN:
        giving.expire_gift(gift, by=STRIPE, at=at)


def _settle(gift: Gift, payment: Payment, at: datetime) -> Gift:
    try:
        gift = giving.settle_gift(
            gift,
            provider_ref=payment.intent_id,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            by=STRIPE,
            at=at,
        )
    except Refused as refused:
        if refused.code not in ("amount_mismatch", "paid_twice"):
            raise
        return giving.hold_gift(gift, reason=f"gift.{refused.code}", by=STRIPE, at=at)
    after_settlement(gift, at=at)
    if payment.fee_minor is not None:
        _book_fee(gift, payment, at)
    return gift


def _book_fee(gift: Gift, payment: Payment, at: datetime) -> None:
    done = giving.note_fee(gift, fee_minor=payment.fee_minor or 0, currency=payment.fee_currency, by=STRIPE, at=at)
    if done:
        GiftCare.objects.filter(gift=gift).update(fee_done=True)


def _post_refund(gift: Gift, refund_id: str, amount_minor: int, at: datetime) -> None:
    try:
        giving.refund_gift(gift, provider_ref=refund_id, amount_minor=amount_minor, by=STRIPE, at=at)
    except Refused as refused:
        if refused.code not in ("refund_too_large", "refund_mismatch", "gift_not_settled"):
            raise
        giving.hold_gift(gift, reason="gift.refund_mismatch", by=STRIPE, at=at)


def _finish(gift: Gift, care: GiftCare, at: datetime) -> None:
    if not care.fee_done and gift.provider_ref:
        payment = stripe_client.read_intent(gift.provider_ref)
        if payment.fee_minor is not None:
            _book_fee(gift, payment, at)
        if payment.refunded_minor > gift.refunded_minor:
            apply_refunds(gift, at=at)
            gift.refresh_from_db()
    _thank(gift, care, at)
    if gift.state == S.REFUNDED:
        tell_refund(gift, at=at)


def _thank(gift: Gift, care: GiftCare, at: datetime) -> None:
    letters.receipt_for(gift, at=at)
    if gift.refunded_minor:
        letters.receipt_after_refund(gift, at=at)
    _tell_once(gift, care, "thanked_at", letters.send_thanks, at)


def tell_refund(gift: Gift, *, at: datetime) -> None:
    """The gift has gone back whole, and the donor hears of it."""
    care = start_care(gift, at=at)
    _tell_once(gift, care, "refund_told_at", letters.send_refunded, at)


def _tell_once(gift: Gift, care: GiftCare, field: str, send: Callable[[Gift], None], at: datetime) -> None:
    """One letter, whoever comes first. If the mail server is away the claim is given back and the sweep tries again."""
    mine = GiftCare.objects.filter(pk=care.pk, **{field: None})
    if not mine.update(**{field: at}):
        return
    try:
        send(gift)
    except OSError as error:
        # SMTP's own errors are OSErrors too. A letter must never hold up the books.
        log.warning("letter for gift %s not sent (%s)", gift.ref, type(error).__name__)
        GiftCare.objects.filter(pk=care.pk).update(**{field: None, "next_look_at": at + LETTER_PAUSE})


def _plan_next(care: GiftCare, gift: Gift, at: datetime) -> None:
    pause = OPEN_PAUSE if gift.state in OPEN else PAUSES[min(care.looks, len(PAUSES) - 1)]
    GiftCare.objects.filter(pk=care.pk).update(looks=care.looks + 1, next_look_at=at + pause)


def _is_finished(gift: Gift, care: GiftCare) -> bool:
    if gift.state in RECEIVED:
        waiting = Refund.objects.filter(gift=gift, state=Refund.State.PENDING).exists()
        told = care.refund_told_at is not None or gift.state != S.REFUNDED
        return care.fee_done and care.thanked_at is not None and told and not waiting
    return gift.state not in OPEN
