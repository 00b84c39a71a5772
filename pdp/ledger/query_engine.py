"""Users and tables of a query engine: for which body and scenario a user asks, and which dataset a table holds.

An engine such as Trino names its users and tables by words of its own. What they stand for is said by statements, of
the engine by the id under which it is registered as a caller. Sources: art_3__para_3, art_40__para_1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.errors import TransitionError
from pdp.ledger import dataset, subject
from pdp.ledger.states import MappedTable, QueryUser
from pdp.ledger.words import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View

USER = "query_user.registered"
TABLE = "table.mapped"


def user(view: View, engine: str, name: str) -> QueryUser:
    """Return for whom the user `name` of `engine` asks; its body is empty where nobody says so now."""
    statements = view.about(f"query_user/{engine}/{name}")
    if not statements or statements[-1].kind != USER:
        return QueryUser(until=view.changes)
    last = statements[-1]
    return QueryUser(
        body=text(last, "body"),
        scenario=text(last, "scenario"),
        purpose=text(last, "purpose"),
        system=text(last, "system"),
        channel=text(last, "channel"),
        mode=text(last, "mode"),
        said={"query_user": (last.seq,)},
        until=view.changes,
    )


def table(view: View, engine: str, name: str) -> MappedTable:
    """Return which dataset the table `name` of `engine` holds; its dataset is empty where nobody says so now."""
    statements = view.about(f"table/{engine}/{name}")
    if not statements or statements[-1].kind != TABLE:
        return MappedTable(until=view.changes)
    last = statements[-1]
    return MappedTable(
        dataset=text(last, "dataset"), columns=columns(last.body), said={"table": (last.seq,)}, until=view.changes
    )


def columns(body: Mapping[str, object]) -> Mapping[str, str] | None:
    """Return the columns of a table and the fields that they hold; None: each is called as its field."""
    named = body.get("columns")
    return {str(column): str(field) for column, field in named.items()} if isinstance(named, dict) else None


def check_user(statement: Statement, view: View) -> None:
    """Check that a user is registered for a body, with a system of that body. Source: art_40__para_1."""
    if statement.kind != USER:
        _check_known(statement, view, "register it first: query_user.registered")
        return
    body, system = text(statement, "body"), text(statement, "system")
    if subject.kind(view, body) != "body":
        fault = f'names "{body}", which is no registered body'
        raise TransitionError(statement.kind, fault, "register it first: body.registered")
    if system and not _is_system_of(view, system, body):
        fault = f'names the system "{system}", which is none of "{body}"'
        raise TransitionError(statement.kind, fault, "register it first: system.registered")


def check_table(statement: Statement, view: View) -> None:
    """Check that a table is mapped to one entry at a time, column by column. Source: art_3__para_3."""
    if statement.kind != TABLE:
        _check_known(statement, view, "map it first: table.mapped")
        return
    name, held = text(statement, "dataset"), _last(statement, view)
    entry = dataset.fold(view, name)
    if not entry.provider:
        fault = f'names "{name}", which is in no catalogue'
        raise TransitionError(statement.kind, fault, "catalogue it first: dataset.catalogued")
    if held is not None and held.kind == TABLE and text(held, "dataset") != name:
        fault = f'names a table that holds "{text(held, "dataset")}"'
        raise TransitionError(statement.kind, fault, "end that first: table.unmapped")
    strays = set((columns(statement.body) or {}).values()) - set(entry.fields)
    if entry.fields and strays:
        fault = f'names "{min(strays)}", which is no field of "{name}"'
        raise TransitionError(statement.kind, fault, "name fields as the catalogue does")


def _check_known(statement: Statement, view: View, remedy: str) -> None:
    """Refuse to end what is not there."""
    held = _last(statement, view)
    if held is None or held.kind not in {USER, TABLE}:
        raise TransitionError(statement.kind, f'ends "{text(statement, "id")}", which is not there', remedy)


def _last(statement: Statement, view: View) -> Statement | None:
    statements = view.about(statement.about[0])
    return statements[-1] if statements else None


def _is_system_of(view: View, system: str, body: str) -> bool:
    statements = view.about(f"staff/{system}")
    return bool(statements) and statements[-1].kind == "system.registered" and text(statements[-1], "body") == body
