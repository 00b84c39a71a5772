"""A truth table: what one rule says for every combination of the facts it reads, as an engine answered at load."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pdp.model import Finding


@dataclass(frozen=True, slots=True)
class TruthTable:
    """What one rule says for every combination of `reads`. Total: a stray value raises, never "does not hold".

    A rule compares facts with constants only, so the values it does not name are interchangeable: `alike` maps every
    value of a read fact to the one that was asked about in its place, and `rows` has an entry for every combination of
    those representatives.
    """

    finding: Finding
    reads: tuple[str, ...]
    positions: tuple[int, ...]  # of `reads` in a vector
    alike: Mapping[str, Mapping[str, str]] = field(repr=False)  # read fact -> value -> its representative
    rows: Mapping[tuple[str, ...], bool] = field(repr=False)  # representatives in the order of `reads` -> does it hold?
    _steps: tuple[tuple[int, Mapping[str, str]], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check that the table is total, and lay out what `holds` walks."""
        wanted = set(product(*self.choices))
        if wanted != set(self.rows):
            message = f"the table of {self.finding.rule} has {len(self.rows)} rows, its facts need {len(wanted)}"
            raise ValueError(message)
        steps = tuple((position, self.alike[fact]) for position, fact in zip(self.positions, self.reads, strict=True))
        object.__setattr__(self, "_steps", steps)

    def holds(self, vector: tuple[str, ...]) -> bool:
        """Return whether the rule holds for `vector`; raise KeyError for a value that its fact does not have."""
        return self.rows[tuple([alike[vector[position]] for position, alike in self._steps])]

    @property
    def choices(self) -> tuple[tuple[str, ...], ...]:
        """Return the representatives of each read fact, in the order of `reads`, each once."""
        return tuple(tuple(dict.fromkeys(self.alike[fact].values())) for fact in self.reads)

    def possible(self, fact: str) -> frozenset[str]:
        """Return the values of the read `fact` with which the rule can hold at all."""
        place = self.reads.index(fact)
        seen = {row[place] for row, holds in self.rows.items() if holds}
        return frozenset(value for value, representative in self.alike[fact].items() if representative in seen)

    def expanded(self) -> Iterator[tuple[tuple[str, ...], bool]]:
        """Yield every combination of real values of `reads`, with whether the rule holds."""
        for values in product(*(self.alike[fact] for fact in self.reads)):
            alike = zip(self.reads, values, strict=True)
            yield values, self.rows[tuple(self.alike[fact][value] for fact, value in alike)]
