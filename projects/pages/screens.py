"""What each public page is given to show. Templates lay out; arithmetic and queries are done here or below.

A page reads the end of the log once and shows every figure as of that position.
"""

import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledger.transparency import Head
from projects.catalog.models import Project, Purpose
from projects.catalog.plan import PLAN_ITEMS
from projects.catalog.queries import public_projects
from projects.catalog.states import PUBLIC_STATES, ProjectState
from projects.organisations.models import Jurisdiction
from projects.pages import giving_form, pictures
from projects.pages.templatetags.site_tags import day, month
from projects.relief.public import PublicAward, public_awards
from projects.settlement import published
from projects.tracing import figures

PROJECTS_PER_PAGE = 12
SHOWN_ON_HOME = 3
RECENT_NEWS = 3
HELP_SHOWN = 10
# The state as donors say it; the tone is never the only carrier of it.
STATE_WORDS: dict[str, tuple[Any, str]] = {
    ProjectState.OPEN: (lambda: _("Raising funds"), "jade"),
    ProjectState.PAUSED: (lambda: _("Paused"), "warn"),
    ProjectState.CLOSED: (lambda: _("No longer raising funds"), ""),
    ProjectState.REPORTED: (lambda: _("Final report published"), ""),
}


def state_tag(project: Project) -> dict[str, str]:
    word, tone = STATE_WORDS.get(project.state, (project.get_state_display, ""))
    return {"text": str(word()), "tone": tone}


def _cards(pages: list[Any], at_head: Head) -> list[dict[str, Any]]:
    """Project pages as cards, each with its figures at the one position of this screen."""
    return [_card(page, figures.project_figures(page.project, at_head)) for page in pages]


def _card(page: Any, read: figures.ProjectFigures) -> dict[str, Any]:
    return {
        "page": page,
        "project": page.project,
        "tag": state_tag(page.project),
        "figures": read,
        "meter": pictures.meter(read),
    }


def _project_pages(locale: Any) -> Any:
    from projects.pages.models import ProjectPage

    return (
        ProjectPage.objects.live()
        .filter(locale=locale, project__state__in=PUBLIC_STATES)
        .select_related("project__organisation", "project__purpose", "project__jurisdiction", "locale")
        .defer_streamfields()
    )


def home_context(page: Any, request: HttpRequest) -> dict[str, Any]:
    from projects.pages.models import NewsPage

    at_head = figures.head()
    pages = list(_project_pages(page.locale).order_by("-project__opened_at", "pk"))
    opened = [one for one in pages if one.project.is_open] or pages
    return {
        "head": at_head,
        "cards": _cards(opened[:SHOWN_ON_HOME], at_head),
        **_sums(pages, at_head),
        "news": NewsPage.objects.live().descendant_of(page).order_by("-date", "-pk")[:RECENT_NEWS],
    }


def index_context(page: Any, request: HttpRequest) -> dict[str, Any]:
    # PostgreSQL has no text with a NUL in it; nobody types one either.
    chosen = {
        name: request.GET.get(name, "").replace("\0", "\ufffd").strip()[:64]
        for name in ("cause", "place", "state", "q")
    }
    place = Jurisdiction.objects.filter(code=chosen["place"]).first() if chosen["place"] else None
    found = public_projects(
        purpose=chosen["cause"],
        jurisdiction=place,
        state=chosen["state"] if chosen["state"] in PUBLIC_STATES else "",
        words=chosen["q"],
    )
    pages = _project_pages(page.locale).filter(project__in=found.values("pk")).order_by("-project__opened_at", "pk")
    shown = Paginator(pages, PROJECTS_PER_PAGE).get_page(request.GET.get("p"))
    at_head = figures.head()
    every = public_projects()
    return {
        "head": at_head,
        "shown": shown,
        "cards": _cards(list(shown), at_head),
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "query": "".join(f"&{urlencode({name: value})}" for name, value in chosen.items() if value),
        "causes": Purpose.objects.filter(projects__in=every).distinct(),
        "places": Jurisdiction.objects.filter(projects__in=every).distinct().order_by("path"),
        "states": [(state, str(STATE_WORDS[state][0]())) for state in PUBLIC_STATES],
    }


def charity_context(page: Any) -> dict[str, Any]:
    at_head = figures.head()
    pages = list(_project_pages(page.locale).descendant_of(page).order_by("-project__opened_at", "pk"))
    return {
        "organisation": page.organisation,
        "head": at_head,
        "cards": _cards(pages, at_head),
        **_sums(pages, at_head),
    }


def _sums(pages: list[Any], at_head: Head) -> dict[str, Any]:
    """The figures of several projects added up, in the currency of the first."""
    currency = pages[0].project.currency if pages else "CNY"
    totals = figures.totals([one.project for one in pages], at_head, currency)
    return {
        "project_count": len(pages),
        "totals": totals,
        "totals_meter": pictures.meter(totals),
        "made_up": any(one.made_up for one in pages),
    }


def project_context(page: Any, at: datetime.datetime) -> dict[str, Any]:
    from projects.pages.models import ProjectUpdatePage

    project = page.project
    read = figures.project_figures(project)
    return {
        "project": project,
        "organisation": project.organisation,
        "lede": page.lede or project.summary,
        "tag": state_tag(project),
        "figures": read,
        "meter": pictures.meter(read),
        "flow": pictures.flow(read),
        "form": giving_form.offer(project, at) if project.is_open else None,
        "help": [_help_row(row) for row in public_awards(project, at=at)[:HELP_SHOWN]],
        "updates": ProjectUpdatePage.objects.live().child_of(page).order_by("-date", "-pk"),
        "plan": [(item.key, item.label, plan_value(project, item.key)) for item in PLAN_ITEMS if item.key != "aim"],
        "brought": published.files_of_project(project).count(),
        "links": list(project.platform_links.select_related("platform")),
    }


def _help_row(row: PublicAward) -> dict[str, Any]:
    """One row of help in words: a household under its pseudonym, or several that hide each other."""
    if row.is_single:
        who = row.pseudonym
    elif row.households is None:
        who = _("A few households, shown together")
    else:
        who = ngettext(
            "%(count)s household, shown together", "%(count)s households, shown together", row.households
        ) % {"count": row.households}
    return {
        "when": month(row.month, row.month) if row.month else _("Several months"),
        "who": who,
        "place": row.place or _("Several places"),
        "purpose": row.purpose or _("Several purposes"),
        "amount_minor": row.amount_minor,
        "state": _("Paid out") if row.is_paid else _("On its way"),
        "tone": "jade" if row.is_paid else "",
    }


def plan_value(project: Project, key: str) -> str:
    """One group of the fundraising plan as text; those that are fields of the project are read there."""
    if key == "responsible":
        return project.responsible_name
    if key == "office":
        return project.organisation.address
    if key == "dates":
        return _("%(start)s to %(end)s") % {"start": day(project.starts_on), "end": day(project.ends_on)}
    return project.plan_text(key)
