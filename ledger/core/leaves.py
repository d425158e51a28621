"""Leaf bytes: what the public log says of an entry or a notice. Golden vectors fix every byte.

Version 1. Public are: book, kind, day, opaque document, the hashed idempotency key, postings, the stretches of the
funds' lines it took, allowed facts, and two hashes. ``commitment`` binds the private facts of a person (deleting the
person's key closes it for ever); ``seal`` binds the journal's own columns that are not public: the exact moment, who
recorded it, the key, the input. The entry's id holds 58 random bits and is not published,
nor is the moment, so the seal cannot be guessed open.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from ledger.core.canonical import canonical_bytes

VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 in UTC (a float would round)."""
    gone = moment - _EPOCH
    return (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """A journal entry with everything its leaf needs. Stretches are (fund, kind or '', start, stop)."""

    entry_id: UUID
    book: str
    kind: str
    effective_on: date
    recorded_at: datetime
    recorded_by: str
    idempotency_key: str
    input_hash: bytes
    document_kind: str
    document_ref: str
    facts: Mapping[str, Any]
    commitment: bytes | None
    reverses_index: int | None
    lines: Sequence[tuple[str, str, str, int, str]]
    uses: Sequence[tuple[str, str, int, int]] = field(default=())
    holes: Sequence[tuple[str, int, int]] = field(default=())
    covers: Sequence[tuple[str, int, int]] = field(default=())


def seal_of(entry: SealedEntry) -> str:
    """SHA-256 (hex) over the journal's own columns that stay private."""
    return hashlib.sha256(
        canonical_bytes(
            {
                "at": microseconds(entry.recorded_at),
                "by": entry.recorded_by,
                "id": entry.entry_id.hex,
                "input": entry.input_hash.hex(),
                "key": entry.idempotency_key,
            }
        )
    ).hexdigest()


def entry_leaf(entry: SealedEntry) -> bytes:
    """The leaf bytes of a journal entry."""
    leaf: dict[str, Any] = {
        "book": entry.book,
        "doc": [entry.document_kind, entry.document_ref],
        "key": hashlib.sha256(entry.idempotency_key.encode()).hexdigest(),
        "kind": entry.kind,
        "lines": [list(line) for line in entry.lines],
        "on": entry.effective_on.isoformat(),
        "seal": seal_of(entry),
        "v": VERSION,
    }
    if entry.facts:
        leaf["facts"] = dict(entry.facts)
    if entry.commitment is not None:
        leaf["commitment"] = entry.commitment.hex()
    if entry.reverses_index is not None:
        leaf["reverses"] = entry.reverses_index
    for name in ("uses", "holes", "covers"):
        stretches = getattr(entry, name)
        if stretches:
            leaf[name] = [list(stretch) for stretch in stretches]
    return canonical_bytes(leaf)


@dataclass(frozen=True, slots=True)
class SealedNotice:
    """A public fact without postings."""

    notice_id: UUID
    book: str
    kind: str
    effective_on: date
    recorded_at: datetime
    recorded_by: str
    idempotency_key: str
    facts: Mapping[str, Any]


def notice_leaf(notice: SealedNotice) -> bytes:
    """The leaf bytes of a notice."""
    seal = hashlib.sha256(
        canonical_bytes(
            {
                "at": microseconds(notice.recorded_at),
                "by": notice.recorded_by,
                "id": notice.notice_id.hex,
                "key": notice.idempotency_key,
            }
        )
    ).hexdigest()
    return canonical_bytes(
        {
            "book": notice.book,
            "facts": dict(notice.facts),
            "notice": notice.kind,
            "on": notice.effective_on.isoformat(),
            "seal": seal,
            "v": VERSION,
        }
    )
