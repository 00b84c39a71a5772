"""The map of one gateway: its routes, what it enforces, and how it says who the subject is.

A literal segment beats a parameter. Two routes that meet one path are told apart where they differ: one of them has the
literal at every such place, or the map is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Self, get_args

from pdp.errors import PDPError
from pdp.routing.route import Parameter
from pdp.routing.stated import ANY, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pdp.routing.route import Route

TOKEN: Final = "token"  # noqa: S105 -- the name of a way
CLAIMS: Final = "gateway_claims"
WORKLOAD: Final = "workload"
HEADER: Final = "header"
WAYS: Final = (TOKEN, CLAIMS, WORKLOAD, HEADER)
"""How the subject of a call can be established, the strongest first. Source: art_38__para_2."""

Family = Literal["forwarded", "original"]
FAMILIES: Final[tuple[Family, ...]] = get_args(Family)


class AmbiguousRouteError(PDPError):
    """Two routes meet one path, and neither is the closer one."""

    def __init__(self, route: Route, other: Route) -> None:
        same = route.path == other.path
        fault = "is registered twice" if same else "meets paths that another route meets as closely"
        super().__init__(f"{route.name} {fault}; the other is {other.name}")
        self.fault = fault
        self.route = route
        self.other = other


@dataclass(frozen=True, slots=True)
class Behind:
    """The data API behind a gateway."""

    audience: str  # what decision tokens call it
    enforces: tuple[str, ...] | None = None  # of mask_fields, filter_rows; None: not declared


@dataclass(frozen=True, slots=True)
class Match:
    """The route that a call takes, and what its path says."""

    route: Route
    parameters: Mapping[str, str]


@dataclass(slots=True)
class _Place:
    """What can follow after some segments."""

    literal: dict[str, _Place] = field(default_factory=dict)
    parameter: _Place | None = None
    route: Route | None = None


class RouteMap:
    """The routes of one gateway. Never changed; `adding` makes another map."""

    def __init__(  # noqa: PLR0913 -- what a map's file says, each once
        self,
        gateway: str,
        routes: Iterable[Route] = (),
        *,
        subject: Iterable[str] = (TOKEN, WORKLOAD),
        family: Family = "forwarded",
        enforces: tuple[str, ...] | None = None,
        behind: Behind | None = None,
        words: Words = ANY,
        further: Iterable[Route] = (),
    ) -> None:
        """Make the map of `gateway`.

        Args:
            gateway: name of the map.
            routes: all of them.
            subject: ways in which a subject may be established.
            family: headers in which a ForwardAuth gateway tells of a call, `forwarded` or `original`.
            enforces: obligations that the gateway itself carries out; None: not declared.
            behind: the data API behind it; None: nothing that a decision token could be meant for.
            words: what its routes may say.
            further: more routes; one that meets a path as closely as another gives way to it.

        Raises:
            AmbiguousRouteError: two routes meet one path as closely.
        """
        self.gateway = gateway
        self.subject = frozenset(subject)
        self.family = family
        self.behind = behind
        self.words = words
        self.routes = tuple(routes)
        self._enforces = enforces
        self._starts: dict[tuple[str, str | None], _Place] = {}
        for route in self.routes:
            self._enter(route)
        for route in further:
            if self.conflict(route) is None:
                self._enter(route)
                self.routes += (route,)

    @property
    def enforces(self) -> tuple[str, ...] | None:
        """Return what the gateway or the data API behind it carries out; None: neither has declared anything."""
        return self.enforced(None)

    def enforced(self, registered: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Return what is carried out where the caller's registration says `registered`; None: nobody declares it."""
        both = (registered, self._enforces, self.behind.enforces if self.behind else None)
        declared = [enforced for enforced in both if enforced is not None]
        return tuple(dict.fromkeys(measure for enforced in declared for measure in enforced)) if declared else None

    def adding(self, routes: Iterable[Route]) -> Self:
        """Return this map with those of `routes` beside its own that meet no path as closely as one before them."""
        return type(self)(
            self.gateway,
            self.routes,
            subject=self.subject,
            family=self.family,
            enforces=self._enforces,
            behind=self.behind,
            words=self.words,
            further=routes,
        )

    def find(self, method: str, host: str | None, path: tuple[str, ...]) -> Match | None:
        """Return the closest route that a call takes, or None.

        Args:
            method: as in the request line.
            host: in lower case, without port; None: not told.
            path: in canonical form.
        """
        start = self._starts.get(("GET" if method == "HEAD" else method, host))
        route = None if start is None else _closest(start, path)
        if route is None:
            return None
        spots = zip(route.path, path, strict=True)
        return Match(route, {part.name: text for part, text in spots if isinstance(part, Parameter)})

    def conflict(self, route: Route) -> Route | None:
        """Return a route of this map that meets a path as closely as `route`, or None."""
        start = self._starts.get((route.method, route.host))
        if start is None:
            return None
        return next((other for other in _meeting(start, route.path) if not _told_apart(route, other)), None)

    def _enter(self, route: Route) -> None:
        other = self.conflict(route)
        if other is not None:
            raise AmbiguousRouteError(route, other)
        place = self._starts.setdefault((route.method, route.host), _Place())
        for part in route.path:
            if isinstance(part, Parameter):
                place.parameter = place.parameter or _Place()
                place = place.parameter
            else:
                place = place.literal.setdefault(part, _Place())
        place.route = route


def _closest(place: _Place, path: tuple[str, ...]) -> Route | None:
    """Return the route that meets `path`, literals first: among routes told apart that is the closest."""
    if not path:
        return place.route
    following = place.literal.get(path[0])
    found = None if following is None else _closest(following, path[1:])
    if found is None and path[0] and place.parameter is not None:
        found = _closest(place.parameter, path[1:])
    return found


def _meeting(place: _Place, path: tuple[str | Parameter, ...]) -> Iterator[Route]:
    """Yield every route that meets a path which the template `path` meets too."""
    if not path:
        if place.route is not None:
            yield place.route
        return
    first, rest = path[0], path[1:]
    if isinstance(first, Parameter):
        followings = [following for text, following in place.literal.items() if text]
    else:
        followings = [place.literal[first]] if first in place.literal else []
    if place.parameter is not None and first:
        followings.append(place.parameter)
    for following in followings:
        yield from _meeting(following, rest)


def _told_apart(route: Route, other: Route) -> bool:
    """Return whether one of two routes that meet one path has the literal wherever they differ."""
    literals = [
        (isinstance(ours, Parameter), isinstance(theirs, Parameter))
        for ours, theirs in zip(route.path, other.path, strict=True)
        if isinstance(ours, Parameter) is not isinstance(theirs, Parameter)
    ]
    return bool(literals) and len(set(literals)) == 1
