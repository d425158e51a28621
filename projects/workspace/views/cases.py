"""Cases: the list, one case with the identity masked, a request for help; the import stands in `case_files`."""

from typing import Any

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.widgets.button import HeaderButton

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access import people
from projects.access.screen import sentence
from projects.audit import actions as audit
from projects.catalog.models import Project, Purpose
from projects.catalog.states import AWARDING_STATES
from projects.relief import actions, vault
from projects.relief.models import Case
from projects.relief.queries import help_by_purpose
from projects.workspace.desk import FormScreen, Listing, Screen
from projects.workspace.filters import Filters
from projects.workspace.forms import MoneyField, ReasonForm, offer
from projects.workspace.sections import Section
from projects.workspace.tables import RefColumn, StateColumn
from projects.workspace.views import case_files

READERS = ("relief.view",)
CRUMBS = (("workspace_cases:index", gettext_lazy("Cases")),)
CASES = Case.objects.select_related("organisation", "category", "node", "household", "identity")


class CaseFilters(Filters):
    class Meta:
        model = Case
        fields = ["state", "category", "sensitivity", "duplicate"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["category"].field.label_from_instance = lambda category: category.name


class CaseList(Listing):
    permissions = READERS
    page_title = gettext_lazy("Cases")
    header_icon = "group"
    index_url_name = "workspace_cases:index"
    index_results_url_name = "workspace_cases:results"
    filterset_class = CaseFilters
    is_searchable = True
    search_fields = ["source_number", "ref"]
    search_backend_name = None
    default_ordering = "-received_at"
    verbose_name_plural = gettext_lazy("cases")
    export_name = "cases"
    # Nothing here says who somebody is: the identity is read one by one, with a reason.
    export = (
        ("ref", lambda case: case.ref),
        ("source", lambda case: case.source),
        ("source_number", lambda case: case.source_number),
        ("category", lambda case: case.category.name),
        ("node", lambda case: case.node.code),
        ("household", lambda case: case.household.ref),
        ("household_size", lambda case: case.household.size),
        ("sensitivity", lambda case: case.sensitivity),
        ("state", lambda case: case.state),
        ("received_at", lambda case: case.received_at.isoformat()),
    )

    def get_base_queryset(self):
        return self.own(CASES.all())

    def csv_response(self):
        audit.log_read(
            by=self.request.user,
            at=self.now,
            purpose="export of the case list",
            subject=("case_list", self.request.user.ref),
            fields=[heading for heading, _cell in self.export],
        )
        return super().csv_response()

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Case"), url_name="workspace_cases:show", id_accessor="ref"),
            Column("source_number", label=_("Number of the source"), sort_key="source_number"),
            Column("category", label=_("Category"), accessor="category.name"),
            Column("node", label=_("Administrative area"), accessor="node.name"),
            StateColumn(),
            Column("sensitivity", label=_("Care"), accessor="get_sensitivity_display"),
            DateColumn("received_at", label=_("Received on"), sort_key="received_at"),
        ]

    def get_header_buttons(self):
        buttons = super().get_header_buttons()
        if self.may("relief.intake"):
            upload = reverse("workspace_cases:upload")
            buttons.insert(0, HeaderButton(_("Import a list"), url=upload, icon_name="upload"))
        return buttons


def log_case_read(view, case: Case) -> None:
    """Who opens a case is written down before anything is shown."""
    audit.log_read(
        by=view.request.user,
        at=view.now,
        purpose="case page",
        subject=("case", case.ref),
        fields=["case"],
        organisation_ref=case.organisation.ref,
    )


class CaseScreen(Screen):
    permissions = READERS
    template_name = "workspace/case.html"
    header_icon = "group"
    crumbs = CRUMBS
    revealed = None

    def get_page_title(self):
        return _("Case %(ref)s") % {"ref": self.case.ref[:8]}

    def get(self, request, *args, **kwargs):
        self.case = self.find(CASES.all())
        log_case_read(self, self.case)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        case = self.case
        offers = []
        if self.may("relief.intake", case.organisation):
            url = reverse("workspace_cases:ask", args=[case.ref])
            offers.append({"url": url, "label": _("File a request"), "main": True})
        if case.duplicate == "NEEDS_ADJUDICATION" and self.may("relief.propose_award", case.organisation):
            url = reverse("workspace_cases:adjudicate", args=[case.ref])
            offers.append({"url": url, "label": _("Decide about the duplicate")})
        return super().get_context_data(
            case=case,
            needs=case.needs.select_related("purpose"),
            authorisations=case.authorisations.order_by("-signed_at"),
            requests=case.requests.select_related("project", "purpose"),
            help=help_by_purpose(case).filter(project__organisation=case.organisation),
            intake_by=people.name(case.intake_by_ref),
            may_reveal=self.may("relief.see_identity", case.organisation),
            offers=offers,
            revealed=self.revealed,
            **kwargs,
        )


REVEALABLE = [
    ("name", pgettext_lazy("person", "Name")),
    ("id_number", gettext_lazy("Identity number")),
    ("phone", gettext_lazy("Telephone")),
    ("address", gettext_lazy("Address")),
    ("account", gettext_lazy("Account number")),
    ("bank", gettext_lazy("Bank of the account")),
    ("birth_date", gettext_lazy("Date of birth")),
    ("guardian_name", gettext_lazy("Guardian's name")),
]


