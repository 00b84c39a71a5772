"""Promises of the readable form: everything that was decided, in full, from the record and the log alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from pdp.log.canonical import decode
from pdp.log.entry import FIRST, entry_bytes
from pdp.log.instants import utc
from pdp.log.readable import Legend, legend_in, spell_out

AT = datetime(2026, 11, 24, 8, 30, 11, 123456, tzinfo=timezone(timedelta(hours=8)))
ID = "0193587e-8f03-7abc-8def-0123456789ab"


def in_full(findings):
    """Return findings as readers want them."""
    return [{"rule": found.rule, "effect": found.effect.value, "articles": list(found.articles)} for found in findings]


def test_a_permit_says_its_facts_evidence_findings_duties_and_notes_in_full(recorder, permit, legend) -> None:
    read = spell_out(decode(permit.record(recorder)), legend)

    facts = permit.inquiry.groups[0].facts
    assert read["facts"] == {name: facts[name] for name in facts.index if facts[name] != "not_applicable"}
    assert read["evidence"] == {name: list(resting) for name, resting in facts.evidence.items()}
    assert read["findings"] == in_full(permit.decision.findings)
    assert [duty["id"] for duty in read["duties"]] == [duty.id for duty in permit.decision.duties]
    assert [duty.get("parameters", {}) for duty in read["duties"]] == [
        dict(duty.parameters) for duty in permit.decision.duties
    ]
    assert read["advisories"] == list(permit.decision.advisories)
    assert read["granted"] == {"fields": list(permit.decision.granted)}
    assert read["valid_until"] == utc(permit.decision.valid_until)
    assert read["cost"] == {"facts_us": 45, "decide_us": 12}
    assert "remedies" not in read


def test_a_refusal_says_the_ways_on_and_whom_to_ask_and_binds_nobody(recorder, refusal, legend) -> None:
    read = spell_out(decode(refusal.record(recorder)), legend)

    assert read["remedies"] == [
        {"id": remedy.id, "ask": remedy.contact.body} if remedy.contact else {"id": remedy.id}
        for remedy in refusal.decision.remedies
    ]
    assert read["findings"] == in_full(refusal.decision.findings)
    assert not {"duties", "granted", "advisories"} & read.keys()


def test_a_partial_answer_keeps_its_groups_and_the_duties_of_what_was_released(recorder, partial, legend) -> None:
    read = spell_out(decode(partial.record(recorder)), legend)

    assert [group["fields"] for group in read["groups"]] == [["name", "address", "status"], ["身份证号"]]
    assert [group["findings"] for group in read["groups"]] == [
        in_full(verdict.findings) for verdict in partial.decision.verdicts
    ]
    assert [duty["id"] for duty in read["duties"]] == [duty.id for duty in partial.decision.duties]
    assert read["granted"] == {"fields": list(partial.decision.granted)}
    assert not {"facts", "evidence", "findings"} & read.keys()


def test_every_member_that_is_not_shortened_stands_as_it_was_written(recorder, permit, legend) -> None:
    record = decode(permit.asking(staff="zhang.san").record(recorder))
    read = spell_out(record, legend)

    shortened = {"facts", "evidence", "findings", "cost_us", "valid_us"}
    assert {name: read[name] for name in record.keys() - shortened} == {
        name: record[name] for name in record.keys() - shortened
    }


def test_an_observer_that_cannot_be_asked_is_a_way_on_without_a_body(recorder, refusal, legend) -> None:
    remedies = tuple(replace(remedy, contact=None) for remedy in refusal.decision.remedies)
    record = decode(replace(refusal, decision=replace(refusal.decision, remedies=remedies)).record(recorder))

    assert "ask" not in record
    assert spell_out(record, legend)["remedies"] == [{"id": remedy.id} for remedy in remedies]


def test_the_log_itself_says_how_its_records_are_to_be_read(recorder, permit, legend) -> None:
    activated = recorder.event(ID, AT, 1, "rulebook.activated", recorder.activation())
    records = [recorder.event(ID, AT, 1, "log.closed", {}), permit.record(recorder), activated]
    entries = [(place, entry_bytes(FIRST, record, place)) for place, record in enumerate(records)]

    found = legend_in(entries, recorder.set)

    assert found == Legend(legend.facts)
    assert legend_in(entries[:2], recorder.set) is None
    record = decode(permit.record(recorder))
    known, less = spell_out(record, legend), spell_out(record, found)
    assert {**known, "duties": [{"id": duty["id"]} for duty in known["duties"]]} == less


def test_facts_of_another_revision_are_never_read_as_those_of_the_record(recorder, permit, legend) -> None:
    with pytest.raises(ValueError, match="zip"):
        spell_out(decode(permit.record(recorder)), Legend(legend.facts[:-1]))
