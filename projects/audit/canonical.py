"""The one encoding that is hashed: sorted keys, no spaces, UTF-8, moments in UTC with microseconds."""

import datetime
import hashlib
import json
from typing import Any
from uuid import UUID

VERSION = 1
EVENT_FIELDS = (
    "ref",
    "at",
    "by_ref",
    "event",
    "subject_kind",
    "subject_ref",
    "organisation_ref",
    "reason",
    "facts",
)
READ_FIELDS = (
    "ref",
    "at",
    "by_ref",
    "role",
    "organisation_ref",
    "purpose",
    "subject_kind",
    "subject_ref",
    "fields",
)


def plain(value: Any) -> Any:
    """The value in JSON's plain types. A float has no canonical form and is a mistake here."""
    match value:
        case bool() | int() | str():
            # Choices are strings of a subclass; the stored and the hashed form are the bare string.
            return str(value) if isinstance(value, str) else value
        case datetime.datetime():
            return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")
        case datetime.date():
            return value.isoformat()
        case UUID():
            return str(value)
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {str(key): plain(item) for key, item in value.items() if item is not None}
    raise TypeError(f"{type(value).__name__} cannot stand in an audit row: {value!r}")


def row_digest(row: Any, names: tuple[str, ...]) -> str:
    """The hash of a row's own content."""
    content = {name: plain(getattr(row, name)) for name in names} | {"v": VERSION}
    encoded = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return hashlib.sha256(encoded).hexdigest()


def link_hash(prev_hash: str, position: int, digest: str) -> str:
    """The hash of a link: everything before it, its place, its row."""
    return hashlib.sha256(f"{prev_hash}:{position}:{digest}".encode()).hexdigest()
