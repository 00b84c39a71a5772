"""A data folder with a log that is published, for tests of what reads it; and the pages of the log on a real port."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Self

import uvicorn
from fastapi import FastAPI

from adapters.callers import LOCAL, Callers
from adapters.gateways.log_pages import add_log_pages
from adapters.gateways.reading import Reading
from adapters.logs import make_log
from adapters.publishing.publishing import Publishing, Rhythm, Tree
from adapters.publishing.serving import Serving
from adapters.signers.sm3 import Sm3
from adapters.stores.journal import Journal, JournalSettings
from pdp.log.canonical import encode
from pdp.log.entry import record_of
from pdp.log.suite import Sha256
from pdp.log.uuid7 import uuid7
from tests.logs.published import LOG_KEY, ORIGIN, Key, policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from pdp.log.note import Checkpoint

NAME = ORIGIN.rpartition("/")[2]
SMALL = JournalSettings(segment_size=256 * 4096, allow_any_filesystem=True, full=1.1)
MS = 1_795_000_000_000


class KeySigner:
    """Signs with one key."""

    def __init__(self, key: Key) -> None:
        self._key, self.key = key, key.public

    def sign(self, checkpoint: Checkpoint, time: int) -> bytes:
        """Return the signature."""
        return self._key.line(checkpoint, time).signature


OWN_KEY = KeySigner(LOG_KEY)
TWIN_KEY = KeySigner(Key(f"{ORIGIN}/sm3", bytes([9]) * 32))


def event(kind: str, members: Mapping[str, object]) -> bytes:
    """Return a log event that says no more than its own members."""
    return encode({"kind": kind, **members})


def decision_id(number: int) -> str:
    """Return the id of the decision of this number."""
    return uuid7(MS + number, number.to_bytes(10))


class Installed:
    """A log in a data folder, with `entries` as they stand in its journal. Entry 0 is the event that opens it."""

    def __init__(self, data: Path, name: str = NAME, *, twin: bool = False) -> None:
        """Open or begin the log called `name` in `data`, with a twin hashed by SM3 if asked to."""
        self._twin = Tree(Sm3(), lambda _: (TWIN_KEY,)) if twin else None
        self.data, self.folder = data, data / name
        self.origin = f"{ORIGIN.rpartition('/')[0]}/{name}"
        self.journal = Journal(self.folder, self.origin, event, settings=SMALL)
        self.publishing = self._publishing()
        self._count, self._closed = 0, False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop writing; what was written stays."""
        if not self._closed:
            self._closed = True
            self.publishing.stop()
            self.journal.close()

    @property
    def entries(self) -> list[bytes]:
        """Return every entry."""
        return [entry for _, entry in self.journal.records()]

    def grow(self, count: int, size: int = 0) -> Self:
        """Record `count` decisions, and publish them; entry n is decision n - 1."""
        numbers = range(self._count, self._count + count)
        records = [
            encode({"id": decision_id(number), "kind": "decision", "n": number, "pad": "x" * size})
            for number in numbers
        ]
        self._count += count

        async def appended() -> None:
            await asyncio.gather(*map(self.journal.append, records))

        asyncio.run(appended())
        self.publishing.stop()
        self.publishing = self._publishing()
        return self

    def decision(self, wanted: str) -> Mapping[str, object] | None:
        """Return the record of a decision."""
        found = self.journal.find(wanted)
        return json.loads(record_of(found[1])) if found else None

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve the pages of the log; yield the address of the service."""
        app = FastAPI()
        serving = Serving(self.folder, self.publishing, self.journal.find, policy)
        add_log_pages(app, serving, Reading(self, Callers((LOCAL,))), make_log(StringIO(), "json")[0])
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.005)
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()

    def _publishing(self) -> Publishing:
        tree = Tree(Sha256(), lambda _: (OWN_KEY,))
        publishing = Publishing(self.folder, self.origin, self.journal, tree, Rhythm(_raise), self._twin)
        publishing.start()
        return publishing


def _raise(fault: Exception) -> None:
    raise fault
