"""How much is matched: the arithmetic alone, without a database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.matching import pot, rules
from projects.matching.pot import Matched, RefundSeen, Released
from projects.matching.rules import GiftSeen, Rule

DAY = date(2026, 9, 6)
AMOUNTS = st.integers(min_value=1, max_value=10**9)


def rule(**terms) -> Rule:
    defaults = {
        "version": 1,
        "ratio_bps": 5_000,
        "cap_per_gift_minor": None,
        "cap_total_minor": None,
        "opens_on": DAY,
        "closes_on": DAY + timedelta(days=6),
        "notice_position": 10,
    }
    return Rule(**(defaults | terms))


def test_half_of_a_gift_is_half_of_it():
    decision = rules.decide(rule(), 100_00, left_minor=1_000_00)
    assert (decision.wanted_minor, decision.matched_minor, decision.reason) == (50_00, 50_00, rules.FULL)


def test_a_share_is_rounded_down_to_the_smallest_coin():
    assert rules.by_ratio(rule(ratio_bps=3_333), 1_00) == 33
    assert rules.by_ratio(rule(ratio_bps=9_999), 1_00) == 99


def test_a_gift_whose_share_is_less_than_a_coin_is_matched_with_nothing_and_told_so():
    decision = rules.decide(rule(), 1, left_minor=1_000_00)
    assert (decision.matched_minor, decision.reason) == (0, rules.TOO_SMALL)


def test_the_cap_per_gift_holds_and_is_named_as_the_reason():
    decision = rules.decide(rule(cap_per_gift_minor=200_00), 1_000_00, left_minor=1_000_00)
    assert (decision.wanted_minor, decision.matched_minor, decision.reason) == (200_00, 200_00, rules.GIFT_CAP)


def test_the_last_gift_gets_what_is_left_and_is_told_that_the_pot_ended():
    decision = rules.decide(rule(ratio_bps=10_000), 80_00, left_minor=50_00)
    assert (decision.wanted_minor, decision.matched_minor, decision.reason) == (80_00, 50_00, rules.POT_ENDED)


def test_a_gift_behind_the_end_of_the_pot_gets_nothing_and_the_same_reason():
    decision = rules.decide(rule(), 80_00, left_minor=0)
    assert (decision.wanted_minor, decision.matched_minor, decision.reason) == (40_00, 0, rules.POT_ENDED)


def test_the_cap_in_all_ends_the_pot_before_the_pledge_does():
    capped = rule(cap_total_minor=100_00)
    assert rules.left_under(capped, pledged_minor=500_00, bound_minor=80_00) == 20_00
    assert rules.left_under(capped, pledged_minor=500_00, bound_minor=120_00) == 0


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (DAY - timedelta(days=1), False),
        (DAY, True),
        (DAY + timedelta(days=6), True),
        (DAY + timedelta(days=7), False),
    ],
)
def test_the_first_and_the_last_day_count_and_no_day_beside_them(day, counts):
    assert (rules.rule_for([rule()], position=11, day=day) is not None) == counts


def test_a_rule_does_not_count_for_gifts_in_front_of_its_notice():
    assert rules.rule_for([rule()], position=10, day=DAY) is None


def test_the_latest_version_published_before_the_gift_counts():
    first, second = rule(), rule(version=2, notice_position=20, opens_on=DAY + timedelta(days=1))
    versions = [second, first]
    assert rules.rule_for(versions, position=15, day=DAY + timedelta(days=1)) == first
    assert rules.rule_for(versions, position=25, day=DAY + timedelta(days=1)) == second
    assert rules.rule_for(versions, position=25, day=DAY) == first


def test_a_whole_refund_releases_the_whole_match():
    assert rules.released_share(33, 1_00, 1_00) == 33


def test_a_part_refund_releases_its_share_rounded_down():
    assert rules.released_share(50, 1_00, 33) == 16


def test_two_gifts_of_eighty_and_a_pot_of_a_hundred():
    gifts = [GiftSeen(11, "a", DAY, 80_00, "CNY"), GiftSeen(12, "b", DAY, 80_00, "CNY")]
    first, second = pot.replay([rule(ratio_bps=10_000)], pledged_minor=130_00, currency="CNY", events=gifts)
    assert (first.decision.matched_minor, second.decision.matched_minor) == (80_00, 50_00)
    assert second.decision.left_minor == 50_00


def test_freed_money_goes_to_later_gifts_and_not_to_earlier_ones():
    story = [
        GiftSeen(11, "a", DAY, 100_00, "CNY"),
        GiftSeen(12, "b", DAY, 100_00, "CNY"),
        RefundSeen(13, "r", "a", 100_00),
        GiftSeen(14, "c", DAY, 100_00, "CNY"),
    ]
    answers = list(pot.replay([rule(ratio_bps=10_000)], pledged_minor=100_00, currency="CNY", events=story))
    assert [a.decision.matched_minor if isinstance(a, Matched) else -a.amount_minor for a in answers] == [
        100_00, 0, -100_00, 100_00,
    ]  # fmt: skip


def test_a_gift_in_another_currency_is_considered_and_gets_nothing():
    (answer,) = pot.replay(
        [rule()], pledged_minor=100_00, currency="CNY", events=[GiftSeen(11, "a", DAY, 100_00, "USD")]
    )
    assert (answer.decision.matched_minor, answer.decision.reason) == (0, rules.OTHER_CURRENCY)


def decided(terms: Rule, *gifts: GiftSeen, pledged_minor: int = 1_000_00) -> list[tuple[int, str]]:
    answers = pot.replay([terms], pledged_minor=pledged_minor, currency="CNY", events=gifts)
    return [(a.decision.matched_minor, a.decision.reason) for a in answers if isinstance(a, Matched)]


def gift(position: int, amount: int = 10_00, day: date = DAY, **facts) -> GiftSeen:
    return GiftSeen(position, f"g{position}", day, amount, "CNY", **facts)


def test_to_the_nearest_coin_a_half_goes_up():
    nearest = rule(rounding=rules.NEAREST)
    assert [rules.by_ratio(nearest, amount) for amount in (1, 3, 4)] == [1, 2, 2]


def test_the_cap_per_donor_counts_all_gifts_of_one_reference_and_none_without():
    capped = rule(ratio_bps=10_000, cap_per_donor_minor=15_00)
    gifts = [gift(11, donor="a"), gift(12, donor="a"), gift(13, donor="b"), gift(14)]
    assert decided(capped, *gifts) == [
        (10_00, rules.FULL), (5_00, rules.DONOR_CAP), (10_00, rules.FULL), (0, rules.NO_DONOR),
    ]  # fmt: skip


def test_the_cap_per_day_ends_with_the_day():
    capped = rule(ratio_bps=10_000, cap_per_day_minor=15_00)
    gifts = [gift(11), gift(12), gift(13), gift(14, day=DAY + timedelta(days=1))]
    assert decided(capped, *gifts) == [
        (10_00, rules.FULL), (5_00, rules.DAY_CAP), (0, rules.DAY_CAP), (10_00, rules.FULL),
    ]  # fmt: skip


def test_a_refund_opens_no_cap_again():
    capped = rule(ratio_bps=10_000, cap_per_donor_minor=10_00)
    story = [gift(11, donor="a"), RefundSeen(12, "r", "g11", 10_00), gift(13, donor="a")]
    assert decided(capped, *story) == [(10_00, rules.FULL), (0, rules.DONOR_CAP)]


def test_a_channel_that_is_not_named_is_not_matched():
    some = rule(channels=("bank", "stripe"))
    assert decided(some, gift(11, channel="stripe"), gift(12, channel="platform")) == [
        (5_00, rules.FULL), (0, rules.OTHER_CHANNEL),
    ]  # fmt: skip


def test_behind_another_pot_only_the_rest_of_a_gift_is_matched():
    assert decided(rule(ratio_bps=10_000), gift(11, covered_minor=7_00)) == [(3_00, rules.FULL)]


@given(
    amount=AMOUNTS,
    ratio=st.integers(1, 50_000),
    cap=st.none() | AMOUNTS,
    left=st.integers(0, 10**9),
)
def test_a_match_is_never_more_than_its_share_its_cap_or_what_is_left(amount, ratio, cap, left):
    terms = rule(ratio_bps=ratio, cap_per_gift_minor=cap)
    decision = rules.decide(terms, amount, left_minor=left)
    assert 0 <= decision.matched_minor <= min(decision.wanted_minor, left)
    assert decision.wanted_minor * rules.BPS <= amount * ratio
    assert cap is None or decision.wanted_minor <= cap
    # The reason tells the truth.
    assert (decision.reason == rules.FULL) == (decision.matched_minor == amount * ratio // rules.BPS > 0)


@given(match=st.integers(0, 10**9), gift=AMOUNTS, parts=st.lists(st.integers(1, 10**8), max_size=8))
def test_many_small_refunds_release_as_much_as_one_large_one(match, gift, parts):
    before = released = 0
    for part in parts:
        part = min(part, gift - before)
        if not part:
            break
        released += rules.newly_released(match, gift, before, part)
        before += part
    assert released == rules.released_share(match, gift, before)
    assert released * gift <= match * before
    assert rules.newly_released(match, gift, before, gift - before) == match - released


@st.composite
def stories(draw):
    """Gifts and refunds in log order, some outside the window, some refunded in parts."""
    events, given_refs = [], []
    for position in range(5, 5 + draw(st.integers(0, 30))):
        if given_refs and draw(st.booleans()):
            ref, left = draw(st.sampled_from(given_refs))
            given_refs.remove((ref, left))
            amount = draw(st.integers(1, left))
            if amount < left:
                given_refs.append((ref, left - amount))
            events.append(RefundSeen(position, f"r{position}", ref, amount))
        else:
            day = DAY + timedelta(days=draw(st.integers(-2, 9)))
            gift = GiftSeen(position, f"g{position}", day, draw(st.integers(1, 10_000)), "CNY")
            given_refs.append((gift.ref, gift.amount_minor))
            events.append(gift)
    return events


@given(
    events=stories(),
    pledged=st.integers(1, 20_000),
    ratio=st.integers(1, 30_000),
    gift_cap=st.none() | st.integers(1, 3_000),
    total_cap=st.none() | st.integers(1, 10_000),
)
def test_whatever_happens_the_pot_is_never_over_committed(events, pledged, ratio, gift_cap, total_cap):
    versions = [
        rule(ratio_bps=ratio, cap_per_gift_minor=gift_cap),
        rule(version=2, notice_position=20, cap_total_minor=total_cap, opens_on=DAY + timedelta(days=1)),
    ]
    answers = list(pot.replay(versions, pledged_minor=pledged, currency="CNY", events=events))
    committed = 0
    standing: dict[str, int] = {}
    for answer in answers:
        if isinstance(answer, Released):
            standing[answer.refund.gift_ref] -= answer.amount_minor
            committed -= answer.amount_minor
        else:
            standing[answer.gift.ref] = answer.decision.matched_minor
            committed += answer.decision.matched_minor
            assert answer.decision.left_minor <= pledged
        assert 0 <= committed == answer.committed_after <= pledged
        assert min(standing.values()) >= 0
    assert sum(standing.values()) == committed
