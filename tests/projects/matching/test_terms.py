"""Caps per donor and per day, channels, pot order, and pots that are frozen: in the books, and for strangers."""

import datetime

import pytest

from ledger.auditor import words
from ledger.auditor.command import main
from ledger.core.refusals import Refused
from projects.access.actors import DEMO, SETUP
from projects.giving.donor_refs import donor_ref
from projects.matching import actions, queries
from projects.matching.freezing import freeze_pool, thaw_pool
from projects.matching.models import Match
from projects.matching.owed import owed_by_age
from projects.matching.replay import differences
from tests.factories.access import BEGIN
from tests.factories.giving import opened_gift, settled_gift
from tests.factories.matching import draft_pool, draft_rule, open_pool, post_gift, post_refund, run
from tests.ledger.public_log import KEY, leaves_of_books, publish
from tests.refusals import refused

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def answers(pool) -> list[tuple[int, str]]:
    return list(pool.matches.order_by("place").values_list("matched_minor", "reason"))


def sequenced_pool(project=None, **terms):
    pool = open_pool(project, **({"ratio_bps": 10_000} | terms))
    run()
    return pool


def test_each_donor_and_each_day_is_matched_up_to_its_cap():
    pool = sequenced_pool(cap_per_donor_minor=15_00, cap_per_day_minor=30_00)
    for number, donor in enumerate(("a", "a", "b", "c", "")):
        post_gift(pool.project, 10_00, at=BEGIN + number * datetime.timedelta(seconds=1), donor=donor)
    post_gift(pool.project, 10_00, at=BEGIN + DAY, donor="c")
    run(at=BEGIN + DAY)
    assert answers(pool) == [
        (10_00, "FULL"), (5_00, "DONOR_CAP"), (10_00, "FULL"), (5_00, "DAY_CAP"), (0, "NO_DONOR"), (10_00, "FULL"),
    ]  # fmt: skip
    assert differences(pool) == []


def test_a_refund_opens_no_cap_again():
    pool = sequenced_pool(cap_per_donor_minor=10_00)
    _, entry = post_gift(pool.project, 10_00, donor="a")
    run()
    run()
    post_refund(entry, 10_00)
    post_gift(pool.project, 10_00, at=BEGIN + DAY, donor="a")
    run(at=BEGIN + DAY)
    assert answers(pool) == [(10_00, "FULL"), (0, "DONOR_CAP")]
    assert differences(pool) == []


def test_only_the_named_channels_are_matched():
    pool = sequenced_pool(channels=["platform"])
    post_gift(pool.project, 10_00, channel="stripe")
    run()
    assert answers(pool) == [(0, "OTHER_CHANNEL")]
    promise = queries.promise(pool.project, 10_00, BEGIN)
    assert (promise.matched_minor, "不参与配捐" in promise.sentence) == (0, True)


def test_a_pot_behind_another_matches_what_that_one_left():
    first = sequenced_pool(pledged_minor=7_00)
    second = sequenced_pool(first.project, after=first)
    ref, _ = post_gift(first.project, 10_00)
    run()
    assert [one.matched_minor for one in queries.explain(ref)] == [7_00, 3_00]
    assert differences(first) == differences(second) == []


def test_a_pot_stands_only_behind_an_older_pot_of_its_project():
    first = sequenced_pool()
    second = draft_pool(first.project)
    assert refused(draft_rule, second, after=second) == "pot_order"
    assert refused(draft_rule, first, after=second) == "pot_order"
    assert refused(draft_rule, second, after=sequenced_pool()) == "pot_order"


# --- frozen --------------------------------------------------------------------------------------------------------


def stop(pool, by=SETUP):
    return freeze_pool(pool, reason="REVIEW", note_en="We look at unusual gifts.", by=by, at=BEGIN)


def test_a_frozen_pot_answers_later_exactly_what_it_would_have_answered():
    pool = sequenced_pool(pledged_minor=15_00)
    stop(pool)
    for number in range(2):
        post_gift(pool.project, 10_00, at=BEGIN + number * datetime.timedelta(seconds=1))
    assert run() == 0
    assert "We look at unusual gifts." in queries.promise(pool.project, 10_00, BEGIN).sentence
    thaw_pool(pool, note_en="Nothing was found.", by=DEMO, at=BEGIN)
    run()
    assert answers(pool) == [(10_00, "FULL"), (5_00, "POT_ENDED")]
    assert differences(pool) == []


def test_nothing_is_paid_towards_a_frozen_pot():
    pool = sequenced_pool()
    post_gift(pool.project, 10_00)
    run()
    stop(pool)
    with pytest.raises(Refused) as error:
        actions.receive_match(pool, amount_minor=1, bank_ref="B", received_on=BEGIN.date(), by=SETUP, at=BEGIN)
    assert error.value.code == "pool_frozen"


def test_a_pot_is_frozen_once_with_a_note_and_goes_on_by_another_person():
    pool = sequenced_pool()
    assert refused(thaw_pool, pool, note_en="x", by=DEMO, at=BEGIN) == "pool_not_frozen"
    assert refused(freeze_pool, pool, reason="REVIEW", note_zh=" ", by=SETUP, at=BEGIN) == "freeze_without_note"
    stop(pool)
    assert refused(stop, pool) == "pool_frozen_already"
    assert refused(thaw_pool, pool, note_en="x", by=SETUP, at=BEGIN) == "thawed_by_its_freezer"
    assert refused(freeze_pool, draft_pool(), reason="REVIEW", note_en="x", by=SETUP, at=BEGIN) == "pool_state"


