"""The plain entry: one posting, nothing mirrored, nothing taken of a fund's line. Nearly every entry of a year is one.

It is judged here with the least work: what is the same for thousands of entries (book, kind, actor, fund, accounts) is
looked at once and kept as a pattern, between whose pieces only the entry's own values are written. An entry that does
not fit is not wrong for that: `walk` derives it at length.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from json import loads
from json.encoder import encode_basestring
from typing import Any

from ledger.core.canonical import LARGEST_INTEGER, canonical_bytes, canonical_text
from ledger.core.money import LARGEST_MINOR
from ledger.core.rules import LARGEST_FACTS, REFERENCE
from ledger.models import JournalEntry
from ledger.policy.kinds import KINDS, TAKE_BACKS

MOST_KEPT = 20_000
LARGEST_KEY: int = JournalEntry._meta.get_field("idempotency_key").max_length or 0
LARGEST_ACTOR: int = JournalEntry._meta.get_field("recorded_by").max_length or 0
# Without a time zone, as the text is: with one, subtracting raises, and the entry is looked at again.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
_MICROSECOND = timedelta(microseconds=1)

Row = tuple[Any, ...]
# How a line is written before and behind its amount, and what it does to its fund's line: +1, 0, −1.
Shape = tuple[str, str, int]
# A pattern: the kind's source, what the posting does to its line, and the pieces of input, seal and leaf.
Pattern = tuple[str, int, str, str, str, str, str, str, str, str]


class Unsure(Exception):
    """This entry is not certainly right."""


class PlainEntries:
    """Says of a plain entry whether it is certainly right."""

    def __init__(self, books: dict[Any, str], shape: Callable[[Any, Any, Any, Any, str], Shape]) -> None:
        self.books = books
        self.shape = shape
        self.patterns: dict[tuple[Any, ...], Pattern] = {}
        self.facts: dict[tuple[str, str], str] = {}
        self.days: set[str] = set()

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
        source, moves, doc, behind_facts, behind_amount, seal_by, head, behind_ref, leaf_lines, leaf_end = pattern
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
        facts = self.facts.get((kind, stored))
        if facts is None:
            facts = self._facts(kind, stored)
        if on not in self.days:
            self._day(on)
        bound = ""
        if commitment is not None:
            if len(commitment) != 32:
                return False
            bound = f'"commitment":"{bytes(commitment).hex()}",'
        asked = f'{head}{bound}{doc}{ref}"],"facts":{stored}{behind_facts}{amount}{behind_amount}{on}"}}'
        digest = sha256(asked.encode()).digest()
        if digest != hashed:
            return False
        at = moment if moment.__class__ is int else at_microseconds(moment)
        seal = f'{{"at":{at}{seal_by}{entry_id}","input":"{digest.hex()}","key":{encode_basestring(key)}}}'
        leaf = (
            f"{head}{bound}{doc}{ref}{behind_ref}{facts}"
            f'"key":"{sha256(key.encode()).hexdigest()}{leaf_lines}{amount}{behind_amount}{on}'
            f'","seal":"{sha256(seal.encode()).hexdigest()}{leaf_end}'
        )
        made: bool = sha256(b"\x00" + leaf.encode()).digest() == leaf_hash
        return made

    def _pattern(
        self, book_id: Any, kind: str, document_kind: str, by: str, in_book: Any, fund: Any, debit: Any, credit: Any,
        currency: str,
    ) -> Pattern:  # fmt: skip
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
            f'"doc":[{word(document_kind)},"',
            f',"kind":{word(kind)},"lines":[{before}',
            f'{behind}],"on":"',
            f',"by":{word(by)},"id":"',
            f'{{"book":{word(book)},',
            '"],',
            f'","kind":{word(kind)},"lines":[{before}',
            '","v":1}',
        )
        if len(self.patterns) >= MOST_KEPT:
            self.patterns.clear()
        self.patterns[book_id, kind, document_kind, by, in_book, fund, debit, credit, currency] = made
        return made

    def _facts(self, kind: str, stored: str) -> str:
        """The facts as a leaf names them, if they are canonical and allowed."""
        facts = loads(stored)
        if not facts.keys() <= KINDS[kind].facts or len(str(facts)) > LARGEST_FACTS:
            raise Unsure
        simple = stored.isascii() and all(_is_simple(value) for value in facts.values())
        if (canonical_text(facts) if simple else canonical_bytes(facts).decode()) != stored:
            raise Unsure
        if len(self.facts) >= MOST_KEPT:
            self.facts.clear()
        self.facts[kind, stored] = made = f'"facts":{stored},' if facts else ""
        return made

    def _day(self, on: str) -> None:
        if date.fromisoformat(on).isoformat() != on:
            raise Unsure
        self.days.add(on)


def _is_simple(value: Any) -> bool:
    """Text in plain characters, or a whole number that has a canonical form."""
    return value.__class__ is str or (value.__class__ is int and -LARGEST_INTEGER <= value <= LARGEST_INTEGER)


def at_microseconds(stored: str) -> int:
    """SQLite has a moment as text in UTC, as this site writes it."""
    moment = datetime.fromisoformat(stored)
    # Every third character from the fourth on: what stands between the numbers.
    plain = len(stored) == 26 and stored[4:20:3] == "-- ::." and not stored.endswith(".000000")
    if not plain and str(moment) != stored:
        raise Unsure
    return (moment - _EPOCH) // _MICROSECOND
