from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.catalogue.uscc import ALPHABET, category, check_character, fault, valid

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogues"
MADE_UP = [
    "11110102000012000Y",
    "11110102000012345K",
    "12110102400812345J",
    "N211010200001234AA",
    "Y111010200001234A5",
]


@pytest.mark.parametrize("code", MADE_UP)
def test_correctly_spelled_codes_pass_even_without_leading_digits(code):
    assert fault(code) == ""


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("111111111111111111", "校验码应为"),
        ("11110102000012000y", "字符集以外"),
        ("11110102000012000O", "字符集以外"),
        ("1111010200001200", "18位"),
        ("11110102000012000YY", "18位"),
        ("11110102000012000\uff39", "字符集以外"),  # a full-width Y
        ("", "18位"),
        ("11110102000012000X", "校验码应为Y"),
    ],
)
def test_a_wrong_code_says_what_is_wrong(code, says):
    assert says in fault(code)


@given(st.text(alphabet=ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_changed_character_is_always_found_out(stem, place, other):
    code = stem + check_character(stem)
    changed = code[:place] + other + code[place + 1 :]

    assert valid(code)
    assert valid(changed) == (changed == code)


def test_a_stem_of_another_length_has_no_check_character():
    with pytest.raises(ValueError, match="17 characters"):
        check_character("1111")


def test_every_code_of_the_published_list_is_spelled_correctly_and_hints_at_its_kind():
    with (EXAMPLES / "beijing_public_bodies_uscc.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert len(rows) == 716
    assert [row["uscc"] for row in rows if not valid(row["uscc"])] == []
    assert {(category(row["uscc"]), row["kind"][:2]) for row in rows} == {
        ("机关", "机关"),
        ("事业单位", "事业"),
        ("群众团体", "编办"),
        ("其他", "其他"),
    }
