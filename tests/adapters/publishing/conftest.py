"""A small journal that is published: real files, the log's key of the test vector, every failure kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from adapters.publishing.publishing import Publishing, Rhythm, Tree
from adapters.stores.journal import Journal, JournalSettings
from pdp.log.canonical import encode
from pdp.log.suite import Sha256
from tests.logs.published import LOG_KEY, ORIGIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pdp.log.note import Checkpoint

SMALL = JournalSettings(segment_size=64 * 4096, allow_any_filesystem=True, full=1.1)


class LogSigner:
    """Signs with the log's key of the test vector."""

    key = LOG_KEY.public

    def sign(self, checkpoint: Checkpoint, time: int) -> bytes:
        """Return the signature."""
        return LOG_KEY.line(checkpoint, time).signature


def event(kind: str, members: Mapping[str, object]) -> bytes:
    """Return a log event that says no more than its own members."""
    return encode({"kind": kind, **members})


@dataclass
class Small:
    """A journal in `folder`, and the thread that publishes it."""

    folder: Path
    journal: Journal = field(init=False)
    publishing: Publishing = field(init=False)
    alarms: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journal = Journal(self.folder, ORIGIN, event, settings=SMALL)

    def publish(self, tree: Tree | None = None, twin: Tree | None = None, **rhythm: object) -> Publishing:
        """Return what publishes the journal, not started yet."""
        beat = Rhythm(**{"alarm": self.alarms.append, "seconds": 0.01, **rhythm})
        own = tree or Tree(Sha256(), lambda _: (LogSigner(),))
        self.publishing = Publishing(self.folder, ORIGIN, self.journal, own, beat, twin)
        return self.publishing

    def append(self, count: int, size: int = 0) -> list[int]:
        """Append `count` records; return their indexes."""

        async def appended() -> list[int]:
            records = [encode({"kind": "test", "n": number, "pad": "x" * size}) for number in range(count)]
            return [receipt.index for receipt in await asyncio.gather(*map(self.journal.append, records))]

        return asyncio.run(appended())


@pytest.fixture
def small(tmp_path: Path) -> Callable[[], Small]:
    """Return what opens the journal of a test and, at its end, closes it."""
    opened: list[Small] = []

    def open_() -> Small:
        opened.append(Small(tmp_path / "pdp1-0"))
        return opened[-1]

    yield open_
    for each in opened:
        if hasattr(each, "publishing"):
            each.publishing.stop()
        each.journal.close()


@pytest.fixture
def signer() -> LogSigner:
    """Return the signer of the log."""
    return LogSigner()
