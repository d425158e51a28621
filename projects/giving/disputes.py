"""Disputes: what a donor's bank says, the money it takes and gives back, and what the provider charges for it."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum

from ledger import posting
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.policy import recipes
from projects.audit import actions as audit
from projects.giving import actions, take_backs
from projects.giving.bearing import borne_by, when_open
from projects.giving.models import Dispute, Gift
from projects.giving.states import DISPUTE_MOVES, DISPUTE_OPEN, RECEIVED

_record = audit.recorder("dispute", organisation="gift.organisation.ref")


def note_dispute(
    gift: Gift,
    *,
    provider_ref: str,
    amount_minor: int,
    state: str,
    reason: str,
    respond_by: datetime | None,
    opened_at: datetime,
    by: Any,
    at: datetime,
) -> Dispute:
    """Write down where a dispute stands at the provider. No money moves by this; an inquiry never moves any."""
    with transaction.atomic():
        gift = actions.locked(gift)
        dispute = Dispute.objects.filter(provider_ref=provider_ref).select_related("gift__organisation").first()
        if dispute is None:
            dispute = Dispute(gift=gift, provider_ref=provider_ref, amount_minor=amount_minor, reason=reason[:60])
            dispute.state, dispute.respond_by, dispute.opened_at = state, respond_by, opened_at
            dispute.closed_at = None if state in DISPUTE_OPEN else at
            dispute.save(force_insert=True)
            _record(dispute, "dispute.opened", by=by, at=at, facts=_facts(dispute))
        elif dispute.gift_id != gift.pk:
            raise Refused("dispute_mismatch", _r("This dispute was recorded for another gift."))
        else:
            _follow(dispute, state, respond_by, by=by, at=at)
    return dispute


def withdraw_dispute(dispute: Dispute, *, by: Any, at: datetime, on: date | None = None) -> Dispute:
    """The bank took the money: post it, once. Refused("not_yet_in_log") while the gift has no place in the log."""
    with transaction.atomic():
        gift, dispute = _held(dispute)
        if dispute.withdrawn_at is not None:
            return dispute
        if gift.state not in RECEIVED:
            raise Refused("gift_not_settled", _r("Only a gift that has been received can be refunded."))
        take_backs.take_back(gift, dispute, on=on, by=by, at=at)
        Dispute.objects.filter(pk=dispute.pk).update(withdrawn_at=at)
        dispute.withdrawn_at = at
        _reckon(gift)
        _record(dispute, "dispute.withdrawn", by=by, at=at, facts=_facts(dispute))
        actions.tell(gift, "gift.withdrawn", at=at, dispute=dispute.ref, amount_minor=dispute.amount_minor)
    return dispute


def reinstate_dispute(dispute: Dispute, *, by: Any, at: datetime, on: date | None = None) -> Dispute:
    """The bank gave the money back: its postings are mirrored, once."""
    with transaction.atomic():
        gift, dispute = _held(dispute)
        if dispute.reinstated_at is not None:
            return dispute
        if dispute.withdrawn_at is None:
            raise Refused("dispute_not_withdrawn", _r("The bank has not taken this money."))
        take_backs.bring_home(gift, dispute, on=on, by=by, at=at)
        Dispute.objects.filter(pk=dispute.pk).update(reinstated_at=at)
        dispute.reinstated_at = at
        _reckon(gift)
        _record(dispute, "dispute.reinstated", by=by, at=at, facts=_facts(dispute))
        actions.tell(gift, "gift.reinstated", at=at, dispute=dispute.ref, amount_minor=dispute.amount_minor)
    return dispute


def note_dispute_fee(
    dispute: Dispute, *, fee_minor: int, currency: str, by: Any, at: datetime, on: date | None = None
) -> bool:
    """Book what the provider charges for the dispute; the general fund bears it. True when it is done.

    A fee in another currency than the gift's is written down and left to reconciliation.
    """
    with transaction.atomic():
        gift, dispute = _held(dispute)
        if dispute.fee_entry_id or fee_minor <= 0:
            return True
        Dispute.objects.filter(pk=dispute.pk).update(fee_minor=fee_minor, fee_currency=currency.upper())
        if currency.upper() != gift.currency:
            return True
        key = f"dispute-fee:{dispute.ref}"
        recipe, ref = recipes.dispute_fee, dispute.ref
        entry_id = borne_by(gift, recipe, amount_minor=fee_minor, document_ref=ref, key=key, by=by, at=at, on=on)
        if entry_id is None:
            return False
        Dispute.objects.filter(pk=dispute.pk).update(fee_entry_id=entry_id)
        _record(dispute, "dispute.fee_posted", by=by, at=at, facts={"fee_minor": fee_minor})
    return True


def return_dispute_fee(dispute: Dispute, *, fee_minor: int, by: Any, at: datetime, on: date | None = None) -> Dispute:
    """The provider gave its fee back: the fee's entry is mirrored. Refused where it is not the same sum."""
    with transaction.atomic():
        _gift, dispute = _held(dispute)
        if dispute.fee_back_entry_id or dispute.fee_entry_id is None:
            return dispute
        if fee_minor != dispute.fee_minor:
            raise Refused("dispute_fee_mismatch", _r("The fee that came back is not the fee that was charged."))
        origin = dispute.fee_entry_id

        def post(day: date) -> Any:
            key = f"dispute-fee-back:{dispute.ref}"
            return posting.reverse(
                origin, document_ref=dispute.ref, effective_on=day, by=by.ref, at=at, key=key
            ).entry_id

        entry_id = when_open(post, on=on, at=at)
        Dispute.objects.filter(pk=dispute.pk).update(fee_back_entry_id=entry_id)
        dispute.fee_back_entry_id = entry_id
        _record(dispute, "dispute.fee_returned", by=by, at=at, facts={"fee_minor": fee_minor})
    return dispute


def _held(dispute: Dispute) -> tuple[Gift, Dispute]:
    gift = actions.locked(dispute.gift)
    return gift, Dispute.objects.select_related("gift__organisation").get(pk=dispute.pk)


def _follow(dispute: Dispute, state: str, respond_by: datetime | None, *, by: Any, at: datetime) -> None:
    if dispute.respond_by != respond_by:
        Dispute.objects.filter(pk=dispute.pk).update(respond_by=respond_by)
        dispute.respond_by = respond_by
    # A step that the table does not know is old news: nothing leads from a decision back to the question.
    event = DISPUTE_MOVES.get((dispute.state, state))
    if event is None:
        return
    closed_at = None if state in DISPUTE_OPEN else at
    Dispute.objects.filter(pk=dispute.pk).update(state=state, closed_at=closed_at)
    dispute.state, dispute.closed_at = state, closed_at
    _record(dispute, event, by=by, at=at, facts=_facts(dispute))


def _reckon(gift: Gift) -> None:
    """What banks hold of the gift now, from its disputes."""
    standing = gift.disputes.filter(withdrawn_at__isnull=False, reinstated_at__isnull=True)
    held = standing.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    Gift.objects.filter(pk=gift.pk).update(disputed_minor=held)


def _facts(dispute: Dispute) -> dict[str, Any]:
    return {"gift": dispute.gift.ref, "amount_minor": dispute.amount_minor, "state": str(dispute.state)}
