"""Outcomes become messages, in the transaction that brings them about: none is lost, and none told before its time."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from projects.organisations.outcomes import Outcome
from projects.webhooks.models import Delivery, Endpoint, Message
from projects.webhooks.states import LISTENING

BATCH = 1000
TEST = "endpoint.test"


def append(organisation_id: int, outcomes: Iterable[Outcome]) -> None:
    """A message for each outcome that somebody wants, and its way to each of them. Nobody listens: nothing is made."""
    endpoints = list(Endpoint.objects.filter(organisation_id=organisation_id, state__in=LISTENING).only("id", "kinds"))
    if not endpoints:
        return
    wanted = {kind for endpoint in endpoints for kind in endpoint.kinds}
    heard = (outcome for outcome in outcomes if outcome.kind in wanted)
    for batch in _batches(heard):
        messages = Message.objects.bulk_create(
            Message(
                organisation_id=organisation_id,
                kind=outcome.kind,
                body=body_of(outcome.kind, outcome.facts, outcome.at),
                at=outcome.at,
            )
            for outcome in batch
        )
        Delivery.objects.bulk_create(
            Delivery(message=message, endpoint=endpoint, next_at=message.at)
            for message in messages
            for endpoint in endpoints
            if message.kind in endpoint.kinds
        )


def append_test(endpoint: Endpoint, *, at: datetime) -> Message:
    """A message that says nothing, to one endpoint alone."""
    body = body_of(TEST, {"endpoint": endpoint.ref}, at)
    message = Message.objects.create(organisation=endpoint.organisation, kind=TEST, body=body, at=at)
    Delivery.objects.create(message=message, endpoint=endpoint, next_at=at)
    return message


def body_of(kind: str, facts: Mapping[str, Any], at: datetime) -> str:
    """The message as it is signed and sent: type, moment and data, as the Standard Webhooks specification has it."""
    moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": moment, "data": dict(facts)}, separators=(",", ":"))


def _batches(outcomes: Iterator[Outcome]) -> Iterator[Sequence[Outcome]]:
    while batch := list(islice(outcomes, BATCH)):
        yield batch
