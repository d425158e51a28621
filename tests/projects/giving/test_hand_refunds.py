"""What was given by hand goes back by hand: entered with its evidence by one, looked at and booked by another."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse

from ledger import balances, transparency
from ledger.policy import chart
from projects.access.actors import SystemActor
from projects.giving import evidence, goods, hand_refunds, personal
from projects.giving.hand_models import HandRefund
from projects.giving.models import Refund
from projects.matching.models import MatchRelease
from projects.receipts import actions as receipts
from projects.receipts.models import Receipt
from tests.factories import giving, hand, matching
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.refusals import refused

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def project(charity_a):
    return open_project(charity_a.organisation, slug="rooms")


@pytest.fixture
def gift(charity_a, project):
    return hand.booked(charity_a, hand.cash(charity_a, project))


def approved(charity, row, at=BEGIN) -> Refund:
    refund = hand_refunds.approve(row, by=charity.second_finance, at=at)
    transparency.sequence(at=at)
    return refund


def test_a_part_goes_back_out_of_cash_once(charity_a, project, gift):
    row = hand.going_back(charity_a, gift, amount_minor=30_00)
    assert not Refund.objects.exists()
    refund = approved(charity_a, row)
    assert approved(charity_a, row, BEGIN + DAY) == refund
    gift.refresh_from_db()
    assert (gift.state, gift.refunded_minor, gift.left_minor) == ("SETTLED", 30_00, 58_00)
    book = {"book": charity_a.organisation.book_code, "fund": project.fund_code, "currency": "CNY"}
    assert balances.balance(account=chart.CASH, **book) == 58_00


def test_the_rest_goes_back_too_and_nothing_after_it(charity_a, gift):
    approved(charity_a, hand.going_back(charity_a, gift, amount_minor=30_00))
    gift.refresh_from_db()
    assert refused(hand.going_back, charity_a, gift, amount_minor=58_01) == "refund_too_large"
    approved(charity_a, hand.going_back(charity_a, gift))
    gift.refresh_from_db()
    assert (gift.state, gift.left_minor) == ("REFUNDED", 0)
    assert refused(hand.going_back, charity_a, gift, amount_minor=1) == "gift_not_settled"


def test_goods_go_back_whole_and_out_of_stock(charity_a, project):
    gift = hand.booked(charity_a, hand.goods(charity_a, project))
    assert refused(hand.going_back, charity_a, gift, amount_minor=1_00) == "goods_go_back_whole"
    approved(charity_a, hand.going_back(charity_a, gift))
    book = {"book": charity_a.organisation.book_code, "fund": goods.fund_of(project), "currency": "CNY"}
    assert balances.balance(account=chart.STOCK, **book) == 0


def test_its_match_is_freed_by_the_runner(charity_a, project):
    matching.open_pool(project, pledged_minor=1_000_00, ratio_bps=5_000)
    transparency.sequence(at=BEGIN)
    gift = hand.booked(charity_a, hand.cash(charity_a, project))
    matching.run(at=BEGIN)
    transparency.sequence(at=BEGIN)
    approved(charity_a, hand.going_back(charity_a, gift, amount_minor=44_00))
    matching.run(at=BEGIN)
    assert MatchRelease.objects.get().released_minor == 22_00


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"file": b""}, "evidence_missing"),
        ({"file": b"<html>"}, "evidence_kind"),
        ({"reason": " "}, "reason_needed"),
        ({"amount_minor": 0}, "refund_too_large"),
        ({"amount_minor": 88_01}, "refund_too_large"),
        ({"given_back_on": BEGIN.date() + DAY}, "day_to_come"),
        ({"given_back_on": BEGIN.date() - DAY}, "day_before_gift"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_kept(charity_a, gift, facts, code):
    assert refused(hand.going_back, charity_a, gift, **facts) == code
    assert not HandRefund.objects.exists()


def test_what_came_by_card_does_not_go_back_by_hand(charity_a, project):
    assert refused(hand.going_back, charity_a, giving.settled_gift(project)) == "refund_not_by_hand"


@pytest.mark.parametrize("who", ["editor", "caseworker", "checker", "admin"])
def test_only_finance_of_the_charity_enters_and_books(charity_a, charity_b, gift, who):
    assert refused(hand.going_back, charity_a, gift, by=getattr(charity_a, who)) == "not_permitted"
    row = hand.going_back(charity_a, gift)
    for person in (getattr(charity_a, who), charity_b.finance):
        assert refused(hand_refunds.approve, row, by=person, at=BEGIN) == "not_permitted"
        assert refused(hand_refunds.refuse, row, reason="x", by=person, at=BEGIN) == "not_permitted"


def test_nobody_decides_what_they_entered(charity_a, gift):
    row = hand.going_back(charity_a, gift)
    assert refused(hand_refunds.approve, row, by=charity_a.finance, at=BEGIN) == "second_person_needed"
    assert refused(hand_refunds.refuse, row, reason="x", by=charity_a.finance, at=BEGIN) == "second_person_needed"
    assert not Refund.objects.exists()


def test_a_refused_one_books_nothing_and_may_be_entered_anew(charity_a, gift):
    row = hand.going_back(charity_a, gift)
    assert refused(hand.going_back, charity_a, gift) == "refund_on_its_way"
    assert refused(hand_refunds.refuse, row, reason=" ", by=charity_a.second_finance, at=BEGIN) == "reason_needed"
    hand_refunds.refuse(row, reason="No signature.", by=charity_a.second_finance, at=BEGIN)
    assert refused(hand_refunds.approve, row, by=charity_a.second_finance, at=BEGIN) == "hand_refund_decided"
    assert hand.going_back(charity_a, gift)
    assert not Refund.objects.exists()


def test_the_same_form_twice_is_one(charity_a, gift):
    first = hand.going_back(charity_a, gift, form_key="k")
    assert hand.going_back(charity_a, gift, form_key="k").pk == first.pk


def test_another_file_than_the_one_entered_stops_the_booking(charity_a, gift):
    row = hand.going_back(charity_a, gift)
    evidence.keep(row.ref, b"%PDF-1.7 another slip")
    assert refused(hand_refunds.approve, row, by=charity_a.second_finance, at=BEGIN) == "evidence_changed"


def test_before_the_gift_has_its_place_in_the_log_it_is_too_early(charity_a, project):
    from projects.giving import hand_gifts

    gift = hand_gifts.approve(hand.cash(charity_a, project), by=charity_a.second_finance, at=BEGIN)
    row = hand.going_back(charity_a, gift)
    assert refused(hand_refunds.approve, row, by=charity_a.second_finance, at=BEGIN) == "not_yet_in_log"
    row.refresh_from_db()
    assert (row.state, Refund.objects.count()) == ("ENTERED", 0)


def test_a_donor_is_needed_until_it_is_decided(charity_a, gift):
    row = hand.going_back(charity_a, gift)
    by = SystemActor("donor:test")
    assert refused(personal.erase_donor, gift.donor, by=by, at=BEGIN) == "money_under_way"
    hand_refunds.refuse(row, reason="no", by=charity_a.second_finance, at=BEGIN)
    personal.erase_donor(gift.donor, by=by, at=BEGIN)


INTRUSIONS = {
    "another amount": "amount_minor = 1",
    "another reason": "reason = 'x'",
    "another slip": "evidence_sha256 = 'x'",
    "another day": "given_back_on = '2026-01-01'",
    "another entered it": "entered_by_ref = 'x'",
    "whoever entered it decides": "decided_by_ref = entered_by_ref, state = 'REFUSED', decided_at = entered_at",
    "approved without a refund": "state = 'APPROVED', decided_by_ref = 'x', decided_at = entered_at",
}


@pytest.mark.parametrize("intrusion", INTRUSIONS)
def test_around_the_actions_the_database_refuses_that(charity_a, gift, intrusion):
    row = hand.going_back(charity_a, gift)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE giving_handrefund SET {INTRUSIONS[intrusion]} WHERE id = %s", [row.pk])


def test_a_decided_one_cannot_be_decided_again_or_removed(charity_a, gift):
    row = hand.going_back(charity_a, gift)
    hand_refunds.refuse(row, reason="no", by=charity_a.second_finance, at=BEGIN)
    for change in (
        "UPDATE giving_handrefund SET state = 'ENTERED' WHERE id = %s",
        "DELETE FROM giving_handrefund WHERE id = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change, [row.pk])


def test_one_of_a_gift_waits_at_a_time_in_the_table_too(charity_a, gift):
    row = hand.going_back(charity_a, gift)
    row.pk, row.ref, row.form_key = None, "x", "y"
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_the_whole_way_on_the_screens(client, charity_a, gift):
    receipts.issue(gift=gift, by=charity_a.second_finance, at=BEGIN)
    client.force_login(charity_a.finance)
    enter = reverse("workspace_hand_refunds:enter", args=[gift.ref])
    assert enter in client.get(reverse("workspace_gifts:show", args=[gift.ref])).text
    form = {"amount_minor": "88.01", "given_back_on": "2026-03-02", "reason": "A mistake.", "form_key": "r1"}
    much = client.post(enter, form | {"file": SimpleUploadedFile("slip.pdf", hand.SLIP)})
    assert (much.status_code, "88.01" in much.text) == (200, True)
    client.post(enter, form | {"amount_minor": "38.00", "file": SimpleUploadedFile("slip.pdf", hand.SLIP)})
    row = HandRefund.objects.get()
    approve = reverse("workspace_hand_refunds:approve", args=[row.ref])
    client.post(approve)
    assert not Refund.objects.exists()
    client.force_login(charity_a.second_finance)
    assert reverse("workspace_hand_refunds:index") in client.get("/cms/").text
    assert client.get(reverse("workspace_hand_refunds:evidence", args=[row.ref])).content == hand.SLIP
    assert client.get(reverse("workspace_hand_refunds:show", args=[row.ref])).status_code == 200
    client.post(approve)
    old, new = Receipt.objects.order_by("serial")
    assert (old.void.reason, new.amount_minor, new.edition) == ("PARTLY_REFUNDED", 50_00, 2)


def test_what_has_gone_back_whole_has_no_form_any_more(client, charity_a, gift):
    approved(charity_a, hand.going_back(charity_a, gift))
    client.force_login(charity_a.finance)
    assert client.get(reverse("workspace_hand_refunds:enter", args=[gift.ref])).status_code == 404


@pytest.mark.parametrize(("amount", "code"), [(99, "amount_too_small"), (500_000_01, "amount_too_large")])
def test_the_bounds_of_cash_are_those_of_the_form_and_say_nothing_of_cards(charity_a, project, amount, code):
    from ledger.core.refusals import Refused

    with pytest.raises(Refused) as found:
        hand.cash(charity_a, project, amount_minor=amount)
    assert (found.value.code, "card" in found.value.sentence) == (code, False)
