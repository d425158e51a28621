"""Cash and goods that staff take in: entered with their evidence by one person, looked at and booked by another."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.giving import actions, evidence, policies
from projects.giving import goods as in_kind
from projects.giving.goods import Goods
from projects.giving.hand_models import GOODS, HandGift
from projects.giving.limits import check_amount
from projects.giving.models import Gift
from projects.giving.states import HAND_GIFT_MOVES

RIGHT = "giving.enter"
S = HandGift.State
_record = audit.recorder("hand_gift", organisation="organisation.ref")


def enter(
    *,
    organisation: Any,
    project: Any,
    amount_minor: int,
    currency: str,
    received_on: date,
    donor_name: str,
    email: str,
    visibility: str,
    language: str,
    file: bytes,
    form_key: str,
    by: Any,
    at: datetime,
    goods: Goods | None = None,
) -> HandGift:
    """Write down cash that came, or ``goods`` of that value. The same form sent twice is one; nothing is booked yet.

    Refused: ``project_of_another``, ``day_to_come``, ``evidence_…``, what a gift to the project would be refused for;
    of goods what `goods.check` refuses.
    """
    require(by, RIGHT, organisation=organisation, on=localtime(at).date())
    _check(organisation, project, currency, received_on, at)
    if goods is None:
        check_amount(amount_minor, currency)
    else:
        in_kind.check(goods, amount_minor, currency)
    kind = evidence.kind_of(file)
    with transaction.atomic():
        known = HandGift.objects.filter(form_key=form_key).first()
        if known is not None:
            if known.organisation_id != organisation.pk:
                raise Refused("form_key_reused", _r("The form has changed since it was sent. Please open it again."))
            return known
        row = HandGift.objects.create(
            organisation=organisation,
            project=project,
            amount_minor=amount_minor,
            currency=currency,
            received_on=received_on,
            donor_name=donor_name.strip(),
            email=actions.clean_email(email),
            visibility=visibility,
            language=language,
            evidence_sha256=evidence.digest_of(file),
            evidence_type=kind,
            form_key=form_key,
            entered_by_ref=by.ref,
            entered_at=at,
            **(goods.facts() if goods else {}),
        )
        evidence.keep(row.ref, file)
        _record(row, "hand_gift.entered", by=by, at=at, facts={"amount_minor": amount_minor, "channel": row.channel})
    return row


def approve(row: HandGift, *, by: Any, at: datetime) -> Gift:
    """Somebody else has seen the evidence: the gift is in the books. Approving twice changes nothing."""
    with transaction.atomic():
        row = _locked(row)
        _check_second(row, by, at)
        if row.state == S.APPROVED and row.gift is not None:
            return row.gift
        _check_move(row, S.APPROVED)
        if evidence.digest_of(evidence.fetch(row.ref)) != row.evidence_sha256:
            raise Refused("evidence_changed", _r("The evidence is not the file that was entered. Nothing is booked."))
        gift = _booked(row, by=by, at=at)
        _decide(row, S.APPROVED, by=by, at=at, gift=gift)
    return gift


def refuse(row: HandGift, *, reason: str, by: Any, at: datetime) -> HandGift:
    """Somebody else says no, and why. Nothing is booked; whoever entered it may enter it anew."""
    if not reason.strip():
        raise Refused("reason_needed", _r("Say why."))
    with transaction.atomic():
        row = _locked(row)
        _check_second(row, by, at)
        _check_move(row, S.REFUSED)
        _decide(row, S.REFUSED, by=by, at=at, reason=reason.strip())
    return row


def _check(organisation: Any, project: Any, currency: str, received_on: date, at: datetime) -> None:
    if project is not None:
        if project.organisation_id != organisation.pk:
            raise Refused("project_of_another", _r("This project belongs to another charity."))
        policies.check_project_takes_gifts(project, received_on)
        policies.check_currency(project, currency)
    if received_on > localtime(at).date():
        raise Refused("day_to_come", _r("This day has not come yet."))


def _check_second(row: HandGift, by: Any, at: datetime) -> None:
    require(by, RIGHT, organisation=row.organisation, on=localtime(at).date())
    if by.ref == row.entered_by_ref:
        raise Refused("second_person_needed", _r("You entered this gift. Somebody else has to look at it."))


def _check_move(row: HandGift, state: str) -> None:
    if (row.state, state) not in HAND_GIFT_MOVES:
        raise Refused("hand_gift_decided", _r("This gift was decided already."))


def _booked(row: HandGift, *, by: Any, at: datetime) -> Gift:
    if row.channel == GOODS:
        in_kind.open_fund(row.organisation, row.project, row.currency, by=by, at=at)
    gift = actions.open_gift(
        project=row.project,
        organisation=row.organisation,
        amount_minor=row.amount_minor,
        currency=row.currency,
        name=row.donor_name,
        visibility=row.visibility,
        message="",
        email=row.email,
        language=row.language,
        channel=row.channel,
        form_key=f"hand:{row.ref}",
        by=by,
        at=at,
    )
    return actions.settle_gift(
        gift,
        provider_ref=f"hand:{row.ref}",
        amount_minor=row.amount_minor,
        currency=row.currency,
        on=row.received_on,
        by=by,
        at=at,
    )


def _decide(row: HandGift, state: str, *, by: Any, at: datetime, **values: Any) -> None:
    event = HAND_GIFT_MOVES[row.state, state]
    HandGift.objects.filter(pk=row.pk, state=row.state).update(
        state=state, decided_by_ref=by.ref, decided_at=at, **values
    )
    _record(row, event, by=by, at=at, reason=values.get("reason", ""))
    row.refresh_from_db()


def _locked(row: HandGift) -> HandGift:
    return HandGift.objects.select_for_update(of=("self",)).select_related("organisation", "project").get(pk=row.pk)
