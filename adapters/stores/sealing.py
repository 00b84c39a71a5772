"""Compress segments that are full and signed: written, synced, read back and compared, and only then the raw one goes.

A stop between any two steps is repaired by doing them again: while the raw segment is there it counts, and whatever
else there is of it is written anew. Source: the decision log's format, § 2.6.
"""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.device.system_calls import PRIVATE, sync_folder, write_all
from adapters.stores.damage import JournalDamagedError
from adapters.stores.frame_search import end_frame
from adapters.stores.log_reader import CHECKPOINT, LogReader
from adapters.stores.sealed_segment import FRAME, SealedView, compressed
from adapters.stores.segment_views import viewed
from adapters.stores.segments import SEALED, first_index_of, sealed_name, segment_name, segment_paths
from adapters.stores.slots import slots_of
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO
    from pathlib import Path

    from adapters.device.system_calls import SystemCalls

LOOK_AGAIN: Final = 10.0  # seconds between two looks for segments that can be sealed
LATER: Final = 300.0  # seconds until a segment that could not be sealed is tried again
UNFINISHED: Final = ".new"  # of a sealed segment that was not compared yet
NICEST: Final = 19
_TURN: Final = "sealing"  # file whose lock is held by whoever compresses


class Raw(NamedTuple):
    """A segment that can be sealed."""

    first_index: int
    size: int


class BusyError(UnavailableError):
    """Another process compresses the segments of this journal; it does what is to be done."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let no other process compress segments of the journal in `folder` meanwhile.

    Raises:
        BusyError: one does already.
    """
    fd = os.open(folder / _TURN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            message = f"{folder}: another process compresses its segments at this moment; let it finish"
            raise BusyError(message) from taken
        yield
    finally:
        os.close(fd)


def sealable(folder: Path, covered: int, *, closed: bool = False) -> list[Raw]:
    """Return the raw segments in `folder` that are ended and whose entries are all among the first `covered`.

    The last one is written to, and looked at only where the log is `closed`.
    """
    paths = segment_paths(folder)
    found = []
    for path, after in zip(paths, [*paths[1:], None], strict=False):  # a journal may have no segment yet
        if path.name.endswith(SEALED):
            continue
        first = first_index_of(path)
        if first < covered and (after or closed) and _ends_at(folder, first, after) <= covered:
            found.append(Raw(first, path.stat().st_size))
    return found


def _ends_at(folder: Path, first: int, after: Path | None) -> float:
    """Return the index behind the last entry of a segment; one that is still written to has no end."""
    if after is not None:
        return first_index_of(after)
    with viewed(folder, first) as (_, view):
        end = end_frame(view)
    return float("inf") if end is None else end.index


def closed_before(folder: Path) -> list[tuple[Path, int]]:
    """Return the journals of the closed logs before the one whose journal is `folder`, each with its signed size."""
    data, (node, _, slot) = folder.parent.parent, folder.parent.name.rpartition("-")
    if not slot.isdecimal():
        return []
    logs = [LogReader(data / f"{node}-{number}") for number in slots_of(data, node) if number < int(slot)]
    signed = [log for log in logs if not log.pruned and (log.folder / CHECKPOINT).exists()]
    return [(log.folder / "journal", log.checkpoint.size) for log in signed]


def seal_segment(folder: Path, first: int, calls: SystemCalls, told: Callable[[int], None] = lambda _: None) -> int:
    """Compress one segment and return the bytes it takes now; `told` hears of bytes compressed and compared.

    Raises:
        JournalDamagedError: what was read back is not what was written; the raw segment stays.
        OSError: the device fails; the raw segment stays, or the sealed one is there whole.
    """
    unfinished = folder / (sealed_name(first) + UNFINISHED)
    raw = folder / segment_name(first)
    try:
        with raw.open("rb", buffering=0) as file:
            size = _write(unfinished, file, calls, told)
            _compare(unfinished, file, told)
    except BaseException:
        with suppress(OSError):  # it is written anew the next time in any case
            unfinished.unlink(missing_ok=True)
        raise
    calls.rename(unfinished, folder / sealed_name(first))
    sync_folder(calls, folder)
    calls.unlink(raw)
    sync_folder(calls, folder)
    return size


def _write(path: Path, raw: FileIO, calls: SystemCalls, told: Callable[[int], None]) -> int:
    """Write the sealed form of `raw` to `path`; return its bytes. It is on the device, and no more in memory."""
    fd = calls.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
    size = 0
    try:
        for data in compressed(_pieces(raw, told)):
            write_all(calls, fd, data, size)
            size += len(data)
        calls.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)  # so that comparing reads what the device has
    finally:
        calls.close(fd)
    return size


