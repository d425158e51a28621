"""What a person has to look at in payments: disputes with their deadlines, gifts whose payment is not as asked."""

from typing import Any

from django import forms
from django.db.models import Case, Q, QuerySet, When
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.widgets.button import Button

from ledger.core.money import format_amount
from projects.giving import guard
from projects.giving.models import CardIncident, Dispute, Gift
from projects.giving.states import DISPUTE_OPEN
from projects.workspace.desk import FormScreen, Listing
from projects.workspace.filters import Filters
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, RefColumn, StateColumn

PERMISSIONS = ("giving.refund", "giving.view")

# Why a gift is held, in the words of whoever has to look. What is not listed is shown as its code.
REASONS = {
    "gift.amount_mismatch": gettext_lazy("Another amount or currency was paid than was asked for. Nothing is posted."),
    "gift.reference_mismatch": gettext_lazy("The payment names another gift. Nothing is posted."),
    "gift.paid_twice": gettext_lazy("A second payment came for a gift that was paid. Only the first is posted."),
    "gift.partly_paid": gettext_lazy(
        "A part of a bank transfer has come, the rest has not. Nothing is posted; ask the donor to send the rest."
    ),
    "gift.refund_mismatch": gettext_lazy("A refund at the provider does not fit this gift. It is not posted."),
    "gift.dispute_unclear": gettext_lazy("A dispute at the provider does not fit this gift. A part is not posted."),
}


# The provider's words for what a donor's bank says (Stripe's list of dispute reasons).
BANK_REASONS = {
    "bank_cannot_process": gettext_lazy("the bank cannot process it"),
    "check_returned": gettext_lazy("a cheque came back"),
    "credit_not_processed": gettext_lazy("a promised refund did not come"),
    "customer_initiated": gettext_lazy("the donor asks"),
    "debit_not_authorized": gettext_lazy("the debit was not allowed"),
    "duplicate": gettext_lazy("paid twice"),
    "fraudulent": gettext_lazy("the donor did not pay this"),
    "general": gettext_lazy("no reason given"),
    "incorrect_account_details": gettext_lazy("wrong account"),
    "insufficient_funds": gettext_lazy("too little on the account"),
    "noncompliant": gettext_lazy("against the card network's rules"),
    "product_not_received": gettext_lazy("nothing was received"),
    "product_unacceptable": gettext_lazy("not what was promised"),
    "subscription_canceled": gettext_lazy("the subscription had been ended"),
    "unrecognized": gettext_lazy("the donor does not know this payment"),
}


def held_gifts() -> QuerySet[Gift]:
    """Gifts that wait for a person, and gifts in the books with something about them that is not posted."""
    return Gift.objects.filter(Q(state=Gift.State.NEEDS_REVIEW) | ~Q(review_reason=""))


def why(gift: Gift) -> str:
    return str(REASONS.get(gift.review_reason, gift.review_reason))


def deadline(dispute: Dispute) -> str:
    """Until when the charity can answer, and how long that is from now; a dash where there is nothing to answer."""
    if dispute.respond_by is None or dispute.state not in DISPUTE_OPEN:
        return "—"
    days = (timezone.localtime(dispute.respond_by).date() - timezone.localdate()).days
    if days < 0:
        left = _("past")
    elif days == 0:
        left = _("today")
    else:
        left = ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}
    return f"{timezone.localtime(dispute.respond_by):%Y-%m-%d %H:%M} · {left}"


def bank_reason(dispute: Dispute) -> str:
    return str(BANK_REASONS.get(dispute.reason, dispute.reason))


def money_now(dispute: Dispute) -> str:
    """Who has the money at this moment."""
    if dispute.withdrawn_at is None:
        return _("with us: the bank only asks")
    return _("came back to us") if dispute.reinstated_at else _("taken by the bank")


class DisputeFilters(Filters):
    class Meta:
        model = Dispute
        fields = ["state"]


class _Reviews(Listing):
    permissions = PERMISSIONS
    header_icon = "warning"
    search_backend_name = None
    is_searchable = True
    other: tuple[str, Any, str]

    def get_header_more_buttons(self):
        name, label, icon = self.other
        return [*super().get_header_more_buttons(), Button(label, url=reverse(name), icon_name=icon)]


class DisputeList(_Reviews):
    page_title = gettext_lazy("Disputes")
    index_url_name = "workspace_reviews:index"
    index_results_url_name = "workspace_reviews:results"
    filterset_class = DisputeFilters
    search_fields = ["ref", "provider_ref", "gift__ref"]
    # What can still be answered stands first, the nearest deadline on top.
    default_ordering = ("decided", "respond_by")
    verbose_name_plural = gettext_lazy("disputes")
    export_name = "disputes"
    other = ("workspace_reviews:held", gettext_lazy("Gifts held for review"), "pick")
    export = (
        ("dispute", lambda dispute: dispute.provider_ref),
        ("gift", lambda dispute: dispute.gift.ref),
        ("amount", lambda dispute: format_amount(dispute.amount_minor, dispute.gift.currency)),
        ("state", lambda dispute: dispute.state),
        ("reason", lambda dispute: dispute.reason),
        ("respond_by", lambda dispute: dispute.respond_by.isoformat() if dispute.respond_by else ""),
    )

    def get_base_queryset(self):
        decided = Case(When(state__in=DISPUTE_OPEN, then=0), default=1)
        rows = Dispute.objects.select_related("gift").annotate(decided=decided)
        return self.own(rows, "gift__organisation")

    def get_columns(self):
        return [
            RefColumn(
                "gift", label=_("Gift"), accessor="gift.ref", url_name="workspace_gifts:show", id_accessor="gift.ref"
            ),
            # The deadline first: on a phone the rest lies to the right.
            Column("deadline", label=_("Answer by"), accessor=deadline, sort_key="respond_by"),
            StateColumn(),
            MoneyColumn(
                "amount_minor", label=_("Amount"), currency=lambda row: row.gift.currency, sort_key="amount_minor"
            ),
            Column("money", label=_("The money"), accessor=money_now),
            Column("reason", label=_("The bank's reason"), accessor=bank_reason),
            DateColumn("opened_at", label=_("Opened"), sort_key="opened_at"),
        ]


