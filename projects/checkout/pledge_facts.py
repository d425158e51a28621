"""What the provider says of a regular gift, as plain values: its first page, its subscription, its invoices.

Amounts are whole minor units; moments are seconds since 1970 (UTC); 0 stands for none.
"""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class PageFact:
    """A page of the provider on which a regular gift begins, or a card is changed."""

    session_id: str
    status: str
    url: str
    pledge_ref: str
    subscription_id: str = ""
    setup_id: str = ""


@dataclass(frozen=True)
class SubscriptionFact:
    """A subscription, now."""

    subscription_id: str
    customer_id: str
    item_id: str
    product_id: str
    pledge_ref: str
    status: str
    amount_minor: int
    currency: str
    interval: str
    period_end: int
    paused: bool
    resumes_at: int
    ended_at: int
    # Our own word, left with the provider when we ended it; else the provider's reason.
    end_reason: str


@dataclass(frozen=True)
class InvoiceFact:
    """One invoice of a subscription, now. ``intent_ids``: the payments that paid it."""

    invoice_id: str
    subscription_id: str
    pledge_ref: str
    status: str
    paid_minor: int
    currency: str
    created: int
    attempts: int
    next_attempt: int
    intent_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class PledgeWhole:
    """All that the provider says of one regular gift; invoices oldest first."""

    page: PageFact | None = None
    subscription: SubscriptionFact | None = None
    invoices: tuple[InvoiceFact, ...] = ()


def page_of(values: Json) -> PageFact:
    """A session in one of the modes that pay nothing by themselves."""
    return PageFact(
        session_id=values["id"],
        status=values.get("status") or "",
        url=values.get("url") or "",
        pledge_ref=(values.get("metadata") or {}).get("pledge_ref", ""),
        subscription_id=_id(values.get("subscription")),
        setup_id=_id(values.get("setup_intent")),
    )


def subscription_of(values: Json) -> SubscriptionFact:
    """A subscription with its one item."""
    item = values["items"]["data"][0]
    price, pause = item["price"], values.get("pause_collection") or {}
    ending = values.get("cancellation_details") or {}
    return SubscriptionFact(
        subscription_id=values["id"],
        customer_id=_id(values.get("customer")),
        item_id=item["id"],
        product_id=_id(price.get("product")),
        pledge_ref=(values.get("metadata") or {}).get("pledge_ref", ""),
        status=values["status"],
        amount_minor=price.get("unit_amount") or 0,
        currency=price["currency"].upper(),
        interval=price["recurring"]["interval"].upper(),
        period_end=item.get("current_period_end") or 0,
        paused=bool(pause),
        resumes_at=pause.get("resumes_at") or 0,
        ended_at=values.get("ended_at") or 0,
        end_reason=ending.get("comment") or ending.get("reason") or "",
    )


def invoice_of(values: Json) -> InvoiceFact:
    """An invoice with its payments, where these were expanded."""
    parent = (values.get("parent") or {}).get("subscription_details") or {}
    payments = (values.get("payments") or {}).get("data") or []
    return InvoiceFact(
        invoice_id=values["id"],
        subscription_id=_id(parent.get("subscription")),
        pledge_ref=(parent.get("metadata") or {}).get("pledge_ref", ""),
        status=values.get("status") or "",
        paid_minor=values.get("amount_paid") or 0,
        currency=values["currency"].upper(),
        created=values["created"],
        attempts=values.get("attempt_count") or 0,
        next_attempt=values.get("next_payment_attempt") or 0,
        intent_ids=tuple(
            intent
            for payment in payments
            if payment.get("status") == "paid" and (intent := _id((payment.get("payment") or {}).get("payment_intent")))
        ),
    )


def _id(value: Any) -> str:
    """The id in a field that may be expanded or empty."""
    return value.get("id", "") if isinstance(value, dict) else value or ""
