"""Routes that were registered while the service runs, and workloads that are mapped to systems.

Sources: art_3__para_3, art_11__para_1 (which data a path is about), art_38__para_2, art_40__para_1 (who calls).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger import actor
from pdp.ledger.states import Workload
from pdp.ledger.words import mapping, text
from pdp.routing.stated import ANY, route_of

if TYPE_CHECKING:
    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View
    from pdp.routing.route import Route
    from pdp.routing.stated import Words

REGISTERED = "route.registered"
_OF_THE_STATEMENT = frozenset({"id", "gateway", "reads"})


def in_force(view: View, id_: str) -> Statement | None:
    """Return the registration of the route `id_` that has not been withdrawn, or None."""
    statements = view.about(f"route/{id_}")
    return statements[-1] if statements and statements[-1].kind == REGISTERED else None


def routes(view: View, gateway: str) -> tuple[Route, ...]:
    """Return the registered routes of `gateway`, in the order in which they were registered first."""
    ids = dict.fromkeys(text(statement, "id") for statement in view.about(f"routes/{gateway}"))
    standing = [statement for id_ in ids if (statement := in_force(view, id_)) is not None]
    return tuple(stated(statement) for statement in standing if text(statement, "gateway") == gateway)


def stated(statement: Statement, words: Words = ANY) -> Route:
    """Return the route that `statement` registers.

    Raises:
        RouteError: it states none; never of a statement that was admitted.
    """
    own = {name: value for name, value in statement.body.items() if name not in _OF_THE_STATEMENT}
    return route_of(own | mapping(statement, "reads"), words)


def workload(view: View, name: str) -> Workload:
    """Return the system that the workload with this certificate name is mapped to; its body is empty: none."""
    statements = view.about(f"workload/{name}")
    last = statements[-1] if statements else None
    if last is None or last.kind != "workload.mapped":
        return Workload(name, until=view.changes)
    system = actor.fold(view, text(last, "system"))
    said = {"workload": (last.seq,), "system": system.said.get("actor", ())}
    return Workload(name, system.id, system.body if system.system else "", said, view.changes)
