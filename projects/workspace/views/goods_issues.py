"""Goods out of stock to a household: one person of finance enters what was handed out, another looks and books it."""

from typing import Any

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn

from ledger.core.money import format_amount
from projects.access import people
from projects.access.refs import new_ref
from projects.audit.actions import log_read
from projects.giving import evidence
from projects.payouts import issuing
from projects.payouts.models import GoodsIssue
from projects.relief.models import AssistanceRequest
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.evidence import handed_on
from projects.workspace.forms import DayField, MoneyField, ReasonForm
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, RefColumn, StateColumn

# Finance holds both rights; the action tells the two people apart.
PERMISSIONS = (issuing.ENTERS, issuing.BOOKS)
CRUMBS = (("workspace_goods_issues:index", gettext_lazy("Goods handed out")),)
OWNER = "request__project__organisation"
ISSUES = GoodsIssue.objects.select_related("request__project__organisation", "request__case")
REQUESTS = AssistanceRequest.objects.select_related("project__organisation", "case")


class GoodsIssueList(Listing):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Goods handed out")
    header_icon = "pick"
    index_url_name = "workspace_goods_issues:index"
    index_results_url_name = "workspace_goods_issues:results"
    default_ordering = "-entered_at"
    verbose_name_plural = gettext_lazy("goods handed out")

    def get_base_queryset(self):
        return self.own(ISSUES.all(), OWNER)

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Handed out"), url_name="workspace_goods_issues:show", id_accessor="ref"),
            Column("goods", label=_("Goods"), classname="ws-words"),
            Column("how_much", label=_("Quantity")),
            MoneyColumn("amount_minor", label=_("Value"), sort_key="amount_minor"),
            StateColumn(),
            DateColumn("handed_out_on", label=_("Handed out on"), sort_key="handed_out_on"),
        ]


