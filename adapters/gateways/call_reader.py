"""From a call to a question: which route it takes, who the subject is, and what the route says is asked.

The route says where in the call the members of the question stand; nothing else of it is read, and nothing of a body.
A call of which no route is about is a question too: about a dataset that nobody knows.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final, Protocol

from adapters.gateways.call import Asked
from adapters.gateways.call_query import read_query
from adapters.gateways.headers import RejectedError
from adapters.gateways.subject_ways import IDENTITY, SubjectWays, System
from adapters.gateways.told_headers import AUTHORIZATION
from pdp.errors import RequestError
from pdp.model import UNREGISTERED, AccessRequest
from pdp.routing.path import canonical_path
from pdp.routing.route import FromHeader, FromPath, FromQuery, Said
from pdp.routing.route_map import CLAIMS, HEADER, WORKLOAD, RouteMap

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adapters.callers import Caller
    from adapters.end_users import EndUsers
    from adapters.gateways.call import Call, Family
    from adapters.gateways.subject_ways import Established
    from pdp.ledger.world import World
    from pdp.routing.route import Route, Source
    from pdp.routing.route_map import Match

MAX_FIELDS: Final = 1000
MAX_WORD: Final = 512  # bytes
SUBSCRIBER: Final = 64  # bits of an IPv6 address
_METHOD: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_HOST: Final = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_READING: Final = frozenset({"GET", "HEAD"})
_KINDS: Final = {"body": "public_body", "unit": "unit", "person": "natural_person"}  # of the ledger -> of a question


class Policies(Protocol):
    """The policy files of the revision in force."""

    @property
    def routes(self) -> Mapping[str, RouteMap]:
        """The route maps, by gateway."""
        ...


class Knowing(Protocol):
    """The part of the service that calls are read by."""

    @property
    def policy(self) -> Policies:
        """The policy files in force."""
        ...

    def known(self) -> tuple[World, datetime]:
        """Return the world as it is known now, and the instant; raise UnavailableError where it cannot be."""
        ...


@dataclass(frozen=True, slots=True)
class _Register:
    """The ledger at one instant, as calls look at it."""

    world: World
    now: datetime

    def kind(self, subject: str) -> str | None:
        """Return as what `subject` is registered, in the words of a question; None: nobody registered it."""
        return _KINDS.get(self.world.subject(subject, self.now).kind or "")

    def workload(self, name: str) -> System | None:
        """Return the system that the workload with this certificate name is, or None."""
        found = self.world.workload(name, self.now)
        return System(found.system, found.body) if found.body else None


class RoutedCalls:
    """Reads calls by the route maps in force, which follow every reload. Belongs to one event loop."""

    def __init__(self, service: Knowing, end_users: EndUsers) -> None:
        """Read by what `service` knows, and believe `end_users`' tokens."""
        self._service = service
        self._ways = SubjectWays(end_users)
        self._together: dict[str, tuple[RouteMap, tuple[Route, ...], RouteMap]] = {}  # gateway -> file's, added, both

    def route_map(self, caller: Caller) -> RouteMap:
        """Return the map of the gateway that `caller` is; an empty one where nobody registered one."""
        return self._in_force(caller, *self._service.known())

    def _in_force(self, caller: Caller, world: World, now: datetime) -> RouteMap:
        """Return the file's map with what statements add; it is put together anew where either has changed."""
        name = caller.routes or ""
        stated = self._service.policy.routes.get(name)
        if stated is None:
            return RouteMap(name or caller.id)
        added = world.routes(name, now)
        known = self._together.get(name)
        if known is None or known[0] is not stated or known[1] is not added:
            known = self._together[name] = (stated, added, stated.adding(added))
        return known[2]

    def family(self, caller: Caller) -> Family:
        """Return in which headers `caller` tells of a call, as its route map says; without a map, `forwarded`."""
        stated = self._service.policy.routes.get(caller.routes or "")
        return "forwarded" if stated is None else stated.family

    def proven(self, token: str) -> Established:
        """Return whom an end user's token proves; where it proves nobody, `unproven`."""
        return self._ways.by_token(token, _Register(*self._service.known()))

    def read(self, call: Call, caller: Caller, door: str) -> Asked:
        """Return the question that `call`, told of by `caller` at `door`, is.

        Raises:
            RejectedError: it is none; the message never quotes the call.
            UnavailableError: the ledger cannot be read.
        """
        path, host = _path(call), _host(call.host)
        if not _METHOD.fullmatch(call.method):
            raise RejectedError(400, "method: must be one of HTTP's, and is told in full")
        world, now = self._service.known()
        routes = self._in_force(caller, world, now)
        subject = self._ways.establish(call, caller, routes.subject, _Register(world, now))
        match = routes.find(call.method, host, path)
        request = AccessRequest(
            **(_unrouted(call) if match is None else _Reading(call, match).members()),
            subject=subject.subject,
            subject_kind=subject.kind,
            staff=subject.staff,
            system=subject.system,
            assurance=subject.assurance,
            established=subject.way,
            disputed=subject.disputed,
            enforces=routes.enforced(caller.enforces),
            client=_nearest(call.client),
            cache=None if match is None or _told_outside_headers(call, routes) else match.route.cache,
            door=door,
            gateway=caller.id,
            request_id=call.request_id,
        )
        return Asked(
            request,
            digest(call),
            audience=routes.behind.audience if routes.behind else None,
            single_use=request.mode == "bulk" or call.method not in _READING,
            varies=_varies(call, routes, match),
        )


