"""A signed-in donor's session: a cookie and rows of its own, strangers to the sessions of those who work here."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse

from projects.giving.models import Donor

COOKIE = "donor"
HOURS = 12
DONOR, SINCE = "donor", "since"


def begin(response: HttpResponse, donor: Donor, *, at: datetime) -> None:
    """A fresh session with a fresh key, whatever the browser had before."""
    session = SessionStore()
    session[DONOR], session[SINCE] = donor.ref, at.timestamp()
    session.set_expiry(timedelta(hours=HOURS))
    session.create()
    response.set_cookie(
        COOKIE,
        session.session_key or "",
        max_age=HOURS * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def donor_of(request: HttpRequest, *, at: datetime) -> Donor | None:
    """Whoever is signed in here. An erased donor has no address, and nobody is signed in as one any more."""
    key = request.COOKIES.get(COOKIE)
    if not key:
        return None
    session = SessionStore(key)
    ref, since = session.get(DONOR), session.get(SINCE)
    if ref is None or since is None or at.timestamp() - since > HOURS * 3600:
        return None
    return Donor.objects.filter(ref=ref).exclude(email="").first()


def end(request: HttpRequest, response: HttpResponse) -> None:
    """The rows go, not only the cookie: a copied cookie opens nothing afterwards."""
    key = request.COOKIES.get(COOKIE)
    session = SessionStore(key) if key else None
    if session is not None and DONOR in session:
        session.delete()
    response.delete_cookie(COOKIE, samesite="Lax")
