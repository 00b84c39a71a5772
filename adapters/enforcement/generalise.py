"""Named tables by which values are made coarser: they lie in a policy folder's duties.yaml, and a data API has a copy.

Three forms: `day` keeps the year or the month of a civil date, `one_of` keeps the listed name that a text contains
first, `steps` keeps the range in which a whole number lies. What has no place in a table is redacted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_DAY: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(T[!-~]*)?", re.ASCII)


class TableError(Exception):
    """A table cannot be used: where, what is wrong, what to do."""


class Table(Protocol):
    """Makes values coarser."""

    def coarser(self, value: object) -> str | None:
        """Return what remains of `value`; None: it has no place in the table."""
        ...


@dataclass(frozen=True, slots=True)
class Days:
    """Civil dates, of which the year or the month remains."""

    keep: str

    def coarser(self, value: object) -> str | None:
        """Return `2026` or `2026-02` for `2026-02-12`, whatever the time of the day."""
        found = _DAY.fullmatch(str(value)) if isinstance(value, str) or hasattr(value, "isoformat") else None
        if found is None:
            return None
        return found[1] if self.keep == "year" else f"{found[1]}-{found[2]}"


@dataclass(frozen=True, slots=True)
class Names:
    """Texts, of which a listed name remains."""

    values: tuple[str, ...]

    def coarser(self, value: object) -> str | None:
        """Return the listed name that stands first in `value`; of two at one place the longer."""
        if not isinstance(value, str):
            return None
        found = [(value.find(name), -len(name), name) for name in self.values if name in value]
        return min(found)[2] if found else None


@dataclass(frozen=True, slots=True)
class Steps:
    """Whole numbers, of which the range remains."""

    step: int

    def coarser(self, value: object) -> str | None:
        """Return `30-39` for 37 where a step is 10."""
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        low = value // self.step * self.step
        return f"{low}-{low + self.step - 1}"


def tables_in(path: Path) -> dict[str, Table]:
    """Return the tables that the file at `path` has under `generalisations`; none where it has no such member.

    Raises:
        TableError: one cannot be used.
    """
    try:
        read = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError) as fault:
        message = f"{path}: cannot be read ({fault}); give a duties.yaml"
        raise TableError(message) from fault
    said = read.get("generalisations", {}) if isinstance(read, dict) else {}
    return {name: table(name, members) for name, members in said.items()}


def table(name: str, said: Mapping[str, Any]) -> Table:
    """Return the table that `said` describes; raise TableError for one that nobody could use."""
    match said:
        case {"form": "day", "keep": "year" | "month" as keep}:
            return Days(keep)
        case {"form": "one_of", "values": [_, *_] as values} if all(isinstance(one, str) and one for one in values):
            return Names(tuple(values))
        case {"form": "steps", "step": int(step)} if step > 1 and not isinstance(step, bool):
            return Steps(step)
    message = f"generalisations: {name}: is no table; say form day with keep, one_of with values, or steps with step"
    raise TableError(message)
