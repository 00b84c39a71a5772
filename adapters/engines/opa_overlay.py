"""An overlay on a body's own OPA server, asked for each question through opa-python-client.

Connections are kept. Where the server fails several times in a row it is asked at most once a second, so that a server
that is down costs each question nothing but its doubt.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiohttp

from adapters.engines.bounded_opa import BoundedOpaClient, trust_of
from pdp.errors import OverlayError, UnavailableError
from pdp.model import Unheard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapters.overlay_settings import OverlaySettings
    from pdp.model import Limits

RESTS_AFTER: Final = 5  # failures in a row
REST: Final = 1.0  # seconds between two tries then
_PORTS: Final = {"http": 80, "https": 443}


class OpaOverlay:
    """A `pdp.ports.Overlay`. Belongs to one event loop."""

    def __init__(
        self,
        settings: OverlaySettings,
        alarm: Callable[[str, str], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to ask; nothing is asked yet.

        Args:
            settings: where, within which time, about what.
            alarm: told when the overlay ceases to answer, and when it answers again.
            monotonic: seconds.

        Raises:
            UnavailableError: its token or the authorities to believe cannot be read.
        """
        self.limits: Limits = settings.limits
        self._path = settings.path
        self._deadline = settings.deadline_ms / 1000
        self._alarm = alarm
        self._monotonic = monotonic
        self._client = _client(settings)
        self._failures = 0
        self._rests_until = 0.0

    async def ask(self, question: Mapping[str, object]) -> object:
        """Return what the server answers to `question`; see `Overlay`.

        Raises:
            OverlayError: it does not, or not in time.
        """
        began = self._monotonic()
        if self._failures >= RESTS_AFTER:
            if began < self._rests_until:
                raise OverlayError(Unheard.RESTING)
            self._rests_until = began + REST  # this question tries; those beside it rest
        try:
            answer = await self._answer(question)
            if self._monotonic() - began > self._deadline:  # the process may have been paused
                raise OverlayError(Unheard.DEADLINE)  # noqa: TRY301  # counted below as any other failure
        except OverlayError as failure:
            self._failed(failure.reason)
            raise
        if self._failures:
            self._failures = 0
            self._alarm("an overlay answers again", self.limits.id)
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close_connection()

    async def _answer(self, question: Mapping[str, object]) -> object:
        try:
            async with asyncio.timeout(self._deadline):
                document = await self._client.query_rule(dict(question), self._path)
        except TimeoutError:
            raise OverlayError(Unheard.DEADLINE) from None
        except (aiohttp.ClientError, OSError):
            raise OverlayError(Unheard.UNREACHABLE) from None
        if not isinstance(document, dict):
            raise OverlayError(Unheard.NO_JSON)
        if "result" not in document:
            raise OverlayError(Unheard.UNDEFINED)
        return document["result"]

    def _failed(self, reason: str) -> None:
        self._failures += 1
        if self._failures == 1:
            self._alarm("an overlay does not answer; its questions are in doubt", f"{self.limits.id}: {reason}")
        self._rests_until = self._monotonic() + REST


def _client(settings: OverlaySettings) -> BoundedOpaClient:
    parts = urlsplit(settings.url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    try:
        token = settings.token_file.read_text("ascii").strip() if settings.token_file else None
        trust = trust_of(settings.ca_file) if parts.scheme == "https" else None
    except (OSError, ValueError) as unusable:
        fault = f"overlays: {settings.id}: token_file or ca_file cannot be used ({unusable}); mend the file"
        raise UnavailableError(fault) from unusable
    return BoundedOpaClient(str(host), parts.port or _PORTS[parts.scheme], trust, token)
