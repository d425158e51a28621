"""The plain entry: one posting, nothing mirrored, nothing taken of a fund's line. Nearly every entry of a year is one.

It is judged here with the least work: what is the same for thousands of entries (book, kind, actor, fund, accounts) is
looked at once and kept as a pattern, between whose pieces only the entry's own values are written. An entry that does
not fit is not wrong for that: `walk` derives it at length.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from json import loads
from json.encoder import encode_basestring
from typing import Any

from ledger.core.canonical import LARGEST_INTEGER, canonical_bytes, canonical_text
from ledger.core.leaves import LeafWriter, Pattern
from ledger.core.money import LARGEST_MINOR
from ledger.core.rules import LARGEST_FACTS, REFERENCE
from ledger.leaf_rows import at_microseconds
from ledger.models import JournalEntry
from ledger.policy.kinds import KINDS, TAKE_BACKS

MOST_KEPT = 20_000
LARGEST_KEY: int = JournalEntry._meta.get_field("idempotency_key").max_length or 0
LARGEST_ACTOR: int = JournalEntry._meta.get_field("recorded_by").max_length or 0

Row = tuple[Any, ...]
# How a line is written before and behind its amount, and what it does to its fund's line: +1, 0, −1.
Shape = tuple[str, str, int]
# What a pattern says: the kind's source, what the posting does to its line, the pieces of the input, those of the leaf.
Said = tuple[str, int, str, str, str, str, Pattern]


class Unsure(Exception):
    """This entry is not certainly right."""


class PlainEntries:
    """Says of a plain entry whether it is certainly right."""

    def __init__(self, books: dict[Any, str], shape: Callable[[Any, Any, Any, Any, str], Shape]) -> None:
        self.books = books
        self.shape = shape
        self.writer = LeafWriter()
        self.patterns: dict[tuple[Any, ...], Said] = {}
        self.facts: set[tuple[str, str]] = set()

    def right(self, row: Row, lots: Sequence[Row]) -> bool:
        """Make the hashes and the lot anew. True where they are those stored; where not, somebody else looks again."""
        (
            position, entry_id, leaf_hash, moment, _no_entry, book_id, kind, document_kind, by, in_book, fund, debit,
            credit, currency, on, key, hashed, ref, _reverses, mirrored, stored, commitment, count, line, amount,
        ) = row  # fmt: skip
        if count != 1 or line != 1 or mirrored is not None:
            return False
        if amount.__class__ is not int or not 0 < amount <= LARGEST_MINOR:
            return False
        pattern = self.patterns.get(row[5:14]) or self._pattern(
            book_id, kind, document_kind, by, in_book, fund, debit, credit, currency
        )
        source, moves, head, doc, behind_facts, behind_amount, alike = pattern
        if lots:
            # What came in stands in one lot, as long as the amount.
            if moves <= 0 or len(lots) != 1 or lots[0] != (position, fund, amount, source, entry_id):
                return False
        elif moves:
            return False
        if not REFERENCE.match(ref) or bytes.fromhex(entry_id).hex() != entry_id or len(entry_id) != 32:
            return False
        if not (key.isascii() and key.isprintable() and len(key) <= LARGEST_KEY):
            return False
        if (kind, stored) not in self.facts:
            self._facts(kind, stored)
        bound = binds = None
        if commitment is not None:
            if len(commitment) != 32:
                return False
            bound = bytes(commitment).hex()
            binds = f'"commitment":"{bound}",'
        asked = f'{head}{binds or ""}{doc}{ref}"],"facts":{stored}{behind_facts}{amount}{behind_amount}{on}"}}'
        digest = sha256(asked.encode())
        if digest.digest() != hashed:
            return False
        leaf = self.writer.plain(
            alike, entry_id, on, at_microseconds(moment), key, digest.hexdigest(), ref, stored, bound, amount
        )
        made: bool = sha256(b"\x00" + leaf).digest() == leaf_hash
        return made

    def _pattern(
        self, book_id: Any, kind: str, document_kind: str, by: str, in_book: Any, fund: Any, debit: Any, credit: Any,
        currency: str,
    ) -> Said:  # fmt: skip
        rule, book = KINDS[kind], self.books[book_id]
        if in_book != book_id or kind in TAKE_BACKS or rule.document_kind != document_kind:
            raise Unsure
        if not by.isprintable() or len(by) > LARGEST_ACTOR:
            raise Unsure
        before, behind, moves = self.shape(book_id, fund, debit, credit, currency)
        word = encode_basestring
        made = (
            rule.source,
            moves,
            f'{{"book":{word(book)},',
            f'"doc":[{word(document_kind)},"',
            f',"kind":{word(kind)},"lines":[{before}',
            f'{behind}],"on":"',
            self.writer.pattern(book, kind, by, document_kind, (before, behind)),
        )
        if len(self.patterns) >= MOST_KEPT:
            self.patterns.clear()
        self.patterns[book_id, kind, document_kind, by, in_book, fund, debit, credit, currency] = made
        return made

    def _facts(self, kind: str, stored: str) -> None:
        """Facts are canonical and allowed; raises where they are not."""
        facts = loads(stored)
        if not facts.keys() <= KINDS[kind].facts or len(str(facts)) > LARGEST_FACTS:
            raise Unsure
        simple = stored.isascii() and all(_is_simple(value) for value in facts.values())
        if (canonical_text(facts) if simple else canonical_bytes(facts).decode()) != stored:
            raise Unsure
        if len(self.facts) >= MOST_KEPT:
            self.facts.clear()
        self.facts.add((kind, stored))


def _is_simple(value: Any) -> bool:
    """Text in plain characters, or a whole number that has a canonical form."""
    return value.__class__ is str or (value.__class__ is int and -LARGEST_INTEGER <= value <= LARGEST_INTEGER)
