"""What is kept about a donor, app by app: a copy of it for the donor, and taking the person out of it.

Each app that keeps something about a donor says so here, below it. A donor is erased only whole: every app takes its
part out in one transaction. Entries, amounts, references, receipts' numbers and digests stay, so the books stand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.audit import actions as audit
from projects.giving.hand_models import HandGift, HandRefund
from projects.giving.models import Donor, Gift, Pledge, Refund, RefundRequest, new_commitment_key, new_token
from projects.giving.pledge_models import LIVE
from projects.giving.states import DISPUTE_OPEN, RECEIVED
from projects.giving.visibility import Visibility

Facts = list[dict[str, Any]]


@dataclass(frozen=True)
class Keeper:
    """What one app keeps. ``prepare`` runs first and outside the transaction: it may ask others (to end a charge)."""

    name: str
    copy: Callable[[Donor], Facts]
    erase: Callable[..., None]
    prepare: Callable[..., None] | None = None


_keepers: dict[str, Keeper] = {}


def kept_by(keeper: Keeper) -> None:
    """Register what an app keeps; the same name again replaces it."""
    _keepers[keeper.name] = keeper


def copy_of(donor: Donor) -> dict[str, Any]:
    """Everything kept about a donor, by app, as values that JSON can say. Amounts are in minor units."""
    own: dict[str, Any] = {
        "donor": {
            "ref": donor.ref,
            "name": donor.name,
            "email": donor.email,
            "language": donor.language,
            "known_since": _moment(donor.created_at),
        },
        "gifts": [_gift(gift) for gift in donor.gifts.select_related("project", "organisation").order_by("id")],
        "regular_gifts": [_pledge(pledge) for pledge in donor.pledges.select_related("project").order_by("id")],
    }
    own["entered_by_hand"] = [_by_hand(row) for row in _hand_gifts(donor)]
    return own | {keeper.name: keeper.copy(donor) for keeper in _keepers.values()}


def under_way(donor: Donor) -> bool:
    """Whether money of the donor still moves: then the person behind it is needed a little longer."""
    gifts = donor.gifts
    return (
        gifts.filter(state__in=[Gift.State.INITIATED, Gift.State.NEEDS_REVIEW]).exists()
        or donor.pledges.filter(state=Pledge.State.INITIATED).exists()
        or _hand_gifts(donor).filter(state=HandGift.State.ENTERED).exists()
        or gifts.filter(refunds__state=Refund.State.PENDING).exists()
        or gifts.filter(hand_refunds__state=HandRefund.State.ENTERED).exists()
        or gifts.filter(refund_requests__state=RefundRequest.State.WAITING).exists()
        or gifts.filter(disputes__state__in=DISPUTE_OPEN).exists()
    )


def erase_donor(donor: Donor, *, by: Any, at: datetime) -> Donor:
    """Take the person out of everything that is kept, for ever. Erasing twice changes nothing.

    Regular gifts are ended first. Refused: ``money_under_way``; ``pledge_runs`` where one could not be ended.
    """
    if donor.erased_at is None and not under_way(donor):
        for keeper in _keepers.values():
            if keeper.prepare is not None:
                keeper.prepare(donor, by=by, at=at)
    with transaction.atomic():
        donor = Donor.objects.select_for_update().get(pk=donor.pk)
        if donor.erased_at is not None:
            return donor
        _check_erasable(donor)
        # The apps above first: they look their rows up by what is about to go.
        for keeper in _keepers.values():
            keeper.erase(donor, by=by, at=at)
        _hand_gifts(donor).update(donor_name="", email="")
        gifts = _blank_gifts(donor)
        donor.pledges.update(donor_name="", email="", visibility=Visibility.FINANCE)
        donor.name, donor.email, donor.erased_at = "", "", at
        # Without the old key nobody can open the entries' commitments again, or tie a matching reference to the person.
        donor.commitment_key = new_commitment_key()
        donor.save(update_fields=["name", "email", "erased_at", "commitment_key"])
        audit.record(by=by, at=at, event="donor.erased", subject=("donor", donor.ref), facts={"gifts": gifts})
    return donor


def _check_erasable(donor: Donor) -> None:
    if under_way(donor):
        raise Refused(
            "money_under_way",
            _r("A payment, a refund or a dispute is still under way. It waits for its end."),
        )
    if donor.pledges.filter(state__in=LIVE).exists():
        raise Refused("pledge_runs", _r("A regular gift could not be ended yet. It is tried again."))


def _blank_gifts(donor: Donor) -> int:
    refs = list(donor.gifts.values_list("pk", flat=True))
    donor.gifts.update(
        donor_name="", public_name="", visibility=Visibility.FINANCE, message="", message_approved=False, email=""
    )
    for pk in refs:
        # The private links were the person's: they end too.
        Gift.objects.filter(pk=pk).update(trace_token=new_token())
    return len(refs)


def _gift(gift: Gift) -> dict[str, Any]:
    return {
        "ref": gift.ref,
        "project": gift.project.name if gift.project else "",
        "charity": gift.organisation.name,
        "amount_minor": gift.amount_minor,
        "added_for_the_fee_minor": gift.cover_minor,
        "refunded_minor": gift.refunded_minor,
        "taken_back_by_bank_minor": gift.disputed_minor,
        "currency": gift.currency,
        "state": gift.state,
        "received": gift.state in RECEIVED,
        "name": gift.donor_name,
        "who_may_see_the_name": gift.visibility,
        "shown_name": gift.shown_name,
        "message": gift.message,
        "email": gift.email,
        "language": gift.language,
        "channel": gift.channel,
        "method": gift.method,
        "made_at": _moment(gift.created_at),
        "received_at": _moment(gift.settled_at),
        "entry": str(gift.entry_id or ""),
        "payment_ref": gift.provider_ref or gift.platform_ref or "",
    }


def _hand_gifts(donor: Donor) -> Any:
    """What staff wrote down of the donor's gifts in cash and goods, also what was refused."""
    own = Q(gift__donor=donor) | Q(email=donor.email) if donor.email else Q(gift__donor=donor)
    return HandGift.objects.filter(own)


def _by_hand(row: HandGift) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "state": row.state,
        "name": row.donor_name,
        "email": row.email,
        "received_on": row.received_on.isoformat(),
        "slip_sha256": row.evidence_sha256,
        "goods": row.goods,
        "quantity": row.how_much,
    }


def _pledge(pledge: Pledge) -> dict[str, Any]:
    return {
        "ref": pledge.ref,
        "project": pledge.project.name,
        "amount_minor": pledge.amount_minor,
        "currency": pledge.currency,
        "interval": pledge.interval,
        "state": pledge.state,
        "name": pledge.donor_name,
        "email": pledge.email,
        "made_at": _moment(pledge.created_at),
        "ended_at": _moment(pledge.ended_at),
        "subscription_ref": pledge.subscription_ref or "",
        "promised": [
            {
                "amount_minor": row.amount_minor,
                "added_for_the_fee_minor": row.cover_minor,
                "since": _moment(row.since),
            }
            for row in pledge.amounts.all()
        ],
        "letters": [{"kind": row.kind, "sent_at": _moment(row.sent_at)} for row in pledge.letters.all()],
    }


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
