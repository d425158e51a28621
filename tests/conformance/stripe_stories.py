"""What is done with both servers, call by call as the site makes them, and what each story looks at.

A story answers with named facts. What Stripe's documentation says of each stands in `test_localstripe.py`.
"""

from collections.abc import Callable
from typing import Any

import stripe

from projects.checkout import billing_client, stripe_client
from tests.conformance.stripe_peers import Peer

Facts = dict[str, Any]
STORIES: list[Callable[[Peer], Facts]] = []
ABSENT = "absent"
LATEST: Any = {"expand": ["latest_charge.balance_transaction"]}


def story(tell: Callable[[Peer], Facts]) -> Callable[[Peer], Facts]:
    """Puts a story on the list."""
    STORIES.append(tell)
    return tell


def kind(thing: Any) -> str:
    """What a thing says it is, and what its id says."""
    return f"{thing.object} {prefix(thing.id)}"


def prefix(thing_id: str) -> str:
    return thing_id.rsplit("_", 1)[0] + "_"


def shown(thing: Any, *names: str, under: str = "") -> Facts:
    """The fields of a thing by name, each under the name of the thing."""
    values = thing.to_dict()
    return {f"{under or thing.object}.{name}": values.get(name, ABSENT) for name in names}


def answer(ask: Callable[[], Any], name: str) -> Facts:
    """How a request ends: `200`, or HTTP status and type of the refusal; and its code, empty where it has none."""
    try:
        ask()
    except stripe.StripeError as error:
        body: Any = error.json_body if isinstance(error.json_body, dict) else {}
        told = body.get("error") or {}
        return {name: f"{error.http_status} {told.get('type', '')}".strip(), f"{name}: code": told.get("code", "")}
    return {name: "200", f"{name}: code": ""}


def ours(ask: Callable[[], Any], name: str) -> Facts:
    """How a question of the site's own client ends: `ok`, or the trouble it makes of the answer."""
    try:
        ask()
    except stripe_client.ProviderRefused as refused:
        return {name: f"refused: {refused.code}"}
    except stripe_client.ProviderDown:
        return {name: "down"}
    except KeyError as missing:
        return {name: f"there is no {missing}"}
    return {name: "ok"}


# --- Payments ---------------------------------------------------------------------------------------------------------


@story
def a_paid_payment(peer: Peer) -> Facts:
    intent: Any = peer.v1.payment_intents.retrieve(peer.pay(100_00), LATEST)
    charge, move = intent.latest_charge, intent.latest_charge.balance_transaction
    read = stripe_client.read_intent(intent.id)
    alone: Any = peer.v1.charges.retrieve(charge.id)
    return {
        "intent is": kind(intent),
        "charge is": kind(charge),
        "move is": kind(move),
        **shown(intent, "amount", "amount_received", "currency", "status"),
        **shown(intent, "last_payment_error", "next_action", "livemode"),
        **shown(charge, "amount", "amount_captured", "currency", "status", "paid", "captured", "amount_refunded"),
        **shown(charge, "refunded", "disputed", "failure_code", "livemode"),
        **shown(move, "amount", "currency", "type", "reporting_category", "status", "exchange_rate"),
        "move.net is amount less fee": move.net == move.amount - move.fee,
        "a fee was taken": move.fee > 0,
        "they name each other": (charge.payment_intent, move.source) == (intent.id, charge.id),
        "the charge alone is the same": (alone.amount, alone.status) == (charge.amount, charge.status),
        "read by us": (read.paid, read.amount_minor, read.currency),
    }


@story
def a_payment_as_it_is_without_expanding(peer: Peer) -> Facts:
    intent = peer.v1.payment_intents.retrieve(peer.pay(30_00))
    charge_id = intent.latest_charge if isinstance(intent.latest_charge, str) else str(intent.latest_charge.id)
    move_id = peer.v1.charges.retrieve(charge_id).balance_transaction
    move = peer.v1.balance_transactions.retrieve(str(move_id))
    return {
        "latest_charge is": type(intent.latest_charge).__name__,
        "balance_transaction is": type(move_id).__name__,
        "move": (kind(move), move.amount, move.type),
    }


@story
def a_declined_payment(peer: Peer) -> Facts:
    intent: Any = peer.v1.payment_intents.retrieve(peer.fail(100_00), LATEST)
    charge, error = intent.latest_charge, intent.last_payment_error.to_dict()
    return {
        **shown(intent, "amount", "amount_received", "status"),
        **shown(charge, "status", "paid", "captured", "failure_code", "balance_transaction", "refunded"),
        "error.code": error["code"],
        "error.type": error.get("type", ABSENT),
        "error.charge is the charge": error["charge"] == charge.id,
        "read by us as paid": stripe_client.read_intent(intent.id).paid,
        **answer(lambda: peer.v1.refunds.create({"payment_intent": intent.id}), "refund"),
        **answer(lambda: peer.v1.refunds.create({"charge": charge.id}), "refund of the charge"),
    }


