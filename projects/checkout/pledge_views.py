"""The page of a regular gift: what it is, what it brought, and everything its donor may do with it.

It is reached by a signed link (`giving.pledge_links.path_of`), from a letter or from the account of a signed-in donor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ledger.core.money import decimal_text, format_amount, parse_amount
from ledger.core.refusals import Refused
from projects.access.addresses import address_of
from projects.access.languages import in_language
from projects.access.screen import sentence
from projects.checkout import pledge_desk
from projects.checkout.covering import with_cover
from projects.checkout.forms import GiveForm
from projects.checkout.stripe_client import ProviderDown, ProviderRefused
from projects.giving import guard, pledges
from projects.giving.limits import limits_of
from projects.giving.models import Pledge
from projects.giving.pledge_links import path_of, pledge_of
from projects.giving.pledge_policies import AMOUNT, CANCEL, CARD, PAUSE, RESUME, SKIP, may
from projects.giving.states import RECEIVED

LINK = "link"
LATEST = 24


@dataclass(frozen=True)
class Holder:
    """Whoever holds the link of a pledge acts as its donor."""

    ref: str


def open_and_begin(request: HttpRequest, form: GiveForm, at: datetime, opened: Callable[[str], None]) -> str:
    """The promise out of a donation form, and the address where its first payment is made."""
    data, visitor = form.cleaned_data, Holder("visitor")
    made = pledges.open_pledge(
        project=form.project,
        amount_minor=data["amount_minor"],
        currency=form.project.currency,
        interval=data["frequency"],
        name=data["name"],
        visibility=data["visibility"],
        email=data["email"],
        language=translation.get_language() or "zh-hans",
        by=visitor,
        at=at,
        form_key=form.gift_key(),
        cover_minor=data["cover_minor"],
    )
    opened(made.ref)
    # The pledge's language and moment, not the page's: a repeated request must be the same to the provider.
    with translation.override(made.language):
        title = _("Regular gift: %(name)s") % {"name": in_language_of(made, made.project)}
        cover_minor = pledges.cover_of(made, made.amount_minor, made.currency)
        description = with_cover(in_language_of(made, made.organisation), cover_minor, made.currency)
        cancel_url = reverse("give", args=[made.project.slug])
    back = path_of(made, at=made.created_at, language=made.language)
    url = pledge_desk.begin(
        made,
        title=title,
        description=description,
        success_url=request.build_absolute_uri(back),
        cancel_url=request.build_absolute_uri(cancel_url),
        by=visitor,
        at=at,
    )
    return url or back


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pledge(request: HttpRequest, token: str) -> HttpResponse:
    """One regular gift. A link that is too old shows nothing; it can only send a fresh one to the donor's address."""
    at = timezone.now()
    made, good = pledge_of(token, at=at)
    if made is None:
        raise Http404
    verb = request.POST.get("verb", "") if request.method == "POST" else ""
    if not good:
        # Once an hour: who has an old link must not be able to fill the donor's letterbox.
        if verb == LINK and cache.add(f"pledge-link:{made.ref}", 1, timeout=3600):
            pledge_desk.send_link(made, at=at)
        return render(request, "checkout/pledge_old.html", {"sent": verb == LINK}, status=410)
    if verb not in VERBS:
        return _show(request, made, token)
    try:
        where = VERBS[verb](request, made, at)
    except Refused as refused:
        return _show(request, made, token, problem=sentence(refused), status=409)
    except (ProviderDown, ProviderRefused):
        problem = _("The payment service cannot be reached. Nothing was changed; please try again shortly.")
        return _show(request, made, token, problem=problem, status=503)
    return HttpResponseRedirect(where or f"{reverse('pledge', args=[token])}?done={verb}", status=303)


def in_language_of(made: Pledge, thing: Any) -> str:
    """A project's or a charity's name in the pledge's language."""
    return in_language(thing.name_zh, thing.name_en, made.language)


def _show(request: HttpRequest, made: Pledge, token: str, *, problem: str = "", status: int = 200) -> HttpResponse:
    made.refresh_from_db()
    gifts = made.gifts.filter(state__in=RECEIVED).order_by("-settled_at", "-id")
    limits = limits_of(made.currency)
    cover_minor = pledges.cover_of(made, made.amount_minor, made.currency)
    context = {
        "pledge": made,
        "project": made.project,
        "token": token,
        "amount": format_amount(made.amount_minor, made.currency),
        "cover": format_amount(cover_minor, made.currency) if cover_minor else "",
        "typed": request.POST.get("amount") or decimal_text(made.amount_minor, made.currency),
        "least": format_amount(limits.least_minor, made.currency, whole=True),
        "may": {verb: may(made, verb) for verb in VERBS},
        "gifts": [(gift, format_amount(gift.amount_minor, gift.currency)) for gift in gifts[:LATEST]],
        "gifts_in_all": gifts.count(),
        "language": translation.get_language(),
        "problem": problem,
        "done": DONE.get(request.GET.get("done", ""), lambda: "")() if not problem else "",
    }
    return render(request, "checkout/pledge.html", context, status=status)


def _plain(act: Callable[..., None]) -> Callable[[HttpRequest, Pledge, datetime], str]:
    def view(request: HttpRequest, made: Pledge, at: datetime) -> str:
        act(made, by=_holder(made), at=at)
        return ""

    return view


def _amount(request: HttpRequest, made: Pledge, at: datetime) -> str:
    amount_minor = parse_amount(request.POST.get("amount", ""), made.currency)
    pledge_desk.change_amount(made, amount_minor=amount_minor, by=_holder(made), at=at)
    return ""


def _card(request: HttpRequest, made: Pledge, at: datetime) -> str:
    who = guard.asker(address=address_of(request), email=made.email, project=made.project)
    done = guard.check(who, at=at)
    if isinstance(done, guard.Asked):
        # The page has no challenge, and nobody changes cards this often.
        raise guard.too_many_tries()
    guard.note_opened(who, f"{made.ref}:card:{made.wishes}:{int(at.timestamp())}", done=done, at=at)
    back = request.build_absolute_uri(path_of(made, at=made.created_at, language=made.language))
    return pledge_desk.card_page(made, back_url=back, by=_holder(made), at=at)


def _holder(made: Pledge) -> Holder:
    return Holder(f"donor:{made.donor.ref}")


VERBS: dict[str, Callable[[HttpRequest, Pledge, datetime], str]] = {
    SKIP: _plain(pledge_desk.skip),
    PAUSE: _plain(pledge_desk.pause),
    RESUME: _plain(pledge_desk.resume),
    AMOUNT: _amount,
    CARD: _card,
    CANCEL: _plain(pledge_desk.cancel),
}
DONE: dict[str, Callable[[], str]] = {
    SKIP: lambda: _("The next charge is left out."),
    PAUSE: lambda: _("It is paused. Nothing is charged until you go on."),
    RESUME: lambda: _("It goes on."),
    AMOUNT: lambda: _("From the next charge on, it is the new amount."),
    CANCEL: lambda: _("It has ended. Nothing more will be charged."),
}
