"""A whole pot, by pure arithmetic: what is held, offered again, withdrawn. A stranger's arithmetic says the same."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.auditor import matches as stranger
from ledger.auditor.report import Report
from ledger.auditor.spools import Spool
from projects.matching import pot, rules
from projects.matching.pot import Held, HoldAsked, HoldEnded, HoldOver, Matched, RefundSeen, RestWithdrawn, Withdrawn
from projects.matching.rules import GiftSeen, Rule

DAY = date(2026, 9, 6)


def rule(**terms: Any) -> Rule:
    defaults = {
        "version": 1,
        "ratio_bps": 10_000,
        "cap_per_gift_minor": None,
        "cap_total_minor": None,
        "opens_on": DAY,
        "closes_on": DAY + timedelta(days=6),
        "notice_position": 0,
        "reserves": True,
        "reoffers": True,
    }
    return Rule(**(defaults | terms))


def gift(position: int, ref: str, amount: int, **more: Any) -> GiftSeen:
    return GiftSeen(position, ref, DAY, amount, "CNY", channel="stripe", **more)


def story(*events: pot.Event, pledged: int = 100, **terms: Any) -> list[pot.Answer]:
    return list(pot.replay([rule(**terms)], pledged_minor=pledged, currency="CNY", events=events))


def matched(answers: list[pot.Answer]) -> list[tuple[str, int, int]]:
    return [(one.gift.ref, one.round, one.decision.matched_minor) for one in answers if isinstance(one, Matched)]


def test_what_is_held_for_a_gift_is_nobody_elses():
    answers = story(HoldAsked(1, "a", DAY, 80), gift(2, "b", 70), gift(3, "a", 80))
    assert matched(answers) == [("b", 1, 20), ("a", 1, 80)]


def test_a_hold_that_ends_makes_room_for_those_behind_it_in_the_log():
    answers = story(HoldAsked(1, "a", DAY, 80), HoldEnded(2, "a"), gift(3, "b", 70), gift(4, "a", 80))
    assert matched(answers) == [("b", 1, 70), ("a", 1, 30)]


def test_only_what_is_left_is_held_and_the_gift_is_told_before_it_is_paid():
    held = [
        one.amount_minor for one in story(HoldAsked(1, "a", DAY, 80), HoldAsked(2, "b", DAY, 80)) if type(one) is Held
    ]
    assert held == [80, 20]


def test_asking_twice_holds_once():
    answers = story(HoldAsked(1, "a", DAY, 80), HoldAsked(2, "a", DAY, 80))
    assert [one.amount_minor for one in answers if isinstance(one, Held)] == [80]


def test_a_version_that_holds_nothing_answers_with_nothing():
    (answer,) = story(HoldAsked(1, "a", DAY, 80), reserves=False)
    assert isinstance(answer, Held)
    assert answer.amount_minor == 0


def test_a_held_gift_is_answered_by_the_version_it_was_shown():
    lower = rule(version=2, ratio_bps=1_000, notice_position=2)
    events = (HoldAsked(1, "a", DAY, 80), gift(3, "a", 80), gift(4, "b", 10))
    answers = list(pot.replay([rule(), lower], pledged_minor=100, currency="CNY", events=events))
    assert matched(answers) == [("a", 1, 80), ("b", 1, 1)]


def test_a_held_gift_that_comes_after_the_last_day_is_matched_all_the_same():
    late = GiftSeen(2, "a", DAY + timedelta(days=9), 80, "CNY", channel="stripe")
    assert matched(story(HoldAsked(1, "a", DAY, 80), late)) == [("a", 1, 80)]


def test_a_lower_cap_in_all_does_not_take_what_is_held():
    lower = rule(version=2, cap_total_minor=10, notice_position=2)
    events = (HoldAsked(1, "a", DAY, 80), gift(3, "b", 50), gift(4, "a", 80))
    answers = list(pot.replay([rule(), lower], pledged_minor=100, currency="CNY", events=events))
    assert matched(answers) == [("b", 1, 0), ("a", 1, 80)]


def test_a_smaller_gift_than_was_held_for_frees_the_rest():
    answers = story(HoldAsked(1, "a", DAY, 100), gift(2, "b", 40), gift(3, "a", 50))
    assert matched(answers) == [("b", 1, 0), ("a", 1, 50), ("b", 2, 40)]


def test_freed_money_is_offered_to_the_earliest_gift_that_lacked_some():
    answers = story(gift(1, "a", 100), gift(2, "b", 40), gift(3, "c", 40), RefundSeen(4, "r", "a", 50))
    assert matched(answers) == [("a", 1, 100), ("b", 1, 0), ("c", 1, 0), ("b", 2, 40), ("c", 2, 10)]
    last = [one for one in answers if isinstance(one, Matched)][-1]
    assert (last.at, last.decision.reason) == (4, rules.REOFFERED)


def test_a_version_that_does_not_offer_again_leaves_freed_money_to_later_gifts():
    answers = story(gift(1, "a", 100), gift(2, "b", 40), RefundSeen(3, "r", "a", 50), gift(4, "c", 60), reoffers=False)
    assert matched(answers) == [("a", 1, 100), ("b", 1, 0), ("c", 1, 50)]


def test_what_went_back_of_a_gift_is_not_offered_to_it():
    events = (gift(1, "a", 100), gift(2, "b", 40), RefundSeen(3, "r1", "b", 30), RefundSeen(4, "r2", "a", 100))
    assert matched(story(*events))[-1] == ("b", 2, 10)


def test_a_refund_frees_its_share_of_every_round():
    events = (gift(1, "a", 90), gift(2, "b", 40), RefundSeen(3, "r1", "a", 90), RefundSeen(4, "r2", "b", 20))
    released = [
        (one.refund.ref, one.round, one.amount_minor) for one in story(*events) if isinstance(one, pot.Released)
    ]
    assert released == [("r1", 1, 90), ("r2", 1, 5), ("r2", 2, 15)]


def test_the_rest_is_withdrawn_and_what_is_held_stays():
    answers = story(HoldAsked(1, "a", DAY, 30), gift(2, "b", 20), RestWithdrawn(3), gift(4, "c", 9), gift(5, "a", 30))
    assert [one.amount_minor for one in answers if isinstance(one, Withdrawn)] == [50]
    assert matched(answers) == [("b", 1, 20), ("c", 1, 0), ("a", 1, 30)]


def test_what_is_freed_after_the_rest_was_withdrawn_still_reaches_earlier_gifts():
    events = (gift(1, "a", 60), HoldAsked(2, "h", DAY, 40), gift(3, "b", 10), RestWithdrawn(4), HoldEnded(5, "h"))
    assert matched(story(*events)) == [("a", 1, 60), ("b", 1, 0), ("b", 2, 10)]


# ---- any story ----

REFS = ("a", "b", "c", "d", "e", "f")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["gift", "refund", "ask", "end", "rest"]),
        st.sampled_from(REFS),
        st.integers(min_value=1, max_value=90),
        st.sampled_from(["stripe", "bank"]),
    ),
    max_size=40,
)


@st.composite
def versions(draw) -> list[Rule]:
    made = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        holds = draw(st.booleans())
        made.append(
            rule(
                version=number,
                ratio_bps=draw(st.sampled_from([3_333, 5_000, 10_000, 25_000])),
                cap_per_gift_minor=draw(st.none() | st.integers(1, 60)),
                cap_total_minor=draw(st.none() | st.integers(1, 150)),
                cap_per_day_minor=None if holds else draw(st.none() | st.integers(1, 90)),
                channels=draw(st.sampled_from([(), ("stripe",), ("bank",)])),
                rounding=draw(st.sampled_from([rules.DOWN, rules.NEAREST])),
                notice_position=(number - 1) * 12,
                reserves=holds and draw(st.booleans()),
                reoffers=holds and draw(st.booleans()),
            )
        )
    return made


def events_of(steps: list[tuple[str, str, int, str]]) -> list[pot.Event]:
    """Only what can happen: each gift once, refunds of gifts that came and of no more than is left of them."""
    left: dict[str, int] = {}
    told: list[pot.Event] = []
    for position, (what, ref, amount, channel) in enumerate(steps, 1):
        if what == "gift" and ref not in left:
            left[ref] = amount
            told.append(GiftSeen(position, ref, DAY, amount, "CNY", channel=channel))
        elif what == "refund" and left.get(ref):
            back = min(amount, left[ref])
            left[ref] -= back
            told.append(RefundSeen(position, f"r{position}", ref, back))
        elif what == "ask" and ref not in left:
            told.append(HoldAsked(position, ref, DAY, amount))
        elif what == "end":
            told.append(HoldEnded(position, ref))
        elif what == "rest" and position > 30:
            told.append(RestWithdrawn(position))
    return told


@settings(max_examples=400, deadline=None)
@given(versions(), STEPS, st.integers(1, 200))
def test_a_pledge_is_always_the_sum_of_its_four_parts(terms, steps, pledged):
    whole = pot.Pot(terms, pledged, "CNY")
    committed = reserved = withdrawn = 0
    held: dict[str, int] = {}
    for event in events_of(steps):
        for answer in whole.see(event):
            if isinstance(answer, Matched):
                committed += answer.decision.matched_minor
                asked = held.pop(answer.gift.ref, 0) if answer.round == 1 else 0
                assert answer.held_minor == asked
            elif isinstance(answer, pot.Released):
                committed -= answer.amount_minor
            elif isinstance(answer, Held):
                reserved += answer.amount_minor
                held[answer.asked.gift_ref] = answer.amount_minor
            elif isinstance(answer, HoldOver):
                reserved -= answer.amount_minor
                if answer.position == event.position and isinstance(event, HoldEnded):
                    held.pop(answer.gift_ref)
            else:
                withdrawn += answer.amount_minor
            assert (whole.committed, whole.reserved, whole.withdrawn) == (committed, reserved, withdrawn)
            assert min(committed, reserved, withdrawn, whole.available) >= 0


@settings(max_examples=200, deadline=None)
@given(versions(), STEPS, st.integers(1, 200))
def test_no_gift_is_matched_with_more_than_its_version_wanted(terms, steps, pledged):
    standing: dict[str, int] = {}
    wanted: dict[str, int] = {}
    answers = pot.replay(terms, pledged_minor=pledged, currency="CNY", events=events_of(steps))
    for answer in answers:
        if isinstance(answer, Matched):
            ref = answer.gift.ref
            wanted.setdefault(ref, answer.decision.wanted_minor)
            standing[ref] = standing.get(ref, 0) + answer.decision.matched_minor
            assert standing[ref] <= wanted[ref]
        elif isinstance(answer, pot.Released):
            standing[answer.refund.gift_ref] -= answer.amount_minor
            assert standing[answer.refund.gift_ref] >= 0


def told(version: Rule, pledged: int) -> dict[str, Any]:
    """A version in the words of its notice."""
    facts = {
        "rule": version.version,
        "ratio_bps": version.ratio_bps,
        "pledged": pledged,
        "fund": "f",
        "currency": "CNY",
        "opens": version.opens_on.isoformat(),
        "closes": version.closes_on.isoformat(),
        "cap_per_gift": version.cap_per_gift_minor,
        "cap_total": version.cap_total_minor and min(version.cap_total_minor, pledged),
        "cap_per_day": version.cap_per_day_minor,
        "channels": ",".join(version.channels) or None,
        "rounding": version.rounding,
        "reserves": 1 if version.reserves else None,
        "reoffers": 1 if version.reoffers else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


@settings(max_examples=400, deadline=None)
@given(versions(), STEPS, st.integers(1, 200))
def test_the_outside_verifier_works_out_the_same(terms, steps, pledged):
    spool = Spool()
    report = Report()
    theirs = stranger.Pot("pot", "book", told(terms[0], pledged), report, spool)
    ours = pot.Pot([], pledged, "CNY")
    waiting = list(terms)
    gifts: dict[str, GiftSeen] = {}
    for event in events_of(steps):
        while waiting and waiting[0].notice_position < event.position and theirs.withdrawn is None:
            theirs.publish(told(waiting[0], pledged))
            ours.rules.append(waiting.pop(0))
        answers = list(ours.see(event))
        if isinstance(event, GiftSeen):
            gifts[event.ref] = event
            seen = stranger.Seen("CNY", DAY.isoformat(), event.channel, "", event.ref)
            theirs.gift(event.position, event.amount_minor, seen, {})
        elif isinstance(event, RefundSeen):
            of = gifts[event.gift_ref]
            theirs.taken_back(event.position, of.position, of.amount_minor, event.amount_minor)
        elif isinstance(event, HoldAsked):
            theirs.ask(event.gift_ref, event.amount_minor, DAY.isoformat())
        elif isinstance(event, HoldEnded):
            theirs.end(event.position, event.gift_ref)
        else:
            assert theirs.withdraw((DAY + timedelta(days=30)).isoformat())
        for answer in answers:
            if isinstance(answer, Matched) and answer.decision.matched_minor:
                amount, by = answer.decision.matched_minor, answer.rule.version
                offered = answer.at if answer.round > 1 else None
                theirs.match(event.position, answer.gift.position, amount, by, offered)
            elif isinstance(answer, pot.Released) and answer.amount_minor:
                theirs.release(event.position, gifts[answer.refund.gift_ref].position, answer.amount_minor)
        assert (theirs.committed, theirs.reserved, theirs.withdrawn or 0) == (
            ours.committed,
            ours.reserved,
            ours.withdrawn,
        )
    assert theirs.finish(10**9) == (0, 0)
    assert not report.counts
    spool.close()
