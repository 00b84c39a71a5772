"""A rule as its source states it, before any engine has been asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.model import Effect


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a body: a fact or a reading compared with constants, or a private helper asked."""

    subject: str  # input | readings | helper
    name: str
    values: frozenset[str]  # constants; empty for a helper
    negated: bool
    line: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """One Rego rule of the analysable subset, read statically. The id is folder, package segment and ground at once."""

    id: str
    effect: Effect
    title: str  # Chinese, the rule in the law's words
    description: str  # one English sentence
    articles: tuple[str, ...]  # the first is the ground, the others support it
    remedy: str  # id in duties.yaml; empty for oblige and advise
    exceptions: Mapping[str, str]  # private helper -> article that makes the exception
    readings: tuple[str, ...]  # readings its body compares, or metadata names
    reads: tuple[str, ...]  # facts, sorted; from the source, never from a list
    named: Mapping[str, frozenset[str]]  # fact -> values the source compares it with
    path: str  # relative to the policy root, for example rego/access/rules/onward_supply/onward_supply.rego
    source: str
    package: str
    bodies: Mapping[str, tuple[tuple[Condition, ...], ...]] = field(repr=False)  # head and helpers -> their bodies

    def holds(self, facts: Mapping[str, str], readings: Mapping[str, str]) -> bool:
        """Return what the source says for `facts`: our own reading, which every engine's answer is held against.

        Raises:
            KeyError: a fact or reading that the rule compares is missing.
        """
        return self._any(self.effect.value, {"input": facts, "readings": readings})

    def _any(self, name: str, known: Mapping[str, Mapping[str, str]]) -> bool:
        return any(all(self._met(condition, known) for condition in body) for body in self.bodies[name])

    def _met(self, condition: Condition, known: Mapping[str, Mapping[str, str]]) -> bool:
        if condition.subject == "helper":
            return self._any(condition.name, known) != condition.negated
        return (known[condition.subject][condition.name] in condition.values) != condition.negated


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a Casbin table: a cell for each column, `*` for any value, and the rule it belongs to."""

    cells: tuple[str, ...]
    rule: str
    line: int


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """A Casbin model with its rows, past the strict door. `columns` are names of facts, or say who does what."""

    name: str  # permissions | purposes | administration | posts
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    articles: Mapping[str, tuple[str, ...]]  # rule -> articles
    titles: Mapping[str, str]  # rule -> Chinese
    model: str  # text of the Casbin model
    path: str

    @classmethod
    def left_out(cls, name: str) -> PolicyTable:
        """Return what stands in place of a table that a pack does without: it has no row, and no engine is asked."""
        return cls(name, (), (), {}, {}, "", "")

    @property
    def is_left_out(self) -> bool:
        """Return whether the pack does without this table."""
        return not self.path
