"""Gifts by hand given back by hand: one person enters what went back with its evidence, another looks and books it."""

from typing import Any

from django import forms
from django.db import transaction
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn

from ledger.core.money import format_amount
from projects.access import people
from projects.access.refs import new_ref
from projects.audit.actions import log_read
from projects.giving import evidence, hand_refunds
from projects.giving.hand_models import BY_HAND, HandRefund
from projects.giving.models import Gift
from projects.receipts import actions as receipts
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.evidence import handed_on
from projects.workspace.forms import DayField, MoneyField, ReasonForm
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, RefColumn, StateColumn

PERMISSIONS = (hand_refunds.RIGHT,)
CRUMBS = (("workspace_hand_refunds:index", gettext_lazy("Given back by hand")),)
OWNER = "gift__organisation"
REFUNDS = HandRefund.objects.select_related("gift__project", "gift__organisation", "refund")


class HandRefundList(Listing):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Given back by hand")
    header_icon = "rotate"
    index_url_name = "workspace_hand_refunds:index"
    index_results_url_name = "workspace_hand_refunds:results"
    default_ordering = "-entered_at"
    verbose_name_plural = gettext_lazy("refunds by hand")

    def get_base_queryset(self):
        return self.own(REFUNDS.all(), OWNER)

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Refund"), url_name="workspace_hand_refunds:show", id_accessor="ref"),
            Column("gift", label=_("Gift"), accessor=lambda row: row.gift.ref[:8]),
            MoneyColumn(
                "amount_minor",
                label=_("Amount"),
                sort_key="amount_minor",
                currency=lambda row: row.gift.currency,
            ),
            StateColumn(),
            DateColumn("given_back_on", label=_("Given back on"), sort_key="given_back_on"),
        ]


