"""Matching as it happens: gifts in the log, answered in its order, never more than was pledged."""

import datetime

import pytest

from ledger import posting, transparency
from ledger.core.refusals import Refused
from projects.access.actors import DEMO, SETUP, WORKER
from projects.matching import actions, queries
from projects.matching.models import Match, MatchRelease
from projects.matching.replay import differences
from tests.factories.access import BEGIN
from tests.factories.matching import (
    draft_pool,
    draft_rule,
    open_pool,
    post_gift,
    post_refund,
    project_with_fund,
    run,
)

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def answer(ref: str) -> Match:
    return Match.objects.get(gift_ref=ref)


def sequenced_pool(**terms):
    """A pot whose rule stands in the log already, so that gifts come behind it."""
    pool = open_pool(**terms)
    run()
    return pool


def test_a_gift_is_matched_and_the_match_stands_in_the_books():
    pool = sequenced_pool()
    ref, _ = post_gift(pool.project, 100_00)
    assert run() == 1
    match = answer(ref)
    assert (match.wanted_minor, match.matched_minor, match.reason) == (50_00, 50_00, "FULL")
    assert (match.place, match.start, match.stop) == (1, 0, 50_00)
    (line,) = posting.lines_of(match.entry_id)
    assert (line.fund, line.amount_minor) == (pool.project.fund_code, 50_00)


def test_running_again_answers_nothing_twice():
    pool = sequenced_pool()
    post_gift(pool.project, 100_00)
    assert run() == 1
    assert run() == 0
    pool.refresh_from_db()
    pool.next_position = 0  # as if the pot had forgotten how far it had looked
    pool.save()
    assert run() == 0
    assert Match.objects.count() == 1


def test_gifts_are_answered_in_the_order_of_the_log_until_the_pot_ends():
    pool = sequenced_pool(pledged_minor=130_00, ratio_bps=10_000)
    refs = [post_gift(pool.project, 80_00, at=BEGIN + n * datetime.timedelta(seconds=1))[0] for n in range(3)]
    run()
    assert [answer(ref).matched_minor for ref in refs] == [80_00, 50_00, 0]
    assert [answer(ref).reason for ref in refs] == ["FULL", "POT_ENDED", "POT_ENDED"]
    assert [answer(ref).left_minor for ref in refs] == [130_00, 50_00, 0]
    assert answer(refs[2]).entry_id is None
    assert differences(pool) == []


def test_the_cap_per_gift_and_the_cap_in_all_hold():
    pool = sequenced_pool(cap_per_gift_minor=30_00, cap_total_minor=50_00)
    refs = [post_gift(pool.project, 100_00, at=BEGIN + n * datetime.timedelta(seconds=1))[0] for n in range(2)]
    run()
    assert [answer(ref).matched_minor for ref in refs] == [30_00, 20_00]
    assert [answer(ref).reason for ref in refs] == ["GIFT_CAP", "POT_ENDED"]


def test_a_gift_that_came_before_the_rule_is_not_considered():
    project = project_with_fund()
    ref, _ = post_gift(project, 100_00)
    transparency.sequence(at=BEGIN)
    open_pool(project)
    assert run() == 0
    assert queries.explain(ref) == ()


def test_a_gift_behind_the_last_day_is_not_considered():
    pool = sequenced_pool(closes_on=BEGIN.date())
    post_gift(pool.project, 100_00, at=BEGIN + 2 * DAY)
    assert run(at=BEGIN + 2 * DAY) == 0


def test_a_gift_to_another_project_is_not_considered():
    sequenced_pool()
    post_gift(project_with_fund(), 100_00)
    assert run() == 0


def test_two_pots_answer_the_same_gift_each_by_its_own_rule():
    pool = sequenced_pool()
    open_pool(pool.project, ratio_bps=10_000)
    run()
    ref, _ = post_gift(pool.project, 100_00)
    assert run() == 2
    assert [one.matched_minor for one in queries.explain(ref)] == [50_00, 100_00]


def test_a_new_version_counts_from_its_day_and_the_old_one_until_then():
    pool = sequenced_pool()
    later = draft_rule(pool, ratio_bps=10_000, opens_on=BEGIN.date() + DAY)
    actions.publish_rule(later, by=DEMO, at=BEGIN)
    run()
    today, _ = post_gift(pool.project, 100_00)
    tomorrow, _ = post_gift(pool.project, 100_00, at=BEGIN + DAY)
    run(at=BEGIN + DAY)
    assert (answer(today).rule.version, answer(today).matched_minor) == (1, 50_00)
    assert (answer(tomorrow).rule.version, answer(tomorrow).matched_minor) == (2, 100_00)
    assert differences(pool) == []


# --- money back --------------------------------------------------------------------------------------------------


