"""Opaque references: random, so that they say nothing by themselves and may stand in a URL, a log or the journal."""

from uuid import uuid4


def new_ref() -> str:
    """A fresh reference of 32 hexadecimal digits."""
    return uuid4().hex