class HandRefundForm(ReasonForm):
    amount_minor = MoneyField(label=gettext_lazy("Amount given back"))
    given_back_on = DayField(label=gettext_lazy("Given back on"))
    file = forms.FileField(
        label=gettext_lazy("Evidence"),
        help_text=gettext_lazy("The giver's signature that it came back. PDF, PNG or JPEG, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=32)
    field_order = ("amount_minor", "given_back_on", "reason", "file", "form_key")

    def __init__(self, *args, currency, **kwargs):
        super().__init__(*args, **kwargs)
        amount: Any = self.fields["amount_minor"]
        amount.currency = currency


class EnterHandRefund(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Give back by hand")
    header_icon = "rotate"
    crumbs = CRUMBS
    form_class = HandRefundForm
    submit_label = gettext_lazy("Hand to a second person")
    warning = gettext_lazy(
        "Enter this when the giver has it back. When a second person has booked it, its match is freed and its receipt "
        "is void or issued anew for what is left. What was spent already stays with the households; the unrestricted "
        "fund pays for it."
    )
    refusal_fields = {
        "refund_too_large": "amount_minor",
        "goods_go_back_whole": "amount_minor",
        "reason_needed": "reason",
        "day_to_come": "given_back_on",
        "day_before_gift": "given_back_on",
        "evidence_missing": "file",
        "evidence_kind": "file",
        "evidence_too_large": "file",
    }

    def gift(self) -> Gift:
        # What has gone back whole is not given back again.
        standing = Gift.objects.filter(channel__in=BY_HAND, state=Gift.State.SETTLED)
        return self.find(standing.select_related("organisation"))

    def get_page_subtitle(self):
        gift = self.gift()
        return _("Gift %(ref)s, of which %(left)s can still go back") % {
            "ref": gift.ref[:8],
            "left": format_amount(gift.left_minor, gift.currency),
        }

    def get_initial(self):
        return {"amount_minor": self.gift().left_minor, "given_back_on": self.today, "form_key": new_ref()}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"currency": self.gift().currency}

    def act(self, form):
        data = dict(form.cleaned_data)
        file = data.pop("file").read(evidence.LARGEST + 1)
        hand_refunds.enter(self.gift(), **data, file=file, by=self.request.user, at=self.now)
        return _("It waits for a second person now.")

    def get_success_url(self):
        return reverse("workspace_gifts:show", args=[self.kwargs["ref"]])


class HandRefundScreen(Screen):
    permissions = PERMISSIONS
    template_name = "workspace/hand_refund.html"
    header_icon = "rotate"
    crumbs = CRUMBS

    def get_page_title(self):
        return _("Refund %(ref)s") % {"ref": self.kwargs["ref"][:8]}

    def get_context_data(self, **kwargs):
        row = self.find(REFUNDS.all(), OWNER)
        mine = row.entered_by_ref == self.request.user.ref
        offers = []
        if row.state == "ENTERED" and not mine:
            offers = [
                {
                    "url": reverse("workspace_hand_refunds:approve", args=[row.ref]),
                    "label": _("I have compared it with the evidence: book it"),
                    "at_once": True,
                    "main": True,
                    "warning": _("The refund goes into the books and the receipt is amended. This cannot be undone."),
                },
                {"url": reverse("workspace_hand_refunds:refuse", args=[row.ref]), "label": _("Refuse")},
            ]
        names = people.names([row.entered_by_ref, row.decided_by_ref])
        return super().get_context_data(row=row, mine=mine, offers=offers, names=names, **kwargs)


class HandRefundEvidence(HandRefundScreen):
    """The giver's signature: who looks at it is on record, first."""

    def get(self, request, *args, **kwargs):
        row = self.find(REFUNDS.all(), OWNER)
        log_read(
            by=request.user,
            at=self.now,
            purpose="refund by hand",
            subject=("hand_refund", row.ref),
            fields=["evidence"],
            organisation_ref=row.gift.organisation.ref,
        )
        return handed_on(row)


class ApproveHandRefund(Act):
    permissions = PERMISSIONS

    def act(self):
        row = self.find(REFUNDS.all(), OWNER)
        with transaction.atomic():
            refund = hand_refunds.approve(row, by=self.request.user, at=self.now)
            receipts.answer_refund(gift=refund.gift, by=self.request.user, at=self.now)
        return _("The refund is in the books and the receipt is amended.")

    def back(self):
        return reverse("workspace_hand_refunds:show", args=[self.kwargs["ref"]])


class RefuseHandRefund(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Refuse a refund by hand")
    header_icon = "rotate"
    crumbs = CRUMBS
    form_class = ReasonForm
    submit_label = gettext_lazy("Refuse")

    def dispatch(self, request, *args, **kwargs):
        # Also a form that comes back with its faults is shown to those alone who may see the thing.
        if self.may(hand_refunds.RIGHT):
            self.find(REFUNDS.all(), OWNER)
        return super().dispatch(request, *args, **kwargs)

    def act(self, form):
        row = self.find(REFUNDS.all(), OWNER)
        hand_refunds.refuse(row, reason=form.cleaned_data["reason"], by=self.request.user, at=self.now)
        return _("Nothing was booked.")

    def get_success_url(self):
        return reverse("workspace_hand_refunds:show", args=[self.kwargs["ref"]])


class HandRefundSection(Section):
    name = "hand_refunds"
    icon = "rotate"
    menu_label = gettext_lazy("Given back by hand")
    menu_order = 148
    permissions = PERMISSIONS
    paths = (
        path("", HandRefundList.as_view(), name="index"),
        path("results/", HandRefundList.as_view(results_only=True), name="results"),
        path("enter/<str:ref>/", EnterHandRefund.as_view(), name="enter"),
        path("<str:ref>/", HandRefundScreen.as_view(), name="show"),
        path("<str:ref>/evidence/", HandRefundEvidence.as_view(), name="evidence"),
        path("<str:ref>/approve/", ApproveHandRefund.as_view(), name="approve"),
        path("<str:ref>/refuse/", RefuseHandRefund.as_view(), name="refuse"),
    )
