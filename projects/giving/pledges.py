"""What can happen to a regular gift. Every verb is one transaction with its audit row inside.

The provider charges; these actions write down what it says, and open one gift for each invoice that was paid.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.audit import actions as audit
from projects.giving import policies
from projects.giving.actions import clean_email, donor_for
from projects.giving.bearing import day_of
from projects.giving.limits import check_amount
from projects.giving.models import Gift, Pledge, PledgeAmount
from projects.giving.pledge_models import LIVE
from projects.giving.pledge_policies import check_interval
from projects.giving.states import PLEDGE_MOVES
from projects.giving.visibility import public_name

P = Pledge.State
SECOND = "pledge.second"
_record = audit.recorder("pledge", organisation="organisation.ref")
_record_gift = audit.recorder("gift", organisation="organisation.ref")


@dataclass(frozen=True)
class Standing:
    """Where a pledge stands by the provider: its state in our words, and what comes next."""

    state: str
    subscription_ref: str
    amount_minor: int
    next_charge_at: datetime | None = None
    skips_until: datetime | None = None
    retry_at: datetime | None = None
    failed_attempts: int = 0
    end_reason: str = ""


def open_pledge(
    *,
    project: Any,
    amount_minor: int,
    currency: str,
    interval: str,
    name: str,
    visibility: str,
    email: str,
    language: str,
    by: Any,
    at: datetime,
    form_key: str,
    cover_minor: int = 0,
) -> Pledge:
    """Write down the promise, before any money moves. The same form sent twice is the same pledge.

    ``cover_minor`` of each payment is added for the payment fee.

    Whether the address gives to the project already is not said here: a form must not tell strangers who gives. A
    second pledge brings its first gift and is ended then (`note_standing`).
    """
    if not form_key:
        raise Refused("form_key_missing", _r("The form has expired. Please open it again."))
    if not clean_email(email):
        raise Refused("email_needed", _r("A regular gift needs an e-mail address: we write before each charge."))
    check_interval(interval)
    policies.check_project_takes_gifts(project, day_of(at))
    policies.check_currency(project, currency)
    check_amount(amount_minor, currency)
    policies.check_cover(cover_minor, amount_minor)
    with transaction.atomic():
        pledge, created = Pledge.objects.get_or_create(
            form_key=form_key,
            defaults={
                "project": project,
                "organisation": project.organisation,
                "donor": donor_for(email=email, name=name, language=language, at=at),
                "amount_minor": amount_minor,
                "currency": currency,
                "interval": interval,
                "donor_name": name.strip(),
                "visibility": visibility,
                "email": clean_email(email),
                "language": language,
                "created_at": at,
            },
        )
        if created:
            PledgeAmount.objects.create(pledge=pledge, amount_minor=amount_minor, cover_minor=cover_minor, since=at)
            _record(pledge, "pledge.opened", by=by, at=at)
    return pledge


def bind_pledge(pledge: Pledge, *, session_ref: str, by: Any, at: datetime) -> Pledge:
    """Remember the provider's page. It is set once; the same page again changes nothing."""
    with transaction.atomic():
        if Pledge.objects.filter(pk=pledge.pk, session_ref__isnull=True).update(session_ref=session_ref):
            _record(pledge, "pledge.session_bound", by=by, at=at)
        pledge.refresh_from_db()
        if pledge.session_ref != session_ref:
            raise Refused("session_taken", _r("This gift is already being paid elsewhere."))
    return pledge


def note_standing(pledge: Pledge, standing: Standing, *, by: Any, at: datetime) -> Pledge:
    """Write down where a pledge stands. The same news twice changes nothing.

    Refused("pledge_second"): this donor has another live pledge for the project; this one is not begun, and whoever
    called ends it at the provider.
    """
    try:
        with transaction.atomic():
            pledge = locked(pledge)
            _note_amount(pledge, standing, by=by, at=at)
            _note_state(pledge, standing, by=by, at=at)
    except IntegrityError:
        # The unique rule has decided between two that began at once.
        raise _second() from None
    return pledge


def expire_pledge(pledge: Pledge, *, by: Any, at: datetime) -> Pledge:
    """Nobody made the first payment in time."""
    with transaction.atomic():
        pledge = locked(pledge)
        if pledge.state == P.INITIATED:
            _move(pledge, P.EXPIRED, by=by, at=at)
    return pledge


