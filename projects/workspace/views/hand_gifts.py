"""Gifts in cash and in goods: one person enters them with their evidence, another looks and books them."""

from typing import Any

from django import forms
from django.db import transaction
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.widgets.button import HeaderButton

from projects.access import people
from projects.access.refs import new_ref
from projects.audit.actions import log_read
from projects.catalog.models import Project
from projects.giving import evidence, hand_gifts
from projects.giving.goods import Goods
from projects.giving.hand_models import HandGift
from projects.giving.visibility import Visibility
from projects.receipts import actions as receipts
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.evidence import handed_on
from projects.workspace.forms import DayField, MoneyField, OrganisationForm, ReasonForm, offer
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, RefColumn, StateColumn

PERMISSIONS = (hand_gifts.RIGHT,)
CRUMBS = (("workspace_hand_gifts:index", gettext_lazy("Gifts by hand")),)


class HandGiftList(Listing):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Gifts by hand")
    header_icon = "form"
    index_url_name = "workspace_hand_gifts:index"
    index_results_url_name = "workspace_hand_gifts:results"
    default_ordering = "-entered_at"
    verbose_name_plural = gettext_lazy("gifts by hand")

    def get_base_queryset(self):
        return self.own(HandGift.objects.select_related("project", "organisation"))

    def get_header_buttons(self):
        enter = HeaderButton(_("Enter a gift in cash"), url=reverse("workspace_hand_gifts:enter"), icon_name="plus")
        goods = HeaderButton(_("Enter a gift in goods"), url=reverse("workspace_hand_gifts:goods"), icon_name="plus")
        return [enter, goods, *super().get_header_buttons()]

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Gift"), url_name="workspace_hand_gifts:show", id_accessor="ref"),
            Column("project", label=_("Project"), accessor=lambda row: row.project.name if row.project else "—"),
            Column("goods", label=_("What was given"), accessor=lambda row: row.goods or _("cash")),
            MoneyColumn("amount_minor", label=_("Amount"), sort_key="amount_minor"),
            StateColumn(),
            DateColumn("received_on", label=_("Received"), sort_key="received_on"),
        ]


