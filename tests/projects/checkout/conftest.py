"""A running emulator, the site pointed at it, and hands to pay and to deliver with."""

import datetime
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from ledger import transparency
from projects.checkout import flow
from projects.checkout.emulator import back
from projects.checkout.emulator.encoding import sign
from projects.checkout.emulator.server import Emulator
from projects.checkout.emulator.webhooks import wire_text
from projects.giving.models import Gift
from tests.factories.access import BEGIN

SECRET = "whsec_emulator"
Json = dict[str, Any]


class _Stay(urllib.request.HTTPRedirectHandler):
    """Keeps the redirect for the test to look at; it leads to a site that is not running."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@dataclass
class Provider:
    """The emulator with a payer's hands."""

    emulator: Emulator

    @property
    def bank(self):
        return self.emulator.bank

    @property
    def store(self):
        return self.emulator.bank.store

    def act(self, gift: Gift, act: str) -> None:
        """Press a button on the payment page of a gift, over HTTP."""
        url = f"{self.emulator.address}/c/pay/{gift.session_ref}"
        opener = urllib.request.build_opener(_Stay())
        with pytest.raises(urllib.error.HTTPError) as answer:
            opener.open(url, data=urlencode({"act": act}).encode(), timeout=10)
        assert answer.value.code == 303
        answer.value.close()

    def events(self, *types: str) -> list[Json]:
        """Every event so far, oldest first."""
        found = list(reversed(self.store.all("event")))
        return [event for event in found if not types or event["type"] in types]

    def intent_of(self, gift: Gift) -> Json:
        session = self.store.get(gift.session_ref or "")
        assert session
        found = self.store.get(session["payment_intent"])
        assert found
        return found

    def refund(self, gift: Gift, amount: int | None = None) -> Json:
        charge = self.store.get(self.intent_of(gift)["latest_charge"])
        assert charge
        return back.give_back(self.bank, charge, amount=amount or charge["amount"], reason=None, metadata={})


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    emulator = Emulator()
    # The stories begin on a fixed day; what is signed for the webhook is signed now.
    emulator.bank.clock = BEGIN.timestamp
    thread = threading.Thread(target=emulator.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    settings.STRIPE_API_BASE = emulator.address
    settings.STRIPE_API_KEY = ""
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    yield Provider(emulator)
    emulator.shutdown()
    thread.join()
    emulator.close()


def start(gift: Gift, at=BEGIN) -> str:
    """Open the payment page of a gift."""
    return flow.start_payment(
        gift,
        title="Donation",
        description="Charity",
        success_url="http://testserver/ok",
        cancel_url="http://testserver/no",
        at=at,
    )


def post_event(client: Client, body: str, *, header: str | None = None, moment: int | None = None):
    """Deliver a body to our webhook, signed now unless a header is given."""
    header = sign(body, SECRET, moment or int(time.time())) if header is None else header
    return client.post(
        "/stripe/webhook", data=body, content_type="application/json", headers={"Stripe-Signature": header}
    )


def deliver(client: Client, *events: Json) -> None:
    """Deliver events and work each, as the worker would."""
    for event in events:
        assert post_event(client, wire_text(event)).status_code == 200
        flow.process_event(event["id"], at=BEGIN)


def settle_down(at=BEGIN) -> None:
    """What the worker does until nothing is left: number entries, sweep."""
    for second in range(1, 8):
        moment = at + datetime.timedelta(minutes=second)
        transparency.sequence(at=moment)
        flow.sweep(at=moment)
    transparency.sequence(at=moment)
