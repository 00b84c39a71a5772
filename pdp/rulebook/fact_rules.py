"""The Rego in which a pack derives its facts, read statically: what it must name, and what it must not ask.

Unlike a rule it is no truth table: an engine evaluates it for every question, so the whole language is allowed, but
nothing that answers otherwise tomorrow. What it says of a question must follow from the question and the pack alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pdp.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pdp.vocabulary import Vocabulary

PATH: Final = "rego/facts.rego"
PACKAGE: Final = "facts"
TAKEN: Final = frozenset({PACKAGE, "access", "readings"})
"""What stands under `data` beside the pack's own data: no key of data.yaml."""
ENTITIES, ACTIONS = "entities", "actions"
"""Keys of data.yaml that say what searches may find: type -> id -> what is known of it; and names of actions."""
OURS: Final = frozenset({"authority", "field_coverage", "ledger_age", "quota", "relation"})
"""Facts that mean something to the service itself, which `pdp.facts` alone can tell."""

_UNREAD = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*')  # strings and comments
_HEAD = re.compile(r"(?:default[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)")
_DATA = re.compile(r"(?<![\w.])data(?:\.([A-Za-z_][A-Za-z0-9_]*))?")
_OUTSIDE = re.compile(r"(?<![\w.])(?:http\.send|net\.\w+|opa\.runtime|rand\.\w+|time\.now_ns|uuid\.rfc4122)(?!\w)")
_WORD = re.compile(r"(?<![\w.])([A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*(\s*\()?")
_GIVEN = (  # where a name gets its value, or stands for whatever is there
    re.compile(r"([A-Za-z_]\w*)\s*:="),
    re.compile(r"\[([^\[\]]*)\]\s*:="),
    re.compile(r"\b(?:some|every)\b([^\n{|;]*?)(?:\bin\b|$|;|\|)", re.MULTILINE),
    re.compile(r"^[ \t]*(?:default[ \t]+)?\w+\(([^()]*)\)", re.MULTILINE),
    re.compile(r"\[\s*([A-Za-z_]\w*)\s*\]"),
    re.compile(r"\bimport\b.*?([A-Za-z_]\w*)[ \t]*$", re.MULTILINE),
    re.compile(r"([A-Za-z_]\w*)\s*=(?!=)"),
    re.compile(r"(?<![=!<>:])=\s*([A-Za-z_]\w*)"),
)
_LANGUAGE: Final = frozenset({
    "_", "as", "contains", "data", "default", "else", "every", "false", "if", "import", "in", "input", "not", "null",
    "package", "some", "true", "with",
})  # fmt: skip
_KEYWORDS: Final = frozenset({"package", "import", "default", "else"})


@dataclass(frozen=True, slots=True)
class FactRules:
    """The source of a pack's facts, and what it sees under `data`: the pack's own data, and its readings."""

    source: str
    data: Mapping[str, object] = field(repr=False)
    names: tuple[str, ...]  # the facts, in the vocabulary's order
    path: str = PATH

    @property
    def kinds(self) -> Sequence[str]:
        """The types of entities that data.yaml declares, sorted."""
        declared = self.data.get(ENTITIES)
        return sorted(declared) if isinstance(declared, dict) else ()

    def ids(self, kind: str) -> Sequence[str]:
        """Return the ids of the entities of this type that data.yaml declares, sorted; see `Entities`."""
        declared = self.data.get(ENTITIES)
        found = declared.get(kind) if isinstance(declared, dict) else None
        return sorted(found) if isinstance(found, dict) else ()

    @property
    def actions(self) -> Sequence[str]:
        """The names of the actions that data.yaml declares, sorted; see `Entities`."""
        found = self.data.get(ACTIONS)
        return sorted(map(str, found)) if isinstance(found, list) else ()


