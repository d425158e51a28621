"""Signing in by a mailed link, and "My giving". No page here tells whether an address is known."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.access.addresses import address_of, network_of
from projects.donors import erasing, giving_page, links, own_data, sessions, tasks
from projects.donors.forms import AddressForm
from projects.donors.tries import (
    ERASURE_LETTERS,
    LETTERS_FROM_A_NETWORK,
    LETTERS_TO_AN_ADDRESS,
    WRONG_LINKS_FROM_A_NETWORK,
)
from projects.giving.actions import clean_email
from projects.giving.models import Donor
from projects.receipts.forms import StatementForm
from projects.receipts.statements import statement_of

View = Callable[..., HttpResponse]


def for_donors(view: Callable[..., HttpResponse]) -> View:
    """The view is handed the signed-in donor, to show nothing of anybody else's; with none it leads to the sign-in."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        donor = sessions.donor_of(request, at=timezone.now())
        if donor is None:
            return HttpResponseRedirect(reverse("my_sign_in"))
        return _private(view(request, donor, *args, **kwargs))

    return guarded


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a link. The answer is the same for a known and an unknown address, in words and in work."""
    if sessions.donor_of(request, at=timezone.now()) is not None:
        return HttpResponseRedirect(reverse("my_giving"))
    form = AddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _private(render(request, "donors/sign_in.html", {"form": form}))
    email = clean_email(form.cleaned_data["email"])
    network_has = LETTERS_FROM_A_NETWORK.take(network_of(address_of(request)))
    if not network_has or not LETTERS_TO_AN_ADDRESS.take(email):
        return _private(render(request, "donors/sign_in.html", {"form": form, "too_often": True}, status=429))
    known = Donor.objects.filter(email=email).first()
    tasks.send_link.enqueue(known.ref if known else "")
    return _private(render(request, "donors/link_sent.html", {"email": form.cleaned_data["email"]}))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link. Opening it shows a button; only the button uses it up."""
    network, at = network_of(address_of(request)), timezone.now()
    if WRONG_LINKS_FROM_A_NETWORK.used_up(network):
        return _private(render(request, "donors/link_old.html", {"too_often": True}, status=429))
    donor = links.use(token, at=at) if request.method == "POST" else links.donor_of(token)
    if donor is None:
        WRONG_LINKS_FROM_A_NETWORK.take(network)
        return _private(render(request, "donors/link_old.html", status=410))
    if request.method != "POST":
        return _private(render(request, "donors/link.html", {"token": token}))
    response = HttpResponseRedirect(reverse("my_giving"), status=303)
    sessions.begin(response, donor, at=at)
    return _private(response)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session here and in our rows."""
    response = HttpResponseRedirect(reverse("my_sign_in"), status=303)
    sessions.end(request, response)
    return response


@require_safe
@for_donors
def my_giving(request: HttpRequest, donor: Donor) -> HttpResponse:
    """The donor's own gifts, receipts and regular gifts."""
    shown = giving_page.context(donor, page=request.GET.get("p", "1"), at=timezone.now())
    return render(request, "donors/my_giving.html", shown)


@require_safe
@for_donors
def my_data(request: HttpRequest, donor: Donor) -> HttpResponse:
    """A copy of the donor's own data, and the way to be forgotten: what goes, what stays and why."""
    return render(request, "donors/my_data.html", {"donor": donor, "asked": request.GET.get("asked") == "1"})


@require_safe
@for_donors
def statement(request: HttpRequest, donor: Donor) -> HttpResponse:
    """The donor's own receipts of some days with their sums, as a PDF in the language of the page."""
    today = timezone.localdate()
    form = StatementForm(request.GET or None, initial={"since": today.replace(month=1, day=1), "until": today})
    if not form.is_valid():
        return render(request, "donors/statement.html", {"form": form})
    days = {"since": form.cleaned_data["since"], "until": form.cleaned_data["until"]}
    told = statement_of(donor, **days, at=timezone.now())
    if told.is_empty:
        return render(request, "donors/statement.html", {"form": form, "empty": True})
    from projects.receipts.render import statement_pdf  # WeasyPrint is heavy: only who draws loads it

    pdf = statement_pdf(told, language=get_language() or donor.language)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="statement-{days["since"]}-{days["until"]}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@for_donors
def copy(request: HttpRequest, donor: Donor) -> HttpResponse:
    """Everything that is kept about the donor, as one ZIP."""
    response = HttpResponse(own_data.archive(donor, at=timezone.now()), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="my-giving.zip"'
    return response


@require_POST
@for_donors
def ask_erasure(request: HttpRequest, donor: Donor) -> HttpResponse:
    """Mail the link that confirms the wish; three letters an hour, as for signing in."""
    if ERASURE_LETTERS.take(donor.ref):
        tasks.send_erasure_link.enqueue(erasing.ask(donor, at=timezone.now()).ref)
    return HttpResponseRedirect(reverse("my_data") + "?asked=1", status=303)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erasure(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link of a wish to be erased. Opening it erases nobody; its button does."""
    at = timezone.now()
    wish = erasing.wish_of(token, at=at)
    if wish is None:
        return _private(render(request, "donors/erasure.html", {"old": True}, status=410))
    if request.method == "POST":
        wish = erasing.confirm(wish, at=at)
    return _private(render(request, "donors/erasure.html", {"wish": wish, "token": token}))


def _private(response: HttpResponse) -> HttpResponse:
    """No search engine (and no copy on the way: `never_cache`); the page's address is told to nobody else."""
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response
