"""How verbs of `pdp log` find the entry that a person names: by the id of its record, or by its index in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adapters.stores.log_reader import LogReader, logs_in
from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Entry(NamedTuple):
    """An entry and the log it lies in."""

    reader: LogReader
    place: int  # its index
    data: bytes


def readable_logs(data: Path, log: str | None) -> list[LogReader]:
    """Return the logs of a data folder whose entries are there, or the one called `log`.

    Raises:
        RequestError: there is none of that name.
        UnavailableError: there is none at all.
    """
    readers = [reader for reader in logs_in(data) if log in {None, reader.name} and not reader.pruned]
    if not readers:
        place, fault = "--log", "names no log of this data folder that has its entries; leave it out to see all"
        raise RequestError(place, fault)
    return readers


def find(readers: Sequence[LogReader], wanted: str) -> Entry:
    """Return the signed entry that `wanted` names: the id of a record, or an index if there is one log.

    Raises:
        RequestError: there is none.
    """
    return _at_index(readers, int(wanted)) if wanted.isascii() and wanted.isdigit() else _with_id(readers, wanted)


def _at_index(readers: Sequence[LogReader], index: int) -> Entry:
    if len(readers) > 1:
        names = ", ".join(reader.name for reader in readers)
        place, fault = "INDEX", f"every log has its own; say which with --log: {names}"
        raise RequestError(place, fault)
    (reader,) = readers
    data = reader.entry(index)
    if data is None:
        place, fault = "INDEX", f"{index} is beyond the {reader.checkpoint.size} signed entries of {reader.name}"
        raise RequestError(place, fault)
    return Entry(reader, index, data)


def _with_id(readers: Sequence[LogReader], wanted: str) -> Entry:
    try:
        hits = ((reader, reader.find(wanted)) for reader in readers)
        found = next((Entry(reader, *hit) for reader, hit in hits if hit is not None), None)
    except ValueError:
        found = None
    if found is None:
        place, fault = "ID", f'"{wanted[:64]}" is the id of no signed decision, error or rejection; see pdp log search'
        raise RequestError(place, fault)
    return found
