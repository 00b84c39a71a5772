"""One realistic question and its answer, over the real vocabulary, and a recorder to write them down."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from adapters.files.vocabulary import load_vocabulary
from pdp.log.readable import Legend
from pdp.log.record import Recorder, Writer
from pdp.model import (
    AccessRequest,
    Contact,
    Decision,
    Duty,
    Effect,
    Facts,
    FieldGroup,
    Finding,
    Inquiry,
    Outcome,
    Remedy,
    Verdict,
)
from pdp.rulebook.rulebook import Revision

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdp.vocabulary import Vocabulary

ROOT = Path(__file__).parents[3]
AT = datetime(2026, 11, 24, 8, 30, 11, 123456, tzinfo=timezone(timedelta(hours=8)))
ID = "0193587e-8f03-7abc-8def-0123456789ab"
KNOWN = frozenset({"B", "C", "agent-unit"})
UNUSUAL = {
    "authority": "deemed",
    "sharing_class": "conditional",
    "opening_class": "conditional",
    "relation": "sharing",
    "operation": "obtain",
    "personal_data": "personal",
    "not_shareable_basis": "not_applicable",
    "publication": "not_applicable",
    "sanction": "not_applicable",
}
RESTING = (
    *("relation", "catalogue_state", "sharing_class", "opening_class", "opening_ban_law", "opening_ban_identity"),
    *("treatment", "authority", "fulfilment", "purpose", "purpose_kind", "field_coverage", "staff_duty", "grade"),
)
OBLIGE = (
    ("access_recorded", "art_3__para_3"),
    ("no_onward_supply", "art_24__para_1"),
    ("objection_route", "art_25__para_1"),
    ("personal_data_duties", "art_40__para_1"),
    ("purpose_bound", "art_24__para_1"),
    ("security_duties", "art_39__para_1"),
    ("staff_confidentiality", "art_40__para_1"),
)
PARAMETERS = {"purpose_bound": ("purpose", "scenario", "application", "term")}
FINDINGS = (
    Finding("share_deemed", Effect.PERMIT, ("art_21__para_4",)),
    Finding("sharing_for_duty", Effect.ADMIT, ("art_24__para_1",)),
    *(Finding(rule, Effect.OBLIGE, (article,)) for rule, article in OBLIGE),
    Finding("pipl_review", Effect.ADVISE, ("art_1__para_1", "art_9__para_1")),
    Finding("superior_law_review", Effect.ADVISE, ("art_1__para_1", "art_21__para_4")),
)


class MemoryPersonKeys:
    """Person keys that live as long as a test: derived from the person, which a real store must never do."""

    def digest(self, kind: str, value: str) -> str:
        """Return a digest of the form that the real store gives."""
        made = hmac.digest(b"test", f"{kind}\x00{value}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        return "p1." + base64.urlsafe_b64encode(made).rstrip(b"=").decode()


@dataclass(frozen=True)
class Sample:
    """One question, what was found, and the answer."""

    request: AccessRequest
    inquiry: Inquiry
    decision: Decision

    def asking(self, **changes: object) -> Sample:
        """Return the sample with another question."""
        return replace(self, request=replace(self.request, **changes))

    def record(self, recorder: Recorder, raw: bytes = b'{"subject":1}') -> bytes:
        """Return the record of the sample."""
        return recorder.decision(ID, AT, 123456789, self.request, self.inquiry, self.decision, 45, 12, raw)


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return load_vocabulary(ROOT / "policies" / "facts.yaml", ROOT)


@pytest.fixture(scope="session")
def schema() -> dict[str, object]:
    return json.loads((ROOT / "pdp" / "log" / "record.schema.json").read_text())


@pytest.fixture(scope="session")
def valid(schema: dict[str, object]) -> Callable[[object], None]:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema).validate


@pytest.fixture(scope="session")
def legend(vocabulary: Vocabulary) -> Legend:
    return Legend(tuple(vocabulary.facts), PARAMETERS, frozenset({"contact_observer"}))


@pytest.fixture(scope="session")
def revision() -> Revision:
    return Revision(*(hashlib.sha256(name.encode()).hexdigest() for name in ("l", "p", "r", "d", "c", "b")))


@pytest.fixture(scope="session")
def new_recorder(vocabulary: Vocabulary, revision: Revision) -> Callable[[], Recorder]:
    writer = Writer("n1", 0, "0123456789abcdef", "0.1.0")
    return lambda: Recorder(
        vocabulary, revision, writer, MemoryPersonKeys(), key=b"k" * 32, registered=KNOWN.__contains__
    )


@pytest.fixture
def recorder(new_recorder: Callable[[], Recorder]) -> Recorder:
    return new_recorder()


@pytest.fixture(scope="session")
def permit(vocabulary: Vocabulary) -> Sample:
    """A permit that rests on deemed consent: 37 facts, 11 findings, 7 duties."""
    values = {name: UNUSUAL.get(name, next(iter(fact.values))) for name, fact in vocabulary.facts.items()}
    evidence = {name: (f"s:{100 + place}",) for place, name in enumerate(RESTING)}
    facts = Facts(tuple(values.values()), evidence, vocabulary.index)
    fields = ("name", "address", "status")
    parameters = {"purpose": "duty", "scenario": "sc-1", "application": "A1", "term": "2026-12-31T00:00:00+08:00"}
    inquiry = Inquiry((FieldGroup(fields, fields, facts),), 1234, contact=Contact("C"), parameters=parameters)
    duties = tuple(
        Duty(rule, "recipient", {name: parameters[name] for name in PARAMETERS.get(rule, ())}) for rule, _ in OBLIGE
    )
    verdict = Verdict(Outcome.PERMIT, FINDINGS)
    advisories = ("pipl_review", "superior_law_review")
    decision = Decision(
        *(Outcome.PERMIT, (verdict,), FINDINGS, fields, ()), duties, advisories, (), AT + timedelta(seconds=30)
    )
    request = AccessRequest(
        subject="B",
        action="read",
        dataset="R",
        subject_kind="public_body",
        system="B-sys-1",
        fields=fields,
        scenario="sc-1",
        purpose="duty",
        channel="bigdata_platform",
        mode="api",
        assurance=2,
        enforces=("mask_fields", "filter_rows"),
        door="authzen",
        gateway="gw-1",
        request_id="3f7a9b0c-1d2e-4f5a-8b6c-7d8e9f0a1b2c",
    )
    return Sample(request, inquiry, decision)


@pytest.fixture(scope="session")
def refusal(permit: Sample) -> Sample:
    """A refusal with two grounds and a remedy that names whom to ask."""
    findings = (
        Finding("application_pending", Effect.FORBID, ("art_21__para_1",)),
        Finding("purpose_unknown", Effect.DOUBT, ("art_24__para_1",)),
    )
    contact = Contact("C", phone="010-00000000")
    remedies = (Remedy("await_answer", None), Remedy("show_duty_basis", None), Remedy("contact_observer", contact))
    decision = Decision(
        *(Outcome.DENY, (Verdict(Outcome.DENY, findings),), findings, ()), remedies=remedies, valid_until=AT
    )
    return replace(permit, decision=decision)


@pytest.fixture(scope="session")
def partial(permit: Sample, refusal: Sample, vocabulary: Vocabulary) -> Sample:
    """A part of what was asked: two groups of fields, one released."""
    (group,) = permit.inquiry.groups
    vector = tuple("none" if name == "field_coverage" else group.facts[name] for name in vocabulary.facts)
    other = replace(group, asked=("身份证号",), covered=(), facts=replace(group.facts, vector=vector))
    verdicts = permit.decision.verdicts + refusal.decision.verdicts
    decision = replace(permit.decision, outcome=Outcome.PARTIAL, verdicts=verdicts)
    return replace(permit, inquiry=replace(permit.inquiry, groups=(group, other)), decision=decision)