@story
def a_payment_nobody_has_tried(peer: Peer) -> Facts:
    intent = peer.v1.payment_intents.retrieve(peer.promise(100_00))
    return {
        **shown(intent, "amount", "amount_received", "currency", "latest_charge", "last_payment_error"),
        "read by us as paid": stripe_client.read_intent(intent.id).paid,
        **answer(lambda: peer.v1.refunds.create({"payment_intent": intent.id}), "refund"),
    }


# --- Refunds ----------------------------------------------------------------------------------------------------------


@story
def refunds_in_parts(peer: Peer) -> Facts:
    intent_id = peer.pay(100_00)
    part = peer.v1.refunds.create({"payment_intent": intent_id, "amount": 30_00, "metadata": {"why": "asked"}})
    half: Any = peer.v1.payment_intents.retrieve(intent_id, LATEST).latest_charge
    rest = peer.v1.refunds.create({"charge": half.id, "amount": 70_00})
    whole: Any = peer.v1.charges.retrieve(half.id)
    move: Any = peer.v1.refunds.retrieve(part.id, {"expand": ["balance_transaction"]}).balance_transaction
    return {
        "refund is": kind(part),
        **shown(part, "amount", "currency", "status", "metadata"),
        "it names the payment": (part.payment_intent, part.charge) == (intent_id, half.id),
        "one asked by charge names the payment too": rest.payment_intent == intent_id,
        **shown(half, "amount_refunded", "refunded", "status", under="charge after the first"),
        **shown(whole, "amount_refunded", "refunded", "status", under="charge after both"),
        "move is": kind(move),
        **shown(move, "amount", "fee", "net", "type", "reporting_category"),
        "move is of the refund": move.source == part.id,
        **answer(lambda: peer.v1.refunds.create({"payment_intent": intent_id}), "another"),
    }


@story
def a_refund_as_the_site_asks_for_it(peer: Peer) -> Facts:
    intent_id = peer.pay(100_00)
    asked = ours(lambda: stripe_client.refund(intent_id=intent_id, amount_minor=10_00, key=f"r:{intent_id}"), "asked")
    words: Any = {"payment_intent": intent_id, "amount": 1_00, "reason": "because"}
    return asked | answer(lambda: peer.v1.refunds.create(words), "with a reason that is none")


@story
def a_refund_of_the_rest(peer: Peer) -> Facts:
    whole = peer.v1.refunds.create({"payment_intent": peer.pay(55_00)})
    intent_id = peer.pay(100_00)
    peer.v1.refunds.create({"payment_intent": intent_id, "amount": 40_00})
    return {"of all": whole.amount, "of the rest": peer.v1.refunds.create({"payment_intent": intent_id}).amount}


@story
def refunds_that_are_refused(peer: Peer) -> Facts:
    intent_id = peer.pay(100_00)
    other = peer.v1.refunds.create({"payment_intent": intent_id, "amount": 60_00})

    def refund(**words: Any) -> Callable[[], Any]:
        return lambda: peer.v1.refunds.create(words)

    told = {
        **answer(refund(payment_intent=intent_id, amount=0), "of nothing"),
        **answer(refund(payment_intent=intent_id, amount=-5), "below zero"),
        **answer(refund(payment_intent=intent_id, amount="much"), "of no number"),
        **answer(refund(amount=1_00), "of no payment"),
        **answer(refund(payment_intent="pi_none"), "of an unknown payment"),
        **answer(refund(charge="ch_none"), "of an unknown charge"),
        **answer(refund(payment_intent=intent_id, colour="red"), "with an unknown word"),
    }
    told["refunds after all that"] = [one.id for one in peer.v1.refunds.list({"payment_intent": intent_id}).data] == [
        other.id
    ]
    return told | answer(refund(payment_intent=intent_id, amount=50_00), "of more than is left")


# --- Lists ------------------------------------------------------------------------------------------------------------


