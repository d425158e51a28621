"""The laws of matching, tried around the ORM: whoever holds the database's pen cannot over-commit a pot."""

import uuid

import pytest
from django.db import connection

from projects.matching.models import Match, MatchRelease
from tests.factories.access import BEGIN
from tests.factories.matching import draft_pool, draft_rule, open_pool, post_gift, post_refund, run
from tests.refusals import done, refused_by_database

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool():
    pool = open_pool(pledged_minor=100_00)
    run()
    post_gift(pool.project, 100_00)
    run()
    return pool


def insert_match(pool, **columns):
    """An INSERT of a match behind the last one, unless told otherwise."""
    last = pool.matches.order_by("-place").first()
    matched = columns.pop("matched_minor", 10_00)
    row = {
        "ref": uuid.uuid4().hex,
        "pool_id": pool.pk,
        "rule_id": pool.rules.get(version=1).pk,
        "place": last.place + 1,
        "start": last.stop,
        "gift_ref": uuid.uuid4().hex,
        "gift_index": 99,
        "gift_on": BEGIN.date(),
        "gift_minor": 20_00,
        "gift_entry_id": uuid.uuid4().hex,
        "day_before_minor": last.day_before_minor + last.matched_minor,
        "wanted_minor": matched,
        "matched_minor": matched,
        "left_minor": 10**9,
        "reason": "FULL",
        "entry_id": uuid.uuid4().hex,
        "at": BEGIN,
    } | columns
    row.setdefault("stop", row["start"] + matched)
    names = ", ".join(f'"{name}"' for name in row)
    return f"INSERT INTO matching_match ({names}) VALUES ({', '.join(['%s'] * len(row))})", *row.values()


@pytest.mark.parametrize("before", [{"day_before_minor": 0}, {"donor_before_minor": 1}])
def test_it_refuses_a_match_that_hides_what_was_matched_before(pool, before):
    assert "match_sums" in refused_by_database(*insert_match(pool, **before))


@pytest.fixture
def capped():
    """A pot that has matched ¥20 for one donor, of ¥25 for each donor and ¥30 a day."""
    pool = open_pool(pledged_minor=100_00, ratio_bps=10_000, cap_per_donor_minor=25_00, cap_per_day_minor=30_00)
    run()
    post_gift(pool.project, 20_00, donor="d1")
    run()
    return pool


def test_it_refuses_a_match_that_passes_the_cap_per_donor_or_per_day(capped):
    same = {"donor_ref": "d1", "donor_before_minor": 20_00}
    assert "match_over_cap" in refused_by_database(*insert_match(capped, matched_minor=5_01, **same))
    assert "match_over_cap" in refused_by_database(*insert_match(capped, matched_minor=10_01, donor_ref="d2"))
    assert "match_over_cap" in refused_by_database(*insert_match(capped, matched_minor=1))
    done(*insert_match(capped, matched_minor=5_00, **same))


FREEZE = """
    INSERT INTO matching_matchfreeze (pool_id, place, is_frozen, reason, note_zh, note_en, notice_id, by_ref, at)
    VALUES (%s, %s, %s, 'REVIEW', '', 'Why', %s, 'a', %s)
"""


def freeze(pool, place=1, is_frozen=True):
    return FREEZE, pool.pk, place, is_frozen, uuid.uuid4().hex, BEGIN


def test_a_frozen_pot_answers_nothing_whoever_asks(pool):
    done(*freeze(pool))
    assert "match_frozen" in refused_by_database(*insert_match(pool))
    done(*freeze(pool, 2, False))
    done(*insert_match(pool))


def test_a_pot_is_frozen_and_let_go_in_turns_and_what_was_said_stays(pool):
    assert "freeze_turns" in refused_by_database(*freeze(pool, 1, False))
    assert "freeze_turns" in refused_by_database(*freeze(pool, 3, True))
    done(*freeze(pool))
    refused_by_database("UPDATE matching_matchfreeze SET is_frozen = is_frozen")
    refused_by_database("DELETE FROM matching_matchfreeze")


