"""Which acts about routes and workloads are lawful. Sources: art_3__para_3, art_11__para_1, art_38__para_2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdp.errors import TransitionError
from pdp.ledger import actor, lawful_data, route
from pdp.ledger.words import text
from pdp.routing.route import Said
from pdp.routing.stated import RouteError

if TYPE_CHECKING:
    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View
    from pdp.routing.route import Route
    from pdp.routing.stated import Words

MAX_NAME: Final = 512  # bytes of a workload's name


def registration(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check a route: its gateway has a file of its own, and no path of it is another route's."""
    gateway = view.law.routes.get(text(statement, "gateway"))
    if gateway is None:
        fault = f'names the gateway "{text(statement, "gateway")}", which has no route map'
        raise TransitionError(statement.kind, fault, "add its file to policies/routes first")
    if route.in_force(view, text(statement, "id")) is not None:
        fault = f'registers "{text(statement, "id")}", which is registered'
        raise TransitionError(statement.kind, fault, "withdraw it first, or choose another id")
    said = _stated(statement, gateway.words)
    if isinstance(said.dataset, Said):
        lawful_data.known(statement, view, said.dataset.value)
    other = gateway.adding(route.routes(view, gateway.gateway)).conflict(said)
    if other is not None:
        fault = f"would meet paths that the route {other.name} meets as closely"
        raise TransitionError(statement.kind, fault, "a statement adds routes and overrides none; change the other one")


def _stated(statement: Statement, words: Words) -> Route:
    try:
        return route.stated(statement, words)
    except RouteError as odd:
        act = f'{statement.kind} with the member "{odd.member}"'
        raise TransitionError(act, f"cannot be used: it {odd.fault}", odd.remedy) from odd


def withdrawal(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check that a route to be withdrawn is there; those of a file are withdrawn in the file."""
    if route.in_force(view, text(statement, "id")) is None:
        fault = f'withdraws "{text(statement, "id")}", which is not registered'
        raise TransitionError(statement.kind, fault, "see the routes that are; those of a file are taken out there")


def mapping(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check that a workload is mapped to a system on record. Source: art_40__para_1."""
    if len(text(statement, "workload").encode()) > MAX_NAME:
        raise TransitionError(statement.kind, "names a workload at too great length", f"use at most {MAX_NAME} bytes")
    if not actor.fold(view, text(statement, "system")).system:
        fault = f'names "{text(statement, "system")}", which is no registered system'
        raise TransitionError(statement.kind, fault, "register it first: system.registered")


def unmapping(statement: Statement, view: View, _: frozenset[str]) -> None:
    """Check that a workload to be taken from its system is mapped to one."""
    if not route.workload(view, text(statement, "workload")).system:
        raise TransitionError(statement.kind, "names a workload that is mapped to no system", "see what is mapped")
