"""Trino's four documents: may this be read, which of these, which rows, and what stands for each column.

What Trino is not told it takes for "no limit": rows without a filter, a column without a mask. So every document says
aloud what is withheld, and an answer that could not be found is an error.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from adapters.gateways.headers import RejectedError
from adapters.gateways.obligations import to_carry_out
from adapters.gateways.opa_document import Reply
from adapters.gateways.opa_input import members, text
from adapters.gateways.trino_question import CATALOGUE, READ, asker, checked_name, columns_of
from adapters.gateways.trino_sql import NOTHING, FilterError, expression, is_type, masked, nulled
from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.gateways.obligations import Canonical
    from adapters.gateways.opa_document import Visit
    from adapters.gateways.trino_question import Asker, Knowing, Table
    from pdp.model import Answer

MAX_RESOURCES: Final = 5000
_AT_ONCE: Final = 50  # questions that are put together; then others get their turn
_OPERATION: Final = "action.operation"
_RESOURCE: Final = "action.resource"
_RESOURCES: Final = "action.filterResources"
_COLUMNS: Final = "FilterColumns"
_OWNED: Final = "FilterViewQueryOwnedBy"
_QUERIES: Final = frozenset(  # of what a query is made of and which names there are: no data
    {"ExecuteQuery", "AccessCatalog", "FilterCatalogs", "ShowSchemas", "FilterSchemas", "ShowTables"}
)
_OF_TABLES: Final = {  # -> what is asked of the table's dataset
    "SelectFromColumns": READ,
    "FilterColumns": READ,  # a column that would not be released is not there
    "ShowColumns": CATALOGUE,
    "ShowCreateTable": CATALOGUE,
    "FilterTables": CATALOGUE,
}


class Released(NamedTuple):
    """What of one table is released, and the answer that says so; None: Trino itself fills the table."""

    form: Canonical | None
    answer: Answer | None

    @property
    def permits(self) -> bool:
        """Return whether anything is."""
        return self.answer is None or self.answer.decision.outcome.permits

    def covers(self, field: str | None) -> bool:
        """Return whether `field` is released; None is a column that holds none."""
        if self.form is None:
            return True
        return self.permits and field is not None and (self.form.fields is None or field in self.form.fields)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Return the answer, if one was needed."""
        return () if self.answer is None else (self.answer,)


class TrinoReader:
    """Reads what Trino asks and puts it to the service."""

    def __init__(self, knowing: Knowing) -> None:
        """Look users and tables up in what is known."""
        self._knowing = knowing

    def asker(self, put: Mapping[str, object], visit: Visit) -> Asker:
        """Return who asks; raise RejectedError where the caller is registered as another kind of client."""
        if visit.caller.dialect not in {None, "trino"}:
            raise RejectedError(403, f'caller: "{visit.caller.id}" is no Trino; its dialect in the settings says so')
        return asker(put, visit.caller, visit.request_id, self._knowing)

    async def stranger(self, who: Asker, visit: Visit) -> Reply:
        """Return the reply to a user whom nobody registered: it may do nothing, and the record says so."""
        return Reply(result=False, answers=(await visit.ask(who.stranger()),))

    async def released(
        self, who: Asker, table: Table, visit: Visit, action: str = READ, columns: tuple[str, ...] = ()
    ) -> Released:
        """Return what of `table` is released to `who`."""
        if table.of_trino and who.known:
            return Released(None, None)
        question = who.question(table, action, columns)
        answer = await visit.ask(question)
        return Released(to_carry_out(answer, question), answer)


class AllowDocument:
    """`trino/allow`: whether one operation may be done; what is not known to read is not."""

    many = False

    def __init__(self, reader: TrinoReader) -> None:
        self._reader = reader

    async def reply(self, put: Mapping[str, object], visit: Visit) -> Reply:
        """Return a Boolean."""
        who, action = self._reader.asker(put, visit), members(put, "action")
        operation = text(action, "operation", _OPERATION)
        asked = _OF_TABLES.get(operation)
        if asked is not None:
            resource = members(members(action, "resource", _RESOURCE), "table", f"{_RESOURCE}.table")
            table, columns = who.table(resource, f"{_RESOURCE}.table"), columns_of(resource, f"{_RESOURCE}.table")
            found = await self._reader.released(who, table, visit, asked, columns)
            held = [found.covers(table.field(column)) for column in columns]
            # What is withheld of a part is masked; a column that is looked for by itself is there or not.
            some = not held or (all(held) if operation == _COLUMNS else any(held))
            return Reply(found.permits and some, found.answers)
        if operation == _OWNED:
            return Reply(_owner(members(action, "resource", _RESOURCE), _RESOURCE) == who.name)
        if operation not in _QUERIES:
            return Reply(result=False)
        return Reply(result=True) if who.known else await self._reader.stranger(who, visit)


