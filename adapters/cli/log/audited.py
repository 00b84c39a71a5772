"""The logs of a data folder as an auditor reads them: entries cut from the journal, tiles and notes from their files.

What is read here is not trusted; whoever reads it verifies it.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from adapters.signers.ring_file import RING, ring_in
from adapters.stores.damage import JournalDamagedError
from adapters.stores.frame_search import end_frame
from adapters.stores.journal_recovery import check_header
from adapters.stores.log_reader import LogReader, logs_in
from adapters.stores.segment_views import viewed
from adapters.stores.segments import first_index_of, segment_paths
from adapters.stores.tile_files import CHECKPOINT, WITNESSED, TileFiles
from pdp.errors import UnavailableError
from pdp.log.entry import prev_of
from pdp.log.tiles import ENTRIES, WIDTH, MissingTileError, bundled, tile_at
from pdp.log.trust import MOST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.settings import LogSettings
    from adapters.signers.ring_file import RingKey
    from pdp.log.tiles import Tile

KEYS: Final = "keys"  # below the data folder
TWIN: Final = "sm3"


class AuditedLog:
    """One log of a data folder, by the paths under which it is published. For one thread."""

    def __init__(self, folder: Path, suite: str = "sha256") -> None:
        """Read the log in `folder`, `<data>/<node>-<k>`, whose tree is hashed with `suite`."""
        self.name = folder.name + (f"/{suite}" if suite == TWIN else "")
        self.reader = LogReader(folder)
        self._files = TileFiles.of(folder, suite)
        self._coming: Iterator[tuple[int, bytes]] = iter(())
        self._next = -1  # index of the entry that comes

    @property
    def origin(self) -> str:
        """Return what the published note says to be of; empty where there is none."""
        return origin_of(self._files.published() or b"")

    def read(self, path: str) -> bytes:
        """Return what is published at `path`.

        Raises:
            FileNotFoundError: nothing is.
            OSError: it cannot be read, because of the UnavailableError that this comes from.
        """
        tile = tile_at(path)
        try:
            if tile is None:
                return self._note(path)
            return self._bundle(tile) if tile.level == ENTRIES else self._files.read(tile)
        except MissingTileError as missing:
            raise FileNotFoundError(path) from missing
        except UnavailableError as fault:
            self._next = -1
            raise OSError(str(fault)) from fault

    def _note(self, path: str) -> bytes:
        notes = {CHECKPOINT: self._files.published, WITNESSED: self._files.witnessed}
        found = notes[path]() if path in notes else None
        if found is None:
            raise FileNotFoundError(path)
        return found

    def _bundle(self, tile: Tile) -> bytes:
        """Return the entries of a bundle; the journal is read on from where the last one ended."""
        first = tile.number * WIDTH
        if first != self._next:
            self._coming = self.reader.records(first)
        entries = [entry for _, entry in islice(self._coming, tile.width)]
        self._next = first + len(entries)
        return bundled(entries)


def origin_of(note: bytes) -> str:
    """Return what a note says to be of, not verified."""
    return note.partition(b"\n")[0].decode("utf-8", "replace")


def logs_of(readers: list[LogReader]) -> list[AuditedLog]:
    """Return the logs that `readers` read, each followed by its SM3 twin if it has one."""
    logs = []
    for reader in readers:
        logs.append(AuditedLog(reader.folder))
        if (reader.folder / f"log-{TWIN}" / CHECKPOINT).exists():
            logs.append(AuditedLog(reader.folder, TWIN))
    return logs


def kept_entry(data: Path, receipt: bytes) -> bytes | None:
    """Return the entry that a receipt says to be of, if a log of the data folder has it; nothing is verified here."""
    index = re.search(rb"^index ([0-9]{1,18})$", receipt, re.MULTILINE)
    origin = origin_of(receipt.partition(b"\n\n")[2])
    if index is None:
        return None
    try:
        found = [log.reader for log in logs_of(logs_in(data)) if log.origin == origin]
        return found[0].entry(int(index[1])) if found else None
    except UnavailableError:
        return None


def check_segments(folder: Path, origin: str) -> int:
    """Return how many segments the journal in `folder` has, all of one log and each following the one before.

    Raises:
        JournalDamagedError: one does not.
    """
    journal, reader = folder / "journal", LogReader(folder)
    paths = segment_paths(journal)
    before = None
    for path in paths:
        index, last = first_index_of(path), path == paths[-1]
        with viewed(journal, index) as (found, view):
            header = check_header(found, view, origin, before)
            before = None if last else end_frame(view)
            if not last and before is None:
                raise JournalDamagedError(found, 0, index, "no end frame of a segment that another one follows")
        first = reader.entry(index)
        if first is not None and prev_of(first) != header.prev.hex():
            raise JournalDamagedError(found, 0, index, "a header that names another leaf than the entry behind it")
    return len(paths)


def own_policy(data: Path, settings: LogSettings, origin: str) -> str:
    """Return whom this installation itself trusts for the log called `origin`, as an auditor's policy file.

    Raises:
        UnavailableError: it has no keys of that name.
    """
    rings = [ring for path in sorted((data / KEYS).rglob(RING)) if (ring := ring_in(path.parent))]
    keys: list[RingKey] = [key for ring in rings if ring.name == origin for key in ring.keys if not key.withdrawn]
    if not keys:
        message = f"{data / KEYS}: no keys of {origin[:200]!r} are here; name whom you trust with --policy"
        raise UnavailableError(message)
    newest = sorted(keys, key=lambda key: key.generation)[-MOST:]
    lines = [f"log {key.key}" for key in newest]
    lines += [f"witness {witness.name} {witness.vkey} {witness.url}" for witness in settings.witnesses]
    if not settings.quorum:
        return "\n".join([*lines, "quorum none", ""])
    names = " ".join(witness.name for witness in settings.witnesses)
    return "\n".join(
        [*lines, f"group configured-witnesses {settings.quorum} {names}", "quorum configured-witnesses", ""]
    )
