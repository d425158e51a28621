"""Regular gifts to the charity: where each stands, and when it is charged next. The donor changes them, not staff."""

from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn

from ledger.core.money import format_amount
from projects.giving.models import Pledge
from projects.workspace.desk import Listing
from projects.workspace.filters import Filters
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, StateColumn
from projects.workspace.views.gifts import giver, with_reader

PERMISSIONS = ("giving.view",)


class PledgeFilters(Filters):
    class Meta:
        model = Pledge
        fields = ["state", "interval"]


class PledgeList(Listing):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Regular gifts")
    header_icon = "rotate"
    index_url_name = "workspace_pledges:index"
    index_results_url_name = "workspace_pledges:results"
    filterset_class = PledgeFilters
    is_searchable = True
    # Never by a donor's address.
    search_fields = ["ref", "subscription_ref", "project__name_zh", "project__name_en"]
    search_backend_name = None
    default_ordering = "-created_at"
    verbose_name_plural = gettext_lazy("regular gifts")
    export_name = "regular-gifts"
    export = (
        ("ref", lambda pledge: pledge.ref),
        ("giver", giver),
        ("project", lambda pledge: pledge.project.name),
        ("amount", lambda pledge: format_amount(pledge.amount_minor, pledge.currency)),
        ("interval", lambda pledge: pledge.interval),
        ("state", lambda pledge: pledge.state),
        ("next_charge_at", lambda pledge: pledge.next_charge_at.isoformat() if pledge.next_charge_at else ""),
    )

    def get_base_queryset(self):
        return with_reader(self, self.own(Pledge.objects.select_related("project")))

    def get_columns(self):
        return [
            Column("ref", label=_("Regular gift"), accessor=lambda pledge: pledge.ref[:8]),
            Column("giver", label=_("Giver"), accessor=giver),
            Column("project", label=_("Project"), accessor=lambda pledge: pledge.project.name),
            MoneyColumn("amount_minor", label=_("Amount"), sort_key="amount_minor"),
            Column("interval", label=_("How often"), accessor="get_interval_display"),
            StateColumn(),
            DateColumn("next_charge_at", label=_("Next charge"), sort_key="next_charge_at"),
        ]


class PledgeSection(Section):
    name = "pledges"
    icon = "rotate"
    menu_label = gettext_lazy("Regular gifts")
    menu_order = 146
    permissions = PERMISSIONS
    paths = (
        path("", PledgeList.as_view(), name="index"),
        path("results/", PledgeList.as_view(results_only=True), name="results"),
    )
