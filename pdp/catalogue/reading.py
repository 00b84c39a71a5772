"""Reading a whole catalogue: a row is imported, merged with its repetition, or listed with a reason; none is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pdp.catalogue.mapping import Unmapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pdp.catalogue.entry import Entry
    from pdp.catalogue.mapping import CatalogueMapping, Row


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of the rows of one file.

    Raises:
        ValueError: rows were lost or counted twice, which would be a defect of the reader.
    """

    read: int
    entries: tuple[Entry, ...]  # one an id
    unmapped: tuple[Unmapped, ...]
    merged: int  # rows that say again what an entry says
    contradicted: tuple[str, ...] = ()  # ids whose repeated rows name different classes: those stay unset
    notes: Counter[str] = field(default_factory=Counter)  # `member: raw value` -> rows in which it was left unset

    def __post_init__(self) -> None:
        if self.read != len(self.entries) + len(self.unmapped) + self.merged:
            message = (
                f"{self.read} rows read, but {len(self.entries)} + {len(self.unmapped)} + {self.merged} accounted for"
            )
            raise ValueError(message)


def read(
    rows: Iterable[Row | Unmapped], mapping: CatalogueMapping, catalogued: Callable[[str], bool] = lambda _: False
) -> Reading:
    """Return what `rows` say under `mapping`; entries that are `catalogued` already are listed, not read again."""
    count, notes = 0, Counter[str]()
    entries: dict[str, Entry] = {}
    unmapped: list[Unmapped] = []
    contradicted: dict[str, None] = {}
    for row in rows:
        count += 1
        entry = row if isinstance(row, Unmapped) else mapping.entry(row, notes)
        if isinstance(entry, Unmapped):
            unmapped.append(entry)
        elif entry.id in entries:
            entries[entry.id], agree = merged(entries[entry.id], entry)
            if not agree:
                contradicted[entry.id] = None
        elif catalogued(entry.id):
            unmapped.append(Unmapped(entry.place, entry.title, "already_catalogued"))
        else:
            entries[entry.id] = entry
    kept = tuple(_settled(entry, contradicted) for entry in entries.values())
    merges = count - len(kept) - len(unmapped)
    return Reading(count, kept, tuple(unmapped), merges, tuple(contradicted), notes)


def each(rows: Iterable[Row | Unmapped], mapping: CatalogueMapping) -> Iterator[Entry | Unmapped]:
    """Yield what each row says on its own, repetitions included, for whoever reviews the rows."""
    notes = Counter[str]()
    for row in rows:
        yield row if isinstance(row, Unmapped) else mapping.entry(row, notes)


def merged(one: Entry, other: Entry) -> tuple[Entry, bool]:
    """Return the row updated last with the earliest publication, and whether both name the same classes."""
    later = max(one, other, key=lambda entry: entry.updated.timestamp() if entry.updated else 0.0)
    dates = [entry.published for entry in (one, other) if entry.published]
    agree = (one.sharing, one.opening) == (other.sharing, other.opening)
    return replace(later, published=min(dates, default=None)), agree


def _settled(entry: Entry, contradicted: dict[str, None]) -> Entry:
    """Return `entry`, without classes where its rows contradict each other: none is more likely than another."""
    return replace(entry, sharing="", opening="") if entry.id in contradicted else entry
