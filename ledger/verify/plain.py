"""The plain entry: one posting, nothing mirrored, nothing taken of a fund's line. Nearly every entry of a year is one.

It is judged here with the least work: what is the same for thousands of entries (book, kind, actor, fund, accounts) is
looked at once and kept as a pattern, between whose pieces only the entry's own values are written. An entry that does
not fit is not wrong for that: `walk` derives it at length.
"""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date
from functools import lru_cache
from hashlib import sha256
from json import loads
from json.encoder import encode_basestring
from typing import Any

from ledger.core.canonical import canonical_bytes
from ledger.core.leaves import VERSION, LeafWriter
from ledger.core.money import LARGEST_MINOR
from ledger.core.rules import LARGEST_FACTS, REFERENCE
from ledger.leaf_rows import at_microseconds
from ledger.models import JournalEntry
from ledger.policy.kinds import KINDS, TAKE_BACKS
from ledger.verify.chain import Chain, Row

MOST_KEPT = 20_000
LARGEST_KEY: int = JournalEntry._meta.get_field("idempotency_key").max_length or 0
LARGEST_ACTOR: int = JournalEntry._meta.get_field("recorded_by").max_length or 0

# How a line is written before and behind its amount, and what it does to its fund's line: +1, 0, −1.
Shape = tuple[str, str, int]
# What a pattern says: the kind's source, what the posting does to its line, the pieces of the input, those of the leaf,
# and what stands behind the moment in the seal.
Said = tuple[str, int, tuple[str, ...], tuple[str, ...], str]


class Unsure(Exception):
    """This entry is not certainly right."""


class PlainEntries:
    """Finds the entries of a page that are not certainly right, and follows the chain of lots along it."""

    chain: Chain

    def __init__(self, books: dict[Any, str], shape: Callable[[Any, Any, Any, Any, str], Shape]) -> None:
        self.books = books
        self.shape = shape
        self.writer = LeafWriter()
        self.patterns: dict[tuple[Any, ...], Said] = {}
        # By fund the pattern that was met last: nearly always the next one is the same, and then need not be sought.
        self.lately: dict[Any, tuple[tuple[Any, ...], Said]] = {}
        self.facts: dict[tuple[str, str], str] = {}
        self.days: dict[str, str] = {}

    def doubtful(self, rows: Sequence[Row], taken: Container[int], several: Mapping[int, Sequence[Row]]) -> list[int]:
        """The numbers of the first rows of those that somebody else must look at, in their order.

        Hashes and lot of each are made anew; it is right where they are those stored. ``taken``: positions of entries
        that took of a line; ``several``: lots of entries that have not one posting. One loop for millions of rows.
        """
        found: list[int] = []
        chain, ends, patterns, known = self.chain, self.chain.ends, self.patterns, self.facts
        sha, word, days, lately = sha256, encode_basestring, self.days, self.lately
        all_plain = _all_plain(rows)
        before, first = None, 0
        for number, row in enumerate(rows):
            (
                position, entry_id, leaf_hash, moment, no_entry, _book, kind, _document, _by, _in_book, fund, _debit,
                _credit, _currency, on, key, hashed, ref, reverses, stored, commitment, count, line, amount,
                lot_fund, lot_start, lot_stop, source, of,
            ) = row  # fmt: skip
            if position == before:
                if not found or found[-1] != first:
                    found.append(first)
                continue
            before, first = position, number
            if lot_fund is not None:
                if ends.get(lot_fund) == lot_start:
                    ends[lot_fund] = lot_stop
                else:
                    chain.follow(lot_fund, lot_start, lot_stop, of)
            if no_entry:  # a notice, or nothing at all: looked at apart
                found += [number] if lot_fund is not None else []
                continue
            if position in several:
                for _position, one, _length, _kind, whose, start, stop in several[position]:
                    chain.follow(one, start, stop, whose)
            try:
                if count != 1 or line != 1 or reverses is not None or position in taken:
                    raise Unsure
                if amount.__class__ is not int or not 0 < amount <= LARGEST_MINOR:
                    raise Unsure
                alike = row[5:14]
                last = lately.get(fund)
                if last is None or last[0] != alike:
                    last = lately[fund] = alike, patterns.get(alike) or self._pattern(*alike)
                origin, moves, asks, says, seals = last[1]
                # What came in stands in one lot, as long as the amount.
                if moves > 0:
                    if lot_stop - lot_start != amount or lot_fund != fund or source != origin or of != entry_id:
                        raise Unsure
                elif moves or lot_fund is not None:
                    raise Unsure
                if not (all_plain or _all_plain((row,))) or (commitment is not None and len(commitment) != 32):
                    raise Unsure
                public = known.get((kind, stored))
                if public is None:
                    public = self._facts(kind, stored)
                binds = "" if commitment is None else f'"commitment":"{commitment.hex()}",'
                asked = f'{asks[0]}{binds}{asks[1]}{ref}"],"facts":{stored}{asks[2]}{amount}{asks[3]}{on}"}}'
                if sha(asked.encode()).digest() != hashed:
                    raise Unsure
                at = at_microseconds(moment)
                sealed = f'{{"at":{at}{seals}{entry_id}","input":"{hashed.hex()}","key":{word(key)}}}'
                seal, hidden = sha(sealed.encode()).hexdigest(), sha(key.encode()).hexdigest()
                leaf = (
                    f'\0{says[0]}{binds}{says[1]}"{ref}"],{public}"key":"{hidden}{says[2]}{amount}'
                    f'{says[3]}{days.get(on) or self._day(on)},"seal":"{seal}","v":{VERSION}}}'
                )
                if sha(leaf.encode()).digest() != leaf_hash:
                    raise Unsure
            except (Unsure, LookupError, TypeError, ValueError, AttributeError):
                found.append(number)
        return found

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
        *says, seals = self.writer.pattern(book, kind, by, document_kind, (before, behind))
        asks = (
            f'{{"book":{word(book)},',
            f'"doc":[{word(document_kind)},"',
            f',"kind":{word(kind)},"lines":[{before}',
            f'{behind}],"on":"',
        )
        made = rule.source, moves, asks, tuple(says), seals
        if len(self.patterns) >= MOST_KEPT:
            self.patterns.clear()
        self.patterns[book_id, kind, document_kind, by, in_book, fund, debit, credit, currency] = made
        return made

    def _facts(self, kind: str, stored: str) -> str:
        """How facts stand in a leaf, where they are canonical and allowed; raises where they are not."""
        if not (plain_facts(kind).fullmatch(stored) and len(stored) <= PLAIN_FACTS):
            facts = loads(stored)
            if not facts.keys() <= KINDS[kind].facts or len(str(facts)) > LARGEST_FACTS:
                raise Unsure
            if canonical_bytes(facts).decode() != stored:
                raise Unsure
        if len(self.facts) >= MOST_KEPT:
            self.facts.clear()
        self.facts[kind, stored] = public = "" if stored == "{}" else f'"facts":{stored},'
        return public

    def _day(self, text: str) -> str:
        if date.fromisoformat(text).isoformat() != text:
            raise Unsure
        if len(self.days) >= MOST_KEPT:
            self.days.clear()
        self.days[text] = written = f'"{text}"'
        return written


