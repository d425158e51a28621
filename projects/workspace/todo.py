"""The to-do list of the home screen: what waits for whom, how much of it, and since when.

One line a kind of work. Each is a query over the organisations where the person holds the right; a line with nothing in
it is not shown.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, TaskState
from wagtail.permissions import policy_registry

from projects.access.permissions import may, organisations_of
from projects.catalog.models import Project
from projects.giving import guard
from projects.giving.models import Dispute, HandGift, HandRefund
from projects.matching.models import MatchFlag, MatchRule
from projects.payouts.models import AccountHold, GoodsIssue, Payout, PayoutBatch, SuspenseItem
from projects.payouts.queries import PAYABLE_AWARDS
from projects.payouts.states import OPEN, STANDING
from projects.relief.models import AssistanceRequest, Award, Case
from projects.relief.queries import standing_requests
from projects.settlement.models import Adjustment, SettlementFile, UnexplainedItem
from projects.webhooks.models import Endpoint
from projects.workspace.views.reviews import held_gifts


@dataclass(frozen=True)
class Todo:
    label: Any
    count: int
    oldest: datetime | None
    url: str


@dataclass(frozen=True)
class Kind:
    """One kind of work: who does it, what waits, which moment its age counts from, and where to go."""

    permission: str
    label: Any
    rows: Callable[[Any, Iterable[int]], QuerySet]
    since: str
    url: tuple[str, str]


def todos(user, on: date) -> list[Todo]:
    found = []
    for kind in KINDS:
        if not may(user, kind.permission, on=on):
            continue
        ids = list(organisations_of(user, kind.permission, on))
        waiting = kind.rows(user, ids).order_by().aggregate(count=Count("pk", distinct=True), oldest=Min(kind.since))
        if waiting["count"]:
            name, query = kind.url
            found.append(Todo(kind.label, waiting["count"], waiting["oldest"], reverse(name) + query))
    return found


def _cases(*states: str):
    return lambda user, ids: Case.objects.filter(organisation__in=ids, state__in=states)


def _requests(*states: str):
    return lambda user, ids: AssistanceRequest.objects.filter(project__organisation__in=ids, state__in=states)


def to_propose(user, ids):
    return _requests("RECOMMENDED")(user, ids).exclude(pk__in=standing_requests())


def awards_to_approve(user, ids):
    """Awards under review that this person has not touched yet. Whose turn it is, the award's own page says."""
    return (
        Award.objects.filter(project__organisation__in=ids, state__in=["PROPOSED", "IN_REVIEW"])
        .exclude(proposed_by=user)
        .exclude(approvals__approver=user, approvals__version=F("version"))
    )


def to_pay(user, ids):
    standing = Payout.objects.filter(state__in=STANDING).values("award_id")
    payable = Award.objects.filter(project__organisation__in=ids, state__in=PAYABLE_AWARDS)
    return payable.exclude(pk__in=standing)


def to_release(user, ids):
    return PayoutBatch.objects.filter(organisation__in=ids, state="PREPARED").exclude(prepared_by_ref=user.ref)


def _batches(state: str):
    return lambda user, ids: PayoutBatch.objects.filter(organisation__in=ids, state=state)


def to_answer(user, ids):
    return PayoutBatch.objects.filter(organisation__in=ids, state="EXPORTED", payouts__state__in=OPEN)


def to_close(user, ids):
    open_lines = SuspenseItem.objects.filter(solved_at__isnull=True).values("line__file__batch_id")
    return (
        PayoutBatch.objects.filter(organisation__in=ids, state="EXPORTED")
        .exclude(payouts__state__in=OPEN)
        .exclude(pk__in=open_lines)
    )


def suspense(user, ids):
    return SuspenseItem.objects.filter(line__file__organisation__in=ids, solved_at__isnull=True)


def holds(user, ids):
    held = AccountHold.objects.filter(organisation__in=ids, lifted_at__isnull=True)
    return held.exclude(placed_by_ref=user.ref)


def to_acknowledge(user, ids):
    confirmed = Payout.objects.filter(batch__organisation__in=ids, state="CONFIRMED", acknowledgements__isnull=True)
    return confirmed.exclude(Q(batch__prepared_by_ref=user.ref) | Q(batch__released_by_ref=user.ref))


def gifts_in_review(user, ids):
    return held_gifts().filter(organisation__in=ids)


