"""One log of a data folder as anybody reads it: notes and hash tiles as they lie there, bundles from the journal."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from adapters.stores.log_reader import LogReader, logs_in
from adapters.stores.tile_files import TileFiles
from pdp.errors import UnavailableError
from pdp.log.note import NoteError, note_in
from pdp.log.receipt import receipt_for
from pdp.log.suite import Sha256
from pdp.log.tiles import ENTRIES, MissingTileError, width_at
from pdp.log.tree import ProofError

if TYPE_CHECKING:
    from pathlib import Path

    from pdp.log.note import Note
    from pdp.log.receipt import ProofOfInclusion
    from pdp.log.suite import HashSuite
    from pdp.log.tiles import Tile

_SHA256: Final = Sha256()


class FolderLog:
    """Reads one log beside its writer, or after it; nothing beyond the newest published checkpoint. From any thread."""

    def __init__(self, folder: Path, suite: HashSuite = _SHA256) -> None:
        """Read the log in `folder`, `<data>/<node>-<k>`, hashed with `suite`."""
        self.name = folder.name
        self.reader = LogReader(folder)
        self._files, self._suite = TileFiles.of(folder, suite.name), suite

    def published(self) -> bytes | None:
        """Return the newest note, None if nothing was published yet."""
        return self._files.published()

    def witnessed(self) -> bytes | None:
        """Return the newest note with a quorum, None if there is none."""
        return self._files.witnessed()

    def tile(self, tile: Tile) -> bytes:
        """Return the bytes of a hash tile or an entry bundle.

        Raises:
            MissingTileError: the published log has none of this number and width.
            UnavailableError: it has one, which cannot be read.
        """
        if tile.width > width_at(tile.level, tile.number, _size(self.published() or b"")):
            message = f"{self.name}: {tile.path} is beyond the newest checkpoint"
            raise MissingTileError(message)
        return self._bundle(tile) if tile.level == ENTRIES else self._files.read(tile)

    def receipt(self, index: int) -> ProofOfInclusion | None:
        """Return the receipt under the newest witnessed checkpoint, else the newest; None: neither covers the entry.

        Raises:
            UnavailableError: the tiles do not lead to the checkpoint's root, or cannot be read.
        """
        for data in (self.witnessed(), self.published()):
            if data and index < _size(data):
                try:
                    return receipt_for(index, _note(data), self._files.read, self._suite)
                except ProofError as fault:
                    message = f"{self.name}: {fault}; start the service once, which makes damaged tiles anew"
                    raise UnavailableError(message) from fault
        return None

    def _bundle(self, tile: Tile) -> bytes:
        if self.reader.pruned:
            message = f"{self.name}: the entries of this log were pruned when their time was over; its proofs stay"
            raise MissingTileError(message)
        return self.reader.bundle(tile.number, tile.width)


def folder_logs(data: Path, suite: HashSuite = _SHA256) -> list[FolderLog]:
    """Return the logs of a data folder, each writer's oldest first; raise UnavailableError if there is none."""
    return [FolderLog(log.folder, suite) for log in logs_in(data)]


def _note(data: bytes) -> Note:
    try:
        return note_in(data)
    except NoteError as fault:
        message = f"the published checkpoint cannot be read ({fault}); start the service once, which publishes it anew"
        raise UnavailableError(message) from fault


@lru_cache(maxsize=64)
def _size(data: bytes) -> int:
    """Return the size that a published note states; 0 where there is no note."""
    return _note(data).checkpoint.size if data else 0
