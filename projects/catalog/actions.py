"""What is done with projects. Every step is one transaction with its audit event and its row of history inside."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import Actor
from projects.access.permissions import require
from projects.access.refs import new_ref
from projects.audit import actions as audit
from projects.audit.moves import event_of
from projects.catalog import books, policies
from projects.catalog.history import remember
from projects.catalog.models import BudgetLine, DesignatedPlatform, PlatformLink, Project
from projects.catalog.plan import missing_from_plan
from projects.catalog.states import MOVES, ProjectState
from projects.organisations.books import code_for
from projects.organisations.models import Organisation
from projects.organisations.policies import check_verified

_record = audit.recorder("project", organisation="organisation.ref")

# What an editor may write; everything else moves by its own action.
EDITABLE = frozenset(
    {
        "name_zh",
        "name_en",
        "summary_zh",
        "summary_en",
        "purpose",
        "purpose_id",
        "jurisdiction",
        "starts_on",
        "ends_on",
        "plan",
        "responsible_name",
        "contact_phone",
        "contact_email",
        "award_cap_minor",
        "kind",
    }
)
# A line of a budget: (Chinese name, English name, amount).
Line = tuple[str, str, int]


def draft_project(
    *,
    organisation: Organisation,
    slug: str,
    lines: Iterable[Line] = (),
    currency: str = "CNY",
    by: Actor,
    at: datetime.datetime,
    **facts: Any,
) -> Project:
    """Start a project as a draft. `facts` are the fields of `EDITABLE`."""
    _require(by, "catalog.edit_project", organisation, at)
    _check_editable(facts)
    policies.check_raises_money(organisation)
    ref = new_ref()
    project = Project(
        ref=ref,
        slug=slugify(slug),
        organisation=organisation,
        currency=currency,
        fund_code=code_for(slugify(slug), ref),
        drafted_by_ref=by.ref,
        drafted_at=at,
        **facts,
    )
    policies.check_dates(project)
    policies.check_cap(project)
    with transaction.atomic():
        _save(project, "project.drafted", by=by, at=at)
        _write_lines(project, lines, by=by, at=at)
    return project


def revise_project(project: Project, *, by: Actor, at: datetime.datetime, **facts: Any) -> Project:
    """Change a draft's facts."""
    _require(by, "catalog.edit_project", project.organisation, at)
    _check_editable(facts)
    with transaction.atomic():
        locked = _locked(project)
        policies.check_draft(locked)
        for name, value in facts.items():
            setattr(locked, name, value)
        policies.check_dates(locked)
        policies.check_cap(locked)
        _save(locked, "project.revised", by=by, at=at, facts={"fields": sorted(facts)})
    return _fresh(project)


def set_budget(project: Project, lines: Iterable[Line], *, by: Actor, at: datetime.datetime) -> Project:
    """Replace a draft's budget lines; their sum is the budget."""
    _require(by, "catalog.edit_project", project.organisation, at)
    with transaction.atomic():
        locked = _locked(project)
        policies.check_draft(locked)
        for line in locked.budget_lines.all():
            remember(line, by=by, at=at, event="project.budgeted")
            line.delete()
        _write_lines(locked, lines, by=by, at=at)
        _record(locked, "project.budgeted", by=by, at=at, facts={"budget_minor": locked.budget_minor})
    return _fresh(project)


def link_platform(
    project: Project, *, platform: DesignatedPlatform, url: str, by: Actor, at: datetime.datetime
) -> PlatformLink:
    """Say where the campaign stands on a designated platform."""
    _require(by, "catalog.edit_project", project.organisation, at)
    policies.check_platform_link(platform, url)
    with transaction.atomic():
        link, _created = PlatformLink.objects.update_or_create(
            project=project, platform=platform, defaults={"url": url}
        )
        _record(project, "project.platform_linked", by=by, at=at, facts={"platform": platform.code})
    return link


def submit(project: Project, *, by: Actor, at: datetime.datetime) -> Project:
    """Hand the draft in for filing. Its plan must be complete."""
    _require(by, "catalog.submit_project", project.organisation, at)
    with transaction.atomic():
        locked = _locked(project)
        policies.check_complete(locked, missing_from_plan(locked))
        return _move(locked, ProjectState.SUBMITTED, project, by=by, at=at, submitted_by_ref=by.ref, submitted_at=at)


def send_back(project: Project, *, reason: str, by: Actor, at: datetime.datetime) -> Project:
    """Give a submitted project back for changes."""
    _require(by, "catalog.file_project", project.organisation, at)
    return _step(project, ProjectState.DRAFT, by=by, at=at, reason=reason, submitted_by_ref="", submitted_at=None)


