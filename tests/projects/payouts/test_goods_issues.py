"""Goods handed out: for one request, with evidence, by two people, never more than is in stock."""

import datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from charity_site.management.commands.verify import all_checks
from ledger import balances, reading, transparency
from ledger.policy import chart
from ledger.verify import run_one
from projects.audit.models import AuditEvent, ReadLog
from projects.giving import evidence, goods
from projects.payouts import issuing
from projects.payouts.models import GoodsIssue
from projects.relief import actions as relief_actions
from projects.relief.policies import DECLINE_REASONS
from projects.tracing import stories
from tests import guards
from tests.factories import hand, relief
from tests.factories.access import BEGIN
from tests.ledger.public_log import leaves_of_books
from tests.projects.matching.test_terms import audited
from tests.refusals import refused, refused_by_database

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(charity_a):
    return relief.funded_project(charity_a)


@pytest.fixture
def request_of_case(charity_a, project):
    return relief.recommended(charity_a, project)


@pytest.fixture
def stock(charity_a, project):
    """Twenty blankets, worth ¥1,800, of the project."""
    return hand.booked(charity_a, hand.goods(charity_a, project))


def booked(row: GoodsIssue, charity) -> GoodsIssue:
    """Looked at by a second person, and with its place in the log."""
    row = issuing.approve(row, by=charity.second_finance, at=BEGIN)
    transparency.sequence(at=BEGIN)
    return row


def in_stock(charity, fund: str) -> int:
    return balances.balance(book=charity.organisation.book_code, account=chart.STOCK, fund=fund, currency="CNY")


def test_goods_handed_out_leave_stock_and_the_goods_fund_and_no_money_moves(charity_a, project, request_of_case, stock):
    row = booked(hand.handed_out(charity_a, request_of_case), charity_a)
    entry = reading.entry(row.entry_id)
    assert (entry.kind, entry.document_kind, entry.document_ref) == ("IN_KIND_ISSUE", "award", row.ref)
    fund = goods.fund_of(project)
    assert in_stock(charity_a, fund) == 1_620_00
    book = charity_a.organisation.book_code
    assert balances.fund_figures(book=book, fund=fund).left_minor == 1_620_00
    assert balances.fund_figures(book=book, fund=project.fund_code).left_minor == 200_000_00
    events = AuditEvent.objects.filter(subject_kind="goods_issue").order_by("pk").values_list("event", "by_ref")
    assert list(events) == [
        ("goods_issue.entered", charity_a.finance.ref),
        ("goods_issue.approved", charity_a.second_finance.ref),
    ]


def test_goods_of_the_charity_itself_may_go_to_any_request(charity_a, request_of_case):
    hand.booked(charity_a, hand.goods(charity_a))
    assert refused(hand.handed_out, charity_a, request_of_case) == "not_in_stock"
    row = hand.handed_out(charity_a, request_of_case, from_general=True)
    booked(row, charity_a)
    assert in_stock(charity_a, goods.GENERAL_GOODS) == 1_620_00


def test_nothing_is_booked_before_a_second_person_has_looked(charity_a, request_of_case, stock):
    row = hand.handed_out(charity_a, request_of_case)
    assert refused(issuing.approve, row, by=charity_a.finance, at=BEGIN) == "second_person_needed"
    assert refused(issuing.approve, row, by=charity_a.checker, at=BEGIN) == "not_permitted"
    assert in_stock(charity_a, row.fund_code) == 1_800_00
    once = booked(row, charity_a)
    assert issuing.approve(row, by=charity_a.second_finance, at=BEGIN).entry_id == once.entry_id
    assert refused(issuing.refuse, row, reason="No.", by=charity_a.second_finance, at=BEGIN) == "goods_issue_decided"
    assert in_stock(charity_a, row.fund_code) == 1_620_00


def test_two_that_would_hand_out_more_than_there_is_are_not_both_booked(charity_a, request_of_case, stock):
    first, second = (hand.handed_out(charity_a, request_of_case, amount_minor=1_000_00) for _ in range(2))
    issuing.approve(first, by=charity_a.second_finance, at=BEGIN)
    # At once the fund's own line says no; when the log has the first, stock does.
    assert refused(issuing.approve, second, by=charity_a.second_finance, at=BEGIN) == "fund_overspent"
    transparency.sequence(at=BEGIN)
    assert refused(issuing.approve, second, by=charity_a.second_finance, at=BEGIN) == "not_in_stock"
    issuing.refuse(second, reason="Counted twice.", by=charity_a.second_finance, at=BEGIN)
    second.refresh_from_db()
    assert (second.state, second.answer, second.entry_id) == ("REFUSED", "Counted twice.", None)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"amount_minor": 1_800_01}, "not_in_stock"),
        ({"amount_minor": 0}, "value_missing"),
        ({"description": " "}, "goods_unnamed"),
        ({"quantity": Decimal("0.0001")}, "quantity_missing"),
        ({"unit": ""}, "unit_missing"),
        ({"handed_out_on": BEGIN.date() + datetime.timedelta(days=1)}, "day_to_come"),
        ({"file": b""}, "evidence_missing"),
        ({"file": b"MZ"}, "evidence_kind"),
    ],
)
def test_it_refuses_goods_without_name_number_value_or_evidence(charity_a, request_of_case, stock, facts, code):
    assert refused(hand.handed_out, charity_a, request_of_case, **facts) == code
    assert not GoodsIssue.objects.exists()


