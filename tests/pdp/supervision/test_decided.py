"""Promises about reading decisions: what is looked for is found in real records of the log, spelled out."""

from __future__ import annotations

from datetime import timedelta

from pdp.log.canonical import decode
from pdp.log.readable import spell_out
from pdp.supervision.decided import decided
from tests.pdp.log.conftest import (
    AT,
    ID,
    legend,
    new_recorder,
    partial,
    permit,
    recorder,
    refusal,
    revision,
    vocabulary,
)

__all__ = ["legend", "new_recorder", "partial", "permit", "recorder", "refusal", "revision", "vocabulary"]


def test_a_refusal_is_read_with_who_asked_for_what_and_every_rule_that_held(recorder, refusal, legend) -> None:
    [group] = decided([spell_out(decode(refusal.record(recorder)), legend)], AT)
    assert (group.id, group.at, group.outcome) == (ID, AT, "DENY")
    assert (group.subject, group.dataset) == (refusal.request.subject, refusal.request.dataset)
    assert group.relation == refusal.inquiry.groups[0].facts["relation"]
    assert group.rules == {finding.rule for finding in refusal.decision.findings}


def test_each_group_of_a_partial_answer_is_read_with_its_own_outcome(recorder, partial, legend) -> None:
    groups = decided([spell_out(decode(partial.record(recorder)), legend)], AT)
    assert [group.outcome for group in groups] == [verdict.outcome.value for verdict in partial.decision.verdicts]
    assert len({group.outcome for group in groups}) > 1


def test_a_record_is_read_from_its_instant_on(recorder, refusal, legend) -> None:
    record = spell_out(decode(refusal.record(recorder)), legend)
    assert decided([record], AT - timedelta(microseconds=1)) == []


def test_a_natural_person_is_named_by_the_digest_of_the_log(recorder, refusal, legend) -> None:
    asked = refusal.asking(subject="110101199001011237", subject_kind="natural_person", system=None)
    [group] = decided([spell_out(decode(asked.record(recorder)), legend)], AT)
    assert group.subject.startswith("p1.")


def test_a_record_that_names_nobody_is_left_out(recorder, refusal, legend) -> None:
    asked = refusal.asking(subject=None, subject_kind=None)
    assert decided([spell_out(decode(asked.record(recorder)), legend)], AT) == []
