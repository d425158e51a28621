"""What the database itself refuses, when somebody goes around the actions with raw SQL. On both engines."""

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction

from ledger import transparency
from ledger.sql import law_sql
from projects.settlement import actions
from projects.settlement.models import Adjustment, SettlementRow
from projects.settlement.states import ADJUSTMENT_MOVES, COUNTED, FILE_MOVES, LINE_MOVES, LINES_COUNTED, ROW_MOVES
from projects.settlement.words import AdjustmentState, FileState, LineState, RowState
from tests.factories import giving, relief
from tests.factories import settlement as make
from tests.factories.access import BEGIN
from tests.factories.settlement import gift, line, row

pytestmark = pytest.mark.django_db

OF = "projects.settlement"


def refuses(law: str, sql: str, values=()) -> None:
    with pytest.raises(DatabaseError, match=law), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def file(charity_a):
    return make.imported(charity_a, make.csv_of([gift(1), gift(2), row(3, "神秘", "1.00"), gift(4, "坏")]))


@pytest.mark.parametrize(
    "change",
    ["cells = '{}'", "digest = 'x'", "person_hash = 'x'", "number = 77", "person = 'another'", "person = ''"],
)
def test_a_raw_row_is_kept_for_ever(file, change):
    refuses("raw_row_kept", f"UPDATE settlement_rawrow SET {change} WHERE file_id = %s", [file.pk])


def test_a_raw_row_is_never_deleted(file):
    refuses("raw_row_kept", "DELETE FROM settlement_rawrow")


def test_a_person_may_be_blanked_and_never_filled_again(file):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE settlement_rawrow SET person = '', salt = ''")
    refuses("raw_row_kept", "UPDATE settlement_rawrow SET person = 'x'")


@pytest.mark.parametrize("state", [state.value for state in RowState])
def test_a_decided_row_stays_as_it_is(file, state):
    refuses("row_decided", "UPDATE settlement_settlementrow SET state = %s WHERE number = 1", [state])


@pytest.mark.parametrize("column", ["amount_minor", "fee_minor", "number"])
def test_what_a_row_says_never_changes(file, column):
    refuses("row_decided", f"UPDATE settlement_settlementrow SET {column} = {column} + 1")


def test_a_row_is_never_deleted(file):
    refuses("row_decided", "DELETE FROM settlement_settlementrow")


def test_the_same_money_is_counted_once(file):
    twin = file.rows.get(number=1)
    twin.pk, twin.ref, twin.number = None, "x" * 32, 50
    with pytest.raises(DatabaseError, match=r"settlement_row_money_once|dedupe_key"), transaction.atomic():
        twin.save(force_insert=True)


@pytest.mark.parametrize(
    ("state", "law"),
    [
        ("GIFT", "gift_in_the_books"),
        ("REFUND", "back_in_the_books"),
        ("FEE", "back_in_the_books"),
        ("PAYOUT", "payout_left"),
        ("SUSPENSE", "suspense_in_the_books"),
        ("DUPLICATE", "duplicate_of_something"),
        ("REJECTED", "rejected_says_why"),
    ],
)
def test_a_state_needs_what_it_says(file, state, law):
    bare = file.rows.get(number=4)
    bare.pk, bare.ref, bare.number, bare.dedupe_key, bare.problem = None, "y" * 32, 51, "other", ""
    bare.state = state
    with pytest.raises(DatabaseError, match=law), transaction.atomic():
        bare.save(force_insert=True)


@pytest.mark.parametrize("state", [state.value for state in FileState])
def test_a_complete_file_is_at_its_end(file, state):
    refuses("file_frozen", "UPDATE settlement_settlementfile SET state = %s", [state])


@pytest.mark.parametrize("change", ["sha256 = 'x'", "mapping_text = 'x'", "stated_rows = 9", "received_by_ref = 'x'"])
def test_how_a_file_came_never_changes(charity_a, change):
    make.received(charity_a, make.csv_of([gift(1)]))
    refuses("file_frozen", f"UPDATE settlement_settlementfile SET {change}")


def test_progress_never_goes_back_and_totals_stand(charity_a):
    make.started(charity_a, make.csv_of([gift(1), gift(2)]))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE settlement_settlementfile SET rows_done = 1")
    refuses("file_frozen", "UPDATE settlement_settlementfile SET rows_done = 0")
    refuses("file_frozen", "UPDATE settlement_settlementfile SET rows_total = 1")


