"""What `verify` finds when somebody was at the rows with the laws lifted."""

import datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F

from ledger import transparency, verify
from ledger.core.money import decimal_text
from projects.giving import verification as giving
from projects.settlement import actions, verification
from projects.settlement.models import (
    Adjustment,
    RawRow,
    SettlementFile,
    SettlementRow,
    StatementLine,
    UnexplainedItem,
)
from tests import guards
from tests.factories import settlement as make
from tests.factories.access import BEGIN
from tests.factories.settlement import gift

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def file(charity_a):
    return make.imported(charity_a, make.csv_of([gift(1), gift(2)]))


def found() -> list[str]:
    return [finding.table for check in verification.CHECKS for finding in check.find()]


def test_what_was_taken_in_is_green():
    assert found() == []


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (RawRow, {"cells": "{}"}),
        (RawRow, {"person": "{}"}),
        (SettlementRow, {"amount_minor": F("amount_minor") + 1}),
        (SettlementFile, {"total_minor": 1}),
    ],
)
def test_a_changed_row_is_named(model, change):
    with guards.lifted():
        model.objects.filter(pk=model.objects.first().pk).update(**change)
    assert found()


# ---- the statement in the log ----


def said(check: str) -> list[str]:
    """What one check says of its rows."""
    (one,) = (check_ for check_ in verification.CHECKS if check_.name == check)
    return [finding.says for finding in one.find()]


def number_all() -> None:
    while transparency.sequence(at=BEGIN):
        pass


def test_rows_that_trade_places_are_found_by_the_statement(charity_a):
    """Each total stands; only the log knows that a gift was called suspense."""
    make.imported(charity_a, make.csv_of([gift(21, "5.00"), make.row(22, "神秘", "5.00")]))
    with guards.lifted():
        SettlementRow.objects.filter(row_id="21").update(state="REJECTED", problem="kind_unknown", gift=None)
        SettlementRow.objects.filter(row_id="21").update(entry_id=None)
    assert said("settlement files") == ["its rows did not end as the log says"]


def test_totals_that_move_between_states_are_found_by_the_statement(file):
    with guards.lifted():
        SettlementRow.objects.filter(number=1).update(amount_minor=F("amount_minor") + 7)
        SettlementRow.objects.filter(number=2).update(state="DUPLICATE", amount_minor=F("amount_minor") - 7)
    assert said("settlement files") == ["its rows did not end as the log says"]


@pytest.mark.parametrize("change", [{"sha256": "0" * 64}, {"currency": "EUR"}, {"source": "BANK"}])
def test_a_file_that_is_not_that_of_its_statement(file, change):
    with guards.lifted():
        SettlementFile.objects.filter(pk=file.pk).update(**change)
    assert "it is not the file of its statement in the log" in said("settlement files")


def test_a_file_without_its_statement_or_with_that_of_another(charity_a, file):
    other = make.imported(charity_a, make.csv_of([gift(31)]))
    with guards.lifted():
        SettlementFile.objects.filter(pk=file.pk).update(notice_id="0" * 32)
    assert said("settlement files") == ["its statement is not in the log"]
    with guards.lifted():
        SettlementFile.objects.filter(pk=file.pk).update(notice_id=other.notice_id)
    assert said("settlement files") == ["it is not the file of its statement in the log"]


def test_a_line_explained_after_the_statement_is_no_finding(charity_a):
    make.statement(charity_a, make.line("B1", "13.75"), make.line("B2", "3.00"))
    number_all()
    make.imported(charity_a, make.csv_of([gift(41, "13.75")]))
    assert sorted(StatementLine.objects.values_list("state", flat=True)) == ["SETTLEMENT", "SUSPENSE"]
    assert found() == []


@pytest.mark.parametrize("change", [{"state": "LEFT"}, {"state": "DUPLICATE"}, {"state": "REJECTED"}])
def test_a_line_that_left_suspense_another_way(charity_a, change):
    make.statement(charity_a, make.line("B1", "13.75"))
    with guards.lifted():
        StatementLine.objects.update(problem="known", **change)
    assert said("settlement files") == ["its lines did not end as the log says"]


def test_a_line_called_reconciled_whose_suspense_is_gone(charity_a):
    make.statement(charity_a, make.line("B1", "13.75"))
    with guards.lifted():
        UnexplainedItem.objects.all().delete()
    assert said("settlement files") == ["its lines did not end as the log says"]


