"""The walk with overlays: asked about the very facts that decide, all at once, and never told who a person is."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.callers import LOCAL, Detail
from adapters.gateways.authzen import parse
from adapters.gateways.authzen_answer import AnswerWriter
from adapters.gateways.denial_binding import check
from adapters.gateways.opa_answer import wanted
from adapters.gateways.problems import ProblemError
from adapters.gateways.refusal import RefusalWriter
from pdp.errors import OverlayError, UnavailableError
from pdp.ledger.admit import statement
from pdp.log.statements import StatementTeller
from pdp.model import Effect, Gathering, Limits, Outcome
from pdp.rulebook.next_action import requestable
from pdp.search import RESOURCE, Sought
from pdp.searches import Searches
from pdp.service import Service
from pdp.walk import InForce
from tests.pdp.test_service import NOW, PARTLY, PERMITTED, ROOT, Bench, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOT_APPLIED = parse((ROOT / "examples/ask_deny_no_application.json").read_bytes(), LOCAL)
NIGHT = [{"effect": "forbid", "rule": "night"}]
LIMITS = Limits("bureau", "X", ("art_39__para_1",), "内部规定")


class Neighbour:
    """An overlay in memory. Answers from a list, the last for ever; `meanwhile` happens while it thinks."""

    def __init__(self, *answers: object, limits: Limits = LIMITS, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.limits = limits
        self.asked: list[Mapping[str, object]] = []
        self._answers = list(answers)
        self._meanwhile = meanwhile

    async def ask(self, question: Mapping[str, object]) -> object:
        """Answer after others had their turn."""
        self.asked.append(question)
        await asyncio.sleep(0)
        self._meanwhile()
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def bench() -> Bench:
    return Bench()


def under(bench: Bench, *overlays: Neighbour) -> Bench:
    """Return the bench with a service that asks `overlays`."""
    told = StatementTeller(bench.ledger)
    ids = bench.service._new_id  # noqa: SLF001 -- the ids go on where they were
    bench.service = Service(
        bench.law, bench.log, bench.usage, bench.clock, ids, told, freshness=bench.copy, overlays=overlays
    )
    return bench


def measure(bench: Bench) -> None:
    """Record a measure that bans the data set asked for."""
    declared = {"id": "m1", "scope": {"datasets": [PERMITTED.dataset]}}
    bench.ledger.record([statement("measure.declared", declared, NOW, bench.world.holder("cyberspace", NOW))])
    bench.clock.instant += timedelta(seconds=1)


def test_what_an_overlay_forbids_is_refused_and_recorded_with_its_basis(bench):
    (answer,) = ask(under(bench, Neighbour(NIGHT)), PERMITTED)

    assert answer.decision.outcome is Outcome.DENY
    assert [(ground.rule, ground.effect) for ground in answer.decision.grounds] == [("bureau:night", Effect.FORBID)]
    (said,) = json.loads(bench.log.entries[-1])["overlays"]
    us = said.pop("us")
    assert us >= 0
    assert said == {"id": "bureau", "body": "X", "basis": "内部规定", "findings": {"forbid": "bureau:night 39.1"}}
    assert bench.service.decision(answer.id)["overlays"][0]["findings"] == [
        {"rule": "bureau:night", "effect": "forbid", "articles": ["art_39__para_1"]}
    ]


@pytest.mark.parametrize(
    ("effect", "outcome"), [("forbid", "DENY"), ("refer", "REFER"), ("doubt", "INDETERMINATE"), ("oblige", "PERMIT")]
)
def test_each_effect_restricts_as_ours_does(bench, effect, outcome):
    (answer,) = ask(under(bench, Neighbour([{"effect": effect, "rule": "entrusted_processing"}])), PERMITTED)

    assert answer.decision.outcome == outcome
    assert ("entrusted_processing" in {duty.id for duty in answer.decision.duties}) == (effect == "oblige")


def fields_of(bench: Bench) -> tuple[str, ...]:
    """Return the fields that the permitted question is about."""
    (answer,) = ask(under(bench, Neighbour([])), PERMITTED)
    return answer.decision.granted


def test_a_field_that_an_overlay_limits_is_withheld_on_its_ground_and_the_rest_is_released(bench):
    first, *rest = fields_of(bench)
    finding = {"effect": "refer", "rule": "archive", "fields": [first]}
    able = replace(PERMITTED, enforces=("mask_fields",))
    (partly, refused) = ask(under(bench, Neighbour([finding])), able, PERMITTED)

    assert (partly.decision.outcome, partly.decision.granted) == (Outcome.PARTIAL, tuple(rest))
    (withheld,) = partly.decision.withheld
    assert (withheld.fields, [ground.rule for ground in withheld.grounds]) == ((first,), ["bureau:archive"])
    assert refused.decision.outcome is Outcome.DENY  # nobody said that the rest alone would be handed on
    assert {ground.rule for ground in refused.decision.grounds} == {"bureau:archive", "partial_not_enforceable"}
    (said,) = json.loads(bench.log.entries[-2])["overlays"]
    assert (said["findings"], said["limited"]) == (
        {},
        [{"fields": [first], "findings": {"refer": "bureau:archive 39.1"}}],
    )
    told = bench.service.decision(partly.id)["overlays"][0]["limited"]
    assert told == [
        {"fields": [first], "findings": [{"rule": "bureau:archive", "effect": "refer", "articles": ["art_39__para_1"]}]}
    ]


def test_a_limit_of_a_field_that_was_not_asked_for_is_a_doubt_and_one_of_all_fields_is_one_of_the_whole(bench):
    fields = list(fields_of(bench))
    for named, outcome in ((["no_such"], "INDETERMINATE"), (fields, "DENY")):
        (answer,) = ask(under(bench, Neighbour([{"effect": "forbid", "rule": "r", "fields": named}])), PERMITTED)
        assert answer.decision.outcome == outcome
    assert json.loads(bench.log.entries[-2])["overlays"][0]["reason"] == "unknown_field"


def test_an_overlay_that_had_nothing_to_say_is_recorded_as_asked(bench):
    (answer,) = ask(under(bench, Neighbour([])), PERMITTED)

    assert answer.decision.outcome is Outcome.PERMIT
    assert json.loads(bench.log.entries[-1])["overlays"][0]["findings"] == {}


@pytest.mark.parametrize("answer", [OverlayError("deadline"), [{"effect": "permit", "rule": "r"}], None])
def test_an_overlay_that_does_not_answer_or_answers_garbage_is_a_doubt_with_its_reason(bench, answer):
    (given,) = ask(under(bench, Neighbour(answer)), PERMITTED)

    assert given.decision.outcome is Outcome.INDETERMINATE
    assert [ground.rule for ground in given.decision.grounds] == ["bureau:overlay_unavailable"]
    (said,) = json.loads(bench.log.entries[-1])["overlays"]
    reasons = {OverlayError: "deadline", list: "unknown_effect", type(None): "no_list"}
    assert said["reason"] == reasons[type(answer)]


def test_a_defect_of_an_overlay_client_is_no_answer(bench):
    with pytest.raises(RuntimeError, match="defect"):
        ask(under(bench, Neighbour(RuntimeError("a defect"))), PERMITTED)


def test_an_overlay_is_told_the_question_as_the_record_has_it_with_every_fact_and_no_person(bench):
    overlay = Neighbour([])
    private = replace(PERMITTED, subject="110101199003071234", subject_kind="natural_person", staff="13800138000")
    answers = ask(under(bench, overlay), PERMITTED, private)

    (first, second), records = overlay.asked, [json.loads(entry) for entry in bench.log.entries]
    asked = {name: value for name, value in records[0]["request"].items() if name != "digest"}
    assert first["request"] == asked
    assert first["groups"] == [
        {
            "dataset": PERMITTED.dataset,
            "fields": list(group.asked),
            "facts": {name: group.facts[name] for name in group.facts.index},
        }
        for group in answers[0].inquiry.groups
    ]
    assert first["at"] == records[0]["at"]
    assert "110101199003071234" not in json.dumps(second)
    assert "13800138000" not in json.dumps(second)


def test_overlays_are_asked_all_at_once(bench):
    barrier = asyncio.Barrier(2)

    class Waiting(Neighbour):
        async def ask(self, question: Mapping[str, object]) -> object:
            await barrier.wait()  # passes only if both are asked before either has answered
            return await super().ask(question)

    (answer,) = ask(
        under(bench, Waiting([], limits=LIMITS), Waiting(NIGHT, limits=Limits("other", "Y", basis="b"))), PERMITTED
    )

    assert [ground.rule for ground in answer.decision.grounds] == ["other:night"]


def test_only_overlays_that_are_concerned_are_asked(bench):
    provider = bench.world.dataset(PERMITTED.dataset, NOW).provider
    theirs = Neighbour(NIGHT, limits=replace(LIMITS, providers=frozenset({provider})))
    others = Neighbour(NIGHT, limits=Limits("other", "Y", basis="b", providers=frozenset({"nobody"})))

    (answer,) = ask(under(bench, theirs, others), PERMITTED)
    (alone,) = ask(under(bench, others), PERMITTED)

    assert (len(theirs.asked), others.asked) == (1, [])
    assert [one.limits.id for one in answer.inquiry.overlaid] == ["bureau"]
    assert (alone.decision.outcome, alone.inquiry.overlaid) == (Outcome.PERMIT, ())


def test_facts_that_change_while_an_overlay_thinks_are_put_to_it_again(bench):
    overlay = Neighbour([], NIGHT)
    changed = []

    def meanwhile() -> None:
        if not changed:
            changed.append(True)
            measure(bench)

    overlay._meanwhile = meanwhile  # noqa: SLF001 -- it needs the bench, which needs it
    (answer,) = ask(under(bench, overlay), PERMITTED)

    first, second = (asked["groups"][0]["facts"]["measure"] for asked in overlay.asked)
    assert first != second
    assert [ground.rule for ground in answer.decision.grounds] == ["bureau:night", "emergency_measure"]


def test_facts_that_never_stand_still_leave_a_doubt(bench):
    levels = iter([timedelta(days=1), timedelta(), timedelta(days=1)])

    def meanwhile() -> None:
        bench.copy.age = next(levels)
        bench.clock.instant += timedelta(seconds=2)

    overlay = Neighbour([], meanwhile=meanwhile)
    (answer,) = ask(under(bench, overlay), PERMITTED)

    assert len(overlay.asked) == 2
    assert answer.decision.outcome is Outcome.INDETERMINATE
    assert [one.reason for one in answer.inquiry.overlaid] == ["facts_changed"]


def test_a_revision_that_comes_into_force_meanwhile_decides_and_the_overlay_is_asked_about_it(bench):
    coming = InForce(bench.policies, bench.rulebook, bench.world, bench.law.derive, bench.recorder(policy="0" * 64))
    tasks: list[asyncio.Task[None]] = []

    def meanwhile() -> None:
        if not tasks:
            tasks.append(asyncio.get_running_loop().create_task(bench.service.activate(coming)))

    class Patient(Neighbour):
        async def ask(self, question: Mapping[str, object]) -> object:
            answer = await super().ask(question)
            await asyncio.gather(*tasks)
            return answer

    overlay = Patient([], meanwhile=meanwhile)
    ask(under(bench, overlay), PERMITTED)

    assert len(overlay.asked) == 2
    assert json.loads(bench.log.entries[-1])["revision"]["set"] == coming.recorder.set


def test_a_quota_is_not_overdrawn_while_overlays_think(bench):
    quota = {"scope": {"quota": 2}, "id": "quota-1", "applicant": PARTLY.subject, "dataset": PARTLY.dataset}
    received = {**quota, "scenario": "sc-quota", "purpose": "duty"}
    provider = bench.world.dataset(PARTLY.dataset, NOW).provider
    start = NOW - timedelta(days=2)
    duty = {"id": "duty-quota", "body": PARTLY.subject, "name": "职责", "basis": "法律", "scenarios": ["sc-quota"]}
    system = {"id": "sys-quota", "body": PARTLY.subject, "post": "岗", "duties": ["duty-quota"]}
    bench.ledger.record([
        statement("duty.registered", duty, start, "registrar"),
        statement("system.registered", system, start, "registrar"),
        statement("application.received", received, start, str(PARTLY.subject)),
        statement("application.agreed", {"id": "quota-1"}, start, provider),
    ])  # fmt: skip
    bench.world.follow()
    question = replace(
        PARTLY, scenario="sc-quota", purpose="duty", system="sys-quota", fields=None, application="quota-1"
    )

    outcomes = [answer.decision.outcome for answer in ask(under(bench, Neighbour([])), *[question] * 5)]

    assert sorted(outcomes) == [Outcome.DENY] * 3 + [Outcome.PERMIT] * 2


def test_a_log_that_ends_while_an_overlay_thinks_answers_nothing(bench):
    def meanwhile() -> None:
        bench.log.full = True

    with pytest.raises(UnavailableError, match="disk is full"):
        ask(under(bench, Neighbour([], meanwhile=meanwhile)), PERMITTED)
    assert bench.log.entries == []


def test_a_search_lists_what_a_single_question_is_permitted_under_the_overlays_whoever_asks_at_once(bench):
    class Picky(Neighbour):
        async def ask(self, question: Mapping[str, object]) -> object:
            await super().ask(question)
            return NIGHT if question["request"]["dataset"] in banned else []

    datasets = sorted(
        {
            ref.removeprefix("dataset/")
            for said in bench.ledger.statements()
            for ref in said.about
            if ref[:8] == "dataset/"
        }
    )
    sought = Sought(RESOURCE, "dataset", replace(PERMITTED, fields=None))
    banned: set[str] = set()
    under(bench, Picky([]))

    async def single() -> list[str]:
        answers = [await bench.service.answer(sought.about(dataset)) for dataset in datasets]
        return [one for one, answer in zip(datasets, answers, strict=True) if answer.decision.outcome.permits]

    async def searched() -> list[list[str]]:
        searches = Searches(bench.service, bench.ledger, bench.usage, bench.clock, 10**12)
        search = searches.begin("s", sought)
        pages = await asyncio.gather(*[searches.page(search, "", 500, b"") for _ in range(3)])
        return [[found.id for found in page.found] for page in pages]

    permitted = asyncio.run(single())
    banned.update(permitted[::2])

    expected = asyncio.run(single())
    assert expected == permitted[1::2]
    assert asyncio.run(searched()) == [expected] * 3


def test_no_application_is_offered_where_an_overlay_limits_too(bench):
    (alone,) = ask(bench, NOT_APPLIED)
    (limited,) = ask(under(bench, Neighbour(NIGHT)), NOT_APPLIED)

    assert requestable(alone.decision, alone.inquiry)
    assert not requestable(limited.decision, limited.inquiry)
    record = bench.service.decision(limited.id)
    with pytest.raises(ProblemError) as refused:
        check(record, record["request"], bench.clock.now())
    assert refused.value.status == 400


@pytest.mark.parametrize("answer", [NIGHT, OverlayError("deadline")])
def test_every_door_can_tell_of_an_overlay(bench, answer):
    (given,) = ask(under(bench, Neighbour(answer)), PERMITTED)
    rulebook, instrument = bench.rulebook, bench.policies.instrument
    rule = given.decision.grounds[0].rule

    for detail in Detail:
        json.loads(AnswerWriter(rulebook, instrument).render(given, detail))
    refusal = RefusalWriter(rulebook)
    assert not refusal.rests_on_assurance(given)
    reason = refusal.reason(given)
    assert "机构 X" in reason["zh"]
    assert json.loads(refusal.body(given, reason, Detail.FULL))["grounds"][0]["rule"] == rule
    (note,) = wanted(b"explain=notes").beside([given], rulebook)["explanation"]
    assert rule in note


def test_every_question_of_a_batch_is_put_to_the_overlays_while_they_think_the_next(bench):
    class Slow(Neighbour):
        """Answers as soon as a second question waits: one after the other it would wait for ever."""

        def __init__(self) -> None:
            super().__init__([])
            self.both = asyncio.Event()

        async def ask(self, question: Mapping[str, object]) -> object:
            self.asked.append(question)
            if len(self.asked) > 1:
                self.both.set()
            await self.both.wait()
            return NIGHT if question["request"]["dataset"] == PARTLY.dataset else []

    neighbour = Slow()
    under(bench, neighbour)
    questions = [PERMITTED, "bad_request", PARTLY, PERMITTED]

    batch = asyncio.run(bench.service.answer_all(questions, Gathering("authzen", "g"), b"{}"))

    assert [item if isinstance(item, str) else item.decision.outcome for item in batch.items] == [
        Outcome.PERMIT, "bad_request", Outcome.DENY, Outcome.PERMIT,
    ]  # fmt: skip
    assert len(neighbour.asked) == 3


def test_behind_the_cut_no_overlay_is_asked(bench):
    neighbour = Neighbour(NIGHT)
    under(bench, neighbour)

    asked = Gathering("authzen", "g", last=False)
    batch = asyncio.run(bench.service.answer_all([PERMITTED] * 3, asked, b"{}"))

    assert [item.decision.outcome for item in batch.items] == [Outcome.DENY]
    assert len(neighbour.asked) == 1
