"""One walk along the log for all checks that look at each entry: rows are read once, as plain tuples, in its order.

A page is a few statements. Each entry is derived as cheaply as it can be: its input hash, its leaf, what it does to its
funds' lines, all from the same strings. Where anything differs or cannot be read, the entry is a *suspect*, and the
patient functions of the other modules say what is wrong with it, check by check. So this file only ever has to answer
one question, and strictly: is this entry certainly right?
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from json import loads
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.core.canonical import canonical_bytes
from ledger.core.leaves import LeafWriter, whole
from ledger.core.money import EXPONENTS, LARGEST_MINOR
from ledger.core.rules import CODE, LARGEST_FACTS, REFERENCE
from ledger.leaf_rows import at_microseconds
from ledger.policy.chart import DEFICIT, REFUND_COVER, flow
from ledger.policy.kinds import KINDS, TAKE_BACKS
from ledger.verify.chain import Chain, Row
from ledger.verify.plain import LARGEST_ACTOR, LARGEST_KEY, MOST_KEPT, PlainEntries, Shape, Unsure
from ledger.verify.values import IDENTIFIER

# Entries in a page: on PostgreSQL each is some journeys to the server; on SQLite one that stays in the processor's
# cache is read quickest. Positions in a range that a process takes.
PAGE, PAGE_ON_SQLITE = 2_048, 512
RANGE = 32_768

_PAGE = """
SELECT l.position, {subject}, l.leaf_hash, {moment}, l.entry_id IS NULL,
    e.book_id, e.kind, e.document_kind, e.recorded_by,
    p.book_id, p.fund_id, p.debit_account_id, p.credit_account_id, p.currency,
    {day}, e.idempotency_key, e.input_hash, e.document_ref, {reverses},
    e.facts, e.commitment, e.posting_count, p.line, p.amount_minor,
    t.fund_id, t.start, t.stop, t.source_kind, {lot_of}
FROM (SELECT position, entry_id, notice_id, leaf_hash FROM ledger_logleaf WHERE position >= %s AND position < %s) l
LEFT JOIN ledger_notice n ON n.id = l.notice_id
{joins}
ORDER BY l.position, p.line
"""
_SQLITE = """
LEFT JOIN ledger_journalentry e ON e.id = l.entry_id
LEFT JOIN ledger_posting p ON p.entry_id = l.entry_id
LEFT JOIN ledger_lot t ON t.log_index = l.position AND coalesce(e.posting_count, 1) = 1
"""
# Neighbours are looked up one by one through their keys: PostgreSQL would otherwise read whole tables for a page.
_POSTGRESQL = """
LEFT JOIN LATERAL (SELECT * FROM ledger_journalentry WHERE id = l.entry_id OFFSET 0) e ON true
LEFT JOIN LATERAL (SELECT * FROM ledger_posting WHERE entry_id = l.entry_id ORDER BY line OFFSET 0) p ON true
LEFT JOIN LATERAL (SELECT * FROM ledger_lot WHERE log_index = l.position OFFSET 0) t
    ON coalesce(e.posting_count, 1) = 1