@story
def a_list_of_refunds(peer: Peer) -> Facts:
    one, another = peer.pay(10_00), peer.pay(20_00)
    mine = {peer.v1.refunds.create({"payment_intent": one, "amount": amount}).id for amount in (1_00, 2_00, 3_00)}
    peer.v1.refunds.create({"payment_intent": another, "amount": 5_00})
    listed = peer.v1.refunds.list({"payment_intent": one, "limit": 2})
    expanded: Any = peer.v1.refunds.list({"payment_intent": one, "expand": ["data.balance_transaction"]}).data[0]
    paged = [refund.id for refund in listed.auto_paging_iter()]
    since: Any = {"created": {"gte": 1_600_000_000}, "limit": 1}
    return {
        "list is": (listed.object, listed.url, len(listed.data), listed.has_more),
        "all pages": (len(paged), set(paged) == mine),
        "moves are put in": expanded.balance_transaction.type,
        "read by us": ours(lambda: stripe_client.read_refunds(one), "asked")["asked"],
        **answer(lambda: peer.v1.refunds.list(since), "since a moment"),
        **answer(lambda: peer.v1.refunds.list({"payment_intent": one, "limit": 0}), "none a page"),
        **answer(lambda: peer.v1.refunds.list({"payment_intent": one, "limit": 101}), "too many a page"),
        **answer(lambda: peer.v1.refunds.list({"starting_after": "re_none"}), "after an unknown one"),
        **answer(lambda: peer.v1.refunds.list({"colour": "red"}), "with an unknown word"),
    }


@story
def what_does_not_exist(peer: Peer) -> Facts:
    found: Facts = {}
    for name, thing_id in {
        "payment_intents": "pi_none", "charges": "ch_none", "refunds": "re_none", "customers": "cus_none",
        "subscriptions": "sub_none", "invoices": "in_none", "setup_intents": "seti_none", "payouts": "po_none",
        "balance_transactions": "txn_none", "events": "evt_none",
    }.items():  # fmt: skip
        found |= answer(lambda name=name, one=thing_id: getattr(peer.v1, name).retrieve(one), name)
    charge = peer.v1.payment_intents.retrieve(peer.pay(1_00)).latest_charge
    charge_id = charge if isinstance(charge, str) else str(charge.id)
    return found | answer(lambda: peer.v1.payment_intents.retrieve(charge_id), "a charge as a payment")


# --- Customers, keys, doors -------------------------------------------------------------------------------------------


@story
def a_payer(peer: Peer) -> Facts:
    made = peer.v1.customers.create({"email": "li@example.org", "metadata": {"gift_ref": "g1"}})
    again = peer.v1.customers.retrieve(made.id)
    words: Any = {"colour": "red"}
    return {
        "customer is": kind(made),
        **shown(made, "email", "metadata", "livemode", "delinquent", "name", "description"),
        "the same again": (again.id, again.email) == (made.id, made.email),
        **answer(lambda: peer.v1.customers.create(words), "with an unknown word"),
    }


@story
def the_same_key_twice(peer: Peer) -> Facts:
    key: Any = {"idempotency_key": f"key:{peer.pay(1_00)}"}
    first = peer.v1.customers.create({"email": "li@example.org"}, key)
    second = peer.v1.customers.create({"email": "li@example.org"}, key)
    return {
        "the same answer": first.id == second.id,
        **answer(lambda: peer.v1.customers.create({"email": "other@example.org"}, key), "with another request"),
    }


@story
def who_may_ask(peer: Peer) -> Facts:
    def with_key(key: str) -> Callable[[], Any]:
        return lambda: peer.speaking(key).v1.refunds.list()

    return {
        **answer(with_key("sk_test_another"), "a secret key"),
        **answer(with_key("rk_test_another"), "a restricted key"),
        **answer(with_key("nonsense"), "no key"),
        **answer(with_key("pk_test_another"), "a publishable key"),
    }


@story
def the_version(peer: Peer) -> Facts:
    answered: Any = peer.v1.customers.create({}).last_response
    return {
        "the answer names the version asked for": answered.headers.get("Stripe-Version") == stripe_client.API_VERSION
    }


# --- Regular payments -------------------------------------------------------------------------------------------------


