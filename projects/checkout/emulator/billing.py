"""Regular payments: the first one on a payment page, then one invoice each period, and what a failed card leads to.

The real thing finalises an invoice about an hour after making it and retries by a plan that its owner chooses. Here an
invoice is charged at once, and the plan is invented: after 3, 5 and 7 more days, then the subscription ends.
"""

import calendar
from datetime import UTC, datetime
from typing import Any

from projects.checkout.emulator import billing_shapes as shapes
from projects.checkout.emulator import shapes as payment_shapes
from projects.checkout.emulator.bank import Bank, Problem

Json = dict[str, Any]

A_DAY = 24 * 3600
RETRY_AFTER_DAYS = (3, 5, 7)
OVER = ("canceled", "incomplete_expired")


def begin(bank: Bank, session: Json) -> Json:
    """The payer makes the first payment on the page; the subscription begins with it."""
    _check_open(session)
    data, now = bank.store.extra(session["id"]), bank.now()
    price = data["price"]
    owner = shapes.customer(email=session["customer_email"], now=now)
    card = shapes.payment_method(owner=owner["id"], email=session["customer_email"], now=now)
    product = shapes.product(data["name"], now=now)
    made_price = shapes.price(
        product_id=product["id"],
        currency=session["currency"],
        amount=session["amount_total"],
        interval=price["recurring"]["interval"],
        now=now,
    )
    made = shapes.subscription(
        owner=owner["id"],
        card=card["id"],
        made_price=made_price,
        metadata=(data.get("subscription") or {}).get("metadata") or {},
        ends=_later(now, price["recurring"]["interval"]),
        now=now,
    )
    bank.put(owner, card, product, made_price, made)
    bank.announce("customer.created", owner)
    bill = _bill(bank, made, "subscription_create")
    session.update(
        status="complete",
        payment_status="paid",
        url=None,
        customer=owner["id"],
        subscription=made["id"],
        invoice=bill["id"],
        customer_details=payment_shapes.customer_details(session["customer_email"]),
    )
    bank.put(session)
    bank.announce("customer.subscription.created", made)
    attempt(bank, bill)
    bank.announce("checkout.session.completed", session)
    return made


def set_up(bank: Bank, session: Json) -> Json:
    """The payer puts another card on file."""
    _check_open(session)
    data, now = bank.store.extra(session["id"]), bank.now()
    card = shapes.payment_method(owner=session["customer"], email=session["customer_email"], now=now)
    metadata = (data.get("setup") or {}).get("metadata") or {}
    intent = shapes.setup_intent(owner=session["customer"], card=card["id"], metadata=metadata, now=now)
    session.update(status="complete", payment_status="no_payment_required", url=None, setup_intent=intent["id"])
    bank.put(card, intent, session)
    bank.announce("setup_intent.succeeded", intent)
    bank.announce("checkout.session.completed", session)
    return intent


def run_due(bank: Bank) -> int:
    """Let time do its work: pauses end, periods end, failed charges are tried again. How many things happened.

    One at a time: the server calls it by itself every second, and two that look at once would both bill a period.
    """
    with bank.store.lock:
        return _run_due(bank)


def _run_due(bank: Bank) -> int:
    done = 0
    for made in reversed(bank.store.all("subscription")):
        done += _end_pause(bank, made)
        while made["status"] not in OVER and made["items"]["data"][0]["current_period_end"] <= bank.now():
            renew(bank, made)
            made = bank.thing(made["id"])
            done += 1
    for bill in reversed(bank.store.all("invoice")):
        if bill["status"] == "open" and bill["next_payment_attempt"] and bill["next_payment_attempt"] <= bank.now():
            attempt(bank, bill)
            done += 1
    return done


def charge_now(bank: Bank, made: Json) -> Json:
    """The next period begins today: what a test, or somebody at the dashboard, does not want to wait a month for."""
    if made["status"] in OVER:
        raise Problem(400, "invalid_request_error", "This subscription is over.")
    item = made["items"]["data"][0]
    item.update(current_period_end=bank.now())
    bank.put(made)
    bill, pause = renew(bank, made), made["pause_collection"]
    if pause and pause["resumes_at"]:
        # A pause until some day of the coming period ends as if that day had come, after the one charge it was for.
        bank.put(made | {"pause_collection": None})
        bank.announce("customer.subscription.updated", bank.thing(made["id"]))
    return bill


