"""What the quick eye of the walk takes for right is right: held against the patient reading of the same words."""

from datetime import UTC, datetime
from json import dumps, loads

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.core.canonical import canonical_text
from ledger.leaf_rows import at_microseconds
from ledger.policy.kinds import KINDS
from ledger.verify.plain import plain_facts

WORDS = st.sampled_from(["channel", "donor", "pool", "rule", "origin", "offered", "gift_index", "x", ""])
VALUES = st.one_of(st.integers(-(2**60), 2**60), st.text(max_size=6), st.booleans(), st.none(), st.floats())
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": ")])


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(WORDS, VALUES, max_size=4), SEPARATORS, st.booleans())
@example("GIFT", {"channel": 'a"b', "donor": "\\"}, (",", ":"), True)
def test_facts_that_look_plain_are_canonical_and_allowed(kind, facts, separators, in_order):
    stored = dumps(facts, separators=separators, sort_keys=in_order)
    if plain_facts(kind).fullmatch(stored):
        assert loads(stored).keys() <= KINDS[kind].facts
        assert canonical_text(loads(stored)) == stored


@pytest.mark.parametrize("stored", ['{"channel":"stripe","donor":"d1"}', '{"donor":"d1"}', "{}", '{"channel":"a{"}'])
def test_ordinary_facts_of_a_gift_look_plain(stored):
    assert plain_facts("GIFT").fullmatch(stored)


@pytest.mark.parametrize(
    "stored",
    [
        '{"donor":"d1","channel":"stripe"}',
        '{"channel":"a""donor":"b"}',
        '{,"donor":"b"}',
        '{"channel":"a",}',
        '{"channel":"a"}\n',
        '{"channel":01}',
        '{"channel":-0}',
        '{"channel":"\t"}',
        '{"channel":"渠道"}',
        '{"pool":"p"}',
    ],
)
def test_what_is_written_otherwise_does_not(stored):
    assert not plain_facts("GIFT").fullmatch(stored)


@given(st.datetimes(datetime(1999, 12, 31), datetime(2101, 1, 1)))  # noqa: DTZ001 as SQLite keeps them
def test_moments_are_read_as_they_are(moment):
    stored = str(moment)
    assert at_microseconds(stored) == int((moment.replace(tzinfo=UTC)).timestamp()) * 1_000_000 + moment.microsecond


@pytest.mark.parametrize(
    "stored",
    [
        "2026-02-30 10:00:00",
        "2026-01-01 24:00:00",
        "2026-01-01T10:00:00",
        "2026-01-01 10:00:00.000000",
        "2026-01-01 10:00:00.12345",
        "2026-01-01 10:00:00,123456",
        "2026-01-01 10:00:00+00:00",
        "2026-01-01",
    ],
)
def test_other_moments_are_refused(stored):
    at_microseconds("2026-01-01 10:00:00.123456")  # the day and the time of day are known
    with pytest.raises(ValueError, match=r"no moment|Invalid|month|day|hour"):
        at_microseconds(stored)
