"""Read how a pack derives its facts in Rego: rego/facts.rego, and the data of the pack beside its policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.vocabulary import named
from adapters.files.yaml_lines import fault, parse_bytes
from pdp.errors import PolicyError
from pdp.rulebook.fact_rules import ACTIONS, ENTITIES, OURS, PATH, TAKEN, read_fact_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.files.yaml_lines import Node
    from pdp.readings import Readings
    from pdp.rulebook.fact_rules import FactRules
    from pdp.vocabulary import Vocabulary

FACTS = "policies/facts.yaml"
DATA = ("policies/data.yaml", "policies/data.json")


def load_fact_rules(files: Mapping[str, bytes], vocabulary: Vocabulary, readings: Readings) -> FactRules:
    """Return how the pack with these `files` derives the facts of `vocabulary`.

    Raises:
        PolicyError: a file is missing or cannot be used; path, line, fault and remedy.
    """
    for name in vocabulary.facts:
        if name in OURS:
            remedy = "call it otherwise; only a pack whose facts pdp/facts derives has this one"
            raise PolicyError(FACTS, 1, f"the fact {name} means something else here", remedy)
    if PATH not in files:
        raise PolicyError(PATH, 1, "is missing", "add the file, or let pack.yaml say facts: public_data")
    return read_fact_rules(_text(files[PATH]), vocabulary, _data(files), dict(readings.constants))


def _data(files: Mapping[str, bytes]) -> dict[str, object]:
    """Return the pack's own data by key; none without a file."""
    found = [path for path in DATA if path in files]
    if len(found) > 1:
        raise PolicyError(found[1], 1, f"stands beside {found[0]}", "keep one of them")
    data: dict[str, object] = {}
    for path in found:
        for key, node in parse_bytes(files[path], path).entries().items():
            if named(node, key) in TAKEN:
                raise fault(node, f'"{key}" stands under data already', "give it another name")
            data[key] = node.value()
            _check_searchable(key, node)
    return data


def _check_searchable(key: str, node: Node) -> None:
    """Check what searches rest on: entities by type and id, and actions by name."""
    if key == ENTITIES:
        for kind in node.entries().values():
            for entity in kind.entries().values():
                entity.entries()
    elif key == ACTIONS:
        node.texts()


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError(PATH, line, "is not UTF-8", "save the file as UTF-8") from error
