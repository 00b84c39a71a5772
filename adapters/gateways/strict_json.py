"""The gates every JSON body passes before anybody looks at it: size, text, depth, numbers, single names.

The first gate that fails is the answer, as `place: fault`; no part of the body is ever repeated in it. What the usual
libraries do on their own is not enough: they keep the last of two equal names, read NaN and 1e400, and stop at
depths of their own choosing.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, NoReturn

from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_WHOLE = (1 << 53) - 1
MAX_VALUES = 32_768  # commas, and likewise objects and arrays; a batch of 1,000 questions has some 20,000
BOM = "\ufeff"
BODY = "body"
CONTENT_TYPE = "content-type"
_TOO_MANY = f"has more than {MAX_VALUES} values"
_MAX_QUOTES = 8 * MAX_VALUES  # with more, strings alone outnumber the values allowed
_WHOLE_DIGITS = 16  # shorter numbers lie within the bounds
_BRACES_TO_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def check_content_type(value: bytes | None) -> None:
    """Return if the header says JSON in UTF-8; raise RequestError otherwise."""
    if value == b"application/json":
        return
    kind, _, parameter = (value or b"").lower().partition(b";")
    if kind.strip(b" \t") != b"application/json":
        raise RequestError(CONTENT_TYPE, "must be application/json")
    if parameter.strip(b" \t") not in (b"", b"charset=utf-8", b'charset="utf-8"'):
        raise RequestError(CONTENT_TYPE, "may have no other parameter than charset=utf-8")


def read_object(body: bytes) -> dict[str, object]:
    """Return the JSON object that `body` is; raise RequestError at the first gate it does not pass."""
    text = _text(body)
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH or len(body) > MAX_VALUES:
        _check_structure(body)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as broken:
        fault = f"is no JSON at line {broken.lineno}, column {broken.colno}"
        raise RequestError(BODY, fault) from None
    if not isinstance(value, dict):
        raise RequestError(BODY, "must be an object")
    if b"\\u" in body:
        _check_surrogates(value)
    return value


def _text(body: bytes) -> str:
    """Return `body` as text: neither too long, nor empty, nor anything but UTF-8 without byte order mark."""
    if len(body) > MAX_BYTES:
        raise RequestError(BODY, "is longer than 1 MiB")
    if not body:
        raise RequestError(BODY, "is empty")
    try:
        text = body.decode()
    except UnicodeDecodeError as broken:
        fault = f"is no UTF-8 at byte {broken.start}"
        raise RequestError(BODY, fault) from None
    if text[0] == BOM:
        raise RequestError(BODY, "starts with a byte order mark; send none")
    return text


def _check_structure(body: bytes) -> None:
    """Count depth and values before anything is parsed; every step is linear and none can backtrack.

    Removing escapes leaves quotes that delimit strings only, so every other piece between quotes is outside strings.
    Taking away `[]` removes exactly the innermost level, so what outlives 32 rounds and still has a pair is too deep.
    """
    bare = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    if bare.count(b'"') > _MAX_QUOTES:
        raise RequestError(BODY, _TOO_MANY)
    outside = b"".join(bare.split(b'"')[::2])
    levels = outside.translate(_BRACES_TO_BRACKETS, _NO_BRACKETS)
    if outside.count(b",") > MAX_VALUES or levels.count(b"[") > MAX_VALUES:
        raise RequestError(BODY, _TOO_MANY)
    for _ in range(MAX_DEPTH):
        levels = levels.replace(b"[]", b"")
    if b"[]" in levels or (levels.count(b"[") > MAX_DEPTH and not levels.startswith(b"]")):
        fault = f"is nested deeper than {MAX_DEPTH}"
        raise RequestError(BODY, fault)


def _single_names(members: list[tuple[str, object]]) -> dict[str, object]:
    """Return the object with `members`; refuse one name twice."""
    found = dict(members)
    if len(found) != len(members):
        raise RequestError(BODY, "has an object with the same member twice")
    return found


def _whole(digits: str) -> int:
    """Return a whole number that every JSON reader reads alike; its length is looked at before it is converted."""
    if len(digits) < _WHOLE_DIGITS:
        return int(digits)
    if len(digits) > _WHOLE_DIGITS + 1 or abs(number := int(digits)) > MAX_WHOLE:
        raise RequestError(BODY, "has a whole number beyond 2^53 - 1")
    return number


def _fraction(digits: str) -> float:
    """Return a number with fraction or exponent, if there is such a number."""
    number = float(digits)
    if not isfinite(number):
        raise RequestError(BODY, "has a number that is not finite")
    return number


def _constant(_: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON."""
    raise RequestError(BODY, "has NaN or Infinity, which are no JSON")


def _check_surrogates(value: object) -> None:
    """Refuse a string with half a surrogate pair: it cannot be written down again."""
    for text in _strings(value):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise RequestError(BODY, "has half a surrogate pair in a string") from None


def _strings(value: object) -> Iterator[str]:
    """Yield every string in `value`, names of members included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_single_names, parse_int=_whole, parse_float=_fraction, parse_constant=_constant
)
