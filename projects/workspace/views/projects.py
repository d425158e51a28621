"""Projects: what stands where, and the moves that the signed-in person may make."""

from functools import partial

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail.admin.ui.tables import Column, TitleColumn

from ledger.core.money import format_amount
from projects.access import people
from projects.catalog import actions
from projects.catalog.models import Project
from projects.catalog.plan import missing_from_plan
from projects.giving import suggestions
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.filters import Filters
from projects.workspace.forms import DayField, ReasonForm
from projects.workspace.sections import Section
from projects.workspace.snippets import snippets
from projects.workspace.tables import MoneyColumn, StateColumn
from projects.workspace.views.suggested_amounts import SuggestAmounts

PERMISSIONS = (
    "catalog.edit_project",
    "catalog.submit_project",
    "catalog.file_project",
    "catalog.run_project",
    "giving.view",
)
# What each state offers: (url name, label, the right it needs, is it the main button).
OFFERS = {
    "DRAFT": [
        ("submit", gettext_lazy("Submit for filing"), "catalog.submit_project", True),
        ("cancel", gettext_lazy("Give up"), "catalog.submit_project", False),
    ],
    "SUBMITTED": [
        ("file", gettext_lazy("Record the filing"), "catalog.file_project", True),
        ("send_back", gettext_lazy("Send back for changes"), "catalog.file_project", False),
        ("cancel", gettext_lazy("Give up"), "catalog.submit_project", False),
    ],
    "FILED": [("open", gettext_lazy("Open for gifts"), "catalog.run_project", True)],
    "OPEN": [
        ("pause", gettext_lazy("Pause"), "catalog.run_project", False),
        ("close", pgettext_lazy("project", "Close"), "catalog.run_project", False),
    ],
    "PAUSED": [
        ("open", gettext_lazy("Open again"), "catalog.run_project", True),
        ("close", pgettext_lazy("project", "Close"), "catalog.run_project", False),
    ],
    "CLOSED": [("report", gettext_lazy("The final report is published"), "catalog.run_project", True)],
    "REPORTED": [("archive", gettext_lazy("Archive"), "catalog.run_project", False)],
}
# Buttons that do it at once; the others ask for something on a form first.
AT_ONCE = {"submit": actions.submit, "open": actions.open_project, "report": actions.report, "archive": actions.archive}
WARNINGS = {
    "open": gettext_lazy("Opening is public at once: a notice goes into the open log and cannot be taken out again."),
    "close": gettext_lazy("A closed project is never opened again. What is left is still spent on its purpose."),
    "archive": gettext_lazy("An archived project leaves the public lists for good."),
    "cancel": gettext_lazy("A project given up is not taken up again; draft a new one instead."),
}


class ProjectFilters(Filters):
    class Meta:
        model = Project
        fields = ["state", "purpose"]


class ProjectList(Listing):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Projects")
    header_icon = "folder-open-inverse"
    index_url_name = "workspace_projects:index"
    index_results_url_name = "workspace_projects:results"
    filterset_class = ProjectFilters
    is_searchable = True
    search_fields = ["name_zh", "name_en", "filing_number"]
    search_backend_name = None
    default_ordering = "slug"
    verbose_name_plural = gettext_lazy("projects")
    export_name = "projects"
    export = (
        ("name_zh", lambda project: project.name_zh),
        ("name_en", lambda project: project.name_en),
        ("state", lambda project: project.state),
        ("budget", lambda project: format_amount(project.budget_minor, project.currency)),
        ("filing_number", lambda project: project.filing_number),
        ("starts_on", lambda project: project.starts_on),
        ("ends_on", lambda project: project.ends_on),
    )

    def get_base_queryset(self):
        return self.own(Project.objects.with_budget().select_related("organisation", "purpose"))

    def get_columns(self):
        return [
            TitleColumn("name", label=_("Project"), url_name="workspace_projects:show", id_accessor="ref"),
            Column("organisation", label=_("Charity"), accessor="organisation.name"),
            StateColumn(),
            MoneyColumn("budget_minor", label=_("Budget"), sort_key="budget_sum"),
            Column("filing_number", label=_("Filing number")),
            Column("ends_on", label=_("Ends on"), sort_key="ends_on"),
        ]