class GoodsIssueForm(forms.Form):
    from_general = forms.ChoiceField(
        label=gettext_lazy("Out of which stock"),
        choices=[
            ("", gettext_lazy("goods given for the request's project")),
            ("yes", gettext_lazy("goods given to the charity itself")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    description = forms.CharField(
        label=gettext_lazy("What was handed out"),
        max_length=200,
        help_text=gettext_lazy("Kind, brand, size. Name nobody."),
    )
    quantity = forms.DecimalField(label=gettext_lazy("Quantity"), max_digits=12, decimal_places=3)
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=20)
    amount_minor = MoneyField(
        label=gettext_lazy("Value in the books"),
        help_text=gettext_lazy("Their part of the value at which they were taken in."),
    )
    handed_out_on = DayField(label=gettext_lazy("Handed out on"))
    file = forms.FileField(
        label=gettext_lazy("Handover sheet"),
        help_text=gettext_lazy("With the case's number; cover names and faces. PDF, PNG or JPEG, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=32)

    def __init__(self, *args, currency, **kwargs):
        super().__init__(*args, **kwargs)
        amount: Any = self.fields["amount_minor"]
        amount.currency = currency

    def clean_from_general(self) -> bool:
        return bool(self.cleaned_data["from_general"])


class EnterGoodsIssue(FormScreen):
    permissions = (issuing.ENTERS,)
    page_title = gettext_lazy("Hand out goods")
    header_icon = "pick"
    crumbs = CRUMBS
    form_class = GoodsIssueForm
    submit_label = gettext_lazy("Hand to a second person")
    refusal_fields = {
        "goods_unnamed": "description",
        "quantity_missing": "quantity",
        "unit_missing": "unit",
        "value_missing": "amount_minor",
        "not_in_stock": "amount_minor",
        "day_to_come": "handed_out_on",
        "evidence_missing": "file",
        "evidence_kind": "file",
        "evidence_too_large": "file",
    }

    def dispatch(self, request, *args, **kwargs):
        # Also a form that comes back with its faults is shown to those alone who may see the thing.
        if self.may(issuing.ENTERS):
            self.asked()
        return super().dispatch(request, *args, **kwargs)

    def asked(self) -> AssistanceRequest:
        return self.find(REQUESTS.all(), "project__organisation")

    def get_page_subtitle(self):
        return self.asked().case.source_number

    def get_warning(self):
        asked = self.asked()
        own, general = (issuing.in_stock_minor(asked, from_general=choice) for choice in (False, True))
        return _("In stock: goods worth %(own)s for the project, and %(general)s of the charity itself.") % {
            "own": format_amount(own, asked.currency),
            "general": format_amount(general, asked.currency),
        }

    def get_initial(self):
        return {"from_general": "", "handed_out_on": self.today, "form_key": new_ref()}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"currency": self.asked().currency}

    def act(self, form):
        data = dict(form.cleaned_data)
        file = data.pop("file").read(evidence.LARGEST + 1)
        issuing.enter(self.asked(), **data, file=file, by=self.request.user, at=self.now)
        return _("It waits for a second person now.")

    def get_success_url(self):
        return reverse("workspace_goods_issues:index")


class GoodsIssueScreen(Screen):
    permissions = PERMISSIONS
    template_name = "workspace/goods_issue.html"
    header_icon = "pick"
    crumbs = CRUMBS

    def get_page_title(self):
        return _("Goods handed out %(ref)s") % {"ref": self.kwargs["ref"][:8]}

    def get_context_data(self, **kwargs):
        row = self.find(ISSUES.all(), OWNER)
        mine = row.entered_by_ref == self.request.user.ref
        offers = []
        if row.state == "ENTERED" and not mine:
            offers = [
                {
                    "url": reverse("workspace_goods_issues:approve", args=[row.ref]),
                    "label": _("I have compared it with the evidence: book it"),
                    "at_once": True,
                    "main": True,
                    "warning": _("The goods leave stock in the books. This cannot be undone."),
                },
                {"url": reverse("workspace_goods_issues:refuse", args=[row.ref]), "label": _("Refuse")},
            ]
        names = people.names([row.entered_by_ref, row.decided_by_ref])
        return super().get_context_data(row=row, mine=mine, offers=offers, names=names, **kwargs)


class GoodsIssueEvidence(GoodsIssueScreen):
    """The handover sheet: who looks at it is on record, first."""

    def get(self, request, *args, **kwargs):
        row = self.find(ISSUES.all(), OWNER)
        log_read(
            by=request.user,
            at=self.now,
            purpose="goods handed out",
            subject=("goods_issue", row.ref),
            fields=["evidence"],
            organisation_ref=row.request.project.organisation.ref,
        )
        return handed_on(row)


class ApproveGoodsIssue(Act):
    permissions = (issuing.BOOKS,)

    def act(self):
        issuing.approve(self.find(ISSUES.all(), OWNER), by=self.request.user, at=self.now)
        return _("The goods have left stock in the books.")

    def back(self):
        return reverse("workspace_goods_issues:show", args=[self.kwargs["ref"]])


class RefuseGoodsIssue(FormScreen):
    permissions = (issuing.BOOKS,)
    page_title = gettext_lazy("Refuse goods handed out")
    header_icon = "pick"
    crumbs = CRUMBS
    form_class = ReasonForm
    submit_label = gettext_lazy("Refuse")
    get_success_url = ApproveGoodsIssue.back

    def dispatch(self, request, *args, **kwargs):
        if self.may(issuing.BOOKS):
            self.find(ISSUES.all(), OWNER)
        return super().dispatch(request, *args, **kwargs)

    def act(self, form):
        row = self.find(ISSUES.all(), OWNER)
        issuing.refuse(row, reason=form.cleaned_data["reason"], by=self.request.user, at=self.now)
        return _("Nothing was booked.")


class GoodsIssueSection(Section):
    name = "goods_issues"
    icon = "pick"
    menu_label = gettext_lazy("Goods handed out")
    menu_order = 143
    permissions = PERMISSIONS
    paths = (
        path("", GoodsIssueList.as_view(), name="index"),
        path("results/", GoodsIssueList.as_view(results_only=True), name="results"),
        path("enter/<str:ref>/", EnterGoodsIssue.as_view(), name="enter"),
        path("<str:ref>/", GoodsIssueScreen.as_view(), name="show"),
        path("<str:ref>/evidence/", GoodsIssueEvidence.as_view(), name="evidence"),
        path("<str:ref>/approve/", ApproveGoodsIssue.as_view(), name="approve"),
        path("<str:ref>/refuse/", RefuseGoodsIssue.as_view(), name="refuse"),
    )
