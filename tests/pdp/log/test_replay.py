"""Promises of replay: what follows from the facts of a record is there, and what does not follow is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pdp.log.canonical import decode
from pdp.log.released import merged_outcome
from pdp.log.replay import Difference, Law, Replayer
from pdp.model import Effect, Finding, Outcome, Verdict

WAYS = {"application_pending": "await_answer", "purpose_unknown": "show_duty_basis"}


@pytest.fixture
def replaying(vocabulary):
    """Return a function that replays a record by a judge."""

    def run(record, judge) -> Difference | None:
        return Replayer(Law("set", vocabulary, judge, WAYS)).replay(record)

    return run


def judge_of(sample):
    """Return a judge that knows the vectors of one sample and says what was said then."""
    pairs = zip(sample.inquiry.groups, sample.decision.verdicts, strict=True)
    return {group.facts.vector: verdict for group, verdict in pairs}.__getitem__


@pytest.mark.parametrize("name", ["permit", "refusal"])
def test_looking_the_facts_up_again_gives_the_same_decision(name, request, recorder, replaying) -> None:
    sample = request.getfixturevalue(name)
    assert replaying(decode(sample.record(recorder)), judge_of(sample)) is None


def test_another_finding_is_the_first_difference(recorder, permit, replaying) -> None:
    other = Verdict(Outcome.DENY, (Finding("later_rule", Effect.FORBID, ("art_1__para_1",)),))
    difference = replaying(decode(permit.record(recorder)), lambda _: other)
    assert difference is not None
    assert difference.pointer == "/findings"
    assert difference.replayed == '{"forbid":"later_rule 1.1"}'


def test_another_outcome_is_a_difference(recorder, permit, partial, replaying) -> None:
    changed = replace(permit, decision=replace(permit.decision, outcome=Outcome.PARTIAL))
    difference = replaying(decode(changed.record(recorder)), judge_of(changed))
    assert difference == Difference("/outcome", '"PARTIAL"', "PERMIT")
    record = decode(partial.record(recorder))
    record["groups"][1]["outcome"] = "REFER"
    assert replaying(record, judge_of(partial)) == Difference("/groups/1/outcome", '"REFER"', "DENY")


@pytest.mark.parametrize("damage", [{"facts": {}}, {"facts": "none"}, {"facts": " ".join(["misspelt"] * 36)}])
def test_facts_that_no_rulebook_knows_are_a_difference(damage, recorder, permit, replaying) -> None:
    record = {**decode(permit.record(recorder)), **damage}
    difference = replaying(record, judge_of(permit))
    assert difference is not None
    assert difference.pointer == "/facts"


@pytest.mark.parametrize("damage", [{"findings": []}, {"request": 1}, {"remedies": 7}, {"terms": 7}, {"groups": 1}])
def test_a_record_of_another_shape_is_a_difference_and_no_crash(damage, recorder, permit, replaying) -> None:
    assert replaying({**decode(permit.record(recorder)), **damage}, judge_of(permit)) is not None


def test_what_was_found_fine_once_does_not_make_another_record_fine(recorder, permit, vocabulary) -> None:
    replayer = Replayer(Law("set", vocabulary, judge_of(permit), WAYS))
    record = decode(permit.record(recorder))
    assert replayer.replay(record) is None
    for forged in ({"outcome": "DENY"}, {"remedies": ["await_answer"]}, {"ask": "C"}, {"joined": True}):
        assert replayer.replay({**record, **forged}) is not None
    assert replayer.replay({name: said for name, said in record.items() if name != "application"}) is not None
    assert replayer.replay(record) is None


@pytest.mark.parametrize(
    ("outcomes", "joined", "whole"),
    [
        (["PERMIT", "PERMIT"], False, "PERMIT"),
        (["PERMIT", "PARTIAL"], True, "PARTIAL"),
        (["PERMIT", "DENY"], False, "PARTIAL"),
        (["PERMIT", "DENY"], True, "DENY"),
        (["REFER", "INDETERMINATE"], False, "REFER"),
        (["INDETERMINATE", "DENY", "REFER"], False, "DENY"),
    ],
)
def test_groups_merge_as_they_did_when_they_were_decided(outcomes, joined, whole) -> None:
    assert merged_outcome(outcomes, joined=joined) == whole
