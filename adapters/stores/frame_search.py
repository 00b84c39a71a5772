"""Find frames in a segment by bisecting its boundaries: where an index or a time begins, what holds a byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdp.log.entry import record_ms
from pdp.log.frames import BOUNDARY, END, aligned, read_frame
from pdp.log.walk import is_zero

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdp.log.frames import Frame, Sliceable

END_OF_TIME: Final = 1 << 48  # milliseconds; no id reaches it
_LONGEST_STEP: Final = 256 * BOUNDARY


def boundary_where(view: Sliceable, beyond: Callable[[Frame], bool], *, before: bool = True) -> int:
    """Return the boundary at which groups begin to be `beyond`; with `before`, that of the group in front of it."""
    low, high = 1, len(view) // BOUNDARY
    while low < high:
        middle = (low + high) // 2
        frame = _frame_from(view, middle * BOUNDARY, high * BOUNDARY)
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


def frame_around(view: Sliceable, hit: int) -> Frame | None:
    """Return the frame whose body holds the byte at `hit`."""
    offset = hit // BOUNDARY * BOUNDARY
    while offset > 0 and read_frame(view, offset) is None:
        offset -= BOUNDARY
    frame = read_frame(view, offset)
    while frame is not None and frame.end <= hit:
        frame = read_frame(view, frame.end)
    return frame


def last_group(view: Sliceable) -> list[Frame]:
    """Return the frames of the last group of records in a segment, as far as they are intact."""
    frame = read_frame(view, boundary_where(view, lambda _: False))
    frames = []
    while frame is not None and frame.magic != END:
        frames.append(frame)
        frame = read_frame(view, frame.end)
    return frames


def end_frame(view: Sliceable) -> Frame | None:
    """Return the frame that ends a sealed segment, with nothing but zeros behind it; None if there is none."""
    offset = len(view) - BOUNDARY
    while offset > 0 and not bytes(view[offset : offset + BOUNDARY]).strip(b"\x00"):
        offset -= BOUNDARY
    frame = read_frame(view, offset)
    if frame is None or frame.magic != END or bytes(view[frame.end : offset + BOUNDARY]).strip(b"\x00"):
        return None
    return frame


def time_of(view: Sliceable, frame: Frame | None) -> int:
    """Return the milliseconds in the id of `frame`, or of the next group that has one; else the end of time."""
    while frame is not None:
        ms = record_ms(frame.body)
        if ms is not None:
            return ms
        frame = _frame_from(view, aligned(frame.end))
    return END_OF_TIME


def first_time(view: Sliceable) -> int:
    """Return the milliseconds of the first id in a segment, the end of time if it has none."""
    return time_of(view, _frame_from(view, BOUNDARY))


def last_time(view: Sliceable) -> int:
    """Return the latest milliseconds among the ids of the last records of a segment; where it is ended, from its end.

    A time that has no id shows the group before.
    """
    end = end_frame(view)
    if end is None:
        return _latest(last_group(view))
    offset = (end.end - 1) // BOUNDARY * BOUNDARY - BOUNDARY
    while offset > 0:
        frame, frames = read_frame(view, offset), []
        while frame is not None and frame.magic != END:
            frames.append(frame)
            frame = read_frame(view, frame.end)
        if _latest(frames):
            return _latest(frames)
        offset -= BOUNDARY
    return 0


def _latest(frames: list[Frame]) -> int:
    return max((record_ms(frame.body) or 0 for frame in frames), default=0)


def _frame_from(view: Sliceable, offset: int, stop: int | None = None) -> Frame | None:
    """Return the frame on the first boundary from `offset` on that has one; None if there is none before `stop`.

    What lies behind the last group of the open segment is zeros, which are passed over in ever larger steps.
    """
    step, stop = BOUNDARY, len(view) if stop is None else stop
    while offset < stop:
        frame = read_frame(view, offset)
        if frame is not None:
            return None if frame.magic == END else frame
        if is_zero(view[offset : offset + step]):
            offset += step
            step = min(2 * step, _LONGEST_STEP)
        else:
            offset += BOUNDARY
            step = BOUNDARY
    return None
