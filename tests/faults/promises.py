"""What was promised to somebody, noted as it was said, and whether it still stands on the device."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.on_disk import BrokenError, entries, leaf, root, signed, tile

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Promises:
    """Receipts by index, the checkpoints that were seen, and what stands on the device of both.

    It reads the journal only from the last segment it knows on, so that many rounds on one folder stay cheap.
    """

    receipts: dict[int, tuple[str, str]] = field(default_factory=dict)  # index -> leaf, id of the record ("": unknown)
    notes: dict[int, bytes] = field(default_factory=dict)  # size -> root
    said: Counter[int] = field(default_factory=Counter)  # answers by status
    leaves: list[bytes] = field(default_factory=list)  # as they stand on the device
    lost: set[int] = field(default_factory=set)
    _doubtful: int = 0  # the last walk's end: the tail from the last segment on may have been cut since

    def receipt(self, index: int, leaf_hash: str, record_id: str = "") -> None:
        """Note a receipt.

        Raises:
            BrokenError: somebody else was given the same place.
        """
        before = self.receipts.setdefault(index, (leaf_hash, record_id))
        if before != (leaf_hash, record_id):
            message = f"entry {index} was promised twice: {before}, {(leaf_hash, record_id)}"
            raise BrokenError(message)

    def note(self, folder: Path) -> None:
        """Note the checkpoint that a log's folder shows to the world now.

        Raises:
            BrokenError: it tells another story than one seen before.
        """
        seen = signed(folder / "log" / "checkpoint")
        if seen is not None and self.notes.setdefault(*seen) != seen[1]:
            message = f"{folder}: two stories are signed at size {seen[0]}"
            raise BrokenError(message)

    def check(self, folder: Path) -> None:
        """Hold what lies in `folder` against every promise.

        Raises:
            BrokenError: one does not stand; the message names it.
        """
        known = self._walk(folder / "journal")
        self.lost |= {index for index, (leaf_hash, _) in known.items() if self._leaf(index) != leaf_hash}
        if self.lost:
            message = f"{folder}: acknowledged and lost: {sorted(self.lost)[:20]}, the log ends at {len(self.leaves)}"
            raise BrokenError(message)
        self.note(folder)
        kept = signed(folder / "state" / "checkpoint")
        if kept is not None and self.notes.setdefault(*kept) != kept[1]:
            message = f"{folder}: two stories are signed at size {kept[0]}"
            raise BrokenError(message)
        if self.notes and (kept is None or kept[0] < max(self.notes)):
            message = f"{folder}: {max(self.notes)} entries were signed for all to see, and state/checkpoint is {kept}"
            raise BrokenError(message)
        for size in sorted(self.notes)[-3:]:
            if len(self.leaves) < size or root(self.leaves[:size]) != self.notes[size]:
                message = f"{folder}: what was signed at size {size} is not what stands in the journal"
                raise BrokenError(message)

    def check_tiles(self, folder: Path) -> int:
        """Return how many tiles were held against the journal; every one must follow from it.

        Raises:
            BrokenError: one does not.
        """
        paths = [path for path in (folder / "log" / "tile").rglob("*") if path.is_file() and path.name.isdigit()]
        for path in paths:
            level, number, width = _tile(path.relative_to(folder / "log" / "tile").parts)
            data = path.read_bytes()
            if data != tile(self.leaves, level, number, width):
                message = f"{path}: does not follow from the journal"
                raise BrokenError(message)
        return len(paths)

    def _walk(self, journal: Path) -> dict[int, tuple[str, str]]:
        """Read on; return the receipts for places that were read, and for places behind the end."""
        since = self._doubtful
        read = list(entries(journal, since))
        since = min([since, *(index for index, _ in read[:1])])
        del self.leaves[since:]
        for index, entry in read:
            self.leaves.append(leaf(entry))
            self._name(index, entry)
        self._doubtful = max(0, len(self.leaves) - 1)
        return {index: told for index, told in self.receipts.items() if index >= since}

    def _name(self, index: int, entry: bytes) -> None:
        """Hold the id that a caller was told against the one in the entry."""
        told = self.receipts.get(index)
        if told and told[1] and json.loads(entry)["record"]["id"] != told[1]:
            message = f"entry {index} is not the record of the answer {told[1]}"
            raise BrokenError(message)

    def _leaf(self, index: int) -> str:
        return self.leaves[index].hex() if index < len(self.leaves) else ""


def _tile(parts: tuple[str, ...]) -> tuple[int, int, int]:
    """Return level, number and width of the tile whose path has these parts."""
    level, *digits = parts
    width = 256
    if len(digits) > 1 and digits[-2].endswith(".p"):
        width = int(digits.pop())
        digits[-1] = digits[-1].removesuffix(".p")
    return int(level), int("".join(digit.removeprefix("x") for digit in digits)), width
