"""Leaf bytes: what the public log says of an entry or a notice. Golden vectors fix every byte.

Version 1. Public are: book, kind, day, opaque document, the hashed idempotency key, postings, the stretches of the
funds' lines it took, allowed facts, and two hashes. ``commitment`` binds the private facts of a person (deleting the
person's key closes it for ever); ``seal`` binds the journal's own columns that are not public: the exact moment, who
recorded it, the key, the input. The entry's id holds 58 random bits and is not published,
nor is the moment, so the seal cannot be guessed open.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID

from ledger.core.canonical import LARGEST_INTEGER, canonical_bytes

VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_sha256 = hashlib.sha256


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


# ---- the same bytes with the least work ----

# What thousands of leaves have in common: the pieces between which an entry's own values are written.
Pattern = tuple[str, str, str, str, str]

# Words, days and facts that come again and again are kept; so many of each, then anew.
_MOST_KEPT = 10_000


class LeafWriter:
    """Writes the leaves of many entries as `entry_leaf` would, byte for byte, from what the tables hold as text.

    Keys stand in their order already; every text goes through the encoder that ``json.dumps`` uses. What is neither
    text nor a whole number below 2**53 is refused with ``ValueError`` or ``TypeError``, as `canonical_bytes` does.
    """

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._days: dict[str, str] = {}
        self._facts: dict[str, str] = {}

    def word(self, text: str) -> str:
        """A text as JSON, kept for the next time: for kinds, actors, books."""
        found = self._words.get(text)
        if found is None:
            found = _kept(self._words, text, encode_basestring(text))
        return found

    def pattern(self, book: str, kind: str, by: str, document_kind: str, line: tuple[str, str]) -> Pattern:
        """What entries of one posting have in common, ``line`` as `line` returns it."""
        word, (before, behind) = self.word, line
        return (
            f'{{"book":{word(book)},',
            f'"doc":[{word(document_kind)},',
            f'","kind":{word(kind)},"lines":[{before}',
            f'{behind}],"on":',
            f',"by":{word(by)},"id":"',
        )

    def plain(
        self, pattern: Pattern, entry_id: str, on: str, at: int, key: str, input_hash: str, document_ref: str,
        facts: str, commitment: str | None, amount: int,
    ) -> bytes:  # fmt: skip
        """As `entry`, of an entry with one posting that reverses nothing and takes nothing of a line."""
        book, doc, behind_key, behind_amount, by = pattern
        word = encode_basestring
        sealed = f'{{"at":{whole(at)}{by}{entry_id}","input":"{input_hash}","key":{word(key)}}}'
        commit = "" if commitment is None else f'"commitment":"{commitment}",'
        public = "" if facts == "{}" else self._facts.get(facts) or self._public(facts)
        return (
            f"{book}{commit}{doc}{word(document_ref)}],{public}"
            f'"key":"{_sha256(key.encode()).hexdigest()}{behind_key}{whole(amount)}{behind_amount}'
            f'{self._days.get(on) or self._day(on)},"seal":"{_sha256(sealed.encode()).hexdigest()}","v":{VERSION}}}'
        ).encode()

    def line(self, fund: str, debit: str, credit: str, currency: str) -> tuple[str, str]:
        """A posting's line before and behind its amount."""
        return (
            f"[{encode_basestring(fund)},{encode_basestring(debit)},{encode_basestring(credit)},",
            f",{encode_basestring(currency)}]",
        )

    def entry(
        self, entry_id: str, book: str, kind: str, on: str, at: int, by: str, key: str, input_hash: str,
        document_kind: str, document_ref: str, facts: str, commitment: str | None, lines: str,
        reverses: int | None = None, uses: str = "", holes: str = "", covers: str = "",
    ) -> bytes:  # fmt: skip
        """The leaf of an entry. Ids and hashes are hexadecimal, ``at`` is in microseconds, ``facts`` as stored.

        ``lines``, ``uses``, ``holes``, ``covers`` are the JSON of their items, without the brackets around.
        """
        word = self._words.get
        named = encode_basestring(key)
        sealed = (
            f'{{"at":{whole(at)},"by":{word(by) or self.word(by)},"id":"{entry_id}","input":"{input_hash}",'
            f'"key":{named}}}'
        )
        seal = hashlib.sha256(sealed.encode()).hexdigest()
        hashed_key = hashlib.sha256(key.encode()).hexdigest()
        commit = f'"commitment":"{commitment}",' if commitment is not None else ""
        mirrors = "" if reverses is None else f'"reverses":{whole(reverses)},'
        public = "" if facts == "{}" else self._facts.get(facts) or self._public(facts)
        return (
            f'{{"book":{word(book) or self.word(book)},{commit}{_part("covers", covers)}'
            f'"doc":[{word(document_kind) or self.word(document_kind)},{encode_basestring(document_ref)}],'
            f'{public}{_part("holes", holes)}"key":"{hashed_key}","kind":{word(kind) or self.word(kind)},'
            f'"lines":[{lines}],"on":{self._days.get(on) or self._day(on)},'
            f"{mirrors}"
            f'"seal":"{seal}",{_part("uses", uses)}"v":{VERSION}}}'
        ).encode()

    def _public(self, stored: str) -> str:
        facts = json.loads(stored)
        if not isinstance(facts, dict):
            raise ValueError("facts are not an object")
        written = f'"facts":{canonical_bytes(facts).decode()},' if facts else ""
        return _kept(self._facts, stored, written)

    def _day(self, text: str) -> str:
        if date.fromisoformat(text).isoformat() != text:
            raise ValueError(f"no day is written like this: {text}")
        return _kept(self._days, text, f'"{text}"')


def _kept(memory: dict[str, str], text: str, written: str) -> str:
    if len(memory) >= _MOST_KEPT:
        memory.clear()
    memory[text] = written
    return written


def _part(name: str, items: str) -> str:
    return f'"{name}":[{items}],' if items else ""


def whole(number: int) -> int:
    """A whole number that has a canonical form; anything else is refused."""
    if number.__class__ is not int or not -LARGEST_INTEGER <= number <= LARGEST_INTEGER:
        raise ValueError(f"{number!r} is no whole number below 2**53")
    return number
