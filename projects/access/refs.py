"""Opaque references: random, so that they say nothing by themselves and may stand in a URL, a log or the journal."""

import secrets
from uuid import uuid4

_HALF = 16


def new_ref() -> str:
    """A fresh reference of 32 hexadecimal digits."""
    return uuid4().hex


def new_refs(count: int) -> list[str]:
    """Many of them, from one question to the system."""
    digits = secrets.token_hex(_HALF * count)
    return [digits[start : start + 2 * _HALF] for start in range(0, len(digits), 2 * _HALF)]
