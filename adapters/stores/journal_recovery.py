"""Find where a journal stands after any kind of stop: go on, cut what nobody was promised, or refuse to start.

Source: the decision log's format, § 2.5.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.device.system_calls import PRIVATE, sync_folder, write_all
from adapters.stores.damage import JournalDamagedError
from adapters.stores.frame_search import end_frame
from adapters.stores.sealed_segment import FrameCache
from adapters.stores.segment_views import viewed
from adapters.stores.segments import PREPARED, SEALED, Segment, first_index_of, seal, segment_name, segment_paths
from pdp.log.entry import FIRST
from pdp.log.frames import BOUNDARY, Frame, SegmentHeader, aligned
from pdp.log.walk import Walk, is_zero, later_group, walk

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.device.system_calls import SystemCalls
    from pdp.log.frames import Sliceable

CUT: Final = "cut"
PENDING: Final = ".pending"  # of a cut that no `log.recovered` in the log tells of yet


@dataclass(frozen=True, slots=True)
class Cut:
    """Bytes that recovery took off the end: they were never promised to anyone."""

    size: int
    sha256: str  # hex


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the next entry goes. `segment` is None when a new one must be begun."""

    index: int
    group: int
    prev: str
    first_index: int
    segment: Segment | None
    cuts: tuple[Cut, ...] = ()  # which the next entries must tell of
    latest_ms: int = 0  # of the ids in the open segment, as far as its last group says


def recover(folder: Path, origin: str, calls: SystemCalls, covered: int = 0) -> Standing:
    """Return where the journal in `folder` stands, repaired if it may be.

    Args:
        folder: the journal's own; its lock is held.
        origin: the log's origin, which every segment names.
        calls: the kernel.
        covered: entries below this index are covered by a signed checkpoint and must all be there.

    Raises:
        JournalDamagedError: something that was, or may have been, acknowledged is missing or altered.
        OSError: the device fails. Nothing may be written any more.
    """
    (folder / PREPARED).unlink(missing_ok=True)
    paths = segment_paths(folder)
    if not paths:
        if covered:
            raise JournalDamagedError(folder / segment_name(0), 0, 0, "no segment at all")
        return Standing(0, 1, FIRST, 0, None)
    before, cache = None, FrameCache(remembered=2)
    for path in paths[:-1]:
        before = _check_sealed(path, origin, before, cache)
    if paths[-1].name.endswith(SEALED):
        return _recover_sealed(paths[-1], origin, before, covered, cache)
    return _recover_last(paths[-1], origin, calls, before, covered)


def tell(folder: Path, calls: SystemCalls) -> None:
    """Mark every cut as told: the entries that tell of them are on the device."""
    for path in (folder / CUT).glob("*" + PENDING):
        calls.rename(path, path.with_suffix(""))
        sync_folder(calls, folder / CUT)


def _check_sealed(path: Path, origin: str, before: Frame | None, cache: FrameCache) -> Frame:
    """Return the end frame of a sealed segment; its own frames are walked by whoever verifies the log."""
    index = first_index_of(path)
    with viewed(path.parent, index, cache=cache) as (found, view):
        check_header(found, view, origin, before)
        frame = end_frame(view)
        if frame is None:
            raise JournalDamagedError(found, 0, index, "no end frame of a sealed segment")
        return frame


def _recover_sealed(path: Path, origin: str, before: Frame | None, covered: int, cache: FrameCache) -> Standing:
    """Return where a journal stands whose last segment is compressed: nothing of it is ever written again."""
    end = _check_sealed(path, origin, before, cache)
    if end.index < covered:
        raise JournalDamagedError(path, 0, end.index, f"{covered} entries were signed, and the good ones end")
    return Standing(end.index, end.group + 1, end.body.hex(), first_index_of(path), None, _untold(path.parent))


