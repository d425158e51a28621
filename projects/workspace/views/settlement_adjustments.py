"""Adjustments: one person of finance says why the bank brought more or less, another looks and books it."""

from typing import Any

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn

from ledger.core.money import format_amount
from projects.access import people
from projects.settlement import actions
from projects.settlement.models import Adjustment, StatementLine, UnexplainedItem
from projects.settlement.reconciling import Payable, payables
from projects.settlement.suspense import booked_on
from projects.settlement.words import AdjustmentState, Reason, Way
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.filters import Filters
from projects.workspace.forms import DayField, MoneyField, ReasonForm
from projects.workspace.tables import MoneyColumn, RefColumn, StateColumn
from projects.workspace.views.settlement_unexplained import CRUMBS, EXPLAIN, VIEW, UnexplainedList

ROWS = Adjustment.objects.select_related(
    "organisation", "line__file__organisation", "settlement", "payout_row__file", "answers"
)
OWN_CRUMBS = (*CRUMBS, ("workspace_settlement:adjustments", gettext_lazy("Adjustments")))


class AdjustmentFilters(Filters):
    class Meta:
        model = Adjustment
        fields = ["state"]


class AdjustmentList(Listing):
    permissions = VIEW
    page_title = gettext_lazy("Adjustments")
    header_icon = "edit"
    index_url_name = "workspace_settlement:adjustments"
    index_results_url_name = "workspace_settlement:adjustments_results"
    filterset_class = AdjustmentFilters
    default_ordering = "-drafted_at"
    verbose_name_plural = gettext_lazy("adjustments")

    def get_base_queryset(self):
        return self.own(ROWS.all())

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Adjustment"), url_name="workspace_settlement:adjustment", id_accessor="ref"),
            MoneyColumn("signed_minor", label=_("Amount"), sort_key="amount_minor"),
            Column("reason", label=_("Reason"), accessor="get_reason_display"),
            StateColumn(),
            DateColumn("drafted_at", label=_("Drafted"), sort_key="drafted_at"),
        ]


class WordsForm(forms.Form):
    """What every adjustment says: in words, where the paper is, and the day in the books."""

    note = forms.CharField(
        label=gettext_lazy("In words"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "What happened, so that a stranger understands it. Write no names or numbers of people."
        ),
    )
    evidence_ref = forms.CharField(
        label=gettext_lazy("Where the evidence lies"),
        max_length=120,
        help_text=gettext_lazy("The number of a letter, a contract or a ticket of the platform."),
    )
    on = DayField(label=gettext_lazy("Day in the books"))


class AdjustForm(WordsForm):
    payable = forms.ChoiceField(label=gettext_lazy("What the line pays out"))
    way = forms.ChoiceField(label=gettext_lazy("Direction"), choices=Way.choices, widget=forms.RadioSelect)
    amount_minor = MoneyField(
        label=gettext_lazy("Amount"), help_text=gettext_lazy("The whole difference: a part of it explains nothing.")
    )
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=Reason.choices)
    field_order = ["payable", "way", "amount_minor", "reason", "note", "evidence_ref", "on"]

    def __init__(self, *args, payables: list[tuple[str, str]], currency: str, **kwargs):
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["payable"].choices = payables
        fields["amount_minor"].currency = currency


REFUSALS = {
    "reason_needed": "note",
    "evidence_needed": "evidence_ref",
    "day_to_come": "on",
    "period_closed": "on",
}


