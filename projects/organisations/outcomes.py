"""Outcomes that an organisation may want to hear of elsewhere: what each is called, and what it may say.

Whoever brings an outcome about tells it here, inside the transaction that does it: what is rolled back was never told.
Who listens (`webhooks`) stands higher on the shelf and registers itself. No word about a person is ever part of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Kind:
    """``facts`` is an allow-list: references, codes and amounts in minor units."""

    label: Any
    facts: frozenset[str]


def _kind(label: Any, *facts: str) -> Kind:
    return Kind(label, frozenset({"project", "amount_minor", "currency", *facts}))


KINDS: dict[str, Kind] = {
    "gift.received": _kind(_("A gift is in the books"), "gift", "channel"),
    "gift.refunded": _kind(_("A gift went back to the donor, whole or in part"), "gift", "refund"),
    "gift.refund_returned": _kind(_("A refund came back: the donor's bank did not take it"), "gift", "refund"),
    "gift.withdrawn": _kind(_("A bank took a gift in a dispute"), "gift", "dispute"),
    "gift.reinstated": _kind(_("A bank gave a disputed gift back"), "gift", "dispute"),
    "match.added": _kind(_("A match was added to a gift"), "match", "pool", "gift"),
    "match.released": _kind(_("A match was released"), "match", "pool", "gift", "release"),
    "payout.made": _kind(_("The bank confirmed a payout"), "payout", "award"),
    "payout.returned": _kind(_("A payout came back"), "payout", "award"),
}


@dataclass(frozen=True)
class Outcome:
    """Something that has happened to a thing of an organisation."""

    kind: str
    at: datetime
    facts: Mapping[str, str | int | None]

    def __post_init__(self) -> None:
        unknown = set(self.facts) - KINDS[self.kind].facts
        wrong = {name for name, value in self.facts.items() if not isinstance(value, str | int | None)}
        if unknown or wrong:
            raise ValueError(f"{self.kind} may not tell {sorted(unknown | wrong)}.")


# Gets the organisation's id and outcomes to be made only if somebody listens there.
Listener = Callable[[int, Iterable[Outcome]], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """From now on the listener hears of every outcome. Called while the site starts."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(organisation_id: int, kind: str, *, at: datetime, **facts: str | int | None) -> None:
    """Say that something has happened, in the transaction in which it does."""
    tell_many(organisation_id, [Outcome(kind, at, facts)])


def tell_many(organisation_id: int, outcomes: Iterable[Outcome]) -> None:
    """Say it of very many things of one organisation. Nobody listens: nothing is made."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("An outcome is told in the transaction that brings it about.")
    for listener in _listeners:
        listener(organisation_id, outcomes)
