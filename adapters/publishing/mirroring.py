"""Copies a published log to plain files that anyone may serve, keep or verify; only what is new, and only if it fits.

Entries are fetched, tiles are made from them here: a copy whose entries do not lead to the signed root is never called
complete, nor one whose older part the log has changed since.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from adapters.device.system_calls import replace_file
from adapters.publishing.twins import suite_of
from adapters.stores.tile_files import TileFiles
from pdp.errors import PDPError, UnavailableError
from pdp.log.growth import ForkError, Growth, Writing
from pdp.log.note import Checkpoint, NoteError, note_in
from pdp.log.tiles import ENTRIES, WIDTH, Tile, bundles_of, unbundled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHECKPOINT = "checkpoint"
WITNESSED = "witnessed-checkpoint"


class MirrorError(PDPError):
    """A log and its copy contradict each other; whoever keeps the copy must find out which of them was altered."""


class Source(Protocol):
    """Where a log is published."""

    def published(self) -> bytes | None:
        """Return the newest note, None if there is none yet."""
        ...

    def witnessed(self) -> bytes | None:
        """Return the newest note with a quorum, None if there is none."""
        ...

    def tile(self, tile: Tile) -> bytes:
        """Return a hash tile or an entry bundle."""
        ...


class Mirror:
    """One log's copy in a folder."""

    def __init__(self, source: Source, folder: Path, progress: Callable[[int], None] = lambda _: None) -> None:
        """Look at both sides.

        Args:
            source: the log.
            folder: its copy; made if need be.
            progress: told how many entries are done, again and again.

        Raises:
            MirrorError: the folder holds another log, a newer state of it, or another one of the same size.
            UnavailableError: one of them cannot be read.
        """
        self._source, self._folder, self._progress = source, folder, progress
        data = source.published()
        if data is None:
            message = "nothing of this log has been published yet; start the service once"
            raise UnavailableError(message)
        self._note, self._witnessed = data, source.witnessed()
        self.new = _checkpoint(data, "the log")
        mirrored = folder / CHECKPOINT
        old = _checkpoint(mirrored.read_bytes(), str(mirrored)) if mirrored.exists() else None
        self.old = old or Checkpoint(self.new.origin, 0, suite_of(self.new.origin).empty)
        self._check()

    def update(self) -> Checkpoint:
        """Bring the copy up to the newest checkpoint; return it. Stopped anywhere, it is finished by updating again.

        Raises:
            MirrorError: the entries do not lead to what was signed, or older ones were changed.
            UnavailableError: the log cannot be read, or the copy cannot be written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._grow()
            self._drop_overtaken()
            os.sync()  # one for all: the checkpoint comes last, and rests on everything before it
            if self._witnessed is not None:
                replace_file(os, self._folder / WITNESSED, self._witnessed)
            replace_file(os, self._folder / CHECKPOINT, self._note)
        except OSError as fault:
            message = f"{self._folder}: the copy cannot be written ({fault}); mend the device, then run this again"
            raise UnavailableError(message) from fault
        return self.new

    def _check(self) -> None:
        old, new = self.old, self.new
        if old.origin != new.origin:
            message = f"{self._folder}: holds a copy of {old.origin}, not of {new.origin}; give each log its own folder"
            raise MirrorError(message)
        if old.size > new.size or (old.size == new.size and old.root != new.root):
            message = (
                f"{self._folder}: the copy has a checkpoint of {old.size} entries, the log shows another one of "
                f"{new.size}; the log was set back or forked: keep both, and compare"
            )
            raise MirrorError(message)

    def _grow(self) -> None:
        what = Writing(self.new.origin, suite_of(self.new.origin), lambda _: (), self._entries)
        growth = Growth(what, TileFiles(self._folder, self._folder))
        try:
            growth.settle(self.old)
            made = growth.extended(self.old, self.new.size) if self.old.size < self.new.size else self.new
        except ForkError as fault:
            message = f"{self._folder}: {fault.fault}; the log or its copy was altered: keep both, and verify them"
            raise MirrorError(message) from fault
        if made != self.new:
            message = f"{self._folder}: the entries do not lead to the root that was signed; verify the log"
            raise MirrorError(message)

    def _entries(self, since: int, until: int) -> Iterator[bytes]:
        """Yield entries, and keep the bundles that they come in."""
        for number in range(since // WIDTH, -(-until // WIDTH)):
            first = number * WIDTH
            entries = self._bundle(Tile(ENTRIES, number, min(WIDTH, self.new.size - first)))
            yield from entries[max(0, since - first) : until - first]
            self._progress(min(until, first + len(entries)))

    def _bundle(self, tile: Tile) -> list[bytes]:
        """Return the entries of a bundle; a full one that is kept already is not fetched again."""
        path = self._folder / tile.path
        if tile.width == WIDTH and path.exists():
            return self._read(tile, path.read_bytes())
        data = self._source.tile(tile)
        entries = self._read(tile, data)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.new")
        aside.write_bytes(data)
        aside.rename(path)
        return entries

    def _read(self, tile: Tile, data: bytes) -> list[bytes]:
        try:
            entries = unbundled(data)
        except ValueError as fault:
            message = f"{tile.path}: {fault}; the log or its copy is damaged here"
            raise MirrorError(message) from fault
        if len(entries) != tile.width:
            message = f"{tile.path}: holds {len(entries)} entries; the log or its copy is damaged here"
            raise MirrorError(message)
        return entries

    def _drop_overtaken(self) -> None:
        """Remove the bundles in whose place wider ones stand now."""
        for tile in bundles_of(self.new.size, self.old.size):
            partial = self._folder / f"{tile.full.path}.p"
            for path in partial.iterdir() if partial.is_dir() else ():
                if path != self._folder / tile.path:
                    path.unlink()
            if partial.is_dir() and tile.width == WIDTH:
                partial.rmdir()


def _checkpoint(data: bytes, place: str) -> Checkpoint:
    try:
        return note_in(data).checkpoint
    except NoteError as fault:
        message = f"{place}: is no checkpoint ({fault}); verify the log with pdp log verify"
        raise UnavailableError(message) from fault
