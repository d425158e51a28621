"""The journal in partitions: the same laws, whichever partition a row is in and however it is reached."""

import re
from datetime import UTC, date, datetime
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from ledger import partitions, trace, verify
from ledger.core.ids import uuid7
from ledger.core.refusals import Refused
from ledger.models import JournalEntry
from ledger.policy import chart
from tests.ledger import raw
from tests.ledger.helpers import Desk
from tests.ledger.partitioned import QUARTERS, divide
from tests.ledger.raw import refused
from tests.ledger.story import tell
from tests.ledger.test_book_keys import is_of_the_journal, keys_of_database

THIRD, FOURTH = QUARTERS


@pytest.fixture
def journal(db):
    """Divided inside the test's own transaction."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no partitions")
    divide()


def red():
    connection.check_constraints()
    return {outcome.check.name: [str(f) for f in outcome.findings] for outcome in verify.run() if not outcome.green}


def id_in(quarter: partitions.Quarter) -> UUID:
    return UUID(int=quarter.first_id.int | uuid4().int >> 48)


def gift_in(quarter: partitions.Quarter, **columns) -> UUID:
    entry = id_in(quarter)
    raw.posting(entry)
    raw.seal(entry, **columns)
    return entry


def partition_of(entry: UUID, table="ledger_journalentry", column="id") -> str:
    ((name,),) = raw.fetch(f"SELECT tableoid::regclass::text FROM {table} WHERE {column} = %s", [entry])
    return name


# ---- what is where ----


def test_a_quarter_is_a_range_of_ids():
    first = uuid7(milliseconds(datetime(2026, 7, 1, tzinfo=UTC)), 0, bytes(8))
    last = uuid7(milliseconds(datetime(2026, 10, 1, tzinfo=UTC)) - 1, 0xFFFF, b"\xff" * 8)
    assert THIRD.first_id <= first < last < FOURTH.first_id
    assert [str(one) for one in partitions.quarters(date(2026, 11, 5), date(2027, 4, 1))] == [
        "2026q4",
        "2027q1",
        "2027q2",
    ]
    assert partitions.Quarter.of(date(2026, 9, 30)).next == partitions.Quarter.of(date(2026, 10, 1))


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def test_an_entry_and_its_postings_lie_with_their_book_and_their_time(journal):
    desk = Desk(raw.BOOK)
    posted = desk.gift(300).entry_id
    bucket = partition_of(posted).removeprefix("ledger_journalentry_").removesuffix("_2026q3")
    assert re.fullmatch(r"b[01]", bucket)
    assert partition_of(posted, "ledger_posting", "entry_id") == f"ledger_posting_{bucket}_2026q3"
    assert partition_of(gift_in(FOURTH)) == f"ledger_journalentry_{bucket}_2026q4"
    assert partition_of(raw.gift()) == f"ledger_journalentry_{bucket}_rest"


def test_a_whole_story_is_told_verified_and_traced(journal):
    desk = tell()
    desk.sequence()
    assert red() == {}
    assert trace.back(desk.award_id).total_minor == 20_000


def test_two_books_are_told_beside_each_other(journal):
    desks = [Desk(raw.BOOK), Desk("charity-b"), Desk("charity-c"), Desk("charity-d")]
    for desk in desks:
        desk.gift(300)
    desks[0].sequence()
    for desk in desks:
        desk.award(200)
    desks[0].sequence()
    assert red() == {}


def test_in_partitions_every_key_of_the_journal_names_its_book(journal):
    assert [key for key in keys_of_database() if is_of_the_journal(key)] == []


# ---- what must be unique in a book is unique at any time ----


def test_l4_a_key_is_used_once_in_a_book_whatever_the_quarter(journal):
    Desk("charity-b"), Desk(raw.BOOK)
    gift_in(THIRD, idempotency_key="gift:1")
    with refused("ledger_entry_key_once"):
        gift_in(FOURTH, idempotency_key="gift:1")
    other = id_in(FOURTH)
    raw.posting(other, book="charity-b")
    raw.seal(other, book_id=raw.book_id("charity-b"), idempotency_key="gift:1")


def test_l5_an_entry_is_reversed_once_whatever_the_quarter(journal):
    desk = Desk(raw.BOOK)
    desk.gift(300), desk.sequence()
    award = desk.award(40).entry_id
    cancel(award, id_in(THIRD))
    with refused("ledger_entry_reversed_once"):
        cancel(award, id_in(FOURTH))


def cancel(award: UUID, entry: UUID) -> None:
    raw.posting(entry, debit=chart.AID_PAYABLE, credit=chart.PROGRAMME_COST, amount=40)
    raw.seal(entry, kind="AWARD_CANCELLED", document_kind="award", reverses_id=award)


def test_an_id_stands_in_one_book_only(journal):
    Desk("charity-b"), Desk(raw.BOOK)
    entry = gift_in(THIRD)
    with refused("outbox|L11"):
        raw.posting(entry, book="charity-b")
        raw.seal(entry, book_id=raw.book_id("charity-b"))


def test_a_posting_of_another_book_does_not_join_an_entry(journal):
    Desk("charity-b"), Desk(raw.BOOK)
    entry = gift_in(THIRD)
    with refused("L11|foreign key"):
        raw.posting(entry, book="charity-b")


# ---- a partition is no back door ----


@pytest.mark.parametrize("table", [*partitions.JOURNAL, *partitions.CLAIMS])
def test_l3_no_partition_is_changed_or_emptied(journal, table):
    tell()
    for name in [table, *(name for name, _table in partitions.partitions(table))]:
        column = {"ledger_posting": "line"}.get(table, "book_id")
        for statement in (f"UPDATE {name} SET {column} = {column}", f"DELETE FROM {name}", f"TRUNCATE {name} CASCADE"):
            with refused("L3: "):
                raw.execute(statement)


def test_the_laws_of_a_statement_hold_in_a_partition_too(journal):
    desk = Desk(raw.BOOK)
    posting = partition_of(desk.gift(300).entry_id, "ledger_posting", "entry_id")
    values = {
        "entry_id": id_in(THIRD), "line": 1, "book_id": raw.book_id(), "fund_id": raw.fund_id("desks"),
        "debit_account_id": raw.account_id(chart.BANK), "credit_account_id": raw.account_id("4401"),
        "amount_minor": 10**15 + 1, "currency": "CNY",
    }  # fmt: skip
    with refused("L2"):
        raw.insert(posting, **values)
    with refused("L6"):
        raw.insert(posting, **{**values, "amount_minor": 5, "currency": "USD"})
    with refused("L11"):
        raw.insert(posting, **{**values, "amount_minor": 5, "entry_id": JournalEntry.objects.get().id, "line": 2})


@pytest.mark.parametrize("table", sorted(partitions.NAMING))
def test_a_row_that_names_no_entry_is_refused_at_the_end(journal, table):
    """The other laws of these tables would speak first: this one is heard alone."""
    tell()
    names = [name for (name,) in raw.fetch(_COLUMNS, [table])]
    row = raw.fetch(f"SELECT {', '.join(names)} FROM {table} WHERE entry_id IS NOT NULL LIMIT 1")[0]
    connection.check_constraints()
    for statement in [text for (text,) in raw.fetch(_ALONE, [table, table])]:
        raw.execute(statement)
    with refused("L11: the entry that a row of"):
        raw.insert(table, **{**dict(zip(names, row, strict=True)), "entry_id": uuid4()})


_COLUMNS = "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
_ALONE = """
SELECT format('ALTER TABLE %%s DISABLE TRIGGER %%s', tgrelid::regclass, tgname) FROM pg_trigger
WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgname NOT LIKE '%%names_entry'
UNION ALL
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%s CASCADE', conrelid::regclass, conname) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f')
"""


# ---- verification ----


def test_a_law_switched_off_in_one_partition_is_named(journal):
    desk = tell()
    name = partition_of(desk.award_id)
    raw.execute(f"ALTER TABLE {name} DISABLE TRIGGER ledger_entry_seal")
    assert f"{name} ledger_entry_seal" in " ".join(red()["partitions"])


def test_a_law_dropped_from_one_partition_is_named(journal):
    desk = tell()
    name = partition_of(desk.award_id, "ledger_posting", "entry_id")
    raw.execute(f"DROP TRIGGER ledger_posting_append_only ON {name}")
    assert "is missing" in " ".join(red()["partitions"])


def test_claims_too_few_and_too_many_are_named(journal):
    desk = tell()
    raw.execute("ALTER TABLE ledger_entrykey DISABLE TRIGGER ledger_entrykey_append_only")
    raw.execute("DELETE FROM ledger_entrykey WHERE key_hash = (SELECT min(key_hash::text)::uuid FROM ledger_entrykey)")
    raw.execute("ALTER TABLE ledger_entrykey ENABLE TRIGGER ledger_entrykey_append_only")
    raw.insert("ledger_entryreversal", book_id=raw.book_id(), reverses_id=desk.award_id)
    says = " ".join(red()["partitions"])
    assert "has no claim in ledger_entrykey" in says
    assert "is claimed by no entry" in says


# ---- rights ----


def test_the_site_reaches_no_partition_and_claims_nothing(journal):
    call_command("ledger_roles", "--site", "charity_site_test", "--owner", "charity_books_test")
    raw.execute("SET LOCAL SESSION AUTHORIZATION charity_site_test")
    tell()
    assert red() == {}
    for name, _table in [*partitions.partitions(), *((table, table) for table in partitions.CLAIMS)]:
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            raw.execute(f"INSERT INTO {name} DEFAULT VALUES")
    raw.execute("RESET SESSION AUTHORIZATION")


# ---- making them ----


def partition(*, since: str = "2026-07", until: str = "2026-12", buckets: int = 2) -> str:
    out = StringIO()
    call_command("ledger_partition", f"--since={since}", f"--until={until}", f"--buckets={buckets}", stdout=out)
    return out.getvalue()


def test_later_quarters_are_added_with_their_laws(journal):
    desk = Desk(raw.BOOK)
    assert "2 quarters added: 2027q1, 2027q2" in partition(until="2027-06")
    assert "none was missing" in partition(until="2027-06")
    later = gift_in(QUARTERS[-1].next)
    assert partition_of(later).endswith("2027q1")
    desk.sequence()
    assert set(red()) == {"keys"}, "no such input was ever hashed; all the rest is in order"


def test_quarters_are_added_before_their_time(journal):
    Desk(raw.BOOK)
    gift_in(FOURTH.next)
    connection.check_constraints()
    with pytest.raises(DatabaseError, match="rest"), transaction.atomic():
        partition(until="2027-03")


@pytest.mark.django_db
def test_a_journal_with_entries_stays_as_it_is():
    if connection.vendor != "postgresql":
        with pytest.raises(CommandError, match="Only PostgreSQL"):
            partition()
        return
    if partitions.is_divided():
        pytest.skip("these tests run on partitions already")
    Desk(raw.BOOK).gift(5)
    connection.check_constraints()
    with pytest.raises(CommandError, match="before the first one"):
        partition()
    with pytest.raises(CommandError, match="YYYY-MM"):
        partition(since="2026")
    with pytest.raises(CommandError, match="buckets"):
        partition(buckets=0)


def test_it_is_divided_once(journal):
    with pytest.raises(Refused) as refusal:
        partitions.divide(2, QUARTERS)
    assert refusal.value.code == "divided_already"
