"""The payment emulator and localstripe, each a process of its own, and a payer's hands for both.

localstripe is under GPL: its program runs in a virtual environment of its own (`make setup-localstripe`), and nothing
here imports it. How a payment begins differs, a page here and a confirmed intent there; what follows is one story.
"""

import contextlib
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import stripe

from projects.checkout.stripe_client import API_VERSION
from tests import needs
from tests.architecture.source import BASE

SECRET = "whsec_conformance"
# Its own command listens at every address and wants IPv6, and its state would go into one file of the whole machine.
SERVE = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
GOOD_CARD, BAD_CARD = "4242424242424242", "4000000000000341"
Json = dict[str, Any]


class Peer:
    """A server that answers as Stripe would, and what somebody does there. ``name`` says which one it is."""

    name = ""

    def __init__(self, address: str) -> None:
        self.address = address
        self.v1 = self.speaking("sk_test_conformance").v1

    def speaking(self, key: str) -> stripe.StripeClient:
        """The official client, as the site makes it, but without a second try: a refusal is looked at."""
        return stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": self.address},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=20),
        )

    def post(self, path: str, **fields: str) -> None:
        """Press a button."""
        with urllib.request.urlopen(self.address + path, data=urlencode(fields).encode(), timeout=20) as answer:
            answer.read()

    def pay(self, amount: int) -> str:
        """A payment that succeeds; its id."""
        raise NotImplementedError

    def fail(self, amount: int) -> str:
        """A payment whose card is declined; its id."""
        raise NotImplementedError

    def promise(self, amount: int) -> str:
        """A payment that nobody has paid yet and no card was tried for; its id."""
        raise NotImplementedError

    def subscribe(self, amount: int) -> str:
        """A regular payment each month, the first one paid; its id."""
        raise NotImplementedError

    def next_fails(self, subscription_id: str) -> None:
        """The next period begins, and the card is declined."""
        raise NotImplementedError

    def mend(self, subscription_id: str) -> None:
        """The card works again."""
        raise NotImplementedError

    def put_card_on_file(self) -> str:
        """A card taken without a payment; the id of its setup."""
        raise NotImplementedError

    def pay_out(self) -> str:
        """Money sent to the bank and arrived; the payout's id."""
        raise NotImplementedError


class Ours(Peer):
    """The emulator: payers use its pages, time and banks obey its dashboard."""

    name = "ours"

    def pay(self, amount: int) -> str:
        return self._at_the_page(amount, "pay")

    def fail(self, amount: int) -> str:
        return self._at_the_page(amount, "decline")

    def promise(self, amount: int) -> str:
        payer = self.v1.customers.create({}).id
        transfer = {"type": "eu_bank_transfer", "eu_bank_transfer": {"country": "DE"}}
        return self._at_the_page(
            amount, "promise", currency="eur", customer=payer, payment_method_types=["customer_balance"],
            payment_method_options={"customer_balance": {"funding_type": "bank_transfer", "bank_transfer": transfer}},
        )  # fmt: skip

    def subscribe(self, amount: int) -> str:
        page = self._page(amount, mode="subscription", recurring={"interval": "month"}, customer_email="li@example.org")
        self.post(f"/c/pay/{page}", act="pay")
        return str(self.v1.checkout.sessions.retrieve(page).subscription)

    def next_fails(self, subscription_id: str) -> None:
        self.post(f"/dashboard/{subscription_id}/spoil")
        self.post(f"/dashboard/{subscription_id}/charge")

    def mend(self, subscription_id: str) -> None:
        self.post(f"/dashboard/{subscription_id}/mend")

    def put_card_on_file(self) -> str:
        asked: Any = {"mode": "setup", "currency": "cny", "success_url": f"{self.address}/health"}
        page = self.v1.checkout.sessions.create(asked | {"customer": self.v1.customers.create({}).id}).id
        self.post(f"/c/pay/{page}", act="pay")
        return str(self.v1.checkout.sessions.retrieve(page).setup_intent)

    def pay_out(self) -> str:
        self.pay(100_00)
        self.post("/dashboard/balance/payout")
        return self.v1.payouts.list({"limit": 1}).data[0].id

    def _page(self, amount: int, *, mode: str = "payment", currency: str = "cny", recurring: Any = None, **more) -> str:
        price: Json = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Gift"}}
        price |= {"recurring": recurring} if recurring else {}
        asked: Any = {"mode": mode, "success_url": f"{self.address}/health", **more}
        return self.v1.checkout.sessions.create(asked | {"line_items": [{"quantity": 1, "price_data": price}]}).id

    def _at_the_page(self, amount: int, act: str, **more: Any) -> str:
        page = self._page(amount, **more)
        self.post(f"/c/pay/{page}", act=act)
        return str(self.v1.checkout.sessions.retrieve(page).payment_intent)


