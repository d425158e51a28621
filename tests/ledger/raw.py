"""Around the door: rows by plain SQL, as an intruder or a careless script would write them. Only laws stand guard."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from ledger.models import Account, Book, Fund, JournalEntry
from ledger.policy import chart
from tests.ledger.helpers import DAY, START

BOOK = "charity-a"


@contextmanager
def refused(says: str) -> Iterator[None]:
    """The database refuses with a message that matches; nothing of the block stays."""
    connection.check_constraints()
    with pytest.raises(DatabaseError, match=says), transaction.atomic():  # noqa: PT012 - the block is the caller's
        yield
        connection.check_constraints()


def execute(sql: str, values: Any = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [adapted(value) for value in values])


def fetch(sql: str, values: Any = ()) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [adapted(value) for value in values])
        return cursor.fetchall()


def adapted(value: Any) -> Any:
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value


def insert(table: str, *, verb: str = "INSERT", tail: str = "", **columns: Any) -> None:
    """One row. Names of columns are the table's own."""
    places = ", ".join(["%s"] * len(columns))
    execute(f"{verb} INTO {table} ({', '.join(columns)}) VALUES ({places}) {tail}", columns.values())


def book_id(code: str = BOOK) -> int:
    return Book.objects.get(code=code).id


def fund_id(code: str, book: str = BOOK) -> int:
    return Fund.objects.get(book__code=book, code=code).id


def account_id(code: str, currency: str = "CNY", book: str = BOOK) -> int:
    return Account.objects.get(book__code=book, code=code, currency=currency).id


def posting(entry: UUID, line: int = 1, *, fund: str = "desks", debit: str = chart.STRIPE_CLEARING,
            credit: str = chart.GIFTS_RESTRICTED, amount: Any = 100, currency: str = "CNY", book: str = BOOK,
            **columns: Any) -> None:  # fmt: skip
    values = {
        "entry_id": entry,
        "line": line,
        "book_id": book_id(book),
        "fund_id": fund_id(fund, book),
        "debit_account_id": account_id(debit, currency, book),
        "credit_account_id": account_id(credit, currency, book),
        "amount_minor": amount,
        "currency": currency,
    }
    insert("ledger_posting", **{**values, **columns})


def seal(entry: UUID, *, count: int = 1, verb: str = "INSERT", tail: str = "", **columns: Any) -> None:
    """The entry's own row, after its postings."""
    values = {
        "id": entry,
        "book_id": book_id(),
        "kind": "GIFT",
        "effective_on": DAY,
        "recorded_at": START.replace(year=2027),
        "recorded_by": "intruder",
        "idempotency_key": secrets.token_hex(8),
        "input_hash": secrets.token_bytes(32),
        "document_kind": "gift",
        "document_ref": secrets.token_hex(16),
        "reverses_id": None,
        "facts": "{}",
        "commitment": None,
        "posting_count": count,
    }
    insert("ledger_journalentry", verb=verb, tail=tail, **{**values, **columns})


def spending(entry: UUID, amount: int, *, fund: str = "desks") -> None:
    """The posting of an award."""
    posting(entry, fund=fund, debit=chart.PROGRAMME_COST, credit=chart.AID_PAYABLE, amount=amount)


def use(entry: UUID, start: Any, stop: Any, *, kind: str = "SPEND", fund: str = "desks", **columns: Any) -> None:
    values = {"fund_id": fund_id(fund), "start": start, "stop": stop, "entry_id": entry, "prev": start or None}
    insert("ledger_lotuse", **{**values, "kind": kind, **columns})


def hole(entry: UUID, start: Any, stop: Any, *, fund: str = "desks") -> None:
    insert("ledger_lothole", fund_id=fund_id(fund), start=start, stop=stop, entry_id=entry)


def cover(entry: UUID, start: Any, stop: Any, *, fund: str = "desks") -> None:
    insert("ledger_lotcover", fund_id=fund_id(fund), start=start, stop=stop, entry_id=entry)


def lot(entry: UUID, start: Any, stop: Any, *, index: int, fund: str = "desks", **columns: Any) -> None:
    values = {"fund_id": fund_id(fund), "start": start, "stop": stop, "entry_id": entry}
    insert("ledger_lot", **{**values, "source_kind": "DONATION", "log_index": index, **columns})


def leaf(position: int, *, entry: UUID | None = None, notice: UUID | None = None) -> None:
    insert("ledger_logleaf", position=position, entry_id=entry, notice_id=notice, leaf_hash=secrets.token_bytes(32))


def gift(amount: int = 100, **columns: Any) -> UUID:
    """A whole gift by SQL, as the laws want it."""
    entry = uuid4()
    posting(entry, amount=amount)
    seal(entry, **columns)
    return entry


def latest() -> JournalEntry:
    return JournalEntry.objects.order_by("-recorded_at", "-id")[0]
