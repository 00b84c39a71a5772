"""The register of readings: what the text leaves open, and which option holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Reading:
    """One open legal question. The first option is the fail-safe default: the one that protects data."""

    id: str
    question: str  # Chinese
    text: tuple[str, ...]  # units of the register it is about
    options: Mapping[str, str]  # option -> Chinese, default first
    chosen: str
    why: str  # Chinese
    decided_by: str  # who settles it
    since: str  # ISO date
    touches: tuple[str, ...] = ()  # rules and facts
    not_carried_out: tuple[
        str, ...
    ] = ()  # options that cannot be chosen until rules, rows or facts are written for them


@dataclass(frozen=True, slots=True)
class Readings:
    """All readings in force."""

    entries: Mapping[str, Reading]

    def __getitem__(self, name: str) -> str:
        """Return the chosen option of reading `name`; raise KeyError for an unknown one."""
        return self.entries[name].chosen

    @property
    def constants(self) -> Mapping[str, str]:
        """Return reading -> chosen option, as rules see it under `data.readings`."""
        return {name: reading.chosen for name, reading in self.entries.items()}
