"""How one source's rows are read: which column is what, and which exact value means which class. Nothing is guessed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pdp.catalogue.entry import Cycle, Entry
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping

MEMBERS = (
    "title", "provider", "provider_code", "portal", "fields", "sharing", "sharing_conditions", "sharing_basis",
    "opening", "opening_conditions", "cycle", "published", "updated", "theme", "formats", "source",
)  # fmt: skip
CLASSES = ("sharing", "opening")
_DIGEST = 16  # hex digits: one chance in 10^9 that two of 100,000 entries share an id


@dataclass(frozen=True, slots=True)
class Provider:
    """A body that a mapping knows by the name its source uses; all but the name is assumed."""

    id: str
    name: str
    level: str
    basis: str = "none"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its cells by column, and where it stands."""

    cells: Mapping[str, str]
    place: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A row that is not imported, and why: a word of `REASONS`."""

    place: str
    title: str
    reason: str


REASONS = {
    "title_missing": "没有名称",
    "provider_missing": "没有提供单位",
    "provider_hidden": "提供单位栏不是提供单位",
    "row_broken": "列数与表头不一致",
    "id_impossible": "不能得出稳定的标识",
    "already_catalogued": "账本中已有该条目",
}


@dataclass(frozen=True, slots=True)
class CatalogueMapping:
    """How the rows of one source are read. Raw values are looked up as they stand; what is not listed stays unset."""

    name: str
    title: str  # Chinese: which catalogue this is
    exported: datetime  # when the source was taken: later than every date in it
    columns: Mapping[str, str]  # member of `MEMBERS` -> column
    prefix: str  # of dataset ids
    address: str = ""  # column whose last path segment is the row's own id; empty: a digest of portal, title, provider
    portal: str = ""  # where no column names it
    separator: str = "|"
    dates: tuple[str, ...] = ()  # strptime formats, or `epoch_ms`
    classes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # sharing | opening -> raw value -> class
    silent: frozenset[str] = frozenset()  # raw values of a class column that say nothing
    cycles: Mapping[str, int | None] = field(default_factory=dict)  # spelling -> days; None: no fixed interval
    known: Mapping[str, Provider] = field(default_factory=dict)  # by the source's name
    hidden: frozenset[str] = frozenset()  # provider names that name no provider
    level: str = "other"  # of bodies that are not known
    constants: Mapping[str, str] = field(default_factory=dict)  # sharing | opening | cycle, assumed for every row
    open_portal: bool = True
    approver: Provider | None = None  # who is assumed to approve; None: nothing is approved on import
    platform: Provider | None = None  # who published the rows; None: not known

    def entry(self, row: Row, notes: Counter[str]) -> Entry | Unmapped:
        """Return what `row` says, or why it cannot be read; `notes` counts what is left unset, by member and value."""
        cells = {member: plain(row.cells.get(column, "")) for member, column in self.columns.items()}
        title, provider = cells.get("title", ""), cells.get("provider", "")
        reason = self._refusal(title, provider)
        name = "" if reason else self._id(row, cells)
        if reason or not name:
            return Unmapped(row.place, title, reason or "id_impossible")
        return Entry(
            id=name,
            title=title,
            provider=provider,
            place=row.place,
            provider_code=cells.get("provider_code", ""),
            fields=tuple(filter(None, map(str.strip, cells.get("fields", "").split(self.separator)))),
            sharing=self._class("sharing", cells, notes),
            sharing_text=cells.get("sharing", ""),
            sharing_conditions=cells.get("sharing_conditions", ""),
            sharing_basis=cells.get("sharing_basis", ""),
            opening=self._class("opening", cells, notes),
            opening_text=cells.get("opening", ""),
            opening_conditions=cells.get("opening_conditions", ""),
            cycle=self._cycle(cells.get("cycle", "") or self.constants.get("cycle", ""), notes),
            published=self._instant("published", cells, notes),
            updated=self._instant("updated", cells, notes),
            theme=cells.get("theme", ""),
            formats=cells.get("formats", ""),
            source=cells.get("source", ""),
            portal=cells.get("portal", "") or self.portal,
            on_open_portal=self.open_portal,
            assumed=tuple(member for member in self.constants if not cells.get(member)),
        )

    def provider(self, entry: Entry) -> Provider:
        """Return the body that provides `entry`: a known one, or one whose id follows from portal and name."""
        found = self.known.get(entry.provider)
        if found:
            return found
        name = f"org:{_digest(entry.portal, entry.provider)}"
        return Provider(name, entry.provider, self.level)

    def _refusal(self, title: str, provider: str) -> str:
        if not title:
            return "title_missing"
        if not provider:
            return "provider_missing"
        return "provider_hidden" if provider in self.hidden else ""

    def _id(self, row: Row, cells: Mapping[str, str]) -> str:
        if not self.address:
            portal = cells.get("portal", "") or self.portal
            return f"{self.prefix}{_digest(portal, cells['title'], cells['provider'])}"
        segment = row.cells.get(self.address, "").rsplit("/", 1)[-1].partition(".")[0][:_DIGEST]
        return f"{self.prefix}{segment}" if segment.isascii() and segment.isalnum() else ""

    def _class(self, axis: str, cells: Mapping[str, str], notes: Counter[str]) -> str:
        raw = cells.get(axis, "")
        found = self.classes.get(axis, {}).get(raw, "")
        if raw and not found and raw not in self.silent:
            notes[f"{axis}: {raw}"] += 1
        return found or ("" if raw else self.constants.get(axis, ""))

    def _cycle(self, raw: str, notes: Counter[str]) -> Cycle | None:
        if not raw or raw in self.silent:
            return None
        if raw not in self.cycles:
            notes[f"cycle: {raw}"] += 1
        return Cycle(raw, self.cycles.get(raw))

    def _instant(self, member: str, cells: Mapping[str, str], notes: Counter[str]) -> datetime | None:
        raw = cells.get(member, "")
        found = instant(raw, self.dates)
        if raw and found is None:
            notes[f"{member}: {raw}"] += 1
        return found if found is None or found <= self.exported else None


def plain(raw: str) -> str:
    """Return `raw` without white space at its ends, and with a blank for what is invisible inside it."""
    if raw.isprintable():
        return raw.strip()
    return " ".join("".join(character if character.isprintable() else " " for character in raw).split())


def instant(raw: str, formats: Iterable[str]) -> datetime | None:
    """Return the instant that `raw` names by the first of `formats` that fits; civil times are Asia/Shanghai.

    >>> instant("2026-02-10 14:35:22", ["%Y-%m-%d %H:%M:%S"]).isoformat()
    '2026-02-10T14:35:22+08:00'
    """
    for spelling in formats if raw else ():
        try:
            if spelling == "epoch_ms":
                return datetime.fromtimestamp(int(raw) / 1000, UTC).astimezone(SHANGHAI)
            return datetime.strptime(raw, spelling).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue  # the next spelling may fit
    return None


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:_DIGEST]
