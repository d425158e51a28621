"""Awards: the queue of those who approve, and one award with everything an approver has to see."""

from typing import Any

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from wagtail.admin.ui.tables import Column, DateColumn

from ledger.core.money import format_amount
from projects.access.roles import PERMISSIONS as MEANINGS
from projects.relief import actions
from projects.relief.approvals import next_stage
from projects.relief.models import Award
from projects.relief.policies import DECLINE_REASONS
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.filters import Filters
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, RefColumn, StateColumn

READERS = ("relief.view",)
APPROVERS = ("relief.approve_award", "relief.approve_award_second", "relief.approve_award_final")
OWNER = "project__organisation"
CRUMBS = (("workspace_awards:index", gettext_lazy("Awards")),)
STAGE_NAMES = {
    "relief.approve_award": gettext_lazy("Checker"),
    "relief.approve_award_second": gettext_lazy("Finance"),
    "relief.approve_award_final": gettext_lazy("Administrator"),
}


class AwardFilters(Filters):
    class Meta:
        model = Award
        fields = ["state", "project"]


class AwardList(Listing):
    permissions = READERS
    page_title = gettext_lazy("Awards")
    header_icon = "tick-inverse"
    index_url_name = "workspace_awards:index"
    index_results_url_name = "workspace_awards:results"
    filterset_class = AwardFilters
    is_searchable = True
    search_fields = ["ref", "pseudonym_zh", "pseudonym_en"]
    search_backend_name = None
    default_ordering = "-proposed_at"
    verbose_name_plural = gettext_lazy("awards")
    export_name = "awards"
    export = (
        ("ref", lambda award: award.ref),
        ("household", lambda award: award.pseudonym),
        ("project", lambda award: award.project.name),
        ("amount", lambda award: format_amount(award.amount_minor, award.currency)),
        ("state", lambda award: award.state),
        ("proposed_at", lambda award: award.proposed_at.isoformat()),
        ("committed_at", lambda award: award.committed_at.isoformat() if award.committed_at else ""),
    )

    def get_base_queryset(self):
        return self.own(Award.objects.select_related("project", "proposed_by"), OWNER)

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Award"), url_name="workspace_awards:show", id_accessor="ref"),
            Column("household", label=_("Household"), accessor="pseudonym"),
            Column("project", label=_("Project"), accessor="project.name"),
            MoneyColumn("amount_minor", label=_("Amount"), sort_key="amount_minor"),
            MoneyColumn("weighed_minor", label=_("Household's rolling sum"), sort_key="weighed_minor"),
            StateColumn(),
            Column("proposed_by", label=_("Proposed by")),
            DateColumn("proposed_at", label=_("Proposed"), sort_key="proposed_at"),
        ]


class AwardScreen(Screen):
    permissions = READERS
    template_name = "workspace/award.html"
    header_icon = "tick-inverse"
    crumbs = CRUMBS

    def get_page_title(self):
        return _("Award %(ref)s") % {"ref": self.award.ref[:8]}

    def get(self, request, *args, **kwargs):
        awards = Award.objects.select_related(
            "project__organisation", "proposed_by", "request__case", "household", "policy"
        )
        self.award = self.find(awards, OWNER)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        award = self.award
        approvals = list(award.approvals.select_related("approver"))
        return super().get_context_data(
            award=award,
            approvals=approvals,
            stages=stages(award, approvals),
            lines=award.lines,
            offers=self.offers(),
            earlier=self.own(Award.objects.filter(household=award.household).exclude(pk=award.pk), OWNER)
            .exclude(state__in=["REJECTED"])
            .select_related("project"),
            can_see_case=self.may("relief.view", award.project.organisation),
            **kwargs,
        )

    def offers(self) -> list[dict]:
        award, organisation = self.award, self.award.project.organisation
        offers = []
        approver = any(self.may(right, organisation) for right in APPROVERS)
        under_review = award.state in ("PROPOSED", "IN_REVIEW")
        if under_review and self.may(next_stage(award).permission, organisation):
            offers.append(
                {
                    "url": reverse("workspace_awards:approve", args=[award.ref]),
                    "label": _("Approve"),
                    "main": True,
                    "at_once": True,
                    "hidden": {"seen": award.digest},
                    "warning": _(
                        "The last approval books the award at once. It can then only be cancelled by a new entry, "
                        "before it is paid."
                    ),
                }
            )
        if under_review and approver:
            offers.append(
                {"url": reverse("workspace_awards:reject", args=[award.ref]), "label": pgettext("award", "Reject")}
            )
        if award.state == "COMMITTED" and approver:
            offers.append({"url": reverse("workspace_awards:cancel", args=[award.ref]), "label": _("Cancel the award")})
        return offers


