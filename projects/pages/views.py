"""Public pages that are not in the page tree: the reading size, and a donor's way to their own gift."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ledger import reading as reading_room
from projects.access.addresses import address_of
from projects.pages import entry_screen, gift_screen, tries
from projects.pages.context import READING_COOKIE
from projects.pages.forms import TraceForm

YEAR = 365 * 24 * 3600


@require_safe
def reading(request: HttpRequest, size: str) -> HttpResponse:
    """Change between the standard and the large-text version; a cookie remembers it, no script is needed."""
    target = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = HttpResponseRedirect(target)
    response.set_cookie(READING_COOKIE, size, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trace(request: HttpRequest) -> HttpResponse:
    """Find a gift. Every wrong input gets the same answer, so the form tells nobody which receipts exist."""
    if request.method != "POST":
        return _trace_page(request, TraceForm())
    form = TraceForm(request.POST, way=request.POST.get("way", "receipt"))
    who = address_of(request)
    if tries.used_up(who):
        return _trace_page(request, TraceForm(), status=429, too_often=True)
    if not form.is_valid():
        return _trace_page(request, form)
    gift = gift_screen.find(form.way, **form.cleaned_data)
    if gift is None:
        tries.count(who)
        return _trace_page(request, form, not_found=True)
    return redirect("gift", token=gift.trace_token)


@require_safe
def entry(request: HttpRequest, number: int) -> HttpResponse:
    """One entry of the public log, for everybody; counted from one, as on every page."""
    view = reading_room.at_position(number - 1)
    if view is None:
        raise Http404
    return render(request, "pages/entry.html", entry_screen.context(view, at=timezone.now()))


@never_cache
@require_safe
def gift(request: HttpRequest, token: str) -> HttpResponse:
    """One gift's whole story, for whoever holds its private link."""
    found = gift_screen.by_token(token)
    if found is None:
        return render(request, "pages/gift_unknown.html", status=404)
    response = render(request, "pages/gift.html", gift_screen.context(found))
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _trace_page(request: HttpRequest, form: TraceForm, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, "pages/trace_form.html", {"form": form, **more}, status=status)
