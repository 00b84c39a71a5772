"""Envoy's ext_authz over HTTP: the original method, and the original path and query behind `/authz/envoy`.

Where somebody has set `failure_mode_allow`, Envoy lets a call through on any 5xx; so what is not decided is 403 here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.gateways.call import Call
from adapters.gateways.gateway_desk import Arrived, Ending, GatewayDesk
from adapters.gateways.headers import RejectedError
from adapters.gateways.http_answer import peer_of, send_answer
from adapters.gateways.told_headers import AUTHORIZATION, CREDENTIAL, checked_method, from_asgi

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from adapters.callers import Caller
    from adapters.gateways.call import CallReader
    from adapters.gateways.http import Doors
    from adapters.gateways.told_headers import ToldHeaders

PREFIX: Final = "/authz/envoy"
DOOR: Final = "envoy_http"
TIMEOUT: Final = "x-envoy-expected-rq-timeout-ms"
MAX_DIGITS: Final = 9
STATUS: Final = {
    Ending.ALLOWED: 200,
    Ending.REFUSED: 403,
    Ending.UNAUTHENTICATED: 401,
    Ending.REJECTED: 403,
    Ending.OVER_LIMIT: 429,
    Ending.FAILED: 403,
}


class EnvoyHttpDoor:
    """Everything under `/authz/envoy`, with any method. Belongs to one event loop."""

    def __init__(self, doors: Doors, calls: CallReader) -> None:
        """Open the door."""
        self._desk = GatewayDesk(doors, calls, DOOR)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- a body is not read
        """Answer one request."""
        headers = from_asgi(scope["headers"])
        target: bytes = scope["raw_path"] + b"?" + scope["query_string"]

        def read(_: Caller) -> Call:
            return parse(scope, headers)

        raw = b"%b %b\r\n%b" % (scope["method"].encode("utf-8"), target, headers.raw)
        arrived = Arrived(headers, headers.sent.get(CREDENTIAL, ()), peer_of(scope), raw, _patience(headers))
        answer = await self._desk.answer(arrived, read)
        await send_answer(send, STATUS[answer.ending], answer)

    async def close(self) -> None:
        """Record the rejections that were only counted so far."""
        await self._desk.close()


def parse(scope: Scope, headers: ToldHeaders) -> Call:
    """Return the call that a request at this door is; raise RejectedError where it has no path, or two of something."""
    path = scope["raw_path"].removeprefix(PREFIX.encode())
    if path == scope["raw_path"] or not path.startswith(b"/"):
        raise RejectedError(400, f"path: must be {PREFIX} and the path of the call")
    headers.one("x-forwarded-proto")
    return Call(
        method=checked_method(scope["method"], "method"),
        path=path,
        query=scope["query_string"],
        host=headers.one("host"),
        headers=headers.handed_on(),
        authorization=headers.one(AUTHORIZATION) or None,
        client=headers.client(),
        request_id=headers.request_id(),
    )


def _patience(headers: ToldHeaders) -> float | None:
    """Return how many seconds Envoy waits; None: it does not say, or not so that it could be read."""
    said = headers.sent.get(TIMEOUT, [])
    known = [int(value) for value in said if value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS]
    return min(known) / 1000 if known else None
