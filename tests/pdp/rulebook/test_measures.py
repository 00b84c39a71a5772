"""A permit whose limits nobody carries out is never sent: what a partial answer needs, the caller is able to do."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.assemble import compiled
from adapters.gateways.obligations import canonical, custom_obligations
from pdp.model import Facts, FieldGroup, Inquiry, Outcome
from pdp.rulebook.measures import FILTER_ROWS, MASK_FIELDS, measures
from pdp.rulebook.merge import settle
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from pdp.rulebook.rulebook import Rulebook

ROOT = Path(__file__).parents[3]
LATEST = datetime(2026, 2, 26, 9, tzinfo=SHANGHAI) + timedelta(seconds=30)
ROWS = {"type": "field", "field": "dept", "operator": "eq", "value": "A"}
BASES = yaml.safe_load((ROOT / "policies" / "cases" / "bases.yaml").read_text(encoding="utf-8"))
SHARED = BASES["有条件共享,申请已获同意"]


@cache
def rulebook() -> Rulebook:
    return compiled(ROOT)[1]


def group(names: tuple[str, ...], covered: int, **changes: str) -> FieldGroup:
    """Return fields of which the first few are covered, with facts that are granted but for `changes`."""
    values = {**SHARED, **changes}
    index = rulebook().vocabulary.index
    return FieldGroup(names, names[:covered], Facts(tuple(str(values[name]) for name in index), {}, index))


@st.composite
def inquiries(draw) -> Inquiry:
    """Return a question of one to three groups, each granted whole, in part or not, by one who can do some of it."""
    able = frozenset(draw(st.sets(st.sampled_from([MASK_FIELDS, FILTER_ROWS]))))
    declared = draw(st.booleans())
    parameters: dict[str, object] = {"application": "A1"}
    if draw(st.booleans()):
        parameters["rows"] = ROWS
    if draw(st.booleans()):
        parameters["masks"] = [{"field": "f0", "method": "redact"}]
    groups = []
    for number in range(draw(st.integers(1, 3))):
        names = tuple(f"f{number + 3 * place}" for place in range(draw(st.integers(1, 3))))
        covered = draw(st.integers(1, len(names)))
        some = covered < len(names) or draw(st.booleans())
        own = (able and (MASK_FIELDS in able or covered == len(names))) if declared else False
        groups.append(
            group(
                names,
                covered,
                sharing_class=draw(st.sampled_from(["conditional", "unconditional", "not_shareable"])),
                relation=draw(st.sampled_from(["sharing", "sharing", "opening"])),
                field_coverage="some" if some else "all",
                enforcement="able" if own else "unable" if declared else "undeclared",
            )
        )
    return Inquiry(tuple(groups), 1, joined=draw(st.booleans()), parameters=parameters, able=able if declared else None)


@settings(max_examples=300, deadline=None)
@given(inquiries())
def test_a_partial_answer_needs_nothing_that_the_caller_cannot_do(asked):
    inquiry, decision = settle(asked, rulebook(), LATEST)

    if decision.outcome is Outcome.PARTIAL:
        assert asked.able is not None
        assert measures(decision, inquiry)
        assert asked.able.issuperset(measures(decision, inquiry))


@settings(max_examples=200, deadline=None)
@given(inquiries())
def test_what_is_sent_as_obligations_is_exactly_what_is_needed(asked):
    inquiry, decision = settle(asked, rulebook(), LATEST)

    sent = json.loads(custom_obligations(decision, inquiry))

    assert tuple(one["properties"]["action"] for one in sent) == measures(decision, inquiry)
    assert canonical(decision, inquiry).measures == measures(decision, inquiry)
    assert bool(sent) == (decision.outcome is Outcome.PARTIAL)


@settings(max_examples=200, deadline=None)
@given(inquiries())
def test_the_facts_that_decided_decide_the_same_again(asked):
    inquiry, decision = settle(asked, rulebook(), LATEST)

    _, again = settle(inquiry, rulebook(), LATEST)

    assert (again.outcome, again.findings) == (decision.outcome, decision.findings)


@pytest.mark.parametrize(
    ("able", "outcome"),
    [
        ({MASK_FIELDS, FILTER_ROWS}, Outcome.PARTIAL),
        ({MASK_FIELDS}, Outcome.DENY),
        ({FILTER_ROWS}, Outcome.DENY),
        (set(), Outcome.DENY),
    ],
    ids=["both", "masks", "filters", "nothing"],
)
def test_one_who_can_do_half_of_what_is_needed_is_refused_and_told_to_declare_more(able, outcome):
    groups = (
        group(("a", "b"), 1, field_coverage="some", enforcement="able" if MASK_FIELDS in able else "unable"),
        group(
            ("c",), 1, sharing_class="unconditional", authority="not_needed", enforcement="able" if able else "unable"
        ),
    )
    asked = Inquiry(groups, 1, parameters={"application": "A1", "rows": ROWS}, able=frozenset(able))

    inquiry, decision = settle(asked, rulebook(), LATEST)

    assert decision.outcome is outcome
    if outcome is Outcome.DENY:
        assert "partial_not_enforceable" in [found.rule for found in decision.grounds]
        assert "declare_enforcement" in [remedy.id for remedy in decision.remedies]
        assert {one.facts["enforcement"] for one in inquiry.groups} == {"unable"}
