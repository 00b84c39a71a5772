"""What lies on the device, read without a line of the code that wrote it: entries, their chain, tree roots, notes."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import TYPE_CHECKING, Final
from zlib import crc32

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PAGE: Final = 4096
_HEAD = struct.Struct(">4sIQQII")  # magic, length, index, group, frames left, CRC-32
_SEGMENT = struct.Struct(">4sIQQQ32s")  # magic, version, first index, first group, created, leaf before


class BrokenError(Exception):
    """What lies on the device contradicts itself, or what was promised."""


def leaf(entry: bytes) -> bytes:
    """Return the leaf hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def entries(journal: Path, since: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield `(index, entry)` from the segment that holds `since` on, up to the first place that is no next frame.

    Raises:
        BrokenError: a segment does not follow the one before.
    """
    files = {int(path.name.partition(".")[0]): path for path in sorted(journal.glob("[0-9]*.seg*"), reverse=True)}
    firsts = sorted(files)
    begin = max((first for first in firsts if first <= since), default=0)
    expected: tuple[int, bytes] | None = None
    for first in (first for first in firsts if first >= begin):
        data = _content(files[first])
        index, before = _SEGMENT.unpack_from(data)[2::3]
        if index != first or expected not in {None, (index, before)}:
            message = f"{files[first]}: begins with entry {index}, and {expected} was expected"
            raise BrokenError(message)
        expected = index, before
        for entry in _frames(data, index, before):
            yield expected[0], entry
            expected = expected[0] + 1, leaf(entry)


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
    return data


def _frames(data: bytes, index: int, before: bytes) -> Iterator[bytes]:
    """Yield the entries of one segment; a group that a recovery cut short is followed by an end on the next page."""
    offset = PAGE
    while True:
        body = _next(data, offset, index, before)
        if body is None:
            return
        yield body
        index, before = index + 1, leaf(body)
        offset += _HEAD.size + len(body)
        if _next(data, offset, index, before) is None:
            offset = -(-offset // PAGE) * PAGE


def _next(data: bytes, offset: int, index: int, before: bytes) -> bytes | None:
    """Return the body of the frame of entry `index` at `offset`, or None if that is not what stands there."""
    if offset + _HEAD.size > len(data):
        return None
    magic, length, found, _, _, crc = _HEAD.unpack_from(data, offset)
    start = offset + _HEAD.size
    body = data[start : start + length]
    whole = magic == b"PDPF" and found == index and len(body) == length > 0
    if not whole or crc32(body, crc32(data[offset + 4 : start - 4])) != crc:
        return None
    return body if body.startswith(b'{"prev":"%b"' % before.hex().encode()) else None


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash over leaf hashes. Source: RFC 6962 § 2.1."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()


def signed(path: Path) -> tuple[int, bytes] | None:
    """Return size and root that the note in `path` commits to, or None where there is no such file.

    Raises:
        BrokenError: it is no note.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        _, size, hashed = text.partition("\n\n")[0].split("\n")[:3]
        return int(size), base64.b64decode(hashed, validate=True)
    except ValueError as fault:
        message = f"{path}: {text[:80]!r} is no note"
        raise BrokenError(message) from fault


def tile(leaves: Sequence[bytes], level: int, number: int, width: int) -> bytes:
    """Return the hashes of one tile over `leaves`. Source: C2SP tlog-tiles."""
    each = 256**level
    first = number * 256
    return b"".join(root(leaves[place * each : (place + 1) * each]) for place in range(first, first + width))
