"""gifts − fees − refunds ± an adjustment = the bank's line, exactly, and by two people; undone only by an answer."""

import datetime
from typing import Any

import pytest

from ledger import balances, periods, reading, transparency, verify
from ledger.core.refusals import Refused
from projects.giving import verification as giving
from projects.settlement import actions, verification
from projects.settlement.models import Adjustment, StatementLine, UnexplainedItem
from projects.settlement.reconciling import Payable, payables
from tests.factories import settlement as make
from tests.factories.access import BEGIN
from tests.factories.settlement import gift, line, row

pytestmark = pytest.mark.django_db

BANK, PLATFORM, SUSPENSE, DEFICIT = "1002", "1009.platform", "2209.suspense", "1122.deficit"
FEES, OTHER_COST, OTHER_INCOME = "5301", "5401", "4901"
DAY = datetime.date(2026, 2, 24)


def number_all() -> None:
    while transparency.sequence(at=BEGIN):
        pass


def balance(charity: Any, account: str, fund: str | None = None) -> int:
    number_all()
    return balances.balance(book=charity.organisation.book_code, account=account, currency="CNY", fund=fund)


def waiting(charity: Any, brought: str = "13.50") -> StatementLine:
    """A line of the bank beside a file that comes to 13.75."""
    make.imported(charity, make.csv_of([gift(1, "10.00", 手续费="0.10"), gift(2, "4.00"), row(3, "手续费", "0.15")]))
    return make.statement(charity, line("B1", brought)).lines.get()


def drafted(charity: Any, of: StatementLine, **facts: Any) -> Adjustment:
    payable = facts.pop("payable", None) or payables(charity.organisation, of)[0]
    said = {
        "payable": payable, "way": "OUT", "amount_minor": 25, "reason": "PLATFORM_FEE", "note": "七月技术服务费",
        "evidence_ref": "函 2026-07", "on": DAY, "by": charity.finance, "at": BEGIN,
    }  # fmt: skip
    return actions.draft_adjustment(of, **(said | facts))


def confirmed(charity: Any, adjustment: Adjustment) -> Adjustment:
    number_all()
    return actions.confirm_adjustment(adjustment, by=charity.second_finance, at=BEGIN)


def answer(charity: Any, adjustment: Adjustment, **facts: Any) -> Adjustment:
    said = {"note": "记错了文件", "evidence_ref": "函 2026-08", "on": DAY, "by": charity.finance, "at": BEGIN}
    return actions.draft_answer(adjustment, **(said | facts))


def refused(act: Any, *args: Any, **how: Any) -> str:
    with pytest.raises(Refused) as error:
        act(*args, **how)
    return error.value.code


def test_a_draft_books_nothing(charity_a):
    of = waiting(charity_a)
    before = balance(charity_a, PLATFORM)
    drafted(charity_a, of)
    of.refresh_from_db()
    assert (of.state, balance(charity_a, PLATFORM) - before, balance(charity_a, SUSPENSE)) == ("SUSPENSE", 0, 1350)


def test_confirmed_by_another_it_explains_the_line_to_the_cent(charity_a):
    of = waiting(charity_a)
    bank = balance(charity_a, BANK)
    fees = balance(charity_a, FEES)
    made = confirmed(charity_a, drafted(charity_a, of))
    of.refresh_from_db()
    assert (of.state, of.settlement.expected_minor - made.amount_minor) == ("SETTLEMENT", of.amount_minor)
    assert (balance(charity_a, PLATFORM), balance(charity_a, SUSPENSE)) == (0, 0)
    assert balance(charity_a, BANK) == bank
    assert (balance(charity_a, FEES) - fees, balance(charity_a, DEFICIT)) == (25, 0)
    item = UnexplainedItem.objects.get()
    assert (item.answer, item.note, made.state) == ("ADJUSTMENT", "七月技术服务费", "CONFIRMED")
    entry = reading.entry(made.entry_id)
    assert (entry.kind, entry.document_ref, entry.effective_on) == ("ADJUSTMENT", made.ref, DAY)
    assert entry.facts == {"channel": "platform", "reason": "PLATFORM_FEE"}


@pytest.mark.parametrize(
    ("brought", "way", "minor", "reason", "account"),
    [
        ("13.74", "OUT", 1, "ROUNDING", OTHER_COST),
        ("13.00", "OUT", 75, "EARLIER_SETTLEMENT", OTHER_COST),
        ("13.70", "OUT", 5, "BANK_CHARGE", FEES),
        ("13.76", "IN", 1, "ROUNDING", OTHER_INCOME),
        ("20.00", "IN", 625, "PLATFORM_ADDED", OTHER_INCOME),
    ],
)
def test_each_reason_has_its_account(charity_a, brought, way, minor, reason, account):
    of = waiting(charity_a, brought)
    before = balance(charity_a, account)
    confirmed(charity_a, drafted(charity_a, of, way=way, amount_minor=minor, reason=reason))
    assert (balance(charity_a, account) - before, balance(charity_a, PLATFORM)) == (minor, 0)