def gift_of_invoice(
    pledge: Pledge, *, invoice_ref: str, provider_ref: str, amount_minor: int, currency: str, by: Any, at: datetime
) -> Gift:
    """The gift of one paid invoice, opened once; its money is settled as any gift's. ``provider_ref``: its payment.

    The amount is what was paid. Where it never was the pledge's, the gift is held for a person.
    """
    with transaction.atomic():
        gift, created = Gift.objects.get_or_create(
            invoice_ref=invoice_ref,
            defaults={
                "form_key": f"invoice:{invoice_ref}"[:64],
                "pledge": pledge,
                "provider_ref": provider_ref,
                "project": pledge.project,
                "organisation": pledge.organisation,
                "donor": pledge.donor,
                "amount_minor": amount_minor,
                "cover_minor": cover_of(pledge, amount_minor, currency),
                "currency": currency,
                "donor_name": pledge.donor_name,
                "visibility": pledge.visibility,
                "public_name": public_name(pledge.donor_name, pledge.visibility),
                "email": pledge.email,
                "language": pledge.language,
                "created_at": at,
            },
        )
        if created:
            _record_gift(gift, "gift.opened", by=by, at=at, facts={"pledge": pledge.ref})
    return gift


def promised(pledge: Pledge, amount_minor: int, currency: str) -> bool:
    """Whether the pledge is, or was, of this amount."""
    return currency == pledge.currency and pledge.amounts.filter(amount_minor=amount_minor).exists()


def cover_of(pledge: Pledge, amount_minor: int, currency: str) -> int:
    """How much of a payment of this size was promised for the payment fee, in minor units. A new amount covers none."""
    if currency != pledge.currency:
        return 0
    return pledge.amounts.filter(amount_minor=amount_minor).values_list("cover_minor", flat=True).last() or 0


def ask(pledge: Pledge, verb: str, *, by: Any, at: datetime, facts: dict[str, Any] | None = None) -> None:
    """Write down what the donor (or staff) wants, before the provider is asked."""
    _record(pledge, f"pledge.{verb}_asked", by=by, at=at, facts=facts)


def promise_amount(pledge: Pledge, *, amount_minor: int, by: Any, at: datetime) -> None:
    """The donor promises another amount from now on. It is written before the provider is told: whichever of the two
    amounts the next invoice has, it was promised."""
    with transaction.atomic():
        ask(pledge, "amount", by=by, at=at, facts={"amount_minor": amount_minor})
        PledgeAmount.objects.create(pledge=pledge, amount_minor=amount_minor, since=at)


def count_wish(pledge: Pledge, wish: int) -> None:
    """The provider has carried out wish number ``wish``; the next one is another request."""
    Pledge.objects.filter(pk=pledge.pk, wishes=wish).update(wishes=wish + 1)


def locked(pledge: Pledge) -> Pledge:
    """The pledge as it is now, held until the transaction ends."""
    rows = Pledge.objects.select_for_update(of=("self",)).select_related("organisation", "donor", "project")
    return rows.get(pk=pledge.pk)


def _note_amount(pledge: Pledge, standing: Standing, *, by: Any, at: datetime) -> None:
    if standing.amount_minor == pledge.amount_minor:
        return
    facts = {"from": pledge.amount_minor, "to": standing.amount_minor}
    Pledge.objects.filter(pk=pledge.pk).update(amount_minor=standing.amount_minor)
    pledge.amount_minor = standing.amount_minor
    _record(pledge, "pledge.amount_changed", by=by, at=at, facts=facts)


def _note_state(pledge: Pledge, standing: Standing, *, by: Any, at: datetime) -> None:
    values: dict[str, Any] = {
        "subscription_ref": standing.subscription_ref,
        "next_charge_at": standing.next_charge_at,
        "skips_until": standing.skips_until,
        "retry_at": standing.retry_at,
        "failed_attempts": standing.failed_attempts,
    }
    if standing.skips_until and standing.skips_until != pledge.skips_until:
        _record(pledge, "pledge.skipped", by=by, at=at)
    if standing.state == P.CANCELLED and not pledge.ended_at:
        values |= {"ended_at": at, "end_reason": standing.end_reason[:60]}
    if standing.state in LIVE and not pledge.started_at:
        if Pledge.objects.filter(donor=pledge.donor, project=pledge.project, state__in=LIVE).exists():
            raise _second()
        values["started_at"] = at
    if standing.state != pledge.state:
        _move(pledge, standing.state, by=by, at=at, **values)
    else:
        Pledge.objects.filter(pk=pledge.pk).update(**values)
        pledge.refresh_from_db()


def _move(pledge: Pledge, state: str, *, by: Any, at: datetime, **values: Any) -> None:
    before = pledge.state
    if (before, state) not in PLEDGE_MOVES:
        raise Refused(
            "pledge_move_refused",
            _r("A regular gift that is %(state)s cannot become %(target)s."),
            state=before,
            target=state,
        )
    Pledge.objects.filter(pk=pledge.pk).update(state=state, **values)
    pledge.refresh_from_db()
    _record(pledge, PLEDGE_MOVES[before, state], by=by, at=at, facts={"from": before, "to": state})


def _second() -> Refused:
    return Refused("pledge_second", _r("This donor gives to this project regularly already."))
