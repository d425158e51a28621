"""Official bills: what the authority's system is told, what it issued, by hand and by file, and what is refused."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import openpyxl
import pytest
from django.db import IntegrityError, transaction

from ledger.core.refusals import Refused
from projects.access.actors import STRIPE
from projects.audit.models import AuditEvent, ReadLog
from projects.giving.personal import copy_of
from projects.receipts import actions, bill_files, bills
from projects.receipts.models import OfficialBill, OfficialBillVoid
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.factories.giving import opened_gift
from tests.factories.receipts import receipt_for, settled_gift

pytestmark = pytest.mark.django_db
DAY = BEGIN.date()
DAYS = {"since": DAY, "until": DAY}
ANSWER = bills.Answer("50010126", "0000000001", "a1b2c3", DAY, 17_500_00)
HEADING = "捐赠编号,票据代码,票据号码,校验码,开票日期,金额,状态,作废日期\n"


@pytest.fixture
def project(charity_a):
    return open_project(charity_a.organisation, slug="a")


@pytest.fixture
def gift(project):
    return settled_gift(project, amount_minor=17_500_00, email="a@example.org")


def enter(charity, gift, answer=ANSWER, at=BEGIN):
    return bills.enter(charity.organisation, gift_ref=gift.ref, answer=answer, by=charity.finance, at=at)


def refused(call) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def give_back(gift, amount_minor):
    gift.refresh_from_db()
    gift.refunded_minor += amount_minor
    gift.state = "SETTLED" if gift.left_minor else "REFUNDED"
    gift.save()
    actions.answer_refund(gift=gift, by=STRIPE, at=BEGIN)


def told(charity, **days):
    return list(bills.told(charity.organisation, **(DAYS | days), by=charity.finance, at=BEGIN))


# ---- what the authority's system is told ----


def test_it_is_told_the_fields_of_the_form_and_the_amount_in_capitals(charity_a, project, gift):
    receipt = receipt_for(gift)
    nameless = settled_gift(project, amount_minor=5_01, name="")
    rows = [dict(zip(bills.COLUMNS, row, strict=True)) for row in told(charity_a)]
    first = {
        "捐赠编号": gift.ref, "票据名称": "公益事业捐赠票据", "交款人": "王小明", "交款人统一社会信用代码": "",
        "项目编码": project.filing_number, "项目名称": project.name_zh, "单位": "元", "数量": "1", "标准": "17500.00",
        "金额": "17500.00", "金额合计(大写)": "壹万柒仟伍佰元整", "金额合计(小写)": "17500.00",
        "备注": f"收据 {receipt.number}", "到账日期": "2026-03-02", "票据代码": "", "票据号码": "", "校验码": "",
        "开票日期": "", "状态": "",
    }  # fmt: skip
    assert rows[0] == first
    assert [rows[1][key] for key in ("捐赠编号", "交款人", "金额合计(大写)", "备注")] == [
        nameless.ref, "匿名捐赠人", "伍元零壹分", "",
    ]  # fmt: skip
    look = ReadLog.objects.get(purpose="data for official bills")
    assert (look.by_ref, look.organisation_ref) == (charity_a.finance.ref, charity_a.organisation.ref)


def test_it_is_told_of_what_is_left_and_of_nothing_that_needs_no_bill(charity_a, charity_b, project, gift):
    give_back(gift, 500_00)
    back = settled_gift(project, email="b@example.org")
    give_back(back, 100_00)
    waived = settled_gift(project, email="c@example.org")
    actions.waive(gift=waived, by=STRIPE, at=BEGIN)
    opened_gift(project)
    settled_gift(open_project(charity_b.organisation, slug="b"))
    assert [(row[0], row[9]) for row in told(charity_a)] == [(gift.ref, "17000.00")]
    enter(charity_a, gift, replace(ANSWER, amount_minor=17_000_00))
    assert refused(lambda: told(charity_a)) == "no_bill_needed"


def test_days_are_the_days_the_money_arrived_both_included(charity_a, gift):
    assert len(told(charity_a, since=DAY, until=DAY)) == 1
    assert refused(lambda: told(charity_a, since=DAY + timedelta(1), until=DAY + timedelta(1))) == "no_bill_needed"
    assert refused(lambda: told(charity_a, since=DAY - timedelta(1), until=DAY - timedelta(1))) == "no_bill_needed"
    assert refused(lambda: told(charity_a, since=DAY + timedelta(1))) == "days_reversed"


def test_csv_and_xlsx_hold_the_same_text_and_no_formula(charity_a, project):
    settled_gift(project, name="=1+1", amount_minor=1_00)
    rows = told(charity_a)
    from_csv = list(csv.reader(io.StringIO(bill_files.as_csv(rows).decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(bill_files.as_xlsx(rows))).worksheets[0]
    from_xlsx = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert from_csv == from_xlsx
    assert from_csv[0] == list(bills.COLUMNS)
    assert (from_csv[1][2], from_csv[1][9]) == ("'=1+1", "1.00")


# ---- what it issued ----


def test_a_bill_is_kept_as_it_was_told_and_recorded(charity_a, gift):
    bill = enter(charity_a, gift)
    assert (bill.code, bill.number, bill.check_code, bill.issued_on) == ("50010126", "0000000001", "a1b2c3", DAY)
    assert (bill.amount_minor, bill.state, bill.gift) == (17_500_00, "ISSUED", gift)
    event = AuditEvent.objects.get(event="official_bill.entered")
    assert (event.subject_ref, event.facts["gift"]) == (bill.ref, gift.ref)
    assert enter(charity_a, gift).pk == bill.pk
    assert AuditEvent.objects.filter(event="official_bill.entered").count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_minor": 17_499_99}, "amount_differs"),
        ({"amount_minor": 17_500_01}, "amount_differs"),
        ({"code": "5001-0126"}, "bill_code_wrong"),
        ({"code": ""}, "bill_code_wrong"),
        ({"number": "1" * 21}, "bill_number_wrong"),
        ({"check_code": "甲乙丙"}, "bill_check_code_wrong"),
        ({"issued_on": DAY + timedelta(1)}, "bill_to_come"),
        ({"issued_on": DAY - timedelta(1)}, "bill_before_gift"),
    ],
)
def test_it_refuses_what_no_bill_of_this_gift_can_say(charity_a, gift, change, code):
    assert refused(lambda: enter(charity_a, gift, replace(ANSWER, **change))) == code
    assert not OfficialBill.objects.exists()


def test_it_refuses_a_gift_that_is_not_settled(charity_a, project):
    assert refused(lambda: enter(charity_a, opened_gift(project, amount_minor=17_500_00))) == "gift_not_settled"


def test_it_refuses_a_gift_that_went_back_whole(charity_a, gift):
    give_back(gift, 17_500_00)
    assert refused(lambda: enter(charity_a, gift)) == "gift_refunded"


def test_after_a_refund_of_a_part_the_bill_says_what_is_left(charity_a, gift):
    give_back(gift, 500_00)
    assert refused(lambda: enter(charity_a, gift)) == "amount_differs"
    assert enter(charity_a, gift, replace(ANSWER, amount_minor=17_000_00)).amount_minor == 17_000_00


def test_it_refuses_a_number_twice(charity_a, project, gift):
    enter(charity_a, gift)
    other = settled_gift(project, amount_minor=17_500_00, email="b@example.org")
    assert refused(lambda: enter(charity_a, other)) == "bill_taken"
    assert refused(lambda: enter(charity_a, gift, replace(ANSWER, check_code="ffffff"))) == "bill_taken"
    assert enter(charity_a, other, replace(ANSWER, code="50010127")).number == ANSWER.number


def test_it_refuses_a_second_bill_while_the_first_one_counts(charity_a, gift):
    first, second = enter(charity_a, gift), replace(ANSWER, number="0000000002")
    assert refused(lambda: enter(charity_a, gift, second)) == "bill_issued_already"
    bills.void(first, voided_on=DAY, by=charity_a.finance, at=BEGIN)
    assert bills.bill_of(gift) == first
    assert bills.bill_of(gift).is_void
    again = enter(charity_a, gift, second)
    assert (bills.bill_of(gift), again.state) == (again, "ISSUED")


def test_another_charitys_gift_is_unknown_here(charity_a, charity_b, gift):
    assert refused(lambda: enter(charity_b, gift)) == "gift_unknown"
    theirs = lambda: bills.enter(  # noqa: E731
        charity_a.organisation, gift_ref=gift.ref, answer=ANSWER, by=charity_b.finance, at=BEGIN
    )
    assert refused(theirs) == "not_permitted"


@pytest.mark.parametrize("person", ["editor", "caseworker", "checker", "admin"])
def test_only_finance_may(charity_a, gift, person):
    who, bill = getattr(charity_a, person), enter(charity_a, gift)
    acts = (
        lambda: list(bills.told(charity_a.organisation, **DAYS, by=who, at=BEGIN)),
        lambda: bills.enter(charity_a.organisation, gift_ref=gift.ref, answer=ANSWER, by=who, at=BEGIN),
        lambda: bills.void(bill, voided_on=DAY, by=who, at=BEGIN),
        lambda: bill_files.take(charity_a.organisation, file=io.BytesIO(b""), by=who, at=BEGIN),
    )
    assert [refused(act) for act in acts] == ["not_permitted"] * 4


def test_a_void_is_kept_once_and_not_before_the_bill(charity_a, gift):
    bill = enter(charity_a, gift)
    finance = charity_a.finance
    before, after = DAY - timedelta(1), DAY + timedelta(1)
    assert refused(lambda: bills.void(bill, voided_on=before, by=finance, at=BEGIN)) == "void_before_bill"
    assert refused(lambda: bills.void(bill, voided_on=after, by=finance, at=BEGIN)) == "bill_to_come"
    for _time in range(2):
        assert bills.void(bill, voided_on=DAY, by=finance, at=BEGIN).state == "VOID"
    assert AuditEvent.objects.filter(event="official_bill.voided").count() == 1


def test_the_donor_gets_a_copy_of_it(charity_a, gift):
    enter(charity_a, gift)
    (own,) = [row for row in copy_of(gift.donor)["receipts"] if "official_bill" in row]
    assert (own["official_bill"], own["code"], own["state"]) == ("0000000001", "50010126", "ISSUED")


# ---- around the actions ----


def broken(call) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        call()
    return str(caught.value)


def test_the_database_keeps_the_laws_by_itself(charity_a, charity_b, gift):
    bill = enter(charity_a, gift)
    facts = {
        "organisation": charity_a.organisation, "gift": gift, "code": "1", "number": "2", "check_code": "3",
        "issued_on": DAY, "amount_minor": 1, "currency": "CNY", "entered_by_ref": "x", "entered_at": BEGIN,
    }  # fmt: skip
    make = OfficialBill.objects.create
    assert "bill_valid_once" in broken(lambda: make(**facts))
    OfficialBillVoid.objects.create(bill=bill, voided_on=DAY, by_ref="x", at=BEGIN)
    assert "bill_of_the_gift" in broken(lambda: make(**facts | {"organisation": charity_b.organisation}))
    assert "bill_of_the_gift" in broken(lambda: make(**facts | {"currency": "USD"}))
    broken(lambda: make(**facts | {"code": bill.code, "number": bill.number}))
    broken(lambda: OfficialBill.objects.filter(pk=bill.pk).update(number="9"))
    broken(lambda: OfficialBillVoid.objects.all().delete())
    assert make(**facts).pk


# ---- by file ----


def take(charity, content: bytes):
    return bill_files.take(charity.organisation, file=io.BytesIO(content), by=charity.finance, at=BEGIN)


def counts(outcome) -> tuple[int, int, int, int, list[tuple[int, str]]]:
    errors = [(error.line, error.refused.code) for error in outcome.errors]
    return outcome.entered, outcome.voided, outcome.known, outcome.waiting, errors


@pytest.fixture
def gifts(project):
    return [settled_gift(project, amount_minor=100_00 + n, email=f"{n}@example.org") for n in range(4)]


def line(gift, number, amount="", *, day="2026-03-02", rest=",") -> str:
    left = gift.left_minor
    return f"{gift.ref},50010126,{number},abcdef,{day},{amount or f'{left // 100}.{left % 100:02}'},{rest}\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_wrong_rows_are_named_and_the_others_go_on(charity_a, charity_b, gifts, encoding):
    theirs = settled_gift(open_project(charity_b.organisation, slug="b"), email="b@example.org")
    content = HEADING + "".join(
        [
            line(gifts[0], "1"),
            line(gifts[1], "1"),
            line(gifts[1], "2", "100.00"),
            line(theirs, "3"),
            "\n",
            line(gifts[2], "4", day="下周"),
            line(gifts[2], "5", "一百"),
            line(gifts[2], "6", rest="好,"),
            f"{gifts[2].ref},,,,,,,\n",
            line(gifts[3], "7", day="2026年3月2日"),
        ]
    )
    errors = [
        (3, "bill_taken"), (4, "amount_differs"), (5, "gift_unknown"), (7, "day_wrong"), (8, "amount_not_a_number"),
        (9, "state_unknown"),
    ]  # fmt: skip
    assert counts(take(charity_a, content.encode(encoding))) == (2, 0, 0, 1, errors)
    assert set(OfficialBill.objects.values_list("number", "gift")) == {("1", gifts[0].ref), ("7", gifts[3].ref)}
    assert counts(take(charity_a, content.encode(encoding)))[:4] == (0, 0, 2, 1)


def test_a_row_that_says_void_voids_what_is_known(charity_a, gifts):
    take(charity_a, (HEADING + line(gifts[0], "1") + line(gifts[1], "2")).encode())
    content = HEADING + line(gifts[0], "1", rest="作废,2026-03-02") + line(gifts[2], "3", rest="已冲红,")
    assert counts(take(charity_a, content.encode())) == (1, 2, 0, 0, [])
    states = {bill.number: bill.state for bill in OfficialBill.objects.select_related("void")}
    assert states == {"1": "VOID", "2": "ISSUED", "3": "VOID"}
    assert counts(take(charity_a, content.encode())) == (0, 0, 2, 0, [])


def test_another_charitys_bill_is_not_voided_by_our_file(charity_a, charity_b, gifts):
    take(charity_a, (HEADING + line(gifts[0], "1")).encode())
    own = settled_gift(open_project(charity_b.organisation, slug="b"), email="b@example.org")
    content = HEADING + line(gifts[0], "1", rest="作废,2026-03-02") + line(own, "1", rest="作废,2026-03-02")
    assert counts(take(charity_b, content.encode())) == (0, 0, 0, 0, [(2, "gift_unknown"), (3, "bill_taken")])
    assert OfficialBill.objects.get().state == "ISSUED"


def test_the_file_that_was_made_here_comes_back_filled_in(charity_a, gifts):
    book = openpyxl.load_workbook(io.BytesIO(bill_files.as_xlsx(told(charity_a))))
    sheet, places = book.worksheets[0], {name: place for place, name in enumerate(bills.COLUMNS, 1)}
    for number, row in enumerate(range(2, sheet.max_row + 1), 1):
        answers = {"票据代码": "50010126", "票据号码": f"{number:010}", "校验码": "abcdef", "开票日期": DAY}
        for name, value in answers.items():
            sheet.cell(row, places[name], value)
    out = io.BytesIO()
    book.save(out)
    assert counts(take(charity_a, out.getvalue())) == (4, 0, 0, 0, [])
    assert set(OfficialBill.objects.values_list("gift", "amount_minor")) == {(g.ref, g.amount_minor) for g in gifts}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xff\xff", "file_unreadable"),
        (b"PK\x03\x04 no sheet", "file_unreadable"),
        (b"", "heading_missing"),
        ("捐赠编号,票据代码\n".encode(), "heading_missing"),
        (b"x" * (bill_files.LARGEST + 1), "file_too_large"),
    ],
)
def test_it_refuses_a_file_that_is_none(charity_a, content, code):
    assert refused(lambda: take(charity_a, content)) == code


def test_it_refuses_more_rows_than_a_file_holds_before_it_enters_one(charity_a, gifts, monkeypatch):
    monkeypatch.setattr(bill_files, "MOST_ROWS", 1)
    content = (HEADING + line(gifts[0], "1") + line(gifts[1], "2")).encode()
    assert refused(lambda: take(charity_a, content)) == "too_many_rows"
    assert not OfficialBill.objects.exists()
