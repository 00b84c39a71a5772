"""Reads the journal beside its writer: every entry from an index on, or the one with an id. Needs no index file.

It never goes beyond what is durable. Entries lie in groups, groups begin on 4,096-byte boundaries, so any boundary
leads to the next group, and indexes and times can be bisected. Sealed segments are read as raw ones are.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.stores.damage import JournalDamagedError
from adapters.stores.frame_search import END_OF_TIME, boundary_where, first_time, frame_around, last_time, time_of
from adapters.stores.sealed_segment import FrameCache
from adapters.stores.segment_views import viewed
from adapters.stores.segments import first_index_of, segment_paths
from pdp.log.entry import record_id
from pdp.log.frames import BODY_LIMIT, BOUNDARY, END, FRAME_HEAD, aligned, read_frame
from pdp.log.uuid7 import ms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from adapters.stores.journal_writer import Durable
    from pdp.log.frames import Sliceable

SLACKS_MS: Final = (
    500,
    10_000,
)  # between the making of an id and its place in the journal; the usual one is tried first
_PIECE: Final = 1 << 20  # bytes looked at together
_LONGEST: Final = FRAME_HEAD + BODY_LIMIT


class _Part(NamedTuple):
    """A segment, and the offset up to which it may be read if it is the one that is written to."""

    first_index: int
    limit: int | None


class JournalReader:
    """Reads the segments in `folder` up to what `durable` says. Safe from several threads."""

    def __init__(self, folder: Path, durable: Callable[[], Durable]) -> None:
        self._folder = folder
        self._durable = durable
        self._cache = FrameCache()
        self._firsts: dict[int, int] = {}  # segment -> milliseconds of its first id
        self._lasts: dict[int, int] = {}  # sealed segment -> milliseconds of its last id

    def records(self, since: int = 0, until: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield `(index, entry)` from index `since` up to, not with, `until`; by default all that is durable now.

        Raises:
            JournalDamagedError: an entry is not as it was written, or is missing.
        """
        end = self._durable()
        stop, following = end.index if until is None else min(until, end.index), since
        for part in self._parts(end, since) if since < stop else ():
            with viewed(self._folder, *part, self._cache) as (path, view):
                for index, entry in _entries(path, view, part.first_index, since):
                    if index >= stop:
                        return
                    if index != following:
                        raise JournalDamagedError(path, 0, following, "entries that are missing")
                    yield index, entry
                    following += 1
                    if following == stop:  # what lies behind may be the zeros that are written next
                        return
        if following < stop:
            raise JournalDamagedError(self._folder, 0, following, "entries that are missing")

    def first_since(self, ms: int) -> int:
        """Return an index in front of which no record is as late as `ms`, milliseconds since 1970, as far as ids tell.

        It is the beginning of a segment, so records that are earlier may follow it too. Where a clock was set back,
        a new segment begins; none is passed over for what stands in another.

        Raises:
            JournalDamagedError: a segment is not as it was written.
        """
        parts = self._parts(self._durable(), 0)
        for part in parts[:-1]:
            with viewed(self._folder, *part, self._cache) as (_, view):
                if self._last(part, view) >= ms - SLACKS_MS[-1]:
                    return part.first_index
        return parts[-1].first_index if parts else 0

    def find(self, wanted: str) -> tuple[int, bytes] | None:
        """Return `(index, entry)` of the record with id `wanted`, or None if no durable one has it.

        Raises:
            ValueError: `wanted` is no UUIDv7.
            JournalDamagedError: it is nowhere else, and may have stood in what is not as it was written.
        """
        ms, end = ms_of(wanted), self._durable()
        parts = self._parts(end, 0)
        damage = None
        if not parts or parts[-1].first_index != end.first_index:
            damage = JournalDamagedError(self._folder, 0, end.first_index, "a segment that is missing")
        for part in self._likely_first(parts, ms):
            try:
                found = self._find_in(part, wanted, ms, ended=part != parts[-1])
            except JournalDamagedError as met:
                damage = met
                continue
            if found is not None:
                return found
        if damage is not None:
            raise damage
        return None

    def _find_in(self, part: _Part, wanted: str, ms: int, *, ended: bool) -> tuple[int, bytes] | None:
        """Return what `find` looks for, if this segment has it."""
        with viewed(self._folder, *part, self._cache) as (_, view):
            last = self._last(part, view) if ended else END_OF_TIME
            for slack in SLACKS_MS if self._first(part) - SLACKS_MS[-1] <= ms <= last + SLACKS_MS[-1] else ():
                found = _find_within(view, wanted, ms, slack)
                if found is not None:
                    return found
        return None

    def _parts(self, end: Durable, since: int) -> list[_Part]:
        """Return the segments that hold entries from `since` on."""
        firsts = [first_index_of(path) for path in segment_paths(self._folder)]
        firsts = [first for first in firsts if first <= end.first_index]
        place = max(0, bisect_right(firsts, since) - 1)
        return [_Part(first, end.offset if first == end.first_index else None) for first in firsts[place:]]

    def _likely_first(self, parts: list[_Part], ms: int) -> Iterator[_Part]:
        """Yield all segments, the one whose time it is before others: ids nearly always grow from one to the next."""
        place = bisect_right(parts, ms, key=self._first)
        near = [near for near in (place - 1, place, place - 2) if 0 <= near < len(parts)]
        yield from (parts[number] for number in near)
        yield from (part for number, part in reversed(list(enumerate(parts))) if number not in near)

    def _first(self, part: _Part) -> int:
        """Return the milliseconds of the first id in a segment; a damaged one may have any."""
        first = self._firsts.get(part.first_index)
        if first is None:
            try:
                with viewed(self._folder, *part, self._cache) as (_, view):
                    first = first_time(view)
            except JournalDamagedError:
                return 0
            if first < END_OF_TIME:  # one without ids yet may get some
                self._firsts[part.first_index] = first
        return first

    def _last(self, part: _Part, view: Sliceable) -> int:
        """Return the milliseconds of the last ids in a segment that is written no more."""
        last = self._lasts.get(part.first_index)
        if last is None:
            last = self._lasts[part.first_index] = last_time(view)
        return last


