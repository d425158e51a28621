"""Gifts to the charity, as the donor chose to be shown; the way to give one back."""

from typing import Any

from django.db.models import Case, Q, QuerySet, When
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import ChoiceFilter
from wagtail.admin.ui.tables import Column, DateColumn

from ledger.core.money import format_amount
from ledger.core.refusals import Refused
from projects.access import people
from projects.giving.hand_models import BY_HAND
from projects.giving.models import Gift
from projects.giving.refund_requests import request_refund
from projects.giving.states import DISPUTE_OPEN
from projects.giving.visibility import staff_name
from projects.matching.queries import explain
from projects.tracing import paths
from projects.tracing.audiences import Audience
from projects.tracing.words import PathRow, path_rows
from projects.workspace.desk import FormScreen, Listing, Screen
from projects.workspace.filters import Filters
from projects.workspace.forms import ReasonForm
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, RefColumn, StateColumn
from projects.workspace.views.reviews import deadline, money_now, why
from projects.workspace.words import CHANNELS

PERMISSIONS = ("giving.view", "giving.refund")
CRUMBS = (("workspace_gifts:index", gettext_lazy("Gifts")),)


class GiftFilters(Filters):
    channel = ChoiceFilter(choices=list(CHANNELS.items()))

    class Meta:
        model = Gift
        fields = ["state", "channel"]


def with_reader(desk: Any, rows: QuerySet) -> QuerySet:
    """Each row with whether its reader keeps the accounts of its charity: some donors are known to these alone."""
    finance = Q(organisation__in=desk.organisation_ids("giving.refund"))
    return rows.annotate(read_by_finance=Case(When(finance, then=True), default=False))


def giver(row: Any) -> str:
    """The donor of a gift or a regular gift, as far as this reader may know."""
    return staff_name(row, is_finance=row.read_by_finance) or _("Anonymous")


class GiftList(Listing):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Gifts")
    header_icon = "pick"
    index_url_name = "workspace_gifts:index"
    index_results_url_name = "workspace_gifts:results"
    filterset_class = GiftFilters
    is_searchable = True
    # By what is printed on a receipt or told by the provider; never by a donor's address.
    search_fields = ["ref", "provider_ref", "platform_ref", "project__name_zh", "project__name_en"]
    search_backend_name = None
    default_ordering = "-created_at"
    verbose_name_plural = gettext_lazy("gifts")
    export_name = "gifts"
    export = (
        ("ref", lambda gift: gift.ref),
        ("giver", giver),
        ("project", lambda gift: gift.project.name if gift.project else ""),
        ("amount", lambda gift: format_amount(gift.amount_minor, gift.currency)),
        ("added_for_fee", lambda gift: format_amount(gift.cover_minor, gift.currency)),
        ("refunded", lambda gift: format_amount(gift.refunded_minor, gift.currency)),
        ("state", lambda gift: gift.state),
        ("channel", lambda gift: gift.channel),
        ("settled_at", lambda gift: gift.settled_at.isoformat() if gift.settled_at else ""),
    )

    def get_base_queryset(self):
        return with_reader(self, self.own(Gift.objects.select_related("project")))

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Gift"), url_name="workspace_gifts:show", id_accessor="ref"),
            Column("giver", label=_("Giver"), accessor=giver),
            Column("project", label=_("Project"), accessor=lambda gift: gift.project.name if gift.project else "—"),
            MoneyColumn("amount_minor", label=_("Amount"), sort_key="amount_minor"),
            StateColumn(),
            DateColumn("created_at", label=_("Given"), sort_key="created_at"),
        ]


class GiftScreen(Screen):
    permissions = PERMISSIONS
    template_name = "workspace/gift.html"
    header_icon = "pick"
    crumbs = CRUMBS

    def get_page_title(self):
        return _("Gift %(ref)s") % {"ref": self.gift.ref[:8]}

    def get(self, request, *args, **kwargs):
        self.gift = self.find(with_reader(self, Gift.objects.select_related("project", "organisation")))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        gift, offers = self.gift, []
        refunds = list(gift.refunds.all())
        wishes = list(gift.refund_requests.all())
        on_its_way = any(refund.state == "PENDING" for refund in refunds) or any(w.state == "WAITING" for w in wishes)
        on_its_way = on_its_way or gift.hand_refunds.filter(state="ENTERED").exists()
        disputes = list(gift.disputes.all())
        asked = any(dispute.state in DISPUTE_OPEN for dispute in disputes)
        can_go_back = gift.state == "SETTLED" and gift.left_minor and not (on_its_way or asked)
        # What a platform took is refunded at the platform: its next file says so.
        if self.may("giving.refund", gift.organisation) and can_go_back and gift.channel != "platform":
            by_hand = gift.channel in BY_HAND
            name = "workspace_hand_refunds:enter" if by_hand else "workspace_gifts:refund"
            label = _("Give back by hand") if by_hand else _("Refund in full")
            offers.append({"url": reverse(name, args=[gift.ref]), "label": label})
        if self.may("receipts.statements", gift.organisation) and gift.settled_at:
            url = reverse("workspace_donor_statements:of_gift", args=[gift.ref])
            offers.append({"url": url, "label": _("A statement of this donor's gifts")})
        return super().get_context_data(
            gift=gift,
            giver=giver(gift),
            refunds=refunds,
            disputes=[(dispute, deadline(dispute), money_now(dispute)) for dispute in disputes],
            review=why(gift),
            wishes=wishes,
            asked_by=people.names(wish.requested_by_ref for wish in wishes),
            on_its_way=on_its_way,
            matches=explain(gift.ref),
            offers=offers,
            path=self.path_of_the_money(),
            **kwargs,
        )

    def path_of_the_money(self) -> list[PathRow]:
        """What the gift became, as a charity may see it; empty while it has no place in the log."""
        if self.gift.entry_id is None:
            return []
        try:
            return path_rows(paths.gift_path(self.gift, audience=Audience.CHARITY, at=self.now))
        except Refused:
            return []


class RefundGift(FormScreen):
    permissions = ("giving.refund",)
    page_title = gettext_lazy("Refund in full")
    header_icon = "pick"
    crumbs = CRUMBS
    form_class = ReasonForm
    submit_label = gettext_lazy("Refund")
    warning = gettext_lazy(
        "The money goes back to the donor and this cannot be undone. Its match is freed and its receipt becomes void. "
        "What was spent already stays with the households; the unrestricted fund pays for it."
    )

    def gift(self) -> Gift:
        return self.find(Gift.objects.select_related("organisation"))

    def get_page_subtitle(self):
        gift = self.gift()
        return format_amount(gift.left_minor, gift.currency)

    def act(self, form):
        request_refund(self.gift(), reason=form.cleaned_data["reason"], by=self.request.user, at=self.now)
        return _("The refund is asked for. It shows here as refunded when the payment provider has done it.")

    def get_success_url(self):
        return reverse("workspace_gifts:show", args=[self.kwargs["ref"]])


class GiftSection(Section):
    name = "gifts"
    icon = "pick"
    menu_label = gettext_lazy("Gifts")
    menu_order = 145
    permissions = PERMISSIONS
    paths = (
        path("", GiftList.as_view(), name="index"),
        path("results/", GiftList.as_view(results_only=True), name="results"),
        path("<str:ref>/", GiftScreen.as_view(), name="show"),
        path("<str:ref>/refund/", RefundGift.as_view(), name="refund"),
    )
