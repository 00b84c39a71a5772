"""What is open at a place that belongs to one caller: its doors, and nothing else.

There is no page that answers 2xx beside the doors: a gateway that reads the status alone would take it for a permit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.gateways import envoy_http, forward_auth
from adapters.gateways.http import HttpApp

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from adapters.callers import Caller, Door
    from adapters.gateways.http import Doors

# By door, the beginnings of the addresses under it. Acts are none of them: who does one must say who it is.
UNDER: Final[dict[Door, tuple[str, ...]]] = {
    "authzen": ("/access/v1/evaluation", "/access/v1/search/"),
    "access_requests": ("/access/v1/requests",),
    "forward_auth": (forward_auth.PATH,),
    "envoy_http": (envoy_http.PREFIX,),
    "opa_data": ("/v1/data/", "/v0/data/", "/v1/batch/data/", "/v1/compile/", "/health"),
    "decisions": ("/v1/decisions/",),
}
NOTHING_HERE: Final = b'{"error":"nothing is open to this caller under this address"}'
_NOTHING: Final = [
    (b"content-type", b"application/json"), (b"content-length", b"%d" % len(NOTHING_HERE)),
    (b"cache-control", b"no-store"),
]  # fmt: skip


class OwnPlace:
    """The HTTP service as one caller has it. Belongs to one event loop."""

    def __init__(self, doors: Doors, caller: Caller) -> None:
        """Open the doors of `caller`, to whom `doors.callers` takes whoever comes."""
        self._app = HttpApp(doors)
        self._open = tuple(place for door in caller.doors for place in UNDER.get(door, ()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and not scope["path"].startswith(self._open):
            await send({"type": "http.response.start", "status": 404, "headers": _NOTHING})
            await send({"type": "http.response.body", "body": NOTHING_HERE})
            return
        await self._app(scope, receive, send)

    async def close(self) -> None:
        """Finish what is still counted or under way."""
        await self._app.close()
