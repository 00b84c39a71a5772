"""How long the device takes to sync a small write: what every answer will wait for, at least."""

from __future__ import annotations

import os
import tempfile
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = bytes(4096)
SLOW_MS: Final = 5.0  # a median above this is worth a warning


class SyncSpeed(NamedTuple):
    """Milliseconds of a write of one page and its sync."""

    p50: float
    p99: float

    @property
    def slow(self) -> bool:
        """Return whether answers will be slow for no other reason than this."""
        return self.p50 > SLOW_MS


def sync_speed(folder: Path, writes: int = 200, seconds: float = 0.5) -> SyncSpeed:
    """Return how fast `folder` syncs, by up to `writes` writes or `seconds`, whichever ends first; nothing stays there.

    Raises:
        UnavailableError: the device fails.
    """
    try:
        took = sorted(_times(folder, writes, seconds))
    except OSError as fault:
        message = f"{folder}: cannot be written ({fault.strerror}); mend the device, or make room, then start again"
        raise UnavailableError(message) from fault
    return SyncSpeed(took[len(took) // 2], took[min(len(took) - 1, len(took) * 99 // 100)])


def _times(folder: Path, writes: int, seconds: float) -> list[float]:
    """Return the milliseconds of each write, two at least."""
    took: list[float] = []
    began = time.monotonic()
    with tempfile.TemporaryFile(dir=folder) as file:
        os.pwrite(file.fileno(), PAGE * writes, 0)  # room of its own first: then a sync writes data and no metadata
        os.fsync(file.fileno())
        while len(took) < writes and (len(took) < 2 or time.monotonic() - began < seconds):  # noqa: PLR2004  # two make a p99
            start = time.perf_counter()
            os.pwrite(file.fileno(), PAGE, len(took) * len(PAGE))
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - start) * 1000)
    return took
