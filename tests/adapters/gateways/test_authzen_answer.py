"""Promises of the AuthZEN answer: written from kept pieces, it says what it would say if written anew."""

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.callers import Detail
from adapters.gateways.authzen_answer import AnswerWriter
from adapters.gateways.body import read_body
from adapters.gateways.decision_model import DecisionShown
from adapters.gateways.headers import RejectedError
from pdp.model import AccessRequest, Facts, FieldGroup, Inquiry, Outcome


@pytest.fixture
def answer_to(service):
    """Return a function that has one question answered."""

    def answered(**asked: object):  # noqa: ANN202 -- an Answer
        known = {"subject": "B", "action": "read", "dataset": "R", "subject_kind": "public_body", "purpose": "duty"}
        return asyncio.run(service.answer(AccessRequest(**{**known, **asked})))

    return answered


@pytest.fixture
def writer(service):
    return AnswerWriter(service.rulebook, service.policy.instrument)


scenarios = st.sampled_from(["sc-1", "sc-2", "sc-3", None])
evidence = st.lists(st.integers(1, 9).map(lambda seq: f"s:{seq}"), max_size=2).map(tuple)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(scenarios, st.sampled_from("BX"), evidence), min_size=1, max_size=8), st.sampled_from(Detail))
def test_kept_pieces_change_no_byte_of_an_answer(service, answer_to, writer, asked, detail):
    for scenario, subject, resting in asked:
        answer = answer_to(scenario=scenario, subject=subject)
        groups = tuple(
            replace(group, facts=replace(group.facts, evidence={"authority": resting}))
            for group in answer.inquiry.groups
        )
        answer = replace(answer, inquiry=replace(answer.inquiry, groups=groups))
        anew = AnswerWriter(service.rulebook, service.policy.instrument)

        said = writer.render(answer, detail)

        assert said == anew.render(answer, detail)
        if detail is not Detail.NONE:
            DecisionShown.model_validate_json(said)
        if detail is Detail.FULL:
            shown = [ground["facts"].get("authority") for ground in json.loads(said)["context"]["grounds"]]
            assert {tuple(fact.get("evidence", ())) for fact in shown if fact} <= {resting}


def test_rows_that_a_partial_answer_keeps_back_are_filtered_by_the_gateway(answer_to, writer):
    rows = {"type": "field", "field": "dept", "operator": "eq", "value": "A"}
    answer = answer_to(scenario="sc-2")
    answer = replace(answer, inquiry=replace(answer.inquiry, parameters={"rows": rows}))

    said = json.loads(writer.render(answer, Detail.USER))

    assert [one["properties"]["action"] for one in said["context"]["obligations"]] == ["mask_fields", "filter_rows"]
    assert said["context"]["obligations"][1]["properties"]["row_filter"] == {"kind": "conditional", "ast": rows}


def test_a_partial_answer_never_goes_without_an_obligation(answer_to, writer):
    answer = answer_to(scenario="sc-2", fields=("name", "phone"))
    (group,) = answer.inquiry.groups
    whole = replace(answer.inquiry, groups=(replace(group, covered=group.asked),))
    decision = replace(answer.decision, withheld=())

    for inquiry in (answer.inquiry, whole):
        said = json.loads(writer.render(replace(answer, inquiry=inquiry, decision=decision), Detail.NONE))
        assert said["context"]["obligations"]


def test_silence_is_a_refusal_that_says_so(answer_to, writer):
    answer = answer_to(scenario="sc-1")
    silent = replace(answer.decision, outcome=Outcome.DENY, findings=(), duties=(), advisories=(), valid_until=None)

    said = DecisionShown.model_validate_json(writer.render(replace(answer, decision=silent), Detail.FULL))

    assert (said.decision, said.context.reason, said.context.grounds) == (False, "silence", [])
    assert said.context.reason_user.zh == "没有规则准许该请求。"


def test_duties_without_parameters_and_remedies_without_contact_are_whole(answer_to, writer):
    permit, refusal = answer_to(scenario="sc-1", purpose=None), answer_to(scenario="sc-3")
    alone = tuple(replace(remedy, contact=None) for remedy in refusal.decision.remedies)
    refusal = replace(refusal, decision=replace(refusal.decision, remedies=alone))

    duties = DecisionShown.model_validate_json(writer.render(permit, Detail.USER)).context.duties
    remedies = DecisionShown.model_validate_json(writer.render(refusal, Detail.USER)).context.remedies

    assert [duty.parameters for duty in duties] == [{}]
    assert [remedy.contact for remedy in remedies] == [None, None]


def test_each_ground_shows_the_facts_of_the_fields_it_spoke_of(service, answer_to, writer):
    refused = answer_to(scenario="sc-3")
    unset = answer_to(subject="X")
    first, second = refused.inquiry.groups[0], unset.inquiry.groups[0]
    both = Inquiry(
        (
            FieldGroup(("name",), ("name",), Facts(first.facts.vector, {"sharing_class": ("s:1",)}, first.facts.index)),
            FieldGroup(("phone",), (), Facts(second.facts.vector, {"sharing_class": ("s:2",)}, second.facts.index)),
        ),
        ledger=1,
    )
    verdicts = tuple(service.rulebook.judge(group.facts.vector) for group in both.groups)
    findings = tuple(dict.fromkeys(finding for verdict in verdicts for finding in verdict.findings))
    decision = replace(refused.decision, verdicts=verdicts, findings=findings)

    said = DecisionShown.model_validate_json(
        writer.render(replace(refused, inquiry=both, decision=decision), Detail.FULL)
    )

    shown = {ground.rule: ground.facts["sharing_class"] for ground in said.context.grounds if ground.facts}
    assert shown["no_application"].evidence == ["s:1"]
    assert shown["class_unset"].evidence == ["s:2"]


def test_a_body_that_never_comes_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("adapters.gateways.body.PATIENCE", 0.01)

    async def silent():  # noqa: ANN202 -- never returns
        await asyncio.Event().wait()

    with pytest.raises(RejectedError, match="did not arrive in time") as refused:
        asyncio.run(read_body(silent))

    assert (refused.value.status, refused.value.headers) == (400, [(b"connection", b"close")])
