"""The payment emulator and localstripe, which is not ours, driven by the same calls of the official client.

Each story is told by both and held against what Stripe's documentation says (`stripe_says`). Calls of the site that
localstripe does not have are listed here, and are really not there.
"""

import inspect
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from projects.checkout import billing_client, stripe_client
from projects.checkout.emulator import shapes
from tests.architecture import source
from tests.conformance import stripe_peers, stripe_stories
from tests.conformance.stripe_peers import Localstripe, Ours, Peer, Receiver
from tests.conformance.stripe_says import SAYS

# What the site asks for and localstripe cannot answer: the call, and a request of it.
NOT_THERE = {
    "checkout.sessions.create": ("post", "/v1/checkout/sessions"),
    "checkout.sessions.retrieve": ("get", "/v1/checkout/sessions/cs_test_1"),
    "checkout.sessions.expire": ("post", "/v1/checkout/sessions/cs_test_1/expire"),
    "disputes.list": ("get", "/v1/disputes"),
    "invoice_payments.list": ("get", "/v1/invoice_payments"),
}
# Told by both after somebody registered, and after a payment. Stripe tells more than localstripe does.
TOLD = ("customer.created", "payment_intent.succeeded")


@pytest.fixture(scope="module")
def receivers() -> Iterator[dict[str, Receiver]]:
    with stripe_peers.receiving() as one, stripe_peers.receiving() as other:
        yield {Ours.name: one, Localstripe.name: other}


@pytest.fixture(scope="module")
def emulator(receivers, tmp_path_factory) -> Iterator[Ours]:
    with stripe_peers.emulator(receivers["ours"], tmp_path_factory.mktemp("emulator") / "state.sqlite3") as peer:
        yield peer


@pytest.fixture(scope="module")
def localstripe(receivers, tmp_path_factory) -> Iterator[Localstripe]:
    with stripe_peers.localstripe(receivers["localstripe"], tmp_path_factory.mktemp("localstripe")) as peer:
        yield peer


@pytest.fixture(params=["emulator", "localstripe"])
def peer(request, settings) -> Peer:
    """Each of the two in turn, and the site's own client pointed at it."""
    found: Peer = request.getfixturevalue(request.param)
    settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = found.address, ""
    return found


@pytest.mark.parametrize("story", stripe_stories.STORIES, ids=lambda story: story.__name__)
def test_both_say_what_stripe_says_but_for_listed_differences(peer, story):
    said = SAYS[story.__name__]
    differs = said.localstripe if peer.name == Localstripe.name else {}
    assert story(peer) == said.stripe | {name: value for name, (value, _reason) in differs.items()}


def test_a_listed_difference_is_one_and_has_its_reason():
    assert set(SAYS) == {story.__name__ for story in stripe_stories.STORIES}
    for name, said in SAYS.items():
        for fact, (value, reason) in said.localstripe.items():
            assert fact in said.stripe, (name, fact)
            assert value != said.stripe[fact], (name, fact)
            assert reason


def test_every_call_of_the_site_is_driven_or_listed_as_not_there():
    asked = calls_in(stripe_client.__file__) | calls_in(billing_client.__file__)
    driven = calls_in(stripe_stories.__file__)
    assert "refunds.create" in asked
    assert asked - driven == set(NOT_THERE)


def calls_in(path: str) -> set[str]:
    with open(path) as file:
        return set(re.findall(r"\.v1\.([a-z_]+(?:\.[a-z_]+)+)\(", file.read()))


@pytest.mark.parametrize("call", NOT_THERE)
def test_what_localstripe_does_not_have_is_not_there(localstripe, call):
    with pytest.raises(stripe.StripeError) as missing:
        ask(localstripe, *NOT_THERE[call])
    # Not "no such thing", which would be an answer of the API, but no such address.
    assert (missing.value.http_status, missing.value.http_body) == (404, "404: Not Found")


