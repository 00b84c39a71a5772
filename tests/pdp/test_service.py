"""Record before release: what is not recorded is not answered, and what fails is recorded as a failure."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.assemble import compiled
from adapters.callers import LOCAL
from adapters.catalogues.starting_world import starting_world
from adapters.device.ids import Ids
from adapters.gateways.authzen import parse
from pdp.errors import UnavailableError
from pdp.facts.derive import Deriver
from pdp.facts.situation import Setting
from pdp.ledger.admit import Admission, statement
from pdp.ledger.age import LIMIT
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.world import World
from pdp.log.entry import FIRST, entry_bytes
from pdp.log.record import Recorder, Writer
from pdp.log.statements import StatementTeller, last_told
from pdp.model import AccessRequest, Answer, Outcome, Receipt
from pdp.service import Service
from pdp.walk import InForce
from pdp.workdays import SHANGHAI

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 25, 9, tzinfo=SHANGHAI)
NOWHERE = "not_applicable"
BODY = {"id": "late-body", "name": "后设机构", "level": "district", "basis": "administrative_organ"}
PERMITTED = parse((ROOT / "examples/ask_permit_unconditional.json").read_bytes(), LOCAL)
PARTLY = parse((ROOT / "examples/ask_partial_fields.json").read_bytes(), LOCAL)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.instant = NOW

    def now(self) -> datetime:
        """Return the instant it is set to."""
        return self.instant

    def mono_ns(self) -> int:
        """Return nanoseconds since it was first set."""
        return int((self.instant - NOW).total_seconds() * 1e9)


class MemoryLog:
    """A decision log that is a list; `full` makes it fail, as a full disk does."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.commits: list[int] = []  # of several records each
        self.full = False

    @property
    def ready(self) -> bool:
        """Return whether it takes records."""
        return not self.full

    def append(self, record: bytes) -> asyncio.Future[Receipt]:
        """Keep a record; its receipt comes after others had their turn, as with a real disk."""
        if self.full:
            message = "the disk is full"
            raise UnavailableError(message)
        self.entries.append(record)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Receipt] = loop.create_future()
        loop.call_soon(future.set_result, Receipt("test/n1-0", len(self.entries) - 1, "00" * 32))
        return future

    def append_all(self, records: list[bytes]) -> list[asyncio.Future[Receipt]]:
        """Keep several records; one commit."""
        self.commits.append(len(records))
        return [self.append(record) for record in records]

    def find(self, record_id: str) -> tuple[int, bytes] | None:
        """Find a record by its id."""
        return next((found for found in self.records() if json.loads(found[1])["record"]["id"] == record_id), None)

    def records(self, since: int = 0) -> list[tuple[int, bytes]]:
        """Return every record from index `since` as an entry."""
        return [(n, entry_bytes(FIRST, record, n)) for n, record in enumerate(self.entries)][since:]


