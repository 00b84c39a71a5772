"""What an evaluation's body may name by other means: a route of the gateway's map, and an end user's token.

A token stands before the subject that the body claims; where the two differ, that is told of. Where nobody can verify
tokens or knows routes, none proves anybody and none is registered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pdp.errors import RequestError
from pdp.model import UNPROVEN, UNREGISTERED
from pdp.routing.path import PathError, canonical_path
from pdp.routing.route import FromPath, FromQuery, Said, shown
from pdp.routing.route_map import Match, RouteMap

if TYPE_CHECKING:
    from adapters.callers import Caller
    from adapters.gateways.call import CallReader
    from adapters.gateways.evaluation import Evaluation
    from pdp.model import AccessRequest
    from pdp.routing.route import Source

ROUTE: Final = "route"  # type of a resource: its id is a path or a template, the action the method
_PLACE: Final = "resource.id"


def completed(question: AccessRequest, asked: Evaluation, caller: Caller, calls: CallReader | None) -> AccessRequest:
    """Return `question`, which `asked` is as far as it names things itself, with what route and token say.

    Args:
        question: as the body claims it.
        asked: the body.
        caller: who asks; the map is its.
        calls: knows routes and end users; None: nobody does.

    Raises:
        RequestError: a path is not in canonical form.
        UnavailableError: the ledger cannot be read.
    """
    if asked.resource.type == ROUTE:
        routes = RouteMap(caller.id) if calls is None else calls.route_map(caller)
        question = _routed(question, asked, caller, routes)
    token = None if asked.context is None else asked.context.subject_token
    return question if token is None else _proven(question, token, calls)


def _proven(claimed: AccessRequest, token: str, calls: CallReader | None) -> AccessRequest:
    """Return the question by whom `token` proves; by nobody, where it proves nobody."""
    user = None if calls is None else calls.proven(token)
    if user is None or user.way == UNPROVEN:
        nobody = replace(claimed, subject=None, subject_kind=None, staff=None, system=None, agent=None)
        return replace(nobody, assurance=0, established=UNPROVEN)
    other = claimed.subject not in {None, user.subject} or (
        None not in {claimed.staff, user.staff} and claimed.staff != user.staff
    )
    return replace(
        claimed,
        subject=user.subject,
        subject_kind=user.kind,
        staff=user.staff,
        assurance=user.assurance,
        established=user.way,
        disputed=other,
    )


def _routed(question: AccessRequest, asked: Evaluation, caller: Caller, routes: RouteMap) -> AccessRequest:
    """Return the question about the data of the route that the body names."""
    match = _found(routes, asked.action.name, asked.resource.id)
    if match is None:
        return replace(question, action="unknown", route=UNREGISTERED)
    route = match.route
    dataset = _value(route.dataset, match) or question.dataset
    enforces = question.enforces
    if asked.context is None or not asked.context.model_fields_set & _DECLARED:
        enforces = routes.enforced(caller.enforces)
    return replace(
        question,
        action=route.action,
        dataset=dataset,
        mode=route.mode or question.mode,
        channel=route.channel or question.channel,
        carrier=_value(route.carrier, match) or question.carrier,
        fields=question.fields if route.fields is None or isinstance(route.fields, FromQuery) else route.fields,
        scenario=_value(route.scenario, match) or question.scenario,
        purpose=_value(route.purpose, match) or question.purpose,
        route=route.name,
        enforces=enforces,
        cache=route.cache,
    )


_DECLARED: Final = frozenset({"supported_obligations", "supported_custom_obligations"})


def _found(routes: RouteMap, method: str, id_: str) -> Match | None:
    """Return the one route of `method` that a path or a template names on any host, or None.

    A template names data only where the route says itself which; a path that several hosts have names none.
    """
    method = "GET" if method == "HEAD" else method
    written = [Match(route, {}) for route in routes.routes if route.method == method and shown(route.path) == id_]
    if "{" in id_ or written:
        return written[0] if len(written) == 1 else None
    try:
        path = canonical_path(id_.encode())
    except (PathError, UnicodeEncodeError) as odd:
        fault = odd.fault if isinstance(odd, PathError) else "is not UTF-8"
        raise RequestError(_PLACE, fault) from odd
    hosts = {route.host for route in routes.routes}
    found = [match for host in hosts if (match := routes.find(method, host, path)) is not None]
    return found[0] if len(found) == 1 else None


def _value(source: Source | None, match: Match) -> str | None:
    """Return what the route or its path says; None where it would have to be read of a call."""
    if isinstance(source, Said):
        return source.value
    return match.parameters.get(source.parameter) if isinstance(source, FromPath) else None