class HeldList(_Reviews):
    page_title = gettext_lazy("Gifts held for review")
    index_url_name = "workspace_reviews:held"
    index_results_url_name = "workspace_reviews:held_results"
    search_fields = ["ref", "provider_ref"]
    default_ordering = "created_at"
    verbose_name_plural = gettext_lazy("gifts")
    export_name = "gifts-held"
    other = ("workspace_reviews:index", gettext_lazy("Disputes"), "warning")
    export = (
        ("ref", lambda gift: gift.ref),
        ("amount", lambda gift: format_amount(gift.amount_minor, gift.currency)),
        ("state", lambda gift: gift.state),
        ("reason", lambda gift: gift.review_reason),
    )

    def get_base_queryset(self):
        return self.own(held_gifts())

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Gift"), url_name="workspace_gifts:show", id_accessor="ref"),
            MoneyColumn("amount_minor", label=_("Amount"), sort_key="amount_minor"),
            StateColumn(),
            Column("why", label=_("Reason"), accessor=why),
            DateColumn("created_at", label=_("Given"), sort_key="created_at"),
        ]


class AttemptList(_Reviews):
    """Incidents of card testing: what was noticed, and whether somebody has looked."""

    page_title = gettext_lazy("Cards tried on forms")
    index_url_name = "workspace_reviews:attempts"
    index_results_url_name = "workspace_reviews:attempts_results"
    search_fields = ["ref", "project__name_zh", "project__name_en"]
    default_ordering = ("seen_at", "-began_at")
    verbose_name_plural = gettext_lazy("incidents of card testing")
    export_name = "card-testing"
    other = ("workspace_reviews:index", gettext_lazy("Disputes"), "warning")
    export = (
        ("ref", lambda row: row.ref),
        ("project", lambda row: row.project.slug),
        ("began_at", lambda row: row.began_at.isoformat()),
        ("last_at", lambda row: row.last_at.isoformat()),
        ("opened", lambda row: row.opened),
        ("declined", lambda row: row.declined),
        ("refused", lambda row: row.refused),
    )

    def get_base_queryset(self):
        return self.own(CardIncident.objects.select_related("project"), "project__organisation")

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Incident"), url_name="workspace_reviews:attempt", id_accessor="ref"),
            Column("project", label=_("Project"), accessor=lambda row: row.project.name),
            DateColumn("began_at", label=_("Since"), sort_key="began_at"),
            Column("declined", label=_("Cards declined")),
            Column("refused", label=_("Tries refused")),
            Column("seen", label=_("Looked at"), accessor=lambda row: _("yes") if row.seen_at else _("no")),
        ]


class AttemptSeen(FormScreen):
    """One incident: what happened, what the form does about it, and the button that says somebody has looked."""

    permissions = ("giving.refund",)
    page_title = gettext_lazy("Cards tried on a form")
    header_icon = "warning"
    crumbs = (("workspace_reviews:attempts", gettext_lazy("Cards tried on forms")),)
    form_class = forms.Form
    submit_label = gettext_lazy("I have looked at it")

    def incident(self) -> CardIncident:
        return self.find(CardIncident.objects.select_related("project__organisation"), "project__organisation")

    def get_page_subtitle(self):
        return self.incident().project.name

    def get_warning(self) -> str:
        row = self.incident()
        return _(
            "Within an hour %(declined)s cards were declined on this form and %(opened)s payment pages opened; "
            "%(refused)s tries were refused. The form asks everybody for one more step while it goes on, and pages on "
            "which cards fail again and again are closed. Look at the payment provider's list for payments that "
            "worked, and refund those that no donor made."
        ) % {"declined": row.declined, "opened": row.opened, "refused": row.refused}

    def act(self, form):
        guard.acknowledge(self.incident(), by=self.request.user, at=self.now)
        return _("Noted. If it happens again, you are told again.")

    def get_success_url(self):
        return reverse("workspace_reviews:attempts")


class ReviewSection(Section):
    name = "reviews"
    icon = "warning"
    menu_label = gettext_lazy("Disputes")
    menu_order = 146
    permissions = PERMISSIONS
    paths = (
        path("", DisputeList.as_view(), name="index"),
        path("results/", DisputeList.as_view(results_only=True), name="results"),
        path("held/", HeldList.as_view(), name="held"),
        path("held/results/", HeldList.as_view(results_only=True), name="held_results"),
        path("attempts/", AttemptList.as_view(), name="attempts"),
        path("attempts/results/", AttemptList.as_view(results_only=True), name="attempts_results"),
        path("attempts/<str:ref>/", AttemptSeen.as_view(), name="attempt"),
    )
