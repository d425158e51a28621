"""The donor's three pages: give, thanks, cancelled."""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ledger.core.money import decimal_text, format_amount
from ledger.core.refusals import Refused
from projects.access.addresses import address_of
from projects.access.languages import in_language
from projects.access.screen import sentence
from projects.catalog.models import Project
from projects.checkout import flow, pledge_views
from projects.checkout.covering import offer, total_sentence, with_cover
from projects.checkout.forms import OTHER, GiveForm, new_form_key
from projects.checkout.policies import check_may_give
from projects.checkout.promises import terms_for, tiles_for
from projects.checkout.stripe_client import ProviderDown, ProviderRefused
from projects.giving import actions as giving
from projects.giving import guard, guard_challenge
from projects.giving.models import Gift, Pledge
from projects.giving.states import OPEN, RECEIVED
from projects.giving.suggestions import suggested_amounts
from projects.giving.visibility import Visibility
from projects.matching import holds

CHOICE_COOKIE, CHOICE_SECONDS = "give_visibility", 365 * 24 * 3600


class Visitor:
    """Who opens a gift on the public site: nobody we know."""

    ref = "visitor"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, slug: str) -> HttpResponse:
    """The donation form; sent well, it leads to the payment page."""
    project = get_object_or_404(Project.objects.public().select_related("organisation"), slug=slug)
    at = timezone.now()
    today = timezone.localtime(at).date()
    try:
        check_may_give(project, on=today)
    except Refused as refused:
        return render(request, "checkout/closed.html", {"project": project, "reason": sentence(refused)}, status=409)
    if request.method != "POST":
        form = GiveForm(project=project, on=today, initial=_begun(request, project))
        return _show(request, form, at)
    form = GiveForm(request.POST, project=project, on=today)
    if not form.is_valid() or not form.cleaned_data["form_key"] or form.must_see_total:
        return _show(request, form, at, status=422 if form.errors else 200)
    try:
        return _try_to_pay(request, form, at)
    except Refused as refused:
        form.add_error(None, sentence(refused))
        return _show(request, form, at, status=429 if refused.code == "too_many_tries" else 409)
    except (ProviderDown, ProviderRefused):
        form.add_error(None, _("The payment service cannot be reached. Nothing was charged; please try again shortly."))
        return _show(request, form, at, status=503)


@never_cache
@require_safe
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    """After paying: received, or honestly still waiting."""
    gift = _gift(token)
    context = {
        "gift": gift,
        "amount": format_amount(gift.amount_minor, gift.currency),
        "cover": format_amount(gift.cover_minor, gift.currency) if gift.cover_minor else "",
        "received": gift.state in RECEIVED,
        "waiting": gift.state in OPEN,
        "state": gift.state,
        "link": _local(f"/gift/{gift.trace_token}/"),
    }
    return render(request, "checkout/thanks.html", context)


@never_cache
@require_safe
def cancelled(request: HttpRequest, token: str) -> HttpResponse:
    """The donor came back without paying."""
    gift = _gift(token)
    if gift.state in RECEIVED:
        return redirect("give-thanks", token=token)
    amount = format_amount(gift.amount_minor, gift.currency)
    return render(request, "checkout/cancelled.html", {"gift": gift, "amount": amount, "can_pay": gift.state in OPEN})


@never_cache
@require_safe
def resume(request: HttpRequest, token: str) -> HttpResponse:
    """Back to the payment page of a gift that is not paid yet, while that page is open."""
    gift = _gift(token)
    try:
        url = payment_url(request, gift, timezone.now())
    except (ProviderDown, ProviderRefused, Refused):
        url = ""
    return HttpResponseRedirect(url or reverse("give-thanks", args=[token]))


def _gift(token: str) -> Gift:
    return get_object_or_404(Gift.objects.select_related("project", "organisation"), trace_token=token)


def _begun(request: HttpRequest, project: Project) -> dict[str, str]:
    """What stands in a form that is opened."""
    return _asked_for(request, project) | _chosen_before(request) | {"form_key": new_form_key()}


def _remember_choice(answer: HttpResponse, form: GiveForm) -> None:
    """Keep what was chosen for the next form in this browser: the choice only, nothing about who chose."""
    secure = settings.SESSION_COOKIE_SECURE
    options: Any = {"max_age": CHOICE_SECONDS, "secure": secure, "httponly": True, "samesite": "Lax"}
    answer.set_cookie(CHOICE_COOKIE, form.cleaned_data["visibility"], **options)


def _chosen_before(request: HttpRequest) -> dict[str, str]:
    chosen = request.COOKIES.get(CHOICE_COOKIE, "")
    return {"visibility": chosen} if chosen in Visibility.values else {}


