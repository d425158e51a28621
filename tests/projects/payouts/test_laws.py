"""What the database itself refuses, when somebody goes around the actions with raw SQL. On both engines."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from ledger.sql import law_sql
from projects.payouts.models import Payout, PayoutBatch
from projects.payouts.states import BATCH_MOVES, OPEN, PAYOUT_MOVES, STANDING
from projects.payouts.words import BatchState, PayoutState
from tests.factories import payouts as make
from tests.factories import relief

pytestmark = pytest.mark.django_db


def run_sql(sql: str, values=()) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def refuses(law: str, sql: str, values=()) -> None:
    with pytest.raises(DatabaseError, match=law):
        run_sql(sql, values)


def insert_payout(award, **changes) -> None:
    """A payout as a script would write it."""
    ref = uuid.uuid4().hex
    row = {
        "ref": ref,
        "award_id": award.pk,
        "amount_minor": award.amount_minor,
        "currency": award.currency,
        "account_box": b"x",
        "account_hash": "h",
        "end_to_end_id": ref,
        "state": "PREPARED",
        "prepared_by_ref": "somebody",
        "prepared_at": award.proposed_at,
        "bank_ref": "",
    } | changes
    names = ", ".join(row)
    places = ", ".join(["%s"] * len(row))
    run_sql(f"INSERT INTO payouts_payout ({names}) VALUES ({places})", list(row.values()))


@pytest.fixture
def award(charity_a):
    return make.project_with_awards(charity_a)[1][0]


@pytest.fixture
def released(charity_a, award):
    return make.released(charity_a)


def test_a_payout_for_a_booked_award_may_be_written(award):
    insert_payout(award)
    assert Payout.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"ref": "0" * 32},
        {"amount_minor": 1},
        {"currency": "USD"},
        {"account_hash": "other"},
        {"account_box": b"other"},
        {"end_to_end_id": "other"},
        {"prepared_by_ref": "other"},
    ],
)
def test_a_payout_never_changes(released, changes):
    (column, value), *_none = changes.items()
    refuses("payout_never_changes", f"UPDATE payouts_payout SET {column} = %s", [value])


def test_a_payout_never_moves_to_another_award(released, charity_a):
    other = relief.committed(charity_a, released.payouts.get().award.project, 9, amount_minor=500_00)
    refuses("payout_never_changes", "UPDATE payouts_payout SET award_id = %s", [other.pk])


def test_a_payout_is_never_deleted_or_replaced(released):
    refuses("payout_never_changes", "DELETE FROM payouts_payout")
    if connection.vendor == "sqlite":
        refuses("payout_", "INSERT OR REPLACE INTO payouts_payout SELECT * FROM payouts_payout")
    else:
        connection.check_constraints()  # deferred ones that still wait would speak first
        refuses("payout_never_changes", "TRUNCATE payouts_payout CASCADE")


def test_an_account_is_blanked_only_when_the_payout_is_no_longer_on_its_way(charity_a, award):
    batch = make.released(charity_a)
    refuses("payout_never_changes", "UPDATE payouts_payout SET account_box = %s", [b""])
    with transaction.atomic():
        from projects.payouts import actions

        made = actions.export_file(batch, by=charity_a.finance, at=batch.released_at)
        content = make.answer(made.file, [make.line(batch.payouts.get())])
        actions.import_result(charity_a.organisation, content=content, by=charity_a.finance, at=batch.released_at)
    run_sql("UPDATE payouts_payout SET account_box = %s", [b""])
    assert bytes(Payout.objects.get().account_box) == b""


def test_an_award_is_not_paid_twice(released):
    with pytest.raises(DatabaseError):
        insert_payout(released.payouts.get().award)


def test_an_award_is_not_paid_twice_even_after_the_first_payout_was_confirmed(charity_a, award):
    make.confirmed(charity_a)
    with pytest.raises(DatabaseError, match="payout_within_award"):
        insert_payout(award)


def test_an_award_is_not_paid_above_its_amount(award):
    with pytest.raises(DatabaseError, match="payout_within_award"):
        insert_payout(award, amount_minor=award.amount_minor + 1)


def test_an_award_is_not_paid_in_another_currency(award):
    with pytest.raises(DatabaseError, match="payout_within_award"):
        insert_payout(award, currency="USD")


def test_an_award_that_nobody_approved_is_not_paid(charity_a):
    project = relief.funded_project(charity_a)
    with pytest.raises(DatabaseError, match="payout_within_award"):
        insert_payout(relief.proposed(charity_a, project))


def test_a_number_is_used_once_for_ever(award):
    insert_payout(award, end_to_end_id="N1")
    run_sql("UPDATE payouts_payout SET state = 'CANCELLED'")
    with pytest.raises(DatabaseError):
        insert_payout(award, end_to_end_id="N1")


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_is_more_than_zero(award, amount):
    with pytest.raises(DatabaseError):
        insert_payout(award, amount_minor=amount)


def test_a_payout_is_born_prepared(award):
    with pytest.raises(DatabaseError, match="payout_moves"):
        insert_payout(award, state="CONFIRMED")


def test_the_database_knows_the_same_moves_as_the_table():
    text = law_text("payout_moves") + law_text("batch_frozen")
    for start, end in [*PAYOUT_MOVES, *BATCH_MOVES]:
        assert f"('{start}', '{end}')" in text
    assert text.count("('") == len(PAYOUT_MOVES) + len(BATCH_MOVES)


def test_the_database_counts_the_same_states_as_standing():
    listed = ", ".join(f"'{state}'" for state in STANDING)
    assert f"state IN ({listed})" in law_text("payout_within_award")
    assert f"({', '.join(repr(str(state)) for state in OPEN)})" in law_text("payout_never_changes")


def law_text(name: str) -> str:
    return law_sql(name, connection.vendor, of="projects.payouts")


@pytest.mark.parametrize("state", [state for state in PayoutState.values if state not in ("IN_BATCH", "EXPORTED")])
def test_a_payout_in_a_released_batch_takes_no_other_way(released, state):
    with pytest.raises(DatabaseError, match=r"payout_moves|payout_in_batch"):
        run_sql("UPDATE payouts_payout SET state = %s", [state])


def test_a_payout_does_not_reach_the_bank_from_a_batch_nobody_released(charity_a, award):
    make.prepared(charity_a)
    refuses("payout_in_batch", "UPDATE payouts_payout SET state = 'EXPORTED'")


def test_nothing_joins_a_released_batch(released, charity_a):
    project = released.payouts.get().award.project
    other = relief.committed(charity_a, project, 9, amount_minor=500_00)
    insert_payout(other, end_to_end_id="late")
    refuses(
        "payout_in_batch",
        "UPDATE payouts_payout SET batch_id = %s, state = 'IN_BATCH' WHERE end_to_end_id = 'late'",
        [released.pk],
    )


def test_nothing_leaves_a_batch(charity_a, award):
    make.prepared(charity_a)
    refuses("payout_in_batch", "UPDATE payouts_payout SET batch_id = NULL, state = 'CANCELLED'")


def test_a_payout_joins_no_batch_of_another_charity(charity_a, charity_b, award):
    make.project_with_awards(charity_b, slug="other-project")
    foreign = make.prepared(charity_b)
    insert_payout(award, end_to_end_id="mine")
    refuses(
        "payout_in_batch",
        "UPDATE payouts_payout SET batch_id = %s, state = 'IN_BATCH' WHERE end_to_end_id = 'mine'",
        [foreign.pk],
    )


def test_the_preparer_never_releases(charity_a, award):
    batch = make.prepared(charity_a)
    refuses(
        "payout_batch_preparer_never_releases",
        "UPDATE payouts_payoutbatch SET state = 'RELEASED', released_by_ref = prepared_by_ref,"
        " released_at = prepared_at, digest = %s WHERE id = %s",
        ["d" * 64, batch.pk],
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("total_minor", 1),
        ("count", 2),
        ("digest", "e" * 64),
        ("released_by_ref", "third"),
        ("prepared_by_ref", "third"),
        ("bank_code", "BANK-TWO"),
        ("currency", "USD"),
    ],
)
def test_a_released_batch_is_frozen(released, column, value):
    refuses("batch_frozen", f"UPDATE payouts_payoutbatch SET {column} = %s", [value])


def test_a_batch_is_not_released_with_figures_that_are_not_its_rows(charity_a, award):
    batch = make.prepared(charity_a)
    refuses(
        "batch_frozen",
        "UPDATE payouts_payoutbatch SET state = 'RELEASED', released_by_ref = 'x', released_at = prepared_at,"
        " digest = %s, total_minor = total_minor + 1 WHERE id = %s",
        ["d" * 64, batch.pk],
    )


@pytest.mark.parametrize("state", [state for state in BatchState.values if state not in ("RELEASED", "EXPORTED")])
def test_a_released_batch_does_not_go_back(released, state):
    refuses("batch_frozen", "UPDATE payouts_payoutbatch SET state = %s", [state])


def test_a_batch_is_never_deleted(released):
    refuses("batch_frozen|payout_never", "DELETE FROM payouts_payoutbatch")
    assert PayoutBatch.objects.count() == 1


@pytest.mark.parametrize(
    "table", ["payouts_payoutfile", "payouts_resultfile", "payouts_resultline", "payouts_acknowledgement"]
)
def test_files_results_and_answers_are_append_only(charity_a, award, moment, table):
    from projects.payouts import actions

    payout = make.confirmed(charity_a).payouts.get()
    actions.acknowledge(
        payout, answer="RECEIVED", witness_ref=charity_a.checker.ref, by=charity_a.caseworker, at=moment
    )
    with pytest.raises(DatabaseError):
        run_sql(f"UPDATE {table} SET id = id + 1")
    with pytest.raises(DatabaseError):
        run_sql(f"DELETE FROM {table}")


def test_an_agent_without_a_witness_is_refused_by_the_database(charity_a, award, moment):
    payout = make.confirmed(charity_a).payouts.get()
    insert = (
        "INSERT INTO payouts_acknowledgement (ref, payout_id, answer, channel, taken_by_ref, witness_ref, at, remark)"
        " VALUES (%s, %s, 'RECEIVED', 'AGENT', 'me', %s, %s, '')"
    )
    for witness in ("", "me"):
        with pytest.raises(DatabaseError):
            run_sql(insert, [uuid.uuid4().hex, payout.pk, witness, moment])
