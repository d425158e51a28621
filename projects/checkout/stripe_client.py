"""The one place that speaks to Stripe. Everybody else gets plain values and two kinds of trouble.

The official client, a pinned API version, keys made from our own references. With `STRIPE_API_BASE` set, the same
code talks to another address (the emulator).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings

from projects.checkout import facts
from projects.checkout.facts import DisputeFact, Payment, PayoutFact, RefundFact, Whole
from projects.checkout.methods import BANK_TRANSFER, session_params

# The version whose shapes our recorded examples have. Raise it together with them.
API_VERSION = "2026-10-28.endive"
TOLERANCE_SECONDS = 300
EMULATOR_KEY = "sk_test_emulator"
TIMEOUT_SECONDS = (5, 20)

# Nothing about this installation is reported to anyone by way of request headers.
stripe.enable_telemetry = False


class ProviderDown(Exception):
    """The provider could not be reached, or has trouble of its own: try again later."""


class ProviderRefused(Exception):
    """The provider understood and said no; `code` says why. Trying again with the same request is useless."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BadSignature(Exception):
    """A message that is not from the provider, was changed on its way, or is too old."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Message:
    """A verified webhook message."""

    event_id: str
    type: str
    livemode: bool
    api_version: str
    thing: dict[str, Any]


def is_live() -> bool:
    """Whether our key moves real money; messages of the other mode are refused."""
    return settings.STRIPE_API_KEY.startswith(("sk_live_", "rk_live_"))


def open_session(
    *,
    gift_ref: str,
    amount_minor: int,
    currency: str,
    title: str,
    description: str,
    email: str,
    locale: str,
    expires_at: int,
    success_url: str,
    cancel_url: str,
    method: str = "",
) -> Payment:
    """A hosted payment page for one gift. Asked twice for the same gift, it is the same page."""
    # Our minor units are the provider's: both follow ISO 4217, zero-decimal currencies included (a test compares).
    price: Any = {"currency": currency.lower(), "unit_amount": amount_minor, "product_data": {"name": title}}
    if description:
        price["product_data"]["description"] = description
    params: Any = {
        "mode": "payment",
        "submit_type": "donate",
        "line_items": [{"quantity": 1, "price_data": price}],
        "client_reference_id": gift_ref,
        "metadata": {"gift_ref": gift_ref},
        "payment_intent_data": {"metadata": {"gift_ref": gift_ref}, "description": title},
        "locale": locale,
        "expires_at": expires_at,
        "success_url": success_url,
        "cancel_url": cancel_url,
    }
    params |= session_params(method, currency, country=settings.STRIPE_EU_BANK_COUNTRY)
    with trouble():
        if method == BANK_TRANSFER:
            params["customer"] = _payer(gift_ref, email)
        elif email:
            params["customer_email"] = email
        session = client().v1.checkout.sessions.create(params, {"idempotency_key": f"gift:{gift_ref}:session"})
    return facts.payment_of_session(session.to_dict())


def _payer(gift_ref: str, email: str) -> str:
    """The provider's row of a payer by transfer. One for each gift: so what arrives there is for this gift alone."""
    params: Any = {"metadata": {"gift_ref": gift_ref}} | ({"email": email} if email else {})
    return client().v1.customers.create(params, {"idempotency_key": f"gift:{gift_ref}:customer"}).id


def read_session(session_id: str) -> Payment:
    """The payment behind a session, with its charge and fee."""
    expand: Any = {"expand": ["payment_intent.latest_charge.balance_transaction"]}
    with trouble():
        session = client().v1.checkout.sessions.retrieve(session_id, expand)
    return facts.payment_of_session(session.to_dict())


def read_intent(intent_id: str) -> Payment:
    """The payment behind an intent, for messages that name no session."""
    with trouble():
        intent = client().v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge.balance_transaction"]})
    return facts.payment_of_intent(intent.to_dict(), session={})


def read_whole(*, session_ref: str, intent_id: str, back: bool) -> Whole:
    """A payment, and with ``back`` also its refunds and disputes: two more questions, asked where they matter."""
    payment = read_session(session_ref) if session_ref else read_intent(intent_id)
    if not (payment.paid and back):
        return Whole(payment, asked_back=back)
    return Whole(payment, tuple(read_refunds(payment.intent_id)), tuple(read_disputes(payment.intent_id)))


def read_refunds(intent_id: str) -> list[RefundFact]:
    """Every refund of a payment. Event payloads carry none of them, so they are always asked for."""
    return [refund for refund in _refunds({"payment_intent": intent_id}) if refund.intent_id == intent_id]