def file(project: Project, *, filing_number: str, filed_on: datetime.date, by: Actor, at: datetime.datetime) -> Project:
    """Record that the plan was filed, and under which number. Never by who drafted or submitted it."""
    _require(by, "catalog.file_project", project.organisation, at)
    if not filing_number.strip():
        raise Refused("filing_number_missing", _r("The filing number is missing."))
    with transaction.atomic():
        locked = _locked(project)
        policies.check_filer_is_not_maker(locked, by)
        event_of(locked, ProjectState.FILED, MOVES)
        check_verified(locked.organisation)
        filed: dict[str, Any] = {
            "filing_number": filing_number.strip(),
            "filed_on": filed_on,
            "filed_by_ref": by.ref,
            "filed_at": at,
        }
        project = _move(locked, ProjectState.FILED, project, by=by, at=at, **filed)
        books.publish_filing(project, by=by, at=at)
    return project


def open_project(project: Project, *, by: Actor, at: datetime.datetime) -> Project:
    """Open a filed project for gifts: its restricted fund is opened in the books, and the world is told."""
    _require(by, "catalog.run_project", project.organisation, at)
    with transaction.atomic():
        locked = _locked(project)
        event_of(locked, ProjectState.OPEN, MOVES)
        policies.check_gate(locked, timezone.localtime(at).date())
        opens_first_time = locked.state == ProjectState.FILED
        if opens_first_time:
            books.open_fund(locked, by=by, at=at)
            books.publish_opening(locked, by=by, at=at)
        opened_at = at if opens_first_time else locked.opened_at
        return _move(locked, ProjectState.OPEN, project, by=by, at=at, opened_at=opened_at)


def pause(project: Project, *, reason: str, by: Actor, at: datetime.datetime) -> Project:
    """Take no gifts for a while."""
    _require(by, "catalog.run_project", project.organisation, at)
    return _step(project, ProjectState.PAUSED, by=by, at=at, reason=reason)


def close(project: Project, *, reason: str = "", by: Actor, at: datetime.datetime) -> Project:
    """Take no gifts any more; what is left is still spent on the purpose."""
    _require(by, "catalog.run_project", project.organisation, at)
    return _step(project, ProjectState.CLOSED, by=by, at=at, reason=reason)


def report(project: Project, *, by: Actor, at: datetime.datetime) -> Project:
    """Say that the final disclosure is published."""
    _require(by, "catalog.run_project", project.organisation, at)
    return _step(project, ProjectState.REPORTED, by=by, at=at)


def archive(project: Project, *, by: Actor, at: datetime.datetime) -> Project:
    """Take a reported project off the lists."""
    _require(by, "catalog.run_project", project.organisation, at)
    return _step(project, ProjectState.ARCHIVED, by=by, at=at)


def cancel(project: Project, *, reason: str, by: Actor, at: datetime.datetime) -> Project:
    """Give a project up before it was filed."""
    _require(by, "catalog.submit_project", project.organisation, at)
    return _step(project, ProjectState.CANCELLED, by=by, at=at, reason=reason)


def _step(project: Project, to: str, *, by: Actor, at: datetime.datetime, reason: str = "", **changes: Any) -> Project:
    with transaction.atomic():
        return _move(_locked(project), to, project, by=by, at=at, reason=reason, **changes)


def _move(
    locked: Project,
    to: str,
    project: Project,
    *,
    by: Actor,
    at: datetime.datetime,
    reason: str = "",
    **changes: Any,
) -> Project:
    event = event_of(locked, to, MOVES)
    before, locked.state = locked.state, to
    for name, value in changes.items():
        setattr(locked, name, value)
    _save(locked, event, by=by, at=at, reason=reason, facts={"from": before, "to": to})
    return _fresh(project)


def _locked(project: Project) -> Project:
    """The row as it is now, kept for this transaction: two people who press at once come one after the other."""
    return Project.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=project.pk)


def _fresh(project: Project) -> Project:
    project.refresh_from_db()
    return project


def _save(project: Project, event: str, *, by: Actor, at: datetime.datetime, **more: Any) -> None:
    remember(project, by=by, at=at, event=event)
    project.save()
    _record(project, event, by=by, at=at, **more)


def _write_lines(project: Project, lines: Iterable[Line], *, by: Actor, at: datetime.datetime) -> None:
    for order, (name_zh, name_en, amount_minor) in enumerate(lines):
        policies.check_line_amount(amount_minor)
        line = BudgetLine(project=project, order=order, name_zh=name_zh, name_en=name_en, amount_minor=amount_minor)
        remember(line, by=by, at=at, event="project.budgeted")
        line.save()


def _check_editable(facts: dict[str, Any]) -> None:
    unknown = set(facts) - EDITABLE
    if unknown:
        raise TypeError(f"Not a fact an editor writes: {', '.join(sorted(unknown))}")


def _require(by: Actor, permission: str, organisation: Organisation, at: datetime.datetime) -> None:
    require(by, permission, organisation=organisation, on=timezone.localtime(at).date())