def test_a_whole_refund_releases_the_whole_match_and_frees_the_pot():
    pool = sequenced_pool(pledged_minor=50_00)
    ref, entry = post_gift(pool.project, 100_00)
    run()
    run()
    post_refund(entry, 100_00)
    assert run() == 1
    match = answer(ref)
    assert (match.released_minor, match.standing_minor) == (50_00, 0)
    assert queries.figures(pool).available_minor == 50_00
    later, _ = post_gift(pool.project, 100_00)
    run()
    assert answer(later).matched_minor == 50_00
    assert differences(pool) == []


def test_a_part_refund_releases_its_share_and_the_rest_later_releases_the_rest():
    pool = sequenced_pool(ratio_bps=3_333)
    ref, entry = post_gift(pool.project, 1_00)
    run()
    run()
    post_refund(entry, 50)
    run()
    assert answer(ref).released_minor == 16  # 33 × 50 / 100, rounded down
    post_refund(entry, 50)
    run()
    assert answer(ref).standing_minor == 0
    assert differences(pool) == []


def test_releasing_twice_changes_nothing():
    pool = sequenced_pool()
    _, entry = post_gift(pool.project, 100_00)
    run()
    run()
    post_refund(entry, 100_00)
    assert run() == 1
    pool.refresh_from_db()
    pool.next_position = 0
    pool.save()
    assert run() == 0
    assert MatchRelease.objects.count() == 1


def test_a_refund_waits_until_its_match_has_a_place_in_the_log():
    pool = sequenced_pool()
    ref, entry = post_gift(pool.project, 100_00)
    transparency.sequence(at=BEGIN)
    post_refund(entry, 100_00)
    later, _ = post_gift(pool.project, 100_00)
    transparency.sequence(at=BEGIN)
    # The match is posted now; its entry has no place yet, so the refund behind it and all that follows wait.
    assert actions.match_pending(by=WORKER, at=BEGIN) == 1
    assert not Match.objects.filter(gift_ref=later).exists()
    assert run() == 2
    assert answer(ref).standing_minor == 0
    assert answer(later).matched_minor == 50_00
    assert differences(pool) == []


def test_a_refund_of_a_gift_that_was_matched_with_nothing_is_on_record_and_moves_no_money():
    pool = sequenced_pool(pledged_minor=10_00, ratio_bps=10_000)
    post_gift(pool.project, 10_00)
    ref, entry = post_gift(pool.project, 10_00, at=BEGIN + datetime.timedelta(seconds=1))
    run()
    run()
    post_refund(entry, 10_00)
    assert run() == 1
    assert answer(ref).releases.get().entry_id is None


# --- what people are told ----------------------------------------------------------------------------------------


def test_a_promise_tells_what_would_be_added_and_what_is_left():
    pool = open_pool(pledged_minor=70_00)
    promise = queries.promise(pool.project, 100_00, BEGIN)
    assert (promise.matched_minor, promise.left_minor) == (50_00, 70_00)
    assert "¥50.00" in promise.sentence
    assert "¥70.00" in promise.sentence


def test_a_promise_before_the_first_day_is_none():
    pool = open_pool(opens_on=BEGIN.date() + DAY)
    promise = queries.promise(pool.project, 100_00, BEGIN)
    assert not promise.is_open
    assert promise.sentence == ""


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_explanation_names_version_amounts_reason_and_what_was_left(language, settings):
    from django.utils import translation

    pool = sequenced_pool(pledged_minor=50_00, ratio_bps=10_000)
    ref, _ = post_gift(pool.project, 80_00)
    run()
    with translation.override(language):
        (told,) = queries.explain(ref)
    assert (told.version, told.wanted_minor, told.matched_minor, told.left_minor) == (1, 80_00, 50_00, 50_00)
    assert "¥50.00" in told.sentence
    assert "¥80.00" in told.sentence


# --- rules and who may -------------------------------------------------------------------------------------------


def test_it_refuses_a_rule_published_by_its_maker():
    rule = draft_rule(draft_pool())
    with pytest.raises(Refused) as refused:
        actions.publish_rule(rule, by=SETUP, at=BEGIN)
    assert refused.value.code == "rule_published_by_its_maker"


def test_it_refuses_to_publish_twice():
    rule = open_pool().rules.get()
    with pytest.raises(Refused) as refused:
        actions.publish_rule(rule, by=DEMO, at=BEGIN)
    assert refused.value.code == "rule_already_published"


def test_it_refuses_a_change_that_would_count_today():
    pool = open_pool()
    with pytest.raises(Refused) as refused:
        actions.publish_rule(draft_rule(pool, ratio_bps=1), by=DEMO, at=BEGIN)
    assert refused.value.code == "rule_opens_in_the_past"


