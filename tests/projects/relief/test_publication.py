"""Nobody is shown who could be recognised, and nothing is lost from the sums."""

import datetime

from hypothesis import given
from hypothesis import strategies as st

from projects.relief.publication import Candidate, publish

K = 5
TOWNS = (("T1", "D1", "CN"), ("T2", "D1", "CN"), ("T3", "D2", "CN"), ("D2", "CN"))
MONTHS = (datetime.date(2026, 3, 1), datetime.date(2026, 4, 1))


def candidate(number, household, places, month, purpose, amount, alone):
    return Candidate(
        award_ref=f"a{number}",
        household=f"h{household}",
        pseudonym_zh=f"小{number}（化名）",
        pseudonym_en=f"Xiao {number}",
        places=places,
        month=month,
        purpose=purpose,
        amount_minor=amount,
        is_paid=False,
        may_stand_alone=alone,
    )


drawn = st.tuples(
    st.integers(0, 25),
    st.sampled_from(TOWNS),
    st.sampled_from(MONTHS),
    st.sampled_from(("HOUSING", "MEDICAL")),
    st.integers(1, 10**9),
    st.booleans(),
)


@given(st.lists(drawn, max_size=40))
def test_no_row_shows_fewer_than_k_and_no_amount_is_lost(many):
    candidates = [candidate(number, *values) for number, values in enumerate(many)]
    rows = publish(candidates, k=K)
    by_ref = {c.award_ref: c for c in candidates}
    shown = [ref for row in rows for ref in row.award_refs]
    assert sorted(shown) == sorted(by_ref)
    assert sum(row.amount_minor for row in rows) == sum(c.amount_minor for c in candidates)
    for row in rows:
        inside = [by_ref[ref] for ref in row.award_refs]
        assert row.amount_minor == sum(c.amount_minor for c in inside)
        if row.is_single:
            cell = {
                c.household
                for c in candidates
                if (c.places[0], c.month, c.purpose) == (row.place, row.month, row.purpose)
            }
            assert inside[0].may_stand_alone
            assert len(cell) >= K
        elif row.households is None:
            assert len(rows) == 1
            assert (row.place, row.month, row.purpose) == ("", None, "")
        else:
            assert row.households == len({c.household for c in inside}) >= K
            assert not row.place or all(row.place in c.places for c in inside)


@given(st.lists(drawn, max_size=40), st.randoms())
def test_the_rows_do_not_depend_on_the_order_of_the_awards(many, random):
    candidates = [candidate(number, *values) for number, values in enumerate(many)]
    shuffled = candidates[:]
    random.shuffle(shuffled)
    assert publish(candidates, k=K) == publish(shuffled, k=K)


def town_of(count, *, alone=True, start=0, town=TOWNS[0], month=MONTHS[0]):
    return [candidate(start + i, start + i, town, month, "HOUSING", 100, alone) for i in range(count)]


def test_five_similar_households_stand_each_under_a_pseudonym():
    rows = publish(town_of(5), k=K)
    assert [row.is_single for row in rows] == [True] * 5


def test_four_are_one_sum_without_a_number():
    (row,) = publish(town_of(4), k=K)
    assert (row.households, row.place, row.amount_minor) == (None, "", 400)


def test_five_grants_to_one_household_are_not_five_households():
    (row,) = publish([candidate(i, 1, TOWNS[0], MONTHS[0], "HOUSING", 100, True) for i in range(5)], k=K)
    assert row.households is None


def test_small_towns_are_merged_into_the_district():
    rows = publish(town_of(3) + town_of(3, start=10, town=TOWNS[1]), k=K)
    assert [(row.place, row.households) for row in rows] == [("D1", 6)]


def test_two_small_months_of_a_town_are_one_row_of_the_town():
    rows = publish(town_of(3) + town_of(3, start=10, month=MONTHS[1]), k=K)
    assert [(row.place, row.month, row.households) for row in rows] == [("T1", None, 6)]


def test_one_household_that_does_not_consent_is_not_left_over_alone():
    rows = publish(town_of(6) + town_of(1, alone=False, start=20), k=K)
    assert [row.households for row in rows] == [7]


def test_those_who_do_not_consent_are_counted_together_where_they_are_enough():
    rows = publish(town_of(6) + town_of(5, alone=False, start=20), k=K)
    assert sorted(row.households for row in rows) == [1] * 6 + [5]
