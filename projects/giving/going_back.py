"""Refunds: noted when the provider has them, posted when the money left, brought home when it came back."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.audit import actions as audit
from projects.giving import actions, take_backs
from projects.giving.models import Gift, Refund
from projects.giving.states import RECEIVED, REFUND_MOVES

S = Gift.State
R = Refund.State
# What of a refund others may hear.
TOLD: dict[str, str] = {R.POSTED: "gift.refunded", R.RETURNED: "gift.refund_returned"}
_record = audit.recorder("gift", organisation="organisation.ref")


def refund_gift(
    gift: Gift, *, provider_ref: str, amount_minor: int, by: Any, at: datetime, on: date | None = None
) -> Refund:
    """The provider gave money back: post the way back, once per provider's refund. ``on``: the day it left.

    Raises Refused("not_yet_in_log") while the gift has no place in the log; the caller tries again.
    """
    with transaction.atomic():
        gift = actions.locked(gift)
        known = Refund.objects.filter(provider_ref=provider_ref).first()
        if known is not None and known.state in (R.POSTED, R.RETURNED):
            return known
        if gift.state not in RECEIVED:
            raise Refused("gift_not_settled", _r("Only a gift that has been received can be refunded."))
        refund = known or Refund(gift=gift, provider_ref=provider_ref, amount_minor=amount_minor, created_at=at)
        _check_same(refund, gift, amount_minor)
        # What a bank holds in a dispute does not count here: money that left twice is booked twice.
        if not 0 < amount_minor <= gift.amount_minor - gift.refunded_minor:
            raise Refused("refund_too_large", _r("More than is left of this gift cannot be refunded."))
        if known is None:
            refund.save(force_insert=True)
        parts = take_backs.take_back(gift, refund, on=on, by=by, at=at)
        _move(refund, R.POSTED, by=by, at=at, entry_id=parts[0].entry_id, posted_at=at)
        _reckon(gift, by=by, at=at)
    return refund


def return_refund(refund: Refund, *, by: Any, at: datetime, on: date | None = None) -> Refund:
    """A refund that had left came back (the donor's bank would not take it): its postings are mirrored, once."""
    with transaction.atomic():
        gift = actions.locked(refund.gift)
        refund = Refund.objects.select_related("gift__organisation").get(pk=refund.pk)
        if refund.state == R.RETURNED:
            return refund
        _check_move(refund, R.RETURNED)
        take_backs.bring_home(gift, refund, on=on, by=by, at=at)
        _move(refund, R.RETURNED, by=by, at=at, returned_at=at)
        _reckon(gift, by=by, at=at)
    return refund


def note_refund(gift: Gift, *, provider_ref: str, amount_minor: int, by: Any, at: datetime) -> Refund:
    """A refund is on its way at the provider; the books follow when the provider says that it is done."""
    with transaction.atomic():
        gift = actions.locked(gift)
        known = Refund.objects.filter(provider_ref=provider_ref).first()
        if known is not None:
            return known
        refund = Refund.objects.create(gift=gift, provider_ref=provider_ref, amount_minor=amount_minor, created_at=at)
        _record(gift, "gift.refund_noted", by=by, at=at, facts={"refund": refund.ref, "amount_minor": amount_minor})
    return refund


def fail_refund(refund: Refund, *, by: Any, at: datetime) -> Refund:
    """The provider could not give the money back, and it never left. What had left is `return_refund`'s affair."""
    with transaction.atomic():
        actions.locked(refund.gift)
        refund = Refund.objects.select_related("gift__organisation").get(pk=refund.pk)
        if refund.state == R.PENDING:
            _move(refund, R.FAILED, by=by, at=at)
    return refund


def _check_same(refund: Refund, gift: Gift, amount_minor: int) -> None:
    if refund.gift_id != gift.pk or refund.amount_minor != amount_minor:
        raise Refused("refund_mismatch", _r("This refund was recorded for another gift or amount."))


def _check_move(refund: Refund, state: str) -> None:
    if (refund.state, state) not in REFUND_MOVES:
        raise Refused(
            "refund_move_refused",
            _r("A refund that is %(state)s cannot become %(target)s."),
            state=refund.state,
            target=state,
        )


def _move(refund: Refund, state: str, *, by: Any, at: datetime, **values: Any) -> None:
    _check_move(refund, state)
    event = REFUND_MOVES[refund.state, state]
    # The gift's row lock is held: no other worker moves its refunds.
    Refund.objects.filter(pk=refund.pk).update(state=state, **values)
    for field, value in {"state": state, **values}.items():
        setattr(refund, field, value)
    facts = {"refund": refund.ref, "amount_minor": refund.amount_minor}
    _record(refund.gift, event, by=by, at=at, facts=facts)
    if kind := TOLD.get(state):
        actions.tell(refund.gift, kind, at=at, refund=refund.ref, amount_minor=refund.amount_minor)


def _reckon(gift: Gift, *, by: Any, at: datetime) -> None:
    """What has gone back in all, and whether anything is left, after a refund's move."""
    posted = gift.refunds.filter(state=R.POSTED).values_list("amount_minor", flat=True)
    gift.refunded_minor = sum(posted)
    Gift.objects.filter(pk=gift.pk).update(refunded_minor=gift.refunded_minor)
    whole = gift.refunded_minor == gift.amount_minor
    if whole != (gift.state == S.REFUNDED):
        actions.move(gift, S.REFUNDED if whole else S.SETTLED, by=by, at=at)
