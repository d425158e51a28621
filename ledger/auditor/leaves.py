"""One leaf: are its bytes the canonical ones, and does it have the shape of an entry or a notice?

Canonical means: parsed and encoded again, the very same bytes come out. So no leaf can be read in two ways.
"""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from ledger.core.canonical import canonical_bytes
from ledger.core.leaves import VERSION
from ledger.core.rules import CODE, REFERENCE

_HASH = re.compile(r"[0-9a-f]{64}\Z")
_ENTRY = {"book", "doc", "key", "kind", "lines", "on", "seal", "v"}
_ENTRY_MORE = {"commitment", "covers", "facts", "holes", "reverses", "uses"}
_NOTICE = {"book", "facts", "notice", "on", "seal", "v"}


class NotCanonical(ValueError):
    """The bytes are not those that the value has."""


def parse(leaf: bytes) -> dict[str, Any]:
    """The value of a leaf's bytes. ``NotCanonical`` when other bytes would say the same."""
    try:
        value = json.loads(leaf.decode("utf-8"))
        again = canonical_bytes(value)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(str(error)) from None
    if again != leaf or not isinstance(value, dict):
        raise NotCanonical
    return value


def is_day(text: Any) -> bool:
    """Whether this is a day of the calendar, written year-month-day."""
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_hash(text: Any) -> bool:
    return isinstance(text, str) and _HASH.match(text) is not None


def _is_code(text: Any) -> bool:
    return isinstance(text, str) and CODE.match(text) is not None


def _is_line(line: Any) -> bool:
    return (
        isinstance(line, list)
        and len(line) == 5
        and _is_code(line[0])
        and all(isinstance(line[n], str) for n in (1, 2, 4))
        and isinstance(line[3], int)
    )


def _is_stretch(part: Any, words: int) -> bool:
    return (
        isinstance(part, list)
        and len(part) == words + 2
        and all(isinstance(word, str) for word in part[:words])
        and all(isinstance(unit, int) for unit in part[words:])
        and 0 <= part[-2] < part[-1]
    )


def _are_stretches(value: Any, words: int) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_stretch(part, words) for part in value)


def fault_of(value: dict[str, Any]) -> str:
    """Which part of a leaf is not as the format says; empty when all are."""
    names = set(value)
    needed = _NOTICE if "notice" in value else _ENTRY
    allowed = needed if needed is _NOTICE else needed | _ENTRY_MORE
    if missing := needed - names:
        return min(missing)
    if strange := names - allowed:
        return min(strange)
    if "facts" in value and not value["facts"] and needed is _ENTRY:
        return "facts"
    return next((name for name in sorted(names) if not _TESTS[name](value[name])), "")


def _is_document(doc: Any) -> bool:
    return (
        isinstance(doc, list)
        and len(doc) == 2
        and all(isinstance(part, str) for part in doc)
        and REFERENCE.match(doc[1]) is not None
    )


# What each part of a leaf must be.
_TESTS: dict[str, Callable[[Any], bool]] = {
    "v": lambda v: bool(v == VERSION),
    "book": _is_code,
    "on": is_day,
    "seal": _is_hash,
    "facts": lambda v: isinstance(v, dict),
    "notice": lambda v: isinstance(v, str),
    "kind": lambda v: isinstance(v, str),
    "key": _is_hash,
    "commitment": _is_hash,
    "doc": _is_document,
    "lines": lambda v: isinstance(v, list) and 0 < len(v) <= 200 and all(map(_is_line, v)),
    "reverses": lambda v: isinstance(v, int) and v >= 0,
    "uses": lambda v: _are_stretches(v, 2) and all(part[1] in ("SPEND", "SKIP") for part in v),
    "holes": lambda v: _are_stretches(v, 1),
    "covers": lambda v: _are_stretches(v, 1),
}
