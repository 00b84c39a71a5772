"""Hash tiles and signed notes as files: each is whole, and on the device with its name, before anything rests on it.

Of a tile that still grows only the newest width is kept; narrower ones are prefixes of it and are cut from it.
"""

from __future__ import annotations

import os
import re
from itertools import groupby
from typing import TYPE_CHECKING, Final, Self

from adapters.device.system_calls import PRIVATE, replace_file, sync_folder, write_all
from pdp.errors import UnavailableError
from pdp.log.note import NoteError, note_in
from pdp.log.suite import HASH
from pdp.log.tiles import WIDTH, MissingTileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from adapters.device.system_calls import SystemCalls
    from pdp.log.tiles import Tile

CHECKPOINT: Final = "checkpoint"
WITNESSED: Final = "witnessed-checkpoint"
_ATTEMPTS: Final = 5  # to read a tile whose file is being replaced by a wider one
_WIDTH: Final = re.compile(r"[1-9][0-9]{0,2}")


class TileFiles:
    """Implements `pdp.log.ports.PublishedLog` on two folders. Written by one thread, read by any."""

    def __init__(self, log: Path, state: Path, calls: SystemCalls = os) -> None:
        """Keep in `log` what everybody may see, in `state` what was signed last; each is made when it is needed."""
        self.log, self._state, self._calls = log, state, calls
        self._made = {log.parent, state.parent}  # folders whose names are on the device

    @classmethod
    def of(cls, folder: Path, suite: str = "sha256", calls: SystemCalls = os) -> Self:
        """Return the place of the log in `folder`, `<data>/<node>-<k>`, whose tree is hashed with `suite`."""
        twin = "" if suite == "sha256" else f"-{suite}"
        return cls(folder / f"log{twin}", folder / f"state{twin}", calls)

    def read(self, tile: Tile) -> bytes:
        """Return the bytes of a hash tile; raise MissingTileError where there are none."""
        wanted = tile.width * HASH
        for _ in range(_ATTEMPTS):
            for path in self._holding(tile):
                try:
                    data = path.read_bytes()
                except (FileNotFoundError, NotADirectoryError):
                    continue  # never there, or replaced by a wider one meanwhile: look again
                except OSError as fault:
                    raise _failed(path, fault) from fault
                if len(data) >= wanted:
                    return data[:wanted]
        message = f"{self.log / tile.path}: the tile is not there, or too short"
        raise MissingTileError(message)

    def write(self, tiles: Mapping[Tile, bytes]) -> None:
        """Write hash tiles, lowest level first, each level durable before the next."""
        with _Failing(self.log):
            for _, level in groupby(sorted(tiles), key=lambda tile: tile.level):
                self._write_level({self.log / tile.path: tiles[tile] for tile in level})
            for tile in tiles:
                self._drop_others(tile)

    def signed(self) -> bytes | None:
        """Return the note that was signed last."""
        return _content(self._state / CHECKPOINT)

    def signed_size(self) -> int:
        """Return how many entries the note that was signed last covers, 0 where nothing was signed.

        Raises:
            UnavailableError: what is kept is no note.
        """
        data = self.signed()
        try:
            return note_in(data).checkpoint.size if data is not None else 0
        except NoteError as fault:
            place = self._state / CHECKPOINT
            message = (
                f"{place}: what was signed last cannot be read ({fault}); restore the file, or, where "
                f"{self.log / CHECKPOINT} is not damaged, put a copy of that in its place"
            )
            raise UnavailableError(message) from fault

    def store_signed(self, note: bytes) -> None:
        """Keep the note that was signed last."""
        self._replace(self._state / CHECKPOINT, note)

    def published(self) -> bytes | None:
        """Return the note that everybody sees."""
        return _content(self.log / CHECKPOINT)

    def publish(self, note: bytes) -> None:
        """Show a note to everybody."""
        self._replace(self.log / CHECKPOINT, note)

    def witnessed(self) -> bytes | None:
        """Return the newest note with a quorum."""
        return _content(self.log / WITNESSED)

    def publish_witnessed(self, note: bytes) -> None:
        """Show a note that has a quorum."""
        self._replace(self.log / WITNESSED, note)

    def _replace(self, path: Path, note: bytes) -> None:
        with _Failing(path):
            self._make(path.parent)
            replace_file(self._calls, path, note)

    def _write_level(self, files: Mapping[Path, bytes]) -> None:
        for folder in {path.parent for path in files}:
            self._make(folder)
        for path, data in files.items():
            self._write_aside(_aside(path), data)
        for path in files:
            self._calls.rename(_aside(path), path)
        for folder in sorted({path.parent for path in files}):
            sync_folder(self._calls, folder)

    def _write_aside(self, path: Path, data: bytes) -> None:
        fd = self._calls.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
        try:
            write_all(self._calls, fd, data, 0)
            self._calls.fsync(fd)
        finally:
            self._calls.close(fd)

    def _make(self, folder: Path) -> None:
        """Make a folder and those above it; each name is on the device before anything lies in it."""
        if folder not in self._made:
            self._make(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._calls, folder.parent)  # even if it was there: whoever made it may have been stopped
            self._made.add(folder)

    def _holding(self, tile: Tile) -> Iterator[Path]:
        """Yield the files that may hold the bytes of a tile: its own, wider ones, the full one."""
        yield self.log / tile.path
        if tile.width < WIDTH:
            partial = (self.log / tile.path).parent
            yield from (partial / str(width) for width in _widths(partial) if width > tile.width)
            yield self.log / tile.full.path

    def _drop_others(self, tile: Tile) -> None:
        """Remove the files in whose place `tile` now stands; a stop before that leaves files that nobody reads."""
        kept = self.log / tile.path
        partial = kept.parent if tile.width < WIDTH else kept.with_name(f"{kept.name}.p")
        for path in partial.iterdir() if partial.is_dir() else ():
            if path != kept:
                path.unlink()
        if tile.width == WIDTH and partial.is_dir():
            partial.rmdir()
            self._made.discard(partial)


class _Failing:
    """Says of every failure of the device where it was; nothing is known then of what was being written."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, fault: BaseException | None, __: object) -> None:
        if isinstance(fault, OSError):
            raise _failed(self._place, fault) from fault


def _failed(place: Path, fault: OSError) -> UnavailableError:
    return UnavailableError(f"{place}: the published log cannot be kept here ({fault}); mend the device")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        raise _failed(path, fault) from fault


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _widths(partial: Path) -> list[int]:
    """Return the widths that lie in the folder of a tile that still grows, narrowest first."""
    try:
        return sorted(int(path.name) for path in partial.iterdir() if _WIDTH.fullmatch(path.name))
    except (FileNotFoundError, NotADirectoryError):
        return []
