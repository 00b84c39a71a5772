"""Bodies in gzip, both ways, for doors whose clients send and expect it; what comes out of one is bounded."""

from __future__ import annotations

import gzip
import re
import zlib
from typing import TYPE_CHECKING, Final

from adapters.gateways.body import TOO_LONG
from adapters.gateways.headers import RejectedError
from adapters.gateways.strict_json import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.gateways.headers import Pairs

WORTH_IT: Final = 1024  # bytes; a shorter answer is sent as it is
_LEVEL: Final = 1  # an answer is read once, and its reader waits
_GZIP_MEMBER: Final = 31  # to zlib: a gzip header and trailer, the largest window
_REFUSED: Final = re.compile(r"q=0(\.0*)?")


def without_gzip(sent: Iterable[tuple[bytes, bytes]]) -> tuple[Pairs, bool]:
    """Return the headers less one `Content-Encoding: gzip`, and whether the body is announced to be in gzip."""
    pairs = list(sent)
    encodings = [value for name, value in pairs if name == b"content-encoding"]
    if len(encodings) != 1 or encodings[0].strip().lower() not in {b"gzip", b"x-gzip"}:
        return pairs, False  # whoever reads the headers refuses what is left
    return [(name, value) for name, value in pairs if name != b"content-encoding"], True


def unpacked(body: bytes) -> bytes:
    """Return what `body` holds; raise RejectedError if it is no whole gzip, or holds more than 1 MiB."""
    packed = zlib.decompressobj(_GZIP_MEMBER)
    try:
        held = packed.decompress(body, MAX_BYTES + 1)
    except zlib.error:
        raise RejectedError(400, "body: is no gzip") from None
    if len(held) > MAX_BYTES:
        raise RejectedError(400, TOO_LONG)
    if not packed.eof or packed.unused_data:
        raise RejectedError(400, "body: is no single, whole gzip member")
    return held


def packed(body: bytes) -> bytes:
    """Return `body` in gzip; equal bodies give equal bytes."""
    return gzip.compress(body, _LEVEL, mtime=0)


def accepts_gzip(sent: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether `Accept-Encoding` names gzip, and does not refuse it."""
    for name, value in sent:
        if name == b"accept-encoding":
            for entry in value.decode("latin-1").lower().split(","):
                coding, _, weight = entry.partition(";")
                if coding.strip() in {"gzip", "x-gzip"} and not _REFUSED.fullmatch(weight.replace(" ", "")):
                    return True
    return False
