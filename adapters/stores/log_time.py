"""How much time has certainly gone by: not more than the records themselves saw pass, whatever the clock says now.

A clock that was set forward must not make anything old. The logs' own times are walked from one to the next, and a
gap between two neighbours counts for a month at most: a jump of years gains a month, and a service that stood still
for long deletes later than it could, never earlier.
"""

from __future__ import annotations

import re
import struct
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from adapters.stores.segment_views import viewed
from adapters.stores.segments import first_index_of, segment_paths
from adapters.stores.slots import slots_of
from pdp.log.frames import BOUNDARY, END, aligned, read_frame
from pdp.log.note import NoteError, note_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pdp.log.frames import Sliceable

GAP: Final = timedelta(days=31)  # most that one gap between two times of the logs counts for
_AT: Final = re.compile(rb'"at":"([0-9T:.-]{26}Z)"')
_COSIGNATURE: Final = 72  # bytes: Unix time, Ed25519 signature
_TIME: Final = struct.Struct(">Q")


def vouched_age(data: Path, node: str, since: datetime, now: datetime) -> timedelta:
    """Return how long ago `since` certainly was: the least that the clock, the logs and the witnesses tell.

    Args:
        data: the data folder.
        node: whose logs tell.
        since: an instant, at or after which they go on.
        now: what the clock says.

    Raises:
        JournalDamagedError: a log cannot be read.
    """
    ages = [now - since, _lived(data, node, since)]
    witnessed = _witnessed(data, node)
    if witnessed is not None:
        ages.append(witnessed - since)
    return max(timedelta(0), min(ages))


def _lived(data: Path, node: str, since: datetime) -> timedelta:
    lived, latest = timedelta(0), since
    for slot in slots_of(data, node):
        for at in _times(data / f"{node}-{slot}" / "journal"):
            if at > latest:
                lived += min(at - latest, GAP)
                latest = at
    return lived


def _times(folder: Path) -> Iterator[datetime]:
    """Yield times at which the log was written, close enough to each other wherever records are."""
    firsts = [first_index_of(path) for path in segment_paths(folder)]
    begins = [_begins(folder, first) for first in firsts]
    for first, (begin, after) in zip(firsts, pairwise([*begins, None]), strict=True):
        if begin is not None and after is not None and after - begin <= GAP:
            yield begin
        else:
            with viewed(folder, first) as (_, view):
                yield from _entry_times(view)


def _begins(folder: Path, first: int) -> datetime | None:
    """Return when the first records of a segment were written, None if it has none."""
    with viewed(folder, first) as (_, view):
        return next(_entry_times(view), None)


def _entry_times(view: Sliceable) -> Iterator[datetime]:
    """Yield when each group of a segment was written, by its first record."""
    offset = BOUNDARY
    while offset < len(view):
        frame = read_frame(view, offset)
        if frame is None or frame.magic == END:
            return
        found = _AT.search(frame.body)
        if found:
            yield datetime.fromisoformat(found[1].decode())
        for _ in range(frame.left):
            frame = read_frame(view, frame.end) if frame else None
        offset = aligned(frame.end) if frame else len(view)


def _witnessed(data: Path, node: str) -> datetime | None:
    """Return when a witness last co-signed the newest log; its clock is another's. None: nobody does."""
    newest = max(slots_of(data, node), default=0)
    path = data / f"{node}-{newest}" / "log" / "witnessed-checkpoint"
    try:
        note = note_in(path.read_bytes())
    except (OSError, NoteError):
        return None
    signed = [line.signature for line in note.lines if len(line.signature) == _COSIGNATURE]
    return max((datetime.fromtimestamp(_TIME.unpack_from(one)[0], UTC) for one in signed), default=None)
