"""Citations and numbers as a lawyer writes them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.law import Unit, cite, names_unit, numeral

NUMBERS = st.integers(1, 99)


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("art_40", "第四十条"),
        ("art_21__para_4", "第二十一条第四款"),
        ("art_27__para_1__item_3", "第二十七条第一款第(三)项"),
        ("art_10__para_1", "第十条第一款"),
    ],
)
def test_units_are_cited_as_lawyers_cite_them(unit: str, words: str):
    assert cite(unit) == words


@pytest.mark.parametrize(
    "unit", ["", "art_", "art_0", "art_04", "art_100", "art_1__item_1", "art_1__para_1__", "art_١"]
)
def test_a_string_that_names_nothing_is_never_cited(unit: str):
    assert not names_unit(unit)
    with pytest.raises(ValueError, match="is no id"):
        cite(unit)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_different_units_have_different_citations(article: int, paragraph: int, item: int):
    names = [f"art_{article}", f"art_{article}__para_{paragraph}", f"art_{article}__para_{paragraph}__item_{item}"]
    assert [names_unit(name) for name in names] == [False, True, True]
    assert len({cite(name) for name in names}) == 3


def test_numerals_are_distinct_and_read_as_chinese_numbers():
    written = [numeral(number) for number in range(1, 100)]
    assert len(set(written)) == 99
    assert all(re.fullmatch("[二三四五六七八九]?十?[一二三四五六七八九]?", word) for word in written)


def test_the_digest_of_a_unit_ignores_white_space_and_width():
    half, full = (
        Unit("art_1__para_1", "提供,使用(数据)。", coded=True),
        Unit("art_1__para_1", " 提供,使用 (数据)。\n", coded=True),
    )
    assert half.digest == full.digest
    assert half.digest != Unit("art_1__para_1", "提供,使用(数据)", coded=True).digest