def renew(bank: Bank, made: Json) -> Json:
    """One period ends: an invoice for the next one, charged, or void while collection is paused."""
    item = made["items"]["data"][0]
    start = item["current_period_end"]
    item.update(current_period_start=start, current_period_end=_later(start, item["price"]["recurring"]["interval"]))
    bank.put(made)
    bill = _bill(bank, made, "subscription_cycle")
    if made["pause_collection"]:
        bill.update(status="void", amount_remaining=0, auto_advance=False)
        bill["status_transitions"]["voided_at"] = bank.now()
        bank.put(bill)
        bank.announce("invoice.voided", bill)
        bank.announce("customer.subscription.updated", made)
        return bill
    bank.announce("customer.subscription.updated", made)
    return attempt(bank, bill)


def attempt(bank: Bank, bill: Json) -> Json:
    """Charge the card for an invoice: paid, or failed with the day of the next try."""
    made = bank.thing(_subscription_of(bill))
    payment = _payment_of(bank, bill)
    intent = bank.thing(payment["payment"]["payment_intent"])
    fails = bool(bank.store.extra(made["default_payment_method"] or "").get("declines"))
    charge = payment_shapes.charge(
        intent, email=bill["customer_email"], status="failed" if fails else "succeeded", now=bank.now()
    )
    charge.update(customer=made["customer"], payment_method=made["default_payment_method"])
    bill.update(attempted=True, attempt_count=bill["attempt_count"] + 1)
    intent.update(latest_charge=charge["id"], payment_method=made["default_payment_method"])
    if fails:
        return _failed(bank, made, bill, intent, charge)
    bank.put(intent, charge)
    bank.announce("charge.succeeded", charge)
    bank.receive(intent, charge)
    bill.update(status="paid", amount_paid=bill["amount_due"], amount_remaining=0, next_payment_attempt=None)
    bill["status_transitions"]["paid_at"] = bank.now()
    payment.update(status="paid", amount_paid=bill["amount_due"])
    payment["status_transitions"]["paid_at"] = bank.now()
    bank.put(bill, payment)
    bank.announce("invoice.paid", bill)
    bank.announce("invoice.payment_succeeded", bill)
    bank.announce("charge.updated", charge)
    if made["status"] == "past_due":
        made["status"] = "active"
        bank.put(made)
        bank.announce("customer.subscription.updated", made)
    return bill


def _failed(bank: Bank, made: Json, bill: Json, intent: Json, charge: Json) -> Json:
    error = {"type": "card_error", "code": "card_declined", "message": charge["failure_message"]}
    intent.update(status="requires_payment_method", last_payment_error={**error, "charge": charge["id"]})
    tries = bill["attempt_count"]
    over = tries > len(RETRY_AFTER_DAYS)
    bill["next_payment_attempt"] = None if over else bank.now() + RETRY_AFTER_DAYS[tries - 1] * A_DAY
    bank.put(charge, intent, bill)
    bank.announce("charge.failed", charge)
    bank.announce("payment_intent.payment_failed", intent)
    bank.announce("invoice.payment_failed", bill)
    if over:
        cancel(bank, made, reason="payment_failed")
    elif made["status"] == "active":
        made["status"] = "past_due"
        bank.put(made)
        bank.announce("customer.subscription.updated", made)
    return bill


def cancel(bank: Bank, made: Json, *, reason: str = "cancellation_requested", comment: str | None = None) -> Json:
    """It ends now; what was not paid stays unpaid."""
    if made["status"] in OVER:
        raise Problem(404, "invalid_request_error", "This subscription is over.", code="resource_missing", param="id")
    details = {"comment": comment, "feedback": None, "reason": reason}
    made.update(status="canceled", canceled_at=bank.now(), ended_at=bank.now(), cancellation_details=details)
    bank.put(made)
    for bill in bank.store.all("invoice"):
        if _subscription_of(bill) == made["id"] and bill["status"] == "open":
            bill.update(next_payment_attempt=None, auto_advance=False)
            bank.put(bill)
    bank.announce("customer.subscription.deleted", made)
    return made