class RevealForm(ReasonForm):
    fields_shown = forms.MultipleChoiceField(
        label=gettext_lazy("What do you need to see?"),
        choices=REVEALABLE,
        widget=forms.CheckboxSelectMultiple,
        initial=["name", "phone"],
    )
    field_order = ["fields_shown", "reason"]


class RevealIdentity(FormScreen):
    """The values come once, on the answer to this form; the page cannot be reopened without a new reason."""

    permissions = ("relief.see_identity",)
    template_name = "workspace/reveal.html"
    page_title = gettext_lazy("Reveal the identity")
    header_icon = "view"
    crumbs = CRUMBS
    form_class = RevealForm
    submit_label = gettext_lazy("Reveal")
    warning = gettext_lazy(
        "That you looked, when, at what and why is written down for good, before you see anything. The person may ask "
        "who has read their data."
    )
    refusal_fields = {"purpose_needed": "reason"}

    def get_page_subtitle(self):
        return self.find(CASES.all()).ref[:8]

    def form_valid(self, form):
        case, wanted = self.find(CASES.all()), form.cleaned_data["fields_shown"]
        try:
            values = vault.reveal(
                case.identity,
                fields=wanted,
                purpose="case work",
                reason=form.cleaned_data["reason"],
                by=self.request.user,
                at=self.now,
            )
        except Refused as refused:
            form.add_error(self.refusal_fields.get(refused.code), sentence(refused))
            return self.form_invalid(form)
        labels = dict(REVEALABLE)
        shown = [(labels[field], values[field]) for field in wanted]
        response = self.render_to_response(self.get_context_data(form=form, shown=shown))
        response["Cache-Control"] = "no-store"
        return response

    def get_success_url(self):
        return reverse("workspace_cases:show", args=[self.kwargs["ref"]])


class RequestForm(forms.Form):
    project: Any = forms.ModelChoiceField(queryset=None, label=gettext_lazy("Project"))
    purpose = forms.ModelChoiceField(queryset=Purpose.objects.all(), label=gettext_lazy("Purpose of the help"))
    amount_minor = MoneyField(label=gettext_lazy("Amount asked"))

    def __init__(self, *args, projects, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "project", projects)


class FileRequest(FormScreen):
    permissions = ("relief.intake",)
    page_title = gettext_lazy("File a request")
    header_icon = "group"
    crumbs = CRUMBS
    form_class = RequestForm
    submit_label = gettext_lazy("File the request")
    refusal_fields = {
        "amount_not_positive": "amount_minor",
        "cap_exceeded": "amount_minor",
        "other_organisation": "project",
        "project_not_open": "project",
        "request_exists": "project",
        "purpose_not_in_project": "purpose",
        "purpose_conflict": "purpose",
    }

    def get_form_kwargs(self):
        projects = self.own(Project.objects.filter(state__in=AWARDING_STATES))
        return super().get_form_kwargs() | {"projects": projects}

    def get_initial(self):
        need = self.find(CASES.all()).needs.select_related("purpose").first()
        return {"purpose": need.purpose, "amount_minor": need.amount_minor} if need else {}

    def get_page_subtitle(self):
        return self.find(CASES.all()).ref[:8]

    def act(self, form):
        self.made = actions.submit_request(
            self.find(CASES.all()), **form.cleaned_data, by=self.request.user, at=self.now
        )
        return _("The request is filed. Have the rules look at it next.")

    def get_success_url(self):
        made = getattr(self, "made", None)
        if made:
            return reverse("workspace_requests:show", args=[made.ref])
        return reverse("workspace_cases:show", args=[self.kwargs["ref"]])


class AdjudicateForm(ReasonForm):
    same_as = forms.CharField(
        label=gettext_lazy("Number of the case that goes on"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("The source's number. Leave it empty when this is no duplicate."),
    )
    field_order = ["same_as", "reason"]


class Adjudicate(FormScreen):
    permissions = ("relief.propose_award",)
    page_title = gettext_lazy("Decide about the duplicate")
    header_icon = "group"
    crumbs = CRUMBS
    form_class = AdjudicateForm
    submit_label = gettext_lazy("Decide")
    warning = gettext_lazy("A merged case stays merged. Its number points to the case that goes on.")
    refusal_fields = {"cannot_merge": "same_as"}

    def get_page_subtitle(self):
        return self.find(CASES.all()).ref[:8]

    def act(self, form):
        case, number = self.find(CASES.all()), form.cleaned_data["same_as"].strip()
        other = self.own(CASES.filter(source_number=number, organisation=case.organisation)).first() if number else None
        if number and other is None:
            raise Refused("cannot_merge", _r("There is no case with this number."))
        reason = form.cleaned_data["reason"]
        actions.adjudicate_case(case, is_duplicate_of=other, reason=reason, by=self.request.user, at=self.now)
        return _("The case is merged.") if other else _("The case stands on its own.")

    def get_success_url(self):
        return reverse("workspace_cases:show", args=[self.kwargs["ref"]])


class CaseSection(Section):
    name = "cases"
    icon = "group"
    menu_label = gettext_lazy("Cases")
    menu_order = 125
    permissions = READERS
    paths = (
        path("", CaseList.as_view(), name="index"),
        path("results/", CaseList.as_view(results_only=True), name="results"),
        *case_files.paths,
        path("<str:ref>/", CaseScreen.as_view(), name="show"),
        path("<str:ref>/reveal/", RevealIdentity.as_view(), name="reveal"),
        path("<str:ref>/request/", FileRequest.as_view(), name="ask"),
        path("<str:ref>/duplicate/", Adjudicate.as_view(), name="adjudicate"),
    )