def test_what_the_general_fund_cannot_bear_is_a_shortfall(charity_a, project):
    make.imported(charity_a, make.csv_of([gift(1, "8.00", 项目=project.slug)]))
    of = make.statement(charity_a, line("B1", "7.00")).lines.get()
    confirmed(charity_a, drafted(charity_a, of, amount_minor=100))
    assert balance(charity_a, DEFICIT) == 100
    assert balance(charity_a, PLATFORM, project.fund_code) == 0
    assert balance(charity_a, PLATFORM, "general") == 0


def test_a_payout_row_is_adjusted_as_a_file_is(charity_a):
    file = make.imported(charity_a, make.csv_of([gift(1, "10.00"), gift(2, "5.00"), row("P1", "提现", "-9.00")]))
    of = make.statement(charity_a, line("B1", "8.75")).lines.get()
    made = confirmed(charity_a, drafted(charity_a, of))
    of.refresh_from_db()
    assert (of.state, of.settlement, of.payout_row.file, made.payout_row.row_id) == ("SETTLEMENT", None, file, "P1")
    assert balance(charity_a, PLATFORM) == 600


@pytest.mark.parametrize("minor", [0, 24, 26, -25, 1374])
def test_only_what_closes_the_line_is_taken(charity_a, minor):
    """A part leaves money that nobody has explained; more than the difference invents some."""
    of = waiting(charity_a)
    assert refused(drafted, charity_a, of, amount_minor=minor) == "adjustment_does_not_close"
    assert refused(drafted, charity_a, of, way="IN", reason="ROUNDING") == "adjustment_does_not_close"


def test_an_adjustment_as_large_as_the_payout_explains_nothing(charity_a):
    of = waiting(charity_a, "27.50")
    assert refused(drafted, charity_a, of, way="IN", amount_minor=1375, reason="ROUNDING") == "adjustment_too_large"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"way": "OUT", "reason": "PLATFORM_ADDED"}, "adjustment_reason_wrong"),
        ({"note": " "}, "reason_needed"),
        ({"evidence_ref": " "}, "evidence_needed"),
        ({"on": BEGIN.date() + datetime.timedelta(days=1)}, "day_to_come"),
    ],
)
def test_a_draft_says_why_and_when(charity_a, facts, code):
    assert refused(drafted, charity_a, waiting(charity_a), **facts) == code


def test_nobody_confirms_their_own_draft(charity_a):
    made = drafted(charity_a, waiting(charity_a))
    assert refused(actions.confirm_adjustment, made, by=charity_a.finance, at=BEGIN) == "maker_checker"
    assert Adjustment.objects.get().state == "DRAFTED"


def test_only_finance_of_the_charity_drafts_and_confirms(charity_a, charity_b):
    of = waiting(charity_a)
    for person in (charity_a.admin, charity_b.finance):
        assert refused(drafted, charity_a, of, by=person) == "not_permitted"
    made = drafted(charity_a, of)
    for person in (charity_a.admin, charity_b.finance):
        assert refused(actions.confirm_adjustment, made, by=person, at=BEGIN) == "not_permitted"
        assert refused(actions.drop_adjustment, made, reason="x", by=person, at=BEGIN) == "not_permitted"


def test_a_line_that_is_explained_needs_nothing(charity_a):
    of = waiting(charity_a)
    payable = payables(charity_a.organisation, of)[0]
    made = drafted(charity_a, of)
    actions.solve_as_gift(UnexplainedItem.objects.get(), project=None, note="x", by=charity_a.finance, at=BEGIN)
    assert refused(actions.confirm_adjustment, made, by=charity_a.second_finance, at=BEGIN) == "line_explained"
    actions.drop_adjustment(made, reason="已作捐赠入账", by=charity_a.finance, at=BEGIN)
    assert refused(drafted, charity_a, of, payable=payable) == "line_explained"


def test_a_payout_is_brought_by_one_line(charity_a):
    of = waiting(charity_a)
    payable = payables(charity_a.organisation, of)[0]
    confirmed(charity_a, drafted(charity_a, of))
    other = make.statement(charity_a, line("B2", "13.50")).lines.get()
    assert refused(drafted, charity_a, other, payable=payable) == "payable_taken"


def test_another_charitys_payout_explains_nothing(charity_a, charity_b):
    of = waiting(charity_a)
    other = make.imported(charity_b, make.csv_of([gift(1, "13.75")]))
    assert refused(drafted, charity_a, of, payable=Payable(other, None)) == "payable_of_another"


