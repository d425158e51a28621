"""The shape of a story: what a reader is told about one gift, already in words and already cut to the audience.

`stories.py` builds these values from `ledger.trace` and the people's side; templates only lay them out. The parts of a
step add up to the step, and used + left + refunded add up to what was given.
"""

import datetime
import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One share of a step: a household under its pseudonym, or several shown together."""

    label: str
    detail: str
    amount_minor: int


@dataclass(frozen=True)
class Step:
    """One thing that happened to the money, or (not `done`) that is still to happen."""

    kind: str  # gift | match | used | paid | acknowledged | left | refund | released
    title: str
    detail: str = ""
    amount_minor: int | None = None
    added: bool = False  # a match comes on top: its amount carries a plus
    on: datetime.date | None = None
    position: int | None = None
    entry_id: uuid.UUID | None = None
    parts: tuple[Part, ...] = ()
    done: bool = True

    @property
    def tone(self) -> str:
        return {"gift": "gift", "match": "match", "used": "jade", "paid": "jade", "acknowledged": "jade",
                "refund": "ink", "released": "ink"}.get(self.kind, "left")  # fmt: skip


@dataclass(frozen=True)
class GiftStory:
    """Everything one audience is told about one gift, read at one position of the published log."""

    headline: str
    currency: str
    given_minor: int
    matched_minor: int
    used_minor: int
    left_minor: int
    refunded_minor: int
    steps: tuple[Step, ...]
    position: int | None
    root_hex: str
