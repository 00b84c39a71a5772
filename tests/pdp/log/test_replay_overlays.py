"""What overlays said is recorded, told and replayed: an input of the decision, which nobody is asked for again."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from adapters.gateways.words_in_force import words_of
from pdp.explain import explain
from pdp.log.overlays import UnlawfulOverlayError, limits_in
from pdp.log.readable import Legend, spell_out
from pdp.log.rederived import compared, keeping
from pdp.log.rejudged import Matching, Rejudging
from pdp.log.replay import Replayer
from pdp.log.schema import specialised
from pdp.log.story import Teller, story
from pdp.model import AccessRequest, Contact, Effect, Facts, FieldGroup, Finding, Inquiry, Limits, Outcome, Overlaid
from pdp.overlay import heard, unheard
from pdp.rulebook.merge import settle
from tests.pdp.log.test_replay_groups import AT, ID, groups, law, parameters_of, recorder, tried, vectors

LIMITS = (
    Limits("bureau", "X", ("art_39__para_1",), "X 数据安全规定第五条", {"no_bulk": "夜间不得批量提供"}),
    Limits("other", "Y", basis="内部规定"),
)


@pytest.fixture(scope="module", autouse=True)
def _told() -> None:
    vectors()


@st.composite
def overlaid(draw, fields=()) -> tuple[Overlaid, ...]:
    """Draw what one or two overlays said, of the whole or of some of these fields."""
    duties = {duty.id: duty.articles for duty in tried().rulebook.duties.obligations.values()}
    drawn = []
    for limits in LIMITS[: draw(st.integers(1, 2))]:
        if draw(st.integers(0, 3)) == 0:
            drawn.append(Overlaid(limits, unheard(limits), "deadline", 50_000))
            continue
        limiting = draw(
            st.lists(st.tuples(st.sampled_from(["forbid", "refer", "doubt"]), st.just("no_bulk")), max_size=2)
        )
        obliging = draw(st.lists(st.tuples(st.just("oblige"), st.sampled_from(sorted(duties))), max_size=3))
        answer = [{"effect": effect, "rule": rule} for effect, rule in (*limiting, *obliging)]
        for finding in answer if fields else ():
            some = draw(st.lists(st.sampled_from(fields), unique=True, max_size=3))
            finding.update({"fields": some} if some else {})
        drawn.append(replace(heard(limits, answer, duties, {name: name for name in fields}), took_us=800))
    return tuple(drawn)


@st.composite
def limited(draw) -> tuple[tuple[FieldGroup, ...], tuple[Overlaid, ...]]:
    """Draw groups of fields, and what overlays said of them."""
    drawn = draw(groups())
    return drawn, draw(overlaid(tuple(name for group in drawn for name in group.asked)))


def legend() -> Legend:
    """Return how records are read."""
    duties = tried().rulebook.duties.obligations.values()
    return Legend(tuple(tried().policies.vocabulary.facts), {duty.id: duty.parameters for duty in duties})


def schema() -> dict[str, object]:
    """Return the schema of records."""
    return json.loads((Path(__file__).parents[3] / "pdp/log/record.schema.json").read_text())


def words():
    """Return the words of the shipped policies."""
    return words_of(tried().rulebook, tried().policies.instrument)


def recorded(inquiry: Inquiry, request: AccessRequest):
    """Return the inquiry as it was settled, the decision and its record."""
    inquiry, decision = settle(inquiry, tried().rulebook, AT + timedelta(seconds=30))
    return inquiry, decision, json.loads(recorder().decision(ID, AT, 1, request, inquiry, decision, 1, 1, b"x"))


def asked(drawn, said=(), *, joined=False) -> tuple[Inquiry, AccessRequest]:
    fields = tuple(name for group in drawn for name in group.asked)
    request = AccessRequest(
        "B", "read", "R", subject_kind="public_body", fields=fields, combined_with=("S",) if joined else ()
    )
    able = {"able": frozenset({"mask_fields", "filter_rows"}), "unable": frozenset[str]()}
    known = Inquiry(drawn, 7, joined=joined, contact=Contact("C"), parameters=parameters_of(drawn, None), overlaid=said)
    declared = {group.facts["enforcement"] for group in drawn}
    return replace(known, able=able.get(declared.pop()) if len(declared) == 1 else frozenset()), request


@given(limited(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_an_overlay_never_turns_a_refusal_into_a_permit_and_never_adds_a_field(drawn_said, joined) -> None:
    drawn, said = drawn_said
    _, before, _ = recorded(*asked(drawn, joined=joined))
    _, after, _ = recorded(*asked(drawn, said, joined=joined))

    assert before.outcome.permits or not after.outcome.permits
    assert set(after.granted) <= set(before.granted)
    named = {name for one in limits_of(said) for limit in one.limited for name in limit.fields}
    assert named.isdisjoint(after.granted)
    if after.outcome.permits and not named:
        assert (after.outcome, sorted(after.granted)) == (before.outcome, sorted(before.granted))
        assert withheld(after) == withheld(before)
    if after.outcome.permits and named:
        assert set(after.granted) == set(before.granted) - named
    if after.outcome.permits and not any(one.limited for one in said):
        assert {duty.id for duty in before.duties} <= {duty.id for duty in after.duties}
    if any(finding.effect is Effect.FORBID for one in said for finding in one.findings):
        assert after.outcome is Outcome.DENY
    if after.grounds and not after.outcome.permits:
        assert "contact_observer" in {remedy.id for remedy in after.remedies}


def withheld(decision) -> set[tuple[str, tuple[Finding, ...]]]:
    """Return each field that is kept back with its grounds."""
    return {(name, part.grounds) for part in decision.withheld for name in part.fields}


def limits_of(said: tuple[Overlaid, ...]) -> list[Overlaid]:
    """Return what overlays said that limits: no duty."""
    return [
        replace(one, limited=tuple(limit for limit in one.limited if any(not_owed(found) for found in limit.findings)))
        for one in said
    ]


def not_owed(finding) -> bool:
    """Return whether a finding limits."""
    return finding.effect is not Effect.OBLIGE


@given(limited(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_overlays_said_is_recorded_and_replays_equal(drawn_said, joined) -> None:
    drawn, said = drawn_said
    inquiry, decision, record = recorded(*asked(drawn, said, joined=joined))

    assert Replayer(law()).replay(record) is None
    assert [one["id"] for one in record["overlays"]] == [one.limits.id for one in said]
    without = {name: value for name, value in record.items() if name != "overlays"}
    judged = [tried().rulebook.judge(group.facts.vector) for group in inquiry.groups]
    assert (Replayer(law()).replay(without) is None) == (judged == list(decision.verdicts))
    names = tuple(tried().policies.vocabulary.facts)
    anew, _ = asked(drawn, joined=joined)
    kept, pointers = keeping(record, names, anew)
    assert "/overlays" in pointers
    again, once_more = settle(kept, tried().rulebook, AT)
    assert compared(record, names, again, once_more).same


@given(limited())
@settings(max_examples=150, deadline=None)
def test_by_another_revision_a_decision_ends_under_the_limits_that_overlays_added(drawn_said) -> None:
    _, _, record = recorded(*asked(*drawn_said))
    vocabulary = tried().policies.vocabulary
    matching = Matching(tuple(vocabulary.facts), vocabulary)
    rejudging = Rejudging(matching, vocabulary, lambda inquiry, latest: settle(inquiry, tried().rulebook, latest)[1])

    assert not rejudging.compare(record).flips
    assert rejudging.strange == Counter()


@given(limited())
@settings(max_examples=100, deadline=None)
def test_a_record_with_overlays_is_valid_and_tells_each_of_them(drawn_said) -> None:
    said = drawn_said[1]
    _, decision, record = recorded(*asked(*drawn_said))
    duties = tried().rulebook.duties
    ids = {"duty": duties.obligations, "advisory": duties.advisories, "remedy": duties.remedies}
    Draft202012Validator(specialised(schema(), tried().policies.vocabulary, **ids)).validate(record)
    spelled = spell_out(record, legend())
    explained = explain(spelled, words()).plain()

    assert [(one["id"], one["body"]) for one in spelled["overlays"]] == [
        (one.limits.id, one.limits.body) for one in said
    ]
    assert len(explained["overlays"]["zh"]) == len(said)
    for one, told in zip(said, explained["overlays"]["zh"], strict=True):
        assert one.limits.basis in told
        assert one.reason in told
    if decision.outcome.permits:
        assert [duty["id"] for duty in spelled["duties"]] == [duty.id for duty in decision.duties]
    for ground in decision.grounds:
        if ground.rule == "bureau:no_bulk":
            assert any("夜间不得批量提供" in line for line in explained["grounds"]["zh"])
            rules = {section.id: section for section in story(spelled, Teller(words()))}["rules"]
            assert any("夜间不得批量提供" in paragraph.zh for paragraph in rules.paragraphs)
            rules = {section.id: section for section in story(spelled, Teller())}["rules"]
            assert any("夜间不得批量提供" in paragraph.zh for paragraph in rules.paragraphs)


@pytest.mark.parametrize(
    "forged",
    [
        {"findings": {"permit": "bureau:no_bulk"}},
        {"findings": {"forbid": "other:no_bulk"}},
        {"findings": {"forbid": "no_application"}},
        {"findings": {"oblige": "bureau:no_bulk"}},
        {"findings": {"doubt": "bureau:overlay_unavailable"}},
        {"findings": {}, "reason": "deadline"},
        {"findings": {"forbid": "bureau:overlay_unavailable"}, "reason": "deadline"},
        {"findings": {"forbid": ";".join(["bureau:no_bulk"] * 33)}},
        {"findings": {}, "limited": [{"fields": ["a"], "findings": {"permit": "bureau:no_bulk"}}]},
        {"findings": {}, "limited": [{"fields": ["a"], "findings": {"forbid": "other:no_bulk"}}]},
        {"findings": {}, "limited": [{"fields": ["a"], "findings": {"doubt": "bureau:overlay_unavailable"}}]},
        {"findings": {}, "limited": [{"fields": [], "findings": {"forbid": "bureau:no_bulk"}}]},
        {"findings": {}, "limited": [{"fields": ["a"], "findings": {}}]},
        {
            "findings": {"forbid": ";".join(["bureau:no_bulk"] * 32)},
            "limited": [{"fields": ["a"], "findings": {"forbid": "bureau:no_bulk"}}],
        },
    ],
)
def test_a_record_in_which_an_overlay_says_what_none_may_say_does_not_replay(forged) -> None:
    facts = Facts(vectors()[0], {}, tried().policies.vocabulary.index)
    _, _, record = recorded(*asked((FieldGroup(("a",), ("a",), facts),), (Overlaid(LIMITS[0]),)))
    record["overlays"] = [{"id": "bureau", "body": "X", "us": 1, **forged}]

    assert Replayer(law()).replay(record).pointer == "/overlays/0/findings"
    with pytest.raises(UnlawfulOverlayError, match="verify the log"):
        limits_in(record)
