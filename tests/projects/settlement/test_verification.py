"""What `verify` finds when somebody was at the rows with the laws lifted."""

import pytest
from django.core.management import call_command
from django.db.models import F

from ledger import transparency, verify
from ledger.core.money import decimal_text
from projects.giving import verification as giving
from projects.settlement import actions, verification
from projects.settlement.models import RawRow, SettlementFile, SettlementRow, UnexplainedItem
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
