"""Find the entry by which the revision of a decision came into force, without reading the whole log.

One process writes a log at a time, so the entries of one process lie side by side, and so do those under one revision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.cli.log.finding import Entry
    from adapters.stores.log_reader import LogReader

Json = dict[str, Any]
_KIND: Final = "rulebook.activated"
_NEAR: Final = 256  # entries around the beginning of a process or a revision among which the event is looked for


class Activation(NamedTuple):
    """An event `rulebook.activated`."""

    place: int  # its index
    record: Json


def activation_of(entry: Entry, record: Json) -> Activation | None:
    """Return the event that brought the revision of a decision into force in its process; None: it is not found.

    Args:
        entry: where the decision lies.
        record: the decision, decoded.
    """
    reader, revision, boot = entry.reader, record["revision"]["set"], _boot(record)
    start = _first(entry.place, lambda index: _boot(_record(reader, index)) == boot)
    found = _event(reader, start, min(start + _NEAR, entry.place), revision)
    if found is not None:
        return found
    began = start + _first(entry.place - start, lambda index: _under(reader, start + index, revision))
    return _event(reader, max(start, began - _NEAR), began + 1, revision)


def _first(upto: int, holds: Callable[[int], bool]) -> int:
    """Return the first index for which `holds`, which is true at `upto` and from the first on."""
    low, high = 0, upto
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _record(reader: LogReader, index: int) -> Json:
    data = reader.entry(index)
    return orjson.loads(data)["record"] if data is not None else {}


def _boot(record: Json) -> object:
    """Return which process wrote a record; events name their writer in full."""
    writer = record.get("writer")
    return writer.get("boot") if isinstance(writer, dict) else writer


def _under(reader: LogReader, index: int, revision: str) -> bool:
    """Return whether the first entry from `index` on that names a revision names this one."""
    for _, data in reader.records(index, index + _NEAR):
        named = orjson.loads(data)["record"].get("revision")
        if named:
            return bool(named["set"] == revision)
    return True


def _event(reader: LogReader, start: int, end: int, revision: str) -> Activation | None:
    """Return the last activation of `revision` among the entries from `start` up to `end`."""
    found = None
    for index, data in reader.records(start, end):
        if _KIND.encode() in data and revision.encode() in data:
            record = orjson.loads(data)["record"]
            if record["kind"] == _KIND and record["revision"]["set"] == revision:
                found = Activation(index, record)
    return found
