"""Canonical bytes: the one encoding that is hashed (RFC 8785, under a restriction that makes it simple).

Only objects with ASCII keys, lists, text and whole numbers below 2**53 are admitted. Under that restriction the
standard library's ``json.dumps`` with sorted keys gives RFC 8785's bytes; a property test holds it against ``rfc8785``.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
from typing import Any

LARGEST_INTEGER = 2**53 - 1
# A leaf's length is written as a big-endian uint16 in the public entry bundles (c2sp.org/tlog-tiles).
LARGEST_LEAF = 65_535


def check_canonical(value: Any) -> None:
    """Raise ``ValueError`` for anything whose canonical bytes would not be certain."""
    if isinstance(value, str):
        value.encode("utf-8")  # a lone surrogate has no bytes
    elif isinstance(value, bool) or value is None or isinstance(value, float):
        raise ValueError(f"{type(value).__name__} has no canonical form here")
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise ValueError("the integer is not below 2**53")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise ValueError("keys must be ASCII text")
            # What most facts are needs no call of its own.
            if not (item.__class__ is str and item.isascii()):
                check_canonical(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_canonical(item)
    else:
        raise ValueError(f"{type(value).__name__} has no canonical form here")


# One encoder for all: making one costs as much as a small value.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical_text(value: Any) -> str:
    """The canonical text of a value that was checked already, or that is made of checked parts."""
    return _encode(value)


def facts_text(facts: Mapping[str, Any]) -> str:
    """The canonical text of facts that were checked already. Those of most entries are one of a handful of words."""
    if len(facts) == 1:
        ((name, value),) = facts.items()
        if value.__class__ is str:
            return _one_word(name, value)
    return _encode(dict(facts)) if facts else "{}"


@lru_cache(1_000)
def _one_word(name: str, value: str) -> str:
    return _encode({name: value})


def canonical_bytes(value: Any) -> bytes:
    """The canonical UTF-8 bytes of a restricted JSON value."""
    if value.__class__ is dict and (flat := _flat(value)):
        return flat.encode("utf-8")
    check_canonical(value)
    return _encode(value).encode("utf-8")


def _flat(facts: dict[str, Any]) -> str:
    """The canonical text of an object of texts and whole numbers, as most are, checked and written in one go; else
    nothing. A property test holds it to the encoder.
    """
    parts = []
    try:
        for key in sorted(facts):
            value = facts[key]
            if value.__class__ is str:
                parts.append(f"{_key(key)}:{_quoted(value)}")
            elif value.__class__ is int and -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
                parts.append(f"{_key(key)}:{value}")
            else:
                return ""
    except (TypeError, AttributeError):  # a key that is no text: who checks it says so
        return ""
    return f"{{{','.join(parts)}}}"


@lru_cache(1_000)
def _key(name: str) -> str:
    if not name.isascii():
        raise ValueError("keys must be ASCII text")
    return _quoted(name)
