"""Requests: asked, looked at by the rules, declined or turned into a proposed award."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django_filters import ChoiceFilter
from wagtail.admin.ui.tables import Column, DateColumn

from ledger.core.money import format_amount
from projects.access import people
from projects.access.screen import sentence
from projects.payouts import issuing
from projects.relief import actions, policies
from projects.relief.models import AssistanceRequest
from projects.relief.queries import cap_left_minor, facts_of_request, standing_requests
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.filters import Filters
from projects.workspace.forms import MoneyField
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, RefColumn, StateColumn
from projects.workspace.views.awards import CodeForm

READERS = ("relief.view",)
OWNER = "case__organisation"
CRUMBS = (("workspace_requests:index", gettext_lazy("Requests")),)
REQUESTS = AssistanceRequest.objects.select_related(
    "case__organisation", "case__household", "project__organisation", "project__purpose", "purpose"
)


# What each clause asks, in the words of a list; what is wrong with it, the clause itself says.
CLAUSE_LABELS = {
    "no_authorisation": gettext_lazy("Authorisation in force"),
    "purpose_not_authorised": gettext_lazy("Authorised for this purpose"),
    "needs_adjudication": gettext_lazy("No duplicate"),
    "project_not_open": gettext_lazy("The project grants help now"),
    "purpose_not_in_project": gettext_lazy("The project helps for this purpose"),
    "purpose_conflict": gettext_lazy("No other help for the same purpose"),
    "cap_exceeded": gettext_lazy("Within the cap of the household"),
    "budget_exceeded": gettext_lazy("Within the budget of the project"),
}


class RequestFilters(Filters):
    award = ChoiceFilter(
        label=gettext_lazy("Award"), choices=[("none", gettext_lazy("No award stands yet"))], method="by_award"
    )

    def by_award(self, queryset, name, value):
        return queryset.exclude(pk__in=standing_requests())

    class Meta:
        model = AssistanceRequest
        fields = ["state", "project"]


class RequestList(Listing):
    permissions = READERS
    page_title = gettext_lazy("Requests")
    header_icon = "doc-full"
    index_url_name = "workspace_requests:index"
    index_results_url_name = "workspace_requests:results"
    filterset_class = RequestFilters
    is_searchable = True
    search_fields = ["ref", "case__source_number"]
    search_backend_name = None
    default_ordering = "-submitted_at"
    verbose_name_plural = gettext_lazy("requests")
    export_name = "requests"
    export = (
        ("ref", lambda request: request.ref),
        ("case", lambda request: request.case.ref),
        ("project", lambda request: request.project.name),
        ("purpose", lambda request: request.purpose.name),
        ("amount", lambda request: format_amount(request.amount_minor, request.currency)),
        ("state", lambda request: request.state),
        ("submitted_at", lambda request: request.submitted_at.isoformat()),
    )

    def get_base_queryset(self):
        return self.own(REQUESTS.all(), OWNER)

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Request"), url_name="workspace_requests:show", id_accessor="ref"),
            Column("case", label=_("Number of the source"), accessor="case.source_number"),
            Column("project", label=_("Project"), accessor="project.name"),
            Column("purpose", label=_("Purpose of the help"), accessor="purpose.name"),
            MoneyColumn("amount_minor", label=_("Asked"), sort_key="amount_minor"),
            StateColumn(),
            DateColumn("submitted_at", label=pgettext("date", "Submitted"), sort_key="submitted_at"),
        ]


class RequestScreen(Screen):
    permissions = READERS
    template_name = "workspace/request.html"
    header_icon = "doc-full"
    crumbs = CRUMBS

    def get_page_title(self):
        return _("Request %(ref)s") % {"ref": self.asked.ref[:8]}

    def get(self, request, *args, **kwargs):
        self.asked = self.find(REQUESTS.all(), OWNER)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        asked = self.asked
        facts = facts_of_request(asked, amount_minor=asked.amount_minor, at=self.now)
        awards = asked.awards.select_related("proposed_by")
        return super().get_context_data(
            asked=asked,
            clauses=[
                {
                    "answer": finding.answer,
                    "label": CLAUSE_LABELS.get(finding.code, finding.code),
                    "sentence": sentence(policies.sentence_of(finding, facts)),
                }
                for finding in policies.examine(facts)
            ],
            cap_left=cap_left_minor(asked.case.household, asked.project),
            awards=awards,
            decline_reason=_(policies.DECLINE_REASONS[asked.decline_code]) if asked.decline_code else "",
            submitted_by=people.name(asked.submitted_by_ref),
            offers=self.offers(any(award.state not in ("REJECTED", "CANCELLED") for award in awards)),
            **kwargs,
        )

    def offers(self, has_award: bool) -> list[dict]:
        asked, offers = self.asked, []

        def offer(name, label, permission="relief.propose_award", **more):
            if self.may(permission, asked.case.organisation):
                offers.append({"url": reverse(f"workspace_requests:{name}", args=[asked.ref]), "label": label} | more)

        if asked.state == "RECOMMENDED" and not has_award:
            offer("propose", _("Propose an award"), main=True)
        if asked.state == "RECOMMENDED" and self.may(issuing.ENTERS, asked.project.organisation):
            offers.append(
                {"url": reverse("workspace_goods_issues:enter", args=[asked.ref]), "label": _("Hand out goods")}
            )
        if asked.state in ("SUBMITTED", "SCREENING", "NEEDS_INFORMATION", "RECOMMENDED") and not has_award:
            offer("screen", _("Have the rules look at it"), main=asked.state != "RECOMMENDED", at_once=True)
            offer("decline", _("Decline"))
            offer("withdraw", _("The person no longer asks"), "relief.intake", at_once=True)
        return offers


class RequestAct(Act):
    def asked(self) -> AssistanceRequest:
        return self.find(REQUESTS.all(), OWNER)

    def back(self):
        return reverse("workspace_requests:show", args=[self.kwargs["ref"]])


class ScreenRequest(RequestAct):
    permissions = ("relief.propose_award",)

    def act(self):
        asked = self.asked()
        actions.screen_request(asked, by=self.request.user, at=self.now)
        asked.refresh_from_db()
        return _("The rules have looked. The request is now: %(state)s.") % {"state": asked.get_state_display()}


class WithdrawRequest(RequestAct):
    permissions = ("relief.intake",)

    def act(self):
        actions.withdraw_request(self.asked(), by=self.request.user, at=self.now)
        return _("The request is withdrawn.")


class RequestForm(FormScreen):
    permissions = ("relief.propose_award",)
    header_icon = "doc-full"
    crumbs = CRUMBS

    def asked(self) -> AssistanceRequest:
        return self.find(REQUESTS.all(), OWNER)

    def get_page_subtitle(self):
        return self.asked().project.name

    def get_success_url(self):
        return reverse("workspace_requests:show", args=[self.kwargs["ref"]])


class DeclineRequest(RequestForm):
    page_title = gettext_lazy("Decline the request")
    form_class = CodeForm
    submit_label = gettext_lazy("Decline")
    warning = gettext_lazy("The person is told the reason and where to complain.")
    refusal_fields = {"reason_unknown": "code"}

    def act(self, form):
        actions.decline_request(self.asked(), code=form.cleaned_data["code"], by=self.request.user, at=self.now)
        return _("The request is declined.")


class ProposeForm(forms.Form):
    """The amount alone; what it is for stands in the request."""

    amount_minor = MoneyField(label=gettext_lazy("Amount of the award"))


class ProposeAward(RequestForm):
    page_title = gettext_lazy("Propose an award")
    form_class = ProposeForm
    submit_label = gettext_lazy("Propose")
    warning = gettext_lazy(
        "You cannot approve what you propose. How many people must approve follows from the household's rolling sum."
    )
    refusal_fields = {
        "amount_not_positive": "amount_minor",
        "cap_exceeded": "amount_minor",
        "budget_exceeded": "amount_minor",
        "no_policy": "amount_minor",
    }

    def get_initial(self):
        return {"amount_minor": self.asked().amount_minor}

    def act(self, form):
        amount = form.cleaned_data["amount_minor"]
        self.award = actions.propose_award(self.asked(), amount_minor=amount, by=self.request.user, at=self.now)
        return _("Proposed: %(amount)s for %(household)s.") % {
            "amount": format_amount(amount, self.award.currency),
            "household": self.award.pseudonym,
        }

    def get_success_url(self):
        award = getattr(self, "award", None)
        return reverse("workspace_awards:show", args=[award.ref]) if award else super().get_success_url()


class RequestSection(Section):
    name = "requests"
    icon = "doc-full"
    menu_label = gettext_lazy("Requests")
    menu_order = 130
    permissions = READERS
    paths = (
        path("", RequestList.as_view(), name="index"),
        path("results/", RequestList.as_view(results_only=True), name="results"),
        path("<str:ref>/", RequestScreen.as_view(), name="show"),
        path("<str:ref>/screen/", ScreenRequest.as_view(), name="screen"),
        path("<str:ref>/withdraw/", WithdrawRequest.as_view(), name="withdraw"),
        path("<str:ref>/decline/", DeclineRequest.as_view(), name="decline"),
        path("<str:ref>/propose/", ProposeAward.as_view(), name="propose"),
    )
