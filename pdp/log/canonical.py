"""Canonical JSON: the part of RFC 8785 on which all encoders agree. Source: the decision log's format, § 1.2."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence

LARGEST = 2**53 - 1  # beyond it, readers that keep numbers as doubles disagree
WHOLE = ""  # JSON Pointer of a whole value
DEPTH = 32  # deeper than any record; a decoder that meets more is being attacked

# Control characters, bidirectional controls and lone surrogates: invisible to people, or no text at all.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class NotCanonicalError(ValueError):
    """A value has no single canonical spelling, or bytes are not that spelling; `place` is a JSON Pointer."""

    def __init__(self, place: str, fault: str) -> None:
        super().__init__(f"{place or '/'}: {fault}")
        self.place = place
        self.fault = fault


def check_canonical(value: object, place: str = "") -> None:
    """Accept `value` if every encoder writes it the same way.

    Args:
        value: mappings with ASCII keys, sequences, NFC strings, integers within ±(2^53−1), Booleans; nothing else.
        place: JSON Pointer of `value`, for the message.

    Raises:
        NotCanonicalError: the first place that fails, and what stands there.
    """
    if isinstance(value, str):
        check_text(value, place)
    elif isinstance(value, bool):
        return
    elif isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise NotCanonicalError(place, "an integer beyond ±(2^53−1); write it as a string")
    elif isinstance(value, Mapping):
        _check_members(value, place)
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        _check_depth(place)
        for position, item in enumerate(value):
            check_canonical(item, f"{place}/{position}")
    else:
        raise NotCanonicalError(place, f"a {type(value).__name__} has no canonical form; leave it out")


def check_text(text: str, place: str = "") -> None:
    """Accept a string in NFC without control characters, bidirectional controls and lone surrogates.

    Raises:
        NotCanonicalError: it is none.
    """
    if _FORBIDDEN.search(text):
        raise NotCanonicalError(place, "a control character or half a surrogate pair; remove it")
    if not unicodedata.is_normalized("NFC", text):
        raise NotCanonicalError(place, "text that is not in NFC; normalise it")


def is_canonical_text(text: str) -> bool:
    """Return whether `check_text` accepts `text`."""
    return not _FORBIDDEN.search(text) and unicodedata.is_normalized("NFC", text)


def encode(value: object) -> bytes:
    """Return the canonical bytes of `value`.

    Raises:
        NotCanonicalError: it has none.
    """
    check_canonical(value)
    return dumps(value).encode()


def dumps(value: object) -> str:
    """Return the canonical text of a value that `check_canonical` has accepted, or would accept."""
    return _ENCODER.encode(value)


def decode(data: bytes) -> object:
    """Return the value whose canonical bytes are exactly `data`.

    Raises:
        NotCanonicalError: it is no JSON, or another spelling: doubled keys, floats, `null`, white space, another order.
    """
    try:
        value: object = json.loads(
            data.decode(), object_pairs_hook=_unique, parse_float=_refuse_number, parse_constant=_refuse_number
        )
        spelled = encode(value)
    except (UnicodeError, json.JSONDecodeError, RecursionError) as broken:
        raise NotCanonicalError(WHOLE, "this is no JSON; it was never written by an encoder of this log") from broken
    if spelled != data:
        raise NotCanonicalError(WHOLE, "another spelling of the same value; only the canonical one is accepted")
    return value


def _check_members(members: Mapping[object, object], place: str) -> None:
    _check_depth(place)
    for key, item in members.items():
        if not (isinstance(key, str) and key.isascii()):
            raise NotCanonicalError(place, "a key that is not ASCII text; keys are the schema's own words")
        check_text(key, place)
        check_canonical(item, f"{place}/{key}")


def _check_depth(place: str) -> None:
    if place.count("/") > DEPTH:
        raise NotCanonicalError(place, f"nested deeper than {DEPTH}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotCanonicalError(WHOLE, "a key stands twice in one object")
    return members


def _refuse_number(spelling: str) -> object:
    raise NotCanonicalError(WHOLE, f"{spelling[:20]} is no integer; write a smaller unit or a string")
