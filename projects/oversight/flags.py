"""Reasons to look closer at a charity's matching (RF06, RF07), for those who oversee it: references, no names."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from projects.matching import suspicion
from projects.matching.farming import farming, measure_on
from projects.matching.models import MatchFlag, MatchPool
from projects.organisations.models import Organisation
from projects.oversight.scope import OversightRequest, in_scope, oversight_view, today

MOST_FLAGS = 200
SIGNS = {
    suspicion.FAST: _("RF07: many gifts within minutes"),
    suspicion.HELPED: _("RF06: the payer is somebody the charity helped within 180 days"),
    suspicion.MATCHER: _("the payer belongs to the matcher"),
    suspicion.STAFF: _("the payer is a member of staff"),
    suspicion.TOOK_BACK: _("earlier matched gifts went back"),
}


@require_safe
@oversight_view
def match_flags(request: OversightRequest, slug: str) -> HttpResponse:
    """Payers who gave too often in too short a time while a pot of this charity matched."""
    organisation: Any = in_scope(request, get_object_or_404(Organisation.objects.exclude(book_code=""), slug=slug))
    on = today()
    pools = MatchPool.objects.filter(project__organisation=organisation).exclude(state=MatchPool.State.DRAFT)
    rows = [(pool, found) for pool in pools.select_related("project") for found in farming(pool, on)]
    flags = MatchFlag.objects.filter(match__pool__in=pools).select_related("match__pool").order_by("-raised_at", "-pk")
    found = [(flag, [SIGNS[code] for code in flag.reason_codes]) for flag in flags[:MOST_FLAGS]]
    context = {"organisation": organisation, "rows": rows, "measure": measure_on(on), "flags": found}
    return render(request, "oversight/match_flags.html", context)
