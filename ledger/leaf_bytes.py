"""The leaf's bytes without detours, from the rows of `leaf_rows`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from json import loads
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.core.leaves import LeafWriter, Pattern, SealedNotice, notice_leaf, whole
from ledger.leaf_rows import (
    ALIKE,
    AMOUNT,
    AT,
    BOOK,
    BY,
    COMMITMENT,
    CREDIT,
    CURRENCY,
    DEBIT,
    DOC_KIND,
    DOC_REF,
    FACTS,
    FUND,
    INPUT,
    IS_NOTICE,
    KEY,
    KIND,
    ON,
    REVERSES,
    REVERSES_INDEX,
    SUBJECT,
    Row,
    Taken,
    at_microseconds,
    at_moment,
    fetched,
    hexed,
    on_day,
    stretches,
)
from ledger.policy.chart import flow

# Patterns are kept; so many, then anew.
_MOST_PATTERNS = 10_000

# ---- what rows name by number ----


class Names:
    """Books, funds and accounts by their numbers: small tables that only grow, read once and again for a newcomer."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._lines: dict[tuple[Any, ...], tuple[str, str, int]] = {}
        self._read()

    def _read(self) -> None:
        self.books = self._codes("ledger_book")
        self.funds = self._codes("ledger_fund")
        self.accounts = self._codes("ledger_account")

    def _codes(self, table: str) -> dict[Any, str]:
        return {row[0]: row[1] for row in fetched(self._cursor, f"SELECT id, code FROM {table}", [])}

    def book(self, number: Any) -> str:
        if number not in self.books:
            self._read()
        return self.books[number]

    def fund(self, number: Any) -> str:
        if number not in self.funds:
            self._read()
        return self.funds[number]

    def posting(self, row: Row) -> tuple[str, str, str, int, str]:
        """(fund, debit, credit, amount, currency) of a row, in codes."""
        if row[FUND] not in self.funds or row[DEBIT] not in self.accounts or row[CREDIT] not in self.accounts:
            self._read()
        sides = self.accounts[row[DEBIT]], self.accounts[row[CREDIT]]
        return self.funds[row[FUND]], *sides, row[AMOUNT], row[CURRENCY]

    def line(self, row: Row, writer: LeafWriter) -> tuple[str, str, int]:
        """How a row's line is written before and behind its amount, and what it does to its fund's line (+1, 0, −1)."""
        fund, debit, credit, _amount, currency = self.posting(row)
        made = *writer.line(fund, debit, credit, currency), flow(debit, credit)
        self._lines[row[FUND], row[DEBIT], row[CREDIT], currency] = made
        return made

    def line_seen(self, row: Row) -> tuple[str, str, int] | None:
        """The same, when such a line was written before."""
        return self._lines.get((row[FUND], row[DEBIT], row[CREDIT], row[CURRENCY]))


# ---- notices of a page ----

_NOTICES = """
SELECT {id}, n.book_id, n.kind, {day}, {moment}, n.recorded_by, n.idempotency_key, n.facts
FROM ledger_notice n WHERE n.id IN ({ids})
"""


def notices(cursor: Any, notice_ids: Sequence[Any], names: Names) -> dict[str, SealedNotice]:
    """Notices by their ids, with all that their leaves need."""
    found = {}
    day, moment = ("n.effective_on::text", "(extract(epoch FROM n.recorded_at) * 1000000)::bigint")
    if connection.vendor == "sqlite":
        day, moment = "n.effective_on || ''", "n.recorded_at || ''"
    for at in range(0, len(notice_ids), 500):
        ids = notice_ids[at : at + 500]
        sql = _NOTICES.format(id=hexed("n.id", id_=True), day=day, moment=moment, ids=", ".join(["%s"] * len(ids)))
        for notice_id, book_id, kind, on, recorded, by, key, facts in fetched(cursor, sql, ids):
            found[notice_id] = SealedNotice(
                notice_id=UUID(notice_id),
                book=names.book(book_id),
                kind=kind,
                effective_on=on_day(on),
                recorded_at=at_moment(recorded),
                recorded_by=by,
                idempotency_key=key,
                facts=loads(facts),
            )
    return found


# ---- leaves ----


