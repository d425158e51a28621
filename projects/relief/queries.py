"""Reading: the facts that the rules look at, and the lists that screens show. Who may see them, the caller asks."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from ledger.core.refusals import Refused
from projects.access.permissions import may
from projects.catalog.states import AWARDING_STATES

from . import approvals, options, policies, vault
from .models import AssistanceRequest, Authorisation, Award, Case, Identity
from .models.awards import ACTIVE_STATES, SPENT_STATES
from .states import AWARD_UNDER_REVIEW


def active_awards() -> QuerySet[Award]:
    """Awards that hold money of caps and budgets: everything that was not rejected or cancelled."""
    return Award.objects.filter(state__in=ACTIVE_STATES)


def standing_requests() -> QuerySet:
    """The requests that lead to an award already, as ids for a filter."""
    return active_awards().values("request_id")


def committed_awards(project=None) -> QuerySet[Award]:
    """Awards that stand in the books."""
    awards = Award.objects.filter(state__in=SPENT_STATES)
    return awards if project is None else awards.filter(project=project)


def live_authorisation(case: Case, at: datetime) -> Authorisation | None:
    """The authorisation in force at the moment, for this case and its organisation."""
    for authorisation in case.authorisations.filter(state=Authorisation.State.ACTIVE):
        if authorisation.is_live(at):
            return authorisation
    return None


def facts_of_request(
    request: AssistanceRequest, *, amount_minor: int, at: datetime, but: Award | None = None
) -> policies.Facts:
    """The facts for an amount asked by a request, not counting one award (the one that is being changed)."""
    return facts_for(
        request.case, project=request.project, purpose=request.purpose, amount_minor=amount_minor, at=at, but=but
    )


def facts_for(
    case: Case, *, project, purpose, amount_minor: int, at: datetime, but: Award | None = None
) -> policies.Facts:
    """What the eligibility clauses look at."""
    authorisation = live_authorisation(case, at)
    others = active_awards() if but is None or but.pk is None else active_awards().exclude(pk=but.pk)
    in_project = others.filter(project=project)
    cap_left = None
    if project.award_cap_minor is not None:
        cap_left = project.award_cap_minor - _sum(in_project.filter(household=case.household))
    since = at - timedelta(days=options.number("RELIEF_ROLLING_DAYS"))
    conflict = (
        others.filter(household=case.household, purpose=purpose, proposed_at__gte=since)
        .exclude(project=project)
        .select_related("project")
        .first()
    )
    return policies.Facts(
        project_name=project.name,
        currency=project.currency,
        amount_minor=amount_minor,
        is_authorised=authorisation is not None,
        is_purpose_authorised=authorisation is not None and purpose.pk in authorisation.purposes,
        is_duplicate_cleared=True if case.duplicate == Case.Duplicate.UNIQUE else None,
        does_project_award=project.state in AWARDING_STATES,
        does_purpose_fit=_fits(purpose, project.purpose),
        cap_left_minor=cap_left,
        budget_left_minor=project.budget_minor - _sum(in_project),
        conflicting_project=conflict.project.name if conflict else "",
    )


def cap_left_minor(household, project) -> int | None:
    """What the household may still get from the project; None where the project has no cap."""
    if project.award_cap_minor is None:
        return None
    return project.award_cap_minor - _sum(active_awards().filter(household=household, project=project))


def is_pseudonym_taken(name: str, award: Award) -> bool:
    """Used in this project, or ever for this household."""
    return Award.objects.filter(Q(project=award.project) | Q(household=award.household), pseudonym_zh=name).exists()


def awards_to_approve(user, *, on: date) -> list[Award]:
    """Awards whose next stage this person may take: the right for it, and no part in the case before."""
    waiting = (
        Award.objects.filter(state__in=AWARD_UNDER_REVIEW)
        .select_related("project__organisation", "request__case", "policy", "purpose", "proposed_by")
        .order_by("proposed_at", "pk")
    )
    return [award for award in waiting if _may_take_next_stage(award, user, on)]


def find_cases(organisation, text: str, *, at: datetime) -> QuerySet[Case]:
    """Cases by reference, source number, ID number, phone or account. The text is hashed, never stored."""
    identities = [vault.find(organisation, field, text, at=at).values("pk") for field in vault.INDEXED]
    wanted = Q(ref=text.strip()) | Q(source_number=text.strip())
    for found in identities:
        wanted |= Q(identity__in=found)
    return Case.objects.filter(wanted, organisation=organisation).select_related("category", "node", "household")


def _may_take_next_stage(award: Award, user, on: date) -> bool:
    try:
        policies.check_not_maker(award, user)
        stage = approvals.next_stage(award)
    except Refused:
        return False
    if award.approvals.filter(version=award.version, approver=user).exists():
        return False
    return may(user, stage.permission, organisation=award.project.organisation, on=on)


def help_by_purpose(case: Case) -> QuerySet[Award]:
    """All help the household has, so that a second award for the same purpose is seen."""
    return (
        Award.objects.filter(household=case.household)
        .select_related("project", "purpose")
        .order_by("purpose__order", "-proposed_at")
    )


def _fits(purpose, wanted) -> bool:
    """The purpose itself, or a part of what the project is for."""
    seen = 0
    while purpose is not None and seen < 10:
        if purpose.pk == wanted.pk:
            return True
        purpose, seen = purpose.parent, seen + 1
    return False


def _sum(awards: QuerySet[Award]) -> int:
    return int(awards.aggregate(total=Sum("amount_minor", default=0))["total"])


def helped_phones(organisation: Any, phones: Collection[str], *, within: timedelta, at: datetime) -> frozenset[str]:
    """Those of some telephones whose owner was granted help so near a moment. By their hashes: no identity is opened.

    As many queries for hundreds of telephones as for one; callers with more ask in parts.
    """
    if not phones:
        return frozenset()
    by_hash = vault.hashes(organisation, "phone", phones, at=at)
    people = Identity.objects.filter(organisation=organisation, phone_hash__in=by_hash)
    near = Award.objects.filter(proposed_at__gte=at - within, proposed_at__lte=at + within).exclude(state="REJECTED")
    # Two questions, not one with OR: each goes by an index of its own.
    paid, asked = near.filter(payee=OuterRef("pk")), near.filter(request__case__identity=OuterRef("pk"))
    helped = people.filter(Exists(paid) | Exists(asked)).values_list("phone_hash", flat=True)
    return frozenset(phone for found in helped for phone in by_hash[found])
