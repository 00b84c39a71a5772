"""Find the Rego rules of a policy root: one folder a rule, its source, and nothing else but its test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.errors import PolicyError
from pdp.rulebook.subset import read_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.readings import Readings
    from pdp.rulebook.rule import Rule
    from pdp.vocabulary import Vocabulary

RULES = "rego/access/rules/"


def read_rules(files: Mapping[str, bytes], vocabulary: Vocabulary, readings: Readings) -> dict[str, Rule]:
    """Return the rules among `files`, by id.

    Args:
        files: bytes by path relative to the policy root, without Rego tests, which no engine but `opa test` sees.
        vocabulary: the facts that rules may read.
        readings: the readings that rules may compare.

    Raises:
        PolicyError: a stray file, or a source outside the subset.
    """
    rules: dict[str, Rule] = {}
    for path in sorted(path for path in files if path.startswith(RULES)):
        folder, _, name = path.removeprefix(RULES).partition("/")
        if name == f"{folder}.rego":
            rules[folder] = read_rule(path, _text(path, files[path]), vocabulary, readings)
        else:
            remedy = f"keep {folder}.rego and {folder}_test.rego alone in the folder"
            raise PolicyError(path, 1, "a stray file among the rules", remedy)
    if not rules:
        raise PolicyError(RULES.rstrip("/"), 1, "holds no rule", "add the rules; a policy without limits is none")
    return rules


def _text(path: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError(path, line, "is not UTF-8", "save the file as UTF-8") from error
