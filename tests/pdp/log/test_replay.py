from __future__ import annotations

from dataclasses import replace

import pytest

from pdp.log.canonical import decode
from pdp.log.replay import Difference, merged_outcome, replay
from pdp.model import Effect, Finding, Outcome, Verdict


def judge_of(sample):
    """Return a judge that knows the vectors of one sample and says what was said then."""
    pairs = zip(sample.inquiry.groups, sample.decision.verdicts, strict=True)
    return {group.facts.vector: verdict for group, verdict in pairs}.__getitem__


@pytest.mark.parametrize("name", ["permit", "refusal", "partial"])
def test_looking_the_facts_up_again_gives_the_same_findings_and_outcome(name, request, recorder, vocabulary) -> None:
    sample = request.getfixturevalue(name)
    assert replay(decode(sample.record(recorder)), vocabulary, judge_of(sample)) is None


def test_another_finding_is_the_first_difference(recorder, permit, vocabulary) -> None:
    other = Verdict(Outcome.DENY, (Finding("later_rule", Effect.FORBID, ("art_1__para_1",)),))
    difference = replay(decode(permit.record(recorder)), vocabulary, lambda _: other)
    assert difference is not None
    assert difference.pointer == "/findings"
    assert difference.replayed == '{"forbid":"later_rule 1.1"}'


def test_another_outcome_is_a_difference(recorder, permit, partial, vocabulary) -> None:
    changed = replace(permit, decision=replace(permit.decision, outcome=Outcome.PARTIAL))
    difference = replay(decode(changed.record(recorder)), vocabulary, judge_of(changed))
    assert difference == Difference("/outcome", '"PARTIAL"', "PERMIT")
    record = decode(partial.record(recorder))
    record["groups"][1]["outcome"] = "REFER"
    assert replay(record, vocabulary, judge_of(partial)) == Difference("/groups/1/outcome", '"REFER"', "DENY")


@pytest.mark.parametrize("damage", [{"facts": {}}, {"facts": "none"}, {"facts": " ".join(["misspelt"] * 36)}])
def test_facts_that_no_rulebook_knows_are_a_difference(damage, recorder, permit, vocabulary) -> None:
    record = {**decode(permit.record(recorder)), **damage}
    difference = replay(record, vocabulary, judge_of(permit))
    assert difference is not None
    assert difference.pointer == "/facts"


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