@story
def a_regular_payment(peer: Peer) -> Facts:
    made: Any = peer.v1.subscriptions.retrieve(peer.subscribe(50_00))
    item, bill = made.to_dict()["items"]["data"][0], peer.v1.invoices.retrieve(str(made.latest_invoice))
    listed = peer.v1.invoices.list({"subscription": made.id})
    parent: Any = bill.parent
    return {
        "subscription is": kind(made),
        "invoice is": kind(bill),
        **shown(made, "status", "currency", "cancel_at_period_end", "canceled_at", "ended_at", "metadata"),
        "customer is": prefix(made.customer),
        "item": (item["object"], prefix(item["id"]), item["quantity"]),
        "item.price": (item.get("price") or {}).get("unit_amount", ABSENT),
        "item.current_period_end": "current_period_end" in item,
        **shown(bill, "status", "amount_due", "amount_paid", "amount_remaining", "currency", "billing_reason"),
        **shown(bill, "attempted", "attempt_count", "total", "next_payment_attempt", "collection_method"),
        "line": [line.amount for line in bill.lines.data],
        "it names the subscription": parent.subscription_details.subscription == made.id,
        "its invoices": [one.id for one in listed.data] == [bill.id],
        "of the same payer": bill.customer == made.customer,
        "read by us": ours(lambda: billing_client.read_subscription(made.id), "read")["read"],
        "its invoices read by us": ours(lambda: billing_client.read_invoices(made.id), "read")["read"],
        **answer(lambda: peer.v1.invoices.pay(bill.id), "to pay it again"),
        **answer(lambda: peer.v1.invoices.pay("in_none"), "to pay an unknown one"),
    }


@story
def a_regular_payment_whose_card_fails(peer: Peer) -> Facts:
    subscription_id = peer.subscribe(50_00)
    peer.next_fails(subscription_id)
    failed: Any = peer.v1.subscriptions.retrieve(subscription_id)
    bill_id = str(failed.latest_invoice)
    bill = peer.v1.invoices.retrieve(bill_id)
    tried = answer(lambda: peer.v1.invoices.pay(bill_id), "to try it again")
    peer.mend(subscription_id)
    paid = peer.v1.invoices.pay(bill_id)
    return {
        "status": failed.status,
        **shown(bill, "status", "amount_due", "amount_paid", "attempted"),
        **tried,
        **shown(paid, "status", "amount_due", "amount_paid", under="invoice paid later"),
        "status after": peer.v1.subscriptions.retrieve(subscription_id).status,
        "invoices": len(peer.v1.invoices.list({"subscription": subscription_id}).data),
    }


@story
def the_end_of_a_regular_payment(peer: Peer) -> Facts:
    subscription_id = peer.subscribe(50_00)
    words: Any = {"cancellation_details": {"comment": "asked"}, "prorate": False, "invoice_now": False}
    ended: Any = peer.v1.subscriptions.cancel(subscription_id, words)
    again = answer(lambda: peer.v1.subscriptions.cancel(subscription_id), "to end it again")

    def listed(**asked: Any) -> bool:
        found = peer.v1.subscriptions.list({"customer": ended.customer, **asked})
        return subscription_id in [one.id for one in found.data]

    nonsense: Any = {"status": "nonsense"}
    return {
        **shown(ended, "status"),
        "ended_at is set": ended.ended_at is not None,
        "canceled_at is set": ended.canceled_at is not None,
        "comment": (ended.to_dict().get("cancellation_details") or {}).get("comment", ABSENT),
        "found": peer.v1.subscriptions.retrieve(subscription_id).status,
        "listed": listed(),
        "listed as canceled": listed(status="canceled"),
        "listed among all": listed(status="all"),
        **answer(lambda: listed(status="ended"), "listed as ended"),
        **again,
        **answer(lambda: peer.v1.subscriptions.list(nonsense), "in a state that is none"),
        **answer(lambda: peer.v1.subscriptions.cancel("sub_none"), "to end an unknown one"),
    }


@story
def a_regular_payment_changes(peer: Peer) -> Facts:
    """With the words that `billing_client` sends."""
    made: Any = peer.v1.subscriptions.retrieve(peer.subscribe(50_00))
    card = peer.v1.setup_intents.retrieve(peer.put_card_on_file()).payment_method
    void: Any = {"pause_collection": {"behavior": "void"}}
    other: Any = {"default_payment_method": str(card)}
    unknown: Any = {"metadata": {"a": "b"}}
    return {
        **answer(lambda: peer.v1.subscriptions.update(made.id, void), "a pause"),
        **answer(lambda: peer.v1.subscriptions.update(made.id, {"pause_collection": ""}), "an end of the pause"),
        **answer(lambda: peer.v1.subscriptions.update(made.id, other), "another card"),
        **answer(lambda: peer.v1.subscriptions.update("sub_none", unknown), "an unknown one"),
    }


