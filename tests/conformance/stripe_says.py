"""What Stripe's documentation says of each story's facts, and where localstripe is known to differ, with the reason.

The emulator has to say all of it. localstripe has to say it too, but for what is listed: a listed difference that does
not occur any more fails the test, so the list cannot outlive its reasons.

From docs.stripe.com/api (objects, list parameters, idempotent requests, errors) and the published examples in
../shared/standards/stripe. Which status and code a refusal has, where these leave it open, is from answers of Stripe
that are recorded in the issue trackers of its official clients and in other people's recordings.
"""

from dataclasses import dataclass, field
from typing import Any

Facts = dict[str, Any]
NO_FIELD = "knows no such field"
NO_CODE = "its refusals carry no code"
OVER = "does not count what was given back before"
IDEMPOTENCY = "does not look at the Idempotency-Key"
NO_PRORATION = "has no `proration_behavior`, and breaks down"
VERSION = "does not look at the Stripe-Version: its objects are those of 2017 with some later fields"


@dataclass(frozen=True)
class Said:
    """What Stripe says by fact; what localstripe says instead, and why."""

    stripe: Facts
    localstripe: dict[str, tuple[Any, str]] = field(default_factory=dict)


def no_code(*names: str) -> dict[str, tuple[Any, str]]:
    """Refusals that agree in status and type."""
    return {f"{name}: code": ("", NO_CODE) for name in names}


