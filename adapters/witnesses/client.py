"""Asks all witnesses at once to co-sign; whoever does not answer within a second costs its own line, and no more."""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import httpx

from adapters.device.system_calls import replace_file
from adapters.witnesses.exchange import DoubtError, Exchange, NoLineError
from pdp.errors import UnavailableError
from pdp.log.note import Note, NoteError, note_in
from pdp.log.rollback import Sighting

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from adapters.witnesses.exchange import Cosigner, Prove
    from pdp.log.note import SignatureLine, Verify

TIMEOUT: Final = 1.0  # seconds for everything that is said to one witness about one checkpoint
LONGEST: Final = 30.0  # seconds for which a witness that is down is left alone, at most
IDLE: Final = 60.0  # seconds for which a connection is kept

_Said = TypeVar("_Said")


@dataclass(slots=True)
class _Standing:
    """How it stands with one witness."""

    exchange: Exchange
    fault: str | None = None  # why its last line is missing
    failures: int = 0  # in a row
    not_before: float = 0.0  # monotonic; it is left alone until then


class WitnessClient:
    """Implements `pdp.log.ports.Witnesses`. Belongs to one thread, but for `faults`; talks on a thread of its own."""

    def __init__(  # noqa: PLR0913  # whom to ask, how to check, where to keep it, whom to tell, and time for tests
        self,
        cosigners: Sequence[Cosigner],
        verify: Verify,
        folder: Path,
        *,
        tell: Callable[[str, str | None], None] = lambda _, __: None,
        clock: Callable[[], float] = time.monotonic,
        timeout: float = TIMEOUT,
    ) -> None:
        """Prepare to ask.

        Args:
            cosigners: the witnesses.
            verify: whether a signature is valid.
            folder: where the last answer of each is kept, `state/witness` of the log.
            tell: is told a witness's name and why its line is missing, or None once it is back; changes only.
            clock: monotonic seconds.
            timeout: seconds that one witness may take.
        """
        self._verify, self._folder, self._tell, self._clock, self._timeout = verify, folder, tell, clock, timeout
        self._doubt = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="witnesses", daemon=True)
        self._thread.start()
        self._http = self._wait(_connections(cosigners, timeout))
        self._standings = [_Standing(Exchange(of, self._http, verify, self._kept(of.name))) for of in cosigners]

    @property
    def names(self) -> list[str]:
        """Return what the witnesses are called."""
        return [standing.exchange.cosigner.name for standing in self._standings]

    @property
    def faults(self) -> dict[str, str | None]:
        """Return of each witness why its last line is missing; None where it is not. From any thread."""
        return {standing.exchange.cosigner.name: standing.fault for standing in self._standings}

    def doubted(self) -> bool:
        """Return whether a witness said, since the last time, that it has seen another story of this log."""
        doubt, self._doubt = self._doubt, False
        return doubt

    def ask(self, note: Note, prove: Prove) -> Sequence[SignatureLine]:
        """Return the cosignature lines that witnesses give for `note`; see `pdp.log.ports.Witnesses`."""
        ours = tuple(line for line in note.lines if line.name == note.checkpoint.origin)
        sent, now = Note(note.body, ours), self._clock()
        asked = [standing for standing in self._standings if standing.not_before <= now]
        answers = self._all([self._line(standing, sent, prove) for standing in asked])
        lines: list[SignatureLine] = []
        for standing, answer in zip(asked, answers, strict=True):
            if answer:
                self._keep(standing.exchange.cosigner.name, Note(note.body, (*ours, *answer)))
                lines += answer
        return lines

    def newest(self, origin: str) -> list[Sighting]:
        """Return what every witness that can be reached shows as co-signed last for `origin`; nothing is verified."""
        seen = self._all([self._sighting(standing, origin) for standing in self._standings])
        return [sighting for sighting in seen if sighting is not None]

    def close(self) -> None:
        """End all connections."""
        with suppress(OSError):  # of a library that loads its parts late; connections end with the process anyway
            self._wait(self._http.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _line(self, standing: _Standing, note: Note, prove: Prove) -> tuple[SignatureLine, ...]:
        """Return one witness's lines; none where there are none in time."""
        try:
            async with asyncio.timeout(self._timeout):
                lines = await standing.exchange.cosign(note, prove)
        except (NoLineError, TimeoutError, httpx.HTTPError, UnavailableError) as fault:
            self._doubt |= isinstance(fault, DoubtError)
            self._failed(standing, _told(fault))
            return ()
        self._answered(standing)
        return lines

    async def _sighting(self, standing: _Standing, origin: str) -> Sighting | None:
        try:
            async with asyncio.timeout(self._timeout):
                return Sighting(standing.exchange.cosigner.name, await standing.exchange.newest(origin))
        except (NoLineError, TimeoutError, httpx.HTTPError):
            return None

    def _failed(self, standing: _Standing, fault: str) -> None:
        """Leave the witness alone for a while, twice as long each time."""
        standing.failures += 1
        standing.not_before = self._clock() + min(LONGEST, 2.0 ** min(standing.failures - 1, 8))
        if standing.fault != fault:
            standing.fault = fault
            self._tell(standing.exchange.cosigner.name, fault)

    def _answered(self, standing: _Standing) -> None:
        standing.failures, standing.not_before = 0, 0.0
        if standing.fault is not None:
            standing.fault = None
            self._tell(standing.exchange.cosigner.name, None)

    def _kept(self, name: str) -> int:
        """Return the size that the witness `name` is remembered to have co-signed; it will say if that is wrong."""
        try:
            return note_in((self._folder / name).read_bytes()).checkpoint.size
        except (OSError, NoteError):
            return 0

    def _keep(self, name: str, note: Note) -> None:
        """Remember what a witness co-signed; nothing rests on it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            replace_file(os, self._folder / name, str(note).encode())
        except OSError as fault:
            self._tell(name, f"its answer cannot be kept in {self._folder} ({fault.strerror or fault})")

    def _all(self, said: Sequence[Awaitable[_Said]]) -> list[_Said]:
        """Return what all of them come to, asked at once."""

        async def gathered() -> list[_Said]:
            return await asyncio.gather(*said)

        return self._wait(gathered())

    def _wait(self, said: Awaitable[_Said]) -> _Said:
        async def awaited() -> _Said:
            return await said

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result()


async def _connections(cosigners: Sequence[Cosigner], timeout: float) -> httpx.AsyncClient:  # noqa: ASYNC109  # httpx's own, below the whole
    """Return the client; certificates are those that the machine trusts, and no proxy is taken from its environment."""
    encrypted = any(cosigner.url.startswith("https:") for cosigner in cosigners)
    return httpx.AsyncClient(
        verify=ssl.create_default_context() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # slow to load
        timeout=timeout,
        limits=httpx.Limits(max_connections=4 * len(cosigners) or 1, keepalive_expiry=IDLE),
        follow_redirects=False,
        trust_env=False,
        headers={"user-agent": "public-data-pdp"},
    )


def _told(fault: Exception) -> str:
    """Return why a line is missing, in words."""
    if isinstance(fault, (NoLineError, UnavailableError)):
        return str(fault)
    if isinstance(fault, (TimeoutError, httpx.TimeoutException)):
        return "does not answer in time"
    return f"cannot be reached ({type(fault).__name__})"