@story
def another_amount(peer: Peer) -> Facts:
    """What a regular payment costs from its next period on, changed and refused with the words of `billing_client`."""
    made: Any = peer.v1.subscriptions.retrieve(peer.subscribe(50_00)).to_dict()
    item, before = made["items"]["data"][0], made["latest_invoice"]
    price = item.get("price") or item["plan"]

    def change(item_id: str = item["id"], **words: Any) -> Callable[[], Any]:
        asked = {"currency": "cny", "unit_amount": 80_00, "product": price["product"]}
        asked |= {"recurring": {"interval": "month"}} | words
        items: Any = [{"id": item_id, "price_data": asked}]
        return lambda: peer.v1.subscriptions.update(made["id"], {"items": items, "proration_behavior": "none"})

    refused = {
        **answer(change(unit_amount="much"), "of no number"),
        **answer(change(currency="usd"), "in another currency"),
        **answer(change(product="prod_none"), "of an unknown product"),
        **answer(change(item_id="si_none"), "of an unknown item"),
    }
    after_refusals = peer.v1.subscriptions.retrieve(made["id"]).to_dict()["items"]["data"][0]
    changed = answer(change(), "changed")
    now: Any = peer.v1.subscriptions.retrieve(made["id"]).to_dict()
    return {
        **refused,
        "refusals change nothing": after_refusals == item,
        **changed,
        "price": (now["items"]["data"][0].get("price") or {}).get("unit_amount", ABSENT),
        "the item stays": now["items"]["data"][0]["id"] == item["id"],
        "nothing is charged now": now["latest_invoice"] == before,
    }


@story
def a_list_of_invoices(peer: Peer) -> Facts:
    """As the sweep asks."""
    subscription_id = peer.subscribe(50_00)
    bill = str(peer.v1.subscriptions.retrieve(subscription_id).latest_invoice)

    def listed(**asked: Any) -> bool:
        return bill in [one.id for one in peer.v1.invoices.list({"limit": 100, **asked}).data]

    return {
        "listed": listed(),
        **answer(lambda: listed(created={"gte": 1_600_000_000}), "since a moment"),
        **answer(lambda: listed(colour="red"), "with an unknown word"),
        "read by us": ours(lambda: billing_client.recent_invoices(1_600_000_000), "read")["read"],
    }


@story
def a_card_on_file(peer: Peer) -> Facts:
    made: Any = peer.v1.setup_intents.retrieve(peer.put_card_on_file())
    return {
        "setup is": kind(made),
        **shown(made, "status", "usage", "next_action", "payment_method_types", "livemode"),
        "card is": prefix(made.payment_method),
        "payer is": prefix(made.customer),
    }


# --- Events and payouts -----------------------------------------------------------------------------------------------


@story
def events(peer: Peer) -> Facts:
    first, second = (peer.v1.customers.create({"metadata": {"n": n}}).id for n in "12")
    every = peer.v1.events.list({"type": "customer.created", "limit": 100}).auto_paging_iter()
    told = [one for one in every if one.data.object["id"] in (first, second)]
    one = peer.v1.events.retrieve(told[0].id)
    of_the_payment = peer.pay(1_00)
    paid = peer.v1.events.list({"type": "payment_intent.succeeded", "limit": 100}).auto_paging_iter()
    return {
        "event is": kind(one),
        "type": one.type,
        "about": one.data.object["object"],
        "newest first": [found.data.object["id"] for found in told] == [second, first],
        "none before": len(peer.v1.events.list({"created": {"lt": 1_600_000_000}}).data),
        "some since": len(peer.v1.events.list({"created": {"gte": 1_600_000_000}, "limit": 1}).data),
        "a payment is told once": [found.data.object["id"] for found in paid].count(of_the_payment),
        "api_version": one.api_version,
        **answer(lambda: peer.v1.events.list({"created": {"around": 1}}), "around a moment"),
    }


@story
def a_payout(peer: Peer) -> Facts:
    made = peer.v1.payouts.retrieve(peer.pay_out())
    since: Any = {"created": {"gte": 1_600_000_000}}
    own: Any = {"expand": ["balance_transaction"]}
    within: Any = {"payout": made.id}
    return {
        "payout is": kind(made),
        **shown(made, "status", "type", "method", "failure_code", "automatic", "livemode"),
        "balance_transaction is": prefix(str(made.balance_transaction)),
        "listed": made.id in [one.id for one in peer.v1.payouts.list({"limit": 100}).data],
        **answer(lambda: peer.v1.payouts.list(since), "since a moment"),
        **answer(lambda: peer.v1.payouts.retrieve(made.id, own), "with its movement"),
        **answer(lambda: peer.v1.balance_transactions.list(within), "what it carried"),
        "read by us": ours(lambda: stripe_client.read_payout(made.id), "read")["read"],
        "recent ones read by us": ours(lambda: stripe_client.recent_payouts(1_600_000_000), "read")["read"],
    }
