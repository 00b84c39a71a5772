"""Strict reader of policies/routes/<gateway>.yaml: from a gateway's calls to datasets, and how subjects are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.files.yaml_lines import fault, load, shown
from pdp.errors import PolicyError
from pdp.routing.route import ID
from pdp.routing.route_map import FAMILIES, WAYS, AmbiguousRouteError, Behind, RouteMap
from pdp.routing.stated import ANY, OPTIONAL, PUBLIC_DATA, REQUIRED, RouteError, route_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from adapters.callers import Caller
    from adapters.files.yaml_lines import Node
    from pdp.routing.route import Route
    from pdp.routing.route_map import Family
    from pdp.routing.stated import Words

MEASURES: Final = ("mask_fields", "filter_rows")
_MAP: Final = (("gateway", "subject", "routes"), ("family", "enforces", "behind"))
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
    words = PUBLIC_DATA if public_data else ANY
    return {path.stem: _map(path.stem, load(path, root), words) for path in _files(folder, root)}


def _files(folder: Path, root: Path) -> list[Path]:
    """Return the files of `folder`, none of which may be anything else than a map."""
    found = sorted(path for path in folder.glob("*") if not path.name.startswith("."))
    for path in found:
        if path.suffix != ".yaml" or not ID.fullmatch(path.stem) or not path.is_file():
            remedy = "keep one file a gateway here, named after it: edge-nginx.yaml"
            raise PolicyError(shown(path, root), 1, "a stray file beside the route maps", remedy)
    return found


def check_route_maps(callers: Iterable[Caller], maps: Mapping[str, RouteMap]) -> None:
    """Return if every caller that asks by a route map has one.

    Raises:
        PolicyError: a map is missing.
    """
    for caller in callers:
        if caller.routes is not None and caller.routes not in maps:
            path = f"policies/routes/{caller.routes}.yaml"
            remedy = f"add the file, or change routes of {caller.id} in the settings"
            raise PolicyError(path, 1, f'is missing, and the caller "{caller.id}" asks by it', remedy)


def _map(name: str, node: Node, words: Words) -> RouteMap:
    parts = node.mapping(*_MAP)
    if _id(parts["gateway"]) != name:
        raise fault(parts["gateway"], f'"{parts["gateway"].text()}" is not the name of the file', f'write "{name}"')
    ways = parts["subject"].words(WAYS, "way of establishing a subject")
    if not ways:
        raise fault(parts["subject"], "no way of establishing a subject is accepted", f"use some of: {', '.join(WAYS)}")
    routes = [(_route(entry, words), entry) for entry in parts["routes"].sequence()]
    try:
        return RouteMap(
            name,
            [route for route, _ in routes],
            subject=ways,
            family=_family(parts["family"]) if "family" in parts else "forwarded",
            enforces=parts["enforces"].words(MEASURES, "measure") if "enforces" in parts else None,
            behind=_behind(parts["behind"]) if "behind" in parts else None,
            words=words,
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


def _route(node: Node, words: Words) -> Route:
    parts = node.mapping(REQUIRED, OPTIONAL)
    try:
        return route_of({name: said.value() for name, said in parts.items()}, words)
    except RouteError as odd:
        raise fault(parts.get(odd.member, node), f"{odd.member} {odd.fault}", odd.remedy) from odd
