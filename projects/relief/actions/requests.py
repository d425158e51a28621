"""A case asks a project for help; somebody looks, recommends, or declines with a reason."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit

from .. import policies, queries
from ..models import AssistanceRequest, Case
from ..states import CASE_ASKING_STATES, CASE_MOVES, REQUEST_MOVES, lock, move

RULE_VERSION = policies.RULE_VERSION
State = AssistanceRequest.State
_record = audit.recorder("request", organisation="case.organisation.ref")


@transaction.atomic
def submit_request(case: Case, *, project, purpose, amount_minor: int, by, at: datetime) -> AssistanceRequest:
    """One case asks one project for one purpose. What the rules say about it comes with `screen_request`."""
    require(by, "relief.intake", organisation=case.organisation, on=localtime(at).date())
    lock(case)
    if case.state not in CASE_ASKING_STATES:
        raise Refused("case_not_asking", _r("This case cannot ask for help in its present state."))
    if project.organisation_id != case.organisation_id:
        raise Refused("other_organisation", _r("The project belongs to another organisation."))
    if amount_minor <= 0:
        raise Refused("amount_not_positive", _r("The amount must be more than zero."))
    facts = queries.facts_for(case, project=project, purpose=purpose, amount_minor=amount_minor, at=at)
    if not facts.is_authorised:
        policies.check_eligible(facts)
    if case.requests.filter(project=project, purpose=purpose).exclude(state__in=["DECLINED", "WITHDRAWN"]).exists():
        raise Refused("request_exists", _r("This case already asks this project for this purpose."))
    request = AssistanceRequest.objects.create(
        case=case,
        project=project,
        purpose=purpose,
        amount_minor=amount_minor,
        currency=project.currency,
        submitted_by_ref=by.ref,
        submitted_at=at,
    )
    facts_kept = {"project": project.ref, "purpose": purpose.pk, "amount_minor": amount_minor}
    _record(request, "request.submitted", by=by, at=at, facts=facts_kept)
    return request


@transaction.atomic
def screen_request(request: AssistanceRequest, *, by, at: datetime) -> list[policies.Finding]:
    """Ask every clause, keep the answers. All true: recommended; unknown: more information; false: a person decides."""
    lock(request)
    case = request.case
    require(by, "relief.propose_award", organisation=case.organisation, on=localtime(at).date())
    facts = queries.facts_of_request(request, amount_minor=request.amount_minor, at=at)
    if not facts.is_authorised:
        policies.check_eligible(facts)
    if request.state != State.SCREENING:
        move(request, State.SCREENING, moves=REQUEST_MOVES)
    if (case.state, "SCREENING") in CASE_MOVES:
        move(case, "SCREENING", moves=CASE_MOVES)
    findings = policies.examine(facts)
    answers = {finding.answer for finding in findings}
    to = State.RECOMMENDED if answers == {True} else State.NEEDS_INFORMATION if None in answers else State.SCREENING
    event = move(
        request,
        to,
        moves=REQUEST_MOVES,
        findings=[{"code": finding.code, "answer": finding.answer} for finding in findings],
        rule_version=RULE_VERSION,
        screened_by_ref=by.ref,
        screened_at=at,
    )
    if to == State.RECOMMENDED and case.state == Case.State.SCREENING:
        move(case, Case.State.ELIGIBLE, moves=CASE_MOVES)
    _record(request, event, by=by, at=at, facts={"findings": request.findings, "rule_version": RULE_VERSION})
    return findings


@transaction.atomic
def decline_request(request: AssistanceRequest, *, code: str, by, at: datetime) -> None:
    """Say no, with a reason from the list. `queries.decline_notice` is what the person is told."""
    lock(request)
    require(by, "relief.propose_award", organisation=request.case.organisation, on=localtime(at).date())
    if code not in policies.DECLINE_REASONS:
        raise Refused("reason_unknown", _r("Choose a reason from the list."))
    if request.awards.exclude(state__in=["REJECTED", "CANCELLED"]).exists():
        raise Refused("award_stands", _r("There is an award for this request. End the award first."))
    event = move(
        request, State.DECLINED, moves=REQUEST_MOVES, decline_code=code, screened_by_ref=by.ref, screened_at=at
    )
    if request.case.state == Case.State.SCREENING:
        move(request.case, Case.State.INELIGIBLE, moves=CASE_MOVES, state_reason=code)
    _record(request, event, by=by, at=at, facts={"code": code})


@transaction.atomic
def withdraw_request(request: AssistanceRequest, *, by, at: datetime) -> None:
    """The person no longer asks."""
    lock(request)
    require(by, "relief.intake", organisation=request.case.organisation, on=localtime(at).date())
    if request.awards.exclude(state__in=["REJECTED", "CANCELLED"]).exists():
        raise Refused("award_stands", _r("There is an award for this request. End the award first."))
    event = move(request, State.WITHDRAWN, moves=REQUEST_MOVES)
    _record(request, event, by=by, at=at)
