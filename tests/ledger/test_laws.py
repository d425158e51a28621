"""Laws L1 to L7, L10 and L11, tried around the ORM on the engine the tests run on. L8 and L9: their own file."""

import ast
import re
from contextlib import nullcontext
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import connection, models

from ledger import checkpoints, partitions, posting
from ledger.core.refusals import Refused
from ledger.models import JournalEntry, Notice, Period
from ledger.policy import chart, recipes
from ledger.sql import PROTECTED
from projects.access.copying import copy_rows
from tests import guards
from tests.architecture import source
from tests.ledger import raw
from tests.ledger.helpers import BY, START, Desk
from tests.ledger.raw import refused
from tests.ledger.story import witnessed

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    desk = Desk(raw.BOOK)
    desk.gift(300), desk.gift(500, fund="general")
    desk.sequence()
    return desk


# ---- L1: one door ----


def test_l1_only_posting_writes_entries_postings_stretches_and_notices():
    writers = {
        source.name(path) for path in source.python_files() for node in ast.walk(source.tree(path)) if _writes(node)
    }
    # Rows of any table but the books': it refuses those, see below.
    assert writers == {"ledger/posting.py", "ledger/writing.py", "projects/access/copying.py"}
    with pytest.raises(ValueError, match="L1"):
        copy_rows(JournalEntry, [])
    callers = {
        source.name(path) for path in source.python_files("ledger", "projects", "charity_site")
        if "ledger.writing" in source.imports(path)
    }  # fmt: skip
    assert callers <= {"ledger/posting.py", "ledger/bulk.py", "ledger/bulk_rows.py"}
    for path in source.python_files("projects", "charity_site"):
        assert not re.search(r"\b(INTO|UPDATE|FROM|TABLE|JOIN) ledger_", path.read_text()), source.name(path)


def _writes(node):
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        made = re.match(r"(JournalEntry|Posting|LotUse|LotHole|LotCover|Notice)\.objects\b", ast.unparse(node.func))
        return bool(made) and node.func.attr in {"create", "bulk_create", "get_or_create", "update", "delete", "save"}
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return bool(re.search(r"INSERT INTO (ledger_(journalentry|posting|lot(use|hole|cover))|\s*$)", node.value))
    return False


# ---- L2: an entry balances by construction ----


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1])
def test_l2_an_amount_is_positive_and_bounded(desk, amount):
    with refused("L2: a posting is one positive whole amount|ledger_posting_amount_positive"):
        raw.posting(uuid4(), amount=amount)


@pytest.mark.parametrize("amount", [1.5, "abc", "12x", b"7"])
def test_l2_an_amount_is_a_whole_number(desk, amount):
    if connection.vendor == "postgresql" and amount == 1.5:
        pytest.skip("PostgreSQL rounds by the column's type before any law sees it")
    with refused("L2|invalid input syntax|is of type"):
        raw.posting(uuid4(), amount=amount)


def test_l2_money_moves_from_one_account_to_another(desk):
    with refused("L2|ledger_posting_sides_differ"):
        raw.posting(uuid4(), debit=chart.BANK, credit=chart.BANK)


def test_l2_holds_with_checks_switched_off(desk):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's checks cannot be switched off")
    raw.execute("PRAGMA ignore_check_constraints = ON")
    try:
        with refused("L2"):
            raw.posting(uuid4(), amount=-5)
        with refused("L8: a stretch runs forward"):
            raw.use(uuid4(), 0, 0)
    finally:
        raw.execute("PRAGMA ignore_check_constraints = OFF")


# ---- L3: nothing is changed or removed ----


@pytest.mark.parametrize("table", PROTECTED)
def test_l3_no_row_is_changed(desk, table):
    column = PROTECTED[table][0][0]
    with refused(f"L3: {table} is append-only") if raw.fetch(f"SELECT 1 FROM {table}") else _refused_if_statement():
        raw.execute(f"UPDATE {table} SET {column} = {column}")


@pytest.mark.parametrize("table", PROTECTED)
def test_l3_no_row_is_removed(desk, table):
    with refused(f"L3: {table} is append-only") if raw.fetch(f"SELECT 1 FROM {table}") else _refused_if_statement():
        raw.execute(f"DELETE FROM {table}")