class AdjustLine(FormScreen):
    """About an item of suspense that is a line of the bank."""

    permissions = EXPLAIN
    page_title = gettext_lazy("Explain a difference by an adjustment")
    header_icon = "edit"
    crumbs = (*CRUMBS, ("workspace_settlement:unexplained", UnexplainedList.page_title))
    form_class = AdjustForm
    submit_label = gettext_lazy("Hand to a second person")
    warning = gettext_lazy(
        "Nothing is booked before somebody else of finance has looked at the evidence and confirmed."
    )
    refusal_fields = REFUSALS | {
        "payable_of_another": "payable",
        "payable_taken": "payable",
        "adjustment_does_not_close": "amount_minor",
        "adjustment_too_large": "amount_minor",
        "adjustment_reason_wrong": "reason",
    }

    def line(self) -> StatementLine:
        items = UnexplainedItem.objects.select_related("line__file__organisation")
        item = self.find(items, ref=self.kwargs["ref"])
        if item.line is None:
            raise Http404
        return item.line

    def get_page_subtitle(self):
        line = self.line()
        return f"{format_amount(line.amount_minor, line.currency)} · {line.on:%Y-%m-%d}"

    def choices(self) -> dict[str, Payable]:
        line = self.line()
        found = [one for one in payables(line.file.organisation, line) if one.due_minor > 0]
        # What fits best comes first: mostly a difference is small.
        found.sort(key=lambda one: abs(one.due_minor - line.amount_minor))
        return {key_of(one): one for one in found}

    def get_form_kwargs(self):
        line = self.line()
        choices = [(key, payable_words(one, line)) for key, one in self.choices().items()]
        return super().get_form_kwargs() | {"payables": choices, "currency": line.currency}

    def get_initial(self):
        line = self.line()
        return {"on": booked_on(line.file.organisation.book_code, line.on, self.now)}

    def act(self, form):
        data = dict(form.cleaned_data)
        data["payable"] = self.choices()[data["payable"]]
        self.made = actions.draft_adjustment(self.line(), **data, by=self.request.user, at=self.now)
        return _("It waits for a second person now.")

    def get_success_url(self):
        made = getattr(self, "made", None)
        if made is None:
            return reverse("workspace_settlement:item", args=[self.kwargs["ref"]])
        return reverse("workspace_settlement:adjustment", args=[made.ref])


def key_of(payable: Payable) -> str:
    return f"row:{payable.payout_row.ref}" if payable.payout_row else f"file:{payable.file.ref}"


def payable_words(payable: Payable, line: StatementLine) -> str:
    """A payout as finance tells it from others, and by how much the line differs."""
    what = payable.payout_row.row_id if payable.payout_row else ""
    number = what or payable.file.batch_ref or payable.file.ref[:8]
    due, differs = payable.due_minor, line.amount_minor - payable.due_minor
    said = {"due": format_amount(due, line.currency), "differs": format_amount(differs, line.currency)}
    # The sums first: on a phone a closed list shows no more.
    return _("%(due)s, difference %(differs)s") % said + f" · {payable.file.provider_name} {number}"


class AdjustmentScreen(Screen):
    permissions = VIEW
    template_name = "workspace/settlement_adjustment.html"
    header_icon = "edit"
    crumbs = OWN_CRUMBS

    def get_page_title(self):
        return _("Adjustment %(ref)s") % {"ref": self.kwargs["ref"][:8]}

    def get_context_data(self, **kwargs):
        row = self.find(ROWS.all())
        payable = Payable(row.settlement, row.payout_row)
        return super().get_context_data(
            row=row,
            payable=payable,
            due=payable.due_minor,
            mine=row.state == AdjustmentState.DRAFTED and row.drafted_by_ref == self.request.user.ref,
            offers=self.offers(row),
            names=people.names([row.drafted_by_ref, row.decided_by_ref]),
            answered_by=row.answered_by.exclude(state=AdjustmentState.DROPPED).first(),
            **kwargs,
        )

    def offers(self, row: Adjustment) -> list[dict]:
        if not self.may("settlement.explain", row.organisation):
            return []
        if row.state == AdjustmentState.DRAFTED:
            drop = reverse("workspace_settlement:drop_adjustment", args=[row.ref])
            confirm = {
                "url": reverse("workspace_settlement:confirm_adjustment", args=[row.ref]),
                "label": _("I have looked at the evidence: book it"),
                "at_once": True,
                "main": True,
                "warning": _("What is confirmed stands in the books and is only ever answered by a new adjustment."),
            }
            own = row.drafted_by_ref == self.request.user.ref
            return ([] if own else [confirm]) + [{"url": drop, "label": _("Drop the draft")}]
        if row.state == AdjustmentState.CONFIRMED and row.answers is None and row.line.entry_id == row.line_entry_id:
            answer = reverse("workspace_settlement:answer_adjustment", args=[row.ref])
            return [{"url": answer, "label": _("Undo it by an answer")}]
        return []


