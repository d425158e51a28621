"""The steps that `decisions` lists, carried out: one action of `giving` each, dated by the provider's day."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from ledger.core.refusals import Refused
from projects.access.actors import STRIPE
from projects.checkout import decisions
from projects.checkout.decisions import Step
from projects.checkout.models import GiftCare
from projects.giving import actions as giving
from projects.giving import disputes, going_back
from projects.giving.bearing import day_of, moment_of
from projects.giving.models import Dispute, Gift, Refund
from projects.matching import holds


class NotYet(Exception):
    """The gift has no place in the log yet, so it cannot be said who bears a cost. A second from now it can."""


def _settle(gift: Gift, step: Step, at: datetime) -> None:
    money: dict[str, Any] = {"provider_ref": step.thing, "amount_minor": step.amount_minor, "currency": step.currency}
    try:
        giving.settle_gift(gift, **money, by=STRIPE, at=at, on=_day(step))
    except Refused as refused:
        if refused.code not in ("amount_mismatch", "paid_twice"):
            raise
        giving.hold_gift(gift, reason=f"gift.{refused.code}", by=STRIPE, at=at)


def _fee(gift: Gift, step: Step, at: datetime) -> None:
    fee: dict[str, Any] = {"fee_minor": step.amount_minor, "currency": step.currency}
    if not giving.note_fee(gift, **fee, by=STRIPE, at=at, on=_day(step)):
        # Nothing behind the fee may overtake it: the general fund bears one after the other.
        raise NotYet
    GiftCare.objects.update_or_create(gift=gift, defaults={"fee_done": True})


def _note_part(gift: Gift, step: Step, at: datetime) -> None:
    giving.note_part(gift, by=STRIPE, at=at)


def _note_refund(gift: Gift, step: Step, at: datetime) -> None:
    going_back.note_refund(gift, provider_ref=step.thing, amount_minor=step.amount_minor, by=STRIPE, at=at)


def _fail_refund(gift: Gift, step: Step, at: datetime) -> None:
    going_back.fail_refund(_refund(gift, step), by=STRIPE, at=at)


def _refund_out(gift: Gift, step: Step, at: datetime) -> None:
    money: dict[str, Any] = {"provider_ref": step.thing, "amount_minor": step.amount_minor}
    try:
        going_back.refund_gift(gift, **money, by=STRIPE, at=at, on=_day(step))
    except Refused as refused:
        if refused.code not in ("refund_too_large", "refund_mismatch"):
            raise
        giving.hold_gift(gift, reason="gift.refund_mismatch", by=STRIPE, at=at)


def _refund_home(gift: Gift, step: Step, at: datetime) -> None:
    refund = _refund(gift, step)
    if refund.state == Refund.State.POSTED:
        going_back.return_refund(refund, by=STRIPE, at=at, on=_day(step))


def _note_dispute(gift: Gift, step: Step, at: datetime) -> None:
    disputes.note_dispute(
        gift,
        provider_ref=step.thing,
        amount_minor=step.amount_minor,
        state=step.note,
        reason=step.reason,
        respond_by=moment_of(step.due_by) if step.due_by else None,
        opened_at=moment_of(step.moment) if step.moment else at,
        by=STRIPE,
        at=at,
    )


def _dispute_out(gift: Gift, step: Step, at: datetime) -> None:
    disputes.withdraw_dispute(_dispute(gift, step), by=STRIPE, at=at, on=_day(step))


def _dispute_home(gift: Gift, step: Step, at: datetime) -> None:
    disputes.reinstate_dispute(_dispute(gift, step), by=STRIPE, at=at, on=_day(step))


def _dispute_fee(gift: Gift, step: Step, at: datetime) -> None:
    fee: dict[str, Any] = {"fee_minor": step.amount_minor, "currency": step.currency}
    if not disputes.note_dispute_fee(_dispute(gift, step), **fee, by=STRIPE, at=at, on=_day(step)):
        raise NotYet


def _dispute_fee_home(gift: Gift, step: Step, at: datetime) -> None:
    try:
        disputes.return_dispute_fee(_dispute(gift, step), fee_minor=step.amount_minor, by=STRIPE, at=at, on=_day(step))
    except Refused as refused:
        if refused.code != "dispute_fee_mismatch":
            raise
        giving.hold_gift(gift, reason="gift.dispute_unclear", by=STRIPE, at=at)


def _fail(gift: Gift, step: Step, at: datetime) -> None:
    giving.fail_gift(gift, by=STRIPE, at=at)
    holds.end(gift.ref, by=STRIPE, at=at)


def _expire(gift: Gift, step: Step, at: datetime) -> None:
    giving.expire_gift(gift, by=STRIPE, at=at)
    holds.end(gift.ref, by=STRIPE, at=at)


def _hold(gift: Gift, step: Step, at: datetime) -> None:
    giving.hold_gift(gift, reason=step.note, by=STRIPE, at=at)


def _day(step: Step) -> date | None:
    return day_of(moment_of(step.moment)) if step.moment else None


def _refund(gift: Gift, step: Step) -> Refund:
    return Refund.objects.select_related("gift__organisation").get(gift=gift, provider_ref=step.thing)


def _dispute(gift: Gift, step: Step) -> Dispute:
    return Dispute.objects.select_related("gift__organisation").get(gift=gift, provider_ref=step.thing)


ACTS: dict[str, Callable[[Gift, Step, datetime], None]] = {
    decisions.SETTLE: _settle,
    decisions.FAIL: _fail,
    decisions.EXPIRE: _expire,
    decisions.NOTE_PART: _note_part,
    decisions.HOLD: _hold,
    decisions.FEE: _fee,
    decisions.NOTE_REFUND: _note_refund,
    decisions.FAIL_REFUND: _fail_refund,
    decisions.REFUND_OUT: _refund_out,
    decisions.REFUND_HOME: _refund_home,
    decisions.NOTE_DISPUTE: _note_dispute,
    decisions.DISPUTE_OUT: _dispute_out,
    decisions.DISPUTE_HOME: _dispute_home,
    decisions.DISPUTE_FEE: _dispute_fee,
    decisions.DISPUTE_FEE_HOME: _dispute_fee_home,
}