class Localstripe(Peer):
    """localstripe: it has no pages, so cards are made and intents confirmed over its API."""

    name = "localstripe"

    def pay(self, amount: int) -> str:
        return self._confirmed(amount, GOOD_CARD)

    def fail(self, amount: int) -> str:
        return self._confirmed(amount, BAD_CARD)

    def promise(self, amount: int) -> str:
        return self.v1.payment_intents.create({"amount": amount, "currency": "eur"}).id

    def subscribe(self, amount: int) -> str:
        payer = self.v1.customers.create({"email": "li@example.org"}).id
        self._default_card(payer, GOOD_CARD)
        made: Any = {"customer": payer, "items": [{"plan": self._plan(amount, "month")}]}
        return self.v1.subscriptions.create(made).id

    def next_fails(self, subscription_id: str) -> None:
        made: Any = self.v1.subscriptions.retrieve(subscription_id)
        self._default_card(made.customer, BAD_CARD)
        # Its time does not pass: only a plan of another interval makes another invoice, less what was paid before.
        plan = self._plan(made.plan.amount * 2, "year")
        with contextlib.suppress(stripe.CardError):
            self.v1.subscriptions.update(subscription_id, {"items": [{"id": "si_x", "plan": plan}]})

    def mend(self, subscription_id: str) -> None:
        self._default_card(str(self.v1.subscriptions.retrieve(subscription_id).customer), GOOD_CARD)

    def put_card_on_file(self) -> str:
        intent = self.v1.setup_intents.create({"customer": self.v1.customers.create({}).id})
        return self.v1.setup_intents.confirm(intent.id, {"payment_method": self._card(GOOD_CARD)}).id

    def pay_out(self) -> str:
        # It knows no balance: a payout is made by hand, in euro, and is told its state.
        made: Any = {"amount": 100_00, "currency": "eur", "status": "paid"}
        return self.v1.payouts.create(made).id

    def _card(self, number: str) -> str:
        card: Any = {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}}
        return self.v1.payment_methods.create(card).id

    def _default_card(self, payer: str, number: str) -> None:
        card = self.v1.payment_methods.attach(self._card(number), {"customer": payer}).id
        self.v1.customers.update(payer, {"invoice_settings": {"default_payment_method": card}})

    def _plan(self, amount: int, interval: Any) -> str:
        asked: Any = {"amount": amount, "currency": "cny", "interval": interval, "product": {"name": "Regular"}}
        return self.v1.plans.create(asked).id

    def _confirmed(self, amount: int, number: str) -> str:
        asked: Any = {"amount": amount, "currency": "cny", "payment_method": self._card(number)}
        intent = self.v1.payment_intents.create(asked)
        # A card that is declined answers with an error; the payment stands there all the same, unpaid.
        with contextlib.suppress(stripe.CardError):
            self.v1.payment_intents.confirm(intent.id)
        return intent.id


class Receiver(ThreadingHTTPServer):
    """Takes the webhooks of one peer as they come over the wire: the body and its signature."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.address = f"http://127.0.0.1:{self.server_address[1]}/"
        self.taken: list[tuple[bytes, str]] = []


class _Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((body, self.headers["Stripe-Signature"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield receiver
    receiver.shutdown()
    thread.join()
    receiver.server_close()


@contextlib.contextmanager
def emulator(receiver: Receiver, data: Path) -> Iterator[Ours]:
    """The emulator as `make demo` starts it."""
    port = free_port()
    words = ["-m", "projects.checkout.emulator", "--port", str(port), "--data", str(data)]
    words += ["--public", f"http://127.0.0.1:{port}", "--webhook", receiver.address, "--secret", SECRET]
    with running([sys.executable, *words], port, BASE):
        yield Ours(f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def localstripe(receiver: Receiver, folder: Path) -> Iterator[Localstripe]:
    """localstripe from its own environment, which sees nothing of ours (`-I`)."""
    port = free_port()
    with running([str(needs.localstripe()), "-I", "-c", SERVE, str(port)], port, folder):
        peer = Localstripe(f"http://127.0.0.1:{port}")
        peer.post("/_config/webhooks/conformance", url=receiver.address, secret=SECRET)
        yield peer


@contextlib.contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """A program, from the moment it listens to the end of the test."""
    program = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            assert program.poll() is None, f"{command[0]} ended by itself"
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            raise AssertionError(f"{command[0]} did not begin to listen")
        yield
    finally:
        program.terminate()
        program.wait(timeout=10)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
