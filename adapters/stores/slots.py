"""Which of a writer's logs is the current one, which are closed, and what a new one says of the one before.

A log is closed by its last record, `log.closed`; nothing stands behind it. The next start begins the next log.
Source: the decision log's format, § 8.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from adapters.stores.frame_search import end_frame, last_group
from adapters.stores.journal_folder import lock
from adapters.stores.journal_recovery import recover
from adapters.stores.log_reader import PRUNED, LogReader
from adapters.stores.segment_views import viewed
from adapters.stores.segments import first_index_of, seal, segment_paths
from pdp.errors import UnavailableError
from pdp.log.entry import record_of
from pdp.log.frames import BOUNDARY, END, read_frame

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from adapters.device.system_calls import SystemCalls

PERIOD: Final = timedelta(days=365)  # for which records are put into one log
CLOSED: Final = "log.closed"


def slots_of(data: Path, node: str) -> list[int]:
    """Return the numbers of a writer's logs in a data folder, oldest first."""
    names = (path.parent.name for path in data.glob(f"{node}-*/journal"))
    found = (name.removeprefix(f"{node}-") for name in names if name.startswith(f"{node}-"))
    return sorted(int(slot) for slot in found if slot.isdecimal() and str(int(slot)) == slot)


def current_slot(data: Path, node: str) -> int:
    """Return the number of the log that a writer goes on with: its newest, or the next one if that is closed.

    Raises:
        JournalDamagedError: the newest cannot be read.
    """
    slots = slots_of(data, node)
    if not slots:
        return 0
    return slots[-1] + is_closed(data / f"{node}-{slots[-1]}")


def is_closed(folder: Path) -> bool:
    """Return whether the log in `folder` has its last record; one that was pruned had.

    Raises:
        JournalDamagedError: its end cannot be read.
    """
    if (folder / PRUNED).exists():
        return True
    last = last_record(folder)
    return last is not None and last["kind"] == CLOSED


def last_record(folder: Path) -> Mapping[str, object] | None:
    """Return the last record in the log in `folder`, as far as it is whole; None: it has none."""
    for path in reversed(segment_paths(folder / "journal")):
        with viewed(folder / "journal", first_index_of(path)) as (_, view):
            frames = last_group(view)
        if frames:
            return _record(frames[-1].body)
    return None


def first_record(folder: Path) -> Mapping[str, object] | None:
    """Return the first record in the log in `folder`; None: it has none."""
    for path in segment_paths(folder / "journal")[:1]:
        with viewed(folder / "journal", first_index_of(path)) as (_, view):
            frame = read_frame(view, BOUNDARY)
        if frame is not None and frame.magic != END:
            return _record(frame.body)
    return None


def overdue(folder: Path, now: datetime) -> bool:
    """Return whether the log in `folder` is to be closed, because its period is over at `now`."""
    first = first_record(folder)
    return first is not None and now - datetime.fromisoformat(str(first["at"])) >= PERIOD


def previous_log(data: Path, node: str, slot: int) -> Mapping[str, object]:
    """Return what `log.opened` of log `slot` says of the one before, as a member `previous`; empty for the first.

    Raises:
        UnavailableError: nothing of the one before was signed.
    """
    before = [number for number in slots_of(data, node) if number < slot]
    if not before:
        return {}
    checkpoint = LogReader(data / f"{node}-{before[-1]}").checkpoint
    return {"previous": {"origin": checkpoint.origin, "root": checkpoint.root.hex(), "size": checkpoint.size}}


def end_log(folder: Path, origin: str, calls: SystemCalls = os) -> None:
    """Write the end frame of a closed log that was stopped before it had one.

    Raises:
        JournalDamagedError: the journal is not as it was written.
        UnavailableError: a process writes it, or the device fails.
    """
    held = lock(folder)
    try:
        path = segment_paths(folder / "journal")[-1]
        with viewed(path.parent, first_index_of(path)) as (_, view):
            ended = end_frame(view) is not None
        standing = None if ended else recover(folder / "journal", origin, calls)
        if standing is not None and standing.segment is not None:
            seal(calls, standing.segment, standing.index, standing.group, standing.prev)
            calls.close(standing.segment.fd)
    except OSError as fault:
        message = f"{folder}: the log cannot be ended ({fault}); mend the device, then try again"
        raise UnavailableError(message) from fault
    finally:
        os.close(held)


def _record(entry: bytes) -> Mapping[str, object]:
    record: Mapping[str, object] = json.loads(record_of(entry))
    return record