class ProjectScreen(Screen):
    permissions = PERMISSIONS
    template_name = "workspace/project.html"
    header_icon = "folder-open-inverse"
    crumbs = (("workspace_projects:index", gettext_lazy("Projects")),)

    def get_page_title(self):
        return self.project.name

    def get(self, request, *args, **kwargs):
        self.project = self.find(Project.objects.select_related("organisation", "purpose", "jurisdiction"))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        project = self.project
        offers = [
            {
                "url": reverse(f"workspace_projects:{name}", args=[project.ref]),
                "label": label,
                "main": main,
                "at_once": name in AT_ONCE,
                "warning": WARNINGS.get(name, "") if name in AT_ONCE else "",
            }
            for name, label, permission, main in OFFERS.get(project.state, [])
            if self.may(permission, project.organisation)
        ]
        names = people.names([project.drafted_by_ref, project.submitted_by_ref, project.filed_by_ref])
        return super().get_context_data(
            project=project,
            offers=offers,
            missing=missing_from_plan(project) if project.state == "DRAFT" else [],
            lines=project.budget_lines.all(),
            drafted_by=names.get(project.drafted_by_ref),
            submitted_by=names.get(project.submitted_by_ref),
            filed_by=names.get(project.filed_by_ref),
            snippets=snippets(project, self.request.build_absolute_uri) if project.is_public else [],
            own_amounts=suggestions.own_amounts(project),
            may_suggest=project.state not in suggestions.OVER and self.may(suggestions.RIGHT, project.organisation),
            **kwargs,
        )


class ProjectAct(Act):
    permissions = PERMISSIONS
    verb = ""

    def act(self):
        project = self.find(Project.objects.select_related("organisation"))
        project = AT_ONCE[self.verb](project, by=self.request.user, at=self.now)
        return _("“%(name)s” is now: %(state)s.") % {"name": project.name, "state": project.get_state_display()}

    def back(self):
        return reverse("workspace_projects:show", args=[self.kwargs["ref"]])


class FilingForm(forms.Form):
    filing_number = forms.CharField(label=gettext_lazy("Filing number"), max_length=40)
    filed_on = DayField(label=gettext_lazy("Filed on"))


class ProjectForm(FormScreen):
    """A move that needs words first."""

    permissions = PERMISSIONS
    form_class = ReasonForm
    verb = ""
    header_icon = "folder-open-inverse"
    crumbs = ProjectScreen.crumbs
    refusal_fields = {"filing_number_missing": "filing_number"}

    def dispatch(self, request, *args, **kwargs):
        self.request, self.kwargs = request, kwargs
        return super().dispatch(request, *args, **kwargs)

    @property
    def project(self) -> Project:
        return self.find(Project.objects.select_related("organisation"))

    def get_page_title(self):
        labels = {name: label for offers in OFFERS.values() for name, label, _right, _main in offers}
        return labels[self.verb]

    def get_page_subtitle(self):
        return self.project.name

    def get_warning(self):
        return WARNINGS.get(self.verb, "")

    def act(self, form):
        verb = getattr(actions, self.verb)
        project = verb(self.project, by=self.request.user, at=self.now, **form.cleaned_data)
        return _("“%(name)s” is now: %(state)s.") % {"name": project.name, "state": project.get_state_display()}

    def get_success_url(self):
        return reverse("workspace_projects:show", args=[self.kwargs["ref"]])


def _form(verb: str, **options):
    return path(f"<str:ref>/{verb.replace('_', '-')}/", ProjectForm.as_view(verb=verb, **options), name=verb)


class ProjectSection(Section):
    name = "projects"
    icon = "folder-open-inverse"
    menu_label = gettext_lazy("Projects")
    menu_order = 150
    permissions = PERMISSIONS
    paths = (
        path("", ProjectList.as_view(), name="index"),
        path("results/", ProjectList.as_view(results_only=True), name="results"),
        path("<str:ref>/", ProjectScreen.as_view(), name="show"),
        *(path(f"<str:ref>/{verb}/", ProjectAct.as_view(verb=verb), name=verb) for verb in AT_ONCE),
        path("<str:ref>/amounts/", SuggestAmounts.as_view(), name="amounts"),
        _form("file", form_class=FilingForm),
        *map(partial(_form), ("send_back", "pause", "close", "cancel")),
    )
