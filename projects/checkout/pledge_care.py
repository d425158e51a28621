"""Bringing a regular gift to where the provider's objects are, and doing what follows: gifts, letters, the next look.

Everything here may be called again at any moment: the objects are read again, `pledge_decisions` lists what is missing.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ledger.core.refusals import Refused
from projects.access.actors import STRIPE
from projects.audit import actions as audit
from projects.checkout import billing_client, care, pledge_decisions, pledge_letters
from projects.checkout.models import HeldMoney, PledgeCare
from projects.checkout.pledge_decisions import PledgeBooks, PledgeStep
from projects.checkout.pledge_facts import PledgeWhole
from projects.checkout.stripe_client import ProviderRefused
from projects.giving import actions as giving
from projects.giving import pledges
from projects.giving.bearing import moment_of
from projects.giving.models import Gift, Pledge

log = logging.getLogger(__name__)

P = Pledge.State
BATCH = 100
OPEN_PAUSE = timedelta(minutes=15)
LIVE_PAUSE = timedelta(days=1)
# After a charge comes due: the invoice is final an hour later, and its message says so sooner.
SOON_AFTER = timedelta(minutes=10)
UNPAID_AFTER = timedelta(hours=26)
HELD_GIFT = "gift.amount_mismatch"


def start_care(pledge: Pledge, *, at: datetime) -> PledgeCare:
    """From now on somebody remembers this pledge even if no message about it ever comes."""
    return PledgeCare.objects.get_or_create(pledge=pledge, defaults={"next_look_at": at + OPEN_PAUSE})[0]


def ref_in(thing: dict[str, Any]) -> str:
    """The pledge that a session, a subscription or an invoice is about; empty where it is none of ours."""
    parent = (thing.get("parent") or {}).get("subscription_details") or {}
    metadata = parent.get("metadata") or thing.get("metadata") or {}
    return str(metadata.get("pledge_ref") or "")


def follow_ref(ref: str, *, at: datetime) -> bool:
    """Follow the pledge of a reference; False when there is none."""
    pledge = _pledges().filter(ref=ref).first() if ref else None
    if pledge is not None:
        follow(pledge, at=at)
    return pledge is not None


def follow(pledge: Pledge, *, at: datetime) -> None:
    """Read the pledge's objects again and do what is missing here."""
    if not (pledge.session_ref or pledge.subscription_ref):
        return
    _take_new_card(pledge)
    read = {"session_ref": pledge.session_ref or "", "subscription_ref": pledge.subscription_ref or ""}
    apply(pledge, billing_client.read_pledge(**read), at=at)


def apply(pledge: Pledge, whole: PledgeWhole, *, at: datetime) -> None:
    """Do the missing steps for objects that were just read, and what follows from them."""
    for step in pledge_decisions.plan(books_of(pledge), whole):
        ACTS[step.act](pledge, step, at)
        pledge.refresh_from_db()
    pledge_letters.tell(pledge, at=at)


def gift_behind(intent_id: str, *, at: datetime) -> Gift | None:
    """The gift of a payment that only its invoice knows: the pledge is followed, and then it is there."""
    bill = billing_client.invoice_of_intent(intent_id)
    if bill is None or not follow_ref(bill.pledge_ref, at=at):
        return None
    return Gift.objects.select_related("organisation", "donor").filter(invoice_ref=bill.invoice_id).first()


def sweep(*, at: datetime) -> int:
    """Look after every pledge whose time has come; how many."""
    due = PledgeCare.objects.filter(next_look_at__lte=at).order_by("next_look_at").values_list("pledge_id", flat=True)
    rows = list(_pledges().filter(pk__in=list(due[:BATCH])))
    for pledge in rows:
        try:
            look_after(pledge, at=at)
        except Exception as error:
            # One pledge's trouble must not keep the others waiting. Its next look is planned already.
            kind = error.code if isinstance(error, Refused) else type(error).__name__
            log.warning("pledge %s: %s", pledge.ref, kind)
    return len(rows)


def look_after(pledge: Pledge, *, at: datetime) -> None:
    """Ask the provider where the pledge stands, do what is left to do, and plan the next look."""
    PledgeCare.objects.filter(pledge=pledge).update(next_look_at=at + OPEN_PAUSE)
    late = pledge.state == P.INITIATED and at - pledge.created_at > UNPAID_AFTER
    if late and pledge.session_ref and billing_client.read_page(pledge.session_ref).status == "open":
        # Pages end by themselves after an hour; where one did not, nobody shall begin there once we have given up.
        billing_client.expire_page(pledge.session_ref, pledge_ref=pledge.ref)
    follow(pledge, at=at)
    pledge.refresh_from_db()
    if late and pledge.state == P.INITIATED and not pledge.session_ref:
        pledges.expire_pledge(pledge, by=STRIPE, at=at)
    PledgeCare.objects.filter(pledge=pledge).update(next_look_at=_next_look(pledge, at))


