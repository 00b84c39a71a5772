"""Close a log: its last record, its end, its last checkpoint, each repaired by doing it again.

Nothing here needs an event loop or a running service, and none may run on the log. Source: the format, § 8.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from adapters.publishing.keeping import LogKeeping, Told
from adapters.stores.damage import JournalDamagedError
from adapters.stores.frame_search import end_frame
from adapters.stores.journal import JournalSettings
from adapters.stores.journal_folder import lock
from adapters.stores.journal_reader import JournalReader
from adapters.stores.journal_start import start
from adapters.stores.journal_writer import Durable
from adapters.stores.segment_views import viewed
from adapters.stores.segments import SegmentFolder, first_index_of, segment_paths
from adapters.stores.slots import CLOSED, end_log, is_closed, previous_log
from adapters.stores.tile_files import TileFiles
from pdp.errors import UnavailableError
from pdp.log.note import NoteError, note_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from adapters.settings import Settings
    from adapters.stores.journal import Journal
    from adapters.stores.journal_writer import GroupWriter

    Event = Callable[[str, Mapping[str, object]], bytes]

_ALL: Final = 1 << 62  # bytes of a segment


class ClosedJournal:
    """The journal of a closed log, for whoever publishes it: it does not grow."""

    def __init__(self, folder: Path) -> None:
        """Read the journal in `folder`, a journal's own; raise JournalDamagedError if it has no end."""
        self.folder = folder
        last = segment_paths(folder)[-1]
        with viewed(folder, first_index_of(last)) as (path, view):
            end = end_frame(view)
        if end is None:
            raise JournalDamagedError(path, 0, first_index_of(path), "no end frame of a closed log")
        self.size = end.index
        self._reader = JournalReader(folder, lambda: Durable(first_index_of(last), _ALL, end.index))

    def records(self, since: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield `(index, entry)` of every entry from index `since`."""
        return self._reader.records(since)

    def find(self, record_id: str) -> tuple[int, bytes] | None:
        """Return `(index, entry)` of the record with this UUIDv7, or None."""
        return self._reader.find(record_id)


@contextmanager
def writing(settings: Settings, slot: int, event: Event) -> Iterator[GroupWriter]:
    """Yield the writer of log `slot` of a service that does not run; the log is begun if it was not.

    Raises:
        UnavailableError: a process writes it, or it cannot be written.
    """
    folder, origin = place(settings, slot)
    held = lock(folder)
    try:
        covered = TileFiles.of(folder).signed_size()
        segments = SegmentFolder(folder / "journal", JournalSettings().segment_size, os)
        opened = previous_log(settings.data, settings.node, slot)
        writer = start(folder / "journal", origin, event, segments, os, covered, opened)
        try:
            yield writer
        except BaseException:
            writer.close()
            raise
        writer.close(end=is_closed(folder))
    except OSError as fault:
        message = f"{folder}: the journal cannot be written ({fault}); mend the device, then try again"
        raise UnavailableError(message) from fault
    finally:
        os.close(held)


def close_log(settings: Settings, slot: int, event: Event, alarm: Callable[[str, str], None]) -> int:
    """Close log `slot`, or complete what was begun; return the number of entries that its checkpoint covers then.

    That may be fewer than it has, where no witness answered: doing it again later signs the rest.

    Args:
        settings: whose data, keys and witnesses.
        slot: which log of the writer.
        event: makes the record of an event.
        alarm: told what is wrong, and why; nothing is lost by it.

    Raises:
        UnavailableError: a process writes the log, or it cannot be written or read.
    """
    if not is_closed(place(settings, slot)[0]):
        with writing(settings, slot, event) as writer:
            writer.write([event(CLOSED, {})])
    return sign_rest(settings, slot, alarm)


def sign_rest(settings: Settings, slot: int, alarm: Callable[[str, str], None]) -> int:
    """End a closed log and publish what is not yet published of it, witnessed; return how much is signed.

    Raises:
        UnavailableError: the log cannot be read, ended or signed.
    """
    folder, origin = place(settings, slot)
    end_log(folder, origin)
    journal = cast("Journal", ClosedJournal(folder / "journal"))
    if _is_signed(TileFiles.of(folder), journal.size, witnessed=settings.log.quorum > 0):
        return journal.size
    told = Told(alarm, lambda fault: alarm("the log cannot be signed", str(fault)), lambda _: None)
    with LogKeeping(settings, folder, origin, journal, told) as keeping:
        keeping.start(_nothing_more)
        keeping.stop()
    return TileFiles.of(folder).signed_size()


def _is_signed(files: TileFiles, size: int, *, witnessed: bool) -> bool:
    """Return whether everybody sees a checkpoint over all `size` entries, with a quorum where one is needed."""
    shown = files.witnessed() if witnessed else files.published()
    try:
        return files.signed_size() == size and note_in(shown or b"").checkpoint.size == size
    except NoteError:
        return False


def place(settings: Settings, slot: int) -> tuple[Path, str]:
    """Return the folder and the origin of log `slot` of a writer."""
    name = f"{settings.node}-{slot}"
    return settings.data / name, f"{settings.origin}/{name}"


def _nothing_more(kind: str, _: Mapping[str, Any]) -> None:
    message = f"{kind} is not recorded: the log is closed; the next one tells of it"
    raise UnavailableError(message)
