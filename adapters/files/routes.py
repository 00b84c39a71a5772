"""Strict reader of policies/routes/<gateway>.yaml: from a gateway's calls to datasets, and how subjects are known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from adapters.files.yaml_lines import fault, load, nearest
from pdp.facts.channel import CARRIERS, CHANNELS, MODES
from pdp.facts.relation import OPERATIONS
from pdp.ledger.body import ID
from pdp.routing.path import PathError
from pdp.routing.route import (
    HEADER,
    HOST,
    MEMBER,
    METHOD,
    FromHeader,
    FromPath,
    FromQuery,
    Parameter,
    Route,
    Said,
    template,
)
from pdp.routing.route_map import FAMILIES, WAYS, AmbiguousRouteError, Behind, RouteMap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from adapters.files.yaml_lines import Node
    from pdp.routing.route import Source, Template
    from pdp.routing.route_map import Family

MEASURES: Final = ("mask_fields", "filter_rows")
_MAP: Final = (("gateway", "subject", "routes"), ("family", "enforces", "behind"))
_ROUTE: Final = (
    ("method", "path", "dataset", "action"),
    ("host", "mode", "channel", "carrier", "fields", "scenario", "purpose", "rows_at", "envelope"),
)
_PLACE: Final = re.compile(r"\{(.*)\}")
_POINTER: Final = re.compile(r"(/([^~/]|~[01])*)*")
_ID_REMEDY: Final = "an id has 1 to 128 of A-Z a-z 0-9 . _ : -"


def load_routes(folder: Path, root: Path, *, public_data: bool = True) -> dict[str, RouteMap]:
    """Return the maps in `folder` by the names of their files, which are the gateways'; without the folder, none.

    Args:
        folder: holds one file a gateway.
        root: files are shown in errors relative to its parent.
        public_data: actions, channels and modes are those of `pdp.facts`, and another word is an error.

    Raises:
        PolicyError: a file cannot be used; path, line, fault and remedy.
    """
    return {path.stem: _map(path.stem, load(path, root), public_data) for path in sorted(folder.glob("*.yaml"))}


def _map(name: str, node: Node, public_data: bool) -> RouteMap:  # noqa: FBT001 -- as its caller names it
    parts = node.mapping(*_MAP)
    if _id(parts["gateway"]) != name:
        raise fault(parts["gateway"], f'"{parts["gateway"].text()}" is not the name of the file', f'write "{name}"')
    ways = parts["subject"].words(WAYS, "way of establishing a subject")
    if not ways:
        raise fault(parts["subject"], "no way of establishing a subject is accepted", f"use some of: {', '.join(WAYS)}")
    routes = [(_Entry(entry, public_data=public_data).route(), entry) for entry in parts["routes"].sequence()]
    try:
        return RouteMap(
            name,
            [route for route, _ in routes],
            subject=ways,
            family=_family(parts["family"]) if "family" in parts else "forwarded",
            enforces=parts["enforces"].words(MEASURES, "measure") if "enforces" in parts else None,
            behind=_behind(parts["behind"]) if "behind" in parts else None,
        )
    except AmbiguousRouteError as twofold:
        entry = next(entry for route, entry in routes if route is twofold.route)
        remedy = f"keep one of them, or write a literal where they differ; the other is {twofold.other.name}"
        raise fault(entry, f"the route {twofold.fault}", remedy) from twofold


def _family(node: Node) -> Family:
    named = node.word(FAMILIES, "family of headers")
    return next(family for family in FAMILIES if family == named)


def _behind(node: Node) -> Behind:
    parts = node.mapping(("audience",), ("enforces",))
    enforces = parts["enforces"].words(MEASURES, "measure") if "enforces" in parts else None
    return Behind(_id(parts["audience"]), enforces)


def _id(node: Node) -> str:
    if not ID.fullmatch(node.text()):
        raise fault(node, f'"{node.text()}" is no id', _ID_REMEDY)
    return node.text()


class _Entry:
    """One entry of `routes`."""

    def __init__(self, node: Node, *, public_data: bool) -> None:
        self._parts = node.mapping(*_ROUTE)
        self._public_data = public_data
        self._path = self._template(self._parts["path"])
        self._names = tuple(part.name for part in self._path if isinstance(part, Parameter))

    def route(self) -> Route:
        """Return the route that the entry says."""
        parts = self._parts
        return Route(
            method=self._matching("method", METHOD.fullmatch, "write the method in capitals, such as GET; HEAD is GET"),
            host=self._host(),
            path=self._path,
            dataset=self._named(parts["dataset"]),
            action=self._word("action", OPERATIONS),
            mode=self._word("mode", MODES) if "mode" in parts else None,
            channel=self._word("channel", CHANNELS | CARRIERS) if "channel" in parts else None,
            carrier=self._named(parts["carrier"]) if "carrier" in parts else None,
            fields=self._fields(parts["fields"]) if "fields" in parts else None,
            scenario=self._source(parts["scenario"]) if "scenario" in parts else None,
            purpose=self._source(parts["purpose"]) if "purpose" in parts else None,
            rows_at=self._pointer() if "rows_at" in parts else None,
            envelope=self._envelope() if "envelope" in parts else (),
        )

    def _template(self, node: Node) -> Template:
        try:
            return template(node.text())
        except PathError as odd:
            remedy = "write the path as a request line has it, percent-encoded, with {name} for a whole segment"
            raise fault(node, f"the path {odd.fault}", remedy) from odd

    def _host(self) -> str | None:
        if "host" not in self._parts:
            return None
        return self._matching("host", HOST.fullmatch, "write the host in small letters, without port")

    def _matching(self, name: str, matches: Callable[[str], object], remedy: str) -> str:
        node = self._parts[name]
        if not matches(node.text()):
            raise fault(node, f'"{node.text()}" is no {name}', remedy)
        return node.text()

    def _word(self, name: str, known: Iterable[str]) -> str:
        node = self._parts[name]
        return node.word(sorted(known), name) if self._public_data else _id(node)

    def _named(self, node: Node) -> Said | FromPath:
        """Return where an id stands: in the file, or in the path."""
        place = _PLACE.fullmatch(node.text())
        if place is None:
            return Said(_id(node))
        if place[1] not in self._names:
            raise fault(node, f'"{place[1]}" is no parameter of the path', nearest(place[1], self._names))
        return FromPath(place[1])

    def _source(self, node: Node) -> Source:
        """Return where a word stands: in the file, the path, the query, or a header."""
        if node.kind != "map":
            return self._named(node)
        parts = node.mapping((), ("query", "header"))
        if len(parts) != 1:
            raise fault(node, "says where to read in none or two ways", 'write "query: name" or "header: X-Data-…"')
        return FromQuery(_member(parts["query"])) if "query" in parts else FromHeader(_header(parts["header"]))

    def _fields(self, node: Node) -> FromQuery | tuple[str, ...]:
        """Return where the names of the fields stand: in the query, or in the file."""
        if node.kind == "map":
            return FromQuery(_member(node.mapping(("query",))["query"]))
        if not node.texts():
            raise fault(node, "no field is named", "name at least one, or delete the key to ask for all")
        return node.texts()

    def _pointer(self) -> str:
        node = self._parts["rows_at"]
        if node.kind == "str" and not node.content:
            return ""
        return self._matching("rows_at", _POINTER.fullmatch, "write a JSON Pointer, such as /data/items")

    def _envelope(self) -> tuple[str, ...]:
        return self._parts["envelope"].texts()


def _member(node: Node) -> str:
    if not MEMBER.fullmatch(node.text()):
        raise fault(node, f'"{node.text()}" can be no member of a query here', "use A-Z a-z 0-9 . _ : - alone")
    return node.text()


def _header(node: Node) -> str:
    name = node.text().lower()
    if not HEADER.fullmatch(name):
        raise fault(node, f'"{node.text()}" is no header that gateways hand on', "name one that begins with X-Data-")
    return name
