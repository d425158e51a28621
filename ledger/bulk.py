"""Posting in bulk: a stream of drafts in batches, under the same laws, restartable, in memory that stays flat.

A batch is one transaction. Killed at any point, it has happened or it has not; the same stream again posts the rest,
since each event has its key. What takes nothing from a fund's line goes in by COPY (rows by the hundred on SQLite); a
draft that does goes through ``post`` in its turn. While the database writes a batch, in a thread with a connection of
its own, the next one is made ready; memory is that of two.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections

from ledger.answers import key_reused, refusal_of, why_missing
from ledger.beside import Beside, beside
from ledger.bulk_rows import Alike, copy_row, copy_rows_alike, sqlite_row, sqlite_rows_alike, takes_from_a_line
from ledger.core.entries import Draft
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import Account, Book, Fund, entries_with_keys
from ledger.posting import check, new_ids_hex, post
from ledger.writing import Row, write_rows

__all__ = ["Alike", "Posted", "Ready", "post_many"]

BATCH = 5_000
# Keys are random: each commit writes a page of their index for nearly every key. SQLite folds every such page into its
# file, so its batches are larger; together they stay in the memory that two of them may take.
LARGER_ON_SQLITE = 4
# So many refusals are kept with their reasons; the rest is counted.
REFUSALS_KEPT = 1_000


@dataclass(slots=True)
class Posted:
    """What became of a stream: how many were posted, how many were there already, how many refused, and why."""

    posted: int = 0
    there_already: int = 0
    refused: int = 0
    refusals: list[tuple[str, Refused]] = field(default_factory=list)

    def refuse(self, key: str, why: Refused) -> None:
        self.refused += 1
        if len(self.refusals) < REFUSALS_KEPT:
            self.refusals.append((key, why))


def post_many(drafts: Iterable[tuple[Draft, datetime, str]], *, by: str) -> Posted:
    """Post many drafts, in their order: each with its moment and the key that names its business event.

    ``by`` is the actor's opaque reference. A key that was used before for the same draft is passed over; for another
    draft, that one is refused and the rest goes on. A draft is refused for the reasons for which ``post`` refuses it.
    Inside an open transaction everything is written in it, in turn.
    """
    with beside() as thread:
        stream = _Stream(by, thread, None)
        for draft, at, key in drafts:
            stream.take(draft, at, key)
        stream.flush()
        stream.settle()
        return stream.outcome


class Ready:
    """Drafts that were made into rows of the books, and wait to be written: for who makes the next rows while the
    database is busy with others. Making them reads codes of funds and accounts, and writes nothing.
    """

    def __init__(self, by: str) -> None:
        self.entries: dict[str, str] = {}
        self._stream = _Stream(by, None, self.entries)
        self._stream.batch = None

    def add(self, draft: Draft, at: datetime, key: str) -> None:
        """Make a draft's rows, or keep why it is refused. It may take nothing from a fund's line: ``ValueError``."""
        if takes_from_a_line(draft):
            raise ValueError("what takes from a fund's line is posted in its turn, under the line's lock")
        self._stream.take(draft, at, key)

    def add_alike(
        self, alike: Alike, entry_id: str, key: str, amount_minor: int, effective_on: date, document_ref: str,
        commitment: bytes | None,
    ) -> None:  # fmt: skip
        """As `add`, of a draft like another. ``entry_id`` is a new one, as `ids` gives them."""
        row = alike.row(self._stream, key, entry_id, amount_minor, effective_on, document_ref, commitment)
        if row is None:
            self.add(alike.draft(amount_minor, effective_on, document_ref, commitment), alike.at, key)
        else:
            self._stream.put(row)

    @staticmethod
    def ids(at: datetime, count: int) -> list[str]:
        """Ids for entries of one moment, in their order (32 hexadecimal digits each)."""
        return new_ids_hex(at, count)

    @property
    def waiting(self) -> dict[str, str]:
        """The ids (32 hexadecimal digits) that the entries will have, by key: of those that nothing refused so far."""
        return {row.key: row.entry_id for row in self._stream.rows.values()}

    def post(self) -> Posted:
        """Write the rows in the caller's transaction, once.

        ``entries`` has the new entries' ids (32 hexadecimal digits) by key then. The caller has seen that the events
        are new: no key is looked up before a law refuses it.
        """
        self._stream.flush()
        return self._stream.outcome


class _Stream:
    def __init__(self, by: str, thread: Beside | None, entries: dict[str, str] | None) -> None:
        self.by = by
        self.entries = entries
        self.thread = thread
        self.writing: tuple[Sequence[Row], Future[None]] | None = None
        self.outcome = Posted()
        self.rows: dict[tuple[str, str], Row] = {}
        self.codes = _Codes()
        on_sqlite = connections[DEFAULT_DB_ALIAS].vendor == "sqlite"
        self.row_of = sqlite_row if on_sqlite else copy_row
        self.alike = sqlite_rows_alike if on_sqlite else copy_rows_alike
        self.batch: int | None = BATCH * LARGER_ON_SQLITE if on_sqlite else BATCH
        # A stream that begins anew finds its first batches there. Once a batch was new to the last row, the laws ask.
        self.may_be_there = entries is None

    def take(self, draft: Draft, at: datetime, key: str) -> None:
        try:
            check(draft, at)
            if takes_from_a_line(draft):
                self.flush()
                self.settle()
                created = post(draft, by=self.by, at=at, key=key).created
                self._count(created)
                return
            codes = self.codes.of(draft)
        except Refused as why:
            self.outcome.refuse(key, why)
            return
        self.put(self.row_of(draft, at, key, self.by, codes))

    def put(self, row: Row) -> None:
        """A row that waits to be written, unless its event has one already."""
        before = self.rows.setdefault((row.book, row.key), row)
        if before is not row:
            self._answer(row, before.input_hash)
        elif self.batch and len(self.rows) >= self.batch:
            self.flush()

    def flush(self) -> None:
        """Begin to write what waits, once the batch before is written."""
        rows, self.rows = list(self.rows.values()), {}
        self.settle()
        if self.may_be_there:
            fresh = self._without_those_there(rows)
            self.may_be_there = len(fresh) < len(rows)
            rows = fresh
        if rows and self.thread:
            self.writing = rows, self.thread.submit(write_rows, rows)
        else:
            self._write(rows)

    def settle(self) -> None:
        """Wait for the batch that is being written, and answer what was refused of it."""
        if self.writing is None:
            return
        (rows, written), self.writing = self.writing, None
        try:
            written.result()
        except IntegrityError as error:
            self._in_parts(rows, error)
        else:
            self._written(rows)

    def _write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        try:
            write_rows(rows)
        except IntegrityError as error:
            self._in_parts(rows, error)
        else:
            self._written(rows)

    def _written(self, rows: Sequence[Row]) -> None:
        self.outcome.posted += len(rows)
        if self.entries is not None:
            self.entries.update((row.key, row.entry_id) for row in rows)

    def _in_parts(self, rows: Sequence[Row], error: IntegrityError) -> None:
        """A law refused one of these: the halves are written, down to the one that is refused."""
        self.may_be_there = True
        fresh = self._without_those_there(rows)
        if len(fresh) < len(rows):
            self._write(fresh)
        elif len(rows) == 1:
            self.outcome.refuse(rows[0].key, _kindly(error))
        else:
            middle = len(rows) // 2
            self._write(rows[:middle])
            self._write(rows[middle:])

    def _without_those_there(self, rows: Sequence[Row]) -> list[Row]:
        """The rows whose keys are free; the others are answered."""
        there: dict[tuple[str, str], bytes] = {}
        for book in {row.book for row in rows}:
            keys = [row.key for row in rows if row.book == book]
            for start in range(0, len(keys), 500):
                found = entries_with_keys(book, keys[start : start + 500])
                for key, input_hash in found.values_list("idempotency_key", "input_hash"):
                    there[book, key] = bytes(input_hash)
        fresh = []
        for row in rows:
            if (row.book, row.key) in there:
                self._answer(row, there[row.book, row.key])
            else:
                fresh.append(row)
        return fresh

    def _answer(self, row: Row, input_hash: bytes) -> None:
        if row.input_hash == input_hash:
            self.outcome.there_already += 1
        else:
            self.outcome.refuse(row.key, key_reused(row.key))

    def _count(self, created: bool) -> None:
        if created:
            self.outcome.posted += 1
        else:
            self.outcome.there_already += 1


def _kindly(error: IntegrityError) -> Refused:
    why = refusal_of(error)
    if isinstance(why, Refused):
        return why
    raise error


class _Codes:
    """The ids of books, funds and accounts by their codes, kept for one stream: these rows never change."""

    def __init__(self) -> None:
        self.books: dict[str, int] = {}
        self.funds: dict[tuple[str, str], tuple[int, str]] = {}
        self.accounts: dict[tuple[str, str, str], int] = {}

    def of(self, draft: Draft) -> list[tuple[int, int, int, int]]:
        """Book, fund, debit and credit account of each line. Refused where one is not there or has another currency."""
        try:
            return self._found(draft)
        except KeyError:
            self._read(draft.book)  # it may have been opened since
        try:
            return self._found(draft)
        except KeyError:
            raise why_missing(draft) from None

    def _found(self, draft: Draft) -> list[tuple[int, int, int, int]]:
        book, found = draft.book, []
        for line in draft.lines:
            fund, currency = self.funds[book, line.fund]
            debit = self.accounts[book, line.debit, line.currency]
            credit = self.accounts[book, line.credit, line.currency]
            if currency != line.currency:
                raise Refused("currency_differs", _("A posting, its fund and its accounts have one currency."))
            found.append((self.books[book], fund, debit, credit))
        return found

    def _read(self, code: str) -> None:
        for book_id in Book.objects.filter(code=code).values_list("id", flat=True):
            self.books[code] = book_id
            for fund, fund_id, currency in Fund.objects.filter(book=book_id).values_list("code", "id", "currency"):
                self.funds[code, fund] = fund_id, currency
            for account, currency, account_id in Account.objects.filter(book=book_id).values_list(
                "code", "currency", "id"
            ):
                self.accounts[code, account, currency] = account_id
