"""Strict reader of policies/readings/*.yaml: what the text leaves open, one question a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.vocabulary import cited, named
from adapters.files.yaml_lines import fault, load, shown
from pdp.errors import PolicyError
from pdp.readings import Reading, Readings

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.files.yaml_lines import Node

_KEYS = ("question", "text", "options", "chosen", "why", "decided_by", "since", "touches")


def load_readings(folder: Path, root: Path) -> Readings:
    """Return the readings of `folder`, by the names of their files.

    Raises:
        PolicyError: a file cannot be used; path, line, fault and remedy.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise PolicyError(shown(folder, root), 1, "holds no reading", "add the readings that the rules rest on")
    return Readings({path.stem: _reading(path.stem, load(path, root)) for path in files})


def _reading(name: str, node: Node) -> Reading:
    parts = node.mapping(_KEYS, ("not_carried_out",))
    options = _options(parts["options"])
    idle = _idle(parts["not_carried_out"], options) if "not_carried_out" in parts else ()
    if parts["chosen"].word(options, "option") in idle:
        remedy = "write the rules for it and take it off not_carried_out, or choose another option"
        raise fault(parts["chosen"], f'no rule carries out "{parts["chosen"].text()}"', remedy)
    return Reading(
        id=named(node, name),
        question=parts["question"].text(),
        text=cited(parts["text"]),
        options=options,
        chosen=parts["chosen"].text(),
        why=parts["why"].text(),
        decided_by=parts["decided_by"].text(),
        since=parts["since"].day().isoformat(),
        touches=parts["touches"].texts(),
        not_carried_out=idle,
    )


def _options(node: Node) -> dict[str, str]:
    options = {named(entry, name): entry.text() for name, entry in node.entries().items()}
    if len(options) < 2:  # noqa: PLR2004 -- one option is no question
        raise fault(node, "a question has two options or more", "add the other answers; the first protects data")
    return options


def _idle(node: Node, options: dict[str, str]) -> tuple[str, ...]:
    default = next(iter(options))
    if default in node.words(options, "option"):
        raise fault(node, f'"{default}" is the default, which always holds', "name other options, or put another first")
    return node.texts()