def _recover_last(path: Path, origin: str, calls: SystemCalls, before: Frame | None, covered: int) -> Standing:
    """Walk the last segment as it is on the device, and settle how its end is to be read."""
    fd = calls.open(path, os.O_RDWR | os.O_CLOEXEC, PRIVATE)
    calls.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    with _mapped(fd) as data, memoryview(data) as view:
        header = check_header(path, view, origin, before)
        at, clean = judge_end(path, view, header, covered)
        segment = Segment(fd, len(view), aligned(at.stop))
        group, torn = at.group, not at.sealed and (not clean or at.missing > 0)
        if torn:
            _cut(path.parent, calls, segment, view, at)
            # A segment without entries is replaced by one of the same name, any other is sealed for good.
            group = header.first_group
            if at.index > header.first_index:
                seal(calls, segment, at.index, at.group, at.prev)
                group = at.group + 1
    if torn or at.sealed:
        calls.close(fd)
    kept = None if torn or at.sealed else segment
    return Standing(at.index, group, at.prev, header.first_index, kept, _untold(path.parent), at.latest_ms)


def check_header(path: Path, view: Sliceable, origin: str, before: Frame | None) -> SegmentHeader:
    """Return the header of a segment that follows the end frame `before`, or is the first kept."""
    header = SegmentHeader.parse(bytes(view[:BOUNDARY]))
    index = first_index_of(path)
    if header is None or header.first_index != index or len(view) % BOUNDARY:
        raise JournalDamagedError(path, 0, index, "no intact header")
    if header.origin != hashlib.sha256(origin.encode()).digest():
        raise JournalDamagedError(path, 64, index, f'a log of another origin than "{origin}"')
    expected = (before.index, before.group + 1, before.body) if before else None
    if expected is not None and (header.first_index, header.first_group, header.prev) != expected:
        raise JournalDamagedError(path, 0, index, "a header that does not follow the segment before")
    return header


def judge_end(path: Path, view: memoryview, header: SegmentHeader, covered: int) -> tuple[Walk, bool]:
    """Return where the good frames of the last segment end, and whether nothing at all follows them.

    Raises:
        JournalDamagedError: what follows cannot be the torn tail of the last, unacknowledged group.
    """
    at = walk(view, header)
    clean = is_zero(view[at.stop :])
    if at.index < covered:
        raise JournalDamagedError(path, at.stop, at.index, f"{covered} entries were signed, and the good ones end")
    if not clean and at.sealed:
        raise JournalDamagedError(path, at.stop, at.index, "bytes behind the end of a sealed segment")
    later = None if clean else later_group(view, at)
    if later is not None:
        raise JournalDamagedError(path, at.stop, at.index, f"damage before an intact group (byte {later})")
    return at, clean


def _cut(folder: Path, calls: SystemCalls, segment: Segment, view: memoryview, at: Walk) -> None:
    """Keep a copy of the torn tail, and zero it; the segment takes no more entries.

    Each step is synced before the next, so that a stop between any two of them is repaired by starting again.
    """
    end = len(view)
    while end > at.stop and is_zero(view[max(at.stop, end - BOUNDARY) : end]):
        end = max(at.stop, end - BOUNDARY)
    torn = bytes(view[at.stop : end]).rstrip(b"\x00")
    _keep(folder, calls, torn, at)
    if torn:
        write_all(calls, segment.fd, bytes(len(torn)), at.stop)
        calls.fdatasync(segment.fd)


def _keep(folder: Path, calls: SystemCalls, torn: bytes, at: Walk) -> None:
    """Write the torn bytes to a file of their own, whose name says where they stood."""
    cuts = folder / CUT
    cuts.mkdir(mode=0o700, exist_ok=True)
    sync_folder(calls, folder)
    number = sum(1 for _ in cuts.iterdir())
    name = cuts / f"{at.index:020d}-{at.stop}-{number}.bin{PENDING}"
    fd = calls.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    try:
        if torn:
            write_all(calls, fd, torn, 0)
        calls.fsync(fd)
    finally:
        calls.close(fd)
    sync_folder(calls, cuts)


def _untold(folder: Path) -> tuple[Cut, ...]:
    """Return the cuts that no entry tells of yet, oldest first."""
    paths = sorted((folder / CUT).glob("*" + PENDING))
    return tuple(Cut(len(data), hashlib.sha256(data).hexdigest()) for data in (path.read_bytes() for path in paths))


def _mapped(fd: int) -> mmap.mmap:
    return mmap.mmap(fd, 0, access=mmap.ACCESS_READ)
