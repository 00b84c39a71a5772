"""Strict reader of policies/pack.yaml: which instrument and vocabulary a root uses, and who derives its facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.files.yaml_lines import load

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.files.yaml_lines import Node

FACTS = ("public_data",)
"""Where facts may come from: `public_data` is `pdp.facts`."""


@dataclass(frozen=True, slots=True)
class Pack:
    """What a policy root is about."""

    law: Path  # the register
    vocabulary: Path
    facts: str  # one of FACTS


def load_pack(path: Path, root: Path) -> Pack:
    """Return the pack that the file `path` describes; the files it names exist inside `root`.

    Raises:
        PolicyError: the file cannot be used; path, line, fault and remedy.
    """
    parts = load(path, root).mapping(("instrument", "vocabulary", "facts"))
    registers = {register.stem for register in (root / "law").glob("*.yaml")}
    instrument = parts["instrument"].word(sorted(registers), "register in law/")
    return Pack(
        law=root / "law" / f"{instrument}.yaml",
        vocabulary=_inside(parts["vocabulary"], root),
        facts=parts["facts"].word(FACTS, "source of facts"),
    )


def _inside(node: Node, root: Path) -> Path:
    names = sorted(file.name for file in root.glob("*.yaml"))
    return root / node.word(names, f"file in {root.name}/")
