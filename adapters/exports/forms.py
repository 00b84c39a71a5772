"""The forms in which entries are handed to others, and files of them of bounded size."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.exports import ocsf, opa

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapters.exports.parts import Log
    from adapters.exports.told import Lookup, Told

    Advance = Callable[[int], None]

EVENTS: Final = 20_000  # a file
BYTES: Final = 32 * 1024 * 1024  # a file, before it is compressed
_LEVEL: Final = 3  # of gzip: fast, and nine tenths of what there is to gain
_STEP: Final = 1000  # entries between two words of how far it is


@dataclass(frozen=True, slots=True)
class Form:
    """How entries are written: which kinds, each as what, and how many make a file."""

    name: str
    kinds: frozenset[str] | None  # None: all
    spelled: Callable[[Told], dict[str, Any]]
    stem: str
    suffix: str
    around: tuple[bytes, bytes, bytes]  # before the first, between two, behind the last


def _entry(told: Told) -> dict[str, Any]:
    return {"log": told.log, "index": told.index, "leaf": told.leaf, "record": told.record}


_LINES: Final = (b"", b"\n", b"\n")
FORMS: Final = {
    "opa": Form("opa", opa.KINDS, opa.opa_event, "decisions", ".json.gz", (b"[\n", b",\n", b"\n]\n")),
    "ocsf": Form("ocsf", ocsf.KINDS, ocsf.ocsf_event, "events", ".jsonl.gz", _LINES),
    "jsonl": Form("jsonl", None, _entry, "entries", ".jsonl.gz", _LINES),
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries `first` to `last` of a log, to be written in one form."""

    open_log: Callable[[Path], Log]
    log: Path
    lookup: Lookup
    since: str  # as records spell instants
    until: str
    form: str
    folder: Path
    first: int
    last: int


def write_stretch(stretch: Stretch, advance: Advance) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Write what of a stretch lies within its period; return the files, and how many of which kinds found no place.

    Raises:
        UnavailableError: an entry is not as it was written, or nothing says how it is to be read.
        OSError: a file cannot be written.
    """
    form, left_out = FORMS[stretch.form], Counter[str]()
    file, files = File(form, stretch.folder), []
    log = stretch.open_log(stretch.log)
    for place, told in enumerate(stretch.lookup.told(log, stretch.first, stretch.last), 1):
        if place % _STEP == 0:
            advance(_STEP)
        if not stretch.since <= told.record["at"] < stretch.until:
            continue
        if form.kinds is not None and told.kind not in form.kinds:
            left_out[told.kind] += 1
            continue
        if file.full:
            files.append(file.close())
            file = File(form, stretch.folder)
        file.add(told.index, orjson.dumps(form.spelled(told)))
    if file.count:
        files.append(file.close())
    return files, left_out


class File:
    """One file on its way."""

    def __init__(self, form: Form, folder: Path) -> None:
        self._form, self._folder = form, folder
        self._spelled: list[bytes] = []
        self._bytes = 0
        self._first = self._last = 0

    @property
    def count(self) -> int:
        """Return the events that it has."""
        return len(self._spelled)

    @property
    def full(self) -> bool:
        """Return whether another event belongs into the next file."""
        return self.count >= EVENTS or self._bytes >= BYTES

    def add(self, index: int, spelled: bytes) -> None:
        """Take an event, made of the entry at `index`."""
        if not self._spelled:
            self._first = index
        self._last = index
        self._spelled.append(spelled)
        self._bytes += len(spelled)

    def close(self) -> dict[str, Any]:
        """Write it; return what a manifest says of it."""
        before, between, behind = self._form.around
        path = self._folder / f"{self._form.stem}-{self._first:020d}{self._form.suffix}"
        path.write_bytes(gzip.compress(before + between.join(self._spelled) + behind, _LEVEL, mtime=0))
        return described(path, self.count, self._first, self._last)


def described(path: Path, count: int, first: int, last: int) -> dict[str, Any]:
    """Return what a manifest says of a file: its name, what it holds, its length and digest."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return {"name": path.name, "entries": count, "first": first, "last": last, "bytes": len(data), "sha256": digest}
