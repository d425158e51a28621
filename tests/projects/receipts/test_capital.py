"""Amounts in Chinese capitals, and a naive reader that reads them back without knowing how they were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.refusals import Refused
from projects.receipts.capital import MOST_MINOR, capital, capital_with_currency

BOOK = [
    (0, "零元整"),
    (1, "壹分"),
    (10, "壹角整"),
    (11, "壹角壹分"),
    (1_00, "壹元整"),
    (1_01, "壹元零壹分"),
    (1_10, "壹元壹角整"),
    (10_00, "壹拾元整"),
    (10_50, "壹拾元伍角整"),
    (105_00, "壹佰零伍元整"),
    (325_04, "叁佰贰拾伍元零肆分"),
    (1_005_00, "壹仟零伍元整"),
    (1_680_32, "壹仟陆佰捌拾元叁角贰分"),
    (10_000_00, "壹万元整"),
    (10_001_00, "壹万零壹元整"),
    (16_409_02, "壹万陆仟肆佰零玖元零贰分"),
    (17_500_00, "壹万柒仟伍佰元整"),
    (20_010_00, "贰万零壹拾元整"),
    (107_000_53, "壹拾万柒仟元伍角叁分"),
    (175_000_00, "壹拾柒万伍仟元整"),
    (278_000_00, "贰拾柒万捌仟元整"),
    (1_000_000_00, "壹佰万元整"),
    (10_000_000_00, "壹仟万元整"),
    (100_000_000_00, "壹亿元整"),
    (100_000_001_00, "壹亿零壹元整"),
    (105_000_000_00, "壹亿零伍佰万元整"),
    (100_010_000_00, "壹亿零壹万元整"),
    (1_010_101_010_10, "壹拾亿壹仟零壹拾万壹仟零壹拾元壹角整"),
    (1_000_000_000_000_00, "壹万亿元整"),
    (1_000_000_010_000_00, "壹万亿零壹万元整"),
]


@pytest.mark.parametrize(("minor", "words"), BOOK)
def test_it_writes_what_the_textbook_writes(minor, words):
    assert capital(minor) == words


@pytest.mark.parametrize("minor", [-1, MOST_MINOR + 1])
def test_it_refuses_what_cannot_be_written(minor):
    with pytest.raises(Refused) as refused:
        capital(minor)
    assert refused.value.code == "amount_not_writable"


def test_yuan_are_named_in_front_and_other_currencies_have_no_such_form():
    assert capital_with_currency(17_500_00, "CNY") == "人民币壹万柒仟伍佰元整"
    assert capital_with_currency(17_500_00, "USD") == ""


def read_back(words: str) -> int:
    """Fen, read sign by sign: a figure waits for its unit, 万 and 亿 multiply what stands before them."""
    figures = {sign: value for value, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
    done = group = waiting = minor = 0
    for sign in words.removesuffix("整"):
        if sign in figures:
            waiting = figures[sign]
        elif sign in (small := {"拾": 10, "佰": 100, "仟": 1_000}):
            group, waiting = group + waiting * small[sign], 0
        elif sign == "万":
            group, waiting = (group + waiting) * 10_000, 0
        elif sign == "亿":
            done, group, waiting = done + (group + waiting) * 10**8, 0, 0
        elif sign == "元":
            minor, waiting = (done + group + waiting) * 100, 0
        else:
            minor, waiting = minor + waiting * {"角": 10, "分": 1}[sign], 0
    return minor


@given(st.integers(0, 10**15) | st.integers(0, 1000).map(lambda n: n * 10**7) | st.integers(0, 10**5))
def test_a_naive_reader_reads_the_same_amount_back(minor):
    words = capital(minor)
    assert read_back(words) == minor
    assert "零零" not in words
    assert not words.startswith("零") or minor == 0
    assert not any(f"零{unit}" in words for unit in "拾佰仟万亿角分")
    assert "零元" not in words or minor == 0