def read_disputes(intent_id: str) -> list[DisputeFact]:
    """Every dispute of a payment, with what each moved."""
    return _disputes({"payment_intent": intent_id})


def recent_intents(since: int) -> Iterator[str]:
    """The payments that have a refund or a dispute made since a moment (seconds)."""
    made = {"created": {"gte": since}}
    found = [refund.intent_id for refund in _refunds(made)] + [dispute.intent_id for dispute in _disputes(made)]
    yield from (intent for intent in found if intent)


def recent_payouts(since: int) -> list[str]:
    """The ids of the payouts to the bank made since a moment (seconds)."""
    with trouble():
        found = client().v1.payouts.list({"created": {"gte": since}, "limit": 100})
        return [payout.id for payout in found.auto_paging_iter()]


def read_payout(payout_id: str) -> PayoutFact:
    """A payout with every movement that it paid out. The provider lists these for automatic payouts only."""
    own: Any = {"expand": ["balance_transaction", "failure_balance_transaction"]}
    within: Any = {"payout": payout_id, "limit": 100, "expand": ["data.source"]}
    with trouble():
        payout = client().v1.payouts.retrieve(payout_id, own).to_dict()
        moves = []
        if payout.get("automatic"):
            found = client().v1.balance_transactions.list(within)
            moves = [facts.move_of(move.to_dict()) for move in found.auto_paging_iter()]
    return facts.payout_of(payout, tuple(move for move in moves if move))


def expire_session(session_ref: str, *, gift_ref: str) -> Payment:
    """Close a payment page, so that nobody pays there any more."""
    with trouble():
        key = f"gift:{gift_ref}:expire:{session_ref}"
        session = client().v1.checkout.sessions.expire(session_ref, {}, {"idempotency_key": key})
    return facts.payment_of_session(session.to_dict())


def refund(*, intent_id: str, amount_minor: int, key: str) -> RefundFact:
    """Ask the provider to give money back."""
    params: Any = {"payment_intent": intent_id, "amount": amount_minor, "reason": "requested_by_customer"}
    with trouble():
        made = client().v1.refunds.create(params, {"idempotency_key": key})
    return facts.refund_of(made.to_dict())


def _refunds(which: Any) -> list[RefundFact]:
    shown = {"limit": 100, "expand": ["data.balance_transaction", "data.failure_balance_transaction"]}
    with trouble():
        found = client().v1.refunds.list(which | shown)
        return [facts.refund_of(refund.to_dict()) for refund in found.auto_paging_iter()]


def _disputes(which: Any) -> list[DisputeFact]:
    with trouble():
        found = client().v1.disputes.list(which | {"limit": 100})
        return [facts.dispute_of(dispute.to_dict()) for dispute in found.auto_paging_iter()]


def read_message(body: bytes, signature: str) -> Message:
    """A webhook message whose signature holds over the raw body, or BadSignature."""
    try:
        event = client().construct_event(body, signature, settings.STRIPE_WEBHOOK_SECRET, TOLERANCE_SECONDS)
    except stripe.SignatureVerificationError as error:
        raise BadSignature("too_old" if "tolerance" in str(error) else "bad_signature") from None
    except (ValueError, AttributeError):
        # AttributeError: the client trusts that signed JSON is an object.
        raise BadSignature("not_json") from None
    return _message(event)


def read_stored(body: bytes) -> Message:
    """A message whose signature was checked when it came in; it has been append-only since."""
    return _message(client().construct_event_without_verification(body))


def _message(event: stripe.Event) -> Message:
    values = event.to_dict()
    thing = (values.get("data") or {}).get("object")
    if not isinstance(thing, dict) or not values.get("id") or not values.get("type"):
        raise BadSignature("not_an_event")
    return Message(
        event_id=values["id"],
        type=values["type"],
        livemode=bool(values.get("livemode")),
        api_version=values.get("api_version") or "",
        thing=thing,
    )


class trouble:
    """Turns the client's errors into our two."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
            raise ProviderDown(type(error).__name__) from None
        if isinstance(error, stripe.StripeError):
            if error.http_status is None or error.http_status >= 500 or error.http_status == 409:
                raise ProviderDown(type(error).__name__) from None
            raise ProviderRefused(error.code or type(error).__name__) from None


def client() -> stripe.StripeClient:
    """The official client, for this file and for `billing_client`."""
    return _client_for(settings.STRIPE_API_KEY or EMULATOR_KEY, settings.STRIPE_API_BASE)


@lru_cache(maxsize=4)
def _client_for(key: str, base: str) -> stripe.StripeClient:
    addresses: Any = {"api": base.rstrip("/")} if base else None
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses=addresses,
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )
