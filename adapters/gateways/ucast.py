"""Row filters in UCAST, the form in which OPA's clients take them; some of them know a part of it only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    Node = Mapping[str, object]

ALL: Final = "all"
MINIMAL: Final = "minimal"  # comparisons, and, or
PRISMA: Final = "prisma"  # no not
VARIANTS: Final = (ALL, MINIMAL, PRISMA)
_OPPOSITE: Final = {
    "eq": "ne", "ne": "eq", "lt": "gte", "gte": "lt", "gt": "lte", "lte": "gt", "in": "nin", "nin": "in",
    "and": "or", "or": "and",
}  # fmt: skip
_EACH: Final = {"in": ("or", "eq"), "nin": ("and", "ne")}


class InexpressibleError(ValueError):
    """A row filter that a variant cannot say; the message is what stands in the way. Never a weaker filter instead."""


def ucast(node: Node, table: str, variant: str) -> Node:
    """Return the row filter `node` over the columns of `table`.

    Raises:
        InexpressibleError: `variant` cannot say it.
    """
    if variant != ALL:
        node = _without_not(node, negated=False)
    return _written(node, table, variant)


def _written(node: Node, table: str, variant: str) -> Node:
    operator, value = str(node["operator"]), node["value"]
    if node["type"] == "compound" and isinstance(value, list):
        return {"type": "compound", "operator": operator, "value": [_written(part, table, variant) for part in value]}
    if variant == MINIMAL and operator in _EACH and isinstance(value, list):
        joined, compared = _EACH[operator]
        parts = [_field(node, table, compared, one) for one in value]
        return parts[0] if len(parts) == 1 else {"type": "compound", "operator": joined, "value": parts}
    if variant == MINIMAL and operator == "startswith":
        raise InexpressibleError(operator)
    return _field(node, table, operator, value)


def _field(node: Node, table: str, operator: str, value: object) -> Node:
    return {"type": "field", "field": f"{table}.{node['field']}", "operator": operator, "value": value}


def _without_not(node: Node, *, negated: bool) -> Node:
    """Return `node`, or its opposite, without `not`; where a column is null both are unknown, as `not` of it is."""
    operator, value = str(node["operator"]), node["value"]
    if node["type"] == "compound" and isinstance(value, list):
        if operator == "not":
            return _without_not(value[0], negated=not negated)
        parts = [_without_not(part, negated=negated) for part in value]
        return {"type": "compound", "operator": _OPPOSITE[operator] if negated else operator, "value": parts}
    if not negated:
        return node
    if operator not in _OPPOSITE:
        fault = f"not {operator}"
        raise InexpressibleError(fault)
    return {**node, "operator": _OPPOSITE[operator]}
