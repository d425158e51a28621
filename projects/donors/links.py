"""The link that is mailed to a donor who wants to sign in: django-sesame's signature, over our own rows.

Donors are no users: they have no password, no role, and nothing of theirs opens a staff screen. The library signs and
checks for whatever has a key, a password (none here) and a last sign-in, so it is handed that and nothing else.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from sesame import tokens_v2

from projects.donors.models import DonorAccess
from projects.giving.models import Donor

SCOPE = "donor"


@dataclass(frozen=True)
class Holder:
    """A donor as the library wants to see a user. A link ends with the address that it was mailed to."""

    pk: int
    email: str
    last_login: datetime | None
    donor: Donor
    password: str | None = None

    @staticmethod
    def get_email_field_name() -> str:
        """The library asks which field is the address."""
        return "email"


def url_of(donor: Donor) -> str:
    """The whole address that is mailed, in the donor's language."""
    with translation.override(donor.language):
        return settings.SITE_URL + reverse("my_link", args=[tokens_v2.create_token(_as_holder(donor), scope=SCOPE)])


def donor_of(token: str) -> Donor | None:
    """The donor of a link that is still good; looking changes nothing, so a mail scanner may look too."""
    holder = _holder_of(token)
    return holder.donor if holder else None


def use(token: str, *, at: datetime) -> Donor | None:
    """The donor of a link, once: this link and every earlier one end here."""
    holder = _holder_of(token)
    if holder is None:
        return None
    # The moment has to move, or the links would not end: two sign-ins within one tick of the clock are one.
    if holder.last_login is not None:
        used = DonorAccess.objects.filter(donor=holder.donor, signed_in_at=holder.last_login, signed_in_at__lt=at)
        return holder.donor if used.update(signed_in_at=at) else None
    try:
        with transaction.atomic():
            DonorAccess.objects.create(donor=holder.donor, signed_in_at=at)
    except IntegrityError:
        # The second tap of two at once.
        return None
    return holder.donor


def _holder_of(token: str) -> Holder | None:
    return tokens_v2.parse_token(token, _holder, scope=SCOPE) if tokens_v2.detect_token(token) else None


def _holder(pk: int) -> Holder | None:
    donor = Donor.objects.select_related("access").filter(pk=pk).exclude(email="").first()
    return _as_holder(donor) if donor else None


def _as_holder(donor: Donor) -> Holder:
    access = getattr(donor, "access", None)
    return Holder(pk=donor.pk, email=donor.email, last_login=access.signed_in_at if access else None, donor=donor)
