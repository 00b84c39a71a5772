"""The one form in which a caller may ask for certain rows: fields compared with constants, joined by and, or, not.

`{"type": "field", "field", "operator", "value"}` or `{"type": "compound", "operator", "value": [...]}`. A value is a
string, a whole number, a Boolean or a list of them; never null, never another field.
"""

from __future__ import annotations

from typing import Final, NoReturn

from pdp.errors import RequestError

COMPARISONS: Final = frozenset({"eq", "ne", "lt", "lte", "gt", "gte", "in", "nin", "startswith"})
COMPOUNDS: Final = frozenset({"and", "or", "not"})
_LISTING: Final = frozenset({"in", "nin"})
_FIELD_MEMBERS: Final = frozenset({"type", "field", "operator", "value"})
_COMPOUND_MEMBERS: Final = frozenset({"type", "operator", "value"})
_MAX_TEXT: Final = 512


def check_row_filter(node: object, place: str) -> None:
    """Return if `node` is a row filter; raise RequestError with the place of the first fault."""
    if not isinstance(node, dict):
        raise RequestError(place, "must be an object")
    if node.get("type") == "field" and node.keys() == _FIELD_MEMBERS:
        _check_comparison(node, place)
    elif node.get("type") == "compound" and node.keys() == _COMPOUND_MEMBERS:
        _check_compound(node, place)
    else:
        raise RequestError(place, "must be a comparison of a field or a compound, with exactly their members")


def _check_comparison(node: dict[str, object], place: str) -> None:
    field, operator, value = node["field"], node["operator"], node["value"]
    if not isinstance(field, str) or not _plain(field):
        _refuse(f"{place}.field", "must be the name of a field")
    if operator not in COMPARISONS:
        _refuse(f"{place}.operator", "must be one of " + ", ".join(sorted(COMPARISONS)))
    listed = isinstance(value, list)
    if listed != (operator in _LISTING) or value == []:
        _refuse(f"{place}.value", "must be a list that is not empty for in and nin, one value otherwise")
    if not all(_constant(entry) for entry in (value if isinstance(value, list) else [value])):
        _refuse(f"{place}.value", "must be a string, a whole number or a Boolean")


def _check_compound(node: dict[str, object], place: str) -> None:
    operator, parts = node["operator"], node["value"]
    if operator not in COMPOUNDS:
        _refuse(f"{place}.operator", "must be one of " + ", ".join(sorted(COMPOUNDS)))
    if not isinstance(parts, list) or not parts or (operator == "not" and len(parts) != 1):
        _refuse(f"{place}.value", "must be a list of filters; exactly one for not")
    for position, part in enumerate(parts):
        check_row_filter(part, f"{place}.value.{position}")


def _constant(value: object) -> bool:
    """Return whether `value` is a constant that every store compares alike."""
    return _plain(value) if isinstance(value, str) else isinstance(value, int)


def _plain(text: str) -> bool:
    """Return whether `text` is short enough and free of control characters."""
    return len(text.encode()) <= _MAX_TEXT and not any(sign < " " or "\x7f" <= sign <= "\x9f" for sign in text)


def _refuse(place: str, fault: str) -> NoReturn:
    raise RequestError(place, fault)