_REFERENCE = REFERENCE.pattern.removesuffix(r"\Z")
_REFERENCES = re.compile(rf"(?:{_REFERENCE}\n)*")


def _all_plain(rows: Sequence[Row]) -> bool:
    """Whether every entry's id, key and reference is in plain characters and not too long: a page in one go."""
    entries = [row for row in rows if not row[4]]
    ids, keys, refs = ([row[place] for row in entries] for place in (1, 15, 17))
    try:
        written, text, lines = "".join(ids), "".join(keys), "\n".join([*refs, ""])
        if not text.isascii() or not text.isprintable() or max(map(len, keys), default=0) > LARGEST_KEY:
            return False
        if not {*map(len, ids)} <= {32} or bytes.fromhex(written).hex() != written:
            return False
    except (TypeError, ValueError):
        return False
    return lines.count("\n") == len(refs) and _REFERENCES.fullmatch(lines) is not None


# Facts that are not longer are within their limit however they are written.
PLAIN_FACTS = LARGEST_FACTS // 2
# A whole number that has a canonical form, or plain characters between quotes.
_VALUE = r'(?:0|-?[1-9][0-9]{0,14}|"[ !#-\[\]-~]*")'


@lru_cache
def plain_facts(kind: str) -> re.Pattern[str]:
    """What facts of a kind look like where their canonical form is plain to see: some of its names, in their order,
    each but the first behind a comma.
    """
    names = sorted(KINDS[kind].facts)
    return re.compile(r"\{" + "".join(rf'(?:(?:(?<!\{{),|(?<=\{{))"{name}":{_VALUE})?' for name in names) + r"\}")