class HandGiftForm(OrganisationForm):
    project: Any = forms.ModelChoiceField(
        queryset=None, required=False, label=gettext_lazy("Project"), empty_label=gettext_lazy("To the charity itself")
    )
    amount_minor = MoneyField(label=gettext_lazy("Amount in yuan"))
    received_on = DayField(label=gettext_lazy("Received on"))
    donor_name = forms.CharField(
        label=gettext_lazy("Name on the slip"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("It stands on the receipt. Empty: an anonymous receipt."),
    )
    visibility = forms.ChoiceField(
        label=gettext_lazy("Who may see the name"), choices=Visibility.choices, initial=Visibility.FINANCE
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        required=False,
        help_text=gettext_lazy("With it the donor finds the gift under “My giving”."),
    )
    file = forms.FileField(
        label=gettext_lazy("Signed slip"),
        help_text=gettext_lazy("PDF, PNG or JPEG, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=32)

    def __init__(self, *args, projects, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "project", projects)


class GoodsForm(HandGiftForm):
    description = forms.CharField(
        label=gettext_lazy("What was given"),
        max_length=200,
        help_text=gettext_lazy("As it shall stand on the receipt: kind, brand, size."),
    )
    quantity = forms.DecimalField(label=gettext_lazy("Quantity"), max_digits=12, decimal_places=3)
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=20)
    value_basis = forms.ChoiceField(
        label=gettext_lazy("How the value was found"), choices=HandGift.ValueBasis.choices, widget=forms.RadioSelect
    )
    evidence_minor = MoneyField(
        label=gettext_lazy("Value that the evidence states, in yuan"),
        help_text=gettext_lazy("The value booked may be less, never more."),
    )
    field_order = (
        "organisation", "project", "description", "quantity", "unit", "value_basis", "evidence_minor", "amount_minor",
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["amount_minor"].label = _("Value in yuan")
        self.fields["file"].label = _("Evidence of the value")
        self.fields["donor_name"].label = _("Name of the giver")


class EnterHandGift(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Enter a gift in cash")
    header_icon = "form"
    crumbs = CRUMBS
    form_class = HandGiftForm
    submit_label = gettext_lazy("Hand to a second person")
    warning = gettext_lazy(
        "Only cash that was given into your hands. A transfer to the bank comes with the bank's statement and is "
        "explained there; entered here too, it would be counted twice."
    )
    refusal_fields = {
        "project_of_another": "project",
        "project_not_open": "project",
        "project_not_started": "received_on",
        "project_ended": "received_on",
        "currency_mismatch": "project",
        "day_to_come": "received_on",
        "amount_not_positive": "amount_minor",
        "amount_too_small": "amount_minor",
        "amount_too_large": "amount_minor",
        "evidence_missing": "file",
        "evidence_kind": "file",
        "evidence_too_large": "file",
    }

    def get_initial(self):
        return {"received_on": self.today, "form_key": new_ref()}

    def get_form_kwargs(self):
        projects = Project.objects.filter(organisation__in=self.organisation_ids(), state="OPEN")
        return super().get_form_kwargs() | {"organisations": self.organisations(), "projects": projects}

    def act(self, form):
        data = dict(form.cleaned_data)
        project, file = data["project"], data.pop("file")
        data |= self.goods_of(data)
        self.entered = hand_gifts.enter(
            **data,
            currency=project.currency if project else "CNY",
            language="zh-hans",
            file=file.read(evidence.LARGEST + 1),
            by=self.request.user,
            at=self.now,
        )
        return _("It waits for a second person now.")

    def goods_of(self, data):
        """What there is to say of goods, taken out of the form's data; nothing of cash."""
        return {}

    def get_success_url(self):
        return reverse("workspace_hand_gifts:index")


class EnterGoods(EnterHandGift):
    page_title = gettext_lazy("Enter a gift in goods")
    form_class = GoodsForm
    warning = gettext_lazy(
        "Only goods that are in your hands. They are booked at the value that the evidence proves: an invoice, a "
        "market price or an appraisal. Without evidence of the value they are not booked."
    )
    refusal_fields = EnterHandGift.refusal_fields | {
        "goods_unnamed": "description",
        "quantity_missing": "quantity",
        "unit_missing": "unit",
        "value_missing": "amount_minor",
        "value_basis_missing": "value_basis",
        "value_above_evidence": "amount_minor",
    }

    def goods_of(self, data):
        names = ("description", "quantity", "unit", "value_basis", "evidence_minor")
        return {"goods": Goods(**{name: data.pop(name) for name in names})}


class HandGiftScreen(Screen):
    permissions = PERMISSIONS
    template_name = "workspace/hand_gift.html"
    header_icon = "form"
    crumbs = CRUMBS

    def get_page_title(self):
        return _("Gift %(ref)s") % {"ref": self.kwargs["ref"][:8]}

    def get_context_data(self, **kwargs):
        row = self.find(HandGift.objects.select_related("project", "organisation", "gift"))
        mine = row.entered_by_ref == self.request.user.ref
        offers = []
        if row.state == "ENTERED" and not mine:
            offers = [
                {
                    "url": reverse("workspace_hand_gifts:approve", args=[row.ref]),
                    "label": _("I have compared it with the evidence: book it"),
                    "at_once": True,
                    "main": True,
                    "warning": _("The gift goes into the books and its receipt is issued. This cannot be undone."),
                },
                {"url": reverse("workspace_hand_gifts:refuse", args=[row.ref]), "label": _("Refuse")},
            ]
        names = people.names([row.entered_by_ref, row.decided_by_ref])
        self._log_look(row)
        return super().get_context_data(row=row, mine=mine, offers=offers, names=names, **kwargs)

    def _log_look(self, row):
        """The name and the address on the slip are a person's: who looks is on record, first."""
        log_read(
            by=self.request.user,
            at=self.now,
            purpose="gift in cash",
            subject=("hand_gift", row.ref),
            fields=["donor_name", "email", "evidence"],
            organisation_ref=row.organisation.ref,
        )


class HandGiftEvidence(HandGiftScreen):
    """The slip itself, never in a page of ours: a file from outside is handed on, not shown."""

    def get(self, request, *args, **kwargs):
        row = self.find(HandGift.objects.select_related("organisation"))
        self._log_look(row)
        return handed_on(row)


class ApproveHandGift(Act):
    permissions = PERMISSIONS

    def act(self):
        row = self.find(HandGift.objects.all())
        with transaction.atomic():
            gift = hand_gifts.approve(row, by=self.request.user, at=self.now)
            receipts.issue(gift=gift, by=self.request.user, at=self.now)
        return _("The gift is in the books and its receipt is issued.")

    def back(self):
        return reverse("workspace_hand_gifts:show", args=[self.kwargs["ref"]])


class RefuseHandGift(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Refuse a gift by hand")
    header_icon = "form"
    crumbs = CRUMBS
    form_class = ReasonForm
    submit_label = gettext_lazy("Refuse")

    def dispatch(self, request, *args, **kwargs):
        # Also a form that comes back with its faults is shown to those alone who may see the thing.
        if self.may(hand_gifts.RIGHT):
            self.find(HandGift.objects.all())
        return super().dispatch(request, *args, **kwargs)

    def act(self, form):
        row = self.find(HandGift.objects.all())
        hand_gifts.refuse(row, reason=form.cleaned_data["reason"], by=self.request.user, at=self.now)
        return _("Nothing was booked.")

    def get_success_url(self):
        return reverse("workspace_hand_gifts:show", args=[self.kwargs["ref"]])


class HandGiftSection(Section):
    name = "hand_gifts"
    icon = "form"
    menu_label = gettext_lazy("Gifts by hand")
    menu_order = 147
    permissions = PERMISSIONS
    paths = (
        path("", HandGiftList.as_view(), name="index"),
        path("results/", HandGiftList.as_view(results_only=True), name="results"),
        path("enter/", EnterHandGift.as_view(), name="enter"),
        path("goods/", EnterGoods.as_view(), name="goods"),
        path("<str:ref>/", HandGiftScreen.as_view(), name="show"),
        path("<str:ref>/slip/", HandGiftEvidence.as_view(), name="slip"),
        path("<str:ref>/approve/", ApproveHandGift.as_view(), name="approve"),
        path("<str:ref>/refuse/", RefuseHandGift.as_view(), name="refuse"),
    )
