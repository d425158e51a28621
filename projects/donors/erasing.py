"""The wish to be forgotten: asked when signed in, confirmed by mail, done at once or when no money moves any more."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from ledger.core.refusals import Refused
from projects.access.actors import SystemActor
from projects.audit import actions as audit
from projects.donors import letters
from projects.donors.models import DonorAccess, ErasureRequest
from projects.giving import personal
from projects.giving.models import Donor

log = logging.getLogger(__name__)

SALT = "donors.erasure"
# Figures of our own: a day to read the letter; an hour between two tries while a payment or a dispute is under way.
LINK_HOURS = 24
TRY_AGAIN = timedelta(hours=1)
AT_ONCE = 20
S = ErasureRequest.State


def ask(donor: Donor, *, at: datetime) -> ErasureRequest:
    """Write the wish down. Asked again it is the same wish, with a fresh day to confirm it."""
    with transaction.atomic():
        wish, fresh = ErasureRequest.objects.get_or_create(
            donor=donor, state__in=[S.ASKED, S.CONFIRMED], defaults={"asked_at": at, "state": S.ASKED}
        )
        if wish.state == S.ASKED:
            ErasureRequest.objects.filter(pk=wish.pk, state=S.ASKED).update(asked_at=at)
        if fresh:
            _record(wish, "donor.erasure_asked", at=at)
    wish.refresh_from_db()
    return wish


def url_of(wish: ErasureRequest) -> str:
    """The whole address that is mailed, in the donor's language."""
    token = signing.Signer(salt=SALT).sign_object([wish.ref, int(wish.asked_at.timestamp())])
    with translation.override(wish.donor.language):
        return settings.SITE_URL + reverse("my_erasure", args=[token])


def wish_of(token: str, *, at: datetime) -> ErasureRequest | None:
    """The wish of a link that is still good. A done one is shown too: the answer is then that it is done."""
    try:
        ref, seconds = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    wish = ErasureRequest.objects.select_related("donor").filter(ref=ref).first()
    old = at.timestamp() - seconds > timedelta(hours=LINK_HOURS).total_seconds()
    return None if wish is None or (old and wish.state == S.ASKED) else wish


def confirm(wish: ErasureRequest, *, at: datetime) -> ErasureRequest:
    """The person behind the mailbox says yes. It is done at once, if nothing is under way."""
    with transaction.atomic():
        waiting = ErasureRequest.objects.filter(pk=wish.pk, state=S.ASKED)
        if waiting.update(state=S.CONFIRMED, confirmed_at=at, next_try_at=at):
            _record(wish, "donor.erasure_confirmed", at=at)
    return carry_out(wish, at=at)


def carry_out(wish: ErasureRequest, *, at: datetime) -> ErasureRequest:
    """Erase, or say what it waits for and try again later."""
    wish.refresh_from_db()
    if wish.state != S.CONFIRMED:
        return wish
    donor, told = wish.donor, Donor.objects.get(pk=wish.donor_id)
    try:
        with transaction.atomic():
            personal.erase_donor(donor, by=_actor(donor), at=at)
            ErasureRequest.objects.filter(pk=wish.pk).update(state=S.DONE, done_at=at, next_try_at=None, waits_for="")
    except Refused as refused:
        ErasureRequest.objects.filter(pk=wish.pk).update(waits_for=refused.code, next_try_at=at + TRY_AGAIN)
    else:
        _tell(told)
    wish.refresh_from_db()
    return wish


def carry_out_waiting(*, at: datetime) -> int:
    """Try the wishes whose time has come; how many are done now."""
    due = ErasureRequest.objects.filter(state=S.CONFIRMED, next_try_at__lte=at).select_related("donor")
    return sum(carry_out(wish, at=at).state == S.DONE for wish in due.order_by("next_try_at")[:AT_ONCE])


def register() -> None:
    """What this app itself keeps about a donor."""
    personal.kept_by(personal.Keeper("sign_ins", copy=_copy, erase=_erase))


def _copy(donor: Donor) -> personal.Facts:
    return [{"last_signed_in_at": row.signed_in_at.isoformat()} for row in DonorAccess.objects.filter(donor=donor)]


def _erase(donor: Donor, *, by: SystemActor, at: datetime) -> None:
    DonorAccess.objects.filter(donor=donor).delete()


def _tell(donor: Donor) -> None:
    """The last letter, to the address as it was. Trouble with mail undoes nothing."""
    try:
        letters.send(donor, "erased")
    except OSError as error:
        log.warning("the letter after an erasure was not sent (%s)", type(error).__name__)


def _actor(donor: Donor) -> SystemActor:
    return SystemActor(f"donor:{donor.ref}")


def _record(wish: ErasureRequest, event: str, *, at: datetime) -> None:
    audit.record(by=_actor(wish.donor), at=at, event=event, subject=("donor", wish.donor.ref))
