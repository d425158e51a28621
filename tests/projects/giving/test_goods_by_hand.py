"""Goods taken in by hand: named, counted, valued no higher than their evidence, and kept apart from money."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from charity_site.management.commands.verify import all_checks
from ledger import balances, reading
from ledger.policy import chart
from ledger.verify import run_one
from projects.giving import evidence, goods, hand_gifts
from projects.giving.hand_models import HandGift
from projects.giving.models import Gift
from projects.matching.models import Match
from projects.receipts import actions as receipts
from projects.receipts import render
from projects.receipts.models import Receipt
from tests import guards
from tests.factories import hand, matching
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(charity_a):
    return open_project(charity_a.organisation, slug="rooms")


def balance(charity, account: str, fund: str) -> int:
    return balances.balance(book=charity.organisation.book_code, account=account, fund=fund, currency="CNY")


def test_goods_are_booked_at_their_value_into_stock_and_a_fund_of_their_own(charity_a, project):
    gift = hand.booked(charity_a, hand.goods(charity_a, project))
    entry = reading.entry(gift.entry_id)
    assert (gift.state, gift.channel, gift.amount_minor, entry.kind) == ("SETTLED", "goods", 1_800_00, "IN_KIND_GIFT")
    assert balance(charity_a, chart.STOCK, goods.fund_of(project)) == 1_800_00
    assert balance(charity_a, chart.GIFTS_RESTRICTED, goods.fund_of(project)) == 1_800_00
    assert balance(charity_a, chart.CASH, goods.fund_of(project)) == 0


def test_no_award_can_be_paid_out_of_goods(charity_a, project):
    hand.booked(charity_a, hand.goods(charity_a, project))
    figures = balances.fund_figures(book=charity_a.organisation.book_code, fund=project.fund_code)
    assert figures.left_minor == 0


def test_goods_for_the_charity_itself_are_free_of_conditions(charity_a, project):
    hand.booked(charity_a, hand.goods(charity_a))
    hand.booked(charity_a, hand.goods(charity_a, amount_minor=200_00))
    assert balance(charity_a, chart.STOCK, goods.GENERAL_GOODS) == 2_000_00
    assert balance(charity_a, chart.GIFTS_FREE, goods.GENERAL_GOODS) == 2_000_00


def test_a_value_may_be_less_than_the_evidence_says_and_above_what_a_card_may_carry(charity_a, project):
    what = hand.blankets(evidence_minor=900_000_00)
    row = hand.goods(charity_a, project, what=what, amount_minor=900_000_00)
    assert hand.booked(charity_a, row).amount_minor == 900_000_00


@pytest.mark.parametrize(
    ("what", "facts", "code"),
    [
        ({}, {"file": b""}, "evidence_missing"),
        ({}, {"file": b"an invoice in words"}, "evidence_kind"),
        ({}, {"amount_minor": 0}, "value_missing"),
        ({}, {"amount_minor": None}, "value_missing"),
        ({}, {"amount_minor": -1}, "value_missing"),
        ({"evidence_minor": 0}, {}, "value_missing"),
        ({"evidence_minor": 1_799_99}, {}, "value_above_evidence"),
        ({"description": "  "}, {}, "goods_unnamed"),
        ({"quantity": Decimal(0)}, {}, "quantity_missing"),
        ({"quantity": Decimal("0.0001")}, {}, "quantity_missing"),
        ({"quantity": Decimal("1.0005")}, {}, "quantity_missing"),
        ({"quantity": Decimal("NaN")}, {}, "quantity_missing"),
        ({"quantity": Decimal(10) ** 9}, {}, "quantity_missing"),
        ({"unit": ""}, {}, "unit_missing"),
        ({"value_basis": ""}, {}, "value_basis_missing"),
        ({"value_basis": "GUESS"}, {}, "value_basis_missing"),
    ],
)
def test_goods_without_name_number_value_or_evidence_are_refused(charity_a, project, what, facts, code):
    assert refused(hand.goods, charity_a, project, what=hand.blankets(**what), **facts) == code
    assert not HandGift.objects.exists()


def test_nobody_confirms_an_own_draft(charity_a, project):
    row = hand.goods(charity_a, project)
    assert refused(hand_gifts.approve, row, by=charity_a.finance, at=BEGIN) == "second_person_needed"
    assert not Gift.objects.exists()


def test_another_file_than_the_one_entered_stops_the_booking(charity_a, project):
    row = hand.goods(charity_a, project)
    evidence.keep(row.ref, b"%PDF-1.7 another invoice")
    assert refused(hand_gifts.approve, row, by=charity_a.second_finance, at=BEGIN) == "evidence_changed"


INTRUSIONS = {
    "whoever entered it decides": "decided_by_ref = entered_by_ref, state = 'REFUSED', decided_at = entered_at",
    "other goods": "goods = 'x'",
    "another quantity": "quantity = 1",
    "another unit": "unit = 'x'",
    "found otherwise": "value_basis = 'MARKET'",
    "the evidence says more": "evidence_minor = evidence_minor + 1",
    "no goods at all": "goods = '', quantity = NULL, unit = '', value_basis = '', evidence_minor = NULL",
}


@pytest.mark.parametrize("intrusion", INTRUSIONS)
def test_around_the_actions_the_database_refuses_that(charity_a, project, intrusion):
    row = hand.goods(charity_a, project)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE giving_handgift SET {INTRUSIONS[intrusion]} WHERE id = %s", [row.pk])


@pytest.mark.parametrize(
    "half",
    ["quantity = NULL", "unit = ''", "value_basis = ''", "evidence_minor = NULL", "evidence_minor = 1", "goods = ''"],
)
def test_the_table_itself_takes_no_goods_that_are_half_told(charity_a, project, half):
    row = hand.goods(charity_a, project)
    with guards.lifted(), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE giving_handgift SET {half} WHERE id = %s", [row.pk])


def test_goods_are_not_matched(charity_a, project):
    matching.open_pool(project, pledged_minor=1_000_00, ratio_bps=10_000)
    hand.booked(charity_a, hand.goods(charity_a, project))
    matching.run(at=BEGIN)
    assert not Match.objects.exists()


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", ["毛毯，150×200 厘米, 20 条", "实物"]), ("en", ["goods; their value by", "no money was received"])],
)
def test_the_receipt_names_the_goods_and_their_value(charity_a, project, language, words):
    gift = hand.booked(charity_a, hand.goods(charity_a, project))
    receipt = receipts.issue(gift=gift, by=charity_a.second_finance, at=BEGIN)
    page = render.page(receipt, language=language)
    assert (receipt.amount_minor, "¥1,800.00" in page) == (1_800_00, True)
    assert [word for word in words if word not in page] == []


def test_a_quantity_reads_as_it_was_typed(charity_a, project):
    row = hand.goods(charity_a, project, what=hand.blankets(quantity=Decimal("12.500"), unit="kg"))
    assert HandGift.objects.get(pk=row.pk).how_much == "12.5 kg"
    row = hand.goods(charity_a, project, what=hand.blankets(quantity=Decimal("1000")))
    assert HandGift.objects.get(pk=row.pk).how_much == "1000 条"


def test_verification_is_green_with_goods_and_red_when_their_value_is_changed(charity_a, project):
    gift = hand.booked(charity_a, hand.goods(charity_a, project))
    hand.booked(charity_a, hand.cash(charity_a, project))
    [check] = [check for check in all_checks() if check.name == "gifts"]
    assert not run_one(check).findings
    with guards.lifted():
        Gift.objects.filter(pk=gift.pk).update(amount_minor=1)
    assert [finding.row for finding in run_one(check).findings] == [gift.ref]
    with guards.lifted():
        Gift.objects.filter(pk=gift.pk).update(amount_minor=1_800_00, channel="cash")
    assert gift.ref in [finding.row for finding in run_one(check).findings]


def test_the_whole_way_on_the_screens(client, charity_a, project):
    client.force_login(charity_a.finance)
    form = {
        "organisation": charity_a.organisation.pk, "project": project.pk, "description": "毛毯", "quantity": "20",
        "unit": "条", "value_basis": "INVOICE", "evidence_minor": "2000.00", "amount_minor": "2000.01",
        "received_on": "2026-03-01", "donor_name": "某公司", "visibility": "HIDDEN", "email": "", "form_key": "g1",
    }  # fmt: skip
    add = reverse("workspace_hand_gifts:goods")
    above = client.post(add, form | {"file": SimpleUploadedFile("invoice.pdf", hand.INVOICE)})
    assert (above.status_code, "¥2,000.00" in above.text) == (200, True)
    client.post(add, form | {"amount_minor": "1999.00", "file": SimpleUploadedFile("invoice.pdf", hand.INVOICE)})
    row = HandGift.objects.get()
    assert "毛毯, 20 条" in client.get(reverse("workspace_hand_gifts:show", args=[row.ref])).text
    client.post(reverse("workspace_hand_gifts:approve", args=[row.ref]))
    assert not Gift.objects.exists()
    client.force_login(charity_a.second_finance)
    client.post(reverse("workspace_hand_gifts:approve", args=[row.ref]))
    assert Receipt.objects.get().amount_minor == 1_999_00