def held_matches(user, ids):
    return MatchFlag.objects.filter(match__pool__project__organisation__in=ids, state=MatchFlag.State.HELD)


def disputes_to_answer(user, ids):
    waiting = [Dispute.State.INQUIRY, Dispute.State.NEEDS_RESPONSE]
    return Dispute.objects.filter(gift__organisation__in=ids, state__in=waiting)


def hand_gifts_to_look_at(user, ids):
    return HandGift.objects.filter(organisation__in=ids, state="ENTERED").exclude(entered_by_ref=user.ref)


def hand_refunds_to_look_at(user, ids):
    waiting = HandRefund.objects.filter(gift__organisation__in=ids, state="ENTERED")
    return waiting.exclude(entered_by_ref=user.ref)


def handovers(user, ids):
    waiting = GoodsIssue.objects.filter(request__project__organisation__in=ids, state="ENTERED")
    return waiting.exclude(entered_by_ref=user.ref)


def unexplained(user, ids):
    return UnexplainedItem.objects.filter(organisation__in=ids, solved_at__isnull=True)


def adjustments_to_confirm(user, ids):
    drafts = Adjustment.objects.filter(organisation__in=ids, state="DRAFTED")
    return drafts.exclude(drafted_by_ref=user.ref)


def _files(*states: str):
    return lambda user, ids: SettlementFile.objects.filter(organisation__in=ids, state__in=states)


def _projects(state: str):
    return lambda user, ids: Project.objects.filter(organisation__in=ids, state=state)


def to_file(user, ids):
    return _projects("SUBMITTED")(user, ids).exclude(Q(drafted_by_ref=user.ref) | Q(submitted_by_ref=user.ref))


def rules_to_publish(user, ids):
    drafts = MatchRule.objects.filter(pool__project__organisation__in=ids, published_at__isnull=True)
    return drafts.exclude(drafted_by=user.ref)


def draft_pages(user, ids):
    editable = policy_registry.get_by_type(Page).instances_user_has_permission_for(user, "change")
    return Page.objects.filter(pk__in=editable.values("pk"), has_unpublished_changes=True)


def pages_to_moderate(user, ids):
    return TaskState.objects.reviewable_by(user)


