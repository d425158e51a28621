"""Delivering events: signed, in order as far as possible, again and again until they are taken."""

import json
import threading
import time
import urllib.error
import urllib.request

from projects.checkout.emulator.encoding import sign
from projects.checkout.emulator.store import Store

# Seconds to wait after the first, second, … refusal; the last one repeats until the event is three days old.
WAITS = (1, 2, 5, 15, 30, 60)
TOO_OLD = 3 * 24 * 3600


class Deliverer(threading.Thread):
    """One thread that empties the outbox."""

    def __init__(self, store: Store, url: str, secret: str, *, pause: float = 0.2) -> None:
        super().__init__(daemon=True, name="webhooks")
        self.store, self.url, self.secret, self.pause = store, url, secret, pause
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.wait(self.pause):
            self.deliver_due()

    def deliver_due(self) -> int:
        """Try every event whose time has come; how many were taken."""
        taken = 0
        for event, attempts in self.store.due(time.time()):
            if send(event, self.url, self.secret) or time.time() - event["created"] > TOO_OLD:
                self.store.delivered(event["id"])
                taken += 1
            else:
                wait = WAITS[min(attempts, len(WAITS) - 1)]
                self.store.postpone(event["id"], attempts + 1, time.time() + wait)
        return taken

    def stop(self) -> None:
        """End after the current event."""
        self.stopping.set()


def wire_text(event: dict[str, object]) -> str:
    """An event as it goes over the wire; the signature is over exactly this text."""
    return json.dumps(event, indent=2, ensure_ascii=False)


def send(event: dict[str, object], url: str, secret: str) -> bool:
    """Post one event; True when the receiver answered with a 2xx."""
    body = wire_text(event)
    request = urllib.request.Request(
        url,
        data=body.encode(),
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (emulator)",
            "Stripe-Signature": sign(body, secret, int(time.time())),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return 200 <= answer.status < 300
    except (urllib.error.URLError, OSError):
        return False
