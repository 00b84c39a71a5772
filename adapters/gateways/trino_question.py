"""Trino's questions: who asks, what for, and about which tables, in the words of the ledger.

Trino names users, tables and columns; statements say for which body and scenario a user asks, and which dataset a table
holds. Whoever and whatever they do not name is asked about all the same, and nobody knows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from adapters.gateways.opa_document import DOOR
from adapters.gateways.opa_input import members, text
from pdp.errors import RequestError
from pdp.ledger.states import MappedTable
from pdp.model import AccessRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adapters.callers import Caller
    from pdp.ledger.states import QueryUser
    from pdp.ledger.world import World

READ: Final = "read"
CATALOGUE: Final = "query_catalogue"
CHAIN: Final = "directory_chain"  # which entries there are is asked of the chain, and that is here (art_20__para_1)
INFORMATION_SCHEMA: Final = "information_schema"  # of every catalog; Trino fills it with what FilterTables lets through
MAX_COLUMNS: Final = 1000
MAX_NAME: Final = 256  # bytes of one name, so that three of them and the dots are a text of a question
_NAME: Final = re.compile(r"[A-Za-z0-9_:-]{1,128}")  # of what can be mapped; a dot parts the names of a table
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_QUERY: Final = re.compile(r"[!-~]{1,256}")
_QUERY_ID: Final = "context.queryId"


class Knowing(Protocol):
    """The part of the service that Trino's words are looked up in."""

    def known(self) -> tuple[World, datetime]:
        """Return the world as it is known now, and the instant; raise UnavailableError where it cannot be."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its name as Trino spells it in parts, and what statements say it holds."""

    schema: str
    name: str
    mapped: MappedTable

    @property
    def of_trino(self) -> bool:
        """Return whether Trino itself fills it, from what its user may see."""
        return self.schema == INFORMATION_SCHEMA

    @property
    def dataset(self) -> str:
        """Return the dataset that it holds; of a table that nobody mapped, a name that no catalogue has."""
        return self.mapped.dataset or f"table/{self.name}"

    def field(self, column: str) -> str | None:
        """Return the field that `column` holds; None: the table's columns are mapped, and this one is not."""
        columns = self.mapped.columns
        return column if columns is None else columns.get(column)

    def column(self, field: str) -> str:
        """Return the column that holds `field`; raise KeyError where none does."""
        columns = self.mapped.columns
        if columns is None:
            return field
        return {held: column for column, held in columns.items()}[field]


@dataclass(frozen=True, slots=True)
class Asker:
    """A user of one engine and one of its queries, within the world at one instant."""

    caller: Caller
    name: str
    user: QueryUser
    query: str | None
    world: World
    now: datetime

    @property
    def known(self) -> bool:
        """Return whether a statement says for whom the user asks."""
        return bool(self.user.body)

    def table(self, resource: Mapping[str, object], place: str) -> Table:
        """Return the table that `resource` names."""
        parts = [_name(resource, member, place) for member in ("catalogName", "schemaName", "tableName")]
        name = ".".join(parts)
        if not all(map(_NAME.fullmatch, parts)) or not _ID.fullmatch(name):
            return Table(parts[1], name, MappedTable())
        return Table(parts[1], name, self.world.table(self.caller.id, name, self.now))

    def question(self, table: Table, action: str, columns: tuple[str, ...] = ()) -> AccessRequest:
        """Return the question whether the user may do `action` to `columns` of `table`; none named: to all of it."""
        fields = dict.fromkeys(table.field(column) or f"column/{column}" for column in columns)
        return self._question(action, table.dataset, tuple(fields) or None)

    def stranger(self) -> AccessRequest:
        """Return the question of a user whom nobody registered, about nothing in particular."""
        return self._question(CATALOGUE, "query", None)

    def _question(self, action: str, dataset: str, fields: tuple[str, ...] | None) -> AccessRequest:
        user = self.user
        return AccessRequest(
            subject=user.body or f"query_user/{self.name}",
            action=action,
            dataset=dataset,
            subject_kind="public_body" if user.body else None,
            system=user.system or None,
            fields=fields,
            scenario=user.scenario or None,
            purpose=user.purpose or None,
            channel=CHAIN if action == CATALOGUE else user.channel or None,
            mode=user.mode or None,
            assurance=self.caller.assurance,
            enforces=self.caller.enforces,
            door=DOOR,
            gateway=self.caller.id,
            request_id=self.query,
        )


def asker(put: Mapping[str, object], caller: Caller, request_id: str | None, knowing: Knowing) -> Asker:
    """Return who asks; the query's id groups the questions that Trino asks for one query.

    Raises:
        RequestError: the input names no user.
        UnavailableError: the ledger cannot be read.
    """
    context = members(put, "context")
    name = _name(members(context, "identity", "context.identity"), "user", "context.identity")
    query = context.get("queryId")
    if query is not None and not (isinstance(query, str) and _QUERY.fullmatch(query)):
        raise RequestError(_QUERY_ID, "must be 1 to 256 visible ASCII characters")
    world, now = knowing.known()
    known = name if _ID.fullmatch(name) else "~"  # no user can be registered under a name that is no id
    return Asker(caller, name, world.query_user(caller.id, known, now), query or request_id, world, now)


def columns_of(resource: Mapping[str, object], place: str) -> tuple[str, ...]:
    """Return the columns that a table's resource names, in the order told."""
    told, where = resource.get("columns", []), f"{place}.columns"
    if not isinstance(told, list) or len(told) > MAX_COLUMNS:
        raise RequestError(where, f"must be a list of at most {MAX_COLUMNS} names")
    return tuple(checked_name(name, where) for name in told)


def _name(of: Mapping[str, object], member: str, place: str) -> str:
    return checked_name(text(of, member, f"{place}.{member}"), f"{place}.{member}")


def checked_name(name: object, place: str) -> str:
    """Return `name`; raise RequestError if it is none that Trino's users, tables and columns can have."""
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name.encode()) <= MAX_NAME:
        raise RequestError(place, f"must be a name of at most {MAX_NAME} visible bytes")
    return name
