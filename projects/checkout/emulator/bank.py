"""Money on its way in: pay, decline, pay slowly. Each act writes objects and announces events; `back` has the rest."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from projects.checkout.emulator import money_shapes, shapes
from projects.checkout.emulator.store import Store

Json = dict[str, Any]


@dataclass(frozen=True)
class Terms:
    """The emulator's own address and its invented fee: parts per ten thousand and a fixed part, in minor units."""

    base: str
    fee_bps: int = 290
    fee_fixed: int = 30
    api_version: str = shapes.API_VERSION
    # The currency the account is kept in, and what one minor unit of another is worth in it. Empty: as it was paid.
    settlement: str = ""
    rate: float = 1.0

    def settles_in(self, currency: str) -> tuple[str, float | None]:
        """The currency in which a payment reaches the balance, and the exchange rate where there was an exchange."""
        if not self.settlement or self.settlement == currency:
            return currency, None
        return self.settlement, self.rate

    def fee(self, amount: int) -> int:
        """The fee on an amount, never more than the amount itself."""
        return min(amount, (amount * self.fee_bps + 5_000) // 10_000 + self.fee_fixed)


class Problem(Exception):
    """A refusal in the API's own form."""

    def __init__(self, status: int, kind: str, message: str, *, code: str | None = None, param: str | None = None):
        super().__init__(message)
        self.status = status
        error = {"type": kind, "message": message, "code": code, "param": param}
        self.body: Json = {"error": {key: value for key, value in error.items() if value is not None}}


class Bank:
    """The acts, over one store."""

    def __init__(self, store: Store, terms: Terms, clock: Callable[[], float] = time.time) -> None:
        self.store = store
        self.terms = terms
        self.clock = clock

    def announce(self, kind: str, thing: Json) -> Json:
        """Record that something happened and put the notice into the outbox."""
        now = self.clock()
        event = shapes.event(kind, thing, api_version=self.terms.api_version, now=int(now))
        self.store.put(event)
        self.store.queue(event["id"], now)
        return event

    def open_session(self, params: Json) -> Json:
        """A new session, and what its payment will carry."""
        session = shapes.checkout_session(params, now=int(self.clock()), base=self.terms.base)
        price = params["line_items"][0]["price_data"] if params.get("line_items") else {}
        product = price.get("product_data", {})
        self.store.put_extra(
            session["id"],
            {
                "intent": params.get("payment_intent_data") or {},
                "subscription": params.get("subscription_data"),
                "setup": params.get("setup_intent_data"),
                "price": price,
                "name": product.get("name", ""),
                "description": product.get("description", ""),
            },
        )
        return self.store.put(session)

    def expire(self, session: Json) -> Json:
        """Close a session that nobody paid."""
        if session["status"] != "open":
            raise Problem(400, "invalid_request_error", "Only open sessions can be expired.")
        session.update(status="expired", url=None)
        self.store.put(session)
        self.announce("checkout.session.expired", session)
        return session

    def expire_if_due(self, session: Json) -> Json:
        """Sessions end by themselves when their time is over."""
        if session["status"] == "open" and session["expires_at"] <= self.clock():
            return self.expire(session)
        return session

    def decline(self, session: Json) -> Json:
        """The bank says no; the session stays open, so that the payer can try again."""
        intent = self._intent(session)
        charge = shapes.charge(intent, email=session["customer_email"], status="failed", now=int(self.clock()))
        error = {"type": "card_error", "code": "card_declined", "message": charge["failure_message"]}
        intent.update(latest_charge=charge["id"], last_payment_error={**error, "charge": charge["id"]})
        self.put(charge, intent)
        self.announce("charge.failed", charge)
        self.announce("payment_intent.payment_failed", intent)
        return intent

    def pay(self, session: Json) -> Json:
        """The money moves at once."""
        intent = self._intent(session)
        charge = shapes.charge(intent, email=session["customer_email"], status="succeeded", now=int(self.clock()))
        self._complete(session, intent, charge, paid=True)
        self.announce("charge.succeeded", charge)
        self.receive(intent, charge)
        self.announce("checkout.session.completed", session)
        self.announce("charge.updated", charge)
        return session

    def pay_slowly(self, session: Json) -> Json:
        """The payer has done their part, the money is still on its way (bank transfers, some wallets)."""
        intent = self._intent(session)
        charge = shapes.charge(intent, email=session["customer_email"], status="pending", now=int(self.clock()))
        self._complete(session, intent, charge, paid=False)
        self.announce("payment_intent.processing", intent)
        self.announce("checkout.session.completed", session)
        return session

    def promise(self, session: Json) -> Json:
        """The payer was told the account to send the money to; nothing has been taken, so there is no charge yet."""
        intent = self._intent(session)
        options = session["payment_method_options"]["customer_balance"]["bank_transfer"]
        intent.update(
            status="requires_action",
            customer=session["customer"],
            next_action=money_shapes.transfer_instructions(intent, options["type"], remaining=intent["amount"]),
        )
        session.update(status="complete", payment_status="unpaid", url=None)
        session["customer_details"] = shapes.customer_details(session["customer_email"])
        self.put(session, intent)
        self.announce("payment_intent.requires_action", intent)
        self.announce("checkout.session.completed", session)
        return session

    def fund(self, intent: Json, amount: int) -> None:
        """Some or all of a promised transfer arrives; the payment succeeds when nothing remains."""
        told = (intent["next_action"] or {}).get("display_bank_transfer_instructions")
        if told is None or intent["status"] != "requires_action":
            raise Problem(400, "invalid_request_error", "No transfer is awaited for this payment.")
        told["amount_remaining"] = max(0, told["amount_remaining"] - amount)
        self.put(intent)
        if told["amount_remaining"]:
            self.announce("payment_intent.partially_funded", intent)
            return
        session = self.thing(self.store.extra(intent["id"])["session"])
        charge = shapes.charge(intent, email=session["customer_email"], status="succeeded", now=self.now())
        charge["customer"] = intent["customer"]
        intent.update(latest_charge=charge["id"], payment_method=charge["payment_method"], next_action=None)
        session["payment_status"] = "paid"
        self.put(session, charge, intent)
        self.announce("charge.succeeded", charge)
        self.receive(intent, charge)
        self.announce("checkout.session.async_payment_succeeded", session)
        self.announce("charge.updated", charge)

    def arrive(self, intent: Json) -> None:
        """The slow money has come."""
        if intent["status"] == "requires_action":
            self.fund(intent, intent["amount"])
            return
        session, charge = self._pending(intent)
        charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
        session["payment_status"] = "paid"
        self.store.put(session)
        self.receive(intent, charge)
        self.announce("checkout.session.async_payment_succeeded", session)
        self.announce("charge.updated", charge)

    def bounce(self, intent: Json) -> None:
        """The slow money will not come."""
        session, charge = self._pending(intent)
        charge.update(status="failed", failure_code="insufficient_funds", failure_message="The bank did not pay.")
        error = {"type": "invalid_request_error", "code": "payment_intent_payment_attempt_failed"}
        intent.update(
            status="requires_payment_method", last_payment_error={**error, "message": "The bank did not pay."}
        )
        self.put(charge, intent)
        self.announce("payment_intent.payment_failed", intent)
        self.announce("checkout.session.async_payment_failed", session)

    def move(self, source: Json, *, amount: int, kind: str, fee: int = 0) -> Json:
        """Let something change the balance. ``amount`` in the thing's currency, ``fee`` in the account's."""
        currency, rate = self.terms.settles_in(source["currency"])
        # A payout speaks the account's currency already.
        settled = amount if rate is None else round(amount * rate)
        moved = money_shapes.balance_transaction(
            source, amount=settled, fee=fee, kind=kind, currency=currency, rate=rate, now=self.now()
        )
        return self.store.put(moved)

    def now(self) -> int:
        """The emulator's moment, in whole seconds."""
        return int(self.clock())

    def thing(self, thing_id: str) -> Json:
        """An object that must be there."""
        found = self.store.get(thing_id)
        assert found is not None
        return found

    def _intent(self, session: Json) -> Json:
        if session["status"] != "open":
            raise Problem(400, "invalid_request_error", "This session is not open any more.")
        if session["payment_intent"]:
            found = self.store.get(session["payment_intent"])
            assert found is not None
            return found
        data = self.store.extra(session["id"]).get("intent", {})
        intent = shapes.payment_intent(
            session,
            metadata=data.get("metadata") or {},
            description=data.get("description"),
            now=int(self.clock()),
        )
        session["payment_intent"] = intent["id"]
        self.put(intent, session)
        self.store.put_extra(intent["id"], {"session": session["id"]})
        return intent

    def _complete(self, session: Json, intent: Json, charge: Json, *, paid: bool) -> None:
        session.update(
            status="complete",
            payment_status="paid" if paid else "unpaid",
            url=None,
            customer_details=shapes.customer_details(session["customer_email"]),
        )
        intent.update(status="processing", latest_charge=charge["id"], payment_method=charge["payment_method"])
        self.put(session, intent, charge)

    def receive(self, intent: Json, charge: Json) -> None:
        """The money of a charge reaches the balance."""
        intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None)
        _currency, rate = self.terms.settles_in(charge["currency"])
        settled = charge["amount"] if rate is None else round(charge["amount"] * rate)
        moved = self.move(charge, amount=charge["amount"], fee=self.terms.fee(settled), kind="charge")
        # As with the real thing, the notice of success may come before the fee is known; charge.updated brings it.
        self.announce("payment_intent.succeeded", intent)
        charge["balance_transaction"] = moved["id"]
        self.put(intent, charge)

    def _pending(self, intent: Json) -> tuple[Json, Json]:
        session = self.store.get(self.store.extra(intent["id"]).get("session", ""))
        charge = self.store.get(intent["latest_charge"] or "")
        if session is None or charge is None or intent["status"] != "processing":
            raise Problem(400, "invalid_request_error", "This payment is not on its way.")
        return session, charge

    def put(self, *things: Json) -> None:
        """Write objects, new or changed."""
        for thing in things:
            self.store.put(thing)
