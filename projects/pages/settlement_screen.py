"""The public page of settlement files: what became of every row of each, as its notice in the log says."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from projects.catalog.models import Project
from projects.organisations.models import Organisation
from projects.pages.models import ProjectPage
from projects.settlement import published
from projects.settlement.words import LineState, RowState, Source

SHOWN = 20


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The statements of every charity, or of one (``?charity=`` its short name), or of the files that brought gifts to
    one project (``?project=``), with how many and how much.
    """
    slug, name = request.GET.get("charity", ""), request.GET.get("project", "")
    charity = get_object_or_404(Organisation.objects.exclude(book_code=""), slug=slug) if slug else None
    shown_projects = Project.objects.filter(pk__in=ProjectPage.objects.live().public().values("project"))
    project = get_object_or_404(shown_projects, slug=name) if name else None
    files = published.files_of_project(project) if project else published.complete_files(book=_book(charity))
    shown = Paginator(files, SHOWN).get_page(request.GET.get("p"))
    said = published.statements(list(shown))
    context = {
        "charity": charity,
        "project": project,
        "page_of_files": shown,
        "statements": [_screen(one, file) for one, file in zip(said, shown, strict=True)],
        "query": f"&project={name}" if name else f"&charity={slug}" if slug else "",
    }
    return render(request, "pages/settlements.html", context)


def _book(charity: Organisation | None) -> str:
    return charity.book_code if charity else ""


def _screen(said: published.Statement, file: Any) -> dict[str, Any]:
    words: Any = RowState if said.source == Source.PLATFORM else LineState
    there = [state for state in words.values if state in said.counts]
    return {
        "said": said,
        "gifts": getattr(file, "gifts", None),
        "gifts_minor": getattr(file, "gifts_minor", None),
        "source": Source(said.source).label,
        "states": [(words(state).label, said.counts[state], said.totals[state]) for state in there],
    }