class AdjustmentForm(FormScreen):
    """A form about one adjustment; it leads back to the adjustment."""

    permissions = EXPLAIN
    header_icon = "edit"
    crumbs = OWN_CRUMBS

    def dispatch(self, request, *args, **kwargs):
        # Also a form that comes back with its faults is shown to those alone who may see the thing.
        if self.may(EXPLAIN[0]):
            self.adjustment()
        return super().dispatch(request, *args, **kwargs)

    def adjustment(self) -> Adjustment:
        return self.find(ROWS.all())

    def get_page_subtitle(self):
        row = self.adjustment()
        return f"{row.ref[:8]} · {format_amount(row.signed_minor, row.currency)}"

    def get_success_url(self):
        return reverse("workspace_settlement:adjustment", args=[self.kwargs["ref"]])


class DropAdjustment(AdjustmentForm):
    page_title = gettext_lazy("Drop the draft of an adjustment")
    form_class = ReasonForm
    submit_label = gettext_lazy("Drop the draft")
    refusal_fields = {"reason_needed": "reason"}

    def act(self, form):
        reason = form.cleaned_data["reason"]
        actions.drop_adjustment(self.adjustment(), reason=reason, by=self.request.user, at=self.now)
        return _("Nothing was booked.")


class AnswerAdjustment(AdjustmentForm):
    page_title = gettext_lazy("Undo an adjustment by an answer")
    form_class = WordsForm
    submit_label = gettext_lazy("Hand to a second person")
    warning = gettext_lazy("Once confirmed, the line of the bank is unexplained again, with the age of its own day.")
    refusal_fields = REFUSALS

    def get_initial(self):
        return {"on": self.today}

    def act(self, form):
        made = actions.draft_answer(self.adjustment(), **form.cleaned_data, by=self.request.user, at=self.now)
        self.made = made
        return _("It waits for a second person now.")

    def get_success_url(self):
        made = getattr(self, "made", None)
        return reverse("workspace_settlement:adjustment", args=[made.ref if made else self.kwargs["ref"]])


class ConfirmAdjustment(Act):
    permissions = EXPLAIN

    def act(self):
        row = actions.confirm_adjustment(self.find(ROWS.all()), by=self.request.user, at=self.now)
        if row.answers is not None:
            return _("The adjustment is undone, and the line of the bank waits for another explanation.")
        return _("The adjustment is booked, and the line of the bank is explained.")

    def back(self):
        return reverse("workspace_settlement:adjustment", args=[self.kwargs["ref"]])


paths = (
    path("adjustments/", AdjustmentList.as_view(), name="adjustments"),
    path("adjustments/results/", AdjustmentList.as_view(results_only=True), name="adjustments_results"),
    path("adjustments/<str:ref>/", AdjustmentScreen.as_view(), name="adjustment"),
    path("adjustments/<str:ref>/confirm/", ConfirmAdjustment.as_view(), name="confirm_adjustment"),
    path("adjustments/<str:ref>/drop/", DropAdjustment.as_view(), name="drop_adjustment"),
    path("adjustments/<str:ref>/answer/", AnswerAdjustment.as_view(), name="answer_adjustment"),
    path("unexplained/<str:ref>/adjust/", AdjustLine.as_view(), name="adjust"),
)
