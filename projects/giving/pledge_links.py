"""The way to a regular gift's own page: a signed link that names the pledge and says nothing else.

Who has the link may manage the pledge, so it goes only to the pledge's address (and to whoever has signed in as its
donor). It ends after `PLEDGE_LINK_DAYS`; an old one can only ask for a new one, which goes to the same address.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation

from projects.giving.models import Pledge

SALT = "giving.pledge"
# A figure of our own: longer than a year, so that the link in a yearly letter still works at the next one.
LINK_DAYS = 400


def token_of(pledge: Pledge, *, at: datetime) -> str:
    """What stands in the link. Signed over the pledge's reference and the moment."""
    return signing.Signer(salt=SALT).sign_object([pledge.ref, int(at.timestamp())])


def pledge_of(token: str, *, at: datetime) -> tuple[Pledge | None, bool]:
    """The pledge of a link, and whether the link is still good. None: it was not made here."""
    try:
        ref, seconds = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None, False
    found = Pledge.objects.select_related("project", "organisation", "donor").filter(ref=ref).first()
    days = getattr(settings, "PLEDGE_LINK_DAYS", LINK_DAYS)
    return found, at.timestamp() - seconds <= timedelta(days=days).total_seconds()


def path_of(pledge: Pledge, *, at: datetime, language: str = "") -> str:
    """The address of the pledge's page, for a letter or for the account page of its signed-in donor."""
    with translation.override(language or translation.get_language()):
        return reverse("pledge", args=[token_of(pledge, at=at)])
