"""The API's addresses for regular payments: what is asked is checked here and done in `billing`."""

from collections.abc import Callable
from typing import Any

from projects.checkout.emulator import billing, billing_shapes, reading, shapes
from projects.checkout.emulator.bank import Bank, Problem
from projects.checkout.emulator.reading import fetch, lister, missing, only, reader, refer, whole, wrong

Json = dict[str, Any]

UPDATE_PARAMS = frozenset(
    {"default_payment_method", "expand", "items", "metadata", "pause_collection", "proration_behavior"}
)
CANCEL_PARAMS = frozenset({"cancellation_details", "expand", "invoice_now", "prorate"})
STATES = frozenset("active canceled incomplete incomplete_expired past_due paused trialing unpaid".split())
BEHAVIORS = ("keep_as_draft", "mark_uncollectible", "void")
INTERVALS = ("day", "week", "month", "year")


def check_recurring(price: Json, name: str) -> None:
    """A regular price says how often."""
    recurring = price.get("recurring") or {}
    if recurring.get("interval") not in INTERVALS:
        raise wrong(f"{name}[recurring][interval]", "Invalid recurring interval.")


def _update(bank: Bank, params: Json, subscription_id: str) -> Json:
    only(params, UPDATE_PARAMS)
    made = fetch(bank, subscription_id, "subscription")
    price = None
    if params.get("items"):
        item = params["items"][0]
        if item.get("id") != made["items"]["data"][0]["id"]:
            raise wrong("items[0][id]", "This subscription has no such item.")
        price = item.get("price_data") or {}
        check_recurring(price, "items[0][price_data]")
        refer(bank, price.get("product", ""), "product", "items[0][price_data][product]")
        if price.get("currency") != made["currency"]:
            raise wrong("items[0][price_data][currency]", "The currency of a subscription cannot change.")
        if whole(price.get("unit_amount"), "items[0][price_data][unit_amount]") < 1:
            raise wrong("items[0][price_data][unit_amount]", "Amount must be at least 1.")
    pause = params.get("pause_collection")
    if pause and pause.get("behavior") not in BEHAVIORS:
        raise missing("pause_collection[behavior]")
    card = params.get("default_payment_method", "")
    if card:
        refer(bank, card, "payment_method", "default_payment_method")
    return billing.change(bank, made, price=price, pause=pause, card=card)


def _cancel(bank: Bank, params: Json, subscription_id: str) -> Json:
    only(params, CANCEL_PARAMS)
    comment = (params.get("cancellation_details") or {}).get("comment")
    return billing.cancel(bank, fetch(bank, subscription_id, "subscription"), comment=comment)


def _pay(bank: Bank, params: Json, invoice_id: str) -> Json:
    only(params, frozenset({"expand"}))
    return billing.pay_invoice(bank, fetch(bank, invoice_id, "invoice"))


def _invoice_payments(bank: Bank, params: Json) -> Json:
    only(params, frozenset({"expand", "invoice", "limit", "payment", "starting_after"}))
    found = bank.store.all("invoice_payment")
    if params.get("invoice"):
        found = [one for one in found if one["invoice"] == params["invoice"]]
    asked = params.get("payment") or {}
    if asked and asked.get("type") != "payment_intent":
        raise wrong("payment[type]", "Only payment intents are emulated.")
    if asked:
        found = [one for one in found if one["payment"]["payment_intent"] == asked.get("payment_intent")]
    return reading.page(found, params, "/v1/invoice_payments")


def payments_within(bank: Bank, bill: Json) -> Json:
    """The part of an invoice that is shown only where it is asked for."""
    return shapes.listing(billing.payments_of(bank, bill), "/v1/invoice_payments")


INVOICE_PATHS = {"subscription": "parent.subscription_details.subscription"}


def _create_customer(bank: Bank, params: Json) -> Json:
    only(params, frozenset({"email", "expand", "metadata"}))
    owner = billing_shapes.customer(email=params.get("email"), now=bank.now())
    owner["metadata"] = params.get("metadata") or {}
    bank.put(owner)
    bank.announce("customer.created", owner)
    return owner


def _list_subscriptions(bank: Bank, params: Json) -> Json:
    """Without a status, all that have not been canceled; `ended` and `all` are no states, but may be asked for."""
    only(params, frozenset({"created", "customer", "expand", "limit", "starting_after", "status"}))
    status = params.get("status")
    if status is not None and status not in STATES | {"all", "ended"}:
        raise wrong("status", f"Invalid status: must be one of {', '.join(sorted(STATES))}, all, or ended")
    wanted = {None: STATES - set(billing.OVER), "all": STATES, "ended": set(billing.OVER)}.get(status, {status})
    found = reading.matching(bank, "subscription", params, {"customer": "customer"})
    return reading.page([made for made in found if made["status"] in wanted], params, "/v1/subscriptions")


View = Callable[..., Json]
ROUTES: list[tuple[str, str, View]] = [
    ("POST", r"/v1/customers", _create_customer),
    ("GET", r"/v1/customers/(\w+)", reader("customer")),
    ("GET", r"/v1/subscriptions", _list_subscriptions),
    ("GET", r"/v1/subscriptions/(\w+)", reader("subscription")),
    ("POST", r"/v1/subscriptions/(\w+)", _update),
    ("DELETE", r"/v1/subscriptions/(\w+)", _cancel),
    ("GET", r"/v1/invoices", lister("invoice", "/v1/invoices", "status", paths=INVOICE_PATHS)),
    ("GET", r"/v1/invoices/(\w+)", reader("invoice")),
    ("POST", r"/v1/invoices/(\w+)/pay", _pay),
    ("GET", r"/v1/invoice_payments", _invoice_payments),
    ("GET", r"/v1/setup_intents/(\w+)", reader("setup_intent")),
]


def problem_of_setup(params: Json) -> Problem | None:
    """What is wrong with a page that only takes a card."""
    if not params.get("customer") and not params.get("currency"):
        return missing("currency")
    return None