@pytest.mark.parametrize("call", NOT_THERE)
def test_what_localstripe_does_not_have_the_emulator_has(emulator, call):
    told = ""
    try:
        ask(emulator, *NOT_THERE[call])
    except stripe.InvalidRequestError as refused:
        told = str(refused)
    assert "Unrecognized request URL" not in told


def test_an_address_that_is_none_is_refused_in_stripes_words(emulator):
    with pytest.raises(stripe.InvalidRequestError) as missing:
        ask(emulator, "get", "/v1/nonsense")
    assert missing.value.http_status == 404
    assert str(missing.value).endswith("Unrecognized request URL (GET: /v1/nonsense).")


def ask(peer: Peer, method: str, path: str) -> Any:
    return peer.speaking("sk_test_conformance").raw_request(method, path)


def test_webhooks_of_both_are_taken_by_our_reader(peer, receivers, settings):
    settings.STRIPE_WEBHOOK_SECRET = stripe_peers.SECRET
    payer, payment = peer.v1.customers.create({"email": "li@example.org"}).id, peer.pay(10_00)
    body, signature = arrived(receivers[peer.name], payer, payment)
    with pytest.raises(stripe_client.BadSignature):
        stripe_client.read_message(body.replace(b"li@example.org", b"xi@example.org"), signature)
    settings.STRIPE_WEBHOOK_SECRET = "whsec_another"
    with pytest.raises(stripe_client.BadSignature):
        stripe_client.read_message(body, signature)


def arrived(receiver: Receiver, payer: str, payment: str) -> tuple[bytes, str]:
    """Wait until both are told, read everything; the message about the payer as it came."""
    wanted = dict(zip(TOLD, (payer, payment), strict=True))
    found: dict[str, tuple[bytes, str]] = {}
    for _ in range(300):
        for body, signature in list(receiver.taken):
            message = stripe_client.read_message(body, signature)
            assert message.event_id.startswith("evt_")
            if wanted.get(message.type) == message.thing["id"]:
                found[message.type] = (body, signature)
        if len(found) == len(wanted):
            return found[TOLD[0]]
        time.sleep(0.1)
    raise AssertionError(f"only told of {sorted(found)}")


def test_a_declined_card_is_not_asked_again_under_the_same_key(emulator):
    """Stripe keeps the answer of whatever began to run, also a refusal. localstripe keeps none."""
    subscription_id = emulator.subscribe(50_00)
    emulator.next_fails(subscription_id)
    bill = str(emulator.v1.subscriptions.retrieve(subscription_id).latest_invoice)
    key: Any = {"idempotency_key": f"pay:{bill}"}
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            emulator.v1.invoices.pay(bill, {}, key)
        emulator.mend(subscription_id)
    assert emulator.v1.invoices.retrieve(bill).attempt_count == 2
    assert emulator.v1.invoices.pay(bill).status == "paid"


def test_the_emulator_has_the_shapes_of_the_version_that_the_site_asks_for():
    assert shapes.API_VERSION == stripe_client.API_VERSION


def test_every_code_of_the_emulator_is_one_that_stripe_publishes():
    """The official client lists them, from Stripe's OpenAPI description."""
    text = inspect.getsource(stripe.PaymentIntent.LastPaymentError)
    listed = re.search(r"^ *code: Optional\[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    assert listed
    published = set(re.findall(r'"(\w+)"', listed[1]))
    assert {"resource_missing", "card_declined"} <= published
    assert "invalid_request_error" not in published
    used = set()
    for path in source.python_files("projects/checkout/emulator"):
        used |= set(re.findall(r'(?:\bcode=|"code": )"(\w+)"', path.read_text()))
    assert "charge_already_refunded" in used
    assert used <= published


def test_localstripe_is_no_part_of_the_site_or_of_its_tests_environment():
    for name in ("base", "dev", "bench"):
        assert "localstripe" not in (source.BASE / f"requirements/{name}.txt").read_text(), name
    importing = re.compile(r"^\s*(?:import|from) localstripe\b", re.MULTILINE)
    for path in source.python_files(*source.RINGS, "tests"):
        text = path.read_text().replace(stripe_peers.SERVE, "")
        assert not importing.search(text), path
