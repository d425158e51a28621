"""From a gift to the help it became, and back: parts sum to the whole, through refunds, transfers and returns."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import balances, posting, reading, trace
from ledger.core.refusals import Refused
from ledger.models.journal import entries_of_document
from ledger.policy import chart, recipes
from tests.ledger import raw
from tests.ledger.helpers import BY, DAY, Desk, ref

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    desk = Desk()
    desk.sequence()
    return desk


def amounts(hops):
    return [(hop.kind, hop.amount_minor) for hop in hops]


def test_a_gift_is_followed_to_both_awards_it_paid_and_what_is_left(desk):
    gift = desk.gift(300)
    desk.sequence()
    desk.award(100), desk.award(120)
    found = trace.forward(gift.entry_id)
    assert amounts(found.hops) == [("AWARD", 100), ("AWARD", 120), ("LEFT", 80)]
    assert found.total_minor == 300


def test_an_award_is_followed_back_to_the_gift_and_the_match_behind_it(desk):
    gift = desk.gift(100)
    desk.post(recipes.match, 50, restricted=True, pool="pool-ref-1", rule_version=1, gift_index=4)
    desk.sequence()
    award = desk.award(130)
    found = trace.back(award.entry_id)
    assert amounts(found.hops) == [("GIFT", 100), ("MATCH", 30)]
    assert found.hops[0].entry_id == gift.entry_id


def test_a_refunded_part_leaves_the_trace_of_the_others_as_it_was(desk):
    first, second = desk.gift(100), desk.gift(100)
    desk.sequence()
    desk.refund(first.entry_id, 40)
    desk.award(110)
    assert amounts(trace.forward(first.entry_id).hops) == [("AWARD", 60), ("REFUND", 40)]
    assert amounts(trace.forward(second.entry_id).hops) == [("AWARD", 50), ("LEFT", 50)]


def test_an_award_over_a_hole_names_each_gift_once(desk):
    first, second = desk.gift(100), desk.gift(100)
    desk.sequence()
    desk.refund(first.entry_id, 40)
    award = desk.award(110)
    found = trace.back(award.entry_id)
    assert [(hop.entry_id, hop.amount_minor) for hop in found.hops] == [(first.entry_id, 60), (second.entry_id, 50)]


def test_a_refund_after_the_spending_marks_what_another_fund_covers(desk):
    gift = desk.gift(100)
    desk.gift(500, fund="general")
    desk.sequence()
    award = desk.award(100)
    desk.refund(gift.entry_id, 30)
    (hop,) = trace.forward(gift.entry_id).hops
    assert (hop.kind, hop.amount_minor, hop.covered_minor) == ("AWARD", 100, 30)
    (behind,) = trace.back(award.entry_id).hops
    assert behind.covered_minor == 30


def test_a_cancelled_award_is_followed_into_the_next_one_and_back(desk):
    gift = desk.gift(100)
    desk.sequence()
    cancelled = desk.award(100)
    desk.reverse(cancelled.entry_id)
    desk.sequence()
    second = desk.award(60)
    (hop,) = trace.forward(gift.entry_id).hops
    assert hop.kind == "AWARD"
    (returned,) = hop.hops
    assert (returned.kind, returned.amount_minor) == ("AWARD_CANCELLED", 100)
    assert amounts(returned.hops) == [("AWARD", 60), ("LEFT", 40)]
    (source,) = trace.back(second.entry_id).hops
    assert source.kind == "AWARD_CANCELLED"
    assert [(hop.entry_id, hop.amount_minor) for hop in source.hops] == [(gift.entry_id, 60)]


def test_a_transfer_is_followed_into_the_other_fund_and_back(desk):
    desk.fund("lamps")
    first, second = desk.gift(100), desk.gift(100)
    desk.sequence()
    draft = recipes.transfer(
        book=desk.book, from_fund="desks", to_fund="lamps", amount_minor=150, currency="CNY", effective_on=DAY,
        document_ref=ref(),
    )  # fmt: skip
    posting.post(draft, by=BY, at=desk.tick(), key="transfer:1")
    desk.sequence()
    award = desk.award(120, fund="lamps")
    moved = trace.forward(second.entry_id).hops
    assert amounts(moved) == [("TRANSFER", 50), ("LEFT", 50)]
    assert amounts(moved[0].hops) == [("AWARD", 20), ("LEFT", 30)]
    (hop,) = trace.back(award.entry_id).hops
    assert hop.kind == "TRANSFER"
    assert [(inner.entry_id, inner.amount_minor) for inner in hop.hops] == [
        (first.entry_id, 100),
        (second.entry_id, 20),
    ]


def test_nothing_is_traced_before_it_has_a_place(desk):
    gift = desk.gift(100)
    with pytest.raises(Refused) as refusal:
        trace.forward(gift.entry_id)
    assert refusal.value.code == "not_yet_in_log"


def test_a_funds_figures_add_up_at_any_position(desk):
    gift = desk.gift(1_000)
    desk.post(recipes.match, 500, restricted=True, pool="pool-ref-1", rule_version=1, gift_index=3)
    desk.sequence()
    before = balances.fund_figures(book=desk.book, fund="desks")
    desk.award(700)
    desk.refund(gift.entry_id, 200)
    desk.sequence()
    now = balances.fund_figures(book=desk.book, fund="desks")
    assert (before.given_minor, before.matched_minor, before.left_minor) == (1_000, 500, 1_500)
    assert (now.spent_minor, now.refunded_minor, now.left_minor) == (700, 200, 600)
    assert balances.fund_figures(book=desk.book, fund="desks", position=before.position) == before
    assert now.given_minor + now.matched_minor + now.other_in_minor == (
        now.spent_minor + now.refunded_minor + now.left_minor
    )


def test_both_columns_of_the_trial_balance_are_equal(desk):
    desk.gift(1_000)
    desk.sequence()
    desk.award(700)
    desk.sequence()
    rows = balances.trial_balance(book=desk.book, currency="CNY")
    assert sum(row.debit_minor for row in rows) == sum(row.credit_minor for row in rows) == 1_700
    assert balances.balance(book=desk.book, account=chart.AID_PAYABLE, currency="CNY") == 700


def test_an_entry_is_found_by_document_position_and_id(desk):
    gift = desk.gift(1_000, document_ref="document-77")
    desk.sequence()
    view = reading.entry(gift.entry_id)
    assert [(line.account, line.debit_minor, line.credit_minor) for line in view.lines] == [
        (chart.STRIPE_CLEARING, 1_000, 0),
        (chart.GIFTS_RESTRICTED, 0, 1_000),
    ]
    assert view.stretches == (reading.StretchView("LOT", "desks", 0, 1_000),)
    for reference in ("document-77", str(view.position), str(gift.entry_id)):
        assert [found.entry_id for found in reading.find(reference)] == [gift.entry_id]
    assert reading.find("nothing") == []
    assert reading.find("document-77", books=["another-book"]) == []


def test_entries_of_a_document_are_found_by_their_key_and_by_the_index_of_the_rest(desk):
    own = desk.gift(1_000, document_ref="document-78", key="gift:document-78")
    other = desk.gift(1_000, document_ref="document-78", key="another-event")
    desk.gift(1_000, document_ref="xocument-78")  # ends alike
    desk.gift(1_000, document_ref="document-79", key="gift:document-78:again")
    for books in (None, [desk.book]):
        found = reading.find("document-78", books=books)
        assert [view.entry_id for view in found] == [own.entry_id, other.entry_id]


def test_a_document_is_looked_up_by_indexes_alone(desk):
    if connection.vendor == "postgresql":  # which reads a small table through, unless it is told not to
        raw.execute("SET LOCAL enable_seqscan = off")
    plan = entries_of_document("document-80", books=[desk.book]).explain()
    assert "ledger_entry_document_rest" in plan
    assert "SCAN" not in plan
    assert "Seq Scan" not in plan


def test_a_refund_that_was_reversed_is_followed_unit_by_unit(desk):
    """Its money comes back as one lot: first what it had spent of the line, then what was its hole, as they lay."""
    gift, later = desk.gift(10, fund="general"), desk.gift(10, fund="general")
    desk.sequence()
    desk.award(6, fund="general")
    refund = desk.refund(gift.entry_id, 8)  # a hole of 4, and 4 units of the later gift for what was spent
    desk.sequence()
    desk.reverse(refund.entry_id)
    desk.sequence()
    desk.award(6, fund="general")
    award = desk.award(8, fund="general")
    found = trace.back(award.entry_id)
    assert [(hop.kind, hop.amount_minor) for hop in found.hops] == [("REVERSAL", 8)]
    assert [(hop.entry_id, hop.amount_minor) for hop in found.hops[0].hops] == [(gift.entry_id, 4), (later.entry_id, 4)]


def queries(call):
    with CaptureQueriesContext(
        connection,
    ) as seen:
        call()
    return len(seen)


def test_a_large_spending_is_followed_back_page_by_page(desk):
    gifts = [desk.gift(10) for _ in range(130)]
    desk.sequence()
    award = desk.award(1_295)
    pages, after = [], 0
    while after is not None:
        found = trace.back(award.entry_id, after=after)
        shown = [hop for hop in found.hops if not hop.is_rest]
        assert sum(hop.amount_minor for hop in found.hops) == found.total_minor - after
        pages.append(shown)
        after = found.next_minor
    assert [len(page) for page in pages] == [50, 50, 30]
    assert [hop.entry_id for page in pages for hop in page] == [gift.entry_id for gift in gifts]
    assert sum(hop.amount_minor for page in pages for hop in page) == 1_295


def test_a_page_costs_the_same_however_many_gifts_stand_behind(desk):
    for _ in range(120):
        desk.gift(10)
    desk.sequence()
    small, large = desk.award(20), desk.award(1_100)
    assert queries(lambda: trace.back(large.entry_id)) == queries(lambda: trace.back(small.entry_id)) <= 10


def test_a_large_gift_is_followed_to_its_first_uses_and_what_is_left(desk):
    gift = desk.gift(1_000)
    desk.gift(50, fund="general")
    desk.sequence()
    for _ in range(60):
        desk.award(10)
    desk.refund(gift.entry_id, 100)
    found = trace.forward(gift.entry_id)
    kinds = [hop.kind for hop in found.hops]
    assert kinds == ["AWARD"] * 50 + ["REFUND", trace.REST, trace.LEFT]
    assert amounts(found.hops)[50:] == [("REFUND", 100), (trace.REST, 100), (trace.LEFT, 300)]
    assert len(trace.forward(gift.entry_id, limit=None).hops) == 62
    assert queries(lambda: trace.forward(gift.entry_id)) <= 14


def test_a_spending_that_was_split_by_refunds_names_its_rest_once(desk):
    gifts = [desk.gift(10) for _ in range(60)]
    desk.sequence()
    for gift in gifts[::2]:
        desk.refund(gift.entry_id, 1)
    award = desk.award(570)
    found = trace.back(award.entry_id, limit=20)
    assert [hop.kind for hop in found.hops] == ["GIFT"] * 20 + [trace.REST]
    assert sum(hop.amount_minor for hop in found.hops) == 570
    assert trace.back(award.entry_id, limit=20, after=found.next_minor).hops[0].entry_id == gifts[20].entry_id
    assert queries(lambda: trace.back(award.entry_id, limit=20)) <= 10
