"""The members of a call's query that a route reads; each may come once, however it is spelt.

A data API reads the query again with a parser of its own. What two parsers could read differently is refused, but only
where the question depends on it: other members are the data API's alone.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from adapters.gateways.headers import RejectedError

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_QUERY: Final = 16 * 1024  # bytes
MAX_VALUE: Final = 4096  # bytes of one member that is read, once decoded
_STRAY: Final = re.compile(rb"[^!-~]|[;#\\]")
_UNFINISHED: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})


def read_query(query: bytes, wanted: Collection[str]) -> dict[str, str]:
    """Return those members of `query` that are `wanted`, decoded once.

    Raises:
        RejectedError: one of them comes twice or in another case, or the query can be read in several ways.
    """
    if not wanted:
        return {}
    if len(query) > MAX_QUERY:
        raise RejectedError(400, f"query: is longer than {MAX_QUERY} bytes")
    if _STRAY.search(query):
        raise RejectedError(400, r"query: has one of ; # \ or a byte that must be percent-encoded")
    folded = {name.casefold(): name for name in wanted}
    found: dict[str, str] = {}
    for part in filter(None, query.split(b"&")):
        raw_name, _, raw_value = part.partition(b"=")
        name = _decoded(raw_name)
        stem = name.split("[", 1)[0].strip().casefold()
        if stem not in folded:
            continue
        if name != folded[stem]:
            raise RejectedError(400, f"query: must spell {folded[stem]} so, once, and without brackets")
        if name in found:
            raise RejectedError(400, f"query: {name} comes twice")
        found[name] = _value(name, raw_value)
    return found


def _value(name: str, raw: bytes) -> str:
    """Return the value of a member that is read; nothing in it is invisible, and no blank is spelt as +."""
    if b"+" in raw:
        raise RejectedError(400, f"query: {name} has a +, which some read as a blank; write %2B or %20")
    value = _decoded(raw)
    if len(value.encode()) > MAX_VALUE:
        raise RejectedError(400, f"query: {name} is longer than {MAX_VALUE} bytes")
    if not unicodedata.is_normalized("NFC", value) or any(unicodedata.category(sign) in _INVISIBLE for sign in value):
        raise RejectedError(400, f"query: {name} has a character that cannot be seen, or is not in form NFC")
    return value


def _decoded(raw: bytes) -> str:
    if _UNFINISHED.search(raw):
        raise RejectedError(400, "query: has a % that two hexadecimal digits do not follow")
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as broken:
        raise RejectedError(400, "query: is not UTF-8 once decoded") from broken
