"""What can happen to a gift. Every verb is one transaction with its audit row inside."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from ledger import posting
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.policy import recipes
from projects.audit import actions as audit
from projects.giving import goods, policies
from projects.giving.bearing import GENERAL_FUND, borne_by, day_of, when_open
from projects.giving.commitments import commitment_of
from projects.giving.donor_refs import donor_ref
from projects.giving.hand_models import GOODS
from projects.giving.limits import check_amount
from projects.giving.models import Donor, Gift
from projects.giving.states import MOVES, RECEIVED, sources
from projects.giving.visibility import public_name
from projects.organisations import outcomes

S = Gift.State
_record = audit.recorder("gift", organisation="organisation.ref")


PART_CAME = "gift.partly_paid"


def open_gift(
    *,
    project: Any,
    amount_minor: int,
    currency: str,
    name: str,
    visibility: str,
    message: str,
    email: str,
    language: str,
    by: Any,
    at: datetime,
    form_key: str,
    organisation: Any = None,
    channel: str = "stripe",
    method: str = "",
    cover_minor: int = 0,
) -> Gift:
    """Write down the wish to give, before any money moves. The same form sent twice is the same gift.

    ``amount_minor`` is all that is to be paid; ``cover_minor`` the part of it that is added for the payment fee.
    """
    if not form_key:
        raise Refused("form_key_missing", _r("The form has expired. Please open it again."))
    if project is not None:
        policies.check_project_takes_gifts(project, day_of(at))
        policies.check_currency(project, currency)
    elif organisation is None:
        raise Refused("gift_without_receiver", _r("A gift needs a project or a charity."))
    if channel != GOODS:  # their value is what the evidence says
        check_amount(amount_minor, currency)
    policies.check_cover(cover_minor, amount_minor)
    with transaction.atomic():
        known = Gift.objects.filter(form_key=form_key).first()
        if known is not None:
            return _same_wish(known, project, amount_minor, cover_minor, currency)
        donor = donor_for(email=email, name=name, language=language, at=at)
        gift = Gift(
            project=project,
            organisation=organisation or project.organisation,
            donor=donor,
            amount_minor=amount_minor,
            cover_minor=cover_minor,
            currency=currency,
            donor_name=name.strip(),
            visibility=visibility,
            public_name=public_name(name, visibility),
            message=message.strip(),
            email=clean_email(email),
            language=language,
            channel=channel,
            method=method,
            form_key=form_key,
            created_at=at,
        )
        try:
            with transaction.atomic():
                gift.save(force_insert=True)
        except IntegrityError:
            # The second tap of two at once: the unique form key has decided, the first one's gift is the gift.
            return _same_wish(Gift.objects.get(form_key=form_key), project, amount_minor, cover_minor, currency)
        _record(gift, "gift.opened", by=by, at=at)
    return gift


def bind_session(gift: Gift, *, session_ref: str, by: Any, at: datetime) -> Gift:
    """Remember the provider's session. It is set once; the same session again changes nothing."""
    with transaction.atomic():
        changed = Gift.objects.filter(pk=gift.pk, session_ref__isnull=True).update(session_ref=session_ref)
        gift.refresh_from_db()
        if not changed and gift.session_ref != session_ref:
            raise Refused("session_taken", _r("This gift is already being paid elsewhere."))
        if changed:
            _record(gift, "gift.session_bound", by=by, at=at)
    return gift


def settle_gift(
    gift: Gift,
    *,
    provider_ref: str,
    amount_minor: int,
    currency: str,
    by: Any,
    at: datetime,
    on: date | None = None,
) -> Gift:
    """The provider confirms the money: post it once, to the fund the donor chose. Settling twice changes nothing.

    ``on``: the day on which the provider took the money; without it, or where its period is closed, the day of ``at``.
    """
    with transaction.atomic():
        gift = locked(gift)
        policies.check_same_money(gift, amount_minor, currency)
        if gift.state in RECEIVED:
            if gift.provider_ref != provider_ref:
                raise Refused("paid_twice", _r("This gift has already been paid by another payment."))
            return gift
        _check_move(gift, S.SETTLED)
        gift.settled_at = at
        posted = when_open(
            lambda day: posting.post(_gift_draft(gift, day), by=by.ref, at=at, key=f"gift:{gift.ref}"), on=on, at=at
        )
        facts = {"provider_ref": provider_ref, "settled_at": at, "entry_id": posted.entry_id, "review_reason": ""}
        move(gift, S.SETTLED, by=by, at=at, **facts)
        tell(gift, "gift.received", at=at, channel=gift.channel)
    return gift


def note_fee(gift: Gift, *, fee_minor: int, currency: str, by: Any, at: datetime, on: date | None = None) -> bool:
    """Book what the provider kept; the unrestricted fund pays, so the gift stays whole. True when it is done.

    False means "later": the unrestricted fund cannot bear it yet, and the gift itself (which may be its first money)
    is not in the log. Once it is, and there is still too little, the fee stands as a shortfall. A fee kept in another
    currency is written down and left to reconciliation.
    """
    with transaction.atomic():
        gift = locked(gift)
        if gift.fee_entry_id or fee_minor <= 0:
            return True
        Gift.objects.filter(pk=gift.pk).update(fee_minor=fee_minor, fee_currency=currency.upper())
        if currency.upper() != gift.currency:
            return True
        entry_id = borne_by(
            gift,
            recipes.processing_fee,
            amount_minor=fee_minor,
            document_ref=gift.ref,
            key=f"fee:{gift.ref}",
            by=by,
            at=at,
            on=on,
        )
        if entry_id is None:
            return False
        Gift.objects.filter(pk=gift.pk).update(fee_entry_id=entry_id)
        _record(gift, "gift.fee_posted", by=by, at=at)
    return True


