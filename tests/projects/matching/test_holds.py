"""Holding a match before a gift is paid: asked and answered in the log, let go, offered again, withdrawn."""

import datetime
import random
import uuid

import pytest

from ledger import transparency
from ledger.core.refusals import Refused
from projects.access.actors import DEMO, SETUP, WORKER
from projects.access.refs import new_ref
from projects.matching import actions, holds, queries
from projects.matching.freezing import freeze_pool
from projects.matching.models import HoldRequest, Match, MatchHold, MatchHoldEnd, MatchWithdrawal
from projects.matching.replay import differences
from projects.matching.verification import matches_follow_their_rules
from tests.factories.access import BEGIN
from tests.factories.matching import draft_pool, draft_rule, open_pool, post_gift, post_refund, project_with_fund, run
from tests.ledger.public_log import leaves_of_books
from tests.projects.matching.test_terms import audited
from tests.refusals import done, refused, refused_by_database

pytestmark = pytest.mark.django_db

LATER = BEGIN + datetime.timedelta(minutes=1)


@pytest.fixture
def pool():
    """A pot of ¥100 that adds as much as a gift, holds it before, and offers freed money again."""
    pool = open_pool(pledged_minor=100_00, ratio_bps=10_000, reserves=True, reoffers=True)
    run()
    return pool


def ask(pool, amount_minor: int) -> str:
    """Somebody opens a gift; its reference, once its hold is answered."""
    ref = new_ref()
    assert holds.ask(pool.project, ref, amount_minor, by=DEMO, at=BEGIN)
    run()
    return ref


def stands(pool) -> tuple[int, int, int, int]:
    """Available, reserved, committed, withdrawn."""
    assert differences(pool) == []
    now = queries.figures(pool)
    assert now.pledged_minor == now.available_minor + now.reserved_minor + now.committed_minor + now.withdrawn_minor
    return now.available_minor, now.reserved_minor, now.committed_minor, now.withdrawn_minor


def given(pool, ref: str) -> list[int]:
    """What a gift was matched with, round by round."""
    return list(pool.matches.filter(gift_ref=ref).order_by("round").values_list("matched_minor", flat=True))


def test_a_hold_becomes_the_match_of_its_gift(pool):
    ref = ask(pool, 80_00)
    assert stands(pool) == (20_00, 80_00, 0, 0)
    assert holds.holds_of(ref).held_minor == 80_00
    other, _entry = post_gift(pool.project, 50_00)
    post_gift(pool.project, 80_00, ref=ref, channel="stripe")
    run()
    assert (given(pool, other), given(pool, ref)) == ([20_00], [80_00])
    assert Match.objects.get(gift_ref=ref).held_minor == 80_00
    assert stands(pool) == (0, 0, 100_00, 0)
    assert holds.holds_of(ref).is_over


def test_what_is_asked_is_waiting_until_the_log_has_given_it_a_place(pool):
    ref = new_ref()
    holds.ask(pool.project, ref, 10_00, by=DEMO, at=BEGIN)
    now = holds.holds_of(ref)
    assert (now.is_waiting, now.held_minor, now.is_over) == (True, 0, False)
    run()
    assert holds.holds_of(ref).is_waiting is False


def test_asking_twice_asks_once(pool):
    ref = ask(pool, 10_00)
    assert holds.ask(pool.project, ref, 10_00, by=DEMO, at=LATER)
    run()
    assert (HoldRequest.objects.count(), MatchHold.objects.count()) == (1, 1)


def test_a_pot_that_holds_nothing_is_not_asked():
    pool = open_pool()
    run()
    assert holds.ask(pool.project, new_ref(), 10_00, by=DEMO, at=BEGIN) is False
    assert not HoldRequest.objects.exists()


def test_a_frozen_pot_is_not_asked(pool):
    freeze_pool(pool, reason="REVIEW", note_en="We look at it.", by=SETUP, at=BEGIN)
    assert holds.ask(pool.project, new_ref(), 10_00, by=DEMO, at=BEGIN) is False


def test_letting_go_frees_the_money_once(pool):
    ref = ask(pool, 80_00)
    assert [holds.end(ref, by=DEMO, at=LATER) for _again in range(2)] == [1, 0]
    run()
    assert stands(pool) == (100_00, 0, 0, 0)
    assert MatchHoldEnd.objects.count() == 1
    # The gift may still come: it is answered at its place, as any other.
    post_gift(pool.project, 80_00, ref=ref, channel="stripe")
    run()
    assert (given(pool, ref), Match.objects.get(gift_ref=ref).held_minor) == ([80_00], 0)