def test_only_a_recommended_request_gets_goods(charity_a, request_of_case, stock):
    row = hand.handed_out(charity_a, request_of_case)
    relief_actions.decline_request(request_of_case, code=next(iter(DECLINE_REASONS)), by=charity_a.caseworker, at=BEGIN)
    assert refused(issuing.approve, row, by=charity_a.second_finance, at=BEGIN) == "request_not_recommended"
    assert refused(hand.handed_out, charity_a, request_of_case) == "request_not_recommended"


def test_another_charitys_finance_and_other_roles_hand_out_nothing(charity_a, charity_b, request_of_case, stock):
    for person in (charity_b.finance, charity_a.caseworker, charity_a.admin):
        assert refused(hand.handed_out, charity_a, request_of_case, by=person) == "not_permitted"


def test_the_same_form_twice_is_one(charity_a, request_of_case, stock):
    assert hand.handed_out(charity_a, request_of_case, form_key="k") == hand.handed_out(
        charity_a, request_of_case, form_key="k"
    )


def test_another_file_than_was_entered_books_nothing(charity_a, request_of_case, stock):
    row = hand.handed_out(charity_a, request_of_case)
    evidence.keep(row.ref, b"%PDF-1.7 another")
    assert refused(issuing.approve, row, by=charity_a.second_finance, at=BEGIN) == "evidence_changed"


@pytest.mark.parametrize("change", ["amount_minor = 1", "goods = 'x'", "request_id = request_id + 1", "unit = 'x'"])
def test_the_database_keeps_what_was_entered(charity_a, request_of_case, stock, change):
    hand.handed_out(charity_a, request_of_case)
    assert "goods_issue_kept" in refused_by_database(f"UPDATE payouts_goodsissue SET {change}")
    assert "goods_issue_kept" in refused_by_database("DELETE FROM payouts_goodsissue")


def test_the_database_keeps_a_decision_and_its_two_people(charity_a, request_of_case, stock):
    row = hand.handed_out(charity_a, request_of_case)
    alone = f"state = 'REFUSED', decided_at = entered_at, decided_by_ref = '{row.entered_by_ref}'"
    assert "goods_issue" in refused_by_database(f"UPDATE payouts_goodsissue SET {alone}")
    issuing.approve(row, by=charity_a.second_finance, at=BEGIN)
    for sql in ("state = 'REFUSED', entry_id = NULL", "decided_by_ref = 'x'", "answer = 'x'"):
        assert "goods_issue_kept" in refused_by_database(f"UPDATE payouts_goodsissue SET {sql}")


def test_verification_holds_each_row_against_its_entry(charity_a, request_of_case, stock):
    booked(hand.handed_out(charity_a, request_of_case), charity_a)
    (check,) = (check for check in all_checks() if check.name == "goods")
    assert not run_one(check).findings
    with guards.lifted():
        GoodsIssue.objects.update(amount_minor=1)
    assert [finding.row for finding in run_one(check).findings] == [GoodsIssue.objects.get().ref]


def test_the_giver_sees_that_they_were_handed_out_and_what_is_left(charity_a, request_of_case, stock):
    booked(hand.handed_out(charity_a, request_of_case), charity_a)
    told = stories.story_of_gift(stock, at=BEGIN)
    assert (told.used_minor, told.left_minor) == (180_00, 1_620_00)
    assert "已发放物资" in [step.title for step in told.steps]


def test_the_outside_verifier_knows_the_entry(charity_a, request_of_case, stock, tmp_path, capsys):
    booked(hand.handed_out(charity_a, request_of_case), charity_a)
    leaves = leaves_of_books()
    assert any(b'"IN_KIND_ISSUE"' in leaf for leaf in leaves)
    assert audited(tmp_path, leaves) == 0, capsys.readouterr().out


def test_the_whole_way_on_the_screens(client, charity_a, charity_b, request_of_case, stock):
    client.force_login(charity_a.finance)
    enter = reverse("workspace_goods_issues:enter", args=[request_of_case.ref])
    assert enter in client.get(reverse("workspace_requests:show", args=[request_of_case.ref])).text
    page = client.get(enter)
    assert "¥1,800.00" in page.text
    key = page.context["form"]["form_key"].value()
    form = {
        "from_general": "", "description": "毛毯", "quantity": "2", "unit": "条", "amount_minor": "1800.01",
        "handed_out_on": "2026-03-02", "form_key": key,
    }  # fmt: skip
    refused_page = client.post(enter, form | {"file": SimpleUploadedFile("sheet.pdf", hand.SLIP)})
    assert "amount_minor" in refused_page.context["form"].errors
    assert not GoodsIssue.objects.exists()
    client.post(enter, form | {"amount_minor": "180", "file": SimpleUploadedFile("sheet.pdf", hand.SLIP)})
    row = GoodsIssue.objects.get()
    assert (row.amount_minor, row.from_general, row.state) == (180_00, False, "ENTERED")
    show, approve = (reverse(f"workspace_goods_issues:{name}", args=[row.ref]) for name in ("show", "approve"))
    assert approve not in client.get(show).text
    client.force_login(charity_b.finance)
    assert client.get(show).status_code == 404
    client.force_login(charity_a.second_finance)
    assert reverse("workspace_goods_issues:index") in client.get("/cms/").text
    assert approve in client.get(show).text
    file = client.get(reverse("workspace_goods_issues:evidence", args=[row.ref]))
    assert (file.content, file["Content-Type"]) == (hand.SLIP, "application/pdf")
    assert ReadLog.objects.get(subject_kind="goods_issue").by_ref == charity_a.second_finance.ref
    client.post(approve)
    row.refresh_from_db()
    assert (row.state, row.decided_by_ref) == ("APPROVED", charity_a.second_finance.ref)