def test_a_file_with_a_row_missing_is_never_complete(charity_a):
    make.started(charity_a, make.csv_of([gift(1)]))
    refuses(
        "file_frozen",
        "UPDATE settlement_settlementfile SET state = 'COMPLETE', rows_done = 1, expected_minor = 0, notice_id = %s",
        ["0" * 32],
    )


def test_suspense_is_opened_and_answered_once(charity_a):
    make.statement(charity_a, line("B1", "5.00"))
    refuses("item_solved_once", "UPDATE settlement_unexplaineditem SET amount_minor = 1")
    refuses("item_solved_once", "DELETE FROM settlement_unexplaineditem")
    refuses("line_decided", "UPDATE settlement_statementline SET amount_minor = 1")
    refuses("line_decided", "UPDATE settlement_statementline SET state = 'LEFT'")


# ---- adjustments ----

CONFIRM = (
    "UPDATE settlement_adjustment SET state = 'CONFIRMED', decided_by_ref = %s, decided_at = drafted_at, "
    "entry_id = %s, line_entry_id = %s"
)


@pytest.fixture
def adjustment(charity_a):
    return make.adjusted(charity_a)


@pytest.mark.parametrize(
    "change",
    [
        "amount_minor = 2", "way = 'IN'", "note = 'x'", "evidence_ref = 'x'", "reason = 'BANK_CHARGE'",
        "drafted_by_ref = 'x'", "drafted_at = decided_at", "settlement_id = NULL", "ref = 'x'", "currency = 'EUR'",
    ],
)  # fmt: skip
def test_what_an_adjustment_says_never_changes(adjustment, change):
    refuses("adjustment_kept", f"UPDATE settlement_adjustment SET {change}")
    refuses("adjustment_kept", "DELETE FROM settlement_adjustment")


def test_nobody_confirms_their_own_adjustment_in_the_database_either(adjustment, charity_a):
    refuses("adjustment_kept|by_another", CONFIRM, [charity_a.finance.ref, "0" * 32, "1" * 32])
    with connection.cursor() as cursor:
        cursor.execute(CONFIRM, [charity_a.second_finance.ref, "0" * 32, "1" * 32])
    # For ever: not taken back, not confirmed by yet another, not dropped.
    refuses("adjustment_kept", CONFIRM, ["another", "0" * 32, "1" * 32])
    refuses("adjustment_kept", "UPDATE settlement_adjustment SET state = 'DRAFTED', decided_by_ref = ''")
    refuses("adjustment_kept", "UPDATE settlement_adjustment SET state = 'DROPPED'")
    refuses("adjustment_kept", "UPDATE settlement_adjustment SET entry_id = %s", ["2" * 32])


def test_an_adjustment_is_not_confirmed_once_its_line_is_explained(adjustment, charity_a):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE settlement_statementline SET state = 'SETTLEMENT', settlement_id = %s", [adjustment.settlement_id]
        )
    refuses("adjustment_kept", CONFIRM, [charity_a.second_finance.ref, "0" * 32, "1" * 32])


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 2}, {"way": "IN"}, {"state": "CONFIRMED"}, {"state": "DROPPED"}, {"currency": "EUR"},
        {"amount_minor": 1375},
    ],
)  # fmt: skip
def test_an_adjustment_is_born_as_a_draft_that_closes_its_line(adjustment, charity_a, change):
    dropped = actions.drop_adjustment(adjustment, reason="x", by=charity_a.finance, at=BEGIN)
    dropped.pk, dropped.ref, dropped.state, dropped.decided_by_ref = None, "n" * 32, "DRAFTED", ""
    dropped.decided_at, dropped.why_dropped = None, ""
    for name, value in change.items():
        setattr(dropped, name, value)
    with pytest.raises(DatabaseError, match="adjustment_kept"), transaction.atomic():
        dropped.save(force_insert=True)


def test_an_adjustment_is_of_one_charity(adjustment, charity_a, charity_b):
    actions.drop_adjustment(adjustment, reason="x", by=charity_a.finance, at=BEGIN)
    other = make.imported(charity_b, make.csv_of([gift("Z", "13.75")]))
    for change in ({"settlement": other}, {"organisation": charity_b.organisation}):
        stray = Adjustment.objects.get(pk=adjustment.pk)
        stray.pk, stray.ref, stray.state, stray.decided_by_ref, stray.decided_at = None, "n" * 32, "DRAFTED", "", None
        for name, value in change.items():
            setattr(stray, name, value)
        with pytest.raises(DatabaseError, match="adjustment_kept"), transaction.atomic():
            stray.save(force_insert=True)