def test_one_draft_a_line(charity_a):
    of = waiting(charity_a)
    made = drafted(charity_a, of)
    assert refused(drafted, charity_a, of) == "adjustment_waits"
    dropped = actions.drop_adjustment(made, reason="金额未核对", by=charity_a.second_finance, at=BEGIN)
    assert (dropped.state, dropped.why_dropped) == ("DROPPED", "金额未核对")
    assert refused(actions.confirm_adjustment, made, by=charity_a.second_finance, at=BEGIN) == "adjustment_decided"
    assert refused(actions.drop_adjustment, made, reason="x", by=charity_a.finance, at=BEGIN) == "adjustment_decided"
    assert drafted(charity_a, of).state == "DRAFTED"


def test_a_draft_is_dropped_with_a_reason(charity_a):
    made = drafted(charity_a, waiting(charity_a))
    assert refused(actions.drop_adjustment, made, reason=" ", by=charity_a.finance, at=BEGIN) == "reason_needed"


def test_a_closed_month_takes_no_adjustment(charity_a, monkeypatch):
    of = waiting(charity_a)
    made = drafted(charity_a, of)
    close_february(charity_a, monkeypatch)
    assert refused(actions.confirm_adjustment, made, by=charity_a.second_finance, at=BEGIN) == "period_closed"
    actions.drop_adjustment(made, reason="月份已结账", by=charity_a.finance, at=BEGIN)
    assert refused(drafted, charity_a, of) == "period_closed"
    made = confirmed(charity_a, drafted(charity_a, of, on=BEGIN.date()))
    of.refresh_from_db()
    assert (of.state, reading.entry(made.entry_id).effective_on) == ("SETTLEMENT", BEGIN.date())
    # The payout is of today as well: the line's own day lies in the closed month.
    assert reading.entry(of.entry_id).effective_on == BEGIN.date()


def close_february(charity: Any, monkeypatch: Any) -> None:
    number_all()
    monkeypatch.setattr(periods, "require_green", lambda *, after: None)
    days = {"starts_on": datetime.date(2026, 2, 1), "ends_on": datetime.date(2026, 2, 28)}
    periods.close_period(book=charity.organisation.book_code, **days, by="x" * 12, at=BEGIN)


# ---- undone by an answer ----


@pytest.mark.parametrize(("brought", "way", "minor"), [("13.50", "OUT", 25), ("14.00", "IN", 25)])
def test_an_answer_undoes_it_to_the_cent_and_the_line_is_open_again(charity_a, brought, way, minor):
    of = waiting(charity_a, brought)
    accounts = (BANK, PLATFORM, SUSPENSE, DEFICIT, OTHER_COST, OTHER_INCOME)
    before = [balance(charity_a, account) for account in accounts]
    made = confirmed(charity_a, drafted(charity_a, of, way=way, amount_minor=minor, reason="ROUNDING"))
    undone = confirmed(charity_a, answer(charity_a, made))
    of.refresh_from_db()
    assert [balance(charity_a, account) for account in accounts] == before
    assert (of.state, of.problem, of.settlement) == ("SUSPENSE", "adjustment_undone", None)
    first, again = UnexplainedItem.objects.order_by("pk")
    assert (first.answer, again.answer, again.amount_minor, again.on) == ("ADJUSTMENT", "", of.amount_minor, DAY)
    assert reading.entry(undone.entry_id).facts["answers"] == made.ref
    # The way is free for the right one.
    confirmed(charity_a, drafted(charity_a, of, way=way, amount_minor=minor, reason="EARLIER_SETTLEMENT"))
    of.refresh_from_db()
    assert of.state == "SETTLEMENT"


def test_an_answer_too_needs_a_second_person(charity_a):
    made = confirmed(charity_a, drafted(charity_a, waiting(charity_a)))
    undone = answer(charity_a, made)
    assert refused(actions.confirm_adjustment, undone, by=charity_a.finance, at=BEGIN) == "maker_checker"


def test_only_what_stands_is_answered_and_once(charity_a):
    made = drafted(charity_a, waiting(charity_a))
    assert refused(answer, charity_a, made) == "adjustment_not_standing"
    made = confirmed(charity_a, made)
    undone = answer(charity_a, made)
    assert refused(answer, charity_a, made) == "adjustment_waits"
    undone = confirmed(charity_a, undone)
    assert refused(answer, charity_a, made) == "adjustment_not_standing"
    assert refused(answer, charity_a, undone) == "adjustment_not_standing"


def test_the_books_are_green_with_adjustments_and_their_answers(charity_a):
    of = waiting(charity_a)
    confirmed(charity_a, answer(charity_a, confirmed(charity_a, drafted(charity_a, of))))
    confirmed(charity_a, drafted(charity_a, of))
    number_all()
    checks = [*verify.CHECKS, *giving.CHECKS, *verification.CHECKS]
    assert [str(one) for check in checks for one in verify.run_one(check).findings] == []
