"""What the ledger is told when a catalogue is imported: only what its rows say, and marked assumptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdp.ledger.admit import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from pdp.catalogue.entry import Entry
    from pdp.catalogue.mapping import CatalogueMapping, Provider
    from pdp.ledger.statement import Statement

REGISTRAR = "registrar"


@dataclass(frozen=True, slots=True)
class Act:
    """A body that acts on every entry of an import: since when it is registered, or how it is to be."""

    body: str
    since: datetime | None  # None: from the earliest date of the import
    register: tuple[Provider, str] | None  # a body unknown to the ledger, and the office it is assumed to hold


def spoken(
    entries: Iterable[Entry],
    mapping: CatalogueMapping,
    registered: Callable[[str], bool],
    approver: Act | None,
    platform: Act | None,
) -> Iterator[Statement]:
    """Yield the statements that say what `entries` say, in the order to record them.

    Bodies that are not `registered` come first, from the earliest date any of their entries has. An entry without a
    class proposes none. With an `approver` the classes are approved by it, which is assumed; with a `platform` the
    entries are published on it. The provider's 核定 and its directory levels are never invented.
    """
    kept = list(entries)
    earliest = min((first_seen(entry, mapping) for entry in kept), default=mapping.exported)
    for act in filter(None, (approver, platform)):
        if act.register:
            body, office = act.register
            yield _body(body, earliest, mapping.title, [office])
    yield from _providers(kept, mapping, registered)
    for entry in kept:
        yield from _entry(entry, mapping, approver, platform)


def first_seen(entry: Entry, mapping: CatalogueMapping) -> datetime:
    """Return the earliest date of `entry`; where its source states none, the day the source was taken."""
    stated = [instant for instant in (entry.published, entry.updated) if instant]
    return min(stated, default=mapping.exported)


def _providers(
    entries: list[Entry], mapping: CatalogueMapping, registered: Callable[[str], bool]
) -> Iterator[Statement]:
    first: dict[Provider, datetime] = {}
    sources: dict[Provider, str] = {}
    for entry in entries:
        provider = mapping.provider(entry)
        seen = first_seen(entry, mapping)
        first[provider] = min(first.get(provider, seen), seen)
        sources.setdefault(provider, entry.portal)
    for provider, at in first.items():
        if not registered(provider.id):
            yield _body(provider, at, sources[provider], [])


def _body(provider: Provider, at: datetime, source: str, offices: list[str]) -> Statement:
    members: dict[str, object] = {
        "id": provider.id,
        "name": provider.name,
        "level": provider.level,
        "basis": provider.basis,
        "source": source,
        "assumed": ["id", "level", "basis", *(["offices"] if offices else [])],
    }
    if offices:
        members["offices"] = offices
    return statement("body.registered", members, at, REGISTRAR)


def _entry(entry: Entry, mapping: CatalogueMapping, approver: Act | None, platform: Act | None) -> Iterator[Statement]:
    provider, seen = mapping.provider(entry).id, first_seen(entry, mapping)
    yield statement("dataset.catalogued", _catalogued(entry, provider), seen, provider)
    if entry.updated:
        yield statement("dataset.refreshed", {"id": entry.id}, entry.updated, provider)
    if platform:
        at = _not_before(platform, entry.updated or seen)
        yield statement("opening.aggregated", {"dataset": entry.id, "assumed": ["aggregated"]}, at, provider)
        yield statement("opening.published", {"dataset": entry.id}, at, platform.body)
    if approver:
        at = _not_before(approver, mapping.exported)
        yield statement("dataset.approved", _approved(entry), at, approver.body)
    elif entry.sharing or entry.opening:
        yield statement("dataset.class_proposed", _classes(entry), mapping.exported, provider)


def _not_before(act: Act, instant: datetime) -> datetime:
    return max(instant, act.since) if act.since else instant


def _catalogued(entry: Entry, provider: str) -> dict[str, object]:
    said: dict[str, object] = {"id": entry.id, "provider": provider, "title": entry.title}
    fields = list(entry.distinct_fields)
    cycle = (str(entry.cycle.days) if entry.cycle.days else entry.cycle.text) if entry.cycle else ""
    optional = {"fields": fields, "theme": entry.theme, "formats": entry.formats, "cycle": cycle}
    said |= {member: value for member, value in optional.items() if value}
    said["source"] = entry.source or entry.portal
    return said


def _classes(entry: Entry) -> dict[str, object]:
    classes: dict[str, object] = {"id": entry.id}
    for axis, value, conditions in (
        ("sharing", entry.sharing, entry.sharing_conditions),
        ("opening", entry.opening, entry.opening_conditions),
    ):
        if value:
            classes[axis] = value
        if value and conditions:
            classes[f"{axis}_conditions"] = {"text": conditions}
    return classes


def _approved(entry: Entry) -> dict[str, object]:
    return {**_classes(entry), "assumed": ["approved", *entry.assumed]}
