"""The one door: what it takes, what it answers, what it refuses."""

from datetime import date

import pytest

from ledger import transparency
from ledger.core.refusals import Refused
from ledger.models import JournalEntry, LogLeaf, Lot, LotCover, LotHole, LotUse, Outbox
from ledger.policy import recipes
from tests.ledger.helpers import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    desk = Desk()
    desk.sequence()
    return desk


def stretches(model, fund="desks"):
    return list(model.objects.filter(fund__code=fund).order_by("start").values_list("start", "stop"))


def code_of(refusal):
    return refusal.value.code


def test_a_gift_gets_a_place_in_the_log_and_a_lot_on_its_fund(desk):
    posted = desk.gift(10_000)
    assert posted.created
    assert transparency.position_of(posted.entry_id) is None
    assert desk.sequence() == 1
    assert transparency.position_of(posted.entry_id) == LogLeaf.objects.count() - 1
    assert stretches(Lot) == [(0, 10_000)]
    assert not Outbox.objects.exists()


def test_the_same_event_again_returns_the_first_entry(desk):
    first = desk.gift(500, key="gift:x", document_ref="document-1")
    again = desk.gift(500, key="gift:x", document_ref="document-1")
    assert (again.entry_id, again.created) == (first.entry_id, False)
    assert JournalEntry.objects.count() == 1


def test_a_key_reused_for_another_event_is_refused(desk):
    desk.gift(500, key="gift:x", document_ref="document-1")
    with pytest.raises(Refused) as refusal:
        desk.gift(501, key="gift:x", document_ref="document-1")
    assert code_of(refusal) == "key_reused"
    assert JournalEntry.objects.count() == 1


def test_a_spending_takes_the_oldest_money_first(desk):
    desk.gift(300), desk.gift(500)
    desk.sequence()
    desk.award(200), desk.award(400)
    assert stretches(LotUse) == [(0, 200), (200, 600)]


def test_a_fund_never_spends_what_it_does_not_hold(desk):
    desk.gift(300)
    desk.sequence()
    with pytest.raises(Refused) as refusal:
        desk.award(301)
    assert code_of(refusal) == "fund_overspent"
    assert refusal.value.values["available"] == 300
    assert not LotUse.objects.exists()


def test_money_that_is_not_in_the_published_order_yet_cannot_be_spent(desk):
    desk.gift(300)
    with pytest.raises(Refused) as refusal:
        desk.award(1)
    assert code_of(refusal) == "fund_overspent"


def test_a_spending_posted_twice_takes_the_money_once(desk):
    desk.gift(300)
    desk.sequence()
    first = desk.award(300, key="award:1", document_ref="award-0001")
    again = desk.award(300, key="award:1", document_ref="award-0001")
    assert again.entry_id == first.entry_id
    assert stretches(LotUse) == [(0, 300)]


def test_refunding_unspent_money_makes_a_hole_that_the_next_spending_steps_over(desk):
    first, _second = desk.gift(300), desk.gift(500)
    desk.sequence()
    desk.award(100)
    desk.refund(first.entry_id, 150)
    assert stretches(LotHole) == [(150, 300)]
    desk.award(100)
    assert list(LotUse.objects.order_by("start").values_list("start", "stop", "kind")) == [
        (0, 100, "SPEND"),
        (100, 150, "SPEND"),
        (150, 300, "SKIP"),
        (300, 350, "SPEND"),
    ]


def test_refunding_spent_money_is_covered_by_the_general_fund(desk):
    gift = desk.gift(300)
    desk.gift(1_000, fund="general")
    desk.sequence()
    desk.award(200)
    desk.refund(gift.entry_id, 300)
    assert stretches(LotHole) == [(200, 300)]
    assert stretches(LotCover) == [(0, 200)]
    assert stretches(LotUse, "general") == [(0, 200)]


def test_what_the_general_fund_cannot_cover_stands_as_a_deficit(desk):
    gift = desk.gift(300)
    desk.gift(50, fund="general")
    desk.sequence()
    desk.award(300)
    refund = desk.refund(gift.entry_id, 300)
    entry = JournalEntry.objects.get(id=refund.entry_id)
    assert '"covered":50' in entry.facts
    assert '"deficit":250' in entry.facts


def test_more_than_is_left_of_a_gift_is_not_refunded(desk):
    gift = desk.gift(300)
    desk.sequence()
    desk.refund(gift.entry_id, 200)
    with pytest.raises(Refused) as refusal:
        desk.refund(gift.entry_id, 101)
    assert code_of(refusal) == "refund_too_large"


def test_a_gift_without_a_place_in_the_log_is_refunded_later(desk):
    gift = desk.gift(300)
    with pytest.raises(Refused) as refusal:
        desk.refund(gift.entry_id, 300)
    assert code_of(refusal) == "not_yet_in_log"


def test_a_cancelled_award_puts_the_money_back_as_a_new_lot(desk):
    desk.gift(300)
    desk.sequence()
    award = desk.award(300)
    desk.reverse(award.entry_id)
    desk.sequence()
    assert stretches(Lot) == [(0, 300), (300, 600)]
    assert Lot.objects.get(start=300).source_kind == "RETURN"
    desk.award(300)


def test_an_entry_is_reversed_once(desk):
    desk.gift(300)
    desk.sequence()
    award = desk.award(300)
    desk.reverse(award.entry_id)
    with pytest.raises(Refused) as refusal:
        desk.reverse(award.entry_id)
    assert code_of(refusal) == "already_reversed"


def test_a_gift_that_is_spent_cannot_be_reversed_only_refunded(desk):
    gift = desk.gift(300)
    desk.sequence()
    desk.award(1)
    with pytest.raises(Refused) as refusal:
        desk.reverse(gift.entry_id)
    assert code_of(refusal) == "already_spent"


def test_an_unspent_gift_can_be_reversed(desk):
    gift = desk.gift(300)
    desk.sequence()
    desk.reverse(gift.entry_id)
    assert stretches(LotHole) == [(0, 300)]


def test_a_transfer_uses_one_line_and_fills_the_other(desk):
    desk.fund("lamps")
    desk.gift(300)
    desk.sequence()
    from ledger import posting
    from tests.ledger.helpers import BY, DAY

    draft = recipes.transfer(
        book=desk.book, from_fund="desks", to_fund="lamps", amount_minor=120, currency="CNY", effective_on=DAY,
        document_ref="transfer-1",
    )  # fmt: skip
    posting.post(draft, by=BY, at=desk.tick(), key="transfer:1")
    desk.sequence()
    assert stretches(LotUse) == [(0, 120)]
    assert stretches(Lot, "lamps") == [(0, 120)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"fund": "nothing-here"}, "fund_unknown"),
        ({"currency": "USD"}, "account_unknown"),
        ({"on": date(2027, 1, 1)}, "effective_in_future"),
    ],
)
def test_what_the_book_does_not_know_is_refused(desk, change, code):
    with pytest.raises(Refused) as refusal:
        desk.gift(100, **change)
    assert code_of(refusal) == code
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1, 1.5])
def test_a_draft_with_a_bad_amount_cannot_exist(desk, amount):
    with pytest.raises(Refused) as refusal:
        desk.gift(amount)
    assert code_of(refusal) == "draft_faulty"