def test_it_refuses_an_older_version_behind_a_newer_one():
    pool = open_pool()
    older, newer = (draft_rule(pool, opens_on=BEGIN.date() + DAY) for _ in range(2))
    actions.publish_rule(newer, by=DEMO, at=BEGIN)
    with pytest.raises(Refused) as refused:
        actions.publish_rule(older, by=DEMO, at=BEGIN)
    assert refused.value.code == "newer_version_published"


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"ratio_bps": 0}, "ratio_not_positive"),
        ({"ratio_bps": -1}, "ratio_not_positive"),
        ({"cap_per_gift_minor": 0}, "cap_not_positive"),
        ({"cap_total_minor": 1_000_01}, "cap_above_pledge"),
        ({"closes_on": BEGIN.date() - DAY}, "days_not_in_order"),
    ],
)
def test_it_refuses_terms_that_mean_nothing(terms, code):
    with pytest.raises(Refused) as refused:
        draft_rule(draft_pool(), **terms)
    assert refused.value.code == code


def test_it_refuses_a_pledge_of_nothing():
    with pytest.raises(Refused) as refused:
        draft_pool(pledged_minor=0)
    assert refused.value.code == "pledge_not_positive"


def test_a_pot_without_a_published_rule_matches_nothing():
    pool = draft_pool()
    draft_rule(pool)
    run()
    post_gift(pool.project, 100_00)
    assert run() == 0


def test_it_refuses_to_close_a_pot_whose_days_are_not_over():
    pool = open_pool()
    with pytest.raises(Refused) as refused:
        actions.close_pool(pool, by=DEMO, at=BEGIN)
    assert refused.value.code == "window_still_open"


def test_a_closed_pot_still_releases_the_match_of_a_gift_that_goes_back():
    pool = sequenced_pool(closes_on=BEGIN.date())
    ref, entry = post_gift(pool.project, 100_00)
    run()
    run()
    actions.close_pool(pool, by=DEMO, at=BEGIN + 2 * DAY)
    post_refund(entry, 100_00, at=BEGIN + 2 * DAY)
    run(at=BEGIN + 2 * DAY)
    assert answer(ref).standing_minor == 0


# --- the matcher pays --------------------------------------------------------------------------------------------


def pay(pool, amount_minor, bank_ref="B1", received_on=None):
    return actions.receive_match(
        pool, amount_minor=amount_minor, bank_ref=bank_ref, received_on=received_on or BEGIN.date(), by=SETUP, at=BEGIN
    )


def test_what_the_matcher_pays_is_owed_no_longer():
    pool = sequenced_pool()
    post_gift(pool.project, 100_00)
    run()
    assert queries.figures(pool).owed_minor == 50_00
    pay(pool, 20_00)
    figures = queries.figures(pool)
    assert (figures.received_minor, figures.owed_minor) == (20_00, 30_00)
    assert figures.pledged_minor == figures.available_minor + figures.committed_minor


def test_the_same_bank_line_counts_once():
    pool = sequenced_pool()
    post_gift(pool.project, 100_00)
    run()
    assert pay(pool, 20_00) == pay(pool, 20_00)
    with pytest.raises(Refused) as refused:
        pay(pool, 30_00)
    assert refused.value.code == "bank_ref_used"


@pytest.mark.parametrize("amount", [0, -1, 50_01])
def test_it_refuses_to_receive_what_is_not_owed(amount):
    pool = sequenced_pool()
    post_gift(pool.project, 100_00)
    run()
    with pytest.raises(Refused) as refused:
        pay(pool, amount)
    assert refused.value.code == "more_than_owed"


def test_it_refuses_money_of_a_day_that_is_still_to_come():
    pool = sequenced_pool()
    post_gift(pool.project, 100_00)
    run()
    with pytest.raises(Refused) as refused:
        pay(pool, 20_00, received_on=BEGIN.date() + DAY)
    assert refused.value.code == "received_in_future"
    assert not pool.payments.exists()
    assert queries.figures(pool).owed_minor == 50_00


def test_the_day_of_a_payment_is_the_charitys_and_not_that_of_greenwich():
    pool = sequenced_pool()
    post_gift(pool.project, 100_00)
    run()
    money = {"amount_minor": 20_00, "bank_ref": "B1", "received_on": datetime.date(2026, 3, 3)}
    # 17:00 in Greenwich is one o'clock of the next morning in Shanghai.
    night = datetime.datetime(2026, 3, 2, 17, tzinfo=datetime.UTC)
    assert actions.receive_match(pool, **money, by=SETUP, at=night).received_on == money["received_on"]


def test_the_notice_of_a_rule_stands_in_the_public_log():
    pool = sequenced_pool()
    rule = pool.rules.get()
    assert transparency.position_of(rule.notice_id) is not None
