"""HTTP/1 of which nothing is mended: one form of address, two versions, and a limit to how long a request may begin.

uvicorn takes the path out of an absolute address and drops what follows a #, which another program on the way might
not; and it waits for the end of a request's headers as long as it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

VERSIONS: Final = frozenset({"1.0", "1.1"})
HEADERS_WITHIN: Final = 10.0  # seconds from the first byte of a request
FIRST_WITHIN: Final = (
    75.0  # seconds for which a connection may say nothing; longer than gateways keep one in their pool
)


class StrictHttp(HttpToolsProtocol):
    """One connection."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the class above has it
        """Begin, and wait for the first request."""
        super().connection_made(transport)
        self._wait(FIRST_WITHIN)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._wait(None)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._wait(HEADERS_WITHIN)

    def on_headers_complete(self) -> None:
        """Let the request through if it can be read in one way only; what is raised here ends in 400."""
        self._wait(None)
        if self.parser.get_http_version() not in VERSIONS:
            message = "another version of HTTP"
            raise ValueError(message)
        if not self.url.startswith(b"/") or b"#" in self.url:
            message = "an address that is no path with its query"
            raise ValueError(message)
        super().on_headers_complete()

    def _wait(self, seconds: float | None) -> None:
        """Close the connection after so many seconds; None: no longer."""
        if self._late is not None:
            self._late.cancel()
        self._late = None if seconds is None else self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self.logger.warning("A request did not come within its time.")
        self.transport.close()
