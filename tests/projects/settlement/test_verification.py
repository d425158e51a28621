"""What `verify` finds when somebody was at the rows with the laws lifted."""

import pytest
from django.core.management import call_command
from django.db.models import F

from projects.settlement import verification
from projects.settlement.models import RawRow, SettlementFile, SettlementRow
from tests import guards
from tests.factories import settlement as make
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
