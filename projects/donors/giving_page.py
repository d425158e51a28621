"""What "My giving" shows: one donor's own gifts, receipts and regular gifts, and nobody else's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, F, Sum
from django.urls import reverse

from ledger.core.money import format_amount
from projects.giving.models import Donor, Gift, Pledge
from projects.giving.pledge_links import path_of
from projects.giving.states import RECEIVED
from projects.receipts.models import Receipt

ON_A_PAGE = 50
# A wish that never became money is no gift; one that may still become money is shown.
SHOWN = (*RECEIVED, Gift.State.INITIATED, Gift.State.NEEDS_REVIEW)


@dataclass(frozen=True)
class GiftLine:
    """One row of the list. ``gone``: what went back to the donor, formatted; empty where nothing did."""

    gift: Gift
    amount: str
    gone: str
    trace_url: str
    receipt: Receipt | None
    receipt_url: str


@dataclass(frozen=True)
class PledgeLine:
    pledge: Pledge
    amount: str
    url: str


def context(donor: Donor, *, page: str, at: datetime) -> dict[str, Any]:
    """Everything on the page. ``page``: the number as it stands in the address."""
    listed = Paginator(gifts_of(donor), ON_A_PAGE).get_page(page)
    receipts = _latest_receipts(listed.object_list)
    return {
        "donor": donor,
        "totals": totals(donor),
        "lines": [_line(gift, receipts.get(gift.ref)) for gift in listed],
        "page": listed,
        "pledges": [
            PledgeLine(row, format_amount(row.amount_minor, row.currency), path_of(row, at=at))
            for row in pledges_of(donor)
        ],
    }


def gifts_of(donor: Donor) -> Any:
    """The donor's gifts, newest first."""
    gifts = Gift.objects.filter(donor=donor, state__in=SHOWN)
    return gifts.select_related("project", "organisation").order_by("-created_at", "-id")


def pledges_of(donor: Donor) -> Any:
    """The donor's regular gifts that ever began, running ones first."""
    pledges = Pledge.objects.filter(donor=donor, started_at__isnull=False).select_related("project")
    return pledges.order_by(F("ended_at").desc(nulls_first=True), "-id")


def totals(donor: Donor) -> list[dict[str, Any]]:
    """By currency: what the donor gave less what went back, and how many gifts there were."""
    rows = (
        Gift.objects.filter(donor=donor, state__in=RECEIVED)
        .order_by("currency")
        .values("currency")
        .annotate(given=Sum("amount_minor"), back=Sum(F("refunded_minor") + F("disputed_minor")), count=Count("id"))
    )
    return [
        {"amount": format_amount(max(0, row["given"] - row["back"]), row["currency"]), "count": row["count"]}
        for row in rows
    ]


def _latest_receipts(gifts: Any) -> dict[str, Receipt]:
    found = Receipt.objects.filter(gift__in=[gift.ref for gift in gifts]).select_related("void").order_by("edition")
    return {receipt.gift_id: receipt for receipt in found}


def _line(gift: Gift, receipt: Receipt | None) -> GiftLine:
    gone = gift.amount_minor - gift.left_minor
    return GiftLine(
        gift=gift,
        amount=format_amount(gift.amount_minor, gift.currency),
        gone=format_amount(gone, gift.currency) if gone else "",
        trace_url=reverse("gift", args=[gift.trace_token]),
        receipt=receipt,
        receipt_url=reverse("receipt_pdf", args=[gift.trace_token]) if receipt else "",
    )