def books_of(pledge: Pledge) -> PledgeBooks:
    """What we have of a pledge, as `pledge_decisions` wants to see it. A gift that still waits is looked at again."""
    done = pledge.gifts.exclude(state=Gift.State.INITIATED).values_list("invoice_ref", flat=True)
    standing = pledge_decisions.Standing(
        state=pledge.state,
        amount_minor=pledge.amount_minor,
        next_charge=_seconds(pledge.next_charge_at),
        skips_until=_seconds(pledge.skips_until),
        retry=_seconds(pledge.retry_at),
        attempts=pledge.failed_attempts,
        end_reason=pledge.end_reason,
    )
    return PledgeBooks(
        pledge_ref=pledge.ref,
        currency=pledge.currency,
        standing=standing,
        subscription_id=pledge.subscription_ref or "",
        invoices=frozenset(ref for ref in done if ref),
    )


def _gift(pledge: Pledge, step: PledgeStep, at: datetime) -> None:
    money: dict[str, Any] = {"amount_minor": step.amount_minor, "currency": step.currency}
    gift = pledges.gift_of_invoice(
        pledge, invoice_ref=step.thing, provider_ref=step.intent_id, **money, by=STRIPE, at=at
    )
    care.start_care(gift, at=at)
    HeldMoney.objects.filter(provider_ref=step.thing, solved_at=None).update(solved_at=at)
    if not pledges.promised(pledge, **money):
        gift = giving.hold_gift(gift, reason=HELD_GIFT, by=STRIPE, at=at)
    care.follow(gift, at=at, back=False)


def _hold(pledge: Pledge, step: PledgeStep, at: datetime) -> None:
    _row, created = HeldMoney.objects.get_or_create(
        provider_ref=step.thing,
        defaults={
            "pledge": pledge,
            "amount_minor": step.amount_minor,
            "currency": step.currency,
            "reason": step.note,
            "noted_at": at,
        },
    )
    if created:
        _record(pledge, step.note, by=STRIPE, at=at)


def _stand(pledge: Pledge, step: PledgeStep, at: datetime) -> None:
    try:
        _note(pledge, step.thing, step.standing, at)
    except Refused as refused:
        if refused.code != "pledge_second":
            raise
        _end(pledge, PledgeStep(pledge_decisions.END, step.thing, note=pledges.SECOND), at)


def _note(pledge: Pledge, subscription_id: str, standing: pledge_decisions.Standing, at: datetime) -> None:
    made = pledges.Standing(
        state=standing.state,
        subscription_ref=subscription_id,
        amount_minor=standing.amount_minor,
        next_charge_at=_moment(standing.next_charge),
        skips_until=_moment(standing.skips_until),
        retry_at=_moment(standing.retry),
        failed_attempts=standing.attempts,
        end_reason=standing.end_reason,
    )
    pledges.note_standing(pledge, made, by=STRIPE, at=at)


def _end(pledge: Pledge, step: PledgeStep, at: datetime) -> None:
    made = billing_client.cancel(step.thing, reason=step.note, key=f"pledge:{pledge.ref}:end:{step.note}")
    _note(pledge, step.thing, pledge_decisions.standing_of(made, ()), at)


def _expire(pledge: Pledge, step: PledgeStep, at: datetime) -> None:
    pledges.expire_pledge(pledge, by=STRIPE, at=at)


ACTS: dict[str, Callable[[Pledge, PledgeStep, datetime], None]] = {
    pledge_decisions.GIFT: _gift,
    pledge_decisions.HOLD: _hold,
    pledge_decisions.STAND: _stand,
    pledge_decisions.END: _end,
    pledge_decisions.EXPIRE: _expire,
}
_record = audit.recorder("pledge", organisation="organisation.ref")


def _take_new_card(pledge: Pledge) -> None:
    """A card that the donor put on file is charged from now on; an invoice that is open is tried with it at once."""
    row = PledgeCare.objects.filter(pledge=pledge).exclude(card_page_ref="").first()
    if row is None or not pledge.subscription_ref:
        return
    page = billing_client.read_page(row.card_page_ref)
    if page.status == "complete" and pledge.is_live:
        billing_client.take_card(pledge.subscription_ref, setup_id=page.setup_id)
        for bill in billing_client.read_invoices(pledge.subscription_ref):
            if bill.status == "open":
                _try_again(bill.invoice_id, page.setup_id)
    if page.status != "open":
        PledgeCare.objects.filter(pk=row.pk, card_page_ref=row.card_page_ref).update(card_page_ref="")


def _try_again(invoice_id: str, setup_id: str) -> None:
    try:
        billing_client.pay_invoice(invoice_id, key=f"invoice:{invoice_id}:card:{setup_id}")
    except ProviderRefused as refused:
        # The new card was declined too: the retry plan goes on, and the donor is told by the page.
        log.info("invoice %s not paid with the new card (%s)", invoice_id, refused.code)


def _next_look(pledge: Pledge, at: datetime) -> datetime | None:
    if pledge.state == P.INITIATED:
        return at + OPEN_PAUSE
    if not pledge.is_live:
        return None
    expected = [moment + SOON_AFTER for moment in (pledge.next_charge_at, pledge.retry_at) if moment]
    return min([at + LIVE_PAUSE, *(moment for moment in expected if moment > at)])


def _pledges() -> Any:
    return Pledge.objects.select_related("organisation", "donor", "project")


def _seconds(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0


def _moment(seconds: int) -> datetime | None:
    return moment_of(seconds) if seconds else None
