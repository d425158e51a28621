"""Gifts by hand go back by hand: entered with their evidence by one person, looked at and booked by another."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.giving import actions, evidence, going_back, policies
from projects.giving.hand_models import BY_HAND, GOODS, HandGift, HandRefund
from projects.giving.models import Gift, Refund
from projects.giving.states import HAND_REFUND_MOVES

RIGHT = "giving.refund"
S = HandRefund.State
_record = audit.recorder("hand_refund", organisation="gift.organisation.ref")


def enter(
    gift: Gift,
    *,
    amount_minor: int,
    given_back_on: date,
    reason: str,
    file: bytes,
    form_key: str,
    by: Any,
    at: datetime,
) -> HandRefund:
    """Write down that (a part of) a gift by hand was given back. The same form twice is one; nothing is booked yet.

    ``amount_minor``: minor units of the gift's currency. Refused: ``refund_not_by_hand``, ``reason_needed``,
    ``day_to_come``, ``day_before_gift``, ``goods_go_back_whole``, ``evidence_…``, ``refund_on_its_way``, and what any
    refund of the gift is refused for.
    """
    require(by, RIGHT, organisation=gift.organisation, on=localtime(at).date())
    if not reason.strip():
        raise Refused("reason_needed", _r("Say why."))
    _check_back(gift, amount_minor, given_back_on, at)
    kind = evidence.kind_of(file)
    with transaction.atomic():
        known = HandRefund.objects.filter(form_key=form_key).first()
        if known is not None:
            if known.gift_id != gift.pk:
                raise Refused("form_key_reused", _r("The form has changed since it was sent. Please open it again."))
            return known
        row = HandRefund(
            gift=gift,
            amount_minor=amount_minor,
            given_back_on=given_back_on,
            reason=reason.strip(),
            evidence_sha256=evidence.digest_of(file),
            evidence_type=kind,
            form_key=form_key,
            entered_by_ref=by.ref,
            entered_at=at,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise Refused("refund_on_its_way", _r("A refund of this gift is on its way already.")) from error
        evidence.keep(row.ref, file)
        _record(row, "hand_refund.entered", by=by, at=at, reason=row.reason, facts={"amount_minor": amount_minor})
    return row


def approve(row: HandRefund, *, by: Any, at: datetime) -> Refund:
    """Somebody else has seen the evidence: what went back is in the books. Approving twice changes nothing.

    Refused also: ``not_yet_in_log`` while the gift has no place in the log.
    """
    with transaction.atomic():
        row = _locked(row)
        _check_second(row, by, at)
        if row.state == S.APPROVED and row.refund is not None:
            return row.refund
        _check_move(row, S.APPROVED)
        if evidence.digest_of(evidence.fetch(row.ref)) != row.evidence_sha256:
            raise Refused("evidence_changed", _r("The evidence is not the file that was entered. Nothing is booked."))
        gift = actions.locked(row.gift)
        # What else went back meanwhile counts: asked again under the lock.
        _check_back(gift, row.amount_minor, row.given_back_on, at)
        refund = going_back.refund_gift(
            gift,
            provider_ref=f"hand:{row.ref}",
            amount_minor=row.amount_minor,
            on=row.given_back_on,
            by=by,
            at=at,
        )
        _decide(row, S.APPROVED, by=by, at=at, refund=refund)
    return refund


def refuse(row: HandRefund, *, reason: str, by: Any, at: datetime) -> HandRefund:
    """Somebody else says no, and why. Nothing is booked; whoever entered it may enter it anew."""
    if not reason.strip():
        raise Refused("reason_needed", _r("Say why."))
    with transaction.atomic():
        row = _locked(row)
        _check_second(row, by, at)
        _check_move(row, S.REFUSED)
        _decide(row, S.REFUSED, by=by, at=at, answer=reason.strip())
    return row


def _check_back(gift: Gift, amount_minor: int, given_back_on: date, at: datetime) -> None:
    if gift.channel not in BY_HAND:
        raise Refused("refund_not_by_hand", _r("This gift was not given by hand: it goes back the way it came."))
    policies.check_refundable(gift, amount_minor)
    if gift.channel == GOODS and amount_minor != gift.amount_minor:
        raise Refused("goods_go_back_whole", _r("Goods are given back whole."))
    if given_back_on > localtime(at).date():
        raise Refused("day_to_come", _r("This day has not come yet."))
    if given_back_on < _given_on(gift):
        raise Refused("day_before_gift", _r("On this day the gift had not been given yet."))


def _given_on(gift: Gift) -> date:
    return HandGift.objects.get(gift=gift).received_on


def _check_second(row: HandRefund, by: Any, at: datetime) -> None:
    require(by, RIGHT, organisation=row.gift.organisation, on=localtime(at).date())
    if by.ref == row.entered_by_ref:
        raise Refused("second_person_needed", _r("You entered this. Somebody else has to look at it."))


def _check_move(row: HandRefund, state: str) -> None:
    if (row.state, state) not in HAND_REFUND_MOVES:
        raise Refused("hand_refund_decided", _r("This was decided already."))


def _decide(row: HandRefund, state: str, *, by: Any, at: datetime, **values: Any) -> None:
    event = HAND_REFUND_MOVES[row.state, state]
    HandRefund.objects.filter(pk=row.pk, state=row.state).update(
        state=state, decided_by_ref=by.ref, decided_at=at, **values
    )
    _record(row, event, by=by, at=at, reason=values.get("answer", ""))
    row.refresh_from_db()


def _locked(row: HandRefund) -> HandRefund:
    return HandRefund.objects.select_for_update(of=("self",)).select_related("gift__organisation").get(pk=row.pk)
