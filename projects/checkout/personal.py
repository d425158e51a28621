"""What payments keep about a donor: the provider's stored messages. Their personal part is blanked once, by law.

Messages are found by what they name (payments, sessions, invoices, our own references, the address); no table ties
them to a person. What is left of a message is what says which object it told of: enough to read that object again.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.checkout import pledge_desk
from projects.checkout.models import StripeEvent
from projects.checkout.stripe_client import ProviderDown, ProviderRefused
from projects.giving.models import Donor, Gift
from projects.giving.personal import Facts, Keeper, kept_by
from projects.giving.pledge_policies import CANCEL, may

# What names no person. Whatever else a message says is blanked, also what the provider may add one day.
KEPT_OF_EVENT = ("id", "object", "api_version", "created", "livemode", "type")
KEPT_OF_THING = (
    "id", "object", "amount", "amount_total", "amount_received", "amount_refunded", "currency", "created", "livemode",
    "status", "payment_status", "mode", "payment_intent", "charge", "latest_charge", "invoice", "subscription",
    "setup_intent", "balance_transaction",
)  # fmt: skip
KEPT_OF_METADATA = ("gift_ref", "pledge_ref")


def copy(donor: Donor) -> Facts:
    """Each message as it came."""
    return [
        {"received_at": row.received_at.isoformat(), "message": json.loads(bytes(row.payload))}
        for row in events_of(donor)
    ]


def prepare(donor: Donor, *, by: Any, at: datetime) -> None:
    """End the regular gifts at the provider: nobody is charged for somebody who is no longer known."""
    for pledge in donor.pledges.all():
        if not may(pledge, CANCEL):
            continue
        try:
            pledge_desk.cancel(pledge, by=by, at=at)
        except (ProviderDown, ProviderRefused) as error:
            raise Refused("pledge_runs", _r("A regular gift could not be ended yet. It is tried again.")) from error


def erase(donor: Donor, *, by: Any, at: datetime) -> None:
    for event in events_of(donor):
        blank(event, at=at)


def blank(event: StripeEvent, *, at: datetime) -> None:
    """Leave of a stored message what names no person, once."""
    if event.erased_at is None:
        left = without_person(bytes(event.payload))
        StripeEvent.objects.filter(pk=event.pk, erased_at=None).update(payload=left, signature="", erased_at=at)


def blank_if_erased(event: StripeEvent, *, at: datetime) -> None:
    """News about a gift whose donor was erased before it came: it is worked, and then blanked like the others."""
    thing = _thing(json.loads(bytes(event.payload)))
    names = [name for name in (thing.get("id"), thing.get("payment_intent")) if isinstance(name, str) and name]
    refs = [(thing.get("metadata") or {}).get("gift_ref") or ""]
    gifts = Gift.objects.filter(donor__erased_at__isnull=False)
    known = gifts.filter(provider_ref__in=names) | gifts.filter(session_ref__in=names) | gifts.filter(ref__in=refs)
    if known.exists():
        blank(event, at=at)


def without_person(payload: bytes) -> bytes:
    """A message reduced to what says of which object it told."""
    message = json.loads(payload)
    thing = _thing(message)
    left = {name: thing[name] for name in KEPT_OF_THING if isinstance(thing.get(name), str | int | bool)}
    metadata = thing.get("metadata")
    if isinstance(metadata, dict):
        left["metadata"] = {name: metadata[name] for name in KEPT_OF_METADATA if name in metadata}
    kept = {name: message[name] for name in KEPT_OF_EVENT if name in message} | {"data": {"object": left}}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def events_of(donor: Donor) -> list[StripeEvent]:
    """Every stored message, not blanked yet, that names the donor's address, a gift or a regular gift of theirs."""
    found: dict[int, StripeEvent] = {}
    for needle in _names_of(donor):
        for event in StripeEvent.objects.filter(erased_at=None).extra(where=[_holds()], params=[needle.encode()]):
            found[event.pk] = event
    return [found[pk] for pk in sorted(found)]


def register() -> None:
    kept_by(Keeper("payment_messages", copy=copy, erase=erase, prepare=prepare))


def _thing(message: dict[str, Any]) -> dict[str, Any]:
    thing = (message.get("data") or {}).get("object")
    return thing if isinstance(thing, dict) else {}


def _holds() -> str:
    """SQL: the message's bytes hold the parameter. No index helps; an erasure reads the messages, and is rare."""
    if connection.vendor == "postgresql":
        return "position(%s::bytea in payload) > 0"
    return "instr(payload, %s) > 0"


def _names_of(donor: Donor) -> Iterable[str]:
    names: set[str | None] = {donor.email}
    fields = ("ref", "provider_ref", "session_ref", "invoice_ref")
    for row in donor.gifts.values_list(*fields):
        names |= set(row)
    for row in donor.pledges.values_list("ref", "session_ref", "subscription_ref"):
        names |= set(row)
    return sorted(name for name in names if name)