def read_fact_rules(source: str, vocabulary: Vocabulary, data: Mapping[str, object], readings: object) -> FactRules:
    """Return the facts that `source` derives: a rule for every declared fact, and helpers whose names begin with `_`.

    Args:
        source: the text of rego/facts.rego.
        vocabulary: the facts that it must derive.
        data: what the pack's data.yaml says.
        readings: reading -> chosen option.

    Raises:
        PolicyError: it lacks a fact, names a stranger, or asks what answers otherwise tomorrow.
    """
    reader = _Reader(_UNREAD.sub(_blank, source))
    reader.package()
    reader.names(vocabulary.facts)
    reader.data({*data, "readings"})
    reader.outside()
    reader.variables()
    return FactRules(source, {**data, "readings": readings}, tuple(vocabulary.facts))


def _names(text: str) -> Iterator[str]:
    """Yield the names in a list such as `a, [b, c]`."""
    return (found[0] for found in re.finditer(r"[A-Za-z_]\w*", text))


def _blank(found: re.Match[str]) -> str:
    """Return blanks in place of a string or comment, so that lines stay where they are."""
    return re.sub(r"[^\n]", " ", found[0])


@dataclass(frozen=True, slots=True)
class _Reader:
    """A source without its strings and comments."""

    bare: str

    def package(self) -> None:
        """Check that the package is the one that is asked."""
        if self.bare.split()[:2] != ["package", PACKAGE]:
            raise PolicyError(PATH, 1, f"is not of package {PACKAGE}", f'begin the file with "package {PACKAGE}"')

    def names(self, facts: Collection[str]) -> None:
        """Check that every fact has a rule, and every rule is a fact or a helper."""
        seen = set()
        for line, name in self._heads():
            if name not in facts and not name.startswith("_"):
                raise PolicyError(PATH, line, f"{name} is no fact", "declare it in facts.yaml, or begin it with _")
            seen.add(name)
        for name in facts:
            if name not in seen:
                fault, remedy = f"has no rule for the fact {name}", "write one, or delete the fact from facts.yaml"
                raise PolicyError(PATH, 1, fault, remedy)

    def data(self, known: Collection[str]) -> None:
        """Check that what is read of `data` is there: a key of the pack's data, or the readings."""
        for found in _DATA.finditer(self.bare):
            if found[1] not in known:
                fault = f"data.{found[1]} is nothing" if found[1] else "data as a whole is read"
                raise PolicyError(PATH, self._line(found), fault, f"read data.{', data.'.join(sorted(known))}")

    def outside(self) -> None:
        """Check that nothing is asked but the question and the pack: no clock, no chance, no network."""
        found = _OUTSIDE.search(self.bare)
        if found is not None:
            fault, remedy = (
                f"{found[0]} answers otherwise from call to call",
                "rest on the question and data.yaml alone",
            )
            raise PolicyError(PATH, self._line(found), fault, remedy)

    def variables(self) -> None:
        """Check that every name gets a value somewhere: an engine may take one that has none for undefined.

        Under `not` that would grant what a slip of the pen should not.
        """
        given = {name for _, name in self._heads()} | _LANGUAGE
        given |= {name for form in _GIVEN for found in form.finditer(self.bare) for name in _names(found[1])}
        for found in _WORD.finditer(re.sub(r"(?m)^(?:package|import)\b.*", "", self.bare)):
            if found[1] not in given and found[2] is None:
                fault = f"{found[1]} has no value"
                raise PolicyError(PATH, self._line_of(found[1]), fault, "mend the name, or introduce it with some")

    def _line_of(self, name: str) -> int:
        found = re.search(rf"(?<![\w.]){name}(?!\w)", self.bare)
        return 1 if found is None else self._line(found)

    def _heads(self) -> Iterator[tuple[int, str]]:
        for line, text in enumerate(self.bare.split("\n"), 1):
            found = _HEAD.match(text)
            if found is not None and found[1] not in _KEYWORDS:
                yield line, found[1]

    def _line(self, found: re.Match[str]) -> int:
        return self.bare.count("\n", 0, found.start()) + 1