SAYS: dict[str, Said] = {
    "a_paid_payment": Said(
        stripe={
            "intent is": "payment_intent pi_",
            "charge is": "charge ch_",
            "move is": "balance_transaction txn_",
            "payment_intent.amount": 10000,
            "payment_intent.amount_received": 10000,
            "payment_intent.currency": "cny",
            "payment_intent.status": "succeeded",
            "payment_intent.last_payment_error": None,
            "payment_intent.next_action": None,
            "payment_intent.livemode": False,
            "charge.amount": 10000,
            "charge.amount_captured": 10000,
            "charge.currency": "cny",
            "charge.status": "succeeded",
            "charge.paid": True,
            "charge.captured": True,
            "charge.amount_refunded": 0,
            "charge.refunded": False,
            "charge.disputed": False,
            "charge.failure_code": None,
            "charge.livemode": False,
            "balance_transaction.amount": 10000,
            "balance_transaction.currency": "cny",
            "balance_transaction.type": "charge",
            "balance_transaction.reporting_category": "charge",
            "balance_transaction.status": "available",
            "balance_transaction.exchange_rate": None,
            "move.net is amount less fee": True,
            "a fee was taken": True,
            "they name each other": True,
            "the charge alone is the same": True,
            "read by us": (True, 10000, "CNY"),
        },
        localstripe={
            "payment_intent.amount_received": ("absent", NO_FIELD),
            "charge.amount_captured": ("absent", NO_FIELD),
            "charge.disputed": ("absent", NO_FIELD),
            "balance_transaction.exchange_rate": (1.0, "says 1.0 where nothing was exchanged; Stripe says null"),
            "a fee was taken": (False, "takes no fee"),
        },
    ),
    "a_payment_as_it_is_without_expanding": Said(
        stripe={
            "latest_charge is": "str",
            "balance_transaction is": "str",
            "move": ("balance_transaction txn_", 3000, "charge"),
        },
        localstripe={
            "latest_charge is": (
                "Charge",
                "puts the whole charge in unasked; in Stripe's reference the field is an id until it is expanded",
            ),
        },
    ),
    "a_declined_payment": Said(
        stripe={
            "payment_intent.amount": 10000,
            "payment_intent.amount_received": 0,
            "payment_intent.status": "requires_payment_method",
            "charge.status": "failed",
            "charge.paid": False,
            "charge.captured": False,
            "charge.failure_code": "card_declined",
            "charge.balance_transaction": None,
            "charge.refunded": False,
            "error.code": "card_declined",
            "error.type": "card_error",
            "error.charge is the charge": True,
            "read by us as paid": False,
            "refund": "400 invalid_request_error",
            "refund: code": "",
            "refund of the charge": "400 invalid_request_error",
            "refund of the charge: code": "",
        },
        localstripe={
            "payment_intent.amount_received": ("absent", NO_FIELD),
            "charge.captured": (True, "calls a charge captured that never took any money"),
            "error.type": ("absent", "gives the last error without its type, which Stripe's reference always has"),
        },
    ),
    "a_payment_nobody_has_tried": Said(
        stripe={
            "payment_intent.amount": 10000,
            "payment_intent.amount_received": 0,
            "payment_intent.currency": "eur",
            "payment_intent.latest_charge": None,
            "payment_intent.last_payment_error": None,
            "read by us as paid": False,
            "refund": "400 invalid_request_error",
            "refund: code": "",
        },
        localstripe={
            "payment_intent.amount_received": ("absent", NO_FIELD),
        },
    ),
    "refunds_in_parts": Said(
        stripe={
            "refund is": "refund re_",
            "refund.amount": 3000,
            "refund.currency": "cny",
            "refund.status": "succeeded",
            "refund.metadata": {"why": "asked"},
            "it names the payment": True,
            "one asked by charge names the payment too": True,
            "charge after the first.amount_refunded": 3000,
            "charge after the first.refunded": False,
            "charge after the first.status": "succeeded",
            "charge after both.amount_refunded": 10000,
            "charge after both.refunded": True,
            "charge after both.status": "succeeded",
            "move is": "balance_transaction txn_",
            "balance_transaction.amount": -3000,
            "balance_transaction.fee": 0,
            "balance_transaction.net": -3000,
            "balance_transaction.type": "refund",
            "balance_transaction.reporting_category": "refund",
            "move is of the refund": True,
            "another": "400 invalid_request_error",
            "another: code": "charge_already_refunded",
        },
        localstripe={
            "one asked by charge names the payment too": (
                False,
                "keeps only what was asked by; Stripe's published refund has both",
            ),
            "another": ("200", OVER),
            **no_code("another"),
        },
    ),
    "a_refund_as_the_site_asks_for_it": Said(
        stripe={
            "asked": "ok",
            "with a reason that is none": "400 invalid_request_error",
            "with a reason that is none: code": "",
        },
        localstripe={
            "asked": ("refused: InvalidRequestError", "does not know `reason`, which every refund of ours has"),
        },
    ),
    "a_refund_of_the_rest": Said(
        stripe={
            "of all": 5500,
            "of the rest": 6000,
        },
        localstripe={
            "of the rest": (10000, OVER),
        },
    ),
    "refunds_that_are_refused": Said(
        stripe={
            "of nothing": "400 invalid_request_error",
            "of nothing: code": "parameter_invalid_integer",
            "below zero": "400 invalid_request_error",
            "below zero: code": "parameter_invalid_integer",
            "of no number": "400 invalid_request_error",
            "of no number: code": "parameter_invalid_integer",
            "of no payment": "400 invalid_request_error",
            "of no payment: code": "",
            "of an unknown payment": "404 invalid_request_error",
            "of an unknown payment: code": "resource_missing",
            "of an unknown charge": "404 invalid_request_error",
            "of an unknown charge: code": "resource_missing",
            "with an unknown word": "400 invalid_request_error",
            "with an unknown word: code": "parameter_unknown",
            "refunds after all that": True,
            "of more than is left": "400 invalid_request_error",
            "of more than is left: code": "",
        },
        localstripe={
            "of more than is left": ("200", OVER),
            **no_code(
                "of nothing",
                "below zero",
                "of no number",
                "of an unknown payment",
                "of an unknown charge",
                "with an unknown word",
            ),
        },
    ),
    "a_list_of_refunds": Said(
        stripe={
            "list is": ("list", "/v1/refunds", 2, True),
            "all pages": (3, True),
            "moves are put in": "refund",
            "read by us": "ok",
            "since a moment": "200",
            "since a moment: code": "",
            "none a page": "400 invalid_request_error",
            "none a page: code": "parameter_invalid_integer",
            "too many a page": "400 invalid_request_error",
            "too many a page: code": "parameter_invalid_integer",
            "after an unknown one": "400 invalid_request_error",
            "after an unknown one: code": "resource_missing",
            "with an unknown word": "400 invalid_request_error",
            "with an unknown word: code": "parameter_unknown",
        },
        localstripe={
            "read by us": ("refused: InvalidRequestError", "does not know `failure_balance_transaction`"),
            "since a moment": ("500", "has no `created` here, and breaks down"),
            "too many a page": ("200", "takes any limit; Stripe's reference: between 1 and 100"),
            "after an unknown one": (
                "200",
                "begins anew after a cursor it does not know; Stripe refuses (stripe-go issue 1030)",
            ),
            "with an unknown word": ("500", "breaks down instead of refusing"),
            **no_code("none a page", "too many a page", "after an unknown one", "with an unknown word"),
        },
    ),
    "what_does_not_exist": Said(
        stripe={
            "payment_intents": "404 invalid_request_error",
            "payment_intents: code": "resource_missing",
            "charges": "404 invalid_request_error",
            "charges: code": "resource_missing",
            "refunds": "404 invalid_request_error",
            "refunds: code": "resource_missing",
            "customers": "404 invalid_request_error",
            "customers: code": "resource_missing",
            "subscriptions": "404 invalid_request_error",
            "subscriptions: code": "resource_missing",
            "invoices": "404 invalid_request_error",
            "invoices: code": "resource_missing",
            "setup_intents": "404 invalid_request_error",
            "setup_intents: code": "resource_missing",
            "payouts": "404 invalid_request_error",
            "payouts: code": "resource_missing",
            "balance_transactions": "404 invalid_request_error",
            "balance_transactions: code": "resource_missing",
            "events": "404 invalid_request_error",
            "events: code": "resource_missing",
            "a charge as a payment": "404 invalid_request_error",
            "a charge as a payment: code": "resource_missing",
        },
        localstripe={
            **no_code(
                "payment_intents",
                "charges",
                "refunds",
                "customers",
                "subscriptions",
                "invoices",
                "setup_intents",
                "payouts",
                "balance_transactions",
                "events",
                "a charge as a payment",
            ),
        },
    ),
    "a_payer": Said(
        stripe={
            "customer is": "customer cus_",
            "customer.email": "li@example.org",
            "customer.metadata": {"gift_ref": "g1"},
            "customer.livemode": False,
            "customer.delinquent": False,
            "customer.name": None,
            "customer.description": None,
            "the same again": True,
            "with an unknown word": "400 invalid_request_error",
            "with an unknown word: code": "parameter_unknown",
        },
        localstripe={
            **no_code("with an unknown word"),
        },
    ),
    "the_same_key_twice": Said(
        stripe={
            "the same answer": True,
            "with another request": "400 idempotency_error",
            "with another request: code": "",
        },
        localstripe={
            "the same answer": (False, IDEMPOTENCY),
            "with another request": ("200", IDEMPOTENCY),
        },
    ),
    "who_may_ask": Said(
        stripe={
            "a secret key": "200",
            "a secret key: code": "",
            "a restricted key": "200",
            "a restricted key: code": "",
            "no key": "401 invalid_request_error",
            "no key: code": "",
            "a publishable key": "401 invalid_request_error",
            "a publishable key: code": "",
        },
        localstripe={
            "a restricted key": ("401 invalid_request_error", "knows no restricted keys"),
        },
    ),
    "the_version": Said(
        stripe={
            "the answer names the version asked for": True,
        },
        localstripe={
            "the answer names the version asked for": (False, VERSION),
        },
    ),
    "a_regular_payment": Said(
        stripe={
            "subscription is": "subscription sub_",
            "invoice is": "invoice in_",
            "subscription.status": "active",
            "subscription.currency": "cny",
            "subscription.cancel_at_period_end": False,
            "subscription.canceled_at": None,
            "subscription.ended_at": None,
            "subscription.metadata": {},
            "customer is": "cus_",
            "item": ("subscription_item", "si_", 1),
            "item.price": 5000,
            "item.current_period_end": True,
            "invoice.status": "paid",
            "invoice.amount_due": 5000,
            "invoice.amount_paid": 5000,
            "invoice.amount_remaining": 0,
            "invoice.currency": "cny",
            "invoice.billing_reason": "subscription_create",
            "invoice.attempted": True,
            "invoice.attempt_count": 1,
            "invoice.total": 5000,
            "invoice.next_payment_attempt": None,
            "invoice.collection_method": "charge_automatically",
            "line": [5000],
            "it names the subscription": True,
            "its invoices": True,
            "of the same payer": True,
            "read by us": "ok",
            "its invoices read by us": "ok",
            "to pay it again": "400 invalid_request_error",
            "to pay it again: code": "",
            "to pay an unknown one": "404 invalid_request_error",
            "to pay an unknown one: code": "resource_missing",
        },
        localstripe={
            "subscription.currency": ("absent", NO_FIELD),
            "item.price": ("absent", "speaks of plans; prices replaced them in 2020"),
            "item.current_period_end": (
                False,
                "has the period on the subscription; since version 2025-03-31 it is on the items",
            ),
            "invoice.amount_remaining": ("absent", NO_FIELD),
            "invoice.billing_reason": (None, "never says why an invoice was made"),
            "read by us": ("there is no 'price'", "items without a price cannot be read by us"),
            "its invoices read by us": (
                "refused: InvalidRequestError",
                "cannot expand `payments`, new in version 2025-03-31",
            ),
            **no_code("to pay an unknown one"),
        },
    ),
    "a_regular_payment_whose_card_fails": Said(
        stripe={
            "status": "past_due",
            "invoice.status": "open",
            "invoice.amount_due": 5000,
            "invoice.amount_paid": 0,
            "invoice.attempted": True,
            "to try it again": "402 card_error",
            "to try it again: code": "card_declined",
            "invoice paid later.status": "paid",
            "invoice paid later.amount_due": 5000,
            "invoice paid later.amount_paid": 5000,
            "status after": "active",
            "invoices": 2,
        },
        localstripe={
            "to try it again": ("200", "answers as if all were well; Stripe answers with the card's error"),
            **no_code("to try it again"),
        },
    ),
    "the_end_of_a_regular_payment": Said(
        stripe={
            "subscription.status": "canceled",
            "ended_at is set": True,
            "canceled_at is set": True,
            "comment": "asked",
            "found": "canceled",
            "listed": False,
            "listed as canceled": True,
            "listed among all": True,
            "listed as ended": "200",
            "listed as ended: code": "",
            "to end it again": "404 invalid_request_error",
            "to end it again: code": "resource_missing",
            "in a state that is none": "400 invalid_request_error",
            "in a state that is none: code": "",
            "to end an unknown one": "404 invalid_request_error",
            "to end an unknown one: code": "resource_missing",
        },
        localstripe={
            "canceled_at is set": (
                False,
                "notes only ended_at; Stripe's reference: canceled_at is the day it was canceled",
            ),
            "comment": ("absent", "forgets the comment"),
            "listed as ended": ("400 invalid_request_error", "does not know this state, which Stripe's reference has"),
            "to end it again": (
                "200",
                "ends it a second time; Stripe says there is no such subscription (stripe-go issue 1887)",
            ),
            **no_code("to end it again", "to end an unknown one"),
        },
    ),
    "a_regular_payment_changes": Said(
        stripe={
            "a pause": "200",
            "a pause: code": "",
            "an end of the pause": "200",
            "an end of the pause: code": "",
            "another card": "200",
            "another card: code": "",
            "an unknown one": "404 invalid_request_error",
            "an unknown one: code": "resource_missing",
        },
        localstripe={
            "a pause": ("500", "has no `pause_collection`, and breaks down"),
            "an end of the pause": ("500", "has no `pause_collection`, and breaks down"),
            "another card": ("500", "has no `default_payment_method` here, and breaks down"),
            **no_code("an unknown one"),
        },
    ),
    "another_amount": Said(
        stripe={
            "of no number": "400 invalid_request_error",
            "of no number: code": "parameter_invalid_integer",
            "in another currency": "400 invalid_request_error",
            "in another currency: code": "",
            "of an unknown product": "400 invalid_request_error",
            "of an unknown product: code": "resource_missing",
            "of an unknown item": "400 invalid_request_error",
            "of an unknown item: code": "",
            "refusals change nothing": True,
            "changed": "200",
            "changed: code": "",
            "price": 8000,
            "the item stays": True,
            "nothing is charged now": True,
        },
        localstripe={
            **dict.fromkeys(
                (
                    "of no number",
                    "in another currency",
                    "of an unknown product",
                    "of an unknown item",
                    "changed",
                ),
                ("500", NO_PRORATION),
            ),
            "price": ("absent", "speaks of plans; prices replaced them in 2020"),
            **no_code("of no number", "of an unknown product"),
        },
    ),
    "a_list_of_invoices": Said(
        stripe={
            "listed": True,
            "since a moment": "200",
            "since a moment: code": "",
            "with an unknown word": "400 invalid_request_error",
            "with an unknown word: code": "parameter_unknown",
            "read by us": "ok",
        },
        localstripe={
            "since a moment": ("500", "has no `created` here, and breaks down"),
            "with an unknown word": ("500", "breaks down instead of refusing"),
            "read by us": ("down", "has no `created` here, and breaks down"),
            **no_code("with an unknown word"),
        },
    ),
    "a_card_on_file": Said(
        stripe={
            "setup is": "setup_intent seti_",
            "setup_intent.status": "succeeded",
            "setup_intent.usage": "off_session",
            "setup_intent.next_action": None,
            "setup_intent.payment_method_types": ["card"],
            "setup_intent.livemode": False,
            "card is": "pm_",
            "payer is": "cus_",
        },
    ),
    "events": Said(
        stripe={
            "event is": "event evt_",
            "type": "customer.created",
            "about": "customer",
            "newest first": True,
            "none before": 0,
            "some since": 1,
            "a payment is told once": 1,
            "api_version": "2026-10-28.endive",
            "around a moment": "400 invalid_request_error",
            "around a moment: code": "",
        },
        localstripe={
            "newest first": (False, "lists the oldest first; Stripe's lists begin with the newest"),
            "api_version": ("2017-08-15", VERSION),
        },
    ),
    "a_payout": Said(
        stripe={
            "payout is": "payout po_",
            "payout.status": "paid",
            "payout.type": "bank_account",
            "payout.method": "standard",
            "payout.failure_code": None,
            "payout.automatic": True,
            "payout.livemode": False,
            "balance_transaction is": "txn_",
            "listed": True,
            "since a moment": "200",
            "since a moment: code": "",
            "with its movement": "200",
            "with its movement: code": "",
            "what it carried": "200",
            "what it carried: code": "",
            "read by us": "ok",
            "recent ones read by us": "ok",
        },
        localstripe={
            "payout.automatic": (False, "makes payouts by hand only"),
            "since a moment": ("400 invalid_request_error", "has no `created` here"),
            "with its movement": ("404 invalid_request_error", "names a movement that it does not have"),
            "what it carried": ("400 invalid_request_error", "does not keep what a payout carried"),
            "read by us": ("refused: InvalidRequestError", "names a movement that it does not have"),
            "recent ones read by us": ("refused: InvalidRequestError", "has no `created` here"),
        },
    ),
}
