"""A property of replay: however groups of fields are mixed and merged, what was settled and recorded replays equal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.settings import CHECKOUT
from adapters.testing.under_test import UnderTest
from pdp.log.record import Recorder, Writer
from pdp.log.replay import GRANTED, Law, Replayer
from pdp.log.spelling import vector_of
from pdp.model import AccessRequest, Contact, Facts, FieldGroup, Inquiry
from pdp.rulebook.merge import settle
from pdp.workdays import SHANGHAI
from tests.logs.told_cases import KEY, Persons, told_cases

if TYPE_CHECKING:
    from collections.abc import Iterable

AT = datetime(2026, 11, 25, 9, tzinfo=SHANGHAI)
ID = "0193587e-8f03-7abc-8def-0123456789ab"


@cache
def tried() -> UnderTest:
    """Return the shipped policies, compiled once and only when they are needed."""
    return UnderTest.of(CHECKOUT)


@cache
def vectors() -> list[tuple[str, ...]]:
    """Return every vector of facts that an example brings about."""
    records = [told.record for told in told_cases(tried())]
    return sorted({vector_of(group["facts"]) for record in records for group in record.get("groups", [record])})


@cache
def recorder() -> Recorder:
    """Return what writes the records."""
    return Recorder(
        tried().policies.vocabulary, tried().rulebook.revision, Writer("n1", 0, "0" * 16, "test"), Persons(),
        key=KEY, registered=lambda _: True,
    )  # fmt: skip


@cache
def law() -> Law:
    """Return what replays them."""
    ways = {ground.id: ground.remedy for ground in tried().rulebook.grounds.values()}
    return Law("set", tried().policies.vocabulary, tried().rulebook.judge, ways)


@pytest.fixture(scope="module", autouse=True)
def _told() -> None:
    """Tell the examples before anything is drawn from them: it takes its time."""
    vectors()


@st.composite
def groups(draw) -> tuple[FieldGroup, ...]:
    """Draw groups of fields with facts that were met together with others, and how much of each is covered."""
    drawn = []
    for number in range(draw(st.integers(1, 4))):
        facts = Facts(draw(st.sampled_from(vectors())), {}, tried().policies.vocabulary.index)
        asked = tuple(f"f{number}{place}" for place in range(draw(st.integers(1, 4))))
        coverage = facts["field_coverage"]
        covered = asked
        if coverage == "some":
            covered = tuple(name for name in asked if draw(st.booleans()))
        elif coverage == "none":
            covered = ()
        drawn.append(FieldGroup(asked, covered, facts))
    return tuple(drawn)


def parameters_of(drawn: Iterable[FieldGroup], rows: object) -> dict[str, object]:
    """Return what duties would say of these groups: the first that rests on an authority names it."""
    resting = next((group.facts for group in drawn if group.facts["authority"] in GRANTED), None)
    if resting is None:
        return {}
    stated: dict[str, object] = {"application": "A1", "term": "2026-12-31T00:00:00+08:00"}
    if resting["quota"] != "no_limit":
        stated["quota"] = 5
    return stated | ({"rows": rows} if rows else {})


@given(groups(), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_whatever_was_settled_and_recorded_replays_equal(drawn, joined, limited, named) -> None:
    request = AccessRequest(
        "B", "read", "R", subject_kind="public_body", fields=tuple(name for group in drawn for name in group.asked),
        combined_with=("S",) if joined else (),
    )  # fmt: skip
    rows = {"type": "field", "field": "a"} if limited and drawn[0].facts["field_coverage"] == "some" else None
    inquiry = Inquiry(
        drawn, 7, joined=joined, contact=Contact("C") if named else None, parameters=parameters_of(drawn, rows)
    )  # fmt: skip
    inquiry, decision = settle(inquiry, tried().rulebook, AT + timedelta(seconds=30))
    record = json.loads(recorder().decision(ID, AT, 1, request, inquiry, decision, 1, 1, b"x"))

    assert Replayer(law()).replay(record) is None
    if decision.granted and not joined:
        forged = {**record, "granted": {"fields": [*decision.granted, "zz"]}}
        assert Replayer(law()).replay(forged).pointer == "/granted"
    assert Replayer(law()).replay({**record, "outcome": _another(record["outcome"])}).pointer == "/outcome"


def _another(outcome: str) -> str:
    return "DENY" if outcome != "DENY" else "REFER"


def test_a_question_that_lists_no_fields_replays_equal_whatever_the_entry_lists() -> None:
    for vector in vectors():
        facts = Facts(vector, {}, tried().policies.vocabulary.index)
        group = FieldGroup(("a", "b"), ("a",) if facts["field_coverage"] == "some" else ("a", "b"), facts)
        inquiry = Inquiry((group,), 7, parameters=parameters_of([group], None))
        inquiry, decision = settle(inquiry, tried().rulebook, AT)
        request = replace(AccessRequest("B", "read", "R"), fields=None)
        record = json.loads(recorder().decision(ID, AT, 1, request, inquiry, decision, 1, 1))
        assert Replayer(law()).replay(record) is None
