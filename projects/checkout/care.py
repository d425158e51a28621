"""Bringing a gift to where the provider's objects are, and doing what follows: receipt, letter.

Everything here may be called again at any moment, in any order: the objects are read again, `decisions` lists what is
missing in the books, and each effect has its key.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import STRIPE
from projects.checkout import decisions, letters, stripe_client
from projects.checkout.facts import Whole
from projects.checkout.keeping import books_of, keep_moves
from projects.checkout.models import GiftCare
from projects.checkout.steps import ACTS, NotYet
from projects.giving import actions as giving
from projects.giving.models import Gift, Refund
from projects.giving.states import DISPUTE_OPEN, OPEN, RECEIVED

log = logging.getLogger(__name__)

S = Gift.State

LETTER_PAUSE = timedelta(minutes=5)
FIRST_LOOK = timedelta(minutes=10)
OPEN_PAUSE = timedelta(minutes=15)
# A transfer that its donor promised may come after days or weeks, or never: rarely looked at, never given up.
PROMISED_PAUSE = timedelta(hours=6)
# After settlement: soon, because the fee and the log are seconds away; then ever more rarely.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (3, 5, 10, 30, 60, 300, 900, 3600, 21600))
UNPAID_AFTER = timedelta(hours=26)
# A refund may come back weeks after it left, a dispute takes months: such gifts are looked at until they cannot change.
REFUND_MAY_FAIL = timedelta(days=35)


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
    elif gift.state in RECEIVED:
        follow(gift, at=at, back=True)
        gift.refresh_from_db()
    care.refresh_from_db()
    if _is_finished(gift, care, at):
        GiftCare.objects.filter(pk=care.pk).update(next_look_at=None)


def follow(gift: Gift, *, at: datetime, back: bool, intent_id: str = "", session_id: str = "") -> None:
    """Read the gift's objects again and do what the books lack. ``back``: refunds and disputes are in question.

    Refused("not_yet_in_log") means: a second from now. What was done until then is done.
    """
    if gift.state == S.NEEDS_REVIEW:
        return
    session = gift.session_ref or session_id
    intent = gift.provider_ref or intent_id
    if session or intent:
        apply(gift, stripe_client.read_whole(session_ref=session, intent_id=intent, back=back), at=at)


def apply(gift: Gift, whole: Whole, *, at: datetime) -> None:
    """Do the missing steps for objects that were just read, and what follows from them."""
    steps = decisions.plan(books_of(gift), whole)
    if whole.payment.paid:
        keep_moves(gift, whole.moves)
    late = None
    for number, step in enumerate(steps):
        try:
            ACTS[step.act](gift, step, at)
        except NotYet:
            # The fee waits for the log. The next look comes by itself; only what stands behind it must be told to wait.
            late = not_yet() if number + 1 < len(steps) else None
            break
        except Refused as refused:
            late = refused
            break
        finally:
            gift.refresh_from_db()
    # Where money may have gone back the receipt is always held against the books: the last try may have been cut off.
    if gift.state in RECEIVED and (steps or whole.asked_back):
        _afterwards(gift, at=at)
    if late is not None:
        raise late


def not_yet() -> Refused:
    """What is answered while something waits for its place in the log: a second from now it goes on."""
    return Refused("not_yet_in_log", _r("This entry has no place in the log yet; try again in a few seconds."))


def _afterwards(gift: Gift, *, at: datetime) -> None:
    """Receipt and letters. The receipt never says more than the charity kept, nor less once money came home."""
    care = start_care(gift, at=at)
    GiftCare.objects.filter(pk=care.pk, looks=0, next_look_at__gt=at + PAUSES[0]).update(next_look_at=at + PAUSES[0])
    letters.receipt_after_refund(gift, at=at)
    letters.receipt_for(gift, at=at)
    _tell_once(gift, care, "thanked_at", letters.send_thanks, at)
    if gift.state == S.REFUNDED:
        _tell_once(gift, care, "refund_told_at", letters.send_refunded, at)


def close_page(gift: Gift, *, at: datetime) -> None:
    """Nobody pays there any more. A page that is over already stays as it is."""
    try:
        apply(gift, Whole(stripe_client.expire_session(gift.session_ref or "", gift_ref=gift.ref)), at=at)
    except stripe_client.ProviderRefused:
        follow(gift, at=at, back=False)


def _look_at_payment(gift: Gift, at: datetime) -> None:
    late = at - gift.created_at > UNPAID_AFTER
    if gift.session_ref or gift.provider_ref:
        named = {"session_ref": gift.session_ref or "", "intent_id": gift.provider_ref or ""}
        whole = stripe_client.read_whole(**named, back=True)
        if late and gift.session_ref and whole.payment.session_status == "open":
            # Pages end by themselves after an hour; where one did not, nobody shall pay there once we have given up.
            whole = Whole(stripe_client.expire_session(gift.session_ref, gift_ref=gift.ref))
        apply(gift, whole, at=at)
        # A bank transfer that bounced leaves its session complete for ever: nobody can pay there any more.
        late = late and whole.payment.failed and whole.payment.session_status != "open"
    if late and gift.state in OPEN:
        giving.expire_gift(gift, by=STRIPE, at=at)


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
    pause = PAUSES[min(care.looks, len(PAUSES) - 1)]
    if gift.state in OPEN:
        pause = PROMISED_PAUSE if at - gift.created_at > UNPAID_AFTER else OPEN_PAUSE
    GiftCare.objects.filter(pk=care.pk).update(looks=care.looks + 1, next_look_at=at + pause)


def _is_finished(gift: Gift, care: GiftCare, at: datetime) -> bool:
    if gift.state not in RECEIVED:
        return gift.state not in OPEN
    told = care.refund_told_at is not None or gift.state != S.REFUNDED
    refunds = Refund.objects.filter(gift=gift)
    waiting = refunds.filter(state=Refund.State.PENDING).exists()
    young = refunds.filter(state=Refund.State.POSTED, posted_at__gt=at - REFUND_MAY_FAIL).exists()
    disputed = gift.disputes.filter(state__in=DISPUTE_OPEN).exists()
    return care.fee_done and care.thanked_at is not None and told and not (waiting or young or disputed)
