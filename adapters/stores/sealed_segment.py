"""Sealed segments: zstd frames of one MiB of the segment each, and a seek table, so that any part can be read alone.

`zstd -d` gives the segment back byte for byte: the table, in the seekable format of zstd's own authors, stands in a
frame that decompressors skip. Every frame has a checksum of what it holds.
"""

from __future__ import annotations

import os
import struct
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import zstandard

from adapters.stores.damage import JournalDamagedError
from adapters.stores.segments import first_index_of
from pdp.log.frames import BOUNDARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FRAME: Final = 1 << 20  # bytes of the segment in one frame
LEVEL: Final = 9  # benchmarks/sealed_size.py: 3 % more than level 15 leaves, at a quarter of its time
HEAD: Final = 1 << 16  # bytes at the beginning that can be had without the rest of their frame
_LITTLE: Final = 1 << 15  # compressed bytes read at a time where only the beginning is wanted
REMEMBERED: Final = 16  # frames that a reader keeps decompressed

_SKIPPED: Final = struct.Struct("<II")  # magic and length of the frame that holds the table
_SKIPPED_MAGIC: Final = 0x184D2A5E
_ENTRY: Final = struct.Struct("<II")  # bytes of a frame: compressed, decompressed
_FOOTER: Final = struct.Struct("<IBI")  # frames, flags, magic
_FOOTER_MAGIC: Final = 0x8F92EAB1


def compressed(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Yield the bytes of a sealed segment: a frame for each of `pieces`, then the seek table."""
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, write_content_size=True)
    sizes = []
    for piece in pieces:
        frame = compressor.compress(piece)
        sizes.append((len(frame), len(piece)))
        yield frame
    table = b"".join(_ENTRY.pack(*size) for size in sizes)
    length = len(table) + _FOOTER.size
    yield _SKIPPED.pack(_SKIPPED_MAGIC, length) + table + _FOOTER.pack(len(sizes), 0, _FOOTER_MAGIC)


class _Place(NamedTuple):
    """Where a frame lies in the file, and how much of the segment it holds."""

    offset: int
    size: int
    holds: int


class FrameCache:
    """The frames that were decompressed last, of all segments of one reader. Safe from several threads."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._frames: OrderedDict[tuple[int, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[int, ...]) -> bytes | None:
        """Return the frame kept under `key`, or None."""
        with self._lock:
            frame = self._frames.get(key)
            if frame is not None:
                self._frames.move_to_end(key)
            return frame

    def put(self, key: tuple[int, ...], frame: bytes) -> None:
        """Keep a frame; the one that was not asked for longest goes."""
        with self._lock:
            self._frames[key] = frame
            if len(self._frames) > self._remembered:
                self._frames.popitem(last=False)


class SealedView:
    """A sealed segment, read like the bytes of the segment; only what is asked for is decompressed.

    Damage shows as `JournalDamagedError`, never as other bytes.
    """

    def __init__(self, path: Path, cache: FrameCache | None = None) -> None:
        """Open the sealed segment in `path`.

        Raises:
            FileNotFoundError: it is not there.
            JournalDamagedError: it has no intact seek table.
        """
        self._path = path
        self._cache = cache or FrameCache()
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            found = os.fstat(self._fd)
            self._identity = (found.st_dev, found.st_ino, found.st_mtime_ns)
            self._places = self._table(found.st_size)
        except BaseException:
            os.close(self._fd)
            raise
        self._length = sum(place.holds for place in self._places)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, wanted: slice) -> bytes:
        start, stop, _ = wanted.indices(self._length)
        if start >= stop:
            return b""
        if stop <= HEAD and self._cache.get((*self._identity, 0)) is None:
            return self._head()[start:stop]
        first, last = start // FRAME, (stop - 1) // FRAME
        if first == last:
            return self._frame(first)[start - first * FRAME : stop - first * FRAME]
        whole = b"".join(self._frame(number) for number in range(first, last + 1))
        return whole[start - first * FRAME : stop - first * FRAME]

    def frames(self) -> Iterator[bytes]:
        """Yield all of the segment, frame by frame, as it is in the file now."""
        for number in range(len(self._places)):
            yield self._decompressed(number)

    def _frame(self, number: int) -> bytes:
        key = (*self._identity, number)
        frame = self._cache.get(key)
        if frame is None:
            frame = self._decompressed(number)
            self._cache.put(key, frame)
        return frame

    def _decompressed(self, number: int) -> bytes:
        place = self._places[number]
        try:
            # A frame that lies about its size cannot make this take more room than it should.
            frame = zstandard.ZstdDecompressor().decompress(self._read(place), max_output_size=place.holds)
        except zstandard.ZstdError as fault:
            raise self._damaged(number * FRAME, f"a frame that is not as it was written ({fault})") from fault
        if len(frame) != place.holds:
            raise self._damaged(number * FRAME, "a frame of another length than the seek table says")
        return frame

    def _head(self) -> bytes:
        """Return the beginning at the cost of no more than a block; what stands in it has checksums of its own."""
        key = (*self._identity, -1)
        head = self._cache.get(key)
        if head is None:
            try:
                with (
                    open(self._fd, "rb", buffering=0, closefd=False) as file,
                    zstandard.ZstdDecompressor().stream_reader(file, read_size=_LITTLE) as reader,
                ):
                    file.seek(0)
                    head = reader.read(HEAD)
            except zstandard.ZstdError as fault:
                raise self._damaged(0, f"a frame that is not as it was written ({fault})") from fault
            self._cache.put(key, head)
        return head

    def _read(self, place: _Place) -> bytes:
        return os.pread(self._fd, place.size, place.offset)

    def _table(self, size: int) -> list[_Place]:
        """Return where the frames lie; every number of the table is held against the file."""
        footer = os.pread(self._fd, _FOOTER.size, max(0, size - _FOOTER.size)).rjust(_FOOTER.size, b"\x00")
        count, flags, magic = _FOOTER.unpack(footer)
        begins = size - _SKIPPED.size - count * _ENTRY.size - _FOOTER.size
        head = (_SKIPPED_MAGIC, count * _ENTRY.size + _FOOTER.size)
        if (flags, magic) != (0, _FOOTER_MAGIC) or begins < 0 or not count:
            raise self._damaged(0, "no seek table at the end of a sealed segment")
        table = os.pread(self._fd, size - begins, begins)
        if _SKIPPED.unpack_from(table) != head:
            raise self._damaged(0, "no seek table at the end of a sealed segment")
        places, offset = [], 0
        for number in range(count):
            packed, holds = _ENTRY.unpack_from(table, _SKIPPED.size + number * _ENTRY.size)
            if holds != FRAME and not (number == count - 1 and 0 < holds < FRAME and holds % BOUNDARY == 0):
                raise self._damaged(number * FRAME, "a seek table that is not as it was written")
            places.append(_Place(offset, packed, holds))
            offset += packed
        if offset != begins:
            raise self._damaged(0, "a seek table that does not fit the file")
        return places

    def _damaged(self, offset: int, fault: str) -> JournalDamagedError:
        return JournalDamagedError(self._path, offset, first_index_of(self._path), fault)
