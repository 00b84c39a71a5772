"""Strict reader of policies/facts.yaml: every fact, its values, and when it applies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.files.yaml_lines import fault, load
from pdp.law import names_unit
from pdp.vocabulary import Fact, Value, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from adapters.files.yaml_lines import Node

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_NOWHERE = "not_applicable"


def load_vocabulary(path: Path, root: Path) -> Vocabulary:
    """Return the facts of the file `path`, in its order.

    Raises:
        PolicyError: the file cannot be used; path, line, fault and remedy.
    """
    facts: dict[str, Fact] = {}
    for name, node in load(path, root).mapping(("facts",))["facts"].entries().items():
        facts[named(node, name)] = _fact(name, node, facts)
    return Vocabulary.of(facts)


def named(node: Node, name: str) -> str:
    """Return `name`, the id of a fact, a value, a reading or an option, if it is formed like one."""
    if not _NAME.fullmatch(name):
        raise fault(node, f'"{name}" is no id', "use small letters, digits and single underscores")
    return name


def cited(node: Node) -> tuple[str, ...]:
    """Return a list of at least one 款 or 项, none twice."""
    for item in node.sequence():
        if not names_unit(item.text()):
            raise fault(
                item, f'"{item.text()}" is no 款 or 项', "write it like art_21__para_4 or art_27__para_1__item_3"
            )
    if not node.sequence():
        raise fault(node, "cites nothing", "name the articles it rests on")
    return node.texts()


def _fact(name: str, node: Node, above: Mapping[str, Fact]) -> Fact:
    parts = node.mapping(("label", "definition", "articles", "values"), ("advisory_only", "applies_when"))
    values = _values(parts["values"])
    applies_when = _applies_when(parts["applies_when"], above) if "applies_when" in parts else ()
    if (_NOWHERE in values) != bool(applies_when):
        remedy = f'give both "applies_when:" and a value {_NOWHERE}, or neither'
        raise fault(node, f"says only half of when {name} applies", remedy)
    return Fact(
        id=name,
        label=parts["label"].text(),
        values=values,
        articles=cited(parts["articles"]),
        definition=parts["definition"].text(),
        advisory_only=parts["advisory_only"].flag() if "advisory_only" in parts else False,
        applies_when=applies_when,
    )


def _values(node: Node) -> dict[str, Value]:
    values: dict[str, Value] = {}
    labels: dict[str, str] = {}
    for name, entry in node.entries().items():
        parts = entry.mapping(("label",), ("floor",))
        label = parts["label"].text()
        if label in labels:
            raise fault(
                parts["label"], f'"{label}" is also the label of {labels[label]}', "give each value its own label"
            )
        labels[label] = named(entry, name)
        values[name] = Value(name, label, floor=parts["floor"].flag() if "floor" in parts else False)
    if len(values) < 2:  # noqa: PLR2004 -- one value is no question
        raise fault(node, "a fact has two values or more", "add the values that it can have")
    return values


def _applies_when(node: Node, above: Mapping[str, Fact]) -> tuple[dict[str, tuple[str, ...]], ...]:
    alternatives = tuple(_terms(item, above) for item in node.sequence())
    if not alternatives:
        raise fault(node, "lists no case in which the fact applies", 'delete "applies_when:", or add a case')
    return alternatives


def _terms(node: Node, above: Mapping[str, Fact]) -> dict[str, tuple[str, ...]]:
    terms = {}
    for name, values in node.mapping((), above).items():
        terms[name] = values.words(above[name].values, f"value of {name}")
        if not terms[name]:
            raise fault(values, f"names no value of {name}", "name at least one")
    return terms
