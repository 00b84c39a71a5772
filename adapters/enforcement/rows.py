"""Which rows a filter lets pass, decided row by row: as SQL does, with true, false and unknown.

A missing member, a null, or a value of another type than the constant makes a comparison unknown; `not` unknown is
unknown; only what is true passes.
"""

from __future__ import annotations

import operator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from adapters.enforcement.canonical import LISTING, START, Comparison

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from adapters.enforcement.canonical import Constant, Node, RowFilter

Row = "Mapping[str, Any]"
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq, "ne": operator.ne,
    "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge,
}  # fmt: skip


def passes(rows: RowFilter, row: Mapping[str, Any]) -> bool:
    """Return whether `row` is released."""
    if rows.condition is not None:
        return holds(rows.condition, row) is True
    return rows.kind == "all"


def holds(node: Node, row: Mapping[str, Any]) -> bool | None:
    """Return whether `node` is true of `row`; None: it cannot be known."""
    if isinstance(node, Comparison):
        return _compared(node, row)
    found = [holds(part, row) for part in node.parts]
    if node.operator == "not":
        return None if found[0] is None else not found[0]
    return _all(found) if node.operator == "and" else _any(found)


def value_at(row: Mapping[str, Any], name: str) -> object:
    """Return the value called `name`, or what a dotted path leads to; None: there is none, or more than one."""
    if name in row:
        return row[name]
    value: object = row
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return value


def _compared(node: Comparison, row: Mapping[str, Any]) -> bool | None:
    value = _comparable(value_at(row, node.field), node.constants[0])
    if value is None:
        return None
    if node.operator in LISTING:
        return (value in node.constants) is (node.operator == "in")
    if node.operator == START:
        return str(value).startswith(str(node.value))
    return _COMPARE[node.operator](value, node.value)


def _comparable(value: object, constant: Constant) -> object:
    """Return `value` if it is of the constant's type, a day as its text; None otherwise."""
    if isinstance(constant, bool) or isinstance(value, bool):
        return value if type(value) is type(constant) else None
    if isinstance(constant, int):
        return value if isinstance(value, int | float | Decimal) and value == value else None  # noqa: PLR0124 -- no NaN
    if type(value) is date:
        return value.isoformat()
    return value if isinstance(value, str) else None


def _all(found: Iterable[bool | None]) -> bool | None:
    known = set(found)
    return False if False in known else (None if None in known else True)


def _any(found: Iterable[bool | None]) -> bool | None:
    known = set(found)
    return True if True in known else (None if None in known else False)
