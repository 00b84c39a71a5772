"""Strict reader of policies/mappings/*.yaml: how the rows of a catalogue become entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.yaml_lines import fault, load
from pdp.catalogue.entry import OPENING, SHARING
from pdp.catalogue.mapping import CLASSES, MEMBERS, CatalogueMapping, Provider

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.files.yaml_lines import Node

_LEVELS = ("district", "city", "other_district", "national", "other")
_BASES = ("administrative_organ", "authorised_organisation", "state_organ", "none")
_VALUES = {"sharing": SHARING, "opening": OPENING}
_OPTIONAL = (
    "address", "portal", "separator", "dates", "sharing", "opening", "silent", "cycles", "providers", "constants",
    "open_portal", "approver", "platform", "caveats",
)  # fmt: skip


def load_mapping(path: Path, root: Path) -> CatalogueMapping:
    """Return the mapping in `path`; its name is the file's.

    Raises:
        PolicyError: the file cannot be used; path, line, fault and remedy.
    """
    top = load(path, root).mapping(("title", "exported", "columns", "prefix"), _OPTIONAL)
    columns = {member: node.text() for member, node in top["columns"].mapping(("title", "provider"), MEMBERS).items()}
    if "portal" not in columns and "portal" not in top:
        raise fault(top["columns"], "no column and no constant names the portal", 'add "portal:"')
    providers = top["providers"].mapping((), ("known", "hidden", "level")) if "providers" in top else {}
    return CatalogueMapping(
        name=path.stem,
        title=top["title"].text(),
        exported=top["exported"].instant(),
        columns=columns,
        prefix=top["prefix"].text(),
        classes={axis: _words(top[axis], _VALUES[axis]) for axis in CLASSES if axis in top},
        cycles=_cycles(top["cycles"]) if "cycles" in top else {},
        constants=_constants(top["constants"]) if "constants" in top else {},
        known=_known(providers["known"]) if "known" in providers else {},
        hidden=frozenset(providers["hidden"].texts()) if "hidden" in providers else frozenset(),
        level=providers["level"].word(_LEVELS, "level") if "level" in providers else "other",
        silent=frozenset(top["silent"].texts()) if "silent" in top else frozenset(),
        dates=top["dates"].texts() if "dates" in top else (),
        open_portal=top["open_portal"].flag() if "open_portal" in top else True,
        separator=top["separator"].text() if "separator" in top else "|",
        address=top["address"].text() if "address" in top else "",
        portal=top["portal"].text() if "portal" in top else "",
        approver=_provider(top["approver"]) if "approver" in top else None,
        platform=_provider(top["platform"]) if "platform" in top else None,
    )


def _words(node: Node, choices: tuple[str, ...]) -> dict[str, str]:
    return {raw: value.word(choices, "class") for raw, value in node.entries().items()}


def _cycles(node: Node) -> dict[str, int | None]:
    return {raw: _cycle(value) for raw, value in node.entries().items()}


def _cycle(node: Node) -> int | None:
    """Return the days of a cycle; `irregular` is one that follows no fixed interval."""
    if node.kind == "int":
        return node.integer(1)
    node.word(("irregular",), "number of days, nor the word for no fixed interval")
    return None


def _constants(node: Node) -> dict[str, str]:
    entries = node.mapping((), ("sharing", "opening", "cycle"))
    return {
        key: value.word(_VALUES[key], "class") if key in _VALUES else value.text() for key, value in entries.items()
    }


def _known(node: Node) -> dict[str, Provider]:
    return {name: _provider(value, name) for name, value in node.entries().items()}


def _provider(node: Node, name: str = "") -> Provider:
    entry = node.mapping(("id", "level"), ("name", "basis"))
    called = entry["name"].text() if "name" in entry else name
    if not called:
        raise fault(node, '"name" is missing', 'add "name:"')
    basis = entry["basis"].word(_BASES, "basis") if "basis" in entry else "none"
    return Provider(entry["id"].text(), called, entry["level"].word(_LEVELS, "level"), basis)
