"""Opaque references: random, so that they say nothing by themselves and may stand in a URL, a log or the journal."""

import secrets
from uuid import uuid4

_HALF = 16


def new_ref() -> str:
    """A fresh reference of 32 hexadecimal digits."""
    return uuid4().hex


def new_refs(count: int) -> list[str]:
    """References of things that are written together, as many as asked: a random half of their own behind a random half
    that they share, so that they lie together in every index. That they came together their places say anyway.
    """
    shared, digits = secrets.token_hex(_HALF // 2), secrets.token_hex(_HALF // 2 * count)
    return [shared + digits[start : start + _HALF] for start in range(0, len(digits), _HALF)]
