"""Reading an input member by member: what is missing or mistyped is named with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

_INPUT: Final = "input"


def input_of(body: Mapping[str, object]) -> Mapping[str, object]:
    """Return the input in `body`; OPA would evaluate a document without one."""
    if _INPUT not in body:
        raise RequestError(_INPUT, "is required")
    return checked_input(body[_INPUT])


def checked_input(put: object) -> Mapping[str, object]:
    """Return `put`; raise RequestError if it is no object."""
    if not isinstance(put, dict):
        raise RequestError(_INPUT, "must be an object")
    return put


def members(
    of: Mapping[str, object], name: str, place: str | None = None, *, optional: bool = False
) -> Mapping[str, object]:
    """Return the object `name` of `of`; raise RequestError if it is none, or missing and not `optional`."""
    found = of.get(name)
    if found is None and optional:
        return {}
    if not isinstance(found, dict):
        raise RequestError(place or name, "is required" if found is None else "must be an object")
    return found


def text(of: Mapping[str, object], name: str, place: str) -> str:
    """Return the text `name` of `of`; raise RequestError if it is none."""
    found = of.get(name)
    if not isinstance(found, str) or not found:
        raise RequestError(place, "is required" if found is None else "must be a string that is not empty")
    return found
