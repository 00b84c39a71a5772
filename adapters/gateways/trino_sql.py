"""Row filters and masks as expressions of SQL: from the one form of a row filter, and nothing that was sent as text.

Identifiers are double-quoted, texts single-quoted with each quote doubled; there is nothing else to escape. A column
that is null makes a comparison unknown, and SQL drops unknown rows, as everybody does who carries out such a filter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Name = Callable[[str], str]  # field -> column; raises KeyError where the table has no such column

NOTHING: Final = "false"
REDACTED: Final = "***"
HIDDEN: Final = "****"  # between what a partial mask keeps
MAX_TYPE: Final = 512  # characters
_COMPARED: Final = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_LISTED: Final = {"in": "IN", "nin": "NOT IN"}
_JOINED: Final = {"and": " AND ", "or": " OR "}
_TYPE_TOKEN: Final = re.compile(r'\s*(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|"(?:[^"\x00-\x1f]|"")+"|[(),])')
_TEXTUAL: Final = re.compile(r"(varchar|char)(\(\d+\))?", re.IGNORECASE)


class FilterError(ValueError):
    """A row filter has no expression in SQL: an unknown node, or a field that the table lacks. Never "all rows"."""


def expression(node: object, column: Name) -> str:
    """Return the row filter `node` as an expression.

    Raises:
        FilterError: it has none.
    """
    match node:
        case {"type": "compound", "operator": "not", "value": [part]}:
            return f"(NOT {expression(part, column)})"
        case {"type": "compound", "operator": "and" | "or" as operator, "value": [_, *_] as parts}:
            return f"({_JOINED[operator].join([expression(part, column) for part in parts])})"
        case {"type": "field", "field": str(field), "operator": str(operator), "value": value}:
            return _comparison(_identifier(field, column), operator, value)
    fault = "the row filter has no such form"
    raise FilterError(fault)


def identifier(name: str) -> str:
    """Return `name` as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Return a constant: a text, a whole number or a Boolean; raise FilterError for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and "\x00" not in value:
        return "'" + value.replace("'", "''") + "'"
    fault = "the row filter compares with no constant"
    raise FilterError(fault)


def _identifier(field: str, column: Name) -> str:
    try:
        return identifier(column(field))
    except KeyError:
        fault = "the row filter names a field that the table lacks"
        raise FilterError(fault) from None


def _comparison(name: str, operator: str, value: object) -> str:
    if operator in _COMPARED:
        return f"({name} {_COMPARED[operator]} {literal(value)})"
    if operator in _LISTED and isinstance(value, list) and value:
        return f"({name} {_LISTED[operator]} ({', '.join(map(literal, value))}))"
    if operator == "startswith" and isinstance(value, str):
        return f"starts_with({name}, {literal(value)})"
    fault = "the row filter compares in no known way"
    raise FilterError(fault)


def is_type(text: str) -> bool:
    """Return whether `text` can be the name of a column's type: words, numbers, quoted names, brackets that match."""
    position = depth = 0
    while position < len(text):
        token = _TYPE_TOKEN.match(text, position)
        if token is None:
            return False
        depth += {"(": 1, ")": -1}.get(token[0].strip(), 0)
        if depth < 0:
            return False
        position = token.end()
    return bool(text.strip()) and len(text) <= MAX_TYPE and depth == 0


def nulled(column_type: str) -> str:
    """Return what stands for a column that is not released."""
    return f"CAST(NULL AS {column_type})"


def masked(mask: Mapping[str, object], column: str, column_type: str) -> str:
    """Return what stands for `column` under `mask`: redacted where it cannot be expressed, null where it is no text."""
    if mask.get("method") == "null" or not _TEXTUAL.fullmatch(column_type.strip()):
        return nulled(column_type)
    prefix, suffix = mask.get("keep_prefix", 0), mask.get("keep_suffix", 0)
    if mask.get("method") != "partial" or not _counts(prefix, suffix):
        return f"CAST({literal(REDACTED)} AS {column_type})"
    name, redacted = identifier(column), literal(REDACTED)
    kept = [f"substr({name}, 1, {prefix})"] if prefix else []
    kept += [literal(HIDDEN)]
    kept += [f"substr({name}, -{suffix})"] if suffix else []
    shown = " || ".join(kept)
    # What is no longer than what would be kept would be shown whole.
    chosen = (
        f"CASE WHEN {name} IS NULL THEN NULL WHEN length({name}) > {prefix} + {suffix} THEN {shown} ELSE {redacted} END"
    )
    return f"CAST({chosen} AS {column_type})"


def _counts(*kept: object) -> bool:
    return all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in kept)
