"""Public pages that are not in the page tree."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from projects.pages.context import READING_COOKIE

YEAR = 365 * 24 * 3600


def reading(request: HttpRequest, size: str) -> HttpResponse:
    """Change between the standard and the large-text version; a cookie remembers it, no script is needed."""
    target = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = HttpResponseRedirect(target)
    response.set_cookie(READING_COOKIE, size, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    return response
