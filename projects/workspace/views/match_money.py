"""A pot's money: what the matcher has paid, the rest it takes back, and what each gift was answered."""

from typing import Any

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column

from ledger.core.money import format_amount
from projects.matching import actions
from projects.matching.flagging import decide_flag
from projects.matching.models import Match, MatchFlag, MatchPool
from projects.matching.queries import figures
from projects.workspace.desk import Act, FormScreen, Listing
from projects.workspace.forms import DayField, MoneyField
from projects.workspace.tables import MoneyColumn

OWNER = "project__organisation"
# Who sets pots up, and who sees what money came.
SEEN_BY = ("matching.edit_pool", "settlement.view")
RECEIVED_BY = ("settlement.explain",)
CRUMBS = (("workspace_matching:index", gettext_lazy("Matching")),)
POOLS = MatchPool.objects.select_related("project__organisation", "matcher")


class PaymentForm(forms.Form):
    amount_minor = MoneyField(label=gettext_lazy("Amount"))
    received_on = DayField(label=gettext_lazy("Received on"))
    bank_ref = forms.CharField(
        label=gettext_lazy("Reference of the bank"),
        max_length=64,
        help_text=gettext_lazy("The same reference counts once."),
    )


class ReceiveMatch(FormScreen):
    permissions = RECEIVED_BY
    page_title = gettext_lazy("Record a payment of the matcher")
    header_icon = "group"
    crumbs = CRUMBS
    form_class = PaymentForm
    submit_label = gettext_lazy("Book the payment")
    refusal_fields = {
        "more_than_owed": "amount_minor",
        "match_flagged": "amount_minor",
        "bank_ref_used": "bank_ref",
        "received_in_future": "received_on",
    }

    def act(self, form):
        actions.receive_match(self.pool(), **form.cleaned_data, by=self.request.user, at=self.now)
        return _("The payment is booked.")

    def pool(self):
        return self.find(POOLS.all(), OWNER)

    def get_page_subtitle(self):
        return self.pool().name

    def get_initial(self):
        return {"amount_minor": max(figures(self.pool()).owed_minor, 0) or None, "received_on": self.today}

    def get_success_url(self):
        return reverse("workspace_matching:show", args=[self.kwargs["ref"]])


class FlagForm(forms.Form):
    verdict = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[
            ("clear", gettext_lazy("nothing wrong: it may be paid")),
            ("confirm", gettext_lazy("laundering: it is not paid")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("What was found"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For colleagues and regulators. Name nobody."),
    )


class DecideFlag(FormScreen):
    """A person has looked at a match that was held."""

    permissions = ("matching.edit_pool",)
    page_title = gettext_lazy("Decide on a match that is held")
    header_icon = "group"
    crumbs = CRUMBS
    form_class = FlagForm
    submit_label = gettext_lazy("Decide")
    refusal_fields = {"flag_without_note": "note"}
    get_success_url = ReceiveMatch.get_success_url

    def flag(self):
        pool = self.find(POOLS.all(), OWNER)
        flag = MatchFlag.objects.filter(match__pool=pool, match__place=self.kwargs["place"]).first()
        if flag is None:
            raise Http404
        return flag

    def get_page_subtitle(self):
        flag = self.flag()
        amount = format_amount(flag.match.matched_minor, flag.match.pool.currency)
        return " · ".join([flag.match.gift_ref[:8], amount, *(str(sign) for sign in signs_of(flag))])

    def act(self, form):
        clear = form.cleaned_data["verdict"] == "clear"
        decide_flag(self.flag(), clear=clear, note=form.cleaned_data["note"], by=self.request.user, at=self.now)
        return _("The match may be paid.") if clear else _("The match is not paid.")


# What staff may read of the signs. That a payer is somebody the charity helps is for the overseer's eyes alone.
SIGNS = {
    "FAST": gettext_lazy("many gifts within minutes (RF07)"),
    "MATCHER": gettext_lazy("the payer belongs to the matcher"),
    "STAFF": gettext_lazy("the payer is a member of staff"),
    "TOOK_BACK": gettext_lazy("earlier matched gifts went back"),
}
ANOTHER_SIGN = gettext_lazy("a sign that the regulator sees")


def signs_of(flag: MatchFlag) -> list[Any]:
    """Why a match was flagged, in the words that staff may read."""
    return [SIGNS.get(code, ANOTHER_SIGN) for code in flag.reason_codes]


def flag_rows(pool: MatchPool) -> list[dict]:
    """The flagged matches of a pot as its screen shows them, those that wait first."""
    flags = MatchFlag.objects.filter(match__pool=pool).select_related("match").order_by("-state", "raised_at")
    return [{"flag": flag, "signs": signs_of(flag), "match": flag.match} for flag in flags[:100]]


class WithdrawRest(Act):
    permissions = ("matching.edit_pool",)

    def act(self):
        actions.withdraw_rest(self.find(POOLS.all(), OWNER), by=self.request.user, at=self.now)
        return _("The rest is withdrawn; how much it is, stands here in a moment.")

    def back(self):
        return reverse("workspace_matching:show", args=[self.kwargs["ref"]])


class Answers(Listing):
    """What each gift was answered, in the order of the ledger."""

    permissions = SEEN_BY
    page_title = gettext_lazy("Answers to gifts")
    header_icon = "group"
    default_ordering = "place"
    verbose_name_plural = gettext_lazy("answers to gifts")
    export_name = "matches"
    export: Any = (
        (gettext_lazy("Place in the order"), lambda match: match.place),
        (gettext_lazy("Gift"), lambda match: match.gift_ref),
        (gettext_lazy("Day"), lambda match: match.gift_on.isoformat()),
        (gettext_lazy("Currency"), lambda match: match.pool.currency),
        (gettext_lazy("Amount of the gift"), lambda match: match.gift_minor),
        (gettext_lazy("Held before"), lambda match: match.held_minor),
        (gettext_lazy("Wanted by the rule"), lambda match: match.wanted_minor),
        (gettext_lazy("Matched"), lambda match: match.matched_minor),
        (gettext_lazy("Left in the pot"), lambda match: match.left_minor),
        (gettext_lazy("Why"), lambda match: match.get_reason_display()),
    )

    @property
    def index_url(self):
        return reverse("workspace_matching:answers", args=[self.kwargs["ref"]])

    @property
    def index_results_url(self):
        return reverse("workspace_matching:answers_results", args=[self.kwargs["ref"]])

    def get_base_queryset(self):
        pool = self.find(POOLS.all(), OWNER)
        return Match.objects.filter(pool=pool).select_related("pool", "rule")

    def get_columns(self):
        def of(match):
            return match.pool.currency

        return [
            Column("place", label=_("Place in the order"), sort_key="place"),
            Column("gift_ref", label=_("Gift"), accessor=lambda match: match.gift_ref[:8], classname="ws-ref"),
            Column("gift_on", label=_("Day")),
            MoneyColumn("gift_minor", label=_("Amount of the gift"), currency=of, sort_key="gift_minor"),
            MoneyColumn("matched_minor", label=_("Matched"), currency=of, sort_key="matched_minor"),
            MoneyColumn("left_minor", label=_("Left in the pot"), currency=of),
            Column("reason", label=_("Why"), accessor="get_reason_display"),
        ]