"""
# Ids are made in the order of time, so a page's lie near each other: its few stretches are found by the range of ids.
_STRETCHES = """
SELECT l.position, '{part}', u.fund_id, {kind}, u.start, u.stop FROM {table} u
JOIN ledger_logleaf l ON l.entry_id = u.entry_id AND l.position >= %s AND l.position < %s
WHERE u.entry_id >= %s AND u.entry_id <= %s ORDER BY u.fund_id, u.start
"""
_TABLES = (("uses", "ledger_lotuse", "u.kind"), ("holes", "ledger_lothole", "''"), ("covers", "ledger_lotcover", "''"))


def _page_sql() -> str:
    """The statement of a page in the words of the engine; ids as hexadecimal, moments and days as text or number."""
    if connection.vendor == "postgresql":
        words = {
            "subject": "encode(uuid_send(coalesce(l.entry_id, l.notice_id)), 'hex')",
            "reverses": "encode(uuid_send(e.reverses_id), 'hex')",
            "day": "e.effective_on::text",
            "lot_of": "encode(uuid_send(t.entry_id), 'hex')",
            "moment": "(extract(epoch FROM coalesce(e.recorded_at, n.recorded_at)) * 1000000)::bigint",
        }
        return _PAGE.format(joins=_POSTGRESQL, **words)
    # An expression keeps the driver from making values of what is wanted as it is stored, and keeps its storage class.
    words = {"day": "+e.effective_on", "moment": "coalesce(e.recorded_at, n.recorded_at)"}
    words |= {"subject": "coalesce(l.entry_id, l.notice_id)", "reverses": "e.reverses_id", "lot_of": "t.entry_id"}
    return _PAGE.format(joins=_SQLITE, **words)


NONE: Sequence[Row] = ()
# Where in a row the number of postings stands, and where its lot begins.
COUNT, AMOUNT, LOT = 21, 23, 24
# A row's fund, both accounts and day.
_MOVES = itemgetter(10, 11, 12, 14)


class Walk:
    """Reads pages and finds the suspects. Keeps what comes again: shapes of postings, words, facts.

    ``moved`` is what postings moved, by fund, both accounts and day, until somebody clears it.
    """

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.page_sql = _page_sql()
        self.writer = LeafWriter()
        self.books = {row[0]: row[1] for row in self._rows("SELECT id, code FROM ledger_book")}
        self.funds = {row[0]: row[1:] for row in self._rows("SELECT id, code, book_id, currency FROM ledger_fund")}
        accounts = self._rows("SELECT id, code, book_id, currency FROM ledger_account")
        self.accounts = {row[0]: row[1:] for row in accounts}
        self.shapes: dict[tuple[Any, ...], Shape] = {}
        self.said: dict[tuple[str, str, str], tuple[str, str, str]] = {}
        self.plain = PlainEntries(self.books, self._shape)
        self.begin(cursor, 0)

    def begin(self, cursor: Any, start: int) -> None:
        """Go on at another place. What comes again was kept."""
        self.cursor = cursor
        self.chain = self.plain.chain = Chain(cursor, start)
        self.moved: dict[tuple[Any, ...], int] = {}

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        self.cursor.execute(sql, values)
        rows: list[Row] = self.cursor.fetchall()
        return rows

    def suspects(self, start: int, stop: int) -> tuple[list[Row], list[int]]:
        """What stands at each position (position, subject, hash, moment, whether it is no entry, and more), and the
        positions of entries that are not certainly right.
        """
        rows = self._rows(self.page_sql, [start, stop])
        self._add(rows)
        several = self.chain.lots_at(sorted({row[0] for row in rows if row[COUNT] != 1 and not row[4]}))
        taken = self._taken(rows, start, stop)
        self.take_backs: list[Row] = []
        found, leaves = [], rows
        if rows and rows[-1][0] - rows[0][0] != len(rows) - 1:
            leaves = [rows[0], *(row for before, row in pairwise(rows) if before[0] != row[0])]
        for at in self.plain.doubtful(rows, taken, several):
            row, stop_at = rows[at], at + 1
            position = row[0]
            while stop_at < len(rows) and rows[stop_at][0] == position:
                stop_at += 1
            try:
                if row[4]:
                    raise Unsure
                lots = several.pop(position, NONE) if row[COUNT] != 1 else _own_lot(row)
                self._derive(row, rows[at:stop_at], lots, taken.get(position, NONE))
            except (Unsure, LookupError, TypeError, ValueError, AttributeError):
                found.append(position)
        return leaves, sorted({*found, *self._wrong_take_backs()})

    def _add(self, rows: Sequence[Row]) -> None:
        moved = self.moved
        for key, row in zip(map(_MOVES, rows), rows, strict=True):
            amount = row[AMOUNT]
            if amount.__class__ is int:
                moved[key] = moved.get(key, 0) + amount

    def _taken(self, rows: Sequence[Row], start: int, stop: int) -> dict[int, list[Row]]:
        """What the entries of a page took of funds' lines, by position, in the order in which a leaf names it."""
        ids = [row[1] for row in rows if not row[4]]
        found: dict[int, list[Row]] = {}
        for part, table, kind in _TABLES if ids else ():
            sql = _STRETCHES.format(part=part, table=table, kind=kind)
            for row in self._rows(sql, [start, stop, min(ids), max(ids)]):
                found.setdefault(row[0], []).append(row)
        return found

    def _derive(self, row: Row, rows: Sequence[Row], lots: Sequence[Row], taken: Sequence[Row]) -> None:
        """Make the entry's hashes, lots and losses anew; raise where they are not those stored."""
        position, entry_id, leaf_hash, moment, _no_entry, book_id, kind, dkind, by = row[:9]
        on, key, input_hash, dref, reverses, facts, commitment, count = row[14:22]
        if count != len(rows) or count > 200 or not REFERENCE.match(dref):
            raise Unsure
        if not _are_sound(entry_id, key, by, commitment):
            raise Unsure
        mirrored = None if reverses is None else self._place_of(reverses)
        source, before, between = self.said.get((kind, dkind, facts)) or self._said(kind, dkind, facts)
        lines, nets = self._lines(book_id, rows)
        _same_lots(entry_id, source, nets, lots)
        parts = self._parts(taken, nets)
        hashed, book = bytes(input_hash), self.books[book_id]
        bound = None if commitment is None else bytes(commitment).hex()
        if kind in TAKE_BACKS:
            self.take_backs.append((position, loads(facts), kind, dref, on, taken, rows, hashed))
        else:
            binds = "" if bound is None else f'"commitment":"{bound}",'
            mirrors = "" if reverses is None else f',"reverses":"{reverses}"'
            said = f'{{"book":{self.writer.word(book)},{binds}{before}{dref}{between}{lines}],"on":"{on}"{mirrors}}}'
            if sha256(said.encode()).digest() != hashed:
                raise Unsure
        at = at_microseconds(moment)
        leaf = self.writer.entry(
            entry_id, book, kind, on, at, by, key, hashed.hex(), dkind, dref, facts, bound, lines, mirrored, **parts
        )
        if sha256(b"\x00" + leaf).digest() != leaf_hash:
            raise Unsure

    def _place_of(self, entry_id: str) -> int:
        """The position of the entry that is reversed; few entries reverse one."""
        rows = self._rows("SELECT position FROM ledger_logleaf WHERE entry_id = %s", [entry_id])
        if not rows:
            raise Unsure
        position: int = rows[0][0]
        return position

    def _lines(self, book_id: Any, rows: Sequence[Row]) -> tuple[str, dict[Any, int]]:
        """The postings as JSON, and what each fund gains."""
        nets: dict[Any, int] = {}
        written = []
        for number, row in enumerate(rows, 1):
            in_book, fund, debit, credit, currency = row[9:14]
            line, amount = row[22:24]
            shape = self.shapes.get((book_id, fund, debit, credit, currency)) or self._shape(
                book_id, fund, debit, credit, currency
            )
            if line != number or in_book != book_id or not 0 < amount <= LARGEST_MINOR:
                raise Unsure
            before, behind, moves = shape
            written.append(f"{before}{whole(amount)}{behind}")
            nets[fund] = nets.get(fund, 0) + amount * moves
        return ",".join(written), nets

    def _shape(self, book_id: Any, fund: Any, debit: Any, credit: Any, currency: str) -> Shape:
        code, *of_fund = self.funds[fund]
        debited, *of_debit = self.accounts[debit]
        credited, *of_credit = self.accounts[credit]
        if debit == credit or not of_fund == of_debit == of_credit == [book_id, currency] or currency not in EXPONENTS:
            raise Unsure
        if not (CODE.match(code) and CODE.match(self.books[book_id])):
            raise Unsure
        made = *self.writer.line(code, debited, credited, currency), flow(debited, credited)
        self.shapes[book_id, fund, debit, credit, currency] = made
        return made

    def _said(self, kind: str, document_kind: str, text: str) -> tuple[str, str, str]:
        """The kind's source, and what stands before and behind the document's reference in the hashed input, if the
        facts are canonical and allowed.
        """
        rule, facts, word = KINDS[kind], loads(text), self.writer.word
        if rule.document_kind != document_kind or canonical_bytes(facts) != text.encode():
            raise Unsure
        if not facts.keys() <= rule.facts or len(str(facts)) > LARGEST_FACTS:
            raise Unsure
        if len(self.said) >= MOST_KEPT:
            self.said.clear()
        before, between = f'"doc":[{word(document_kind)},"', f'"],"facts":{text},"kind":{word(kind)},"lines":['
        self.said[kind, document_kind, text] = made = rule.source, before, between
        return made

    def _parts(self, taken: Sequence[Row], nets: dict[Any, int]) -> dict[str, str]:
        """The stretches as JSON by part. What a fund lost is what was taken of its line."""
        parts: dict[str, list[str]] = {}
        lost: dict[Any, int] = {}
        for _position, part, fund, kind, start, stop in taken:
            named = f"{self.writer.word(kind)}," if part == "uses" else ""
            written = f"[{self.writer.word(self.funds[fund][0])},{named}{whole(start)},{whole(stop)}]"
            parts.setdefault(part, []).append(written)
            if part == "holes" or kind == "SPEND":
                lost[fund] = lost.get(fund, 0) + stop - start
        if any(lost.pop(fund, 0) != max(-net, 0) for fund, net in nets.items()) or lost:
            raise Unsure
        return {part: ",".join(items) for part, items in parts.items()}

    def _wrong_take_backs(self) -> Iterator[int]:
        """What took money back was asked for an entry, by its position; its input names that entry."""
        places = [row[1].get("origin") for row in self.take_backs if type(row[1].get("origin")) is int]
        origins: dict[Any, Any] = {}
        if places:
            sql = f"SELECT position, entry_id FROM ledger_logleaf WHERE position IN ({', '.join(map(str, places))})"
            origins = {row[0]: row[1] for row in self._rows(sql)}
        for position, facts, kind, dref, on, taken, rows, hashed in self.take_backs:
            origin = origins.get(facts.get("origin"))
            if origin is None or not self._adds_up(facts, taken, rows):
                yield position
                continue
            amount = sum(row[AMOUNT] for row in rows)
            asked = {"amount": amount, "doc": dref, "kind": kind, "on": on, "origin": UUID(str(origin)).hex}
            if sha256(canonical_bytes(asked)).digest() != hashed:
                yield position

    def _adds_up(self, facts: dict[str, Any], taken: Sequence[Row], rows: Sequence[Row]) -> bool:
        """What was unspent became holes; the rest, covers, is borne by another fund or stands as a deficit."""
        unspent, *borne = parts = [facts.get(name, 0) for name in ("unspent", "covered", "deficit")]
        holes = sum(stop - start for _at, part, _fund, _kind, start, stop in taken if part == "holes")
        covers = sum(stop - start for _at, part, _fund, _kind, start, stop in taken if part == "covers")
        elsewhere = sum(row[AMOUNT] for row in rows if self.accounts[row[11]][0] in (REFUND_COVER, DEFICIT))
        count = sum(1 for part in parts if part)
        return holes == unspent and covers == sum(borne) == elsewhere and len(rows) == count


def _own_lot(row: Row) -> Sequence[Row]:
    """The lot that was read with the one posting of an entry, as `Chain.lots_at` has it."""
    fund, start, stop, source, of = row[LOT:]
    return NONE if fund is None else [(row[0], fund, stop - start, source, of, start, stop)]


def _same_lots(entry_id: str, source: str, nets: dict[Any, int], lots: Sequence[Row]) -> None:
    """One lot for each fund that gained, as long as the gain, of this entry."""
    gains = {fund: net for fund, net in nets.items() if net > 0}
    if len(gains) != len(lots):
        raise Unsure
    for _position, fund, length, kind, of, *_ends in lots:
        if gains.get(fund) != length or kind != source or of != entry_id:
            raise Unsure


def _are_sound(entry_id: str, key: str, by: str, commitment: bytes | None) -> bool:
    """Whether values are of their kind of which the hashes do not show it."""
    if not IDENTIFIER.match(entry_id) or (commitment is not None and len(commitment) != 32):
        return False
    return "\x00" not in key + by and len(key) <= LARGEST_KEY and len(by) <= LARGEST_ACTOR