def _refused_if_statement():
    """An empty table: PostgreSQL refuses the statement, SQLite has no row to refuse for."""
    return refused("L3") if connection.vendor == "postgresql" else nullcontext()


@pytest.mark.parametrize("table", PROTECTED)
def test_l3_no_table_is_emptied(desk, table):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with refused("L3|L9"):
        raw.execute(f"TRUNCATE {table} CASCADE")


def filled() -> list[str]:
    return [table for table in PROTECTED if raw.fetch(f"SELECT 1 FROM {table}")]


def full_desk():
    """A book with a row in every protected table."""
    desk = Desk(raw.BOOK)
    gift, _other = desk.gift(300), desk.gift(500, fund="general")
    desk.sequence()
    desk.award(200)
    desk.refund(gift.entry_id, 150)
    desk.sequence()
    Period.objects.create(
        book_id=raw.book_id(), starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31), closed_at=START, closed_by=BY
    )
    checkpoints.sign(at=desk.tick())
    witnessed(desk.at)
    with guards.lifted():  # the log is too short for rows of these
        derive()
    desk.verified()
    assert set(filled()) == set(PROTECTED)
    return desk


def derive():
    """A full tile, and sums of the first entries."""
    raw.insert("ledger_logtile", level=0, number=0, root=b"r" * 32)
    sums = {"fund_id": raw.fund_id("desks"), "position": 1}
    raw.insert("ledger_accountsnapshot", **sums, account_id=raw.account_id(chart.BANK), debit_minor=1, credit_minor=0)
    raw.insert("ledger_linesnapshot", **sums, measure="DONATION", amount_minor=1, entries=1)
    accounts = {"debit_account_id": raw.account_id(chart.BANK), "credit_account_id": raw.account_id(chart.GRANTS)}
    raw.insert("ledger_daysum", **sums, **accounts, day="2026-09-01", amount_minor=1)


