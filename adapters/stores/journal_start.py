"""Begin to write a journal: recover it, then enter what its beginning, or a cut, calls for, before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.device.system_calls import sync_folder
from adapters.stores.journal_recovery import recover, tell
from adapters.stores.journal_writer import GroupWriter
from adapters.stores.slots import is_closed
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from adapters.device.system_calls import SystemCalls
    from adapters.stores.segments import SegmentFolder


def start(  # noqa: PLR0913, PLR0917  # as `Journal`, which hands them on
    folder: Path,
    origin: str,
    event: Callable[[str, Mapping[str, object]], bytes],
    segments: SegmentFolder,
    calls: SystemCalls,
    covered: int,
    opened: Mapping[str, object],
) -> GroupWriter:
    """Return the writer of the journal in `folder`, which is created if need be; its lock is held.

    Raises:
        JournalDamagedError: the journal is not as it was written.
        UnavailableError: the log is closed.
        OSError: the device fails.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    _keep_names(folder, calls)
    if is_closed(folder.parent):
        message = f"{origin}: this log is closed, and nothing is put behind its last record; go on with the next one"
        raise UnavailableError(message)
    standing = recover(folder, origin, calls, covered)
    writer = GroupWriter(origin, segments, calls, standing)
    told = [event("log.recovered", {"bytes": cut.size, "sha256": cut.sha256}) for cut in standing.cuts]
    if standing.index == 0:
        told.insert(0, event("log.opened", {**opened, "origin": origin}))
    for record in told:
        writer.write([record])
    tell(folder, calls)
    return writer


def _keep_names(folder: Path, calls: SystemCalls) -> None:
    """Sync every folder above `folder` on its volume: any of them may be new, and then a power cut takes all below it.

    Whoever made them may have been stopped before syncing them, so this is done at every start.
    """
    volume = folder.stat().st_dev
    for above in folder.absolute().parents:
        if above.stat().st_dev != volume:
            return
        try:
            sync_folder(calls, above)
        except PermissionError:  # who may not read a folder cannot sync it; whoever made it had to
            return
