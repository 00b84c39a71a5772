"""ForwardAuth: nginx, Traefik, Caddy and their kin ask with a copy of the client's headers, and read the status.

2xx means permit and nothing else does. nginx takes every status but 2xx, 401 and 403 for an error of ours, so what is
not decided is 503 here, and what is no question 403.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.gateways.call import Call
from adapters.gateways.gateway_desk import Arrived, Ending, GatewayDesk
from adapters.gateways.headers import RejectedError
from adapters.gateways.http_answer import peer_of, send_answer
from adapters.gateways.told_headers import AUTHORIZATION, CREDENTIAL, from_asgi

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from adapters.callers import Caller
    from adapters.gateways.call import CallReader, Family
    from adapters.gateways.http import Doors
    from adapters.gateways.told_headers import ToldHeaders

PATH: Final = "/authz/forward"
DOOR: Final = "forward_auth"
TOLD_IN: Final[dict[Family, tuple[str, ...]]] = {
    "forwarded": ("x-forwarded-method", "x-forwarded-uri", "x-forwarded-host"),
    "original": ("x-original-method", "x-original-uri", "x-original-url", "x-forwarded-host"),
}
STATUS: Final = {
    Ending.ALLOWED: 200,
    Ending.REFUSED: 403,
    Ending.UNAUTHENTICATED: 401,
    Ending.REJECTED: 403,  # 401 would show the end user a log-in box for the gateway's fault
    Ending.OVER_LIMIT: 503,
    Ending.FAILED: 503,
}


class ForwardAuthDoor:
    """`/authz/forward`, with any method: what the client did stands in headers. Belongs to one event loop."""

    def __init__(self, doors: Doors, calls: CallReader) -> None:
        """Open the door."""
        self._desk = GatewayDesk(doors, calls, DOOR)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- a body is not read
        """Answer one request."""
        headers = from_asgi(scope["headers"])

        def read(caller: Caller) -> Call:
            return parse(headers, self._desk.family(caller))

        arrived = Arrived(headers, headers.sent.get(CREDENTIAL, ()), peer_of(scope), headers.raw)
        answer = await self._desk.answer(arrived, read)
        await send_answer(send, STATUS[answer.ending], answer)

    async def close(self) -> None:
        """Record the rejections that were only counted so far."""
        await self._desk.close()


def parse(headers: ToldHeaders, family: Family) -> Call:
    """Return the call that `headers` tell of; those of the other family are not looked at, for a client may send them.

    Raises:
        RejectedError: method or address are missing, or something stands twice.
    """
    if family == "original":
        method, target = headers.method("x-original-method"), _original(headers)
    else:
        method, target = headers.method("x-forwarded-method"), headers.uri("x-forwarded-uri")
    if target is None:
        raise RejectedError(400, f"x-{family}-uri: must be the address of the call")
    path, query = target
    headers.one("x-forwarded-proto")  # recorded by nobody, but two of them are a gateway that is not what it seems
    return Call(
        method=method,
        path=path,
        query=query,
        host=headers.one("x-forwarded-host"),
        headers=headers.handed_on(),
        authorization=headers.one(AUTHORIZATION) or None,
        client=headers.client(),
        request_id=headers.request_id(),
        told_in=TOLD_IN[family],
    )


def _original(headers: ToldHeaders) -> tuple[bytes, bytes] | None:
    """Return path and query of `X-Original-URI`, or of `X-Original-URL` less scheme and host."""
    uri, url = headers.uri("x-original-uri"), headers.one("x-original-url")
    if url is None:
        return uri
    if uri is not None:
        raise RejectedError(400, "x-original-uri: comes beside x-original-url; one of them is not the gateway's")
    scheme, apart, rest = url.partition("://")
    _, slash, target = rest.partition("/")
    if scheme not in {"http", "https"} or not apart or not slash:
        raise RejectedError(400, "x-original-url: must be an http address with a path")
    path, _, query = target.encode("ascii").partition(b"?")
    return b"/" + path, query
