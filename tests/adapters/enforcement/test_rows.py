"""Promises of deciding row by row: true lets pass, false and unknown do not, and nothing is guessed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.enforcement.canonical import LARGEST, Comparison, Compound, RowFilter, row_filter
from adapters.enforcement.refused import RefusedError
from adapters.enforcement.rows import holds, passes
from tests.adapters.enforcement.filters import conditions, filters, rows

KNOWN = {"type": "field", "field": "dept", "operator": "eq", "value": "A"}


def parsed(ast):
    return row_filter({"kind": "conditional", "ast": ast}).condition


def test_all_is_said_and_never_guessed():
    assert passes(row_filter({"kind": "all"}), {})
    assert not passes(row_filter({"kind": "none"}), {"dept": "A"})
    for said in (None, {}, [], "all", {"kind": None}, {"kind": "ALL"}, {"kind": "conditional"}, {"ast": KNOWN}):
        with pytest.raises(RefusedError):
            row_filter(said)


@pytest.mark.parametrize(
    "ast",
    [
        {},
        {**KNOWN, "more": 1},
        {**KNOWN, "operator": "regex"},
        {**KNOWN, "operator": "eq", "value": None},
        {**KNOWN, "operator": "eq", "value": 1.5},
        {**KNOWN, "operator": "eq", "value": {"field": "other"}},
        {**KNOWN, "operator": "eq", "value": ["A"]},
        {**KNOWN, "operator": "in", "value": "A"},
        {**KNOWN, "operator": "in", "value": []},
        {**KNOWN, "operator": "in", "value": ["A", 1]},
        {**KNOWN, "operator": "in", "value": [True, 1]},
        {**KNOWN, "operator": "lt", "value": True},
        {**KNOWN, "operator": "startswith", "value": 1},
        {**KNOWN, "operator": "eq", "value": LARGEST + 1},
        {"type": "compound", "operator": "and", "value": []},
        {"type": "compound", "operator": "not", "value": [KNOWN, KNOWN]},
        {"type": "compound", "operator": "xor", "value": [KNOWN]},
        {"type": "compound", "operator": "or", "value": KNOWN},
    ],
)
def test_a_filter_that_says_something_else_is_refused(ast):
    with pytest.raises(RefusedError):
        row_filter({"kind": "conditional", "ast": ast})


def test_a_filter_that_is_too_deep_is_refused():
    ast = KNOWN
    for _ in range(40):
        ast = {"type": "compound", "operator": "not", "value": [ast]}

    with pytest.raises(RefusedError, match="too deep"):
        row_filter({"kind": "conditional", "ast": ast})


@given(filters())
def test_what_is_read_is_what_was_said(said):
    assert plain(row_filter(said)) == said


def plain(read: RowFilter) -> dict:
    return {"kind": read.kind} if read.condition is None else {"kind": read.kind, "ast": ast_of(read.condition)}


def ast_of(node: Comparison | Compound) -> dict:
    if isinstance(node, Compound):
        return {"type": "compound", "operator": node.operator, "value": [ast_of(part) for part in node.parts]}
    value = list(node.value) if isinstance(node.value, tuple) else node.value
    return {"type": "field", "field": node.field, "operator": node.operator, "value": value}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({}, None),
        ({"dept": None}, None),
        ({"dept": 1}, None),
        ({"dept": True}, None),
        ({"dept": ["A"]}, None),
        ({"dept": {"A": "A"}}, None),
        ({"dept": "a"}, False),
        ({"dept": "A"}, True),
    ],
)
def test_what_is_missing_null_or_of_another_type_is_unknown(row, found):
    assert holds(parsed(KNOWN), row) is found
    assert holds(parsed({"type": "compound", "operator": "not", "value": [KNOWN]}), row) is (
        None if found is None else not found
    )


def test_numbers_truth_values_and_texts_are_never_taken_for_each_other():
    one = {"type": "field", "field": "n", "operator": "eq", "value": 1}
    yes = {"type": "field", "field": "n", "operator": "eq", "value": True}
    text = {"type": "field", "field": "n", "operator": "eq", "value": "1"}

    found = {
        str(ast["value"]): [holds(parsed(ast), {"n": value}) for value in (1, 1.0, True, "1", float("nan"))]
        for ast in (one, yes, text)
    }

    assert found["True"] == [None, None, True, None, None]
    assert holds(parsed(one), {"n": True}) is None
    assert holds(parsed(one), {"n": float("nan")}) is None
    assert holds(parsed(one), {"n": 1.0}) is True
    assert holds(parsed(text), {"n": 1}) is None


def test_a_day_compares_as_its_text_and_a_dotted_name_leads_into_objects():
    after = {"type": "field", "field": "born.day", "operator": "gte", "value": "2020-01-01"}

    assert holds(parsed(after), {"born": {"day": date(2020, 1, 1)}}) is True
    assert holds(parsed(after), {"born.day": "2019-12-31"}) is False
    assert holds(parsed(after), {"born": [{"day": "2020-01-01"}]}) is None


@given(conditions(), rows())
def test_a_row_never_passes_a_condition_and_its_contrary(ast, given_rows):
    contrary = {"type": "compound", "operator": "not", "value": [ast]}
    for row in given_rows:
        assert not (holds(parsed(ast), row) is True and holds(parsed(contrary), row) is True)


@given(conditions(), rows(), st.data())
def test_a_member_that_goes_missing_never_lets_a_plain_comparison_pass(ast, given_rows, data):
    for row in given_rows:
        gone = data.draw(st.sampled_from(sorted(row)))
        without = {name: value for name, value in row.items() if name != gone}
        null = {**row, gone: None}
        assert holds(parsed(ast), without) is holds(parsed(ast), null)
