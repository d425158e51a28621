"""Who acts. A person is a `User`; everything that acts without a person is one of the actors named here.

Both carry `.ref`, which is all that the books and the audit events keep.
"""

from dataclasses import dataclass
from typing import Protocol


class Actor(Protocol):
    @property
    def ref(self) -> str: ...


@dataclass(frozen=True)
class SystemActor:
    """A part of the system that acts by its own rule. It never sees identity data and holds no role."""

    ref: str

    def __str__(self) -> str:
        return self.ref


WORKER = SystemActor("system:worker")
STRIPE = SystemActor("system:stripe")
DEMO = SystemActor("system:demo")
SETUP = SystemActor("system:setup")
