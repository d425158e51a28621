"""Commitments: a gift's private facts, bound to its entry, without being in it.

``commitment = HMAC-SHA-256(salt, canonical(facts))`` with ``salt = HMAC-SHA-256(person's random key, document_ref)``.
Deleting the person's key makes all of the person's commitments unopenable and unlinkable and changes no leaf.
"""

import hmac
from typing import Any

from ledger.core.canonical import canonical_bytes


def commitment_salt(person_key: bytes, document_ref: str) -> bytes:
    """The salt of one document of one person: 32 bytes."""
    return hmac.digest(person_key, document_ref.encode("ascii"), "sha256")


def commit(salt: bytes, facts: dict[str, Any]) -> bytes:
    """The commitment to some private facts: 32 bytes."""
    return hmac.digest(salt, canonical_bytes(facts), "sha256")


def opens(commitment: bytes, salt: bytes, facts: dict[str, Any]) -> bool:
    """Whether these facts under this salt are what was committed to."""
    return hmac.compare_digest(commitment, commit(salt, facts))
