"""From a recommended request to money committed in the books: proposed by one, approved by others."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.timezone import localtime

from ledger import posting
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.policy import recipes
from projects.access.permissions import may, require
from projects.audit import actions as audit
from projects.catalog.policies import check_awards
from projects.catalog.queries import book_of

from .. import approvals, options, policies, pseudonyms, queries
from ..models import Approval, AssistanceRequest, Award, Case, Household
from ..states import AWARD_MOVES, AWARD_UNDER_REVIEW, CASE_MOVES, lock, move

State = Award.State
_record = audit.recorder("award", organisation="project.organisation.ref")


@transaction.atomic
def propose_award(
    request: AssistanceRequest, *, amount_minor: int, by, at: datetime, lines: list[dict[str, Any]] | None = None
) -> Award:
    """Propose how much the household gets. The rules are asked again, with the household's row locked."""
    organisation = request.case.organisation
    policies.check_person(by)
    require(by, "relief.propose_award", organisation=organisation, on=localtime(at).date())
    household = Household.objects.select_for_update().get(pk=request.case.household_id)
    lock(request)
    if request.state != AssistanceRequest.State.RECOMMENDED:
        raise Refused("request_not_recommended", _r("Only a recommended request leads to an award."))
    if request.awards.exclude(state__in=["REJECTED", "CANCELLED"]).exists():
        raise Refused("award_stands", _r("There already is an award for this request."))
    award = Award(
        request=request,
        household=household,
        project=request.project,
        payee=request.case.identity,
        purpose=request.purpose,
        currency=request.currency,
        rule_version=policies.RULE_VERSION,
        proposed_by=by,
        proposed_at=at,
    )
    _weigh(award, amount_minor=amount_minor, lines=lines, at=at)
    award.pseudonym_zh, award.pseudonym_en = pseudonyms.choose(
        award.ref, is_taken=lambda name: queries.is_pseudonym_taken(name, award)
    )
    award.save(force_insert=True)
    _record(award, "award.proposed", by=by, at=at, facts=_facts(award))
    return award


@transaction.atomic
def change_award(
    award: Award, *, amount_minor: int, by, at: datetime, lines: list[dict[str, Any]] | None = None
) -> Award:
    """Change what was proposed. Approvals given so far are void: they name the version before."""
    require(by, "relief.propose_award", organisation=award.project.organisation, on=localtime(at).date())
    Household.objects.select_for_update().get(pk=award.household_id)
    lock(award)
    if by.ref != award.proposed_by.ref:
        raise Refused("not_the_proposer", _r("Only the person who proposed this award may change it."))
    if award.state not in AWARD_UNDER_REVIEW:
        raise Refused("move_not_allowed", _r("An award is changed only before it is approved."))
    _reopen(award, amount_minor=amount_minor, lines=lines, at=at)
    _record(award, "award.changed", by=by, at=at, facts=_facts(award))
    return award


@transaction.atomic
def approve_award(award: Award, *, seen: str, by, at: datetime) -> Approval:
    """Agree to the award as seen (`seen` is its digest on the screen). The last approval commits it in the books."""
    lock(award)
    stage = approvals.next_stage(award)
    policies.check_not_maker(award, by)
    if award.approvals.filter(version=award.version, approver=by).exists():
        raise Refused(
            "approved_already", _r("You have approved this award already. Somebody else takes the next stage.")
        )
    require(by, stage.permission, organisation=award.project.organisation, on=localtime(at).date())
    if seen != award.digest or award.digest != policies.digest(award):
        raise Refused("stale_version", _r("The award changed after you opened it. Look at it again before approving."))
    check_awards(award.project)
    if queries.live_authorisation(award.request.case, at) is None:
        raise Refused("no_authorisation", _r("There is no authorisation in force for this case."))
    approval = Approval.objects.create(
        award=award,
        version=award.version,
        stage=stage.number,
        approver=by,
        permission=stage.permission,
        digest=award.digest,
        approved_at=at,
    )
    facts = {"stage": stage.number, "version": award.version, "digest": award.digest}
    if approvals.is_complete(award):
        _record(award, move(award, State.APPROVED, moves=AWARD_MOVES), by=by, at=at, facts=facts)
        _commit(award, by=by, at=at)
    else:
        if award.state == State.PROPOSED:
            move(award, State.IN_REVIEW, moves=AWARD_MOVES)
        _record(award, "award.approved_stage", by=by, at=at, facts=facts)
    return approval


@transaction.atomic
def reject_award(award: Award, *, code: str, by, at: datetime) -> None:
    """Say no to the award. Whoever may approve it at any stage may reject it; the proposer may not."""
    lock(award)
    if code not in policies.DECLINE_REASONS:
        raise Refused("reason_unknown", _r("Choose a reason from the list."))
    policies.check_not_maker(award, by)
    on, organisation = localtime(at).date(), award.project.organisation
    if not any(may(by, stage.permission, organisation=organisation, on=on) for stage in award.policy.stages.all()):
        raise Refused("not_permitted", _r("You do not have the right to do this here."))
    event = move(award, State.REJECTED, moves=AWARD_MOVES, ended_by_ref=by.ref, ended_at=at, end_code=code)
    _record(award, event, by=by, at=at, facts={"code": code})


