"""After the bank: what households say, lines nobody understands, accounts that are held, money that came back."""

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn

from ledger.core.money import format_amount
from projects.access import people
from projects.access.models import User
from projects.payouts import actions
from projects.payouts.models import AccountHold, Payout, SuspenseItem
from projects.payouts.words import Answer
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.filters import Filters
from projects.workspace.forms import DayField, ReasonForm, offer
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, RefColumn, StateColumn

FINANCE = ("payouts.prepare", "payouts.release", "payouts.import_result")
READERS = (*FINANCE, "relief.intake")
OWNER = "award__project__organisation"
CRUMBS = (("workspace_households:index", gettext_lazy("Payouts to households")),)


class PayoutFilters(Filters):
    class Meta:
        model = Payout
        fields = ["state"]


class PayoutList(Listing):
    permissions = READERS
    page_title = gettext_lazy("Payouts to households")
    header_icon = "mail"
    index_url_name = "workspace_households:index"
    index_results_url_name = "workspace_households:results"
    filterset_class = PayoutFilters
    is_searchable = True
    search_fields = ["end_to_end_id", "ref", "award__pseudonym_zh", "award__pseudonym_en"]
    search_backend_name = None
    default_ordering = "-prepared_at"
    verbose_name_plural = gettext_lazy("payouts")

    def get_base_queryset(self):
        return self.own(Payout.objects.select_related("award__project", "batch"), OWNER)

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Payout"), url_name="workspace_households:show", id_accessor="ref"),
            Column("household", label=_("Household"), accessor="award.pseudonym"),
            Column("project", label=_("Project"), accessor="award.project.name"),
            MoneyColumn("amount_minor", label=_("Amount"), sort_key="amount_minor"),
            StateColumn(),
            DateColumn("prepared_at", label=_("Prepared"), sort_key="prepared_at"),
        ]


class PayoutScreen(Screen):
    permissions = READERS
    template_name = "workspace/payout.html"
    header_icon = "mail"
    crumbs = CRUMBS

    def get_page_title(self):
        return _("Payout %(ref)s") % {"ref": self.payout.ref[:8]}

    def get(self, request, *args, **kwargs):
        self.payout = self.find(Payout.objects.select_related("award__project__organisation", "batch"), OWNER)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        payout = self.payout
        answers = list(payout.acknowledgements.all())
        refs = [payout.prepared_by_ref] + [
            ref for answer in answers for ref in (answer.taken_by_ref, answer.witness_ref)
        ]
        return super().get_context_data(
            payout=payout,
            answers=answers,
            names=people.names(refs),
            offers=self.offers(),
            can_see_batch=any(self.may(right, payout.award.project.organisation) for right in FINANCE),
            **kwargs,
        )

    def offers(self) -> list[dict]:
        payout, organisation = self.payout, self.payout.award.project.organisation
        if payout.state != "CONFIRMED":
            return []
        offers = []
        if self.may("relief.intake", organisation):
            url = reverse("workspace_households:answer", args=[payout.ref])
            offers.append({"url": url, "label": _("Take down the answer"), "main": True})
            url = reverse("workspace_households:code", args=[payout.ref])
            offers.append({"url": url, "label": _("Give out a code"), "at_once": True})
            url = reverse("workspace_households:by_code", args=[payout.ref])
            offers.append({"url": url, "label": _("Answer with a code")})
        if self.may("payouts.import_result", organisation):
            url = reverse("workspace_households:return", args=[payout.ref])
            offers.append({"url": url, "label": _("The money came back")})
        return offers


class PayoutForm(FormScreen):
    header_icon = "mail"
    crumbs = CRUMBS

    def payout(self) -> Payout:
        return self.find(Payout.objects.select_related("award__project__organisation", "batch"), OWNER)

    def get_page_subtitle(self):
        return self.payout().award.pseudonym

    def get_success_url(self):
        return reverse("workspace_households:show", args=[self.kwargs["ref"]])


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(label=gettext_lazy("What the household says"), choices=Answer, widget=forms.RadioSelect)
    witness = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label=gettext_lazy("Witness"),
        help_text=gettext_lazy("A colleague who heard it and had no part in sending the money."),
    )
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=200, required=False)

    def __init__(self, *args, witnesses, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "witness", witnesses)