class BatchDocument:
    """`trino/batch`: which of several resources may be seen, by their places; of one table's columns, which columns."""

    many = True

    def __init__(self, reader: TrinoReader) -> None:
        self._reader = reader

    async def reply(self, put: Mapping[str, object], visit: Visit) -> Reply:
        """Return places in the list, in order and each once; what nobody knows is left out."""
        who, action = self._reader.asker(put, visit), members(put, "action")
        operation, resources = text(action, "operation", _OPERATION), _resources(action)
        if operation == _COLUMNS:
            return await self._columns(who, resources, visit)
        if operation == _OWNED:
            owners = [_owner(resource, _RESOURCES) for resource in resources]
            return Reply([place for place, owner in enumerate(owners) if owner == who.name])
        if operation in _OF_TABLES:
            return await self._tables(who, resources, _OF_TABLES[operation], visit)
        if operation not in _QUERIES or not resources:
            return Reply([])
        if who.known:
            return Reply(list(range(len(resources))))
        return (await self._reader.stranger(who, visit))._replace(result=[])

    async def _columns(self, who: Asker, resources: Sequence[Mapping[str, object]], visit: Visit) -> Reply:
        """Return which columns of the one table that is told may be seen."""
        if len(resources) != 1:
            raise RequestError(_RESOURCES, "must hold one table with its columns")
        resource = members(resources[0], "table", f"{_RESOURCES}.0.table")
        table, columns = who.table(resource, f"{_RESOURCES}.0.table"), columns_of(resource, f"{_RESOURCES}.0.table")
        if not columns:
            return Reply([])
        found = await self._reader.released(who, table, visit, READ, columns)
        places = [place for place, column in enumerate(columns) if found.covers(table.field(column))]
        return Reply(places, found.answers)

    async def _tables(self, who: Asker, resources: Sequence[Mapping[str, object]], action: str, visit: Visit) -> Reply:
        tables = [_table(resource, place, who) for place, resource in enumerate(resources)]
        found: list[Released] = []
        for start in range(0, len(tables), _AT_ONCE):
            some = tables[start : start + _AT_ONCE]
            found += await asyncio.gather(*(self._reader.released(who, table, visit, action) for table in some))
        answers = tuple(answer for one in found for answer in one.answers)
        return Reply([place for place, one in enumerate(found) if one.permits], answers)


class RowFiltersDocument:
    """`trino/rowFilters`: one condition that every row must meet; only where all rows are released there is none."""

    many = False

    def __init__(self, reader: TrinoReader) -> None:
        self._reader = reader

    async def reply(self, put: Mapping[str, object], visit: Visit) -> Reply:
        """Return a list of expressions, which Trino joins by `and`."""
        who = self._reader.asker(put, visit)
        resource = members(members(members(put, "action"), "resource", _RESOURCE), "table", f"{_RESOURCE}.table")
        table = who.table(resource, f"{_RESOURCE}.table")
        found = await self._reader.released(who, table, visit)
        condition = _condition(found, table)
        return Reply([] if condition is None else [{"expression": condition}], found.answers)


class ColumnMasksDocument:
    """`trino/batchColumnMasks`: what stands for each column that is not released as it is."""

    many = True

    def __init__(self, reader: TrinoReader) -> None:
        self._reader = reader

    async def reply(self, put: Mapping[str, object], visit: Visit) -> Reply:
        """Return an expression for the place of each column that is masked or withheld; without one, it is in clear."""
        who = self._reader.asker(put, visit)
        told = [_column(resource, place, who) for place, resource in enumerate(_resources(members(put, "action")))]
        of_tables: dict[str, list[Column]] = {}
        for column in told:
            of_tables.setdefault(column.table.name, []).append(column)
        views: dict[int, str] = {}
        answers: list[Answer] = []
        for columns in of_tables.values():
            names = tuple(dict.fromkeys(column.name for column in columns))
            found = await self._reader.released(who, columns[0].table, visit, READ, names)
            answers += found.answers
            views |= {column.place: view for column in columns if (view := _view(found, column)) is not None}
        masks = [{"index": place, "viewExpression": {"expression": views[place]}} for place in sorted(views)]
        return Reply(masks, tuple(answers))


class Column(NamedTuple):
    """A column that a query reads, at its place in the list that was told."""

    place: int
    table: Table
    name: str
    type: str


def _table(resource: Mapping[str, object], place: int, who: Asker) -> Table:
    where = f"{_RESOURCES}.{place}.table"
    return who.table(members(resource, "table", where), where)


def _column(resource: Mapping[str, object], place: int, who: Asker) -> Column:
    where = f"{_RESOURCES}.{place}.column"
    named, typed = f"{where}.columnName", f"{where}.columnType"
    column = members(resource, "column", where)
    name, of_type = checked_name(text(column, "columnName", named), named), text(column, "columnType", typed)
    if not is_type(of_type):
        raise RequestError(typed, "must be the name of a type")
    return Column(place, who.table(column, where), name, of_type)


def _view(found: Released, column: Column) -> str | None:
    """Return what stands for `column`; None: itself."""
    field = column.table.field(column.name)
    if not found.covers(field):
        return nulled(column.type)
    masks = [] if found.form is None else [mask for mask in found.form.masks if mask.get("field") == field]
    if len(masks) > 1:
        return nulled(column.type)
    return masked(masks[0], column.name, column.type) if masks else None


def _condition(found: Released, table: Table) -> str | None:
    """Return what each row must meet; None: all are released. What cannot be expressed releases none."""
    if found.form is None:
        return None
    match found.form.row_filter:
        case {"kind": "all"}:
            return None
        case {"kind": "conditional", "ast": node}:
            try:
                return expression(node, table.column)
            except FilterError:
                return NOTHING
    return NOTHING


def _resources(action: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    told = action.get("filterResources")
    if not isinstance(told, list) or len(told) > MAX_RESOURCES or not all(isinstance(one, dict) for one in told):
        raise RequestError(_RESOURCES, f"must be a list of at most {MAX_RESOURCES} objects")
    return cast("list[dict[str, object]]", told)


def _owner(resource: Mapping[str, object], place: str) -> str:
    return text(members(resource, "user", f"{place}.user"), "user", f"{place}.user.user")
