"""Questions asked together: one revision, one commit, all or none, and nobody else has to wait for them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.stores.usage import JournalUsage
from pdp.errors import UnavailableError
from pdp.facts.derive import Deriver
from pdp.facts.situation import Setting
from pdp.ledger.admit import statement
from pdp.model import AccessRequest, Batch, Gathering, Outcome
from pdp.service import TURN_NS
from pdp.walk import InForce
from tests.pdp.test_service import NOW, PARTLY, PERMITTED, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

ASKED = Gathering("authzen", "gateway-1", "r-1")
BODY = b'{"evaluations": []}'


@pytest.fixture
def bench() -> Bench:
    return Bench()


def ask(bench: Bench, *questions: AccessRequest | str, asked: Gathering = ASKED) -> Batch:
    return asyncio.run(bench.service.answer_all(questions, asked, BODY))


def records(bench: Bench) -> list[dict[str, object]]:
    return [json.loads(record) for record in bench.log.entries]


def test_all_items_and_what_ties_them_together_become_durable_by_one_commit(bench):
    batch = ask(bench, PERMITTED, "bad_request", PARTLY)

    told, *decided = [record for record in records(bench) if record["kind"] != "statements.recorded"]
    assert bench.log.commits == [3]
    assert told["kind"] == "batch"
    assert told["id"] == batch.id
    assert told["decisions"] == [batch.items[0].id, "bad_request", batch.items[2].id]
    assert (told["gateway"], told["request_id"], told["door"]) == ("gateway-1", "r-1", "authzen")
    assert [record["id"] for record in decided] == [batch.items[0].id, batch.items[2].id]
    assert bench.service.decision(batch.id) == told


def test_nothing_is_recorded_behind_the_cut(bench):
    asked = replace(ASKED, last=True)

    batch = ask(bench, "bad_request", PERMITTED, PARTLY, asked=asked)

    assert [item if isinstance(item, str) else item.decision.outcome for item in batch.items] == [
        "bad_request", Outcome.PERMIT,
    ]  # fmt: skip
    assert bench.log.commits == [2]


def test_questions_behind_the_cut_are_not_even_read(bench):
    def asked() -> Iterator[AccessRequest | str]:
        yield "not_entitled"
        pytest.fail("read although it is not to be answered")

    batch = asyncio.run(bench.service.answer_all(asked(), replace(ASKED, last=False), BODY))

    assert batch.items == ("not_entitled",)


def test_no_record_no_answer_for_any_of_them(bench):
    bench.log.full = True

    with pytest.raises(UnavailableError, match="disk is full"):
        ask(bench, PERMITTED, PARTLY)


def test_a_failure_on_the_way_is_recorded_and_nothing_else(bench):
    large = replace(PERMITTED, fields=tuple(f"field-{number}" for number in range(9000)))

    with pytest.raises(UnavailableError, match="fewer fields"):
        ask(bench, PERMITTED, large, PARTLY)
    kinds = [record["kind"] for record in records(bench)]
    assert kinds.count("error") == 1
    assert "decision" not in kinds


def test_a_batch_is_decided_under_one_revision_or_not_at_all(bench):
    coming = InForce(bench.policies, bench.rulebook, bench.world, bench.law.derive, bench.recorder(policy="0" * 64))

    async def revised() -> None:
        def asked() -> Iterator[AccessRequest | str]:
            yield PERMITTED
            bench.service._in_force = coming  # noqa: SLF001 -- as `activate` does while others have their turn
            yield PERMITTED

        await bench.service.answer_all(asked(), ASKED, BODY)

    with pytest.raises(UnavailableError, match="another revision"):
        asyncio.run(revised())
    assert "decision" not in [record["kind"] for record in records(bench)]


def test_others_have_their_turn_while_a_batch_is_decided(bench):
    """Every item takes longer than a turn; a question that arrives during the first is answered before the last."""
    order: list[str] = []

    async def both() -> None:
        def asked() -> Iterator[AccessRequest | str]:
            for number in range(40):
                bench.clock.instant += timedelta(microseconds=TURN_NS / 1000 + 1)
                order.append(f"item {number}")
                yield PERMITTED

        async def one() -> None:
            await bench.service.answer(PERMITTED)
            order.append("one")

        await asyncio.gather(bench.service.answer_all(asked(), ASKED, BODY), one())

    asyncio.run(both())

    assert order.index("one") < order.index("item 10")


@pytest.mark.parametrize(("request_id", "counted"), [("r-1", 1), (None, 3)])
def test_repetitions_of_one_request_id_count_a_quota_once_in_a_batch_too(bench, tmp_path, request_id, counted):
    usage = JournalUsage(tmp_path / "usage.sqlite", 0)
    usage.settle(())
    setting = Setting(bench.world, bench.policies.instrument, bench.policies.readings, usage, {})
    bench.service._usage = usage  # noqa: SLF001 -- the counts of a real journal, on the bench
    bench.service._in_force = replace(bench.law, derive=Deriver(setting, bench.policies.vocabulary))  # noqa: SLF001
    question = replace(_under_quota(bench, 5), request_id=request_id)

    for _ in range(2 if request_id else 1):
        batch = ask(bench, *[question] * 3, asked=replace(ASKED, request_id=request_id))

    assert {item.decision.outcome for item in batch.items} == {Outcome.PERMIT}
    assert usage.used("quota-1") == counted
    usage.close()


def test_a_quota_is_never_overdrawn_by_one_batch(bench):
    question = _under_quota(bench, 2)

    outcomes = [item.decision.outcome for item in ask(bench, *[question] * 5).items]

    assert outcomes == [Outcome.PERMIT] * 2 + [Outcome.DENY] * 3


def _under_quota(bench: Bench, quota: int) -> AccessRequest:
    """Return a question under an application for `quota` uses."""
    provider, start = bench.world.dataset(PARTLY.dataset, NOW).provider, NOW - timedelta(days=2)
    received = {
        "scope": {"quota": quota}, "id": "quota-1", "applicant": PARTLY.subject, "dataset": PARTLY.dataset,
        "scenario": "sc-quota", "purpose": "duty",
    }  # fmt: skip
    duty = {"id": "duty-quota", "body": PARTLY.subject, "name": "职责", "basis": "法律", "scenarios": ["sc-quota"]}
    system = {"id": "sys-quota", "body": PARTLY.subject, "post": "岗", "duties": ["duty-quota"]}
    bench.ledger.record([
        statement("duty.registered", duty, start, "registrar"),
        statement("system.registered", system, start, "registrar"),
        statement("application.received", received, start, str(PARTLY.subject)),
        statement("application.agreed", {"id": "quota-1"}, start, provider),
    ])  # fmt: skip
    bench.world.follow()
    return replace(PARTLY, scenario="sc-quota", purpose="duty", system="sys-quota", fields=None, application="quota-1")
