"""The figures of the public reports come out of the ledger, to the cent, after the demonstration is loaded."""

import json

import pytest


@pytest.fixture(scope="module")
def totals(demo):
    return json.loads(demo.manage("load_demo", "--totals"))


def test_the_charity_board_has_13_projects_and_58_people_and_175_000_yuan(totals):
    board = totals["sets"]["BOARD"]
    assert (board["projects"], board["budget_minor"]) == (13, 278_000_00)
    assert (board["awards"], board["payouts"], board["paid_minor"]) == (58, 58, 175_000_00)
    assert round(board["paid_minor"] / board["budget_minor"] * 1000) == 629


def test_help_plus_has_558_requests_and_288_awards_of_583_700_yuan(totals):
    plus = totals["sets"]["PLUS"]
    assert (plus["projects"], plus["requests"], plus["awards"]) == (7, 558, 288)
    assert plus["awarded_minor"] == plus["paid_minor"] == 583_700_00
    assert round(plus["awards"] / plus["requests"] * 1000) == 516


def test_no_room_got_more_than_5_000_and_the_42nd_household_got_nothing(totals):
    rooms = totals["sets"]["ROOMS"]
    assert (rooms["requests"], rooms["awards"]) == (42, 41)
    assert rooms["largest_award_minor"] <= 5_000_00
    assert rooms["paid_minor"] <= 205_000_00


def test_the_reserve_was_used_34_times_for_16_700_yuan(totals):
    reserve = totals["sets"]["RESERVE"]
    assert (reserve["awards"], reserve["payouts"], reserve["paid_minor"]) == (34, 34, 16_700_00)


def test_every_award_and_every_match_can_be_followed_and_adds_up(totals):
    assert totals["followed"] >= 58 + 288 + 41 + 34


def test_the_books_verify_after_the_demonstration(demo):
    assert demo.manage("verify")


def test_starting_again_adds_nothing(demo):
    before = json.loads(demo.manage("load_demo", "--totals"))
    assert "nothing was added" in demo.manage("load_demo")
    after = json.loads(demo.manage("load_demo", "--totals"))
    assert after["sets"]["PLUS"] == before["sets"]["PLUS"]