def digest(call: Call) -> str:
    """Return the hex SHA-256 that ties a decision token to `call`: method, raw path, raw query, newline between."""
    return hashlib.sha256(call.method.encode() + b"\n" + call.path + b"\n" + call.query).hexdigest()


def _told_outside_headers(call: Call, routes: RouteMap) -> bool:
    """Return whether the subject may rest on what no header says, by which a kept answer could be told apart."""
    said = {CLAIMS: call.verified, WORKLOAD: call.principal}
    return any(way in routes.subject and value is not None for way, value in said.items())


def _varies(call: Call, routes: RouteMap, match: Match | None) -> tuple[str, ...]:
    """Return the headers on which the question rests: who asks, what for, and of what."""
    route = None if match is None else match.route
    sources = () if route is None else (route.scenario, route.purpose)
    read = [source.name for source in sources if isinstance(source, FromHeader)]
    return (AUTHORIZATION, *call.told_in, *read, *(IDENTITY if HEADER in routes.subject else ()))


def _path(call: Call) -> tuple[str, ...]:
    try:
        return canonical_path(call.path)
    except RequestError as odd:
        raise RejectedError(400, str(odd)) from odd


def _host(told: str | None) -> str | None:
    """Return the host in lower case and without its port; it selects a route, never a tenant or a right."""
    if told is None:
        return None
    named = _HOST.fullmatch(told)
    if named is None:
        raise RejectedError(400, "host: must be one name or address, and perhaps a port")
    return named[1].lower()


def _nearest(told: str | None) -> str | None:
    """Return the address that called the gateway: the last one told, for those before it are the client's own words.

    It is for the record, so what is no address is left out, and nothing is refused for its sake. Of IPv6 it is the
    network of 64 bits that a subscriber has: the rest changes by itself, and each new address costs a key of its own.
    """
    nearest = "" if told is None else told.rpartition(",")[2].strip().removeprefix("/")  # Kafka's brokers begin so
    try:
        address = ip_address("" if "%" in nearest else nearest)  # behind it anything could stand
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, SUBSCRIBER), strict=False))


def _unrouted(call: Call) -> dict[str, Any]:
    """Return what a call asks on which no route has a word: about a dataset that can be in no catalogue."""
    return {"action": "unknown", "dataset": f"route/{call.path.decode('ascii')}", "route": UNREGISTERED}


class _Reading:
    """What one route reads of one call."""

    def __init__(self, call: Call, match: Match) -> None:
        self._call = call
        self._route = match.route
        self._parameters = match.parameters
        sources = (self._route.fields, self._route.scenario, self._route.purpose)
        self._query = read_query(call.query, {one.member for one in sources if isinstance(one, FromQuery)})

    def members(self) -> dict[str, Any]:
        """Return what the call asks, by the members of a question."""
        route = self._route
        return {
            "action": route.action,
            "dataset": self._of_path(route.dataset),
            "mode": route.mode,
            "channel": route.channel,
            "carrier": None if route.carrier is None else self._of_path(route.carrier),
            "fields": self._fields(),
            "scenario": self._said(route.scenario),
            "purpose": self._said(route.purpose),
            "route": route.name,
        }

    def _of_path(self, source: Said | FromPath) -> str:
        return source.value if isinstance(source, Said) else self._parameters[source.parameter]

    def _said(self, source: Source | None) -> str | None:
        """Return what stands where `source` points; nothing there is no fault, but a fact."""
        if source is None:
            return None
        if isinstance(source, FromQuery):
            return self._query.get(source.member)
        if isinstance(source, FromHeader):
            return _header(self._call.headers, source.name)
        return self._of_path(source)

    def _fields(self) -> tuple[str, ...] | None:
        """Return the fields asked for; None: all of them."""
        source = self._route.fields
        if not isinstance(source, FromQuery):
            return source
        listed = self._query.get(source.member)
        if listed is None:
            return None
        names = tuple(listed.split(","))
        if not all(name and name == name.strip() for name in names) or len(names) > MAX_FIELDS:
            fault = f"query: {source.member} must name 1 to {MAX_FIELDS} fields, commas between, without blanks"
            raise RejectedError(400, fault)
        return names


def _header(headers: Mapping[str, str], name: str) -> str | None:
    """Return what a header says that a route reads."""
    value = headers.get(name)
    if not value:
        return None
    if "," in value or not value.isprintable() or len(value.encode("utf-8", "surrogatepass")) > MAX_WORD:
        raise RejectedError(400, f"{name}: must be sent once, with at most {MAX_WORD} visible bytes and no comma")
    return value
