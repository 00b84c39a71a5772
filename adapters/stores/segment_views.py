"""One way to look at a segment, whichever form it has: mapped if it is raw, piece by piece if it is sealed."""

from __future__ import annotations

import mmap
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from adapters.stores.damage import JournalDamagedError
from adapters.stores.sealed_segment import SealedView
from adapters.stores.segments import sealed_name, segment_name
from pdp.log.frames import BOUNDARY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.stores.sealed_segment import FrameCache
    from pdp.log.frames import Sliceable


@contextmanager
def viewed(
    folder: Path, first_index: int, limit: int | None = None, cache: FrameCache | None = None
) -> Iterator[tuple[Path, Sliceable]]:
    """Yield the path and the bytes of the segment that begins with entry `first_index`.

    The raw form counts where both are there. It is looked for first, and goes only when the other has its name: a
    reader beside the process that seals always finds one of them.

    Args:
        folder: of the journal.
        first_index: names the segment.
        limit: bytes of a raw segment that may be read; None: all.
        cache: of the reader.

    Raises:
        JournalDamagedError: it is in neither form, or not as it was written.
    """
    path = folder / segment_name(first_index)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        with _sealed(folder, first_index, cache) as view:
            yield folder / sealed_name(first_index), view
        return
    try:
        size = os.fstat(fd).st_size
        if size < BOUNDARY:
            raise JournalDamagedError(path, 0, first_index, "no header")
        with mmap.mmap(fd, min(size, limit or size), access=mmap.ACCESS_READ) as raw, memoryview(raw) as view:
            yield path, view
    finally:
        os.close(fd)


def _sealed(folder: Path, first_index: int, cache: FrameCache | None) -> SealedView:
    path = folder / sealed_name(first_index)
    try:
        return SealedView(path, cache)
    except FileNotFoundError as missing:
        raise JournalDamagedError(path, 0, first_index, "no segment") from missing
