"""A day of a small district: who owes what, a receiver, and a clock that the test sets."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.reminder_settings import ReminderSettings
from adapters.reminding.deliveries import FILE, Deliveries, told
from adapters.reminding.posting import Posting
from adapters.reminding.reminding import Reminding, Surroundings
from pdp.ledger.scope import moment
from tests.adapters.reminding.receiver import receiving
from tests.pdp.ledger.conftest import Scribe, law

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.reminding.deliveries import Delivery
    from tests.adapters.reminding.receiver import Receiver

KEY = bytes(range(32))
DUE = "2026-02-26"  # the fifth working day after the 12th


class Own:
    """A ledger with a world of its own."""

    def __init__(self, scribe: Scribe) -> None:
        self.world = scribe.new_world()
        self.about, self.head, self.entities_of = scribe.ledger.about, scribe.ledger.head, scribe.ledger.entities_of


def district() -> Scribe:
    """Return a ledger in which A owes an answer, and has to rectify, and X has to correct, all by the 26th."""
    scribe = Scribe(law()).bodies().dataset().apply()
    scribe.say("sanction.suspended", "2026-02-12", by="A", id="S1", subject="X", datasets=["R"], item="item_1", due=DUE)
    scribe.say("rectification.ordered", "2026-02-12", id="Z1", body="A", item="item_1", due=DUE)
    return scribe


class Life:
    """One data folder over several lives of the process."""

    def __init__(self, data: Path, receiver: Receiver) -> None:
        self.data, self.receiver = data, receiver
        self.scribe = district()
        self.now = moment(f"{DUE}T09:00:00+08:00")
        self.alarms: list[tuple[str, str]] = []
        self.fault: Exception | None = None  # of the ledger
        self.retry = {"max_attempts": 4, "timeout_seconds": 5}

    def at(self, instant: str) -> Life:
        """Set the clock."""
        self.now = moment(instant)
        return self

    def later(self, seconds: float) -> Life:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self

    def settings(self) -> ReminderSettings:
        """Return what the operator decided."""
        return ReminderSettings.model_validate(
            {"url": self.receiver.url, "key_file": self.data / "key", "retry": self.retry}
        )

    def reminding(self, store: Deliveries) -> Reminding:
        """Return what reminds in this life, its chances always the longest."""
        around = Surroundings(self._ledger, lambda: self.now, lambda: 1.0, lambda *said: self.alarms.append(said))
        return Reminding(self.settings(), KEY, store, around)

    def look(self) -> float:
        """Let a process start, do what is due, and die; return when it would have looked again."""
        store = Deliveries(self.data / FILE)

        async def once() -> float:
            async with Posting(self.settings(), KEY) as posting:
                return await self.reminding(store).look(posting)

        try:
            return asyncio.run(once())
        finally:
            store.close()

    def states(self) -> dict[str, Delivery]:
        """Return what became of every reminder, by day and body."""
        return {f"{one.day}/{one.body}": one for one in told(self.data, 100)}

    def _ledger(self) -> nullcontext[Own]:
        if self.fault:
            raise self.fault
        return nullcontext(Own(self.scribe))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def life(tmp_path: Path, receiver: Receiver) -> Life:
    return Life(tmp_path, receiver)
