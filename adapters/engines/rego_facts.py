"""A pack's facts, asked of Rego for every question: one or two children that are kept, each on a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from adapters.engines.warm_child import WarmChild
from adapters.loopback import is_loopback
from pdp.errors import PDPError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from pdp.rulebook.fact_rules import FactRules

CHILDREN: Final = 2
AGAIN: Final = 0.5  # seconds between two attempts to start a child
SECONDS: Final = 1.0  # for one answer; a door's own deadline is usually shorter


class RegoFacts:
    """A `FactEngine`: embedded Rego, or with `opa_url` a real OPA server on this machine."""

    def __init__(
        self, rules: FactRules, opa_url: str | None = None, *, children: int = CHILDREN, seconds: float = SECONDS
    ) -> None:
        """Start the first child, so that a source which the engine refuses is refused now.

        Raises:
            PolicyError: the engine refuses the source; path, line and its own words.
            UnavailableError: the engine fails, or the server is not on this machine.
        """
        self._engine = "facts_on_opa" if opa_url else "facts_embedded"
        self._work = {
            "source": rules.source,
            "path": rules.path,
            "data": dict(rules.data),
            "names": rules.names,
            **(_place(opa_url) if opa_url else {}),
        }
        self._seconds = seconds
        self._idle: SimpleQueue[WarmChild] = SimpleQueue()
        self._ended = threading.Event()
        self._askers = ThreadPoolExecutor(children, "facts")
        self._maker = ThreadPoolExecutor(1, "facts-maker")  # a child dies with the thread that started it
        try:
            self._idle.put(self._maker.submit(WarmChild, self._engine, self._work).result())
        except BaseException:
            self.close()
            raise
        for _ in range(children - 1):
            self._maker.submit(self._make)

    async def derive(self, sent: Mapping[str, object]) -> Mapping[str, object]:
        """Return the value of each fact that the pack derives from a question; see `FactEngine`."""
        asked = asyncio.get_running_loop().run_in_executor(self._askers, self._ask, sent)
        try:
            return await asyncio.wait_for(asked, self._seconds)
        except TimeoutError:
            message = f"the engine {self._engine} did not answer in time; no fact is known; ask again"
            raise UnavailableError(message) from None

    def derive_now(self, sent: Mapping[str, object]) -> Mapping[str, object]:
        """Return what `derive` does, for callers that may wait."""
        return self._askers.submit(self._ask, sent).result()

    def close(self) -> None:
        """End the children, when they have answered what they were asked."""
        self._ended.set()
        self._askers.shutdown()
        self._maker.shutdown(cancel_futures=True)
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, sent: Mapping[str, object]) -> Mapping[str, object]:
        child = self._taken()
        try:
            return _facts(self._engine, child.ask(sent, self._seconds))
        finally:
            self._give_back(child)

    def _taken(self) -> WarmChild:
        """Return a child that can be asked."""
        try:
            while (child := self._idle.get(timeout=self._seconds)).is_spent:
                self._give_back(child)
        except Empty:
            message = f"the engine {self._engine} is being started again; no fact is known; ask again"
            raise UnavailableError(message) from None
        return child

    def _give_back(self, child: WarmChild) -> None:
        """Let the next question have `child`, or another in its place."""
        if not child.is_spent:
            self._idle.put(child)
            return
        child.close()
        if not self._ended.is_set():
            self._maker.submit(self._make)

    def _make(self) -> None:
        """Start a child; try again, until the end, for as long as it cannot be started."""
        while not self._ended.is_set():
            try:
                self._idle.put(WarmChild(self._engine, self._work))
            except PDPError:
                self._ended.wait(AGAIN)
            else:
                return


def _place(url: str) -> dict[str, object]:
    """Return host and port of an OPA server on this machine."""
    place = urlsplit(url)
    if place.scheme != "http" or not is_loopback(place.hostname or "") or place.path.strip("/"):
        message = f'"{url}" is no OPA on this machine; write http://127.0.0.1:<port>'
        raise UnavailableError(message)
    return {"host": place.hostname, "port": place.port or 8181}


def _facts(engine: str, answer: object) -> dict[str, object]:
    """Return the pairs of an answer by name; a fact with two values is no fact."""
    pairs = answer if isinstance(answer, list) else [None]
    facts: dict[str, object] = {}
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str) or pair[0] in facts:  # noqa: PLR2004 - a pair
            message = f"the engine {engine} answered something that is no set of facts; no fact is known"
            raise UnavailableError(message)
        facts[pair[0]] = pair[1]
    return facts