# --- what is owed --------------------------------------------------------------------------------------------------


def test_what_is_owed_is_told_by_age_and_payments_pay_the_oldest_gifts_first():
    pool = sequenced_pool(closes_on=BEGIN.date() + 200 * DAY)
    _, oldest = post_gift(pool.project, 10_00)
    for days in (60, 100):
        post_gift(pool.project, 10_00, at=BEGIN + days * DAY)
    run(at=BEGIN + 100 * DAY)
    run(at=BEGIN + 100 * DAY)
    post_refund(oldest, 2_50, at=BEGIN + 100 * DAY)
    run(at=BEGIN + 100 * DAY)
    today = BEGIN.date() + 100 * DAY
    assert [row.amount_minor for row in owed_by_age(pool, today)] == [10_00, 10_00, 7_50]
    actions.receive_match(pool, amount_minor=9_00, bank_ref="B", received_on=today, by=SETUP, at=BEGIN + 100 * DAY)
    owed = owed_by_age(pool, today)
    assert [row.amount_minor for row in owed] == [10_00, 8_50, 0]
    assert sum(row.amount_minor for row in owed) == queries.figures(pool).owed_minor


# --- donors' references --------------------------------------------------------------------------------------------


def test_a_gift_names_its_donor_only_while_a_rule_caps_donors_and_never_twice_alike():
    pool = sequenced_pool()
    gift = opened_gift(pool.project, email="a@example.org")
    assert donor_ref(gift, BEGIN.date()) == ""
    other = sequenced_pool(cap_per_donor_minor=10_00)
    here = opened_gift(other.project, email="a@example.org")
    again = opened_gift(other.project, email="a@example.org")
    assert len(donor_ref(here, BEGIN.date())) == 32
    assert donor_ref(here, BEGIN.date()) == donor_ref(again, BEGIN.date())
    third = sequenced_pool(cap_per_donor_minor=10_00)
    assert donor_ref(opened_gift(third.project, email="a@example.org"), BEGIN.date()) != donor_ref(here, BEGIN.date())
    assert donor_ref(opened_gift(other.project, email=""), BEGIN.date()) == ""
    assert donor_ref(here, BEGIN.date() + 60 * DAY) == ""


def test_gifts_of_one_address_are_matched_up_to_the_cap_through_the_front_door():
    pool = sequenced_pool(cap_per_donor_minor=15_00)
    gifts = [settled_gift(pool.project, email="b@example.org", amount_minor=10_00) for _ in range(2)]
    run()
    matched = {gift.ref: Match.objects.get(gift_ref=gift.ref).matched_minor for gift in gifts}
    assert sorted(matched.values()) == [5_00, 10_00]


# --- strangers work it out again ------------------------------------------------------------------------------------


@pytest.fixture
def story():
    """Two pots in a row; caps per donor and per day, a named channel, rounding to the nearest, a refund, a freeze."""
    terms = {"ratio_bps": 5_001, "cap_per_donor_minor": 8_00, "cap_per_day_minor": 14_00, "channels": ["stripe"]}
    first = sequenced_pool(rounding="NEAREST", **terms)
    second = sequenced_pool(first.project, pledged_minor=40_00, after=first)
    gifts = [("a", "stripe"), ("a", "stripe"), ("b", "stripe"), ("c", "bank"), ("", "stripe"), ("d", "stripe")]
    entries = [
        post_gift(first.project, 9_99, at=BEGIN + n * datetime.timedelta(seconds=1), donor=donor, channel=channel)[1]
        for n, (donor, channel) in enumerate(gifts)
    ]
    run()
    run()
    post_refund(entries[0], 3_33)
    run()
    stop(first)
    run()
    thaw_pool(first, note_en="Nothing was found.", by=DEMO, at=BEGIN)
    run()
    return first, second


def audited(folder, leaves) -> int:
    where = publish(folder / "log", leaves)
    return main([str(where), "--state", str(folder / "seen.json"), "--vkey", str(KEY.verifier), "--lang", "en"])


def test_the_verifier_works_every_match_out_again_from_the_log_alone(story, tmp_path, capsys):
    first, second = story
    assert answers(first) == [
        (5_00, "FULL"), (3_00, "DONOR_CAP"), (5_00, "FULL"), (0, "OTHER_CHANNEL"), (0, "NO_DONOR"), (1_00, "DAY_CAP"),
    ]  # fmt: skip
    assert [minor for minor, _reason in answers(second)] == [4_99, 6_99, 4_99, 9_99, 9_99, 3_05]
    assert differences(first) == differences(second) == []
    assert audited(tmp_path, leaves_of_books()) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("told", "lie"),
    [
        ('"cap_per_donor":800', '"cap_per_donor":799'),
        ('"cap_per_day":1400', '"cap_per_day":1399'),
        ('"channels":"stripe"', '"channels":"bank"'),
        ('"rounding":"NEAREST",', ""),
        ('"after":"', '"after":"x'),
    ],
)
def test_the_verifier_finds_a_rule_that_was_not_the_one_kept_to(story, told, lie, tmp_path, capsys):
    changed = [leaf.replace(told.encode(), lie.encode()) for leaf in leaves_of_books()]
    assert changed != leaves_of_books()
    assert audited(tmp_path, changed) in (words.KINDS["match"].code, words.KINDS["notice"].code)
