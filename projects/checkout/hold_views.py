"""The page between the form and the payment, where a pot holds its match: what is held is shown before anybody pays."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ledger.core.money import format_amount
from ledger.core.refusals import Refused
from projects.checkout import views
from projects.checkout.stripe_client import ProviderDown, ProviderRefused
from projects.giving.models import Gift
from projects.giving.states import OPEN
from projects.matching import holds
from projects.matching.holds import KEPT_FOR, Holds

# How often the open page says that somebody is still there, in seconds: some times before the hold would end.
STAY_SECONDS = 20
LOOK_AGAIN_SECONDS = 2


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def held(request: HttpRequest, token: str) -> HttpResponse:
    """What is held for a gift; sent, it leads to the payment page, if what is held is still what was shown."""
    gift = _gift(token)
    if gift.state not in OPEN:
        return redirect("give-thanks", token=token)
    at = timezone.now()
    now = holds.holds_of(gift.ref)
    if request.method != "POST":
        return _show(request, gift, now)
    if request.POST.get("expected", "") != str(now.held_minor):
        return _show(request, gift, now, said=_("What is held has changed; please look again."), status=409)
    try:
        url = views.payment_url(request, gift, at)
    except Refused as refused:
        return _show(request, gift, now, said=str(refused), status=409)
    except (ProviderDown, ProviderRefused):
        said = _("The payment service cannot be reached. Nothing was charged; please try again shortly.")
        return _show(request, gift, now, said=said, status=503)
    return HttpResponseRedirect(url or reverse("give-thanks", args=[token]), status=303)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stay(request: HttpRequest, token: str) -> HttpResponse:
    """The open page is still there: sent, it keeps the hold a little longer. Answers what is held now."""
    gift = _gift(token)
    if request.method == "POST" and gift.state in OPEN:
        holds.keep(gift.ref, until=timezone.now() + KEPT_FOR)
    now = holds.holds_of(gift.ref)
    return JsonResponse(
        {"held": now.held_minor, "waiting": now.is_waiting, "over": now.is_over or gift.state not in OPEN}
    )


def _gift(token: str) -> Gift:
    return get_object_or_404(Gift.objects.select_related("project", "organisation"), trace_token=token)


def _show(request: HttpRequest, gift: Gift, now: Holds, *, said: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "gift": gift,
        "holds": now,
        "said": said,
        "amount": format_amount(gift.amount_minor, gift.currency),
        "held": format_amount(now.held_minor, gift.currency),
        "together": format_amount(gift.amount_minor + now.held_minor, gift.currency),
        "stay_seconds": LOOK_AGAIN_SECONDS if now.is_waiting else STAY_SECONDS,
    }
    response = render(request, "checkout/held.html", context, status=status)
    if now.is_waiting:
        # Without script, too, the page comes back by itself.
        response["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return response
