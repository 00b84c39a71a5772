"""Writes groups of records: one write and one sync a group, then receipts. Belongs to one thread at a time."""

from __future__ import annotations

import struct
import time
from binascii import hexlify
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from zlib import crc32

from adapters.device.system_calls import write_all
from adapters.stores.segments import padded, seal
from pdp.log.entry import FRAMING, record_ms
from pdp.log.frames import FRAME_HEAD, RECORD, SegmentHeader, aligned
from pdp.model import Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.device.system_calls import SystemCalls
    from adapters.stores.journal_recovery import Standing
    from adapters.stores.segments import Segment, SegmentFolder

BACK_STEP_MS: Final = 10_000  # ids that go back further begin a segment, so that within one they can be bisected

_COVERED = struct.Struct(">IQQI")
_CRC = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Durable:
    """How far the journal is on the device; a reader goes no further."""

    first_index: int  # of the open segment
    offset: int  # end of the last synced group, on a boundary
    index: int  # of the next entry


class GroupWriter:
    """Numbers, links, frames and writes records. `durable` is replaced whole, after the sync."""

    def __init__(self, origin: str, folder: SegmentFolder, calls: SystemCalls, standing: Standing) -> None:
        self._origin = origin
        self._folder = folder
        self._calls = calls
        self._index = standing.index
        self._group = standing.group
        self._prev = standing.prev.encode()
        self._latest_ms = standing.latest_ms if standing.segment else 0
        self._segment = standing.segment or self._begin()
        self._first_index = standing.first_index if standing.segment else standing.index
        self.durable = Durable(self._first_index, self._segment.offset, self._index)

    def write(self, records: Sequence[bytes]) -> list[Receipt]:
        """Return the receipts of `records`, in order, once all of them are on the device.

        Args:
            records: one group: at least one, together no longer than `SegmentFolder.capacity`.

        Raises:
            OSError: they may not be. The writer must not be used again.
        """
        size = sum(map(len, records)) + len(records) * (FRAME_HEAD + FRAMING)
        if aligned(size) > self._segment.room or self._went_back(records[0]):
            self._rotate()
        segment = self._segment
        group, receipts = self._framed(records)
        write_all(self._calls, segment.fd, group, segment.offset)
        self._calls.fdatasync(segment.fd)
        segment.offset += len(group)
        self.durable = Durable(self._first_index, segment.offset, self._index)
        if segment.offset * 2 > segment.size:
            self._folder.prepare()
        return receipts

    def close(self, *, end: bool = False) -> None:
        """Close the file; what was written stays. With `end`, its segment is the last one, and ends here."""
        self._folder.close()
        if end:
            seal(self._calls, self._segment, self._index, self._group, self._prev.decode())
        self._calls.close(self._segment.fd)

    def _framed(self, records: Sequence[bytes]) -> tuple[bytes, list[Receipt]]:
        """Return the bytes of one group, and the receipts it will earn.

        Entries and frames are written out here, as `pdp.log.entry` and `pdp.log.frames` define them, because this loop
        is most of what a record costs; a test holds the bytes equal to theirs.
        """
        index, prev, number = self._index, self._prev, self._group
        parts: list[bytes] = []
        receipts: list[Receipt] = []
        left = len(records)
        for record in records:
            left -= 1
            entry = b'{"prev":"%b","record":%b,"seq":%d,"v":1}' % (prev, record, index)
            covered = _COVERED.pack(len(entry), index, number, left)
            parts += (RECORD, covered, _CRC.pack(crc32(entry, crc32(covered))), entry)
            prev = hexlify(sha256(b"\x00" + entry).digest())
            receipts.append(Receipt(self._origin, index, prev.decode()))
            index += 1
        self._index, self._prev, self._group = index, prev, number + 1
        return padded(b"".join(parts)), receipts

    def _rotate(self) -> None:
        """Seal the open segment and begin the next one."""
        seal(self._calls, self._segment, self._index, self._group, self._prev.decode())
        self._group += 1
        sealed, self._segment = self._segment, self._begin()
        self._calls.close(sealed.fd)
        self._first_index = self._index
        self._latest_ms = 0

    def _begin(self) -> Segment:
        origin = sha256(self._origin.encode()).digest()
        prev = bytes.fromhex(self._prev.decode())
        return self._folder.begin(SegmentHeader(self._index, self._group, int(time.time()), prev, origin))

    def _went_back(self, record: bytes) -> bool:
        """Return whether the clock that made the ids was set back, after which bisecting would miss some."""
        ms = record_ms(record)
        if ms is None:
            return False
        went_back = ms < self._latest_ms - BACK_STEP_MS
        self._latest_ms = max(self._latest_ms, ms)
        return went_back
