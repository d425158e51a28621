"""Official bills: the data for the finance authority's system, and what it issued, one by one or by file."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.widgets.button import HeaderButton

from ledger.core.refusals import Refused
from projects.access.screen import sentence
from projects.receipts import bill_files, bills
from projects.receipts.bill_models import OfficialBill
from projects.workspace.desk import FormScreen, Listing
from projects.workspace.forms import DayField, DaysForm, MoneyField, OrganisationForm
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, StateColumn
from projects.workspace.views.donor_statements import last_year, private

PERMISSIONS = (bills.RIGHT,)
CRUMBS = (("workspace_bills:index", gettext_lazy("Official bills")),)
BILLS = OfficialBill.objects.select_related("organisation", "gift", "void")
KINDS = {
    "csv": (bill_files.as_csv, "text/csv; charset=utf-8"),
    "xlsx": (bill_files.as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


class BillList(Listing):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Official bills")
    header_icon = "doc-full-inverse"
    index_url_name = "workspace_bills:index"
    index_results_url_name = "workspace_bills:results"
    is_searchable = True
    search_fields = ["code", "number", "gift__ref"]
    search_backend_name = None
    default_ordering = "-entered_at"
    verbose_name_plural = gettext_lazy("official bills")

    def get_base_queryset(self):
        return self.own(BILLS.all())

    def get_header_buttons(self):
        offers = (
            ("prepare", _("Data for the authority's system"), "download"),
            ("enter", _("Enter a bill"), "plus"),
            ("upload", _("Enter bills from a file"), "upload"),
        )
        own = (HeaderButton(label, url=reverse(f"workspace_bills:{to}"), icon_name=icon) for to, label, icon in offers)
        return [*own, *super().get_header_buttons()]

    def get_columns(self):
        return [
            Column("code", label=_("Bill code"), accessor="code"),
            Column("number", label=_("Bill number"), accessor="number", sort_key="number"),
            Column("gift", label=_("Gift"), accessor=lambda bill: bill.gift_id[:8]),
            MoneyColumn("amount_minor", label=_("Amount"), sort_key="amount_minor"),
            StateColumn(sort_key=None),
            Column("fits", label=_("What is to be done"), accessor=to_do),
            DateColumn("issued_on", label=_("Day of the bill"), sort_key="issued_on"),
            VoidColumn("ref", label=_("Void"), accessor="ref"),
        ]


class VoidColumn(Column):
    """Leads to the form that says a bill became void."""

    cell_template_name = "workspace/cells/void_bill.html"


def to_do(bill: OfficialBill) -> str:
    """A bill that says another sum than what is left of its gift has to be declared void at the authority."""
    if bill.is_void or bill.amount_minor == bill.gift.left_minor:
        return ""
    return _("The gift went back in whole or in part: have the bill declared void.")


class PrepareForm(DaysForm, OrganisationForm):
    kind = forms.ChoiceField(label=gettext_lazy("File"), choices=(("xlsx", "XLSX"), ("csv", "CSV")))
    field_order = ["organisation", "since", "until", "kind"]


class Prepare(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Data for the authority's system")
    header_icon = "download"
    crumbs = CRUMBS
    form_class = PrepareForm
    submit_label = gettext_lazy("Make the file")
    warning = gettext_lazy(
        "Gifts in yuan that arrived in these days and have no bill that counts, with the donors' names. "
        "The columns for code, number, check code and day are empty: filled in, the same file can be entered here. "
        "That you made it is written down."
    )
    refusal_fields = {"days_reversed": "until", "no_bill_needed": "until"}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"organisations": self.organisations()}

    def get_initial(self):
        return last_year(self)

    def form_valid(self, form):
        facts = dict(form.cleaned_data)
        kind = facts.pop("kind")
        try:
            rows = bills.told(**facts, by=self.request.user, at=self.now)
        except Refused as refused:
            form.add_error(self.refusal_fields.get(refused.code), sentence(refused))
            return self.form_invalid(form)
        write, content_type = KINDS[kind]
        response = HttpResponse(write(rows), content_type=content_type)
        name = f"bills-{facts['since']}-{facts['until']}.{kind}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return private(response)

    def get_success_url(self):
        return reverse(CRUMBS[0][0])


class BillForm(OrganisationForm):
    gift_ref = forms.CharField(
        label=gettext_lazy("Gift"),
        max_length=32,
        help_text=gettext_lazy("Its whole reference, as the gift's page says."),
    )
    code = forms.CharField(label=gettext_lazy("Bill code"), max_length=20)
    number = forms.CharField(label=gettext_lazy("Bill number"), max_length=20)
    check_code = forms.CharField(label=gettext_lazy("Check code of the bill"), max_length=20)
    issued_on = DayField(label=gettext_lazy("Day of the bill"))
    amount_minor = MoneyField(label=gettext_lazy("Amount in yuan"))


class Enter(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Enter a bill")
    header_icon = "plus"
    crumbs = CRUMBS
    form_class = BillForm
    warning = gettext_lazy("Only what the authority's system has issued. A bill is never changed afterwards.")
    refusal_fields = {
        "gift_unknown": "gift_ref",
        "gift_refunded": "gift_ref",
        "gift_not_settled": "gift_ref",
        "bill_currency": "gift_ref",
        "bill_issued_already": "gift_ref",
        "bill_code_wrong": "code",
        "bill_number_wrong": "number",
        "bill_taken": "number",
        "bill_check_code_wrong": "check_code",
        "bill_to_come": "issued_on",
        "bill_before_gift": "issued_on",
        "amount_differs": "amount_minor",
    }

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"organisations": self.organisations()}

    def act(self, form):
        facts = dict(form.cleaned_data)
        organisation, gift_ref = facts.pop("organisation"), facts.pop("gift_ref").strip()
        bills.enter(organisation, gift_ref=gift_ref, answer=bills.Answer(**facts), by=self.request.user, at=self.now)
        return _("The bill is entered. The donor sees it on the gift's page.")

    def get_success_url(self):
        return reverse(CRUMBS[0][0])


class FileForm(OrganisationForm):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
        help_text=gettext_lazy("CSV or XLSX, with the columns of the file that was made here."),
    )


class EnterFile(FormScreen):
    """The answer says at once what became of each row: nothing waits, and the same file again changes nothing."""

    permissions = PERMISSIONS
    page_title = gettext_lazy("Enter bills from a file")
    template_name = "workspace/bill_file.html"
    header_icon = "upload"
    crumbs = CRUMBS
    form_class = FileForm
    submit_label = gettext_lazy("Enter the bills")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"organisations": self.organisations()}

    def form_valid(self, form):
        organisation, file = form.cleaned_data["organisation"], form.cleaned_data["file"]
        try:
            outcome = bill_files.take(organisation, file=file, by=self.request.user, at=self.now)
        except Refused as refused:
            form.add_error("file", sentence(refused))
            return self.form_invalid(form)
        errors = [(error.line, error.refused.code, sentence(error.refused)) for error in outcome.errors]
        return self.render_to_response(self.get_context_data(form=form, outcome=outcome, errors=errors))

    def get_success_url(self):
        return reverse(CRUMBS[0][0])


class VoidForm(forms.Form):
    voided_on = DayField(label=gettext_lazy("Void since"))


class Void(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("The bill became void")
    header_icon = "cross"
    crumbs = CRUMBS
    form_class = VoidForm
    warning = gettext_lazy(
        "Only what the authority's system says. Its number stays here, and the gift may get a new bill."
    )
    refusal_fields = {"bill_to_come": "voided_on", "void_before_bill": "voided_on"}

    def bill(self) -> OfficialBill:
        return self.find(BILLS.all())

    def get_page_subtitle(self):
        return str(self.bill())

    def act(self, form: Any):
        bills.void(self.bill(), **form.cleaned_data, by=self.request.user, at=self.now)
        return _("The bill is void.")

    def get_success_url(self):
        return reverse(CRUMBS[0][0])


class BillSection(Section):
    name = "bills"
    icon = "doc-full-inverse"
    menu_label = gettext_lazy("Official bills")
    menu_order = 148
    permissions = PERMISSIONS
    paths = (
        path("", BillList.as_view(), name="index"),
        path("results/", BillList.as_view(results_only=True), name="results"),
        path("prepare/", Prepare.as_view(), name="prepare"),
        path("enter/", Enter.as_view(), name="enter"),
        path("file/", EnterFile.as_view(), name="upload"),
        path("<str:ref>/void/", Void.as_view(), name="void"),
    )
