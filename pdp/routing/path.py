"""The one canonical form of a path: what is not in it is refused, nothing is repaired, merged or decoded twice.

A gateway, this service and the data API each read a path with a parser of their own. A path that two of them could read
differently is no question.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from pdp.errors import RequestError

MAX_PATH: Final = 2048  # bytes
_REFUSED: Final = (
    (
        re.compile(rb"[^!-~]|[\\;#?\"<>\[\]^`{|}]|//"),
        r"has one of \ ; # ?, two slashes in a row, a space, or a byte that must be percent-encoded",
    ),
    (re.compile(rb"%(?![0-9A-Fa-f]{2})"), "has a % that two hexadecimal digits do not follow"),
    (
        re.compile(rb"%(?:2[fF]|5[cC]|2[eE]|25|3[bB]|[01][0-9A-Fa-f]|7[fF])"),
        r"hides one of / \ . % ; or a control character behind percent-encoding",
    ),
)
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
_DOTS: Final = frozenset({".", ".."})


class PathError(RequestError):
    """A path is not in canonical form; the message names the fault and never quotes the path."""

    def __init__(self, fault: str) -> None:
        super().__init__("path", fault)


def canonical_path(raw: bytes) -> tuple[str, ...]:
    """Return the segments of `raw`, the path of a request before its first `?`, each decoded once.

    Only the last segment can be empty: `/api/` is `("api", "")`, and another path than `/api`.

    Raises:
        PathError: it is not in canonical form.
    """
    fault = _fault(raw)
    if fault is not None:
        raise PathError(fault)
    return tuple([_decoded(part) for part in raw[1:].split(b"/")])


def spelled(segments: tuple[str, ...]) -> bytes:
    """Return the path whose canonical form is `segments`."""
    return b"/" + b"/".join([quote_from_bytes(segment.encode(), safe="").encode() for segment in segments])


def _fault(raw: bytes) -> str | None:
    """Return why `raw` is refused as it was sent."""
    if not raw.startswith(b"/"):
        return "must begin with /, as it does in a request line"
    if len(raw) > MAX_PATH:
        return f"is longer than {MAX_PATH} bytes"
    return next((fault for pattern, fault in _REFUSED if pattern.search(raw)), None)


def _decoded(part: bytes) -> str:
    try:
        text = unquote_to_bytes(part).decode("utf-8")
    except UnicodeDecodeError as broken:
        fault = "is not UTF-8 once decoded"
        raise PathError(fault) from broken
    fault_of_text = _fault_of(text)
    if fault_of_text is not None:
        raise PathError(fault_of_text)
    return text


def _fault_of(text: str) -> str | None:
    """Return why a segment is refused that reads `text` once decoded."""
    if text in _DOTS:
        return "has a segment . or .."
    if text.isascii():
        return None
    if not unicodedata.is_normalized("NFC", text):
        return "is not in Unicode's form NFC once decoded"
    if any(unicodedata.category(sign) in _INVISIBLE for sign in text):
        return "has a character that cannot be seen, or that Unicode does not know"
    return None
