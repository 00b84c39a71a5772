"""The service over several logs: the next one after a closed one, one that is overdue, and orders while it runs."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.assemble import Installation, SystemClock, build_service
from adapters.callers import LOCAL
from adapters.cli.log.ordering import event_maker
from adapters.gateways.authzen import parse
from adapters.publishing.closing import close_log
from adapters.settings import Settings
from adapters.stores.log_reader import LogReader
from adapters.stores.outbox import Outbox
from adapters.stores.person_keys import SqlitePersonKeys
from adapters.stores.slots import first_record, is_closed

if TYPE_CHECKING:
    from adapters.stores.outbox import Order
    from pdp.model import Answer

ROOT = Path(__file__).parents[2]
ASK = (ROOT / "examples/ask_permit_deemed.json").read_bytes()
BOTH = [{"role": "audit", "person": "p1.a"}, {"role": "security", "person": "p1.b"}]
VISIT = json.dumps(
    {
        "subject": {"type": "natural_person", "id": "visitor-7"},
        "action": {"name": "read"},
        "resource": {"type": "dataset", "id": "bj:1d624dc30eb747d7"},
    }
).encode()


async def ask(made: Installation, body: bytes = ASK) -> Answer:
    return await made.service.answer(parse(body, LOCAL), body)


def slot_of(made: Installation) -> int:
    """Return the number of the log that is written to."""
    return int(made.journal.origin.rpartition("-")[2])


async def answered(outbox: Outbox, order: Order) -> str:
    """Return what became of an order, as soon as it is known."""
    async with asyncio.timeout(60):
        while (answer := outbox.answer(order)) is None:  # noqa: ASYNC110  # an order is a file; nothing tells of it
            await asyncio.sleep(0.01)
    return answer


def asked_once(data: Path, clock: SystemClock | None = None) -> tuple[Answer, int]:
    """Return the answer to one question, and the slot it was recorded in."""
    made = build_service(Settings(data=data))
    made.clock = clock or made.clock

    async def run() -> Answer:
        await made.begin()
        answer = await ask(made)
        await made.end()
        return answer

    with made:
        answer = asyncio.run(run())
        return answer, slot_of(made)


def test_the_start_after_a_closing_begins_the_next_log_and_still_knows_the_old_one(tmp_path: Path) -> None:
    old, slot = asked_once(tmp_path)
    assert slot == 0
    size = close_log(Settings(data=tmp_path), 0, event_maker(Settings(data=tmp_path), 0), lambda *_: None)
    new, slot = asked_once(tmp_path)
    assert (slot, new.receipt.log, new.receipt.index) == (1, "pdp.local/n1-1", 2)
    checkpoint = LogReader(tmp_path / "n1-0").checkpoint
    said = first_record(tmp_path / "n1-1")["previous"]
    assert said == {"origin": "pdp.local/n1-0", "root": checkpoint.root.hex(), "size": size}
    with build_service(Settings(data=tmp_path)) as made:
        assert slot_of(made) == 1
        assert made.service.decision(old.id)["outcome"] == "PERMIT"
        assert made.service.decision(new.id)["outcome"] == "PERMIT"


class Later(SystemClock):
    """The machine's clock, a year and a day on."""

    def now(self) -> datetime:
        """Return the instant in Asia/Shanghai."""
        return super().now() + timedelta(days=366)


def test_a_log_that_is_a_year_old_is_closed_at_the_next_start(tmp_path: Path) -> None:
    asked_once(tmp_path)
    _, slot = asked_once(tmp_path, Later())
    assert slot == 1
    assert is_closed(tmp_path / "n1-0")
    assert LogReader(tmp_path / "n1-0").checkpoint.size == first_record(tmp_path / "n1-1")["previous"]["size"]


def test_a_running_service_erases_who_is_ordered_and_forgets_the_digest_at_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)

    async def run(made: Installation) -> tuple[Answer, Answer]:
        await made.begin()
        before = await ask(made, VISIT)
        other = SqlitePersonKeys(tmp_path / "keys" / "persons.sqlite")
        digest, token = other.mark("account", "visitor-7")
        other.close()
        order = outbox.put("person.erased", {"person": digest, "token": token, "confirmed": BOTH})
        await answered(outbox, order)
        after = await ask(made, VISIT)
        await made.end()
        return before, after

    with build_service(Settings(data=tmp_path)) as made:
        before, after = asyncio.run(run(made))
        records = [json.loads(entry)["record"] for _, entry in made.journal.records()]
    people = {one["id"]: one["request"]["subject"]["person"] for one in records if one["kind"] == "decision"}
    assert people[before.id] != people[after.id]
    assert [one["person"] for one in records if one["kind"] == "person.erased"] == [people[before.id]]


@pytest.mark.parametrize("name", ["n1-0", "n1-9"])
def test_a_running_service_refuses_an_order_to_prune_what_must_stay(name, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)

    async def run(made: Installation) -> str:
        await made.begin()
        order = outbox.put("log.pruned", {"log": name, "confirmed": BOTH})
        answer = await answered(outbox, order)
        await made.end()
        return answer

    with build_service(Settings(data=tmp_path)) as made:
        assert asyncio.run(run(made)).startswith(("n1-0: it is written to", f"{tmp_path}: there is no log n1-9"))
        assert not any(b'"log.pruned"' in entry for _, entry in made.journal.records())
