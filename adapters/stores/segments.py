"""Segment files: prepared by writing zeros, named when they are begun, sealed when they are full, never used again."""

from __future__ import annotations

import errno
import mmap
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.device.system_calls import PRIVATE, sync_folder, write_all
from pdp.log.frames import BOUNDARY, END, aligned, frame_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.device.system_calls import SystemCalls
    from pdp.log.frames import SegmentHeader

STEP: Final = 1024 * 1024  # bytes of zeros a write
LEAST: Final = 32 * BOUNDARY  # room for a header, the longest entry and an end
PREPARED: Final = "prepared"
SEALED: Final = ".seg.zst"  # how names of compressed segments end
_DIGITS: Final = 20  # of an index in a name


@dataclass(slots=True)
class Segment:
    """The open segment. `offset` is where the next group goes."""

    fd: int
    size: int
    offset: int

    @property
    def room(self) -> int:
        """Return the bytes that groups can still take; the last boundary is kept for the end frame."""
        return self.size - BOUNDARY - self.offset


class SegmentFolder:
    """Creates segment files in one folder. A segment has its name only when header and zeros are on the device."""

    def __init__(self, folder: Path, size: int, calls: SystemCalls) -> None:
        if size < LEAST or size % BOUNDARY:
            message = f"a segment has at least {LEAST} bytes and is a multiple of {BOUNDARY}, not {size}"
            raise ValueError(message)
        self._folder = folder
        self._size = size
        self._calls = calls
        self._zeros = memoryview(mmap.mmap(-1, min(size, STEP)))  # on a page boundary, as direct writes demand
        self._preparing: threading.Thread | None = None
        self._ready = False  # read only after the preparing thread has ended

    @property
    def capacity(self) -> int:
        """Return the bytes that groups can take in an empty segment."""
        return self._size - 2 * BOUNDARY

    def prepare(self) -> None:
        """Begin to write the next segment's zeros in the background, once."""
        if self._preparing is None:
            self._preparing = threading.Thread(target=self._prepare_quietly, name="journal-prepare", daemon=True)
            self._preparing.start()

    def begin(self, header: SegmentHeader) -> Segment:
        """Return a new open segment with `header`; its name is on the device.

        Raises:
            OSError: it cannot be made durable. Nothing of it may be used.
        """
        if self._preparing is not None:
            self._preparing.join()
            self._preparing = None
        if not self._ready:  # the first of all, or what was tried in the background failed: now the failure counts
            self._prepare()
        self._ready = False
        prepared = self._folder / PREPARED
        fd = self._calls.open(prepared, os.O_RDWR | os.O_CLOEXEC, PRIVATE)
        try:
            write_all(self._calls, fd, header.pack(), 0)
            self._calls.fdatasync(fd)
            self._calls.rename(prepared, self._folder / segment_name(header.first_index))
            sync_folder(self._calls, self._folder)
        except OSError:
            self._calls.close(fd)
            raise
        return Segment(fd, self._size, BOUNDARY)

    def close(self) -> None:
        """Wait for what is being prepared, so that nothing is written after the lock is given up."""
        if self._preparing is not None:
            self._preparing.join()

    def _prepare_quietly(self) -> None:
        try:
            self._prepare()
        except OSError:
            self._ready = False  # the current segment has room; whoever needs the next one tries again, and is heard

    def _prepare(self) -> None:
        """Write and sync the zeros, past the page cache where the file system can: they cost a tenth of the CPU so."""
        try:
            self._write_zeros(os.O_DIRECT)
        except OSError as fault:
            if fault.errno != errno.EINVAL:  # how a file system says that it has no direct writes
                raise
            self._write_zeros(0)
        self._ready = True

    def _write_zeros(self, how: int) -> None:
        path = self._folder / PREPARED
        fd = self._calls.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | how, PRIVATE)
        try:
            for offset in range(0, self._size, STEP):
                write_all(self._calls, fd, self._zeros[: self._size - offset], offset)
            self._calls.fdatasync(fd)
            self._calls.fsync(fd)
        finally:
            self._calls.close(fd)


def segment_name(first_index: int) -> str:
    """Return the name of the segment that begins with entry `first_index`."""
    return f"{first_index:020d}.seg"


def sealed_name(first_index: int) -> str:
    """Return the name of the compressed form of the segment that begins with entry `first_index`."""
    return f"{first_index:020d}{SEALED}"


def first_index_of(path: Path) -> int:
    """Return the index of the first entry of the segment in `path`, in either form."""
    return int(path.name[:_DIGITS])


def segment_paths(folder: Path) -> list[Path]:
    """Return the segments of a journal, oldest first; of one that is there in both forms the raw one, which counts."""
    raw = {path.name: path for path in folder.glob("[0-9]*.seg")}
    sealed = [path for path in folder.glob(f"[0-9]*{SEALED}") if path.stem not in raw]
    return sorted([*raw.values(), *sealed], key=lambda path: path.name)


def padded(group: bytes) -> bytes:
    """Return `group` with zeros up to the next boundary, so that whole pages are written."""
    return group.ljust(aligned(len(group)), b"\x00")


def seal(calls: SystemCalls, segment: Segment, index: int, group: int, prev: str) -> None:
    """Write the end frame of `segment` and sync it; `index` and `group` are those that come next.

    Raises:
        OSError: it may not be on the device.
    """
    end = frame_bytes(END, index, group, 0, bytes.fromhex(prev))
    write_all(calls, segment.fd, padded(end), segment.offset)
    calls.fdatasync(segment.fd)
    segment.offset += BOUNDARY
