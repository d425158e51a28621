"""The public page of settlement files: what became of every row of each, as its notice in the log says."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from projects.organisations.models import Organisation
from projects.settlement import published
from projects.settlement.words import LineState, RowState, Source

SHOWN = 20


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The statements of every charity, or of one (``?charity=`` its short name)."""
    slug = request.GET.get("charity", "")
    charity = get_object_or_404(Organisation.objects.exclude(book_code=""), slug=slug) if slug else None
    files = Paginator(published.complete_files(book=charity.book_code if charity else ""), SHOWN)
    shown = files.get_page(request.GET.get("p"))
    context = {
        "charity": charity,
        "page_of_files": shown,
        "statements": [_screen(one) for one in published.statements(list(shown))],
        "query": f"&charity={slug}" if slug else "",
    }
    return render(request, "pages/settlements.html", context)


def _screen(said: published.Statement) -> dict[str, Any]:
    words: Any = RowState if said.source == Source.PLATFORM else LineState
    there = [state for state in words.values if state in said.counts]
    return {
        "said": said,
        "source": Source(said.source).label,
        "states": [(words(state).label, said.counts[state], said.totals[state]) for state in there],
    }