def _entries(path: Path, view: Sliceable, first_index: int, since: int) -> Iterator[tuple[int, bytes]]:
    """Yield the entries of one segment from index `since`; pieces are cut out, because many small cuts cost more."""
    place = BOUNDARY if since <= first_index else boundary_where(view, lambda frame: frame.index > since)
    expected = None
    while place < len(view):
        piece, offset = bytes(view[place : place + _PIECE + _LONGEST]), 0
        while offset < min(_PIECE, len(piece)):
            frame = read_frame(piece, offset)
            if frame is None:
                offset = _behind_padding(path, piece, place, offset, since if expected is None else expected)
                continue
            if frame.magic == END:
                return
            if expected not in {None, frame.index}:
                raise JournalDamagedError(path, place + offset, frame.index, "an index out of sequence")
            if frame.index >= since:
                yield frame.index, frame.body
            expected, offset = frame.index + 1, frame.end
        place += offset


def _behind_padding(path: Path, piece: bytes, place: int, offset: int, index: int) -> int:
    """Return the offset of the next boundary, if nothing but zeros lies before it."""
    boundary = aligned(place + offset) - place
    if boundary == offset or piece[offset:boundary].strip(b"\x00"):
        raise JournalDamagedError(path, place + offset, index, "no intact frame")
    return boundary


def _find_within(view: Sliceable, wanted: str, ms: int, slack: int) -> tuple[int, bytes] | None:
    """Return the entry with id `wanted` among the groups of one segment that are within `slack` of its time."""
    start = boundary_where(view, lambda frame: time_of(view, frame) >= ms - slack)
    stop = boundary_where(view, lambda frame: time_of(view, frame) > ms + slack, before=False)
    for hit in _hits(view, f'"id":"{wanted}"'.encode(), start, stop):
        frame = frame_around(view, hit)
        if frame is not None and record_id(frame.body) == wanted:
            return frame.index, frame.body
    return None


def _hits(view: Sliceable, spelled: bytes, start: int, stop: int) -> Iterator[int]:
    """Yield the places between `start` and `stop` at which `spelled` stands."""
    while start < stop:
        piece = bytes(view[start : min(start + _PIECE, stop)])
        hit = piece.find(spelled)
        while hit >= 0:
            yield start + hit
            hit = piece.find(spelled, hit + 1)
        start += _PIECE if start + _PIECE >= stop else _PIECE - len(spelled) + 1
