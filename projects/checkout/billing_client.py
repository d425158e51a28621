"""What is asked of Stripe Billing, over the one client that `stripe_client` keeps. Plain values in and out.

A charity's own settings at Stripe decide how often a failed charge is tried again and that the subscription is
*cancelled* after the last try (Billing → Subscriptions and emails); what Stripe then does is read back from it.
"""

from typing import Any

from projects.checkout import pledge_facts as facts
from projects.checkout.pledge_facts import InvoiceFact, PageFact, PledgeWhole, SubscriptionFact
from projects.checkout.stripe_client import client, trouble

PAYMENTS: Any = {"expand": ["payments"]}


def open_page(
    *,
    pledge_ref: str,
    amount_minor: int,
    currency: str,
    interval: str,
    title: str,
    description: str,
    email: str,
    locale: str,
    expires_at: int,
    success_url: str,
    cancel_url: str,
) -> PageFact:
    """A hosted page on which a regular gift begins. Asked twice for the same pledge, it is the same page."""
    price: Any = {
        "currency": currency.lower(),
        "unit_amount": amount_minor,
        "recurring": {"interval": interval.lower()},
        "product_data": {"name": title, "description": description},
    }
    params: Any = {
        "mode": "subscription",
        "line_items": [{"quantity": 1, "price_data": price}],
        "client_reference_id": pledge_ref,
        "metadata": {"pledge_ref": pledge_ref},
        # Stripe copies this onto each invoice, but not onto the payments: those are found through their invoice.
        "subscription_data": {"metadata": {"pledge_ref": pledge_ref}, "description": title},
        # Only what can be charged while nobody is there. Wallets that pay once are not among it.
        "payment_method_types": ["card"],
        "customer_email": email,
        "locale": locale,
        "expires_at": expires_at,
        "success_url": success_url,
        "cancel_url": cancel_url,
    }
    with trouble():
        session = client().v1.checkout.sessions.create(params, {"idempotency_key": f"pledge:{pledge_ref}:session"})
    return facts.page_of(session.to_dict())


def open_card_page(
    *, pledge_ref: str, subscription_id: str, customer_id: str, currency: str, locale: str, url: str, key: str
) -> PageFact:
    """A hosted page on which another card is put on file for a regular gift."""
    marks = {"pledge_ref": pledge_ref, "subscription_id": subscription_id}
    params: Any = {
        "mode": "setup",
        "customer": customer_id,
        "currency": currency.lower(),
        "payment_method_types": ["card"],
        "metadata": marks,
        "setup_intent_data": {"metadata": marks},
        "locale": locale,
        "success_url": url,
        "cancel_url": url,
    }
    with trouble():
        session = client().v1.checkout.sessions.create(params, {"idempotency_key": key})
    return facts.page_of(session.to_dict())


def read_page(session_id: str) -> PageFact:
    """A page as it is now."""
    with trouble():
        return facts.page_of(client().v1.checkout.sessions.retrieve(session_id).to_dict())


def expire_page(session_id: str, *, pledge_ref: str) -> PageFact:
    """Close a page, so that nobody begins there any more."""
    key = f"pledge:{pledge_ref}:expire:{session_id}"
    with trouble():
        session = client().v1.checkout.sessions.expire(session_id, {}, {"idempotency_key": key})
    return facts.page_of(session.to_dict())


def read_pledge(*, session_ref: str, subscription_ref: str) -> PledgeWhole:
    """All of a regular gift: by its subscription where that is known, else by the page on which it begins."""
    page = None
    if not subscription_ref:
        page = read_page(session_ref)
        subscription_ref = page.subscription_id
    if not subscription_ref:
        return PledgeWhole(page)
    return PledgeWhole(page, read_subscription(subscription_ref), tuple(read_invoices(subscription_ref)))


def read_subscription(subscription_id: str) -> SubscriptionFact:
    """A subscription as it is now."""
    with trouble():
        return facts.subscription_of(client().v1.subscriptions.retrieve(subscription_id).to_dict())