def test_an_open_page_keeps_a_hold_and_nobody_keeps_one_that_ended(pool):
    ref = ask(pool, 80_00)
    assert holds.keep(ref, until=BEGIN + datetime.timedelta(hours=1))
    assert holds.end_lapsed(by=WORKER, at=BEGIN + datetime.timedelta(minutes=59)) == 0
    assert holds.end_lapsed(by=WORKER, at=BEGIN + datetime.timedelta(minutes=61)) == 1
    assert holds.keep(ref, until=BEGIN + datetime.timedelta(hours=2)) is False
    run()
    assert stands(pool) == (100_00, 0, 0, 0)


def test_an_end_that_comes_behind_the_gift_changes_nothing(pool):
    ref = ask(pool, 80_00)
    post_gift(pool.project, 80_00, ref=ref, channel="stripe")
    holds.end(ref, by=DEMO, at=LATER)
    run()
    assert given(pool, ref) == [80_00]
    assert stands(pool) == (20_00, 0, 80_00, 0)


def test_what_a_hold_lets_go_is_offered_to_earlier_gifts(pool):
    ref = ask(pool, 80_00)
    early, _entry = post_gift(pool.project, 50_00)
    late, _entry = post_gift(pool.project, 60_00)
    run()
    assert (given(pool, early), given(pool, late)) == ([20_00], [0])
    holds.end(ref, by=DEMO, at=LATER)
    run()
    assert (given(pool, early), given(pool, late)) == ([20_00, 30_00], [0, 50_00])
    assert stands(pool) == (0, 0, 100_00, 0)
    sentences = [one.sentence for one in queries.explain(early)]
    assert len(sentences) == 2
    assert "30.00" in sentences[1]


def test_what_a_refund_frees_is_offered_again_and_freed_again_with_its_gift(pool):
    first, first_entry = post_gift(pool.project, 100_00)
    second, second_entry = post_gift(pool.project, 40_00)
    run()
    run()
    post_refund(first_entry, 30_00)
    run()
    run()
    assert (given(pool, first), given(pool, second)) == ([100_00], [0, 30_00])
    post_refund(second_entry, 20_00)
    run()
    # Half of the second gift went back, and half of its match: of the 20 wanted for the rest it lacked another 5.
    assert stands(pool) == (10_00, 0, 90_00, 0)
    assert given(pool, second) == [0, 30_00, 5_00]
    released = pool.releases.filter(match__gift_ref=second).order_by("match__round")
    assert [one.released_minor for one in released] == [0, 15_00]


def test_the_rest_is_withdrawn_when_the_days_are_over_and_no_sooner(pool):
    post_gift(pool.project, 30_00)
    ref = ask(pool, 20_00)
    run()
    after = BEGIN + datetime.timedelta(days=31)
    assert refused(actions.withdraw_rest, pool, by=SETUP, at=BEGIN) == "window_still_open"
    actions.withdraw_rest(pool, by=SETUP, at=after)
    assert refused(actions.withdraw_rest, pool, by=SETUP, at=after) == "rest_asked_already"
    run(at=after)
    assert stands(pool) == (0, 20_00, 30_00, 50_00)
    assert refused(actions.withdraw_rest, pool, by=SETUP, at=after) == "nothing_to_withdraw"
    rule = draft_rule(pool, opens_on=after.date(), closes_on=after.date())
    assert refused(actions.publish_rule, rule, by=DEMO, at=after) == "rest_withdrawn"
    # What was held is still given.
    post_gift(pool.project, 20_00, ref=ref, channel="stripe", at=after)
    run(at=after)
    assert given(pool, ref) == [20_00]


@pytest.mark.parametrize("cap", ["cap_per_donor_minor", "cap_per_day_minor"])
@pytest.mark.parametrize("mode", ["reserves", "reoffers"])
def test_a_rule_that_holds_or_offers_again_has_no_moving_cap(cap, mode):
    pool = draft_pool()
    assert refused(draft_rule, pool, **{cap: 10_00, mode: True}) == "hold_with_moving_cap"


def test_a_pot_that_offers_again_stands_before_no_other(pool):
    behind = draft_pool(pool.project)
    assert refused(draft_rule, behind, after=pool) == "reoffer_before_pot"
    first = open_pool()
    draft_rule(draft_pool(first.project), after=first)
    assert refused(draft_rule, first, reoffers=True) == "reoffer_before_pot"


