"""Entries that are posted in bulk, as rows: values for SQLite, lines of COPY's text format for PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from ledger.beside import copy_escaped
from ledger.core.canonical import facts_text
from ledger.core.entries import Draft
from ledger.core.money import LARGEST_MINOR
from ledger.core.refusals import Refused
from ledger.core.rules import REFERENCE
from ledger.policy.chart import flow
from ledger.posting import check, new_id_hex
from ledger.writing import Row


def takes_from_a_line(draft: Draft) -> bool:
    """Whether a draft lowers what a fund is worth, or undoes another entry: then its line decides, under its lock."""
    if draft.reverses is not None:
        return True
    return any(flow(line.debit, line.credit) < 0 for line in draft.lines)


class Alike:
    """Drafts of one posting that differ in amount, day, document and commitment only, as the gifts of a list do.

    The sample is checked as a whole, and of each other draft what differs: it costs a third of making each of them.
    """

    def __init__(self, sample: Draft, at: datetime) -> None:
        if len(sample.lines) != 1 or takes_from_a_line(sample):
            raise ValueError("one posting that takes nothing from a fund's line")
        check(sample, at)
        self.sample, self.at = sample, at
        self._last_day = at.date() + timedelta(days=1)
        self._days: dict[date, str] = {}
        (line,), text = sample.lines, encode_basestring
        sides = f"[[{text(line.fund)},{text(line.debit)},{text(line.credit)},"
        self._input = (
            f'{{"book":{text(sample.book)},',
            f'"doc":[{text(sample.document_kind)},"',
            f'"],"facts":{facts_text(sample.facts)},"kind":{text(sample.kind)},"lines":{sides}',
            f',{text(line.currency)}]],"on":"',
        )
        self._made: Callable[..., Row] | None = None

    def draft(self, amount_minor: int, effective_on: date, document_ref: str, commitment: bytes | None) -> Draft:
        """The draft itself, with every fault it has."""
        (line,) = self.sample.lines
        return replace(
            self.sample,
            lines=(replace(line, amount_minor=amount_minor),),
            effective_on=effective_on,
            document_ref=document_ref,
            commitment=commitment,
        )

    def row(
        self, stream: Any, key: str, entry_id: str, amount_minor: int, effective_on: date, document_ref: str,
        commitment: bytes | None,
    ) -> Row | None:  # fmt: skip
        """The row that the draft makes; None where it has a fault or may have one."""
        sound = amount_minor.__class__ is int and 0 < amount_minor <= LARGEST_MINOR and effective_on.__class__ is date
        if not (sound and effective_on <= self._last_day and REFERENCE.match(document_ref)):
            return None
        if self._made is None:
            try:
                codes = stream.codes.of(self.sample)
            except Refused:
                return None
            self._made = stream.alike(self.sample, self.at, stream.by, codes[0])
        on = self._days.get(effective_on)
        if on is None:
            on = self._days[effective_on] = effective_on.isoformat()
        begins, document, says, ends = self._input
        bound = "" if commitment is None else f'"commitment":"{commitment.hex()}",'
        said = f'{begins}{bound}{document}{document_ref}{says}{amount_minor}{ends}{on}"}}'
        input_hash = sha256(said.encode()).digest()
        return self._made(entry_id, key, input_hash, amount_minor, on, document_ref, commitment)


def sqlite_row(draft: Draft, at: datetime, key: str, by: str, codes: list[tuple[int, int, int, int]]) -> Row:
    entry_id, input_hash, book = new_id_hex(at), draft.input_hash(), codes[0][0]
    postings = [
        (entry_id, number, *ids, line.amount_minor, line.currency)
        for number, (ids, line) in enumerate(zip(codes, draft.lines, strict=True), 1)
    ]
    moment = _moment(at)
    facts = facts_text(draft.facts)
    about = (draft.kind, draft.effective_on.isoformat(), moment, by, key, input_hash)
    document = (draft.document_kind, draft.document_ref, None, facts, draft.commitment, len(postings))
    return Row(draft.book, key, input_hash, postings, (entry_id, book, *about, *document), entry_id)


def sqlite_rows_alike(sample: Draft, at: datetime, by: str, codes: tuple[int, int, int, int]) -> Callable[..., Row]:
    (line,), moment, facts = sample.lines, _moment(at), facts_text(sample.facts)
    code, kind, document_kind, book = sample.book, sample.kind, sample.document_kind, codes[0]

    def row(
        entry_id: str, key: str, input_hash: bytes, amount: int, on: str, ref: str, commitment: bytes | None
    ) -> Row:
        about = (kind, on, moment, by, key, input_hash, document_kind, ref, None, facts, commitment, 1)
        postings = [(entry_id, 1, *codes, amount, line.currency)]
        return Row(code, key, input_hash, postings, (entry_id, book, *about), entry_id)

    return row


@lru_cache(16)
def _moment(at: datetime) -> Any:
    """A moment as SQLite keeps it. Many drafts of one list have one moment."""
    return connections[DEFAULT_DB_ALIAS].ops.adapt_datetimefield_value(at)


def copy_row(draft: Draft, at: datetime, key: str, by: str, codes: list[tuple[int, int, int, int]]) -> Row:
    """Lines of COPY's text format."""
    entry_id, input_hash = new_id_hex(at), draft.input_hash()
    postings = "".join(
        f"{entry_id}\t{number}\t{book}\t{fund}\t{debit}\t{credit}\t{line.amount_minor}\t{line.currency}\n"
        for number, ((book, fund, debit, credit), line) in enumerate(zip(codes, draft.lines, strict=True), 1)
    )
    facts = copy_escaped(facts_text(draft.facts))
    commitment = "\\N" if draft.commitment is None else f"\\\\x{draft.commitment.hex()}"
    entry = (
        f"{entry_id}\t{codes[0][0]}\t{draft.kind}\t{draft.effective_on.isoformat()}\t{at.isoformat()}\t{copy_escaped(by)}\t"
        f"{copy_escaped(key)}\t\\\\x{input_hash.hex()}\t{draft.document_kind}\t{draft.document_ref}\t\\N\t{facts}\t"
        f"{commitment}\t{len(codes)}\n"
    )
    return Row(draft.book, key, input_hash, postings, entry, entry_id)


def copy_rows_alike(sample: Draft, at: datetime, by: str, codes: tuple[int, int, int, int]) -> Callable[..., Row]:
    (line,), code = sample.lines, sample.book
    posted = "".join(f"\t{number}" for number in (1, *codes))
    begins, document, ends = f"\t{codes[0]}\t{sample.kind}\t", f"\t{sample.document_kind}\t", f"\t{line.currency}\n"
    written, facts = f"\t{at.isoformat()}\t{copy_escaped(by)}\t", f"\t\\N\t{copy_escaped(facts_text(sample.facts))}\t"

    def row(
        entry_id: str, key: str, input_hash: bytes, amount: int, on: str, ref: str, commitment: bytes | None
    ) -> Row:
        bound = "\\N" if commitment is None else f"\\\\x{commitment.hex()}"
        named = f"{copy_escaped(key)}\t\\\\x{input_hash.hex()}"
        entry = f"{entry_id}{begins}{on}{written}{named}{document}{ref}{facts}{bound}\t1\n"
        return Row(code, key, input_hash, f"{entry_id}{posted}\t{amount}{ends}", entry, entry_id)

    return row
