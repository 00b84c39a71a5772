"""A call of a data API, as a gateway tells of it: whatever the gateway's protocol, the doors make one of these.

From a call to a question: `CallReader` looks the route up, establishes who the subject is, and reads what the route
map says where to read. Nothing is read of bodies, and nothing that is not named here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.callers import Caller
    from adapters.gateways.subject_ways import Established
    from pdp.model import AccessRequest
    from pdp.routing.route_map import RouteMap

Family = Literal["forwarded", "original"]  # X-Forwarded-Method and -Uri, or X-Original-Method and -URI (-URL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a client did at a gateway. Bytes are raw: what the gateway saw, and not what a parser made of it."""

    method: str
    path: bytes  # before the first `?`
    query: bytes = b""  # after it
    host: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  # x-data-… and x-subject-…, lower case, each sent once
    authorization: str | None = None  # the end user's
    verified: Mapping[str, object] | None = None  # claims of an end user's token that the gateway verified
    principal: str | None = None  # the client certificate's name, or its SPIFFE URI
    client: str | None = None  # the client's address as the gateway tells it, the nearest last; gives no right
    request_id: str | None = None
    told_in: tuple[str, ...] = ()  # headers in which method, address and host stand, where the request has others


@dataclass(frozen=True, slots=True)
class Asked:
    """The question that a call is, and what the data API behind the gateway is to be told with the answer."""

    request: AccessRequest
    digest: str  # hex SHA-256 over method, raw path and raw query, newline between
    audience: str | None = None  # the data API; None: none behind this gateway, so no token
    single_use: bool = False  # the action is an export or a write
    varies: tuple[str, ...] = ()  # headers, in lower case, with which the answer is another: for gateways that keep it


class CallReader(Protocol):
    """Turns calls into questions."""

    def family(self, caller: Caller) -> Family:
        """Return in which headers `caller` tells of a call, as its route map says; without a map, `forwarded`."""
        ...

    def read(self, call: Call, caller: Caller, door: str) -> Asked:
        """Return the question that `call`, told of by `caller` at `door`, is.

        Raises:
            RejectedError: it is none: a path with tricks, an identity header sent twice, a token that proves nobody
                where only a token is accepted. A route, subject or dataset that nobody knows is a question.
        """
        ...

    def proven(self, token: str) -> Established:
        """Return whom an end user's token proves; where it proves nobody, `unproven`.

        Raises:
            UnavailableError: the ledger cannot be read.
        """
        ...

    def route_map(self, caller: Caller) -> RouteMap:
        """Return the map of the gateway that `caller` is; an empty one where nobody registered one."""
        ...
