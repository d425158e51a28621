"""Money in suspense, oldest first, and the form that says what it was."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets.button import HeaderButton

from projects.catalog.models import Project
from projects.settlement import actions
from projects.settlement.models import UnexplainedItem
from projects.settlement.problems import said
from projects.workspace.desk import FormScreen, Listing
from projects.workspace.forms import ReasonForm, offer
from projects.workspace.tables import MoneyColumn, RefColumn

VIEW = ("settlement.view",)
EXPLAIN = ("settlement.explain",)
CRUMBS = (("workspace_settlement:index", gettext_lazy("Settlement files")),)


class UnexplainedList(Listing):
    permissions = VIEW
    page_title = gettext_lazy("What is not explained")
    header_icon = "help"
    index_url_name = "workspace_settlement:unexplained"
    index_results_url_name = "workspace_settlement:unexplained_results"
    default_ordering = "on"
    verbose_name_plural = gettext_lazy("open lines")
    export = (
        ("ref", lambda item: item.ref),
        ("day", lambda item: item.on.isoformat()),
        ("amount_minor", lambda item: item.amount_minor),
        ("currency", lambda item: item.currency),
        ("problem", lambda item: item.problem),
    )
    export_name = "unexplained"

    def get_base_queryset(self):
        items = UnexplainedItem.objects.filter(solved_at__isnull=True)
        return self.own(items.select_related("row__file", "line__file", "organisation"))

    def get_header_buttons(self):
        adjustments = HeaderButton(_("Adjustments"), url=reverse("workspace_settlement:adjustments"), icon_name="edit")
        return [*super().get_header_buttons(), adjustments]

    def get_columns(self):
        return [
            DateDays("on", label=_("Age"), sort_key="on", today=self.today),
            RefColumn(
                "ref",
                label=pgettext("of a document", "Number"),
                url_name="workspace_settlement:item",
                id_accessor="ref",
            ),
            MoneyColumn("amount_minor", label=_("Amount"), sort_key="amount_minor"),
            Column("problem", label=_("Problem"), accessor=lambda item: said(item.problem), classname="ws-words"),
            Column("source", label=_("Whose file"), accessor=lambda item: item.thing.file.get_source_display()),
            Column("number", label=_("Row"), accessor=lambda item: item.thing.number),
        ]


class DateDays(Column):
    """How many days ago, and the day itself."""

    cell_template_name = "workspace/cells/nowrap.html"

    def __init__(self, name, *, today, **kwargs):
        super().__init__(name, **kwargs)
        self.today = today

    def get_value(self, instance):
        days = max((self.today - instance.on).days, 0)
        text = ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
        return f"{text} · {instance.on:%Y-%m-%d}"


class AnswerForm(ReasonForm):
    HOW = (
        ("gift", gettext_lazy("It was a gift")),
        ("returned", gettext_lazy("It went back, or was booked elsewhere")),
    )
    how = forms.ChoiceField(label=gettext_lazy("What was it?"), choices=HOW, widget=forms.RadioSelect)
    project = forms.ModelChoiceField(
        queryset=Project.objects.none(),
        label=gettext_lazy("Project"),
        required=False,
        empty_label=gettext_lazy("The charity itself"),
        help_text=gettext_lazy("For a gift."),
    )
    field_order = ["how", "project", "reason"]

    def __init__(self, *args, projects, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "project", projects)


class AnswerItem(FormScreen):
    permissions = EXPLAIN
    page_title = gettext_lazy("Say what this money was")
    header_icon = "help"
    crumbs = (*CRUMBS, ("workspace_settlement:unexplained", UnexplainedList.page_title))
    form_class = AnswerForm
    submit_label = gettext_lazy("Book the answer")
    warning = gettext_lazy("The answer goes into the books at once and is only ever answered by a new entry.")
    refusal_fields = {"suspense_not_a_gift": "how", "project_of_another": "project", "reason_needed": "reason"}
    template_name = "workspace/settlement_item.html"

    def item(self) -> UnexplainedItem:
        return self.find(UnexplainedItem.objects.select_related("row__file", "line__file", "organisation"))

    def get_context_data(self, **kwargs):
        item = self.item()
        thing = item.thing
        return super().get_context_data(
            item=item,
            thing=thing,
            file=item.thing.file,
            number=item.provider_number,
            problem=said(item.problem),
            days=max((self.today - item.on).days, 0),
            **kwargs,
        )

    def get_form_kwargs(self):
        projects = Project.objects.filter(organisation=self.item().organisation).exclude(fund_code="")
        return super().get_form_kwargs() | {"projects": projects}

    def act(self, form):
        data, by = form.cleaned_data, {"by": self.request.user, "at": self.now}
        if data["how"] == "gift":
            actions.solve_as_gift(self.item(), project=data["project"], note=data["reason"], **by)
        else:
            actions.solve_as_returned(self.item(), note=data["reason"], **by)
        return _("The answer is booked.")

    def get_success_url(self):
        return reverse("workspace_settlement:unexplained")


paths = (
    path("unexplained/", UnexplainedList.as_view(), name="unexplained"),
    path("unexplained/results/", UnexplainedList.as_view(results_only=True), name="unexplained_results"),
    path("unexplained/<str:ref>/", AnswerItem.as_view(), name="item"),
)
