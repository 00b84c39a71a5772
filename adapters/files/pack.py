"""Strict reader of policies/pack.yaml: which instrument and vocabulary a root uses, and who derives its facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.files.yaml_lines import fault, load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from adapters.files.yaml_lines import Node

PUBLIC_DATA, REGO = "public_data", "rego"
FACTS = (PUBLIC_DATA, REGO)
"""Where facts may come from: `public_data` is `pdp.facts`, `rego` is the pack's own rego/facts.rego."""

_TABLES = {  # the columns of the tables of a pack whose facts `pdp.facts` derives
    "permissions": ("relation", "sharing_class", "opening_class", "authority", "purpose", "channel"),
    "purposes": ("relation", "sharing_class", "opening_class", "purpose_kind"),
}


@dataclass(frozen=True, slots=True)
class Pack:
    """What a policy root is about."""

    law: Path  # the register
    vocabulary: Path
    facts: str  # one of FACTS
    tables: Mapping[str, tuple[str, ...]]  # permissions, purposes -> the facts that are their columns


def load_pack(path: Path, root: Path) -> Pack:
    """Return the pack that the file `path` describes; the files it names exist inside `root`.

    Raises:
        PolicyError: the file cannot be used; path, line, fault and remedy.
    """
    whole = load(path, root)
    parts = whole.mapping(("instrument", "vocabulary", "facts"), ("tables",))
    registers = {register.stem for register in (root / "law").glob("*.yaml")}
    instrument = parts["instrument"].word(sorted(registers), "register in law/")
    facts = parts["facts"].word(FACTS, "source of facts")
    return Pack(
        law=root / "law" / f"{instrument}.yaml",
        vocabulary=_inside(parts["vocabulary"], root),
        facts=facts,
        tables=_tables(whole, parts.get("tables"), own=facts == REGO),
    )


def _tables(whole: Node, node: Node | None, *, own: bool) -> Mapping[str, tuple[str, ...]]:
    """Return the columns of the tables that grant; a pack with facts of its own names them, and may need one only."""
    if not own and node is not None:
        raise fault(node, "facts: public_data has its own columns", 'delete "tables:"')
    if not own:
        return _TABLES
    if node is None:
        raise fault(whole, '"tables" is missing', 'add "tables:", with the facts that are columns of permissions')
    columns = {name: entry.texts() for name, entry in node.mapping(("permissions",), ("purposes",)).items()}
    for name, facts in columns.items():
        if not facts:
            raise fault(node, f"{name} has no column", "name the facts that its rows compare")
    return columns


def _inside(node: Node, root: Path) -> Path:
    names = sorted(file.name for file in root.glob("*.yaml"))
    return root / node.word(names, f"file in {root.name}/")
