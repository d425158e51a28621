"""Drafts: entries that are not written yet. A draft cannot exist unbalanced or faulty."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID

from ledger.core.canonical import facts_text
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
        return hashlib.sha256(self.input_text().encode()).digest()

    def input_text(self) -> str:
        """What is hashed: canonical JSON, written with its keys in order (a property test holds it to the encoder).

        Whoever made the draft has checked its facts; all else is text and whole numbers by its rules.
        """
        text = encode_basestring
        lines = ",".join(
            f"[{text(x.fund)},{text(x.debit)},{text(x.credit)},{x.amount_minor},{text(x.currency)}]" for x in self.lines
        )
        commitment = "" if self.commitment is None else f'"commitment":"{self.commitment.hex()}",'
        reverses = "" if self.reverses is None else f',"reverses":"{self.reverses.hex}"'
        return (
            f'{{"book":{text(self.book)},{commitment}"doc":[{text(self.document_kind)},{text(self.document_ref)}],'
            f'"facts":{facts_text(self.facts)},"kind":{text(self.kind)},"lines":[{lines}],'
            f'"on":"{self.effective_on.isoformat()}"{reverses}}}'
        )

    def with_lines(self, lines: tuple[Line, ...], facts: Mapping[str, Any]) -> "Draft":
        """The same event with other postings and facts (checked anew)."""
        return replace(self, lines=lines, facts=facts)


def mirrored(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines of a reversal: the same amounts with the sides exchanged."""
    return tuple(replace(line, debit=line.credit, credit=line.debit) for line in lines)
