"""What is done about many tries at cards, purely; the way through the form is in `checkout/test_card_testing.py`."""

import datetime
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.giving import guard_challenge
from projects.giving.guard_rules import Counts, Limits, Verdict, judge, under_attack
from tests.factories.access import BEGIN

NAMES = list(Counts.__dataclass_fields__)
counts = st.builds(Counts, **{name: st.integers(0, 2_000) for name in NAMES})
ORDER = [Verdict.FREE, Verdict.CHALLENGE, Verdict.REFUSE]


def verdict(**told) -> Verdict:
    return judge(Counts(**told), Limits(), solved=False, challenge_works=True)


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ({}, "FREE"),
        ({"opened_address": 4}, "FREE"),
        ({"opened_address": 5}, "CHALLENGE"),
        ({"opened_address": 99}, "CHALLENGE"),
        ({"opened_address": 100}, "REFUSE"),
        ({"opened_email": 5}, "CHALLENGE"),
        ({"opened_email": 20}, "REFUSE"),
        ({"opened_network": 49}, "FREE"),
        ({"opened_network": 50}, "CHALLENGE"),
        ({"declined_address": 1}, "FREE"),
        ({"declined_address": 2}, "CHALLENGE"),
        ({"declined_email": 5}, "REFUSE"),
        ({"declined_form": 6, "opened_form": 12}, "CHALLENGE"),
        ({"declined_form": 6, "opened_form": 13}, "FREE"),
        ({"declined_form": 5, "opened_form": 5}, "FREE"),
        # A giving day: thousands give, some cards fail.
        ({"declined_form": 200, "opened_form": 4_000}, "FREE"),
    ],
)
def test_what_is_usual_and_what_is_not(told, answer):
    assert verdict(**told) == answer


@given(counts, st.sampled_from(NAMES), st.integers(1, 500))
def test_more_tries_never_make_it_easier(before, name, more):
    after = Counts(**{**vars(before), name: getattr(before, name) + more})
    # More pages opened without declines make the form's share of declines smaller: that alone may ease it.
    if name != "opened_form":
        first, then = (judge(one, Limits(), solved=False, challenge_works=True) for one in (before, after))
        assert ORDER.index(then) >= ORDER.index(first)


@given(counts)
def test_a_solved_challenge_frees_from_challenges_only(told):
    asked = judge(told, Limits(), solved=False, challenge_works=True)
    solved = judge(told, Limits(), solved=True, challenge_works=True)
    assert solved == (Verdict.FREE if asked == Verdict.CHALLENGE else asked)


@given(counts)
def test_without_a_challenge_it_is_stricter(told):
    asked = judge(told, Limits(), solved=False, challenge_works=True)
    down = judge(told, Limits(), solved=True, challenge_works=False)
    assert down == (Verdict.REFUSE if asked == Verdict.CHALLENGE else asked)


def test_declines_that_were_told_before_their_pages_count_all_the_same():
    assert under_attack(Counts(declined_form=6, opened_form=0), Limits())


# ---- the challenge ----

SECOND = datetime.timedelta(seconds=1)


def work(token: str) -> str:
    """What the browser's script does."""
    for number in range(1 << 20):
        digest = hashlib.sha256(f"{token}:{number}".encode()).digest()
        if int.from_bytes(digest[:4], "big") >> (32 - guard_challenge.BITS) == 0:
            return str(number)
    raise AssertionError("unlucky beyond belief")


@pytest.fixture
def token() -> str:
    return guard_challenge.new_challenge(scope="a:1", at=BEGIN)


def test_work_or_waiting_solves_it(token):
    assert guard_challenge.solved(token, work(token), scope="a:1", at=BEGIN)
    assert guard_challenge.solved(token, "", scope="a:1", at=BEGIN + guard_challenge.WAIT_SECONDS * SECOND)


@pytest.mark.parametrize("answer", ["", "0", "x", "-1", "9" * 13, "１２", "1e3"])
def test_anything_else_does_not(token, answer):
    if answer != "0" or work(token) != "0":
        assert not guard_challenge.solved(token, answer, scope="a:1", at=BEGIN)


def test_it_is_bound_to_who_asked_and_to_its_half_hour(token):
    answer = work(token)
    assert not guard_challenge.solved(token, answer, scope="b:1", at=BEGIN)
    assert not guard_challenge.solved(token, answer, scope="a:1", at=BEGIN + 1801 * SECOND)
    assert not guard_challenge.solved(token, answer, scope="a:1", at=BEGIN - SECOND)
    assert not guard_challenge.solved(token[:-2] + "xx", answer, scope="a:1", at=BEGIN)
    assert not guard_challenge.solved("", "", scope="a:1", at=BEGIN)
