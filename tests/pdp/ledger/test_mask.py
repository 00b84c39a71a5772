"""Promises of masks: none is taken that says too little, and two together reveal no more than either."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.ledger import scope
from pdp.ledger.mask import LONGEST, METHODS, Mask, both, fault, stated, united

ENDS = {"field": "phone", "method": "partial", "keep_prefix": 3, "keep_suffix": 4}
ends = st.integers(0, LONGEST)
masks = st.one_of(
    st.sampled_from([Mask("null"), Mask("redact"), Mask("hash")]),
    st.builds(Mask, st.just("partial"), ends, ends),
    st.builds(Mask, st.just("generalise"), table=st.sampled_from(["day_to_year", "day_to_month"])),
)


@pytest.mark.parametrize(
    "said",
    [
        [],
        {},
        "phone",
        ["phone"],
        [{}],
        [{"field": "phone"}],
        [{"method": "null"}],
        [{"field": "", "method": "null"}],
        [{"field": 1, "method": "null"}],
        [{"field": "phone", "method": "blur"}],
        [{"field": "phone", "method": None}],
        [{"field": "phone", "method": ["null"]}],
        [{**ENDS, "keep_prefix": -1}],
        [{**ENDS, "keep_suffix": LONGEST + 1}],
        [{**ENDS, "keep_prefix": True}],
        [{**ENDS, "keep_prefix": "3"}],
        [{**ENDS, "table": "day_to_year"}],
        [{**ENDS, "unknown": 1}],
        [{"field": "phone", "method": "redact", "keep_prefix": 3}],
        [{"field": "phone", "method": "generalise"}],
        [{"field": "phone", "method": "generalise", "table": "../x"}],
        [ENDS, ENDS],
    ],
)
def test_a_mask_that_says_too_little_or_something_else_is_refused(said):
    assert fault(said) is not None
    assert scope.fault({"masks": said}) is not None


def test_what_is_admitted_is_read_as_it_was_said():
    said = [ENDS, {"field": "day", "method": "generalise", "table": "day_to_year"}, {"field": "id", "method": "hash"}]

    assert fault(said) is None
    assert [mask.plain(field) for field, mask in stated(said).items()] == said


def test_a_mask_of_a_field_outside_the_scope_is_refused():
    assert scope.fault({"fields": ["phone"], "masks": [ENDS]}) is None
    assert '"phone" is not among its fields' in str(scope.fault({"fields": ["name"], "masks": [ENDS]}))


@given(masks, masks)
def test_two_masks_reveal_no_more_than_either(one, other):
    together = both(one, other)

    assert together == both(other, one)
    assert both(together, one) == together == both(together, other)
    assert both(one, one) == one
    assert together.method in METHODS
    if together.method == "partial":
        assert together.keep_prefix <= min(one.keep_prefix, other.keep_prefix)
        assert together.keep_suffix <= min(one.keep_suffix, other.keep_suffix)
    elif together not in {one, other}:
        assert together.method in {"null", "redact"}


@given(st.dictionaries(st.sampled_from("abc"), masks), st.dictionaries(st.sampled_from("abc"), masks))
def test_no_mask_is_lost_where_scopes_narrow(one, other):
    together = united(one, other)

    assert together.keys() == one.keys() | other.keys()
    assert all(both(together[field], mask) == together[field] for held in (one, other) for field, mask in held.items())


def test_a_field_that_the_entry_does_not_list_is_not_masked(told):
    said = {"id": "A1", "applicant": "B", "dataset": "R", "scenario": "sc-1"}
    masked = {"masks": [{"field": "z", "method": "null"}]}

    assert "does not list: z" in told.refused("application.received", "2026-02-12", scope=masked, **said)
    told.apply()
    assert "does not list: z" in told.refused("application.agreed_in_part", "2026-02-13", id="A1", scope=masked)


def test_an_unknown_method_is_refused_at_the_door(told):
    blurred = {"fields": ["a"], "masks": [{"field": "a", "method": "blur"}]}

    refusal = told.refused("application.received", "2026-02-12", id="A1", applicant="B", dataset="R", scope=blurred)

    assert 'the method for "a" is none of null, redact, partial, hash, generalise' in refusal
