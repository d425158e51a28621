"""Our payment emulator and localstripe, which is not ours, driven by the same tests through the official client.

localstripe (GPL) runs as a process of its own, for these tests only. It knows no payment pages, disputes or payouts,
and no `reason` of a refund; what both implement is tried on both. How a payment begins differs (a page here, a
confirmed intent there), so each has its own `pay`; everything after it is one test.
"""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import stripe

from projects.checkout import facts, stripe_client
from projects.checkout.emulator.server import Emulator
from projects.checkout.stripe_client import API_VERSION

SERVE = "from aiohttp import web; from localstripe.server import app; web.run_app(app, host='127.0.0.1', port={port})"
GOOD_CARD, BAD_CARD = "4242424242424242", "4000000000000341"


@dataclass
class Peer:
    """A running server, the official client, and how somebody pays there. `pay` gives the payment's id."""

    client: stripe.StripeClient
    address: str
    pay: Callable[[int], str]
    fail: Callable[[int], str]


def speak_to(address: str) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_x", base_addresses={"api": address}, stripe_version=API_VERSION)


@pytest.fixture(scope="module")
def ours() -> Iterator[Peer]:
    emulator = Emulator()
    thread = threading.Thread(target=emulator.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    client = speak_to(emulator.address)

    def at_the_page(amount: int, act: Callable[..., Any]) -> str:
        price: Any = {"currency": "cny", "unit_amount": amount, "product_data": {"name": "Gift"}}
        page = client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "success_url": "http://site.example/ok",
                "line_items": [{"quantity": 1, "price_data": price}],
            }
        )
        act(emulator.bank.store.get(page.id))
        return str(emulator.bank.store.get(page.id)["payment_intent"])

    yield Peer(
        client,
        emulator.address,
        lambda amount: at_the_page(amount, emulator.bank.pay),
        lambda amount: at_the_page(amount, emulator.bank.decline),
    )
    emulator.shutdown()
    thread.join()
    emulator.close()


@pytest.fixture(scope="module")
def localstripe() -> Iterator[Peer]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    program = subprocess.Popen([sys.executable, "-c", SERVE.format(port=port)], **quiet)
    client = speak_to(f"http://127.0.0.1:{port}")

    def confirmed(amount: int, number: str) -> str:
        card: Any = {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}}
        method = client.v1.payment_methods.create(card)
        # A card that is declined answers with an error; the payment stands there all the same, unpaid.
        intent = client.v1.payment_intents.create({"amount": amount, "currency": "cny", "payment_method": method.id})
        try:
            client.v1.payment_intents.confirm(intent.id)
        except stripe.CardError:
            assert number == BAD_CARD
        return intent.id

    try:
        wait_for(port, program)
        yield Peer(
            client,
            f"http://127.0.0.1:{port}",
            lambda amount: confirmed(amount, GOOD_CARD),
            lambda amount: confirmed(amount, BAD_CARD),
        )
    finally:
        program.terminate()
        program.wait(timeout=10)


def wait_for(port: int, program: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert program.poll() is None, "localstripe ended by itself"
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("localstripe did not begin to listen")


@pytest.fixture(params=["ours", "localstripe"])
def peer(request, settings) -> Peer:
    """Each of the two in turn, and our own `stripe_client` pointed at it."""
    found: Peer = request.getfixturevalue(request.param)
    settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = found.address, ""
    return found


def test_a_paid_payment_says_what_our_reader_asks(peer):
    payment = stripe_client.read_intent(peer.pay(100_00))
    assert payment.paid
    assert (payment.amount_minor, payment.currency) == (100_00, "CNY")


def test_a_declined_payment_is_not_paid(peer):
    intent_id = peer.fail(100_00)
    assert not stripe_client.read_intent(intent_id).paid
    assert peer.client.v1.payment_intents.retrieve(intent_id).status == "requires_payment_method"


def test_a_payment_names_its_charge_and_the_charge_names_it(peer):
    intent_id = peer.pay(30_00)
    charge_id = peer.client.v1.payment_intents.retrieve(intent_id).latest_charge
    charge = peer.client.v1.charges.retrieve(charge_id if isinstance(charge_id, str) else charge_id.id)
    assert (charge.payment_intent, charge.amount, charge.status, charge.paid) == (intent_id, 30_00, "succeeded", True)
    assert (charge.amount_refunded, charge.refunded) == (0, False)


def test_refunds_in_parts_add_up_on_the_charge(peer):
    intent_id = peer.pay(100_00)
    for amount in (30_00, 70_00):
        made = peer.client.v1.refunds.create({"payment_intent": intent_id, "amount": amount})
        assert facts.refund_of(made.to_dict()).amount_minor == amount
    charge = peer.client.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]}).latest_charge
    assert (charge.amount_refunded, charge.refunded) == (100_00, True)


def test_the_refunds_of_one_payment_are_listed_and_no_others(peer):
    one, other = peer.pay(10_00), peer.pay(20_00)
    mine = peer.client.v1.refunds.create({"payment_intent": one, "amount": 4_00})
    peer.client.v1.refunds.create({"payment_intent": other, "amount": 5_00})
    listed = peer.client.v1.refunds.list({"payment_intent": one}).data
    assert [(refund.id, refund.amount, refund.status) for refund in listed] == [(mine.id, 4_00, "succeeded")]


def test_a_refund_without_an_amount_is_of_the_whole(peer):
    assert peer.client.v1.refunds.create({"payment_intent": peer.pay(55_00)}).amount == 55_00


def test_what_was_never_paid_cannot_be_refunded(peer):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        peer.client.v1.refunds.create({"payment_intent": peer.fail(10_00)})
    assert refused.value.http_status == 400


@pytest.mark.parametrize("kind", ["payment_intents", "charges", "refunds", "subscriptions", "setup_intents"])
def test_what_does_not_exist_is_not_found(peer, kind):
    prefix = {"payment_intents": "pi", "charges": "ch", "refunds": "re", "subscriptions": "sub"}.get(kind, "seti")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        getattr(peer.client.v1, kind).retrieve(f"{prefix}_none")
    assert missing.value.http_status == 404


def test_an_unknown_word_is_refused_and_nothing_is_refunded(peer):
    intent_id = peer.pay(10_00)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        peer.client.v1.refunds.create({"payment_intent": intent_id, "colour": "red"})
    assert refused.value.http_status == 400
    assert peer.client.v1.refunds.list({"payment_intent": intent_id}).data == []