class Counts:
    """Released decisions by application."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def used(self, application: str) -> int | None:
        """Return the count."""
        return self.counts.get(application, 0)

    def reserve(self, application: str, _question: str | None, _at: float | None = None) -> None:
        """Count one more."""
        self.counts[application] = self.counts.get(application, 0) + 1


class Copy:
    """A copy of the ledger whose age is set by hand."""

    def __init__(self) -> None:
        self.age = timedelta()

    def staleness(self) -> timedelta:
        """Return the age it is set to."""
        return self.age


class Persons:
    """One digest for everybody."""

    def digest(self, _kind: str, _value: str) -> str:
        """Return the digest."""
        return "p1." + "A" * 43


class Bench:
    """A service in memory on the starting world, and everything behind it."""

    def __init__(self) -> None:
        self.policies, self.rulebook = compiled(ROOT)
        self.clock, self.log, self.usage = Clock(), MemoryLog(), Counts()
        since = self.policies.instrument.in_force_from
        readings, calendar = self.policies.readings, self.policies.calendar
        self.ledger = MemoryLedger(Admission(calendar, readings, since, self.rulebook.may))
        self.ledger.record(starting_world(ROOT))
        self.world = World(self.ledger, calendar, readings, since)
        setting = Setting(self.world, self.policies.instrument, readings, self.usage, {})
        self.law = InForce(
            self.policies, self.rulebook, self.world, Deriver(setting, self.policies.vocabulary), self.recorder()
        )
        self.copy = Copy()
        told = StatementTeller(self.ledger)
        self.service = Service(self.law, self.log, self.usage, self.clock, Ids(), told, freshness=self.copy)

    def recorder(self, **digests: str) -> Recorder:
        """Return a recorder of the revision in force, or of one with other `digests`."""
        revision = replace(self.rulebook.revision, **digests)
        return Recorder(
            self.policies.vocabulary, revision, Writer("n1", 0, "0" * 16, "test"), Persons(),
            key=b"k" * 32, registered=lambda _id: True,
        )  # fmt: skip

    def break_ledger(self) -> None:
        """Let every later look into the ledger fail."""

        def broken(_ref: str) -> None:
            message = "the ledger cannot be read"
            raise UnavailableError(message)

        self.ledger.about = broken  # type: ignore[method-assign]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def ask(bench: Bench, *questions: AccessRequest) -> list[Answer]:
    """Ask all questions at once."""

    async def together() -> list[Answer]:
        return await asyncio.gather(*(bench.service.answer(question) for question in questions))

    return asyncio.run(together())


def test_every_answer_has_its_record_in_the_log(bench):
    (answer,) = ask(bench, PERMITTED)

    assert answer.decision.outcome is Outcome.PERMIT
    assert bench.log.find(answer.id)[0] == answer.receipt.index


def test_no_record_no_answer(bench):
    bench.log.full = True

    with pytest.raises(UnavailableError, match="disk is full"):
        ask(bench, PERMITTED)
    assert not bench.service.ready()


def test_a_ledger_that_cannot_be_read_is_no_answer_and_is_recorded(bench):
    bench.break_ledger()

    with pytest.raises(UnavailableError, match="ledger"):
        ask(bench, PERMITTED)
    (failure,) = map(json.loads, bench.log.entries)
    assert (failure["kind"], failure["error"]) == ("error", {"code": "store_unavailable", "who_must_act": "operator"})


def test_a_question_too_large_for_a_record_is_refused_and_its_failure_recorded(bench):
    with pytest.raises(UnavailableError, match="fewer fields"):
        ask(bench, replace(PERMITTED, fields=tuple(f"field-{n}" for n in range(9000))))
    assert json.loads(bench.log.entries[0])["error"]["code"] == "record_too_large"


def test_when_ledger_and_log_are_down_the_caller_hears_of_the_ledger(bench):
    bench.break_ledger()
    bench.log.full = True

    with pytest.raises(UnavailableError, match="ledger"):
        ask(bench, PERMITTED)


def test_no_answer_is_valid_for_longer_than_the_cap(bench):
    (answer,) = ask(bench, PERMITTED)

    assert answer.decision.valid_until == NOW + timedelta(seconds=30)


def test_a_quota_is_never_overdrawn_by_questions_asked_at_once(bench):
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

    outcomes = [answer.decision.outcome for answer in ask(bench, *[question] * 5)]

    assert sorted(outcomes) == [Outcome.DENY] * 3 + [Outcome.PERMIT] * 2


def test_what_another_process_records_decides_within_a_second(bench):
    (before,) = ask(bench, PERMITTED)
    measure = {"id": "m1", "scope": {"datasets": [PERMITTED.dataset]}}
    cyberspace = bench.world.holder("cyberspace", NOW)
    bench.ledger.record([statement("measure.declared", measure, NOW, cyberspace)])
    bench.clock.instant = NOW + timedelta(seconds=1)

    (after,) = ask(bench, PERMITTED)

    assert (before.decision.outcome, after.decision.outcome) == (Outcome.PERMIT, Outcome.DENY)
    assert [ground.rule for ground in after.decision.grounds] == ["emergency_measure"]


def test_a_revision_decides_only_after_its_activation_is_recorded(bench):
    coming = InForce(bench.policies, bench.rulebook, bench.world, bench.law.derive, bench.recorder())
    bench.log.full = True
    with pytest.raises(UnavailableError):
        asyncio.run(bench.service.activate(coming))
    assert bench.service.in_force is bench.law

    bench.log.full = False
    asyncio.run(bench.service.activate(coming))

    assert bench.service.in_force is coming
    assert json.loads(bench.log.entries[-1])["kind"] == "rulebook.activated"


def test_a_decision_is_spelled_out_with_everything_that_was_decided(bench):
    (answer,) = ask(bench, PARTLY)
    read, decision, (group,) = bench.service.decision(answer.id), answer.decision, answer.inquiry.groups

    assert read["facts"] == {name: value for name in group.facts.index if (value := group.facts[name]) != NOWHERE}
    assert {name: set(resting) for name, resting in read["evidence"].items()} == {
        name: set(resting) for name, resting in group.facts.evidence.items() if resting
    }
    assert [(found["rule"], found["effect"], tuple(found["articles"])) for found in read["findings"]] == [
        (found.rule, found.effect, found.articles) for found in decision.findings
    ]
    assert [(duty["id"], duty.get("parameters", {})) for duty in read["duties"]] == [
        (duty.id, duty.parameters) for duty in decision.duties
    ]
    assert read["granted"] == {"fields": list(decision.granted)}
    assert datetime.fromisoformat(read["valid_until"]) == decision.valid_until


def test_a_refusal_is_spelled_out_with_every_way_on_and_whom_to_ask(bench):
    (answer,) = ask(bench, replace(PARTLY, scenario="sc-nobody-applied-for", fields=("邮编",)))
    read = bench.service.decision(answer.id)

    assert read["outcome"] == answer.decision.outcome == Outcome.DENY
    assert [(way["id"], way.get("ask")) for way in read["remedies"]] == [
        (way.id, way.contact.body if way.contact else None) for way in answer.decision.remedies
    ]


def test_a_decision_of_an_earlier_revision_is_read_by_what_the_log_says_of_it(bench):
    asyncio.run(bench.service.activate())
    (answer,) = ask(bench, PERMITTED)
    before = bench.service.decision(answer.id)
    recorder = bench.recorder(policy="0" * 64)
    coming = InForce(bench.policies, bench.rulebook, bench.world, bench.law.derive, recorder)
    asyncio.run(bench.service.activate(coming))

    after = bench.service.decision(answer.id)

    assert {**before, "duties": [{"id": duty["id"]} for duty in before["duties"]]} == after


def test_a_decision_that_the_log_does_not_say_how_to_read_is_a_fault_of_the_log(bench):
    (answer,) = ask(bench, PERMITTED)  # recorded without the activation that a start records first
    recorder = bench.recorder(policy="0" * 64)
    coming = InForce(bench.policies, bench.rulebook, bench.world, bench.law.derive, recorder)
    asyncio.run(bench.service.activate(coming))

    with pytest.raises(UnavailableError, match="came into force"):
        bench.service.decision(answer.id)


def test_an_id_that_is_in_no_record_is_no_decision_and_a_failure_is_returned_as_it_stands(bench):
    bench.break_ledger()
    with pytest.raises(UnavailableError):
        ask(bench, PERMITTED)
    failure = json.loads(bench.log.entries[0])

    assert bench.service.decision(failure["id"]) == failure
    assert bench.service.decision("019c9785-1a80-7c3e-9d41-000000000009") is None


def kinds(bench: Bench) -> list[str]:
    return [json.loads(entry)["kind"] for entry in bench.log.entries]


def test_the_log_tells_of_every_statement_before_the_decision_that_may_rest_on_it(bench):
    bench.clock.instant = NOW + timedelta(seconds=1)
    asyncio.run(bench.service.activate())
    bench.ledger.record([statement("body.registered", BODY, NOW, "registrar")])
    bench.clock.instant = NOW + timedelta(seconds=2)
    ask(bench, PERMITTED)

    known = bench.ledger.statements()
    told = [json.loads(entry) for entry in bench.log.entries if b"statements.recorded" in entry]
    assert [(event["first"], last_told(event)) for event in told] == [(1, len(known) - 1), (len(known), len(known))]
    assert (told[0]["hash"], told[1]["hashes"]) == (known[-2].hash, [known[-1].hash])
    assert kinds(bench)[-2:] == ["statements.recorded", "decision"]


def test_statements_are_told_once_and_what_the_log_did_not_take_is_told_later(bench):
    bench.clock.instant = NOW + timedelta(seconds=1)
    bench.log.full = True
    with pytest.raises(UnavailableError):
        asyncio.run(bench.service.activate())
    bench.log.full = False
    asyncio.run(bench.service.activate())
    told = kinds(bench).count("statements.recorded")
    bench.clock.instant = NOW + timedelta(seconds=2)
    ask(bench, PERMITTED)

    assert told == 1
    assert kinds(bench)[-2:] == ["statements.recorded", "decision"]
    assert kinds(bench).count("statements.recorded") == told


def test_a_clock_that_is_set_back_is_told_of_and_the_times_stand_as_read(bench):
    ask(bench, PERMITTED)
    bench.clock.instant = NOW - timedelta(seconds=90)
    ask(bench, PERMITTED)
    bench.clock.instant = NOW - timedelta(seconds=90, milliseconds=800)
    ask(bench, PERMITTED)

    records = [json.loads(entry) for entry in bench.log.entries]
    assert [record["kind"] for record in records] == ["decision", "clock.stepped", "decision", "decision"]
    assert records[1]["back_ms"] == 90_000
    assert records[2]["at"] < records[0]["at"]


def test_every_decision_says_how_old_the_known_ledger_was(bench):
    for age in (timedelta(), timedelta(microseconds=1_250_900), timedelta(seconds=-1)):
        bench.copy.age = age
        ask(bench, PERMITTED)

    ages = [json.loads(entry)["revision"]["age_ms"] for entry in bench.log.entries]
    assert ages == [0, 1250, 0]


def test_sharing_stops_while_the_copy_is_stale_and_goes_on_once_it_is_level(bench):
    asked = []
    for age in (LIMIT, LIMIT + timedelta(milliseconds=1), timedelta(hours=2), timedelta()):
        bench.copy.age = age
        (answer,) = ask(bench, PERMITTED)
        asked.append((answer.decision.outcome, [found.rule for found in answer.decision.grounds]))

    stopped, granted = (Outcome.INDETERMINATE, ["ledger_stale"]), (Outcome.PERMIT, ["share_unconditional"])
    assert asked == [granted, stopped, stopped, granted]


def test_the_log_is_told_once_that_the_copy_is_stale_and_once_that_it_is_level_before_what_rests_on_it(bench):
    for age in (timedelta(), timedelta(hours=1), timedelta(hours=2), timedelta(seconds=3), timedelta()):
        bench.copy.age = age
        ask(bench, PERMITTED)

    records = [json.loads(entry) for entry in bench.log.entries]
    kinds_told = [record["kind"] for record in records]
    assert kinds_told == ["decision", "store.stale", *["decision"] * 2, "store.stale", *["decision"] * 2]
    told = [
        (record["age_ms"], record["limit_ms"], record["store"]) for record in records if record["kind"] == "store.stale"
    ]
    assert told == [(3_600_000, 900_000, "ledger"), (3000, 900_000, "ledger")]


def test_a_stale_copy_that_the_log_did_not_take_is_told_of_later(bench):
    bench.copy.age, bench.log.full = timedelta(hours=1), True
    with pytest.raises(UnavailableError):
        ask(bench, PERMITTED)
    bench.log.full = False
    ask(bench, PERMITTED)

    assert kinds(bench)[-2:] == ["store.stale", "decision"]


def test_no_answer_outlives_the_time_for_which_the_copy_is_current(bench):
    bench.copy.age = LIMIT - timedelta(seconds=4)
    (answer,) = ask(bench, PERMITTED)

    assert answer.decision.valid_until == NOW + timedelta(seconds=4)