@pytest.mark.parametrize("table", PROTECTED)
def test_l3_no_row_is_replaced(table):
    """Under OR REPLACE SQLite deletes silently, by any key of the table and by its rowid, unless triggers recurse."""
    if connection.vendor != "sqlite":
        pytest.skip("REPLACE is SQLite's")
    full_desk()
    names = [row[1] for row in raw.fetch(f"PRAGMA table_info({table})")]
    # Other laws refuse most of these rows too, and may speak first: this one is heard alone.
    for (other,) in raw.fetch(
        f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}' "
        f"AND name NOT LIKE '{table}_no_%%'"
    ):
        raw.execute(f"DROP TRIGGER {other}")
    for columns in (names, ["rowid", *names]):
        values = list(raw.fetch(f"SELECT {', '.join(columns)} FROM {table} LIMIT 1")[0])
        if columns is not names:
            if names[0] == "id" and values[0] == values[1]:
                continue  # the key is the rowid
            values = [values[0], *_another_key(table, names, values[1:])]
        for recursive in ("OFF", "ON"):
            raw.execute(f"PRAGMA recursive_triggers = {recursive}")
            with refused(f"L3: {table} is append-only"):
                places = ", ".join(["%s"] * len(columns))
                raw.execute(f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({places})", values)


def another(value):
    """What makes another value of this one."""
    if isinstance(value, date):
        return timedelta(days=1)
    return 1 if isinstance(value, int) else "x"


def _another_key(table, names, values):
    """The same row under other keys, so that only its place in the table is taken."""
    taken = {column for key in PROTECTED[table] for column in key} - {"book_id", "fund_id", "entry_id", "notice_id"}
    return [
        value if name not in taken or value is None else value + another(value)
        for name, value in zip(names, values, strict=True)
    ]


@pytest.mark.parametrize("table", PROTECTED)
def test_l3_no_row_is_changed_by_an_upsert(table):
    full_desk()
    key = PROTECTED[table][0]
    if table in partitions.JOURNAL and partitions.is_divided():
        key = (*key, "book_id")
    names = [field.column for field in _model(table)._meta.concrete_fields]
    values = list(raw.fetch(f"SELECT {', '.join(names)} FROM {table} LIMIT 1")[0])
    with refused(r"L\d+: "):
        raw.execute(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {key[0]} = excluded.{key[0]}",
            values,
        )


def _model(table):
    return next(model for model in apps.get_app_config("ledger").get_models() if model._meta.db_table == table)


def test_l3_every_table_of_the_books_is_protected_but_the_outbox():
    tables = {model._meta.db_table for model in apps.get_app_config("ledger").get_models()}
    assert tables - set(PROTECTED) == {"ledger_outbox"}


def test_l3_every_unique_key_is_guarded_against_replacement():
    for model in apps.get_app_config("ledger").get_models():
        table = model._meta.db_table
        if table not in PROTECTED:
            continue
        keys = {tuple(_columns(model, constraint.fields)) for constraint in model._meta.constraints
                if isinstance(constraint, models.UniqueConstraint)}  # fmt: skip
        keys |= {(field.column,) for field in model._meta.concrete_fields if field.unique}
        assert keys <= set(PROTECTED[table]), table


def _columns(model, names):
    return [model._meta.get_field(name).column for name in names]


# ---- L4: one event, one entry ----


def test_l4_a_key_is_used_once_in_a_book(desk):
    raw.gift(idempotency_key="gift:1")
    with refused("ledger_entry_key_once|this row exists"):
        raw.gift(idempotency_key="gift:1")


def test_l4_a_notices_key_is_used_once_in_a_book(desk):
    there = Notice.objects.first()
    with refused("ledger_notice_key_once|this row exists"):
        raw.insert(
            "ledger_notice", id=uuid4(), book_id=there.book_id, kind="DISCLOSURE", effective_on=there.effective_on,
            recorded_at=START, recorded_by="intruder", idempotency_key=there.idempotency_key, facts="{}",
        )  # fmt: skip


def test_l4_a_key_reused_with_other_input_is_refused_kindly(desk):
    desk.gift(10, key="gift:k", document_ref="document-k")
    with pytest.raises(Refused) as refusal:
        desk.gift(11, key="gift:k", document_ref="document-k")
    assert refusal.value.code == "key_reused"


# ---- L5: reversed at most once, by a mirror ----


def reversal(origin: UUID, amount: int = 40, *, fund: str = "desks", **columns) -> None:
    entry = uuid4()
    raw.posting(entry, fund=fund, debit=chart.AID_PAYABLE, credit=chart.PROGRAMME_COST, amount=amount)
    raw.seal(entry, reverses_id=origin, kind="AWARD_CANCELLED", document_kind="award", **columns)


def test_l5_a_mirror_is_taken_once(desk):
    award = desk.award(40).entry_id
    reversal(award)
    with refused("ledger_entry_reversed_once|this row exists"):
        reversal(award)


def test_l5_a_reversal_mirrors_amount_fund_and_sides(desk):
    award = desk.award(40).entry_id
    for change in ({"amount": 39}, {"fund": "general"}):
        with refused("L5: a reversal mirrors"):
            reversal(award, **change)
    with refused("L5: a reversal mirrors"):
        entry = uuid4()
        raw.posting(entry, debit=chart.BANK, credit=chart.PROGRAMME_COST, amount=40)
        raw.seal(entry, reverses_id=award)


def test_l5_a_reversal_has_as_many_postings_as_its_origin(desk):
    award = desk.award(40).entry_id
    entry = uuid4()
    with refused("L5: a reversal mirrors"):
        raw.posting(entry, debit=chart.AID_PAYABLE, credit=chart.PROGRAMME_COST, amount=40)
        raw.posting(entry, 2, debit=chart.BANK, credit=chart.CASH, amount=1)
        raw.seal(entry, reverses_id=award, count=2)


def test_l5_a_reversal_is_later_than_its_origin_and_in_the_same_book(desk):
    award = desk.award(40).entry_id
    with refused("L5: a reversal mirrors"):
        reversal(award, recorded_at=START.replace(year=2020))
    Desk("charity-b")
    entry = uuid4()
    with refused("L5: a reversal mirrors"):
        raw.posting(entry, book="charity-b", debit=chart.AID_PAYABLE, credit=chart.PROGRAMME_COST, amount=40)
        raw.seal(entry, book_id=raw.book_id("charity-b"), reverses_id=award)


def test_l5_what_is_not_there_is_not_reversed(desk):
    with refused("L5: a reversal mirrors"):
        reversal(uuid4())


# ---- L6: book and currency agree ----


def test_l6_currencies_agree(desk):
    desk.fund("dollars", "USD")
    usd = {"debit_account_id": raw.account_id(chart.BANK, "USD"), "credit_account_id": raw.account_id("4401", "USD")}
    for change in (
        {"currency_": "USD"},
        {"debit_account_id": usd["debit_account_id"]},
        {"credit_account_id": usd["credit_account_id"]},
        {"fund_id": raw.fund_id("dollars")},
        {"fund_id": raw.fund_id("dollars"), **usd},
    ):
        columns = {name.rstrip("_"): value for name, value in change.items()}
        column = columns.pop("currency", "CNY")
        with refused("L6: posting, fund and accounts must agree"):
            _posting_with(column, columns)


def _posting_with(currency, columns):
    values = {
        "entry_id": uuid4(),
        "line": 1,
        "book_id": raw.book_id(),
        "fund_id": raw.fund_id("desks"),
        "debit_account_id": raw.account_id(chart.BANK),
        "credit_account_id": raw.account_id("4401"),
        "amount_minor": 5,
        "currency": currency,
    }
    raw.insert("ledger_posting", **{**values, **columns})


def test_l6_books_agree(desk):
    Desk("charity-b")
    for change in (
        {"book_id": raw.book_id("charity-b")},
        {"fund_id": raw.fund_id("desks", "charity-b")},
        {"debit_account_id": raw.account_id(chart.BANK, book="charity-b")},
        {"credit_account_id": raw.account_id("4401", book="charity-b")},
    ):
        with refused("L6: posting, fund and accounts must agree"):
            _posting_with("CNY", change)


def test_l6_an_entry_takes_no_posting_of_another_book(desk):
    Desk("charity-b")
    entry = uuid4()
    with refused("L11: the postings are not those"):
        raw.posting(entry, book="charity-b")
        raw.seal(entry)


def test_l6_a_transfer_between_currencies_is_refused_kindly(desk):
    desk.fund("dollars", "USD")
    draft = recipes.transfer(
        book=raw.BOOK, from_fund="desks", to_fund="dollars", amount_minor=5, currency="CNY",
        effective_on=START.date(), document_ref="transfer-1",
    )  # fmt: skip
    with pytest.raises(Refused) as refusal:
        posting.post(draft, by=BY, at=desk.tick(), key="transfer:1")
    assert refusal.value.code == "currency_differs"


# ---- L7: a closed period takes nothing ----


def close(starts: date, ends: date) -> None:
    raw.insert(
        "ledger_period", book_id=raw.book_id(), starts_on=starts, ends_on=ends, closed_at=START, closed_by="intruder"
    )


def test_l7_a_closed_period_takes_no_entry(desk):
    close(date(2026, 9, 1), date(2026, 9, 30))
    for day in (date(2026, 9, 1), date(2026, 9, 30)):
        with refused("L7: the period is closed"):
            raw.gift(effective_on=day)
    raw.gift(effective_on=date(2026, 10, 1))
    with pytest.raises(Refused) as refusal:
        desk.gift(5)
    assert refusal.value.code == "period_closed"


def test_l7_a_day_is_closed_once(desk):
    close(date(2026, 9, 1), date(2026, 9, 30))
    with refused("L7: these days are closed already"):
        close(date(2026, 9, 30), date(2026, 10, 31))


def test_l7_a_period_runs_forward(desk):
    with refused("ledger_period_runs_forward"):
        close(date(2026, 9, 30), date(2026, 9, 1))


def test_l7_a_day_cannot_be_written_so_that_it_escapes(desk):
    close(date(2026, 9, 1), date(2026, 9, 30))
    with refused("L7|invalid input syntax"):
        raw.gift(effective_on="2026-9-15" if connection.vendor == "sqlite" else "day fifteen")


# ---- L10: documents by opaque reference only ----

TEXTS = {
    "ledger_account.code": "an account of the chart",
    "ledger_account.currency": "ISO 4217",
    "ledger_account.type": "one of five words",
    "ledger_book.base_currency": "ISO 4217",
    "ledger_book.chart_version": "a version of the chart",
    "ledger_book.code": "a-z 0-9 -, chosen by the apps above, never a person",
    "ledger_checkpoint.note": "what was signed: origin, size, root, signatures",
    "ledger_checkpoint.origin": "the log's name: host and path",
    "ledger_cosignature.line": "a witness's signature",
    "ledger_cosignature.origin": "the log's name: host and path",
    "ledger_cosignature.witness": "a witness's public key, with its name",
    "ledger_fund.code": "a-z 0-9 -, a project's fund",
    "ledger_fund.currency": "ISO 4217",
    "ledger_fund.project_ref": "a project's opaque reference",
    "ledger_fund.restriction": "one of four words",
    "ledger_journalentry.document_kind": "a word of the list of kinds",
    "ledger_journalentry.document_ref": "an opaque random reference: 8 to 64 plain characters",
    "ledger_journalentry.facts": "canonical JSON with keys from the kind's allow-list",
    "ledger_journalentry.idempotency_key": "the event's name: kind and opaque reference",
    "ledger_journalentry.kind": "a word of the list of kinds",
    "ledger_journalentry.recorded_by": "the actor's opaque reference",
    "ledger_linesnapshot.measure": "a lot's source kind, SPEND, COVER, HOLE, or H. and the source that a hole lies in",
    "ledger_lot.source_kind": "a word",
    "ledger_lotuse.kind": "SPEND or SKIP",
    "ledger_notice.facts": "canonical JSON with keys from the kind's allow-list",
    "ledger_notice.idempotency_key": "the fact's name",
    "ledger_notice.kind": "a word of the list of notices",
    "ledger_notice.recorded_by": "the actor's opaque reference",
    "ledger_period.closed_by": "the actor's opaque reference",
    "ledger_posting.currency": "ISO 4217",
    "ledger_verification.outcomes": "canonical JSON: checks, and rows by opaque references; no exception's words",
    "ledger_verification.verified_by": "the actor's opaque reference",
}


def test_l10_every_text_column_of_the_books_has_a_reason():
    texts = {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_app_config("ledger").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.JSONField | models.FileField)
    }
    assert texts == set(TEXTS)