def insert_release(match, **columns):
    released = columns.pop("released_minor", 10_00)
    row = {
        "ref": uuid.uuid4().hex,
        "pool_id": match.pool_id,
        "match_id": match.pk,
        "refund_ref": uuid.uuid4().hex,
        "refund_index": 99,
        "refunded_minor": 1,
        "place": 1,
        "start": 0,
        "released_minor": released,
        "entry_id": uuid.uuid4().hex,
        "at": BEGIN,
    } | columns
    row.setdefault("stop", row["start"] + released)
    names = ", ".join(f'"{name}"' for name in row)
    return f"INSERT INTO matching_matchrelease ({names}) VALUES ({', '.join(['%s'] * len(row))})", *row.values()


def test_a_match_behind_the_last_one_is_taken(pool):
    done(*insert_match(pool))
    assert pool.matches.count() == 2


def test_it_refuses_a_match_that_passes_the_pledge(pool):
    assert "match_over_committed" in refused_by_database(*insert_match(pool, matched_minor=50_01))
    done(*insert_match(pool, matched_minor=50_00))


def test_it_refuses_a_match_that_passes_the_cap_in_all():
    pool = open_pool(pledged_minor=100_00, cap_total_minor=60_00)
    run()
    post_gift(pool.project, 100_00)
    run()
    assert "match_over_committed" in refused_by_database(*insert_match(pool, matched_minor=10_01))


@pytest.mark.parametrize(
    "columns",
    [
        {"place": 3},  # a gap
        {"place": 1},  # a fork
        {"start": 0},  # an overlap
        {"start": 60_00},  # a hole
    ],
)
def test_it_refuses_a_match_that_breaks_the_chain(pool, columns):
    refused_by_database(*insert_match(pool, **columns))


def test_it_refuses_a_match_that_does_not_fill_its_interval(pool):
    refused_by_database(*insert_match(pool, stop=50_00))


def test_it_refuses_a_second_answer_to_the_same_gift(pool):
    refused_by_database(*insert_match(pool, gift_ref=pool.matches.get().gift_ref))


def test_it_refuses_more_than_was_wanted_or_left(pool):
    refused_by_database(*insert_match(pool, wanted_minor=1_00))
    refused_by_database(*insert_match(pool, left_minor=1_00))


def test_it_refuses_money_without_an_entry(pool):
    refused_by_database(*insert_match(pool, entry_id=None))


def test_it_refuses_a_match_by_a_version_that_is_not_published_or_not_its_own(pool):
    drafted = draft_rule(pool)
    assert "match_rule" in refused_by_database(*insert_match(pool, rule_id=drafted.pk))
    assert "match_rule" in refused_by_database(*insert_match(pool, rule_id=open_pool().rules.get().pk))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="TRUNCATE is PostgreSQL's")
@pytest.mark.parametrize("table", ["match", "matchrelease", "matchpayment", "matchfreeze"])
def test_no_table_of_answers_is_emptied(db, table):
    refused_by_database(f"TRUNCATE matching_{table} CASCADE")


@pytest.mark.parametrize("model", [Match, MatchRelease])
def test_no_answer_is_deleted(pool, model):
    run()
    post_refund(pool.matches.get().gift_entry_id, 100_00)
    run()
    assert model.objects.count() == 1
    refused_by_database(f"DELETE FROM {model._meta.db_table}")
    refused_by_database(f"UPDATE {model._meta.db_table} SET stop = 0")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="REPLACE is SQLite's")
def test_no_answer_is_replaced(pool):
    match = pool.matches.get()
    sql, *values = insert_match(pool, gift_ref=match.gift_ref, place=match.place, start=0, matched_minor=1)
    refused_by_database(sql.replace("INSERT", "INSERT OR REPLACE", 1), *values)