def fail_gift(gift: Gift, *, by: Any, at: datetime) -> Gift:
    """The payment did not work. It may still be tried again, so this is no end."""
    return _end(gift, S.FAILED, by=by, at=at)


def expire_gift(gift: Gift, *, by: Any, at: datetime) -> Gift:
    """Nobody paid in time."""
    return _end(gift, S.EXPIRED, by=by, at=at)


def hold_gift(gift: Gift, *, reason: str, by: Any, at: datetime) -> Gift:
    """Something about the payment is wrong: nothing is posted and a person has to look.

    A gift that is already in the books keeps its state; the alarm is written all the same, once for each reason.
    """
    with transaction.atomic():
        gift = locked(gift)
        if gift.review_reason == reason[:60]:
            return gift
        _record(gift, reason, by=by, at=at)
        if gift.state not in RECEIVED and gift.state != S.NEEDS_REVIEW:
            move(gift, S.NEEDS_REVIEW, by=by, at=at, review_reason=reason[:60])
        else:
            Gift.objects.filter(pk=gift.pk).update(review_reason=reason[:60])
    return gift


def note_part(gift: Gift, *, by: Any, at: datetime) -> Gift:
    """A part of a transfer has come and the rest has not: nothing is posted, the gift still waits, a person is told."""
    with transaction.atomic():
        gift = locked(gift)
        if gift.state == S.INITIATED and gift.review_reason != PART_CAME:
            _record(gift, PART_CAME, by=by, at=at)
            Gift.objects.filter(pk=gift.pk).update(review_reason=PART_CAME)
    return gift


def approve_message(gift: Gift, *, by: Any, at: datetime) -> Gift:
    """Somebody has read the donor's words: they may be shown."""
    with transaction.atomic():
        if Gift.objects.filter(pk=gift.pk, message_approved=False).update(message_approved=True):
            _record(gift, "gift.message_approved", by=by, at=at)
    gift.message_approved = True
    return gift


def _same_wish(known: Gift, project: Any, amount_minor: int, cover_minor: int, currency: str) -> Gift:
    """The gift of this form, unless the form now says something else: nobody pays an amount they did not see last."""
    asked = (project, amount_minor, cover_minor, currency)
    if (known.project, known.amount_minor, known.cover_minor, known.currency) != asked:
        raise Refused("form_key_reused", _r("The form has changed since it was sent. Please open it again."))
    return known


def tell(gift: Gift, kind: str, *, at: datetime, **facts: str | int | None) -> None:
    """Tell whoever listens at the charity what has become of a gift; of all of it, unless an amount is given."""
    outcomes.tell(
        gift.organisation_id,
        kind,
        at=at,
        **{
            "gift": gift.ref,
            "project": gift.project.ref if gift.project else None,
            "amount_minor": gift.amount_minor,
            "currency": gift.currency,
            **facts,
        },
    )


def _gift_draft(gift: Gift, on: date) -> Any:
    if gift.channel == GOODS:
        return recipes.in_kind_gift(
            book=gift.organisation.book_code,
            fund=goods.fund_of(gift.project),
            amount_minor=gift.amount_minor,
            currency=gift.currency,
            effective_on=on,
            document_ref=gift.ref,
            restricted=gift.project is not None,
            commitment=commitment_of(gift),
        )
    return recipes.gift(
        book=gift.organisation.book_code,
        fund=gift.project.fund_code if gift.project else GENERAL_FUND,
        amount_minor=gift.amount_minor,
        currency=gift.currency,
        effective_on=on,
        document_ref=gift.ref,
        restricted=gift.project is not None,
        channel=gift.channel,
        donor=donor_ref(gift, on),
        commitment=commitment_of(gift),
    )


def donor_for(*, email: str, name: str, language: str, at: datetime) -> Donor:
    """The row of an address; without one, a row of its own."""
    email = clean_email(email)
    if not email:
        return Donor.objects.create(name=name.strip(), language=language, created_at=at)
    return Donor.objects.get_or_create(
        email=email, defaults={"name": name.strip(), "language": language, "created_at": at}
    )[0]


def clean_email(email: str) -> str:
    """An address as it is kept: one spelling, so that it is one donor."""
    return email.strip().lower()


def locked(gift: Gift) -> Gift:
    """The gift as it is now, held until the transaction ends."""
    # The row lock makes "look, then post" one step: two workers may hold events of the same gift.
    return Gift.objects.select_for_update(of=("self",)).select_related("organisation", "donor").get(pk=gift.pk)


def _end(gift: Gift, state: str, *, by: Any, at: datetime) -> Gift:
    """Move if the table allows it from here; news that comes late is no error."""
    with transaction.atomic():
        gift = locked(gift)
        if (gift.state, state) in MOVES:
            move(gift, state, by=by, at=at)
    return gift


def _check_move(gift: Gift, state: str) -> None:
    if (gift.state, state) not in MOVES:
        raise Refused(
            "gift_move_refused",
            _r("A gift that is %(state)s cannot become %(target)s."),
            state=gift.state,
            target=state,
        )


def move(gift: Gift, state: str, *, by: Any, at: datetime, **values: Any) -> None:
    """Take one step of the table, with its audit row; call it under the gift's lock."""
    before = gift.state
    _check_move(gift, state)
    changed = Gift.objects.filter(pk=gift.pk, state__in=sources(state)).update(state=state, **values)
    if not changed:
        raise Refused("gift_changed", _r("This gift has just changed. Please look again."))
    for field, value in {"state": state, **values}.items():
        setattr(gift, field, value)
    _record(gift, MOVES[before, state], by=by, at=at, facts={"from": before, "to": state})
