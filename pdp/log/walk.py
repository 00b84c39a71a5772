"""Walk the frames of one segment and say where the good ones end. Source: the decision log's format, § 2.5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdp.log.entry import leaf_hash, prev_of, record_ms
from pdp.log.frames import BOUNDARY, END, aligned, read_frame

if TYPE_CHECKING:
    from pdp.log.frames import Frame, SegmentHeader, Sliceable

_COMPARED = 1 << 20  # bytes at a time; bytes, unlike memory views, are compared by the machine's own instruction
_ZEROS = bytes(_COMPARED)


@dataclass(slots=True)
class Walk:
    """Where a walk stands: after the last frame that is intact, in sequence and linked to the one before."""

    index: int  # of the next entry
    group: int  # of the next write
    prev: str  # hex leaf hash of the last entry
    stop: int = BOUNDARY  # offset of the first byte after the last good frame and its group's padding
    missing: int = 0  # frames that the last group lacks
    sealed: bool = False
    latest_ms: int = 0  # the latest time in the ids of the entries

    def suspect(self) -> int:
        """Return the number of the last group that nobody proves to have been acknowledged."""
        return self.group - 1 if self.stop % BOUNDARY or self.missing else self.group

    def follows(self, frame: Frame | None, left: int | None) -> bool:
        """Return whether `frame` is the next one; `left` None: it may start a group of any size."""
        return (
            frame is not None
            and frame.index == self.index
            and frame.group == (self.group if left is None else self.group - 1)
            and (left is None or frame.left == left)
            and (bytes.hex(frame.body) if frame.magic == END else prev_of(frame.body)) == self.prev
            and not (frame.magic == END and (left is not None or frame.left))
        )


def walk(data: memoryview, header: SegmentHeader) -> Walk:
    """Return where the good frames of the segment `data` end.

    Every frame must be intact, have the next index and group, and name the leaf before it; padding must be zero. A
    group that lacks frames is passed over only where an end frame stands on the next boundary: a recovery sealed it.
    """
    at = Walk(header.first_index, header.first_group, header.prev.hex())
    while not at.sealed:
        frame = read_frame(data, at.stop)
        if frame is None or not at.follows(frame, None):
            break
        if frame.magic == END:
            at.group, at.sealed, at.stop = at.group + 1, True, frame.end
            break
        at.group += 1
        _walk_group(data, at, frame)
        if not _pass_padding(data, at):
            break
    return at


def is_zero(data: Sliceable) -> bool:
    """Return whether every byte of `data` is zero."""
    pieces = (bytes(data[start : start + _COMPARED]) for start in range(0, len(data), _COMPARED))
    return all(piece == _ZEROS[: len(piece)] for piece in pieces)


def later_group(data: memoryview, at: Walk) -> int | None:
    """Return the offset of an intact frame, on a later boundary, of a group later than the suspect one.

    It proves that the suspect group had been acknowledged: what stands before it is damage, not a torn write.
    """
    for offset in range(aligned(at.stop + 1), len(data), BOUNDARY):
        frame = read_frame(data, offset)
        if frame is not None and frame.group > at.suspect():
            return offset
    return None


def _walk_group(data: memoryview, at: Walk, frame: Frame) -> None:
    """Step over `frame` and those that follow in its group."""
    left = frame.left
    while True:
        at.index, at.prev, at.stop, at.missing = frame.index + 1, leaf_hash(frame.body).hex(), frame.end, left
        at.latest_ms = max(at.latest_ms, record_ms(frame.body) or 0)
        if left == 0:
            return
        left -= 1
        following = read_frame(data, at.stop)
        if following is None or not at.follows(following, left):
            return
        frame = following


def _pass_padding(data: memoryview, at: Walk) -> bool:
    """Step to the next boundary if nothing but zeros lies between, and the group is whole or sealed as it is."""
    boundary = aligned(at.stop)
    if not is_zero(data[at.stop : boundary]):
        return False
    if at.missing:
        end = read_frame(data, boundary)
        if end is None or end.magic != END or not at.follows(end, None):
            return False
    at.stop = boundary
    return True