KINDS = (
    Kind(
        "pages.edit",
        _("Pages with changes that are not published"),
        draft_pages,
        "latest_revision_created_at",
        ("wagtailadmin_explore_root", ""),
    ),
    Kind(
        "pages.publish",
        _("Pages waiting for your approval"),
        pages_to_moderate,
        "started_at",
        ("wagtailadmin_reports:workflow", ""),
    ),
    Kind(
        "relief.propose_award",
        _("Cases to screen"),
        _cases("RECEIVED", "SCREENING"),
        "received_at",
        ("workspace_cases:index", "?state=RECEIVED"),
    ),
    Kind(
        "relief.propose_award",
        _("Requests to look at"),
        _requests("SUBMITTED", "SCREENING"),
        "submitted_at",
        ("workspace_requests:index", "?state=SUBMITTED"),
    ),
    Kind(
        "relief.propose_award",
        _("Recommended requests without a proposal"),
        to_propose,
        "submitted_at",
        ("workspace_requests:index", "?state=RECOMMENDED&award=none"),
    ),
    Kind(
        "relief.intake",
        _("Requests where information is missing"),
        _requests("NEEDS_INFORMATION"),
        "submitted_at",
        ("workspace_requests:index", "?state=NEEDS_INFORMATION"),
    ),
    Kind(
        "relief.intake",
        _("Cases without an authorisation in force"),
        _cases("AWAITING_AUTHORISATION"),
        "received_at",
        ("workspace_cases:index", "?state=AWAITING_AUTHORISATION"),
    ),
    Kind(
        "relief.intake",
        _("Households to ask whether the money came"),
        to_acknowledge,
        "prepared_at",
        ("workspace_households:index", "?state=CONFIRMED"),
    ),
    Kind(
        "relief.approve_award",
        _("Awards to approve"),
        awards_to_approve,
        "proposed_at",
        ("workspace_awards:index", "?state=PROPOSED"),
    ),
    Kind(
        "relief.approve_award_second",
        _("Awards waiting for a further approval"),
        lambda user, ids: awards_to_approve(user, ids).filter(state="IN_REVIEW"),
        "proposed_at",
        ("workspace_awards:index", "?state=IN_REVIEW"),
    ),
    Kind("payouts.prepare", _("Approved awards to pay"), to_pay, "committed_at", ("workspace_payouts:index", "")),
    Kind(
        "payouts.release",
        _("Payout batches to release"),
        to_release,
        "prepared_at",
        ("workspace_payouts:index", "?state=PREPARED"),
    ),
    Kind(
        "payouts.release",
        _("Released batches without a bank file"),
        _batches("RELEASED"),
        "released_at",
        ("workspace_payouts:index", "?state=RELEASED"),
    ),
    Kind(
        "payouts.import_result",
        _("Batches waiting for the bank's answer"),
        to_answer,
        "released_at",
        ("workspace_payouts:index", "?state=EXPORTED"),
    ),
    Kind(
        "payouts.import_result",
        _("Lines of the bank that nobody has explained"),
        suspense,
        "line__file__received_at",
        ("workspace_payouts:suspense", ""),
    ),
    Kind(
        "payouts.import_result",
        _("Answered batches to close"),
        to_close,
        "released_at",
        ("workspace_payouts:index", "?state=EXPORTED"),
    ),
    Kind("payouts.release", _("Held accounts to look at"), holds, "placed_at", ("workspace_payouts:holds", "")),
    Kind(
        "settlement.explain",
        _("Money that nobody has explained"),
        unexplained,
        "opened_at",
        ("workspace_settlement:unexplained", ""),
    ),
    Kind(
        "settlement.explain",
        _("Adjustments to confirm"),
        adjustments_to_confirm,
        "drafted_at",
        ("workspace_settlement:adjustments", "?state=DRAFTED"),
    ),
    Kind(
        "settlement.import",
        _("Settlement files to take in"),
        _files("RECEIVED"),
        "received_at",
        ("workspace_settlement:index", "?state=RECEIVED"),
    ),
    Kind(
        "settlement.import",
        _("Settlement files whose totals differ"),
        _files("DIFFERS"),
        "ended_at",
        ("workspace_settlement:index", "?state=DIFFERS"),
    ),
    Kind(
        "giving.refund",
        _("Disputes to answer before their deadline"),
        disputes_to_answer,
        "opened_at",
        ("workspace_reviews:index", ""),
    ),
    Kind(
        "giving.refund",
        _("Cards are being tried on a form"),
        lambda user, ids: guard.open_incidents(ids),
        "began_at",
        ("workspace_reviews:attempts", ""),
    ),
    Kind(
        "giving.enter",
        _("Gifts by hand to look at"),
        hand_gifts_to_look_at,
        "entered_at",
        ("workspace_hand_gifts:index", ""),
    ),
    Kind(
        "giving.refund",
        _("Refunds by hand to look at"),
        hand_refunds_to_look_at,
        "entered_at",
        ("workspace_hand_refunds:index", ""),
    ),
    Kind("payouts.release", _("Handovers to look at"), handovers, "entered_at", ("workspace_goods_issues:index", "")),
    Kind("giving.refund", _("Gifts held for review"), gifts_in_review, "created_at", ("workspace_reviews:held", "")),
    Kind(
        "catalog.submit_project",
        _("Draft projects to submit"),
        _projects("DRAFT"),
        "drafted_at",
        ("workspace_projects:index", "?state=DRAFT"),
    ),
    Kind(
        "catalog.file_project",
        _("Projects to file"),
        to_file,
        "submitted_at",
        ("workspace_projects:index", "?state=SUBMITTED"),
    ),
    Kind(
        "catalog.run_project",
        _("Filed projects to open"),
        _projects("FILED"),
        "filed_at",
        ("workspace_projects:index", "?state=FILED"),
    ),
    Kind(
        "matching.edit_pool",
        _("Matches to look at before they are paid"),
        held_matches,
        "raised_at",
        ("workspace_matching:index", ""),
    ),
    Kind(
        "matching.edit_pool",
        _("Matching rules to publish"),
        rules_to_publish,
        "drafted_at",
        ("workspace_matching:index", ""),
    ),
    Kind(
        "webhooks.manage",
        _("Webhooks that were switched off"),
        lambda user, ids: Endpoint.objects.filter(organisation__in=ids, state="DISABLED"),
        "disabled_at",
        ("workspace_webhooks:index", ""),
    ),
)
