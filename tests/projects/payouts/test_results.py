"""The bank's answer: matched on number and amount, booked once, kept aside when it fits nothing."""

import pytest

from ledger import balances, reading, transparency
from ledger.policy import chart
from projects.catalog.queries import book_of
from projects.payouts import actions
from projects.payouts.models import ResultFile, ResultLine, SuspenseItem
from tests.factories import payouts as make
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(charity_a):
    """Two payouts at the bank, and the file they went in."""
    make.project_with_awards(charity_a, 1_000_00, 2_000_00)
    batch, made = make.exported(charity_a)
    return batch, made.file


def bring(charity, content, moment):
    return actions.import_result(charity.organisation, content=content, by=charity.finance, at=moment)


def test_a_paid_line_is_booked_and_the_award_is_paid(charity_a, sent, moment):
    batch, file = sent
    made = bring(charity_a, make.answer(file, [make.line(p) for p in batch.payouts.all()]), moment)
    assert (made.confirmed, made.unmatched, made.created) == (2, 0, True)
    transparency.sequence(at=moment)
    for payout in batch.payouts.select_related("award"):
        assert (payout.state, payout.award.state, payout.answered_on) == ("CONFIRMED", "PAID", make.PAID_ON)
        entry = reading.entry(payout.entry_id)
        assert (entry.kind, entry.document_ref, entry.effective_on) == ("PAYOUT", payout.ref, make.PAID_ON)


def test_what_the_bank_confirmed_is_what_left_the_bank_in_the_books(charity_a, sent, moment):
    batch, file = sent
    project = batch.payouts.first().award.project
    before = owed(project, moment)
    bring(charity_a, make.answer(file, [make.line(p) for p in batch.payouts.all()]), moment)
    assert before - owed(project, moment) == 3_000_00


def owed(project, at) -> int:
    """What the books say is still owed to households of this project."""
    transparency.sequence(at=at)
    return abs(
        balances.balance(
            book=book_of(project), account=chart.AID_PAYABLE, fund=project.fund_code, currency=project.currency
        )
    )


def test_the_same_file_again_changes_nothing(charity_a, sent, moment):
    batch, file = sent
    content = make.answer(file, [make.line(p) for p in batch.payouts.all()])
    first = bring(charity_a, content, moment)
    again = bring(charity_a, content, moment)
    assert (again.created, again.file) == (False, first.file)
    assert ResultLine.objects.count() == 2


def test_another_file_that_repeats_a_line_changes_nothing(charity_a, sent, moment):
    batch, file = sent
    one, two = batch.payouts.all()
    bring(charity_a, make.answer(file, [make.line(one)]), moment)
    made = bring(charity_a, make.answer(file, [make.line(one), make.line(two)]), moment)
    assert (made.known, made.confirmed) == (1, 1)


def test_a_difference_of_one_cent_matches_nothing(charity_a, sent, moment):
    batch, file = sent
    payout = batch.payouts.first()
    made = bring(charity_a, make.answer(file, [make.line(payout, amount_minor=payout.amount_minor + 1)]), moment)
    payout.refresh_from_db()
    assert (made.unmatched, payout.state) == (1, "EXPORTED")
    assert SuspenseItem.objects.get().problem == "AMOUNT"


def test_a_number_nobody_sent_is_kept_aside(charity_a, sent, moment):
    batch, file = sent
    made = bring(charity_a, make.answer(file, [make.line(batch.payouts.first(), end_to_end_id="nobody")]), moment)
    assert made.unmatched == 1
    assert SuspenseItem.objects.get().problem == "UNKNOWN"


def test_the_same_payment_under_another_number_of_the_bank_is_kept_aside(charity_a, sent, moment):
    batch, file = sent
    payout = batch.payouts.first()
    bring(charity_a, make.answer(file, [make.line(payout)]), moment)
    made = bring(charity_a, make.answer(file, [make.line(payout, bank_ref="B-AGAIN")]), moment)
    assert made.unmatched == 1
    assert SuspenseItem.objects.get().problem == "STATE"


def test_an_unexplained_line_keeps_the_batch_open(charity_a, sent, moment):
    batch, file = sent
    lines = [make.line(p) for p in batch.payouts.all()]
    bring(charity_a, make.answer(file, [*lines, lines[0] | {"end_to_end_id": "nobody"}]), moment)
    assert refused(actions.close_batch, batch, by=charity_a.finance, at=moment) == "suspense_open"
    actions.solve_suspense(SuspenseItem.objects.get(), note="the bank's own test", by=charity_a.finance, at=moment)
    actions.close_batch(batch, by=charity_a.finance, at=moment)
    batch.refresh_from_db()
    assert batch.state == "CLOSED"


