"""Reading projects: what the public may list, and where a project's money is kept."""

from typing import Any

from django.db.models import Q

from projects.catalog.models import Project, ProjectQuerySet


def public_projects(
    *, purpose: str = "", jurisdiction: Any = None, state: str = "", organisation: Any = None, words: str = ""
) -> ProjectQuerySet:
    """The projects everybody may see, by cause, place (and everything below it), state, charity and words."""
    projects = Project.objects.public().with_budget().select_related("organisation", "purpose", "jurisdiction")
    if purpose:
        projects = projects.filter(Q(purpose_id=purpose) | Q(purpose__parent_id=purpose))
    if jurisdiction is not None:
        projects = projects.filter(jurisdiction__path__startswith=jurisdiction.path)
    if state:
        projects = projects.filter(state=state)
    if organisation is not None:
        projects = projects.filter(organisation=organisation)
    for word in words.split():
        projects = projects.filter(
            Q(name_zh__icontains=word)
            | Q(name_en__icontains=word)
            | Q(summary_zh__icontains=word)
            | Q(summary_en__icontains=word)
            | Q(organisation__name_zh__icontains=word)
            | Q(organisation__name_en__icontains=word)
        )
    return projects


def book_of(project: Project) -> str:
    """The code of the book in which the project's fund lies."""
    return project.organisation.book_code
