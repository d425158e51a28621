"""Telling what waits: one message to one address at a time, again after a while when it was not taken.

A try that a dying process began is made again, so an address may hear a message twice, with the same id. The order is
that of what is due, and nothing is promised about it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from projects.access.actors import WORKER
from projects.webhooks import actions, letters, sending, signing
from projects.webhooks.models import Attempt, Delivery, Endpoint
from projects.webhooks.sending import Answer

D = Delivery.State
O = Attempt.Outcome  # noqa: E741
# How long after each try comes the next: about three days in all, then the address is switched off.
WAITS = (
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=20),
)
# Nobody answered: the other messages of this address wait for so long.
HOLD = timedelta(minutes=1)
# Longer than any try takes: whoever finds a claim older than this makes the try again.
CLAIM = timedelta(minutes=5)

Post = Callable[..., Answer]


def due(*, at: datetime):
    """What could be sent now."""
    free = Q(endpoint__held_until__isnull=True) | Q(endpoint__held_until__lte=at)
    waiting = Delivery.objects.filter(free, state=D.WAITING, next_at__lte=at, endpoint__state=Endpoint.State.ACTIVE)
    return waiting.order_by("next_at", "pk")


def deliver_next(*, at: datetime, post: Post = sending.post) -> bool:
    """Send what has waited longest; False when nothing is due. No transaction is open while the other side is asked."""
    delivery = _claim(at)
    if delivery is None:
        return False
    headers = signing.headers_of(delivery.message, delivery.endpoint, at=at)
    answer = post(delivery.endpoint.address, headers=headers, body=delivery.message.body)
    _note(delivery, answer, at=at)
    return True


def _claim(at: datetime) -> Delivery | None:
    for delivery in due(at=at).select_related("message", "endpoint__organisation")[:10]:
        # The condition decides between two workers: the loser looks at the next one.
        claimed = Delivery.objects.filter(pk=delivery.pk, state=D.WAITING, next_at=delivery.next_at)
        if claimed.update(next_at=at + CLAIM):
            return delivery
    return None


@transaction.atomic
def _note(delivery: Delivery, answer: Answer, *, at: datetime) -> None:
    endpoint = (
        Endpoint.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=delivery.endpoint_id)
    )
    number = delivery.attempts.count() + 1
    Attempt.objects.create(delivery=delivery, number=number, at=at, outcome=answer.outcome, code=answer.code)
    delivery.tries = number
    if answer.outcome == O.TAKEN:
        delivery.state = D.TAKEN
        _hold(endpoint, None)
    elif number > len(WAITS):
        # Also a try more that somebody asked for (`actions.send_again`): it is one, and no new three days.
        delivery.state = D.GIVEN_UP
    else:
        delivery.next_at = at + WAITS[number - 1]
        if answer.code == 0:
            _hold(endpoint, at + HOLD)
    delivery.save(update_fields=["state", "tries", "next_at"])
    # The last try of the three days: one that was asked for later says nothing about days, and staff look at it.
    is_last = delivery.state == D.GIVEN_UP and number == len(WAITS) + 1
    if (is_last or answer.code == sending.GONE) and endpoint.state == Endpoint.State.ACTIVE:
        actions.disable(endpoint, by=WORKER, at=at)
        transaction.on_commit(lambda: letters.tell_disabled(endpoint, at=at))


def _hold(endpoint: Endpoint, until: datetime | None) -> None:
    if endpoint.held_until != until:
        endpoint.held_until = until
        endpoint.save(update_fields=["held_until"])
