"""The donor's PDF under the private link, and the public answer to "is this receipt valid?"."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render as render_page
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects.access.addresses import address_of, network_of
from projects.access.tries import Limit
from projects.receipts import queries
from projects.receipts.forms import CheckForm

# Whoever mistypes tries a few times more; whoever guesses is stopped long before 30^10 codes.
WRONG_CODES_FROM_A_NETWORK = Limit("receipt-codes", 20, 15 * 60)


@require_safe
def receipt_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The receipt of the gift behind a private link, in the language of the address."""
    receipt = queries.receipt_by_token(token)
    if receipt is None:
        raise Http404
    from projects.receipts import render  # WeasyPrint is heavy: only who draws loads it

    response = HttpResponse(render.pdf_of(receipt, language=get_language()), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="receipt-{receipt.number}.pdf"'
    # Who holds the link sees a name: no copy on the way, no search engine, no address handed on.
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@never_cache
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Valid, void since a day, or unknown; no name, whoever asks. The square on the paper leads here, both typed."""
    asked = bool(request.GET.keys() & {"number", "code"})
    form = CheckForm(request.GET) if asked else CheckForm()
    if not asked or not form.is_valid():
        return render_page(request, "receipts/check.html", {"form": form})
    network = network_of(address_of(request))
    if WRONG_CODES_FROM_A_NETWORK.used_up(network):
        return render_page(request, "receipts/check.html", {"form": form, "too_often": True}, status=429)
    receipt = queries.receipt_by_code(form.cleaned_data["number"], form.cleaned_data["code"])
    if receipt is None:
        WRONG_CODES_FROM_A_NETWORK.take(network)
    return render_page(request, "receipts/check.html", {"form": form, "receipt": receipt, "answered": True})