def stages(award: Award, approvals) -> list[dict]:
    """Each stage of the policy with who is needed and who has agreed to the present version."""
    given: dict[int, list] = {}
    for approval in approvals:
        if approval.version == award.version:
            given.setdefault(approval.stage, []).append(approval)
    return [
        {
            "number": stage.number,
            "who": STAGE_NAMES.get(stage.permission, MEANINGS.get(stage.permission, stage.permission)),
            "people": stage.people,
            "given": given.get(stage.number, []),
            "done": len(given.get(stage.number, [])) >= stage.people,
        }
        for stage in award.policy.stages.all()
    ]


class ApproveAward(Act):
    permissions = APPROVERS

    def act(self):
        award = self.find(Award.objects.select_related("project__organisation"), OWNER)
        actions.approve_award(award, seen=self.request.POST.get("seen", ""), by=self.request.user, at=self.now)
        award.refresh_from_db()
        return _("Approved. The award is now: %(state)s.") % {"state": award.get_state_display()}

    def back(self):
        return reverse("workspace_awards:show", args=[self.kwargs["ref"]])


class CodeForm(forms.Form):
    code = forms.ChoiceField(label=gettext_lazy("Reason"), widget=forms.RadioSelect)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["code"]
        field.choices = [(code, _(sentence)) for code, sentence in DECLINE_REASONS.items()]


class EndAward(FormScreen):
    """Reject (before approval) or cancel (after it), with a reason from the list."""

    permissions = APPROVERS
    header_icon = "tick-inverse"
    crumbs = CRUMBS
    form_class = CodeForm
    refusal_fields = {"reason_unknown": "code"}
    verb = ""

    def award(self) -> Award:
        return self.find(Award.objects.select_related("project__organisation"), OWNER)

    def get_page_title(self):
        return _("Reject the award") if self.verb == "reject_award" else _("Cancel the award")

    def get_page_subtitle(self):
        return self.award().pseudonym

    @property
    def submit_label(self):
        return self.get_page_title()

    def get_warning(self):
        if self.verb == "reject_award":
            return _("A rejected award is not taken up again; a new one has to be proposed.")
        return _("The award's entry is reversed and the fund has the money again. This cannot be undone.")

    def act(self, form):
        verb = getattr(actions, self.verb)
        verb(self.award(), code=form.cleaned_data["code"], by=self.request.user, at=self.now)
        return _("The award is rejected.") if self.verb == "reject_award" else _("The award is cancelled.")

    def get_success_url(self):
        return reverse("workspace_awards:show", args=[self.kwargs["ref"]])


class AwardSection(Section):
    name = "awards"
    icon = "tick-inverse"
    menu_label = gettext_lazy("Awards")
    menu_order = 135
    permissions = READERS
    paths = (
        path("", AwardList.as_view(), name="index"),
        path("results/", AwardList.as_view(results_only=True), name="results"),
        path("<str:ref>/", AwardScreen.as_view(), name="show"),
        path("<str:ref>/approve/", ApproveAward.as_view(), name="approve"),
        path("<str:ref>/reject/", EndAward.as_view(verb="reject_award"), name="reject"),
        path("<str:ref>/cancel/", EndAward.as_view(verb="cancel_award"), name="cancel"),
    )
