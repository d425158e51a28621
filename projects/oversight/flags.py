"""Reasons to look closer at a charity's matching (RF07), for those who oversee it: references and sums, no names."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from projects.matching.farming import farming, measure_on
from projects.matching.models import MatchPool
from projects.organisations.models import Organisation
from projects.oversight.scope import OversightRequest, in_scope, oversight_view, today


@require_safe
@oversight_view
def match_flags(request: OversightRequest, slug: str) -> HttpResponse:
    """Payers who gave too often in too short a time while a pot of this charity matched."""
    organisation: Any = in_scope(request, get_object_or_404(Organisation.objects.exclude(book_code=""), slug=slug))
    on = today()
    pools = MatchPool.objects.filter(project__organisation=organisation).exclude(state=MatchPool.State.DRAFT)
    rows = [(pool, found) for pool in pools.select_related("project") for found in farming(pool, on)]
    context = {"organisation": organisation, "rows": rows, "measure": measure_on(on)}
    return render(request, "oversight/match_flags.html", context)
