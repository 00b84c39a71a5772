"""What is open at a place that belongs to one caller: its doors, and nothing else.

There is no page that answers 2xx beside the doors: a gateway that reads the status alone would take it for a permit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.gateways import envoy_http, forward_auth, opa_data, opa_health
from adapters.gateways.http import HttpApp

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from adapters.callers import Caller, Door
    from adapters.gateways.http import Doors

# By door, the addresses under it; one that ends with a slash stands for all that begin so. Acts are none of them: who
# does one must say who it is.
OPEN: Final[dict[Door, tuple[str, ...]]] = {
    "authzen": ("/access/v1/evaluation", "/access/v1/evaluations", "/access/v1/search/"),
    "access_requests": ("/access/v1/requests", "/access/v1/requests/"),
    "forward_auth": (forward_auth.PATH,),
    "envoy_http": (f"{envoy_http.PREFIX}/",),
    "opa_data": (opa_data.V1, opa_data.V0, opa_data.BATCH, opa_data.COMPILE, *opa_health.PATHS),
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
        places = [place for door in caller.doors for place in OPEN.get(door, ())]
        self._exact = frozenset(places)
        self._under = tuple(place for place in places if place.endswith("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] not in self._exact and not scope["path"].startswith(self._under):
            await self._app.led_nowhere(scope)
            await send({"type": "http.response.start", "status": 404, "headers": _NOTHING})
            await send({"type": "http.response.body", "body": NOTHING_HERE})
            return
        await self._app(scope, receive, send)

    async def close(self) -> None:
        """Finish what is still counted or under way."""
        await self._app.close()
