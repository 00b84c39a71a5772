"""The fault of a journal that is not as it was written, whoever finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path


class JournalDamagedError(UnavailableError):
    """The journal is not as it was written, where an answer may rest on it; the operator must find out why."""

    def __init__(self, path: Path, offset: int, index: int, fault: str) -> None:
        """Say what is wrong at byte `offset` of the segment in `path`, and with which entry it begins.

        Args:
            path: of the segment, in either form.
            offset: in the segment as it was written; a sealed one is counted as if it were not compressed.
            index: of the first entry that may be lost.
            fault: what is wrong.
        """
        super().__init__(
            f"{path}: byte {offset}: {fault} at index {index}; keep the folder as it is, restore it from a copy that "
            "verifies, or begin a new log in another folder"
        )
        self.path = path
        self.offset = offset
        self.index = index
