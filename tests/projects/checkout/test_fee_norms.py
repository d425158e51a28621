"""How much a donor adds: whole numbers, never too little, never a unit too much."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.checkout.fee_norms import NORMS, FeeNorm, estimated_fee, gross_up, norm_for, total_for
from projects.checkout.methods import BANK_TRANSFER, CARD, methods_for
from projects.giving.limits import limits_of, step_minor
from tests.refusals import refused

ON = date(2026, 3, 1)
norms = st.builds(
    FeeNorm, since=st.just(ON), bps=st.integers(0, 9_000), fixed_minor=st.integers(0, 10_000), source=st.just("test")
)


@given(gift=st.integers(1, 10**10), norm=norms, step=st.sampled_from([1, 10]))
def test_the_gift_is_left_after_the_fee_and_one_step_less_would_not_do(gift, norm, step):
    gift *= step
    total = gross_up(gift, norm, step_minor=step)
    assert type(total) is int
    assert total % step == 0
    assert total - estimated_fee(total, norm) >= gift
    less = total - step
    assert less - estimated_fee(less, norm) < gift


@given(gift=st.integers(1, 10**10), norm=norms)
def test_more_given_is_never_less_paid(gift, norm):
    assert gross_up(gift, norm) < gross_up(gift + 1, norm)


@given(gift=st.integers(1, 10**10))
def test_where_nothing_is_charged_nothing_is_added(gift):
    assert gross_up(gift, FeeNorm(ON, 0, 0, "test")) == gift


@pytest.mark.parametrize(
    ("currency", "gift", "total"),
    [
        # (100.00 + 0.30) / 0.971 = 103.2955…
        ("USD", 100_00, 103_30),
        ("CNY", 100_00, 105_60),
        ("CNY", 1_00, 3_11),
        # 1000 / 0.964 = 1037.34…
        ("JPY", 1_000, 1_038),
        # (5.000 + 0.090) / 0.966 = 5.2691…, and cards know no third decimal.
        ("KWD", 5_000, 5_270),
    ],
)
def test_exact_figures(currency, gift, total):
    assert total_for(gift, currency, CARD, on=ON, step_minor=step_minor(currency)) == total


def test_no_way_chosen_is_the_card():
    assert norm_for("", "USD", ON) == norm_for(CARD, "USD", ON)


def test_a_norm_holds_from_its_day_on(settings):
    first, second = FeeNorm(date(2026, 1, 1), 100, 0, "a"), FeeNorm(date(2026, 7, 1), 200, 0, "b")
    settings.FEE_NORMS = {(CARD, "USD"): (second, first)}
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1))
    assert [norm_for(CARD, "USD", day) for day in days] == [None, first, first, second]


@pytest.mark.parametrize(("method", "currency"), [(BANK_TRANSFER, "EUR"), (CARD, "THB"), ("cheque", "USD")])
def test_it_refuses_where_no_fee_is_known(method, currency):
    assert refused(total_for, 100, currency, method, on=ON, step_minor=1) == "cover_not_known"


@pytest.mark.parametrize(("method", "currency"), sorted(NORMS))
def test_every_norm_is_of_a_known_way_and_currency_with_its_source(method, currency):
    assert method in methods_for(currency)
    assert limits_of(currency)
    for norm in NORMS[method, currency]:
        assert 0 < norm.bps < 1_000
        assert norm.fixed_minor >= 0
        assert norm.source
