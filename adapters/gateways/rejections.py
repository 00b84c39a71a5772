"""Requests that never became a question are recorded too, without a byte of their content, and never uncounted.

Above 100 a second from one peer they become one record a second with a count: nobody can fill the disk with garbage.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from pdp.log.attempt import Attempt

EACH: Final = 100  # a second and peer, recorded one by one
PEERS: Final = 4096  # told apart at a time; all others are counted together
_OTHERS: Final = "others"


class Rejecting(Protocol):
    """Whoever records rejections."""

    async def reject(  # noqa: PLR0913 -- what a record of a rejection holds
        self, door: str, code: str, *, gateway: str | None, peer: str | None, size: int, raw: bytes, count: int,
        attempt: Attempt | None = None,
    ) -> None:  # fmt: skip
        """Record `count` rejections; raise UnavailableError if that cannot be done."""
        ...


@dataclass(slots=True)
class _Second:
    """What one peer sent since the second began."""

    began: float
    seen: int = 0
    kept_back: int = 0
    bytes: int = 0
    code: str = ""


class Rejections:
    """Counts and records rejections at one door. Belongs to one event loop; `close` records what is still counted."""

    def __init__(self, service: Rejecting, log: FilteringBoundLogger, door: str, window: float = 1.0) -> None:
        self._service = service
        self._log = log
        self._door = door
        self._window = window  # seconds
        self._seconds: dict[str, _Second] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def add(  # noqa: PLR0913, PLR0917 -- as the record
        self, code: str, gateway: str | None, peer: str, raw: bytes, size: int, attempt: Attempt | None = None
    ) -> None:
        """Record one rejection, or count it where too many come from `peer`; `attempt` is the act, where it was one."""
        if peer not in self._seconds and len(self._seconds) >= PEERS:
            peer = _OTHERS
        second = self._seconds.get(peer)
        if second is None:
            second = self._seconds[peer] = _Second(time.monotonic())
            asyncio.get_running_loop().call_later(self._window, self._turn, peer)
        second.seen += 1
        if second.seen <= EACH:
            await self._record(code, gateway, peer, raw, size, 1, attempt)
        else:
            second.kept_back += 1
            second.bytes += size
            second.code = code

    async def close(self) -> None:
        """Record what was only counted so far."""
        for peer in list(self._seconds):
            self._turn(peer)
        while self._running:
            await asyncio.gather(*self._running)

    def _turn(self, peer: str) -> None:
        """End the second of `peer`: one record for all that was kept back."""
        second = self._seconds.pop(peer, None)
        if second is not None and second.kept_back:
            task = asyncio.get_running_loop().create_task(
                self._record(second.code, None, peer, b"", second.bytes, second.kept_back)
            )
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _record(  # noqa: PLR0913, PLR0917 -- as the record
        self,
        code: str,
        gateway: str | None,
        peer: str,
        raw: bytes,
        size: int,
        count: int,
        attempt: Attempt | None = None,
    ) -> None:
        try:
            await self._service.reject(
                self._door, code, gateway=gateway, peer=peer, size=size, raw=raw, count=count, attempt=attempt
            )
        except UnavailableError as down:
            self._log.error("a rejection could not be recorded", code=code, count=count, fault=str(down))