class TakeAnswer(PayoutForm):
    permissions = ("relief.intake",)
    page_title = gettext_lazy("Did the money come?")
    form_class = AnswerForm
    submit_label = gettext_lazy("Write it down")
    warning = gettext_lazy(
        "An answer cannot be changed. “Not received” and “not my request” hold every further payout to this account."
    )
    refusal_fields = {"witness_needed": "witness", "witness_involved": "witness", "answer_unknown": "answer"}

    def get_form_kwargs(self):
        colleagues = User.objects.filter(
            role_grants__organisation=self.payout().award.project.organisation, is_active=True
        )
        return super().get_form_kwargs() | {"witnesses": colleagues.exclude(pk=self.request.user.pk).distinct()}

    def act(self, form):
        data = form.cleaned_data
        actions.acknowledge(
            self.payout(),
            answer=data["answer"],
            witness_ref=data["witness"].ref,
            remark=data["remark"],
            by=self.request.user,
            at=self.now,
        )
        return _("Written down: %(answer)s.") % {"answer": Answer(data["answer"]).label}


class CodeForm(forms.Form):
    code = forms.CharField(
        label=pgettext_lazy("acknowledgement", "Code"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    answer = forms.ChoiceField(label=gettext_lazy("What the household says"), choices=Answer, widget=forms.RadioSelect)


class AnswerByCode(PayoutForm):
    permissions = ("relief.intake",)
    page_title = gettext_lazy("Answer with the household's code")
    form_class = CodeForm
    submit_label = gettext_lazy("Write it down")
    warning = TakeAnswer.warning
    refusal_fields = {"code_wrong": "code", "answer_unknown": "answer"}

    def act(self, form):
        actions.acknowledge_with_code(self.payout(), **form.cleaned_data, by=self.request.user, at=self.now)
        return _("Written down: %(answer)s.") % {"answer": Answer(form.cleaned_data["answer"]).label}


class GiveCode(Act):
    permissions = ("relief.intake",)

    def act(self):
        payout = self.find(Payout.objects.select_related("award__project__organisation", "batch"), OWNER)
        code = actions.issue_code(payout, by=self.request.user, at=self.now)
        messages.warning(self.request, _("The code is %(code)s. It is shown only now; hand it over.") % {"code": code})

    def back(self):
        return reverse("workspace_households:show", args=[self.kwargs["ref"]])


class ReturnForm(ReasonForm):
    on = DayField(label=gettext_lazy("Came back on"))


class ReturnPayout(PayoutForm):
    permissions = ("payouts.import_result",)
    page_title = gettext_lazy("The money came back")
    form_class = ReturnForm
    submit_label = gettext_lazy("Book the return")
    warning = gettext_lazy("The return goes into the books. The award is then waiting to be paid again.")

    def act(self, form):
        actions.return_payout(self.payout(), **form.cleaned_data, by=self.request.user, at=self.now)
        return _("The return is booked.")


class SuspenseList(Listing):
    permissions = FINANCE
    page_title = gettext_lazy("Lines of the bank that nobody has explained")
    header_icon = "help"
    index_url_name = "workspace_payouts:suspense"
    index_results_url_name = "workspace_payouts:suspense_results"
    verbose_name_plural = gettext_lazy("open lines")
    default_ordering = "pk"

    def get_base_queryset(self):
        items = SuspenseItem.objects.filter(solved_at__isnull=True).select_related("line__file__batch")
        return self.own(items, "line__file__organisation")

    def get_columns(self):
        return [
            TitleColumn(
                "number",
                label=_("Number at the bank"),
                accessor="line.end_to_end_id",
                url_name="workspace_payouts:solve",
            ),
            Column("problem", label=_("Problem"), accessor="get_problem_display", classname="ws-words"),
            Column("outcome", label=_("The bank says"), accessor="line.get_outcome_display"),
            MoneyColumn(
                "amount", label=_("Amount"), accessor="line.amount_minor", currency=lambda i: i.line.file.batch.currency
            ),
            Column("on", label=_("Day"), accessor="line.on"),
            DateColumn("age", label=_("Waiting"), accessor="line.file.received_at"),
        ]


class SolveSuspense(FormScreen):
    permissions = ("payouts.import_result",)
    page_title = gettext_lazy("Explain a line of the bank")
    header_icon = "help"
    crumbs = (("workspace_payouts:suspense", SuspenseList.page_title),)
    form_class = ReasonForm
    submit_label = gettext_lazy("Keep the explanation")

    def item(self) -> SuspenseItem:
        if not self.kwargs["ref"].isdecimal():
            raise Http404
        return self.find(
            SuspenseItem.objects.select_related("line__file__batch", "line__file__organisation"),
            "line__file__organisation",
            pk=self.kwargs["ref"],
        )

    def get_page_subtitle(self):
        """What is to be explained: nobody should have to remember it from the list."""
        item = self.item()
        line = item.line
        amount = format_amount(line.amount_minor, line.file.batch.currency)
        facts = (amount, line.get_outcome_display(), item.get_problem_display(), str(line.on or ""), line.end_to_end_id)
        return " · ".join(filter(None, facts))

    def act(self, form):
        actions.solve_suspense(self.item(), note=form.cleaned_data["reason"], by=self.request.user, at=self.now)
        return _("The explanation is kept with the line.")

    def get_success_url(self):
        return reverse("workspace_payouts:suspense")


class HoldList(Listing):
    permissions = FINANCE
    page_title = gettext_lazy("Held accounts")
    header_icon = "lock"
    index_url_name = "workspace_payouts:holds"
    index_results_url_name = "workspace_payouts:holds_results"
    verbose_name_plural = gettext_lazy("held accounts")
    default_ordering = "-placed_at"

    def get_base_queryset(self):
        return self.own(AccountHold.objects.filter(lifted_at__isnull=True).select_related("payout__award"))

    def get_columns(self):
        return [
            TitleColumn(
                "household",
                label=_("Household"),
                accessor="payout.award.pseudonym",
                url_name="workspace_payouts:lift",
            ),
            Column("reason", label=_("Reason"), accessor="get_reason_display"),
            DateColumn("placed_at", label=_("Held"), sort_key="placed_at"),
        ]


class LiftHold(FormScreen):
    permissions = ("payouts.release",)
    page_title = gettext_lazy("Lift the hold")
    header_icon = "lock-open"
    crumbs = (("workspace_payouts:holds", HoldList.page_title),)
    form_class = ReasonForm
    submit_label = gettext_lazy("Lift the hold")
    warning = gettext_lazy("From then on this account is paid again.")

    def hold(self) -> AccountHold:
        if not self.kwargs["ref"].isdecimal():
            raise Http404
        holds = AccountHold.objects.select_related("organisation", "payout__award__project__organisation")
        return self.find(holds, pk=self.kwargs["ref"])

    def get_page_subtitle(self):
        return self.hold().payout.award.pseudonym

    def act(self, form):
        actions.lift_hold(self.hold(), note=form.cleaned_data["reason"], by=self.request.user, at=self.now)
        return _("The hold is lifted.")

    def get_success_url(self):
        return reverse("workspace_payouts:holds")


class HouseholdSection(Section):
    name = "households"
    icon = "home"
    menu_label = gettext_lazy("Acknowledgements")
    menu_order = 142
    permissions = READERS
    paths = (
        path("", PayoutList.as_view(), name="index"),
        path("results/", PayoutList.as_view(results_only=True), name="results"),
        path("<str:ref>/", PayoutScreen.as_view(), name="show"),
        path("<str:ref>/answer/", TakeAnswer.as_view(), name="answer"),
        path("<str:ref>/code/", GiveCode.as_view(), name="code"),
        path("<str:ref>/by-code/", AnswerByCode.as_view(), name="by_code"),
        path("<str:ref>/return/", ReturnPayout.as_view(), name="return"),
    )


# Beside the batches, in their section: see `payouts.PayoutSection`.
paths = (
    path("suspense/", SuspenseList.as_view(), name="suspense"),
    path("suspense/results/", SuspenseList.as_view(results_only=True), name="suspense_results"),
    path("suspense/<str:ref>/", SolveSuspense.as_view(), name="solve"),
    path("holds/", HoldList.as_view(), name="holds"),
    path("holds/results/", HoldList.as_view(results_only=True), name="holds_results"),
    path("holds/<str:ref>/", LiftHold.as_view(), name="lift"),
)