def _asked_for(request: HttpRequest, project: Project) -> dict[str, str]:
    """A link may name an amount (`?amount=10000`, minor units; empty: my own). Anything else in it is ignored."""
    asked = request.GET.get("amount")
    if asked == "":
        return {"amount_choice": OTHER}
    if asked is None or not re.fullmatch(r"[1-9]\d{0,9}", asked):
        return {}
    if int(asked) in suggested_amounts(project):
        return {"amount_choice": asked}
    return {"amount_choice": OTHER, "amount_other": decimal_text(int(asked), project.currency)}


def _try_to_pay(request: HttpRequest, form: GiveForm, at: Any) -> HttpResponse:
    """On to the payment page, or first a challenge where cards seem to be tried (`giving.guard`)."""
    who = guard.asker(address=address_of(request), email=form.cleaned_data["email"], project=form.project)
    known = (Pledge if form.is_regular else Gift).objects.filter(form_key=form.gift_key()).first()
    told = {name: request.POST.get(name, "")[:600] for name in ("token", "answer")}
    done = guard.check(who, known_ref=known.ref if known else "", **told, at=at)
    if isinstance(done, guard.Asked):
        return _show(request, form, at, challenge=done.token)
    url = _open_and_pay(request, form, at, lambda ref: guard.note_opened(who, ref, done=done, at=at))
    answer = HttpResponseRedirect(url, status=303)
    _remember_choice(answer, form)
    return answer


def _show(request: HttpRequest, form: GiveForm, at: Any, status: int = 200, challenge: str = "") -> HttpResponse:
    # A fresh key only where none came: after an error it stays the same form.
    key = form.data.get("form_key") if form.is_bound else form.initial["form_key"]
    typed = form.cleaned_data.get("amount_minor") if form.is_bound and hasattr(form, "cleaned_data") else None
    covering = form.cleaned_data.get("cover_minor", 0) if typed else 0
    own = typed - covering if typed and form.chosen == OTHER else 0
    cover = offer(form.project.currency, form.on)
    amounts = [*form.amounts, own] if own else form.amounts
    promised = tiles_for(form.project, amounts, at, fee_offered=cover is not None)
    context = {
        "form": form,
        "cover": cover,
        "cover_total": total_sentence(typed - covering, typed, form.project.currency) if typed and covering else "",
        "total_seen": typed if covering else "",
        "project": form.project,
        "form_key": key or new_form_key(),
        "challenge": challenge,
        "bits": guard_challenge.BITS,
        "wait": guard_challenge.WAIT_SECONDS,
        "tiles": [tile | {"promises": promised[int(tile["value"])]} for tile in form.suggestions],
        "other_checked": form.chosen == OTHER,
        "own_promises": promised[own] if own else [],
        "terms": terms_for(form.project, at),
        "least": format_amount(form.limits.least_minor, form.project.currency, whole=True),
    }
    return render(request, "checkout/give.html", context, status=status)


def _open_and_pay(request: HttpRequest, form: GiveForm, at: Any, opened: Callable[[str], None]) -> str:
    if form.is_regular:
        return pledge_views.open_and_begin(request, form, at, opened)
    data = form.cleaned_data
    gift = giving.open_gift(
        project=form.project,
        amount_minor=data["amount_minor"],
        currency=form.project.currency,
        name=data["name"],
        visibility=data["visibility"],
        message=data["message"],
        email=data["email"],
        language=translation.get_language() or "zh-hans",
        by=Visitor(),
        at=at,
        form_key=form.gift_key(),
        method=data["method"],
        cover_minor=data["cover_minor"],
    )
    opened(gift.ref)
    if holds.ask(form.project, gift.ref, gift.amount_minor, by=Visitor(), at=at):
        return reverse("give-held", args=[gift.trace_token])
    return payment_url(request, gift, at) or reverse("give-thanks", args=[gift.trace_token])


def payment_url(request: HttpRequest, gift: Gift, at: Any) -> str:
    """Where the donor pays this gift; empty when there is nothing to pay any more."""
    # The gift's language, not the page's: a repeated request must be the same request to the provider.
    with translation.override(gift.language):
        title = _("Donation: %(name)s") % {"name": _name(gift.project or gift.organisation, gift.language)}
        description = with_cover(_name(gift.organisation, gift.language), gift.cover_minor, gift.currency)
        thanks_url = reverse("give-thanks", args=[gift.trace_token])
        cancel_url = reverse("give-cancelled", args=[gift.trace_token])
    return flow.start_payment(
        gift,
        title=title,
        description=description,
        success_url=request.build_absolute_uri(thanks_url),
        cancel_url=request.build_absolute_uri(cancel_url),
        at=at,
    )


def _name(thing: Any, language: str) -> str:
    return in_language(thing.name_zh, thing.name_en, language)


def _local(path: str) -> str:
    return f"/{translation.get_language()}{path}"