@pytest.mark.parametrize("seed", range(4))
def test_any_story_is_answered_as_the_log_alone_says(seed, tmp_path, capsys):
    """Whatever happens, and however far the runner lets it grow before it comes by."""
    chance = random.Random(seed)
    pool = open_pool(pledged_minor=200_00, ratio_bps=10_000, cap_per_gift_minor=60_00, reserves=True, reoffers=True)
    run()
    opened: list[tuple[str, int]] = []
    paid: list[list] = []
    for _step in range(60):
        what = chance.choice(["ask", "ask", "pay", "give", "give", "refund", "end", "run", "run"])
        amount = chance.randrange(1, 90_00)
        if what == "ask":
            opened.append((new_ref(), amount))
            holds.ask(pool.project, *opened[-1], by=DEMO, at=BEGIN)
        elif what in ("pay", "end") and opened:
            ref, asked = opened.pop(chance.randrange(len(opened)))
            if what == "end":
                holds.end(ref, by=DEMO, at=LATER)
            else:
                _ref, entry = post_gift(pool.project, asked, ref=ref, channel="stripe")
                paid.append([entry, asked])
        elif what == "give":
            _ref, entry = post_gift(pool.project, amount, channel="stripe")
            paid.append([entry, amount])
        elif what == "refund" and paid:
            gift = chance.choice(paid)
            back = min(amount, gift[1])
            if back and transparency.position_of(gift[0]) is not None:
                post_refund(gift[0], back)
                gift[1] -= back
        else:
            run()
    run()
    run()
    assert stands(pool)
    assert pool.matches.filter(round__gt=1).exists() or pool.holds.filter(held_minor__gt=0).exists()
    transparency.sequence(at=BEGIN)
    assert audited(tmp_path, leaves_of_books()) == 0, capsys.readouterr().out


# ---- the laws, around the ORM ----


def row_sql(table: str, row: dict) -> tuple:
    names = ", ".join(f'"{name}"' for name in row)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(row))})", *row.values()


def a_hold(pool, **columns) -> tuple:
    """The next hold, of ¥10, unless told otherwise; its request is there."""
    request = HoldRequest.objects.create(
        pool=pool, gift_ref=new_ref(), amount_minor=10_00, notice_id=uuid.uuid4(), asked_at=BEGIN, kept_until=BEGIN
    )
    last = pool.holds.order_by("-place").first()
    start = columns.pop("start", last.stop if last else 0)
    held = columns.pop("held_minor", 10_00)
    row = {
        "request_id": request.pk,
        "pool_id": pool.pk,
        "rule_id": pool.rules.get(version=1).pk,
        "gift_ref": request.gift_ref,
        "asked_index": 99,
        "place": last.place + 1 if last else 1,
        "start": start,
        "stop": start + held,
        "held_minor": held,
        "at": BEGIN,
    }
    return row_sql("matching_matchhold", row | columns)


@pytest.mark.parametrize(
    ("columns", "law"),
    [
        ({"held_minor": 100_01}, "hold_over_committed"),
        ({"place": 7}, "hold_chain"),
        ({"start": 5}, "hold_chain"),
        ({"gift_ref": "another"}, "hold_rule"),
        ({"rule_id": None}, "hold_rule"),
    ],
)
def test_the_database_refuses_a_hold_that_is_none(pool, columns, law):
    assert law in refused_by_database(*a_hold(pool, **columns))


def test_the_database_refuses_a_hold_under_a_version_that_holds_nothing():
    pool = open_pool()
    assert "hold_rule" in refused_by_database(*a_hold(pool))


def test_the_database_refuses_a_hold_of_a_frozen_pot(pool):
    freeze_pool(pool, reason="REVIEW", note_en="We look at it.", by=SETUP, at=BEGIN)
    assert "hold_frozen" in refused_by_database(*a_hold(pool))


def test_the_database_refuses_a_match_of_what_is_held_for_others(pool):
    ask(pool, 80_00)
    sql = a_match(pool, matched_minor=30_00)
    assert "match_over_committed" in refused_by_database(*sql)


def a_match(pool, **columns) -> tuple:
    last = pool.matches.order_by("-place").first()
    start, matched = last.stop if last else 0, columns["matched_minor"]
    row = {
        "ref": new_ref(),
        "pool_id": pool.pk,
        "rule_id": pool.rules.get(version=1).pk,
        "place": last.place + 1 if last else 1,
        "start": start,
        "stop": start + matched,
        "gift_ref": new_ref(),
        "gift_index": 99,
        "gift_on": BEGIN.date(),
        "gift_minor": 500_00,
        "gift_entry_id": uuid.uuid4().hex,
        "wanted_minor": 500_00,
        "left_minor": 10**9,
        "reason": "FULL",
        "entry_id": uuid.uuid4().hex,
        "day_before_minor": last.day_before_minor + last.matched_minor if last else 0,
        "at": BEGIN,
    }
    return row_sql("matching_match", row | columns)


def test_the_database_refuses_a_match_that_claims_a_hold(pool):
    ask(pool, 80_00)
    assert "match_held" in refused_by_database(*a_match(pool, matched_minor=80_00, held_minor=80_00))


def test_the_database_refuses_a_later_round_without_a_first(pool):
    columns = {"matched_minor": 10_00, "round": 2, "offered_index": 100}
    assert "match_rounds" in refused_by_database(*a_match(pool, **columns))


