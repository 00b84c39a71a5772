"""Reads the journal beside its writer: every entry from an index on, or the one with an id. Needs no index file.

It never goes beyond what is durable. Entries lie in groups, groups begin on 4,096-byte boundaries, so any boundary
leads to the next group, and indexes and times can be bisected.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from adapters.stores.journal_recovery import JournalDamagedError
from adapters.stores.segments import segment_name, segment_paths
from pdp.log.entry import record_id, record_ms
from pdp.log.frames import BOUNDARY, END, aligned, read_frame
from pdp.log.uuid7 import ms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from adapters.stores.journal_writer import Durable
    from pdp.log.frames import Frame

END_OF_TIME: Final = 1 << 48  # milliseconds; no id reaches it
SLACKS_MS: Final = (
    500,
    10_000,
)  # between the making of an id and its place in the journal; the usual one is tried first


class JournalReader:
    """Reads the segments in `folder` up to what `durable` says. Safe from several threads."""

    def __init__(self, folder: Path, durable: Callable[[], Durable]) -> None:
        self._folder = folder
        self._durable = durable
        self._spans: dict[Path, tuple[int, int]] = {}  # sealed segment -> first and last milliseconds of its ids

    def records(self, since: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield `(index, entry)` of every entry from index `since` that is durable when this begins.

        Raises:
            JournalDamagedError: an entry is not as it was written.
        """
        end = self._durable()
        for path, limit in self._segments(end, since):
            with _mapped(path, limit) as raw, memoryview(raw) as view:
                yield from _entries(path, view, since)

    def find(self, wanted: str) -> tuple[int, bytes] | None:
        """Return `(index, entry)` of the record with id `wanted`, or None if no durable one has it.

        Raises:
            ValueError: `wanted` is no UUIDv7.
        """
        ms, end = ms_of(wanted), self._durable()
        for path, limit in reversed(self._segments(end, 0)):
            with _mapped(path, limit) as raw, memoryview(raw) as view:
                first, last = self._span(path, view, open_segment=path.stem == f"{end.first_index:020d}")
                for slack in SLACKS_MS if first - SLACKS_MS[-1] <= ms <= last + SLACKS_MS[-1] else ():
                    found = _find_within(raw, view, wanted, ms, slack)
                    if found is not None:
                        return found
        return None

    def _segments(self, end: Durable, since: int) -> list[tuple[Path, int]]:
        """Return the segments that hold entries from `since` on, with the offset up to which each may be read."""
        paths = [path for path in segment_paths(self._folder) if int(path.stem) <= end.first_index]
        place = max(0, bisect_left(paths, since + 1, key=lambda path: int(path.stem)) - 1)
        name = segment_name(end.first_index)
        return [(path, end.offset if path.name == name else path.stat().st_size) for path in paths[place:]]

    def _span(self, path: Path, view: memoryview, *, open_segment: bool) -> tuple[int, int]:
        """Return the first and last milliseconds of a segment; a segment that is written to has no last."""
        span = self._spans.get(path)
        if span is None:
            span = _time_of(view, _frame_from(view, BOUNDARY)), END_OF_TIME
            if not open_segment:
                span = self._spans[path] = span[0], _last_time(view)
        return span


def _mapped(path: Path, limit: int) -> mmap.mmap:
    """Return the first `limit` bytes of a file, mapped for reading."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), limit, access=mmap.ACCESS_READ)


def _entries(path: Path, view: memoryview, since: int) -> Iterator[tuple[int, bytes]]:
    """Yield the entries of one segment from index `since`."""
    offset = _bisect(view, lambda frame: frame.index > since)
    expected = None
    while offset < len(view):
        frame = read_frame(view, offset)
        if frame is None:
            if offset % BOUNDARY and not any(view[offset : aligned(offset)]):
                offset = aligned(offset)
                continue
            raise JournalDamagedError(path, offset, expected or since, "no intact frame")
        if frame.magic == END:
            return
        if expected not in {None, frame.index}:
            raise JournalDamagedError(path, offset, frame.index, "an index out of sequence")
        if frame.index >= since:
            yield frame.index, frame.body
        expected, offset = frame.index + 1, frame.end


def _find_within(raw: mmap.mmap, view: memoryview, wanted: str, ms: int, slack: int) -> tuple[int, bytes] | None:
    """Return the entry with id `wanted` among the groups of one segment that are within `slack` of its time."""
    start = _bisect(view, lambda frame: _time_of(view, frame) >= ms - slack)
    stop = _bisect(view, lambda frame: _time_of(view, frame) > ms + slack, before=False)
    spelled = f'"id":"{wanted}"'.encode()
    hit = raw.find(spelled, start, stop)
    while hit >= 0:
        frame = _frame_around(view, hit)
        if frame is not None and record_id(frame.body) == wanted:
            return frame.index, frame.body
        hit = raw.find(spelled, hit + 1, stop)
    return None


def _frame_around(view: memoryview, hit: int) -> Frame | None:
    """Return the frame whose body holds the byte at `hit`."""
    offset = hit // BOUNDARY * BOUNDARY
    while offset > 0 and read_frame(view, offset) is None:
        offset -= BOUNDARY
    frame = read_frame(view, offset)
    while frame is not None and frame.end <= hit:
        frame = read_frame(view, frame.end)
    return frame


def _bisect(view: memoryview, beyond: Callable[[Frame], bool], *, before: bool = True) -> int:
    """Return the boundary at which groups begin to be `beyond`; with `before`, that of the group in front of it."""
    low, high = 1, len(view) // BOUNDARY
    while low < high:
        middle = (low + high) // 2
        frame = _frame_from(view, middle * BOUNDARY)
        if frame is None or beyond(frame):
            high = middle
        else:
            low = middle + 1
    place = low - 1 if before and low > 1 else low
    while place > 1 and read_frame(view, place * BOUNDARY) is None:
        place -= 1 if before else -1
        if place * BOUNDARY >= len(view):
            return len(view)
    return place * BOUNDARY


def _frame_from(view: memoryview, offset: int) -> Frame | None:
    """Return the frame on the first boundary from `offset` on that has one; None behind the last group."""
    while offset < len(view):
        frame = read_frame(view, offset)
        if frame is not None:
            return None if frame.magic == END else frame
        offset += BOUNDARY
    return None


def _time_of(view: memoryview, frame: Frame | None) -> int:
    """Return the milliseconds in the id of `frame`, or of the next group that has one; else the end of time."""
    while frame is not None:
        ms = record_ms(frame.body)
        if ms is not None:
            return ms
        frame = _frame_from(view, aligned(frame.end))
    return END_OF_TIME


def _last_time(view: memoryview) -> int:
    """Return the latest milliseconds among the ids of the last group of a sealed segment."""
    offset = _bisect(view, lambda _: False)
    latest = 0
    frame = read_frame(view, offset)
    while frame is not None and frame.magic != END:
        latest = max(latest, record_ms(frame.body) or 0)
        frame = read_frame(view, frame.end)
    return latest
