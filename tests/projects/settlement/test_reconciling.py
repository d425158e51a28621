"""Gifts − fees − refunds = the bank's line, to the cent; or the line waits with its age until it is answered."""

import datetime

import pytest

from ledger import balances, transparency
from ledger.core.refusals import Refused
from projects.settlement import actions, completing
from projects.settlement.models import StatementLine, UnexplainedItem
from tests.factories import settlement as make
from tests.factories.access import BEGIN
from tests.factories.settlement import gift, line, row

pytestmark = pytest.mark.django_db

BANK, PLATFORM, SUSPENSE = "1002", "1009.platform", "2209.suspense"


def number_all() -> None:
    while transparency.sequence(at=BEGIN):
        pass


def balance(charity, account: str, fund: str | None = None) -> int:
    number_all()
    return balances.balance(book=charity.organisation.book_code, account=account, currency="CNY", fund=fund)


def platform_file(charity, **facts):
    rows = [
        gift(1, "10.00", 手续费="0.10"),
        gift(2, "5.00"),
        row(3, "退款", "1.00", 原编号="2"),
        row(4, "手续费", "0.15"),
    ]
    return make.imported(charity, make.csv_of(rows), **facts)


def test_a_file_and_the_banks_line_come_to_the_same_cent(charity_a):
    file = platform_file(charity_a)
    assert file.expected_minor == 1375
    before = balance(charity_a, BANK)
    statement = make.statement(charity_a, line("B1", "13.75"))
    assert make.states(statement) == ["SETTLEMENT"]
    assert statement.lines.get().settlement == file
    assert balance(charity_a, BANK) - before == 1375
    assert balance(charity_a, PLATFORM) == 0
    assert not UnexplainedItem.objects.exists()


def test_each_fund_gets_its_share(charity_a, project):
    book_before = balance(charity_a, BANK, project.fund_code)
    make.imported(charity_a, make.csv_of([gift(1, "8.00", 项目=project.slug, 手续费="0.50"), gift(2, "2.00")]))
    make.statement(charity_a, line("B1", "9.50"))
    assert balance(charity_a, BANK, project.fund_code) - book_before == 800
    assert balance(charity_a, PLATFORM, project.fund_code) == 0
    assert balance(charity_a, PLATFORM, "general") == 0


def test_a_file_that_names_its_payouts_is_held_against_each(charity_a):
    rows = [gift(1, "10.00"), gift(2, "5.00"), row("P1", "提现", "-9.00"), row("P2", "提现", "-6.00")]
    make.imported(charity_a, make.csv_of(rows))
    statement = make.statement(charity_a, line("B1", "9.00"), line("B2", "6.00"), line("B3", "15.00"))
    assert make.states(statement) == ["SETTLEMENT", "SETTLEMENT", "SUSPENSE"]
    assert balance(charity_a, PLATFORM) == 0


def test_a_cent_too_little_is_suspense(charity_a):
    platform_file(charity_a)
    statement = make.statement(charity_a, line("B1", "13.74"))
    item = UnexplainedItem.objects.get()
    assert (make.states(statement), item.problem, item.amount_minor) == (["SUSPENSE"], "nothing_fits", 1374)
    assert item.on == datetime.date(2026, 2, 24)
    assert balance(charity_a, SUSPENSE) == 1374


def test_of_two_equal_files_the_number_on_the_line_decides(charity_a):
    first = make.imported(charity_a, make.csv_of([gift(1, "7.00")]), batch_ref="S-1")
    second = make.imported(charity_a, make.csv_of([gift(2, "7.00")]), batch_ref="S-2")
    statement = make.statement(charity_a, line("B1", "7.00"), line("B2", "7.00", 摘要="结算 S-2"))
    assert first.pk != second.pk
    assert list(statement.lines.order_by("number").values_list("problem", "settlement_id")) == [
        ("several_fit", None),
        ("", second.pk),
    ]


def test_a_file_that_comes_later_explains_the_line(charity_a):
    statement = make.statement(charity_a, line("B1", "13.75"))
    number_all()
    file = platform_file(charity_a)
    found = statement.lines.get()
    assert (found.state, found.settlement) == ("SETTLEMENT", file)
    item = UnexplainedItem.objects.get()
    assert (item.answer, item.solved_at) == ("SETTLEMENT", BEGIN)
    assert balance(charity_a, SUSPENSE) == 0
    assert balance(charity_a, PLATFORM) == 0


def test_an_overlapping_statement_adds_nothing(charity_a):
    make.statement(charity_a, line("B1", "13.74"))
    later = make.statement(charity_a, line("B1", "13.74"), line("B2", "-3.00"))
    assert make.states(later) == ["DUPLICATE", "LEFT"]
    assert UnexplainedItem.objects.count() == 1


def test_one_number_on_two_days_is_two_lines(charity_a):
    make.statement(charity_a, line("1", "5.00"))
    later = make.statement(charity_a, line("1", "5.00", 日期="2026-02-25"))
    assert make.states(later) == ["SUSPENSE"]


def test_suspense_is_answered_as_a_gift(charity_a, project):
    make.statement(charity_a, line("B1", "20.00"))
    item = UnexplainedItem.objects.get()
    before = balance(charity_a, BANK, project.fund_code)
    actions.solve_as_gift(item, project=project, note="一位企业捐赠人", by=charity_a.finance, at=BEGIN)
    assert (item.answer, balance(charity_a, SUSPENSE)) == ("GIFT", 0)
    assert balance(charity_a, BANK, project.fund_code) - before == 2000


def test_suspense_that_went_back_is_undone(charity_a):
    make.statement(charity_a, line("B1", "20.00"))
    number_all()
    before = balance(charity_a, BANK)
    item = UnexplainedItem.objects.get()
    actions.solve_as_returned(item, note="汇错了，已退回", by=charity_a.finance, at=BEGIN)
    assert balance(charity_a, BANK) - before == -2000
    assert balance(charity_a, SUSPENSE) == 0


def test_suspense_is_answered_once_with_a_reason_by_who_may(charity_a, charity_b):
    make.statement(charity_a, line("B1", "20.00"))
    item = UnexplainedItem.objects.get()

    def refused(note: str, by) -> str:
        with pytest.raises(Refused) as error:
            actions.solve_as_gift(item, project=None, note=note, by=by, at=BEGIN)
        return error.value.code

    assert refused(" ", charity_a.finance) == "reason_needed"
    for person in (charity_a.admin, charity_b.finance):
        refused("x", person)
    actions.solve_as_gift(item, project=None, note="x", by=charity_a.finance, at=BEGIN)
    assert refused("x", charity_a.finance) == "suspense_solved"


def test_another_charitys_file_explains_nothing(charity_a, charity_b):
    platform_file(charity_b)
    make.statement(charity_a, line("B1", "13.75"))
    assert StatementLine.objects.get().state == "SUSPENSE"


def test_a_line_and_a_file_that_missed_each_other_are_found_by_the_daily_round(charity_a, monkeypatch):
    make.statement(charity_a, line("B1", "13.75"))
    # As if the two had been taken in at the same moment: neither sees the other.
    monkeypatch.setattr(completing, "reconcile_open", lambda organisation, **how: 0)
    make.imported(charity_a, make.csv_of([gift(1, "13.75")]))
    assert StatementLine.objects.get().state == "SUSPENSE"
    number_all()
    assert actions.reconcile_everywhere(by=charity_a.finance, at=BEGIN) == 1
    assert StatementLine.objects.get().state == "SETTLEMENT"