def read_invoices(subscription_id: str) -> list[InvoiceFact]:
    """Every invoice of a subscription, oldest first, with what paid it."""
    asked: Any = {"subscription": subscription_id, "limit": 100, "expand": ["data.payments"]}
    with trouble():
        found = client().v1.invoices.list(asked)
        bills = [facts.invoice_of(bill.to_dict()) for bill in found.auto_paging_iter()]
    return sorted(bills, key=lambda bill: (bill.created, bill.invoice_id))


def invoice_of_intent(intent_id: str) -> InvoiceFact | None:
    """The invoice that a payment paid, if it paid one."""
    asked: Any = {"payment": {"type": "payment_intent", "payment_intent": intent_id}, "limit": 1}
    with trouble():
        found = client().v1.invoice_payments.list(asked).data
        if not found:
            return None
        bill = found[0].invoice
        invoice_id = bill if isinstance(bill, str) else bill.id
        return facts.invoice_of(client().v1.invoices.retrieve(str(invoice_id), PAYMENTS).to_dict())


def pause(subscription_id: str, *, resumes_at: int, key: str) -> SubscriptionFact:
    """Invoices that come due are void, until we resume; with ``resumes_at`` (seconds) Stripe resumes by itself."""
    paused: Any = {"behavior": "void"} | ({"resumes_at": resumes_at} if resumes_at else {})
    return _update(subscription_id, {"pause_collection": paused}, key)


def resume(subscription_id: str, *, key: str) -> SubscriptionFact:
    """Invoices that come due are charged again."""
    return _update(subscription_id, {"pause_collection": ""}, key)


def change_amount(made: SubscriptionFact, *, amount_minor: int, key: str) -> SubscriptionFact:
    """From the next invoice on, another amount; nothing is charged or given back for the period that runs."""
    price = {
        "currency": made.currency.lower(),
        "unit_amount": amount_minor,
        "product": made.product_id,
        "recurring": {"interval": made.interval.lower()},
    }
    items = [{"id": made.item_id, "price_data": price}]
    return _update(made.subscription_id, {"items": items, "proration_behavior": "none"}, key)


def take_card(subscription_id: str, *, setup_id: str) -> SubscriptionFact:
    """Charge the card that was put on file by a setup from now on."""
    with trouble():
        card = client().v1.setup_intents.retrieve(setup_id).payment_method
    card_id = card if isinstance(card, str) else card.id if card else ""
    return _update(subscription_id, {"default_payment_method": card_id}, f"setup:{setup_id}:card")


def pay_invoice(invoice_id: str, *, key: str) -> None:
    """Try an open invoice now, not only when the plan comes to it. ProviderRefused: the card was declined again."""
    with trouble():
        client().v1.invoices.pay(invoice_id, {}, {"idempotency_key": key})


def cancel(subscription_id: str, *, reason: str, key: str) -> SubscriptionFact:
    """End it now. ``reason`` stays with the subscription, so that whoever reads it later knows why."""
    params: Any = {"cancellation_details": {"comment": reason}, "prorate": False, "invoice_now": False}
    with trouble():
        made = client().v1.subscriptions.cancel(subscription_id, params, {"idempotency_key": key})
    return facts.subscription_of(made.to_dict())


def recent_invoices(since: int) -> list[InvoiceFact]:
    """The invoices made since a moment (seconds), whosever they are."""
    asked: Any = {"created": {"gte": since}, "limit": 100}
    with trouble():
        return [facts.invoice_of(bill.to_dict()) for bill in client().v1.invoices.list(asked).auto_paging_iter()]


def _update(subscription_id: str, params: Any, key: str) -> SubscriptionFact:
    with trouble():
        made = client().v1.subscriptions.update(subscription_id, params, {"idempotency_key": key})
    return facts.subscription_of(made.to_dict())
