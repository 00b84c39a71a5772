"""The vocabulary of facts: what a rule may read, with every value it can have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a fact. A `floor` value never helps: any other value in its place never turns a permit away."""

    id: str
    label: str  # Chinese
    floor: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: a closed set of values, the articles that ask for it, and what it means."""

    id: str
    label: str  # Chinese
    values: Mapping[str, Value]  # in the order of the file
    articles: tuple[str, ...]
    definition: str  # Chinese: the question this fact answers
    advisory_only: bool = False  # its values never change an outcome
    applies_when: tuple[Mapping[str, tuple[str, ...]], ...] = ()  # alternatives; none: always

    def applies(self, found: Mapping[str, str]) -> bool:
        """Return whether this fact applies where the facts above it have the values `found`.

        A fact that does not apply has the value `not_applicable`, and only then. Raises KeyError without those facts.
        """
        if not self.applies_when:
            return True
        return any(all(found[name] in values for name, values in terms.items()) for terms in self.applies_when)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All facts, in the order of vectors."""

    facts: Mapping[str, Fact]
    index: Mapping[str, int] = field(repr=False)  # fact -> position in a vector

    @classmethod
    def of(cls, facts: Mapping[str, Fact]) -> Vocabulary:
        """Return the vocabulary of `facts`, in their order."""
        return cls(facts, {name: position for position, name in enumerate(facts)})
