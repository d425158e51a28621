"""Finance fetches the data for official bills and enters what was issued; the donor sees it. In both languages."""

import io

import pytest
from django.urls import reverse
from wagtail.users.models import UserProfile

from projects.access.actors import STRIPE
from projects.receipts import actions, bills
from projects.receipts.models import OfficialBill
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.factories.giving import settled_gift
from tests.factories.pages import site
from tests.factories.receipts import receipt_for

pytestmark = pytest.mark.django_db
DAYS = {"since": "2026-01-01", "until": "2026-12-31"}
BILL = {"code": "50010126", "number": "0000000001", "check_code": "a1b2c3", "issued_on": "2026-03-02"}


@pytest.fixture
def finance(client, charity_a):
    client.force_login(charity_a.finance)
    return client


@pytest.fixture
def gift(charity_a):
    site()
    gift = settled_gift(open_project(charity_a.organisation), email="lin@example.org", name="林晓")
    receipt_for(gift)
    return gift


def address(name: str, *args) -> str:
    return reverse(f"workspace_bills:{name}", args=args)


def enter(client, charity, gift, **change):
    facts = {"organisation": charity.organisation.pk, "gift_ref": gift.ref, "amount_minor": "100.00"}
    return client.post(address("enter"), facts | BILL | change, follow=True)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_data_come_as_a_file(finance, charity_a, gift, kind):
    answer = finance.post(address("prepare"), {"organisation": charity_a.organisation.pk, "kind": kind, **DAYS})
    assert answer["Content-Disposition"] == f'attachment; filename="bills-2026-01-01-2026-12-31.{kind}"'
    assert "no-store" in answer["Cache-Control"]
    assert answer.content.startswith({"csv": b"\xef\xbb\xbf", "xlsx": b"PK"}[kind])


def test_days_that_need_no_bill_are_refused_by_their_field(finance, charity_a, gift):
    days = {"since": "2020-01-01", "until": "2020-12-31"}
    page = finance.post(address("prepare"), {"organisation": charity_a.organisation.pk, "kind": "csv", **days})
    assert "所选日期内到账的捐赠都不需要开票" in page.text


@pytest.mark.parametrize(
    ("language", "heading", "void"),
    [("zh-hans", "公益事业捐赠票据", "已作废"), ("en", "Official donation bill", "void")],
)
def test_the_donor_sees_what_was_entered_and_that_it_became_void(
    finance, client, charity_a, gift, language, heading, void
):
    assert "票据已录入" in enter(finance, charity_a, gift).text
    page = client.get(f"/{language}/gift/{gift.trace_token}/").text
    for part in (heading, "50010126", "0000000001", "a1b2c3", "2026-03-02"):
        assert part in page, part
    assert void not in page.partition("0000000001")[2][:80]
    finance.post(address("void", OfficialBill.objects.get().ref), {"voided_on": "2026-03-02"})
    page = client.get(f"/{language}/gift/{gift.trace_token}/").text
    assert void in page.partition("0000000001")[2][:80]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amount_minor": "99.99"}, "票据金额为 ¥99.99，捐赠金额为 ¥100.00"),
        ({"gift_ref": "nobody"}, "本组织没有该编号的捐赠"),
        ({"issued_on": "2026-03-03"}, "票据日期在未来"),
    ],
)
def test_a_refusal_stands_by_its_field_and_what_was_typed_stays(finance, charity_a, gift, change, said):
    page = enter(finance, charity_a, gift, **change).text
    assert said in page
    assert "a1b2c3" in page
    assert not OfficialBill.objects.exists()


def test_a_file_says_what_became_of_each_row(finance, charity_a, gift):
    UserProfile.objects.create(user=charity_a.finance, preferred_language="en")
    lines = (
        "gift,code,number,check_code,issued_on,amount",
        f"{gift.ref},50010126,1,abcdef,2026-03-02,100.00",
        f"{gift.ref},50010126,2,abcdef,2026-03-02,90.00",
    )
    upload = io.BytesIO("\n".join(lines).encode())
    upload.name = "bills.csv"
    page = finance.post(address("upload"), {"organisation": charity_a.organisation.pk, "file": upload}).text
    assert 'data-code="amount_differs"><td>3</td><td>The bill says ¥90.00, the gift is ¥100.00.' in page
    assert OfficialBill.objects.get().number == "1"


def test_a_file_that_is_none_is_refused_by_its_field(finance, charity_a):
    upload = io.BytesIO(b"a,b\n1,2\n")
    upload.name = "bills.csv"
    page = finance.post(address("upload"), {"organisation": charity_a.organisation.pk, "file": upload}).text
    assert "捐赠编号、票据代码" in page


def test_a_bill_that_says_too_much_is_to_be_declared_void(finance, charity_a, gift):
    enter(finance, charity_a, gift)
    to_do = "请在财政票据系统作废该票据"
    assert to_do not in finance.get(address("index")).text
    gift.refunded_minor = 10_00
    gift.save()
    actions.answer_refund(gift=gift, by=STRIPE, at=BEGIN)
    assert to_do in finance.get(address("index")).text
    bills.void(OfficialBill.objects.get(), voided_on=BEGIN.date(), by=charity_a.finance, at=BEGIN)
    assert to_do not in finance.get(address("index")).text


def test_finance_of_another_charity_finds_nothing(client, charity_a, charity_b, gift):
    bills.enter(
        charity_a.organisation,
        gift_ref=gift.ref,
        answer=bills.Answer("50010126", "0000000001", "a1b2c3", BEGIN.date(), 100_00),
        by=charity_a.finance,
        at=BEGIN,
    )
    client.force_login(charity_b.finance)
    assert "0000000001" not in client.get(address("index")).text
    assert client.post(address("void", OfficialBill.objects.get().ref), {"voided_on": "2026-03-02"}).status_code == 404
    assert "本组织没有该编号的捐赠" in enter(client, charity_b, gift, number="2").text