# ---- adjustments ----


@pytest.fixture
def adjusted(charity_a):
    made = make.adjusted(charity_a)
    number_all()
    return actions.confirm_adjustment(made, by=charity_a.second_finance, at=BEGIN)


def test_adjusted_lines_and_their_answers_are_green(charity_a, adjusted):
    number_all()
    assert found() == []
    made = actions.draft_answer(adjusted, note="x", evidence_ref="y", on=BEGIN.date(), by=charity_a.finance, at=BEGIN)
    actions.confirm_adjustment(made, by=charity_a.second_finance, at=BEGIN)
    number_all()
    assert found() == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"amount_minor": 2}, "its entry, amount or currency is not that of the log"),
        ({"reason": "BANK_CHARGE"}, "its entry does not move what it says"),
        ({"on": datetime.date(2026, 2, 1)}, "its entry does not move what it says"),
        ({"way": "IN"}, "its entry does not move what it says"),
        ({"state": "DRAFTED", "decided_by_ref": "", "decided_at": None},
         "it is in the books, but nobody confirmed it"),
        ({"state": "DROPPED", "entry_id": None, "line_entry_id": None}, "the log has an adjustment that is not here"),
    ],
)  # fmt: skip
def test_an_adjustment_changed_around_the_laws_is_named(adjusted, change, says):
    number_all()
    without_checks("settlement_adjustment", lambda: Adjustment.objects.filter(pk=adjusted.pk).update(**change))
    assert says in said("adjustments")


def test_an_adjustment_confirmed_by_its_drafter_is_named(adjusted):
    number_all()
    own = {"decided_by_ref": adjusted.drafted_by_ref}
    without_checks("settlement_adjustment", lambda: Adjustment.objects.filter(pk=adjusted.pk).update(**own))
    assert said("adjustments") == ["it was confirmed by who drafted it"]


def test_an_adjustment_that_names_another_entry_of_its_line_is_named(adjusted):
    number_all()
    (item,) = UnexplainedItem.objects.filter(line=adjusted.line)
    with guards.lifted():
        Adjustment.objects.filter(pk=adjusted.pk).update(line_entry_id=item.entry_id)
    assert said("adjustments") == ["its line was not booked with it"]
    assert said("bank lines") == ["it is not what its payout and adjustment come to"]


def test_a_line_called_reconciled_that_is_not_its_payout_is_named(charity_a, file):
    make.statement(charity_a, make.line("B1", "9.99"))
    with guards.lifted():
        StatementLine.objects.update(state="SETTLEMENT", settlement=file)
    assert said("bank lines") == ["it is not what its payout and adjustment come to"]


def without_checks(table, change) -> None:
    """Play an intruder for whom the table's checks are no obstacle either."""
    with guards.lifted(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            change()
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
            return
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass", [table])
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        change()


def test_the_command_goes_on_with_what_was_begun(charity_a, capsys):
    begun = make.started(charity_a, make.csv_of([gift(3)]))
    call_command("import_settlement")
    begun.refresh_from_db()
    assert begun.state == "COMPLETE"
    assert "COMPLETE  1 of 1 rows" in capsys.readouterr().out


def test_the_whole_books_are_green_after_every_kind_of_row(charity_a):
    rows = [
        make.gift(11, "10.00", 手续费="0.10"),
        make.row(12, "退款", "4.00", 原编号="11"),
        make.row(13, "手续费", "0.50"),
        make.row(14, "神秘", "3.00"),
        make.row(15, "神秘", "-1.00"),
        make.gift(16, "坏"),
        make.gift(11, "10.00"),
    ]
    taken_in = make.imported(charity_a, make.csv_of(rows))
    make.statement(charity_a, make.line("B1", decimal_text(taken_in.expected_minor, "CNY")), make.line("B2", "9.00"))
    transparency.sequence(at=BEGIN)
    gift_item, gone = UnexplainedItem.objects.filter(amount_minor__in=[900, -100]).order_by("-amount_minor")
    answer = {"note": "x", "by": charity_a.finance, "at": BEGIN}
    actions.solve_as_gift(gift_item, project=None, **answer)
    actions.solve_as_returned(gone, **answer)
    while transparency.sequence(at=BEGIN):
        pass
    checks = [*verify.CHECKS, *giving.CHECKS, *verification.CHECKS]
    assert [str(one) for check in checks for one in verify.run_one(check).findings] == []
