"""When may: what a project must be before a step. Each rule refuses with a sentence for the screen."""

import datetime
import re
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import Actor
from projects.access.screen import listed, spoken
from projects.catalog.gate import missing_for_public_campaign
from projects.catalog.models import DesignatedPlatform, Project
from projects.catalog.plan import PlanItem
from projects.catalog.states import AWARDING_STATES, ProjectState
from projects.organisations.models import Organisation

# From memory of the filing guide and not confirmed, so it warns and never refuses. A setting may replace it.
FILING_NUMBER_PATTERN = r"[0-9A-Z]{18}A\d{5}"


def check_raises_money(organisation: Organisation) -> None:
    """Only a body that keeps a book of its own has projects."""
    if not organisation.keeps_a_book:
        raise Refused(
            "organisation_raises_no_money",
            _r("%(organisation)s is not a charity; it has no projects of its own."),
            organisation=organisation.name,
        )


def check_draft(project: Project) -> None:
    if project.state != ProjectState.DRAFT:
        raise Refused("project_not_draft", _r("A submitted project is changed only after it was sent back."))


def check_filer_is_not_maker(project: Project, by: Actor) -> None:
    if by.ref in (project.drafted_by_ref, project.submitted_by_ref):
        raise Refused("maker_is_filer", _r("The filing is recorded by somebody who neither drafted nor submitted."))


def check_dates(project: Project) -> None:
    if project.starts_on and project.ends_on and project.ends_on < project.starts_on:
        raise Refused("ends_before_start", _r("The project ends before it starts."))


def check_cap(project: Project) -> None:
    if project.award_cap_minor is not None and project.award_cap_minor <= 0:
        raise Refused("cap_not_positive", _r("A cap per household is more than zero, or there is none."))


def check_gives(project: Project) -> None:
    """Refused unless the project takes gifts now."""
    if project.state != ProjectState.OPEN:
        raise Refused("project_not_open", _r("“%(project)s” does not take donations now."), project=project.name)


def check_awards(project: Project) -> None:
    """Refused unless awards may be made from the project."""
    if project.state not in AWARDING_STATES:
        raise Refused(
            "project_not_filed_and_open", _r("No help can be granted from “%(project)s” now."), project=project.name
        )


def filing_number_looks_odd(number: str) -> bool:
    """Worth a warning beside the field; never a refusal, because the pattern is not confirmed."""
    return bool(number) and re.fullmatch(FILING_NUMBER_PATTERN, number) is None


def check_complete(project: Project, missing: list[PlanItem]) -> None:
    """A plan leaves DRAFT only whole, with a budget."""
    labels = [item.label for item in missing]
    if not project.budget_lines.exists():
        labels.append(gettext_lazy("Budget"))
    if labels:
        raise Refused("plan_incomplete", _r("The plan is not complete: %(missing)s."), missing=listed(labels))


def check_line_amount(amount_minor: int) -> None:
    if amount_minor <= 0:
        raise Refused("budget_line_not_positive", _r("A budget line is more than zero."))


def check_platform_link(platform: DesignatedPlatform, url: str) -> None:
    """The link leads to the platform it names, over HTTPS."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" or not (host == platform.host or host.endswith("." + platform.host)):
        raise Refused(
            "platform_link_wrong",
            _r("A link to %(platform)s begins with https://%(host)s."),
            platform=platform.name,
            host=platform.host,
        )


def check_gate(project: Project, on: datetime.date) -> None:
    """A campaign opens only when nothing is missing; all that is missing is named at once."""
    missing = missing_for_public_campaign(project, country=settings.CAMPAIGN_COUNTRY, on=on)
    if missing:
        sentences = spoken([one.sentence for one in missing])
        raise Refused("campaign_incomplete", _r("The campaign cannot open yet. %(missing)s"), missing=sentences)