@pytest.mark.parametrize("reference", ["", "王小明", "a b c d e f", "mail@example.org", "short"])
def test_l10_a_document_is_named_by_an_opaque_reference(desk, reference):
    with pytest.raises(Refused) as refusal:
        desk.award(5, document_ref=reference or "-")
    assert refusal.value.code == "draft_faulty"


def test_l10_an_entry_names_a_document_in_the_database_too(desk):
    with refused("ledger_entry_names_document"):
        raw.gift(document_ref="")
    with refused("(?i)null"):
        raw.gift(document_ref=None)


# ---- L11: sealed when written ----


def test_l11_nothing_joins_a_sealed_entry(desk):
    entry = JournalEntry.objects.filter(kind="GIFT").first().id
    desk.award(20)
    for join in (
        lambda: raw.posting(entry, 2),
        lambda: raw.use(entry, 20, 30),
        lambda: raw.hole(entry, 20, 30),
        lambda: raw.cover(entry, 0, 10),
    ):
        with refused("L11: the entry is sealed"):
            join()


@pytest.mark.parametrize(("lines", "count"), [([], 1), ([1], 2), ([1, 2], 1), ([2], 1), ([1, 3], 2)])
def test_l11_an_entry_has_exactly_the_postings_it_counts(desk, lines, count):
    entry = uuid4()
    with refused("L11: the postings are not those|L11: the entry is sealed"):
        for line in lines:
            raw.posting(entry, line)
        raw.seal(entry, count=count)


def test_l11_an_entry_without_postings_is_refused(desk):
    with refused("L11|ledger_entry_has_postings"):
        raw.seal(uuid4(), count=0)


def test_l11_a_posting_without_an_entry_is_refused(desk):
    with refused("(?i)foreign key"):
        raw.posting(uuid4())


def test_l11_a_stretch_without_an_entry_is_refused(desk):
    with refused("(?i)foreign key|L11"):
        raw.use(uuid4(), 0, 10)
    with refused("(?i)foreign key|L11"):
        raw.hole(uuid4(), 0, 10)
