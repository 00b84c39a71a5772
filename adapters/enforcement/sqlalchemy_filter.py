"""A row filter as an SQL expression with bound parameters, or none at all: it chooses the rows that `rows.passes` does.

Texts are compared by code point, never by a collation of the database; a column whose type is not the constants' is
refused, for databases compare such things each in its own way. Tested on SQLite and PostgreSQL; others are refused.
"""

from __future__ import annotations

import operator
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from adapters.enforcement.canonical import LISTING, START, Comparison
from adapters.enforcement.refused import RefusedError, Why

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.sql.compiler import SQLCompiler

    from adapters.enforcement.canonical import Constant, Node, RowFilter

_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "eq": operator.eq, "ne": operator.ne,
    "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge,
    "in": lambda column, values: column.in_(values), "nin": lambda column, values: column.not_in(values),
}  # fmt: skip


class ByCodePoint(FunctionElement[str]):
    """A text that is compared code point by code point."""

    name = "by_code_point"
    inherit_cache = True  # what it is made of is among its clauses, so two never share what was compiled
    type = sa.Text()


@compiles(ByCodePoint)
def _unknown(_element: ByCodePoint, compiler: SQLCompiler, **_options: Any) -> str:  # noqa: ANN401 -- the library's own signature
    message = f"row filters are not tested on {compiler.dialect.name}; how it compares texts is not known"
    raise CompileError(message)


@compiles(ByCodePoint, "sqlite")
def _sqlite(element: ByCodePoint, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 -- as above
    return f"({compiler.process(element.clauses, **options)} COLLATE BINARY)"


@compiles(ByCodePoint, "postgresql")
def _postgresql(element: ByCodePoint, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 -- as above
    return f'({compiler.process(element.clauses, **options)} COLLATE "C")'


def where(rows: RowFilter, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[bool]:
    """Return the condition under which rows are released; `columns` maps the fields of the catalogue to the table.

    Raises:
        RefusedError: the filter names an unknown field, or compares a column with something of another type.
    """
    if rows.condition is not None:
        return _node(rows.condition, columns)
    return sa.true() if rows.kind == "all" else sa.false()


def _node(node: Node, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[bool]:
    if isinstance(node, Comparison):
        return _comparison(node, columns)
    parts = [_node(part, columns) for part in node.parts]
    if node.operator == "not":
        return sa.not_(parts[0])
    return sa.and_(*parts) if node.operator == "and" else sa.or_(*parts)


def _comparison(node: Comparison, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[bool]:
    column = columns.get(node.field)
    if column is None:
        raise RefusedError(Why.EXPRESSION, "the row filter names a field that the table does not have")
    constants = [_bound(column, constant) for constant in node.constants]
    if isinstance(node.constants[0], str) and not isinstance(column.type, sa.Date):
        column = ByCodePoint(column)
    if node.operator == START:
        start = str(node.value)
        return ByCodePoint(sa.func.substr(column, 1, len(start))) == start
    compared: sa.ColumnElement[bool] = _COMPARE[node.operator](
        column, constants if node.operator in LISTING else constants[0]
    )
    return compared


def _bound(column: sa.ColumnElement[Any], constant: Constant) -> Constant | date:
    """Return `constant` as the column has its values; raise RefusedError where it is of another type."""
    kind = column.type
    if isinstance(constant, bool):
        fits = isinstance(kind, sa.Boolean)
    elif isinstance(constant, int):
        fits = isinstance(kind, sa.Integer | sa.Numeric)
    elif isinstance(kind, sa.Date):
        return _day(constant)
    else:
        fits = isinstance(kind, sa.String) and not isinstance(kind, sa.Enum | sa.CHAR)  # CHAR pads with blanks
    if not fits:
        raise RefusedError(Why.EXPRESSION, "the row filter compares a column with something of another type")
    return constant


def _day(constant: Constant) -> date:
    """Return the day that a constant spells."""
    try:
        day = date.fromisoformat(str(constant))
    except ValueError:
        raise RefusedError(Why.EXPRESSION, "the row filter compares a day with something else") from None
    if day.isoformat() != constant:
        raise RefusedError(Why.EXPRESSION, "the row filter spells a day in another way than rows do")
    return day