class Leaves:
    """Makes the leaves of pages of rows; keeps what comes again."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.names = Names(cursor)
        self.writer = LeafWriter()
        self._patterns: dict[tuple[Any, ...], Pattern] = {}

    def taken(self, rows: Sequence[Row], *, waiting: bool = False) -> Taken:
        """What the entries of a page took of funds' lines; ``waiting`` where the page is of the outbox."""
        return stretches(self.cursor, rows, waiting=waiting)

    def flow(self, row: Row) -> int:
        """What a row's posting does to its fund's line: +1 fills it, −1 uses it, 0 leaves it."""
        return (self.names.line_seen(row) or self.names.line(row, self.writer))[2]

    def of(
        self, rows: Sequence[Row], taken: Taken, *, place: Callable[[str], int | None] | None = None
    ) -> Iterator[tuple[int, bytes]]:
        """For each subject of a page: where its rows begin, and its leaf. ``place`` knows positions that are being
        given to entries of this very page.

        Raises ``ValueError``, ``TypeError`` or ``KeyError`` at the first that has no leaf, after those before it.
        """
        told = notices(self.cursor, [row[SUBJECT] for row in rows if row[IS_NOTICE]], self.names)
        write, seen, line, book = self.writer.entry, self.names.line_seen, self.names.line, self.names.book
        plain, patterns = self.writer.plain, self._patterns
        at, count = 0, len(rows)
        while at < count:
            begin, row = at, rows[at]
            at += 1
            subject = row[SUBJECT]
            if row[IS_NOTICE]:
                yield begin, notice_leaf(told[subject])
                continue
            if row[BOOK] is None:
                raise KeyError(f"there is no entry {subject}")
            alone = at == count or rows[at][SUBJECT] != subject
            if alone and row[FUND] is not None and row[REVERSES] is None and subject not in taken:
                yield begin, plain(
                    patterns.get(row[ALIKE]) or self._pattern(row), subject, row[ON], at_microseconds(row[AT]),
                    row[KEY], row[INPUT], row[DOC_REF], row[FACTS], row[COMMITMENT], row[AMOUNT],
                )  # fmt: skip
                continue
            lines = ""
            if row[FUND] is not None:
                before, behind, _flow = seen(row) or line(row, self.writer)
                lines = f"{before}{whole(row[AMOUNT])}{behind}"
            while at < count and rows[at][SUBJECT] == subject:
                before, behind, _flow = seen(rows[at]) or line(rows[at], self.writer)
                lines += f",{before}{whole(rows[at][AMOUNT])}{behind}"
                at += 1
            reverses = row[REVERSES_INDEX]
            if row[REVERSES] is not None and reverses is None:
                reverses = _placed(row[REVERSES], place)
            yield begin, write(
                subject, book(row[BOOK]), row[KIND], row[ON], at_microseconds(row[AT]), row[BY], row[KEY], row[INPUT],
                row[DOC_KIND], row[DOC_REF], row[FACTS], row[COMMITMENT], lines, reverses,
                **(self._parts(taken[subject]) if subject in taken else {}),
            )  # fmt: skip

    def _pattern(self, row: Row) -> Pattern:
        if len(self._patterns) >= _MOST_PATTERNS:
            self._patterns.clear()
        before, behind, _flow = self.names.line_seen(row) or self.names.line(row, self.writer)
        book = self.names.book(row[BOOK])
        made = self.writer.pattern(book, row[KIND], row[BY], row[DOC_KIND], (before, behind))
        self._patterns[row[ALIKE]] = made
        return made

    def _parts(self, taken: Mapping[str, Iterable[tuple[Any, str, int, int]]]) -> dict[str, str]:
        parts = {}
        for part, found in taken.items():
            items = []
            for fund_id, kind, start, stop in found:
                named = f"{self.writer.word(kind)}," if part == "uses" else ""
                items.append(f"[{self.writer.word(self.names.fund(fund_id))},{named}{whole(start)},{whole(stop)}]")
            parts[part] = ",".join(items)
        return parts


def _placed(entry_id: str, place: Callable[[str], int | None] | None) -> int:
    position = place(entry_id) if place else None
    if position is None:
        raise KeyError(f"the entry that is reversed has no position: {entry_id}")
    return position
