"""Segment headers and frames, byte for byte: how entries stand in the journal. Source: the log's format, § 2.2.

All integers are big-endian. A CRC tells torn from whole; it proves nothing against a forger, leaf hashes do.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, Protocol
from zlib import crc32

BOUNDARY: Final = 4096  # bytes; each group starts on one, so that no sector that was acknowledged is written again
FRAME_HEAD: Final = 32  # bytes before a body
BODY_LIMIT: Final = 65_535
RECORD: Final = b"PDPF"
END: Final = b"PDPE"  # of a sealed segment; its body is the last leaf hash

_HEADER = struct.Struct(">4sIQQQ32s32s")  # magic, version, first index, first group, created, leaf before, origin
_MAGIC = b"PDPJ"
_VERSION = 1
_COVERED = struct.Struct(">IQQI")  # length, index, group, frames left in the group
_CRC = struct.Struct(">I")


class Sliceable(Protocol):
    """Bytes of which any part can be had; the whole need not be in memory."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def __getitem__(self, part: slice, /) -> bytes | memoryview:
        """Return a part, cut as `bytes` would be."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """One intact frame."""

    magic: bytes  # RECORD | END
    index: int
    group: int
    left: int  # frames that follow in the same group
    body: bytes
    end: int  # offset of the first byte after it


def frame_bytes(magic: bytes, index: int, group: int, left: int, body: bytes) -> bytes:
    """Return a frame. `group` grows by one with each write; `left` counts the frames after this one in its group."""
    covered = _COVERED.pack(len(body), index, group, left)
    return magic + covered + _CRC.pack(crc32(body, crc32(covered))) + body


def read_frame(data: Sliceable, offset: int) -> Frame | None:
    """Return the intact frame at `offset` of `data`, or None if none stands there."""
    magic = bytes(data[offset : offset + 4])
    start = offset + FRAME_HEAD
    if magic not in {RECORD, END} or start > len(data):
        return None
    covered = data[offset + 4 : start - 4]
    length, index, group, left = _COVERED.unpack(covered)
    body = bytes(data[start : start + length])
    (crc,) = _CRC.unpack(data[start - 4 : start])
    if not 0 < length <= BODY_LIMIT or len(body) != length or crc32(body, crc32(covered)) != crc:
        return None
    return Frame(magic, index, group, left, body, start + length)


def aligned(offset: int) -> int:
    """Return the first boundary at or after `offset`."""
    return -(-offset // BOUNDARY) * BOUNDARY


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """What the first 4,096 bytes of a segment say."""

    first_index: int
    first_group: int
    created: int  # Unix seconds
    prev: bytes  # 32 bytes, leaf hash of the entry before; zeros at index 0
    origin: bytes  # SHA-256 of the log's origin

    def pack(self) -> bytes:
        """Return the header, 4,096 bytes."""
        fields = (_MAGIC, _VERSION, self.first_index, self.first_group, self.created, self.prev, self.origin)
        head = _HEADER.pack(*fields)
        return (head + _CRC.pack(crc32(head))).ljust(BOUNDARY, b"\x00")

    @classmethod
    def parse(cls, data: bytes) -> SegmentHeader | None:
        """Return the header in `data`, or None if it is not intact or of another version."""
        head = bytes(data[: _HEADER.size])
        if len(data) < BOUNDARY or _HEADER.unpack(head)[:2] != (_MAGIC, _VERSION):
            return None
        header = cls(*_HEADER.unpack(head)[2:])
        return header if header.pack() == bytes(data[:BOUNDARY]) else None