def test_the_database_refuses_more_than_a_gift_lacked(pool):
    hold = MatchHold.objects.get(gift_ref=ask(pool, 80_00))
    early, _entry = post_gift(pool.project, 50_00)
    run()
    first = Match.objects.get(gift_ref=early)
    ended = {
        "hold_id": hold.pk,
        "pool_id": pool.pk,
        "ended_index": 99,
        "place": 1,
        "start": 0,
        "stop": 80_00,
        "at": BEGIN,
    }
    done(*row_sql("matching_matchholdend", ended))
    columns = {"gift_ref": early, "gift_index": first.gift_index, "round": 2, "offered_index": first.gift_index + 1}
    assert "match_over_wanted" in refused_by_database(*a_match(pool, matched_minor=30_01, **columns))


def test_the_database_refuses_to_end_a_hold_in_part_or_twice(pool):
    ref = ask(pool, 80_00)
    hold = MatchHold.objects.get(gift_ref=ref)
    row = {
        "hold_id": hold.pk,
        "pool_id": pool.pk,
        "ended_index": 99,
        "place": 1,
        "start": 0,
        "stop": 79_99,
        "at": BEGIN,
    }
    assert "hold_end_whole" in refused_by_database(*row_sql("matching_matchholdend", row))
    holds.end(ref, by=DEMO, at=LATER)
    run()
    again = row | {"place": 2, "start": 80_00, "stop": 160_00}
    assert refused_by_database(*row_sql("matching_matchholdend", again))


def test_the_database_refuses_to_withdraw_what_is_held(pool):
    ask(pool, 80_00)
    asked = pool.rest_requests.create(notice_id=uuid.uuid4(), by_ref="x", at=BEGIN)
    row = {"request_id": asked.pk, "pool_id": pool.pk, "withdrawn_index": 99, "place": 1, "start": 0, "at": BEGIN}
    sql = row_sql("matching_matchwithdrawal", row | {"stop": 20_01})
    assert "withdrawal_over_available" in refused_by_database(*sql)
    assert not MatchWithdrawal.objects.exists()


def test_a_request_stands_as_it_was_asked(pool):
    ask(pool, 80_00)
    for change in ("amount_minor = 1", "gift_ref = 'x'"):
        assert "hold_request" in refused_by_database(f"UPDATE matching_holdrequest SET {change}")
    assert "hold_request" in refused_by_database("DELETE FROM matching_holdrequest")


@pytest.mark.parametrize("table", ["matching_matchhold", "matching_matchholdend", "matching_matchwithdrawal"])
def test_answers_are_never_changed(pool, table):
    ref = ask(pool, 80_00)
    holds.end(ref, by=DEMO, at=LATER)
    actions.withdraw_rest(pool, by=SETUP, at=BEGIN + datetime.timedelta(days=31))
    run(at=BEGIN + datetime.timedelta(days=31))
    assert refused_by_database(f"UPDATE {table} SET at = at")
    assert refused_by_database(f"DELETE FROM {table}")


def test_a_refusal_of_an_action_has_a_sentence(pool):
    with pytest.raises(Refused) as caught:
        actions.withdraw_rest(pool, by=SETUP, at=BEGIN)
    assert "%(" not in str(caught.value)


# ---- verified book by book ----


def test_verification_reads_the_wishes_of_a_book_once_for_all_of_its_pots(pool, monkeypatch):
    terms = {"pledged_minor": 100_00, "ratio_bps": 10_000, "reserves": True}
    other_book = open_pool(**terms)
    # Made after a pot of another book: verification goes by books and not by the order in which pots were made.
    same_book = open_pool(project_with_fund(organisation=pool.project.organisation), **terms)
    run()
    for asked in (pool, same_book, other_book):
        ask(asked, 30_00)
    read = []

    def noting(*, kinds, book):
        read.append(book)
        return all_notices(kinds=kinds, book=book)

    all_notices = transparency.all_notices
    monkeypatch.setattr(transparency, "all_notices", noting)
    assert list(matches_follow_their_rules()) == []
    books = [one.project.organisation.book_code for one in (pool, other_book)]
    assert sorted(read) == sorted(books)


def test_verification_finds_the_hold_that_no_notice_asked_for_in_its_own_pot(pool, monkeypatch):
    same_book = open_pool(
        project_with_fund(organisation=pool.project.organisation), pledged_minor=100_00, ratio_bps=10_000, reserves=True
    )
    run()
    ask(pool, 30_00)
    ref = ask(same_book, 20_00)
    all_notices = transparency.all_notices
    lost = lambda **of: (told for told in all_notices(**of) if told.facts.get("gift") != ref)  # noqa: E731
    monkeypatch.setattr(transparency, "all_notices", lost)
    (found,) = matches_follow_their_rules()
    assert found.row.startswith(f"hold {ref} ")
    assert same_book.ref in found.says
