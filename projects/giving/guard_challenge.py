"""A challenge that needs no third party: a little work for the browser, or half a minute of waiting without script.

The work is a hash with leading zero bits over a token that we signed. A person with a screen reader, or without script,
sends the form again after `WAIT_SECONDS`. A token is bound to the asker's address and to the form, and serves once.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.core import signing

from projects.access.refs import new_ref

SALT = "giving.guard.challenge"
BITS = 14
WAIT_SECONDS = 25
LIFE_SECONDS = 30 * 60


@dataclass(frozen=True)
class Solved:
    """The challenge's own number, where it was solved; empty where it was not."""

    nonce: str = ""

    def __bool__(self) -> bool:
        return bool(self.nonce)


def new_challenge(*, scope: str, at: datetime) -> str:
    """A signed token; `scope` names who asks and for what, already hashed."""
    return signing.dumps({"n": new_ref(), "s": scope, "t": int(at.timestamp())}, salt=SALT)


def solved(token: str, answer: str, *, scope: str, at: datetime) -> Solved:
    """Whether a token of ours was worked on or waited for."""
    try:
        told = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return Solved()
    age = int(at.timestamp()) - int(told["t"])
    if told["s"] != scope or not 0 <= age <= LIFE_SECONDS:
        return Solved()
    return Solved(told["n"]) if age >= WAIT_SECONDS or _worked(token, answer) else Solved()


def _worked(token: str, answer: str) -> bool:
    if not answer.isascii() or not answer.isdigit() or len(answer) > 12:
        return False
    digest = hashlib.sha256(f"{token}:{answer}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - BITS) == 0