def change(bank: Bank, made: Json, *, price: Json | None, pause: Any, card: str) -> Json:
    """Another price from the next period on, a pause (empty text: none any more), another card."""
    if made["status"] in OVER:
        raise Problem(400, "invalid_request_error", "A canceled subscription can only update its metadata.")
    item = made["items"]["data"][0]
    if price is not None:
        fresh = shapes.price(
            product_id=price["product"],
            currency=price["currency"],
            amount=int(price["unit_amount"]),
            interval=price["recurring"]["interval"],
            now=bank.now(),
        )
        item["price"] = bank.store.put(fresh)
    if pause is not None:
        until = pause and pause.get("resumes_at")
        made["pause_collection"] = (
            {"behavior": pause["behavior"], "resumes_at": int(until) if until else None} if pause else None
        )
    if card:
        made["default_payment_method"] = card
    bank.put(made)
    bank.announce("customer.subscription.updated", made)
    return made


def pay_invoice(bank: Bank, bill: Json) -> Json:
    """Try an open invoice once more, now."""
    if bill["status"] != "open":
        raise Problem(400, "invalid_request_error", "Invoice is already paid")
    bill = attempt(bank, bill)
    if bill["status"] != "paid":
        raise Problem(402, "card_error", "Your card was declined.", code="card_declined")
    return bill


def spoil(bank: Bank, made: Json, *, declines: bool = True) -> None:
    """From now on the card of a subscription is declined, or works again."""
    bank.store.put_extra(made["default_payment_method"], {"declines": declines})


def _bill(bank: Bank, made: Json, reason: str) -> Json:
    email = bank.thing(made["customer"])["email"]
    bill = shapes.invoice(made, email=email, reason=reason, now=bank.now())
    asked = {"amount_total": bill["amount_due"], "currency": bill["currency"]}
    # As with the real thing, neither the pledge's reference nor anything else of the subscription is on the payment.
    intent = payment_shapes.payment_intent(asked, metadata={}, description="Subscription", now=bank.now())
    intent["customer"] = made["customer"]
    payment = shapes.invoice_payment(bill, intent, now=bank.now())
    made["latest_invoice"] = bill["id"]
    bank.put(bill, intent, payment, made)
    bank.announce("invoice.created", bill)
    bank.announce("invoice.finalized", bill)
    return bill


def payments_of(bank: Bank, bill: Json) -> list[Json]:
    """What pays, or shall pay, an invoice."""
    return [payment for payment in bank.store.all("invoice_payment") if payment["invoice"] == bill["id"]]


def _payment_of(bank: Bank, bill: Json) -> Json:
    return payments_of(bank, bill)[0]


def _end_pause(bank: Bank, made: Json) -> int:
    pause = made["pause_collection"]
    ends = pause and pause["resumes_at"]
    if not ends or ends > bank.now() or made["status"] in OVER:
        return 0
    # What ended before the pause did is void; so the periods up to then come first.
    while made["items"]["data"][0]["current_period_end"] < ends:
        renew(bank, made)
    made["pause_collection"] = None
    bank.put(made)
    bank.announce("customer.subscription.updated", made)
    return 1


def _subscription_of(bill: Json) -> str:
    found: str = bill["parent"]["subscription_details"]["subscription"]
    return found


def _check_open(session: Json) -> None:
    if session["status"] != "open":
        raise Problem(400, "invalid_request_error", "This session is not open any more.")


def _later(seconds: int, interval: str) -> int:
    """The same day of the next month or year, or that month's last day."""
    moment = datetime.fromtimestamp(seconds, UTC)
    year, month = (moment.year + 1, moment.month) if interval == "year" else (moment.year, moment.month + 1)
    year, month = (year + 1, 1) if month > 12 else (year, month)
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return int(moment.replace(year=year, month=month, day=day).timestamp())
