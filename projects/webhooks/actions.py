"""What administrators do with an endpoint. Every verb is one transaction with its audit row inside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.audit.moves import event_of
from projects.organisations.outcomes import KINDS
from projects.webhooks import outbox, sending, signing
from projects.webhooks.models import Delivery, Endpoint, Message
from projects.webhooks.states import MOVES

RIGHT = "webhooks.manage"
S = Endpoint.State
MOST_ENDPOINTS = 10
LONGEST_ADDRESS = 500
_record = audit.recorder("webhook", organisation="organisation.ref")


def register(*, organisation: Any, address: str, kinds: Sequence[str], by: Any, at: datetime) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is handed out this once.

    Refused: ``address_…``, ``kind_unknown``, ``kinds_missing``, ``too_many_endpoints``.
    """
    require(by, RIGHT, organisation=organisation, on=localtime(at).date())
    address = address.strip()
    _check_kinds(kinds)
    if len(address) > LONGEST_ADDRESS:
        raise Refused("address_too_long", _r("The address is too long."))
    sending.check_address(address)
    if Endpoint.objects.filter(organisation=organisation).exclude(state=S.ENDED).count() >= MOST_ENDPOINTS:
        raise Refused("too_many_endpoints", _r("%(most)s webhooks are the most. End one first."), most=MOST_ENDPOINTS)
    secret = signing.new_secret()
    with transaction.atomic():
        endpoint = Endpoint(
            organisation=organisation,
            address=address,
            kinds=sorted(set(kinds)),
            registered_by_ref=by.ref,
            registered_at=at,
        )
        endpoint.secret_box = signing.seal(endpoint, secret, at=at)
        endpoint.save(force_insert=True)
        _record(endpoint, "webhook.registered", by=by, at=at, facts={"kinds": endpoint.kinds})
    return endpoint, secret


def choose_kinds(endpoint: Endpoint, *, kinds: Sequence[str], by: Any, at: datetime) -> Endpoint:
    """What it is told from now on. Refused: ``kind_unknown``, ``kinds_missing``."""
    _check_kinds(kinds)
    with transaction.atomic():
        endpoint = _locked(endpoint, by, at)
        _check_not_ended(endpoint)
        endpoint.kinds = sorted(set(kinds))
        endpoint.save(update_fields=["kinds"])
        _record(endpoint, "webhook.kinds_chosen", by=by, at=at, facts={"kinds": endpoint.kinds})
    return endpoint


def rotate_secret(endpoint: Endpoint, *, by: Any, at: datetime) -> str:
    """A new secret, handed out this once. The old one signs too for a day."""
    secret = signing.new_secret()
    with transaction.atomic():
        endpoint = _locked(endpoint, by, at)
        _check_not_ended(endpoint)
        endpoint.old_secret_box, endpoint.rotated_at = endpoint.secret_box, at
        endpoint.secret_box = signing.seal(endpoint, secret, at=at)
        endpoint.save(update_fields=["secret_box", "old_secret_box", "rotated_at"])
        _record(endpoint, "webhook.secret_rotated", by=by, at=at)
    return secret


def pause(endpoint: Endpoint, *, by: Any, at: datetime) -> Endpoint:
    """Nothing is sent; what happens meanwhile is kept and told afterwards."""
    return _move(endpoint, S.PAUSED, by=by, at=at)


def resume(endpoint: Endpoint, *, by: Any, at: datetime) -> Endpoint:
    """It is told again, first what waits. What happened while it was switched off is not told."""
    return _move(endpoint, S.ACTIVE, by=by, at=at, held_until=None, disabled_at=None)


def end(endpoint: Endpoint, *, by: Any, at: datetime) -> Endpoint:
    """For good: nothing is sent any more and its secret is gone. The log stays."""
    return _move(endpoint, S.ENDED, by=by, at=at, secret_box=None, old_secret_box=None)


def send_test(endpoint: Endpoint, *, by: Any, at: datetime) -> Message:
    """A message that says nothing, to see whether it arrives. Refused: ``endpoint_not_active``."""
    with transaction.atomic():
        endpoint = _locked(endpoint, by, at)
        if endpoint.state != S.ACTIVE:
            raise Refused("endpoint_not_active", _r("Nothing is sent to this address at present."))
        message = outbox.append_test(endpoint, at=at)
        _record(endpoint, "webhook.tested", by=by, at=at, facts={"message": message.message_id})
    return message


def send_again(endpoint: Endpoint, *, message: str, by: Any, at: datetime) -> Delivery:
    """One try more at telling a message, by its reference, that was given up: the same words under the same id.

    Refused: ``endpoint_not_active``, ``message_unknown``, ``message_waiting``, ``message_taken``.
    """
    with transaction.atomic():
        endpoint = _locked(endpoint, by, at)
        if endpoint.state != S.ACTIVE:
            raise Refused("endpoint_not_active", _r("Nothing is sent to this address at present."))
        # Under the endpoint's lock: what came of a try is noted under it too.
        delivery = endpoint.deliveries.select_related("message").filter(message__ref=message).first()
        if delivery is None:
            raise Refused("message_unknown", _r("This address was never to be told that message."))
        if delivery.state == Delivery.State.WAITING:
            raise Refused("message_waiting", _r("This message is still being tried."))
        if delivery.state == Delivery.State.TAKEN:
            raise Refused("message_taken", _r("This message has arrived already."))
        delivery.state, delivery.next_at = Delivery.State.WAITING, at
        delivery.save(update_fields=["state", "next_at"])
        _record(endpoint, "webhook.sent_again", by=by, at=at, facts={"message": delivery.message.message_id})
    return delivery


def disable(endpoint: Endpoint, *, by: Any, at: datetime) -> Endpoint:
    """It took nothing for days, or says that it is gone: switched off, and staff are told. Called under its lock."""
    _change(endpoint, S.DISABLED, by=by, at=at, disabled_at=at)
    return endpoint


def _check_kinds(kinds: Sequence[str]) -> None:
    if not kinds:
        raise Refused("kinds_missing", _r("Choose at least one thing to be told."))
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise Refused("kind_unknown", _r("There is no event %(kind)s."), kind=", ".join(unknown))


def _check_not_ended(endpoint: Endpoint) -> None:
    if endpoint.state == S.ENDED:
        raise Refused("endpoint_ended", _r("This webhook has ended. Register the address anew."))


def _move(endpoint: Endpoint, state: str, *, by: Any, at: datetime, **values: Any) -> Endpoint:
    with transaction.atomic():
        endpoint = _locked(endpoint, by, at)
        _change(endpoint, state, by=by, at=at, **values)
    return endpoint


def _change(endpoint: Endpoint, state: str, *, by: Any, at: datetime, **values: Any) -> None:
    event = event_of(endpoint, state, MOVES)
    for field, value in {"state": state, **values}.items():
        setattr(endpoint, field, value)
    endpoint.save(update_fields=["state", *values])
    _record(endpoint, event, by=by, at=at)


def _locked(endpoint: Endpoint, by: Any, at: datetime) -> Endpoint:
    require(by, RIGHT, organisation=endpoint.organisation, on=localtime(at).date())
    # The row lock makes "look, then change" one step: the worker may be switching it off at this moment.
    return Endpoint.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=endpoint.pk)
