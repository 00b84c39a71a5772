"""Promises of decisions that may be used again: for seconds, whole, of what is open to everybody, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.model import AccessRequest, Decision, Facts, FieldGroup, Inquiry, Limits, Outcome, Overlaid
from pdp.rulebook.caching import LONGEST, cached

AT = datetime(2026, 11, 30, 8, tzinfo=UTC)
INDEX = {"relation": 0, "opening_class": 1}
ASKED = AccessRequest(None, "read", "Q", cache=5)


def about(*vectors: tuple[str, str], index=INDEX, **more: object) -> Inquiry:
    """Return what is known of a question whose groups of fields have these facts."""
    groups = tuple(FieldGroup((), (), Facts(vector, {}, index)) for vector in vectors)
    return Inquiry(groups, 1, **more)


OPEN = about(("opening", "unconditional"))


def decided(outcome=Outcome.PERMIT, valid=timedelta(seconds=30)) -> Decision:
    """Return a decision that holds for so long."""
    return Decision(outcome, (), (), (), valid_until=AT + valid)


def test_a_permit_of_what_is_open_to_everybody_holds_for_as_long_as_it_may_be_used():
    decision = cached(ASKED, OPEN, decided(), AT)

    assert (decision.cache, decision.valid_until) == (5, AT + timedelta(seconds=5))


@given(
    st.sampled_from(Outcome),
    st.sampled_from(("opening", "sharing", "unresolved")),
    st.sampled_from(("unconditional", "conditional", "not_openable", "unset")),
    st.one_of(st.none(), st.integers(1, 60)),
    st.integers(0, 60_000),
)
def test_nothing_but_a_permit_of_unconditional_opening_that_its_route_lets_be_kept_is_kept(
    outcome, relation, opening, wanted, valid
):
    decision = decided(outcome, timedelta(milliseconds=valid))
    found = cached(replace(ASKED, cache=wanted), about((relation, opening)), decision, AT)

    may = outcome is Outcome.PERMIT and (relation, opening) == ("opening", "unconditional") and wanted is not None
    assert (found.cache > 0) == (may and valid >= 1000)
    assert found.valid_until <= decision.valid_until
    if found.cache:
        assert found.cache <= min(wanted, LONGEST)
        assert found.valid_until == AT + timedelta(seconds=found.cache)
    else:
        assert found == decision


@pytest.mark.parametrize(
    "inquiry",
    [
        about(("opening", "unconditional"), ("opening", "conditional")),  # one group of fields is not
        about(("opening", "unconditional"), joined=True),
        about(("opening", "unconditional"), parameters={"quota": 3}),
        about(("opening", "unconditional"), parameters={"application": "A1"}),
        about(("opening", "unconditional"), parameters={"rows": {}}),
        about(("opening", "unconditional"), overlaid=(Overlaid(Limits("bureau", "X")),)),  # is asked each time
        about(("opening",), index={"relation": 0}),  # a pack whose facts know of no opening
        about((), index={}),
    ],
)
def test_what_is_limited_in_any_way_is_asked_for_each_time(inquiry):
    decision = decided()

    assert cached(ASKED, inquiry, decision, AT) == decision


def test_some_rows_are_not_the_whole_and_a_decision_without_an_end_is_not_kept():
    decision = decided()

    assert cached(replace(ASKED, rows={"kind": "all"}), OPEN, decision, AT) == decision
    assert cached(ASKED, OPEN, replace(decision, valid_until=None), AT).cache == 0
