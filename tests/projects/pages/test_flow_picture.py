"""The geometry: both sides carry the same sum at the same scale, and words never stand on each other."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.tracing.flow_picture import LABEL_STEP, THINNEST, Stream, draw


def streams(*amounts: int) -> list[Stream]:
    return [Stream("gift", f"s{index}", amount, str(amount)) for index, amount in enumerate(amounts)]


def test_no_money_is_no_picture():
    assert draw([], []) is None


def test_sides_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="add up"):
        draw(streams(100), streams(99))


def test_equal_amounts_are_equally_thick_on_both_sides():
    picture = draw(streams(60, 40), streams(40, 60))
    heights = [shape.height for shape in picture.wide.shapes]
    assert heights[0] == heights[3]
    assert heights[1] == heights[2]


def test_nothing_that_exists_is_too_thin_to_be_seen():
    picture = draw(streams(1_000_000, 1), streams(1_000_001))
    assert all(shape.height >= THINNEST for shape in picture.wide.shapes)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=3), st.lists(st.integers(1, 10**12), max_size=3))
def test_words_keep_their_distance_and_stay_on_the_canvas(into, out):
    rest = sum(into) - sum(out)
    if rest < 0:
        into = [*into, -rest]
    elif rest > 0:
        out = [*out, rest]
    picture = draw(streams(*into), streams(*out))
    for side in (picture.wide.shapes[: len(into)], picture.wide.shapes[len(into) :]):
        places = [shape.label_y for shape in side]
        assert all(later - earlier >= LABEL_STEP for earlier, later in itertools.pairwise(places))
        assert max(places) + 22 <= picture.wide.height
        bars = [(shape.y, shape.y + shape.height) for shape in side]
        assert all(top >= bottom for (_, bottom), (top, _) in itertools.pairwise(bars))