def test_a_batch_with_unanswered_payouts_stays_open(charity_a, sent, moment):
    batch, _file = sent
    assert refused(actions.close_batch, batch, by=charity_a.finance, at=moment) == "payouts_waiting"


def test_a_result_file_of_another_bank_is_refused_whole(charity_a, sent, moment):
    batch, file = sent
    content = make.answer(file, [make.line(p) for p in batch.payouts.all()], bank="BANK-TWO")
    assert refused(bring, charity_a, content, moment) == "result_file_of_another_bank"
    assert not ResultFile.objects.exists()


def test_a_result_file_for_another_charity_is_refused(charity_a, charity_b, sent, moment):
    batch, file = sent
    content = make.answer(file, [make.line(p) for p in batch.payouts.all()])
    assert refused(bring, charity_b, content, moment) == "result_file_of_another_bank"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: "", "result_file_empty"),
        (lambda text: text.replace("amount", "sum", 1), "result_file_columns"),
        (lambda text: text.replace("1000.00", "10x"), "result_file_amount"),
        (lambda text: text.replace("1000.00", "-1000.00"), "result_file_amount"),
        (lambda text: text.replace("PAID", "MAYBE", 1), "result_file_status"),
        (lambda text: text.replace("2026-03-03", "soon", 1), "result_file_date"),
        (lambda text: text.replace(make.BANK, "BANK-TWO", 1), "result_file_mixed"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_writes_nothing(charity_a, sent, moment, change, code):
    batch, file = sent
    content = make.answer(file, [make.line(p) for p in batch.payouts.all()]).decode()
    assert refused(bring, charity_a, change(content).encode(), moment) == code
    assert not ResultFile.objects.exists()


def test_bytes_that_are_no_text_are_refused(charity_a, sent, moment):
    assert refused(bring, charity_a, b"\xff\xfe\x00\xff\xff", moment) == "result_file_encoding"


def test_a_chinese_file_in_gb18030_is_read(charity_a, sent, moment):
    batch, file = sent
    text = make.answer(file, [make.line(p, status="成功") for p in batch.payouts.all()]).decode()
    header = "银行,文件编号,备注,金额,处理结果,银行流水号,处理日期"
    content = "\r\n".join([header, *text.splitlines()[1:]]).encode("gb18030")
    assert bring(charity_a, content, moment).confirmed == 2


def test_a_failed_payout_is_answered_by_a_new_one(charity_a, sent, moment):
    batch, file = sent
    payout = batch.payouts.first()
    bring(charity_a, make.answer(file, [make.line(payout, status="FAILED")]), moment)
    payout.refresh_from_db()
    assert (payout.state, payout.entry_id, payout.award.state) == ("FAILED", None, "COMMITTED")
    again = make.prepared(charity_a).payouts.get()
    assert again.attempt_of == payout
    assert again.end_to_end_id != payout.end_to_end_id


def test_money_that_came_back_is_owed_again(charity_a, sent, moment):
    batch, file = sent
    payout = batch.payouts.first()
    bring(charity_a, make.answer(file, [make.line(payout)]), moment)
    before = owed(payout.award.project, moment)
    bring(charity_a, make.answer(file, [make.line(payout, status="退汇")]), moment)
    payout.refresh_from_db()
    assert (payout.state, payout.award.state) == ("RETURNED", "COMMITTED")
    assert payout.return_entry_id is not None
    assert owed(payout.award.project, moment) - before == payout.amount_minor


def test_a_return_without_a_file_is_booked_too(charity_a, moment):
    make.project_with_awards(charity_a)
    payout = make.confirmed(charity_a).payouts.get()
    actions.return_payout(payout, reason="账户已注销", on=make.PAID_ON, by=charity_a.finance, at=moment)
    payout.refresh_from_db()
    assert payout.state == "RETURNED"


def test_a_payout_that_was_never_confirmed_cannot_come_back(charity_a, sent, moment):
    batch, _file = sent
    args = {"reason": "x", "on": make.PAID_ON, "by": charity_a.finance, "at": moment}
    assert refused(actions.return_payout, batch.payouts.first(), **args) == "payout_state"


@pytest.mark.parametrize("who", ["caseworker", "checker", "admin", "editor"])
def test_only_finance_brings_results(charity_a, sent, moment, who):
    batch, file = sent
    content = make.answer(file, [make.line(p) for p in batch.payouts.all()])
    args = {"content": content, "by": getattr(charity_a, who), "at": moment}
    assert refused(actions.import_result, charity_a.organisation, **args) == "not_permitted"
