"""The pure core: money, canonical bytes, lines, ids. Properties first, then the borders."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.core import lines, money
from ledger.core.canonical import LARGEST_INTEGER, canonical_bytes
from ledger.core.entries import Draft, Line
from ledger.core.ids import uuid7
from ledger.core.lines import SKIP, SPEND, Interval, advance, available, take_last, total, without
from ledger.core.refusals import Refused

CURRENCIES = st.sampled_from(sorted(money.EXPONENTS))
AMOUNTS = st.integers(1, money.LARGEST_MINOR)

# ---- money ----


@given(AMOUNTS, CURRENCIES)
def test_what_is_shown_can_be_typed(minor, currency):
    assert money.parse_amount(money.decimal_text(minor, currency), currency) == minor
    grouped = f"{Decimal(money.decimal_text(minor, currency)):,}"
    assert money.parse_amount(grouped, currency) == minor


@given(AMOUNTS, CURRENCIES)
def test_what_is_shown_is_the_exact_decimal(minor, currency):
    assert Decimal(money.decimal_text(minor, currency)).scaleb(money.EXPONENTS[currency]) == minor


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1", 100), ("0.01", 1), ("99.5", 9_950), ("1,234.50", 123_450), (" ￥２０．５ ", 2_050), ("¥8", 800),
        ("1，000", 100_000), ("10000000000000", 10**15), ("007", 700), ("1.10000", 110),
    ],
)  # fmt: skip
def test_amounts_that_people_type(text, minor):
    assert money.parse_amount(text, "CNY") == minor


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "amount_not_a_number"), ("abc", "amount_not_a_number"), ("1e5", "amount_not_a_number"),
        ("NaN", "amount_not_a_number"), ("Infinity", "amount_not_a_number"), ("1.2.3", "amount_not_a_number"),
        ("1,23", "amount_not_a_number"), ("12,3456", "amount_not_a_number"), ("+5", "amount_not_a_number"),
        ("0x10", "amount_not_a_number"), ("1_000", "amount_not_a_number"), ("=1+1", "amount_not_a_number"),
        ("٣", "amount_not_a_number"), ("1\n2", "amount_not_a_number"), ("½", "amount_not_a_number"),
        ("9" * 400, "amount_not_a_number"), ("-5", "amount_not_positive"), ("－5", "amount_not_positive"),
        ("0", "amount_not_positive"), ("0.00", "amount_not_positive"), ("0.001", "amount_too_fine"),
        ("1.005", "amount_too_fine"), ("10000000000000.01", "amount_too_large"),
        ("999999999999999", "amount_too_large"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text, code):
    with pytest.raises(Refused) as refusal:
        money.parse_amount(text, "CNY")
    assert refusal.value.code == code


@given(st.text(max_size=30), CURRENCIES)
def test_any_text_is_an_amount_or_refused(text, currency):
    try:
        minor = money.parse_amount(text, currency)
    except Refused:
        return
    assert 0 < minor <= money.LARGEST_MINOR


def test_decimal_places_are_the_currencys():
    assert money.parse_amount("500", "JPY") == 500
    assert money.parse_amount("1.234", "KWD") == 1_234
    with pytest.raises(Refused) as refusal:
        money.parse_amount("1.5", "JPY")
    assert refusal.value.code == "amount_too_fine"


@pytest.mark.parametrize("currency", ["XXX", "cny", "", "BTC", "C" * 500])
def test_a_currency_is_never_guessed(currency):
    with pytest.raises(Refused) as refusal:
        money.parse_amount("1", currency)
    assert refusal.value.code == "currency_unknown"


@pytest.mark.parametrize(
    ("minor", "currency", "whole", "shown"),
    [
        (123_450, "CNY", False, "¥1,234.50"), (100, "CNY", True, "¥1"), (150, "CNY", True, "¥1.50"),
        (-5, "CNY", False, "−¥0.05"), (1_000, "JPY", False, "JP¥1,000"), (1_234, "KWD", False, "KWD 1.234"),
        (0, "USD", False, "US$0.00"),
    ],
)  # fmt: skip
def test_amounts_as_readers_see_them(minor, currency, whole, shown):
    assert money.format_amount(minor, currency, whole=whole) == shown


@given(st.integers(0, money.LARGEST_MINOR), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_parts_add_up_to_the_whole(amount, weights):
    if not sum(weights):
        with pytest.raises(ValueError, match="weights"):
            money.split(amount, weights)
        return
    parts = money.split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        exact = Decimal(amount) * weight / sum(weights)
        assert abs(part - exact) < 1
        assert weight or not part


# ---- canonical bytes ----

KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
INTEGERS = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
VALUES = st.recursive(
    INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_our_bytes_are_those_of_rfc_8785(value):
    assert canonical_bytes(value) == rfc8785.dumps(value)
    assert json.loads(canonical_bytes(value)) == value


@pytest.mark.parametrize(
    "value", [None, True, 1.0, float("nan"), 2**53, -(2**53), {"é": 1}, {1: 1}, b"x", {"a": [None]}, "\ud800", object()]
)
def test_what_has_no_certain_bytes_is_refused(value):
    with pytest.raises((ValueError, UnicodeEncodeError)):
        canonical_bytes(value)


# ---- intervals ----


@given(st.integers(0, 60), st.integers(1, 60), st.lists(st.tuples(st.integers(0, 59), st.integers(1, 6)), max_size=6))
def test_a_spending_takes_exactly_the_next_free_units(cursor, amount, cuts):
    end, taken, holes = 60, set(), []
    for start, length in sorted(cuts):
        units = set(range(start, min(end, start + length)))
        if start >= cursor and units and not units & taken:
            taken |= units
            holes.append(Interval(start, max(units) + 1))
    free = [unit for unit in range(cursor, end) if unit not in taken]
    steps = advance(cursor, amount, holes, end)
    assert available(max(end, cursor), cursor, holes) == len(free)
    if amount > len(free):
        assert steps is None
        return
    assert [u for s in steps if s.kind == SPEND for u in range(s.interval.start, s.interval.stop)] == free[:amount]
    assert all(step.interval in holes for step in steps if step.kind == SKIP)
    assert steps[-1].kind == SPEND
    ends = [cursor, *(step.interval.stop for step in steps)]
    assert [step.interval.start for step in steps] == ends[:-1]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8)), max_size=6), st.integers(0, 60))
def test_cutting_out_and_taking_last_agree_with_single_units(cuts, amount):
    whole = Interval(5, 25)
    taken = [Interval(start, start + length) for start, length in cuts]
    left = without(whole, taken)
    units = [u for u in range(5, 25) if not any(cut.start <= u < cut.stop for cut in taken)]
    assert [u for part in left for u in range(part.start, part.stop)] == units
    last = take_last(left, amount)
    assert [u for part in last for u in range(part.start, part.stop)] == units[len(units) - min(amount, len(units)) :]
    assert total(last) == min(amount, total(left))


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (5, 4), (-1, 3)])
def test_an_interval_runs_forward(start, stop):
    with pytest.raises(ValueError, match="runs forward"):
        lines.Interval(start, stop)


# ---- ids ----


# ---- the input of a draft ----

PLAIN_FACTS = st.dictionaries(
    st.text("abcdefgh_", min_size=1, max_size=8),
    st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.integers(0, LARGEST_INTEGER)),
    max_size=3,
)


@given(
    facts=PLAIN_FACTS,
    lines=st.lists(
        st.tuples(AMOUNTS, CURRENCIES, st.text(st.characters(exclude_categories=["Cs"]))), min_size=1, max_size=3
    ),
    commitment=st.none() | st.binary(min_size=32, max_size=32),
    reverses=st.none() | st.uuids(),
)
def test_what_is_hashed_of_a_draft_is_its_canonical_json(facts, lines, commitment, reverses):
    draft = Draft(
        book="books", kind="GIFT", effective_on=date(2026, 1, 2), document_kind='a"kind', document_ref="ref-12345678",
        lines=tuple(Line("fund", f"d{odd}", f"c{odd}", amount, currency) for amount, currency, odd in lines),
        facts=facts, commitment=commitment, reverses=reverses,
    )  # fmt: skip
    value = {
        "book": "books", "doc": ['a"kind', "ref-12345678"], "facts": facts, "kind": "GIFT",
        "lines": [["fund", f"d{odd}", f"c{odd}", amount, currency] for amount, currency, odd in lines],
        "on": "2026-01-02",
        **({"commitment": commitment.hex()} if commitment is not None else {}),
        **({"reverses": reverses.hex} if reverses is not None else {}),
    }  # fmt: skip
    assert draft.input_text().encode() == canonical_bytes(value)


def test_ids_are_version_7_and_keep_their_order():
    moment = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp() * 1000)
    made = [uuid7(moment, counter, bytes(8)) for counter in range(70_000)]
    made.append(uuid7(moment + 2, 0, bytes(8)))
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}
    assert made[0].int >> 80 == moment


def test_an_id_wants_eight_random_bytes():
    with pytest.raises(ValueError, match="eight random bytes"):
        uuid7(0, 0, b"short")
