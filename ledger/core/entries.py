"""Drafts: entries that are not written yet. A draft cannot exist unbalanced or faulty."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from ledger.core.canonical import canonical_text
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.core.rules import faults


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to be: a positive amount inside one fund, from the account credited to the account debited."""

    fund: str
    debit: str
    credit: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One business event as balanced postings. Raises ``Refused("draft_faulty")`` naming every fault.

    ``facts`` are public (keys allowed per kind), ``commitment`` binds private facts, ``reverses`` names an entry.
    """

    book: str
    kind: str
    effective_on: date
    document_kind: str
    document_ref: str
    lines: tuple[Line, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    commitment: bytes | None = None
    reverses: UUID | None = None

    def __post_init__(self) -> None:
        found = faults(self)
        if found:
            raise Refused("draft_faulty", _("This entry cannot be posted: %(faults)s."), faults="; ".join(found))

    def input_hash(self) -> bytes:
        """SHA-256 over everything the draft says: two drafts are the same input when these 32 bytes are."""
        value: dict[str, Any] = {
            "book": self.book,
            "doc": [self.document_kind, self.document_ref],
            "facts": dict(self.facts),
            "kind": self.kind,
            "lines": [[x.fund, x.debit, x.credit, x.amount_minor, x.currency] for x in self.lines],
            "on": self.effective_on.isoformat(),
        }
        if self.commitment is not None:
            value["commitment"] = self.commitment.hex()
        if self.reverses is not None:
            value["reverses"] = self.reverses.hex
        # Whoever made the draft has checked its facts; all else is text and whole numbers by its rules.
        return hashlib.sha256(canonical_text(value).encode()).digest()

    def with_lines(self, lines: tuple[Line, ...], facts: Mapping[str, Any]) -> "Draft":
        """The same event with other postings and facts (checked anew)."""
        return replace(self, lines=lines, facts=facts)


def mirrored(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines of a reversal: the same amounts with the sides exchanged."""
    return tuple(replace(line, debit=line.credit, credit=line.debit) for line in lines)