def test_it_refuses_to_release_more_than_was_matched(pool):
    match = pool.matches.get()
    assert "release_too_large" in refused_by_database(*insert_release(match, released_minor=50_01))
    done(*insert_release(match, released_minor=30_00))
    assert "release_too_large" in refused_by_database(
        *insert_release(match, released_minor=20_01, place=2, start=30_00)
    )


def test_it_refuses_to_release_twice_for_the_same_refund(pool):
    match = pool.matches.get()
    done(*insert_release(match, refund_ref="r1", released_minor=1_00))
    refused_by_database(*insert_release(match, refund_ref="r1", released_minor=1_00, place=2, start=1_00))


@pytest.mark.parametrize("columns", [{"place": 2}, {"start": 1}, {"released_minor": -1}])
def test_it_refuses_a_release_that_breaks_the_chain(pool, columns):
    refused_by_database(*insert_release(pool.matches.get(), **columns))


def test_it_refuses_a_release_in_the_name_of_another_pot(pool):
    other = open_pool()
    assert "release_too_large" in refused_by_database(*insert_release(pool.matches.get(), pool_id=other.pk))


# --- rules and pledges -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "ratio_bps = 1",
        "cap_per_gift_minor = 1",
        "cap_per_donor_minor = 1",
        "channels = 'x'",
        "closes_on = '2030-01-01'",
        "published_at = NULL",
    ],
)
def test_a_published_version_is_never_changed(pool, change):
    assert "rule_frozen" in refused_by_database(f"UPDATE matching_matchrule SET {change}")


def test_a_published_version_is_never_removed():
    open_pool()
    assert "rule_frozen" in refused_by_database("DELETE FROM matching_matchrule")


def test_it_refuses_a_version_that_was_never_drafted(pool):
    rule = pool.rules.get()
    message = refused_by_database(
        "INSERT INTO matching_matchrule (pool_id, version, ratio_bps, opens_on, closes_on, drafted_by, drafted_at,"
        " published_by, published_at, notice_id) SELECT pool_id, 9, 1, opens_on, closes_on, 'a', drafted_at, 'b',"
        " published_at, %s FROM matching_matchrule WHERE id = %s",
        uuid.uuid4().hex,
        rule.pk,
    )
    assert "rule_drafted_first" in message


PUBLISH = "UPDATE matching_matchrule SET published_by = %s, published_at = drafted_at, notice_id = %s"


def test_it_refuses_a_version_published_by_its_maker():
    rule = draft_rule(draft_pool())
    refused_by_database(PUBLISH, rule.drafted_by, uuid.uuid4().hex)


def test_publishing_changes_no_terms():
    draft_rule(draft_pool())
    assert "rule_published_as_drafted" in refused_by_database(PUBLISH + ", ratio_bps = 9999", "other", uuid.uuid4().hex)
    assert "rule_published_as_drafted" in refused_by_database(PUBLISH + ", drafted_by = 'x'", "other", uuid.uuid4().hex)
    for change in ("cap_per_donor_minor = 1", "cap_per_day_minor = 1", "channels = 'x'", "rounding = 'NEAREST'"):
        assert "rule_published_as_drafted" in refused_by_database(f"{PUBLISH}, {change}", "other", uuid.uuid4().hex)


@pytest.mark.parametrize("change", ["pledged_minor = pledged_minor + 1", "currency = 'USD'", "project_id = 0"])
def test_what_a_pot_promises_stands_once_a_rule_is_published(pool, change):
    assert "pool_frozen" in refused_by_database(f"UPDATE matching_matchpool SET {change}")


def test_a_pledge_may_be_corrected_before_anything_is_published():
    pool = draft_pool()
    done("UPDATE matching_matchpool SET pledged_minor = 5 WHERE id = %s", pool.pk)


def test_a_draft_may_be_corrected_and_dropped():
    draft_rule(draft_pool())
    done("UPDATE matching_matchrule SET ratio_bps = 1")
    done("DELETE FROM matching_matchrule")