def test_a_line_goes_back_to_suspense_by_a_confirmed_answer_alone(adjustment, charity_a):
    while transparency.sequence(at=BEGIN):
        pass
    made = actions.confirm_adjustment(adjustment, by=charity_a.second_finance, at=BEGIN)
    back = (
        "UPDATE settlement_statementline SET state = 'SUSPENSE', settlement_id = NULL, payout_row_id = NULL, "
        "entry_id = %s"
    )
    refuses("line_decided", back, ["3" * 32])
    refuses("line_decided", back, [made.line_entry_id.hex])
    actions.draft_answer(made, note="x", evidence_ref="y", on=BEGIN.date(), by=charity_a.finance, at=BEGIN)
    refuses("line_decided", back, ["3" * 32])


def test_the_tables_in_the_database_are_those_of_the_code():
    for law, moves, states in (
        ("row_decided", ROW_MOVES, RowState),
        ("line_decided", LINE_MOVES, LineState),
        ("file_frozen", FILE_MOVES, FileState),
        ("adjustment_kept", ADJUSTMENT_MOVES, AdjustmentState),
    ):
        text = law_sql(law, connection.vendor, of=OF)
        for before in states:
            for after in states:
                if (before, after) != (FileState.IMPORTING, FileState.IMPORTING):
                    assert (f"('{before}', '{after}')" in text) == ((before, after) in moves), (law, before, after)


def test_what_counts_is_every_state_that_stands_for_money():
    assert set(RowState) - set(COUNTED) == {RowState.DUPLICATE, RowState.REJECTED}
    assert set(LineState) - set(LINES_COUNTED) == {LineState.DUPLICATE, LineState.REJECTED}


@pytest.mark.parametrize(
    ("table", "column"), [("rawrow", "file_id"), ("settlementrow", "file_id"), ("settlementrow", "project_id")]
)
def test_a_row_belongs_to_what_is_there(file, table, column):
    """SQLite looks when the transaction ends, PostgreSQL when the statement does."""
    model = apps.get_model("settlement", table)
    stray = model.objects.get(number=4)
    stray.pk, stray.number, stray.ref, stray.dedupe_key = None, 52, "z" * 32, "another"
    setattr(stray, column, 1_000_000)

    def insert() -> None:
        stray.save(force_insert=True)
        connection.check_constraints()

    with pytest.raises(IntegrityError), transaction.atomic():
        insert()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps its foreign keys")
@pytest.mark.parametrize("column", ["file_id", "project_id", "gift_id"])
def test_a_row_refers_to_what_is_there(file, column):
    names = [field.column for field in SettlementRow._meta.concrete_fields if field.column != "id"]
    new = {"ref": "md5(random()::text)", "number": "number + 1000 * n", "dedupe_key": "md5(random()::text)"}
    sql = (
        "INSERT INTO settlement_settlementrow ({names}) SELECT {values} FROM settlement_settlementrow r, "
        "generate_series(1, 300) n WHERE number = 1"
    )

    def statement(**columns: str) -> str:
        values = new | columns
        quoted = ", ".join(f'"{name}"' for name in names)
        return sql.format(names=quoted, values=", ".join(values.get(name, f'r."{name}"') for name in names))

    refuses("rows_refer", statement(**{column: f"CASE n WHEN 200 THEN 987654321 ELSE {column} END"}))
    with connection.cursor() as cursor:
        cursor.execute(statement())
    assert file.rows.count() == 304


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps its foreign keys")
def test_a_row_names_no_gift_that_is_not_in_the_books(file, charity_a):
    waits = giving.opened_gift(relief.funded_project(charity_a))
    names = [field.column for field in SettlementRow._meta.concrete_fields if field.column != "id"]
    new = {"ref": "'r'", "number": "77", "dedupe_key": "'k'", "gift_id": str(waits.pk)}
    quoted = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(new.get(name, f'"{name}"') for name in names)
    refuses(
        "rows_refer",
        f"INSERT INTO settlement_settlementrow ({quoted}) SELECT {values} FROM settlement_settlementrow WHERE number=1",
    )
