"""Growth by book: every unique key and every reference of the books' tables names the book, or says why it does not.

A journal is divided by book, into partitions or onto machines, only if no key has to be looked for beyond its book.
What stands here is all that would have to be answered for first: see ``decisions/``, "past one machine".
"""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, models

from ledger import partitions
from tests.ledger import raw

pytestmark = pytest.mark.django_db

LOG = "the log's own: a log is of one site, of whatever books it keeps; it grows by logs, not by books"
FUND = "a fund is of one book, so its line is of one book"
LAW_SEAL = "the seal compares the books of entry and postings; a fund's line takes what its own fund lost"
OWN_NUMBER = "a number the database gives; rows name it together with their book or their fund"
SUMS = "sums of postings whose books L6 has compared"
TIME_ID = "an id with 58 random bits; the outbox takes each once, whatever the book"

# ``table (columns)`` for a unique key, ``table (columns) -> table`` for a reference.
EXCEPTIONS = {
    "ledger_account (id)": OWN_NUMBER,
    "ledger_fund (id)": OWN_NUMBER,
    "ledger_period (id)": OWN_NUMBER,
    "ledger_book (code)": "what a book is called where it is looked up: a small table that every machine has a copy of",
    "ledger_journalentry (id)": TIME_ID,
    "ledger_journalentry (reverses_id)": "L5: a reversal and its origin are of one book, so once in all is once in it",
    "ledger_notice (id)": TIME_ID,
    "ledger_outbox (recorded_at, subject_id)": LOG,
    "ledger_posting (entry_id, line)": TIME_ID,
    "ledger_posting (entry_id) -> ledger_journalentry": LAW_SEAL,
    "ledger_logleaf (position)": LOG,
    "ledger_logleaf (entry_id)": LOG,
    "ledger_logleaf (notice_id)": LOG,
    "ledger_loghead (size)": LOG,
    "ledger_logtile (level, number)": LOG,
    "ledger_accountsnapshot (fund_id, account_id, position)": FUND,
    "ledger_accountsnapshot (fund_id) -> ledger_fund": FUND,
    "ledger_accountsnapshot (account_id) -> ledger_account": SUMS,
    "ledger_linesnapshot (fund_id, measure, position)": FUND,
    "ledger_linesnapshot (fund_id) -> ledger_fund": FUND,
    "ledger_daysum (fund_id, day, debit_account_id, credit_account_id, position)": FUND,
    "ledger_daysum (fund_id) -> ledger_fund": FUND,
    "ledger_daysum (debit_account_id) -> ledger_account": SUMS,
    "ledger_daysum (credit_account_id) -> ledger_account": SUMS,
    "ledger_verification (number)": LOG,
    "ledger_checkpoint (origin, size)": LOG,
    "ledger_cosignature (origin, size, witness)": LOG,
}
for _table in ("lot", "lotuse", "lothole", "lotcover"):
    EXCEPTIONS[f"ledger_{_table} (fund_id, start)"] = FUND
for _table in ("lotuse", "lothole", "lotcover"):
    EXCEPTIONS |= {
        f"ledger_{_table} (fund_id, stop)": FUND,
        f"ledger_{_table} (fund_id) -> ledger_fund": FUND,
        f"ledger_{_table} (entry_id) -> ledger_journalentry": LAW_SEAL,
    }

# What the laws add on PostgreSQL, beyond the models.
LAWS_EXCEPTIONS = {
    "ledger_lotuse (fund_id, prev) -> ledger_lotuse": FUND,
}


def test_every_key_of_the_models_names_the_book_or_says_why_not():
    assert set(keys_of_models()) == set(EXCEPTIONS)


def test_every_key_of_the_database_names_the_book_or_says_why_not():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is not divided")
    expected = set(EXCEPTIONS) | set(LAWS_EXCEPTIONS)
    if partitions.is_divided():
        expected = {key for key in expected if not is_of_the_journal(key)}
    assert set(keys_of_database()) == expected


def is_of_the_journal(key: str) -> bool:
    """A key of the journal's own tables, or a reference to them: in partitions each of these names the book."""
    return key.startswith(("ledger_journalentry (", "ledger_posting (")) or key.endswith("-> ledger_journalentry")


def test_every_exception_has_its_reason():
    assert not set(EXCEPTIONS) & set(LAWS_EXCEPTIONS)
    assert all({**EXCEPTIONS, **LAWS_EXCEPTIONS}.values())


# ---- what the models say ----


def keys_of_models() -> Iterator[str]:
    """Unique keys and references without the book, by the models."""
    for model in apps.get_app_config("ledger").get_models():
        table = model._meta.db_table
        for columns in unique_columns(model):
            if not names_the_book(table, columns):
                yield f"{table} ({', '.join(columns)})"
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.db_constraint:
                parent = field.related_model._meta.db_table
                if parent != "ledger_book":
                    yield f"{table} ({field.column}) -> {parent}"


def unique_columns(model: type[models.Model]) -> Iterator[tuple[str, ...]]:
    yield tuple(field.column for field in model._meta.pk_fields)
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield (field.column,)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            yield tuple(model._meta.get_field(name).column for name in constraint.fields)


def names_the_book(table: str, columns: tuple[str, ...]) -> bool:
    return "book_id" in columns or (table, columns) == ("ledger_book", ("id",))


# ---- what the database says ----

_UNIQUE = """
SELECT c.relname::text, array_agg(a.attname::text ORDER BY place.number)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY place (column_number, number)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = place.column_number
WHERE i.indisunique AND c.relname LIKE 'ledger\\_%%' AND NOT c.relispartition
GROUP BY c.relname, i.indexrelid
"""
_REFERENCES = """
SELECT c.relname::text, array_agg(a.attname::text ORDER BY place.number), parent.relname::text
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY place (column_number, number)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = place.column_number
WHERE k.contype = 'f' AND c.relname LIKE 'ledger\\_%%' AND NOT c.relispartition AND k.conparentid = 0
GROUP BY c.relname, parent.relname, k.oid
"""


def keys_of_database() -> Iterator[str]:
    """Unique keys and references without the book, by PostgreSQL's catalogue."""
    for table, columns in raw.fetch(_UNIQUE):
        if not names_the_book(table, tuple(columns)):
            yield f"{table} ({', '.join(columns)})"
    for table, columns, parent in raw.fetch(_REFERENCES):
        if parent != "ledger_book" and "book_id" not in columns:
            yield f"{table} ({', '.join(columns)}) -> {parent}"