@transaction.atomic
def cancel_award(award: Award, *, code: str, by, at: datetime) -> None:
    """Take a committed award back before it is paid: its entry is reversed and the fund has the money again."""
    lock(award)
    if code not in policies.DECLINE_REASONS:
        raise Refused("reason_unknown", _r("Choose a reason from the list."))
    on, organisation = localtime(at).date(), award.project.organisation
    policies.check_person(by)
    if not any(may(by, stage.permission, organisation=organisation, on=on) for stage in award.policy.stages.all()):
        raise Refused("not_permitted", _r("You do not have the right to do this here."))
    event = move(award, State.CANCELLED, moves=AWARD_MOVES, ended_by_ref=by.ref, ended_at=at, end_code=code)
    assert award.entry_id is not None  # the database lets no award be committed without its entry
    posted = posting.reverse(
        award.entry_id, document_ref=award.ref, effective_on=on, by=by.ref, at=at, key=f"award-cancelled:{award.ref}"
    )
    Award.objects.filter(pk=award.pk).update(cancel_entry_id=posted.entry_id)
    award.cancel_entry_id = posted.entry_id
    _record(award, event, by=by, at=at, facts={"code": code, "amount_minor": award.amount_minor})


@transaction.atomic
def mark_award_paying(award: Award, *, by, at: datetime) -> None:
    """A payout for this award stands in a batch (called by payouts, which asked who may)."""
    _mark(award, State.PAYING, by=by, at=at)


@transaction.atomic
def mark_award_paid(award: Award, *, by, at: datetime) -> None:
    """The bank confirmed the payout."""
    _mark(award, State.PAID, by=by, at=at)


@transaction.atomic
def mark_payment_returned(award: Award, *, by, at: datetime) -> None:
    """Money that was paid came back: the award is being paid again."""
    _mark(award, State.PAYING, by=by, at=at)


@transaction.atomic
def mark_payment_withdrawn(award: Award, *, by, at: datetime) -> None:
    """The payout was taken out of its batch or failed for good; the award waits, and may be cancelled."""
    _mark(award, State.COMMITTED, by=by, at=at)


def void_approvals(award: Award, *, by, at: datetime) -> None:
    """What the approvers saw is no longer so (another account): a new version, to be approved from the start."""
    award.version += 1
    _save_version(award)
    _record(award, "award.changed", by=by, at=at, facts=_facts(award))


def _mark(award: Award, to: str, *, by, at: datetime) -> None:
    lock(award)
    _record(award, move(award, to, moves=AWARD_MOVES), by=by, at=at)


def _weigh(award: Award, *, amount_minor: int, lines: list[dict[str, Any]] | None, at: datetime) -> None:
    """Ask the rules about this amount and choose the policy by the household's rolling sum."""
    if amount_minor <= 0:
        raise Refused("amount_not_positive", _r("The amount must be more than zero."))
    policies.check_eligible(queries.facts_of_request(award.request, amount_minor=amount_minor, at=at, but=award))
    award.amount_minor = amount_minor
    award.lines = lines or [{"kind": "CASH", "amount_minor": amount_minor}]
    policies.check_lines(award.lines, amount_minor)
    since = at - timedelta(days=options.number("RELIEF_ROLLING_DAYS"))
    others = queries.active_awards().filter(household=award.household, currency=award.currency, proposed_at__gte=since)
    held = others.exclude(pk=award.pk).aggregate(total=Sum("amount_minor", default=0))["total"]
    award.weighed_minor = held + amount_minor
    award.policy = approvals.policy_for(award.project.organisation, award.currency, award.weighed_minor, at=at)
    award.digest = policies.digest(award)


def _reopen(award: Award, *, amount_minor: int, lines: list[dict[str, Any]] | None, at: datetime) -> None:
    award.version += 1
    _weigh(award, amount_minor=amount_minor, lines=lines, at=at)
    _save_version(award)


def _save_version(award: Award) -> None:
    """Store the version with its digest; it starts again as a proposal."""
    award.digest = policies.digest(award)
    award.state = State.PROPOSED
    award.save(update_fields=["version", "amount_minor", "lines", "weighed_minor", "policy", "digest", "state"])


def _commit(award: Award, *, by, at: datetime) -> None:
    """The books take the award, or refuse it (the fund holds too little) and then nothing of this happened."""
    draft = recipes.award(
        book=book_of(award.project),
        fund=award.project.fund_code,
        amount_minor=award.amount_minor,
        currency=award.currency,
        effective_on=localtime(at).date(),
        document_ref=award.ref,
    )
    posted = posting.post(draft, by=by.ref, at=at, key=f"award:{award.ref}")
    event = move(award, State.COMMITTED, moves=AWARD_MOVES, entry_id=posted.entry_id, committed_at=at)
    _record(award, event, by=by, at=at, facts={"entry": str(posted.entry_id)})
    case = award.request.case
    if case.state == Case.State.ELIGIBLE:
        move(case, Case.State.IN_SUPPORT, moves=CASE_MOVES)


def _facts(award: Award) -> dict[str, Any]:
    return {
        "amount_minor": award.amount_minor,
        "currency": award.currency,
        "version": award.version,
        "digest": award.digest,
        "weighed_minor": award.weighed_minor,
    }
