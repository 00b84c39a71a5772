"""Read the logs in a data folder beside their writers: entries, checkpoint and tiles, as far as they are signed.

No lock is taken and nothing is written. What a writer has acknowledged but not signed yet, a second's worth, is not
seen. Not trusted: whoever must be sure verifies what is read here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from adapters.stores.damage import JournalDamagedError
from adapters.stores.journal_reader import JournalReader
from adapters.stores.journal_writer import Durable
from adapters.stores.segments import first_index_of, segment_paths
from pdp.errors import UnavailableError
from pdp.log.note import NoteError, note_in
from pdp.log.tiles import WIDTH, bundled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pdp.log.note import Checkpoint, Note

CHECKPOINT: Final = "state/checkpoint"  # the last signed note, below a log's folder
PRUNED: Final = "state/pruned"  # there when the journal went because its time was over
_FOLDER = re.compile(r"([A-Za-z0-9._:-]{1,128})-(0|[1-9][0-9]*)")
_ALL_OF_IT: Final = 1 << 62  # bytes of a segment


class LogReader:
    """One log of a data folder. Safe from several threads."""

    def __init__(self, folder: Path) -> None:
        """Prepare to read the log in `folder`, `<data>/<node>-<k>`."""
        self.folder = folder
        self._reader = JournalReader(folder / "journal", self._durable)

    @property
    def name(self) -> str:
        """Return `<node>-<k>`."""
        return self.folder.name

    @property
    def slot(self) -> int:
        """Return k, which counts the logs of one writer."""
        return int(self.folder.name.rpartition("-")[2])

    @property
    def pruned(self) -> bool:
        """Return whether the entries went because their time was over; tiles and checkpoints stay."""
        return (self.folder / PRUNED).exists()

    @property
    def note(self) -> Note:
        """Return the last signed note.

        Raises:
            UnavailableError: nothing has been signed yet, or the note cannot be read.
        """
        path = self.folder / CHECKPOINT
        try:
            return note_in(path.read_bytes())
        except FileNotFoundError as missing:
            message = f"{path}: nothing of this log has been signed yet; start the service once on this data folder"
            raise UnavailableError(message) from missing
        except (OSError, NoteError) as fault:
            message = f"{path}: the checkpoint cannot be read ({fault}); keep the folder, and verify the published log"
            raise UnavailableError(message) from fault

    @property
    def checkpoint(self) -> Checkpoint:
        """Return what was last signed."""
        return self.note.checkpoint

    def records(self, since: int = 0, until: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield `(index, entry)` from index `since` up to, not with, `until`; at most to the end of what is signed.

        Raises:
            JournalDamagedError: an entry is not as it was written, or is missing.
            UnavailableError: nothing has been signed yet, or the entries were pruned.
        """
        return self._reader.records(since, until)

    def first_since(self, ms: int) -> int:
        """Return an index in front of which no record is as late as `ms`; see `JournalReader.first_since`."""
        return self._reader.first_since(ms)

    def entry(self, index: int) -> bytes | None:
        """Return one entry, or None if nothing signed has this index; raises as `records`."""
        return next((entry for _, entry in self.records(index, index + 1)), None)

    def bundle(self, number: int, width: int = WIDTH) -> bytes:
        """Return the first `width` entries of bundle `number`, as they are published.

        Raises:
            JournalDamagedError: an entry is not as it was written, or is missing.
            UnavailableError: not so many entries are signed yet, or they were pruned.
        """
        first = number * WIDTH
        entries = [entry for _, entry in self.records(first, first + width)]
        if len(entries) != width or not width:
            message = f"{self.folder}: bundle {number} has {len(entries)} signed entries, not {width}; ask for fewer"
            raise UnavailableError(message)
        return bundled(entries)

    def find(self, record_id: str) -> tuple[int, bytes] | None:
        """Return `(index, entry)` of the record with this UUIDv7, or None if no signed entry has it; as `records`."""
        found = self._reader.find(record_id)
        return found if found is not None and found[0] < self.checkpoint.size else None

    def _durable(self) -> Durable:
        """Return how far the journal may be read: what is signed was on the device before."""
        if self.pruned:
            message = f"{self.folder}: the entries of this log were pruned when their time was over; its proofs stay"
            raise UnavailableError(message)
        size = self.checkpoint.size
        firsts = [first for first in map(first_index_of, segment_paths(self.folder / "journal")) if first < size]
        if size and not firsts:
            raise JournalDamagedError(self.folder / "journal", 0, 0, f"no segment, and {size} signed entries,")
        return Durable(max(firsts, default=0), _ALL_OF_IT, size)


def logs_in(data: Path) -> list[LogReader]:
    """Return the logs in a data folder, each writer's oldest first.

    Raises:
        UnavailableError: there is none.
    """
    named = [(_FOLDER.fullmatch(path.parent.name), path.parent) for path in data.glob("*/journal")]
    found = sorted((name[1], int(name[2]), path) for name, path in named if name)
    if not found:
        message = f"{data}: no decision log is here; name the data folder of a service with --data"
        raise UnavailableError(message)
    return [LogReader(path) for *_, path in found]