def _compare(path: Path, raw: FileIO, told: Callable[[int], None]) -> None:
    """Hold every byte of a sealed segment against the raw one."""
    index = first_index_of(path)
    with SealedView(path) as sealed:
        if len(sealed) != os.fstat(raw.fileno()).st_size:
            raise JournalDamagedError(path, len(sealed), index, "a sealed segment of another length")
        for number, (frame, piece) in enumerate(zip(sealed.frames(), _pieces(raw, told), strict=True)):
            if frame != piece:
                raise JournalDamagedError(path, number * FRAME, index, "a sealed segment unlike the raw one")


def _pieces(raw: FileIO, told: Callable[[int], None]) -> Iterator[bytes]:
    """Yield a segment, a frame's worth at a time; other threads go on while the device is read."""
    start = 0
    while piece := os.pread(raw.fileno(), FRAME, start):
        yield piece
        start += len(piece)
        told(len(piece))


class Sealing:
    """Seals segments as they are signed, in a thread that takes only what time nobody else wants."""

    def __init__(
        self,
        folder: Path,
        covered: Callable[[], int],
        calls: SystemCalls = os,
        *,
        failed: Callable[[UnavailableError], None] = lambda _: None,
    ) -> None:
        """Prepare to seal the segments in `folder`, a journal's own, which this process writes.

        Args:
            folder: of the journal.
            covered: gives the number of entries that are signed.
            calls: the kernel.
            failed: told, in the thread, of a segment that cannot be sealed; it stays as it is, and is tried again.
        """
        self._folder = folder
        self._covered = covered
        self._calls = calls
        self._failed = failed
        self._older_done = False  # closed logs do not grow; they are looked at once
        self._stopped = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sealing", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def look(self) -> None:
        """Look for segments now, because a checkpoint covers more."""
        self._wake.set()

    def stop(self) -> None:
        """Stop when the segment at hand is done, or at its next piece; what is unfinished is begun anew."""
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICEST)
        while not self._stopped.is_set():
            if self._seal_all():
                self._wake.wait(LOOK_AGAIN)
                self._wake.clear()
            else:
                self._stopped.wait(LATER)

    def _seal_all(self) -> bool:
        """Seal what can be sealed; return whether nothing went wrong."""
        try:
            if not self._older_done:
                for folder, covered in closed_before(self._folder):
                    self._seal_in(folder, covered, closed=True)
                self._older_done = True
            self._seal_in(self._folder, self._covered(), closed=False)
        except (_StoppedError, BusyError):
            pass
        except (OSError, UnavailableError) as fault:
            message = f"{self._folder}: a segment cannot be compressed ({fault}); make room, or mend the device"
            self._failed(UnavailableError(message))
            return False
        return True

    def _seal_in(self, folder: Path, covered: int, *, closed: bool) -> None:
        raws = sealable(folder, covered, closed=closed)
        with alone(folder) if raws else nullcontext():
            for raw in raws and sealable(folder, covered, closed=closed):
                seal_segment(folder, raw.first_index, self._calls, self._go_on)

    def _go_on(self, _: int) -> None:
        if self._stopped.is_set():
            raise _StoppedError


class _StoppedError(Exception):
    """The process is about to end."""
