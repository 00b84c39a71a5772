"""The asynchronous client of opa-python-client, bounded: one server, an answer of a known size, nothing followed."""

from __future__ import annotations

import json
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import aiohttp
from opa_client.opa_async import AsyncOpaClient

from pdp.errors import OverlayError
from pdp.model import Unheard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

LARGEST: Final = 65_536  # bytes of an answer
CONNECTIONS: Final = 128
_OK: Final = 200


class Answered(NamedTuple):
    """A whole answer, in the form in which the client looks at it."""

    status: int
    body: bytes

    def raise_for_status(self) -> None:
        """Accept an answer, and nothing that leads elsewhere."""
        if self.status != _OK:
            raise OverlayError(Unheard.STATUS)

    async def json(self) -> object:
        """Return the answer decoded; a name that stands twice in one object, or a number beyond JSON, is no answer."""
        try:
            return json.loads(self.body.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise OverlayError(Unheard.NO_JSON) from None


class BoundedOpaClient(AsyncOpaClient):  # type: ignore[misc]  # the library ships no types
    """As the library's, but no answer exhausts memory, and a connection that the server closed is renewed."""

    def __init__(self, host: str, port: int, trust: ssl.SSLContext | None, token: str | None) -> None:
        """Make the client of the server at `host`; without `trust`, over http."""
        super().__init__(host=host, port=port, ssl=trust is not None, token=token)
        self._trust = trust
        self._session: aiohttp.ClientSession | None = None

    async def _init_session(self) -> None:
        self._opened()

    @asynccontextmanager
    async def _request(self, method: str, url: str, **sent: Any) -> AsyncIterator[Answered]:  # noqa: ANN401  # the library's own
        """Yield the answer, read; ask once more where the server had closed the connection: that changes nothing."""
        session = self._session or self._opened()
        try:
            answered = await _once(session, method, url, sent)
        except aiohttp.ClientConnectionError:
            answered = await _once(session, method, url, sent)
        yield answered

    def _opened(self) -> aiohttp.ClientSession:
        """Return a new session; it belongs to the event loop that runs."""
        self._connector = aiohttp.TCPConnector(ssl=self._trust or True, limit=CONNECTIONS)
        self._session = aiohttp.ClientSession(
            headers={**(self.headers or {}), "Accept-Encoding": "identity"},
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),  # whoever asks has a deadline
        )
        return self._session


async def _once(session: aiohttp.ClientSession, method: str, url: str, sent: dict[str, Any]) -> Answered:
    """Return the answer to one request, whole."""
    async with session.request(method, url, allow_redirects=False, **sent) as response:
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > LARGEST:
                response.close()  # what else it sends is not waited for
                raise OverlayError(Unheard.TOO_LARGE)
        return Answered(response.status, bytes(body))


def trust_of(ca_file: Path | None) -> ssl.SSLContext:
    """Return what is needed to believe a server: the system's authorities, or those in `ca_file` alone.

    Raises:
        OSError: the file cannot be read.
        ssl.SSLError: it holds no certificate.
    """
    return ssl.create_default_context(cafile=ca_file)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise OverlayError(Unheard.NO_JSON)
    return members


def _refuse(_: str) -> object:
    raise OverlayError(Unheard.NO_JSON)
