"""Promises of AuthZEN bodies that name a route or bring a token: the route says what, the token says who."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from adapters.callers import Caller
from adapters.end_users import EndUsers
from adapters.gateways.authzen import NotEntitledError, parse
from adapters.gateways.call_reader import RoutedCalls
from pdp.errors import RequestError
from pdp.model import UNPROVEN, UNREGISTERED, AccessRequest
from pdp.routing.route import FromPath, Route, Said, template
from pdp.routing.route_map import RouteMap
from tests.adapters.gateways.edge import ISSUER, MAP, ROWS, Known, known_world, token

CALLER = Caller(id="gw-1", routes="edge")
SUBJECT = {"type": "public_body", "id": "B"}
CONTEXT = {"scenario": "sc-1", "purpose": "duty", "channel": "direct", "mode": "bulk"}
PATH = "/api/v1/datasets/R/rows"


@pytest.fixture(scope="module")
def world():
    """A world that knows the bodies A and B, a unit, and systems of both."""
    return known_world()


@pytest.fixture
def ask(world):
    """Return a function that reads a body."""

    def asked(resource=None, context=None, action="GET", caller=CALLER, **more: object) -> AccessRequest:
        known = Known(world, SimpleNamespace(routes={"edge": more.get("routes", MAP)}))
        said = {
            "subject": more.get("subject", SUBJECT),
            "action": {"name": action},
            "resource": {"type": "dataset", "id": "R"} if resource is None else resource,
            "context": CONTEXT if context is None else context,
        }
        return parse(json.dumps(said).encode(), caller, None, RoutedCalls(known, EndUsers([ISSUER])))

    return asked


def route(id_=PATH, **properties: object) -> dict[str, object]:
    """Return the resource that a path or a template is."""
    return {"type": "route", "id": id_, "properties": properties} if properties else {"type": "route", "id": id_}


def bare() -> str:
    """Return a token without its scheme."""
    return token().removeprefix("Bearer ")


def test_a_route_says_what_is_asked_and_the_body_what_the_route_leaves_open(ask):
    request = ask(route(fields=["name"]))

    assert (request.dataset, request.action, request.mode, request.channel) == ("R", "read", "api", "bigdata_platform")
    assert (request.fields, request.scenario, request.purpose) == (("name",), "sc-1", "duty")
    assert (request.route, request.enforces) == (ROWS.name, ("mask_fields", "filter_rows"))
    assert (request.subject, request.established, request.door) == ("B", None, "authzen")


def test_head_is_get_here_too(ask):
    assert ask(route(), action="HEAD") == ask(route())


def test_what_the_request_declares_to_enforce_stands_before_the_map(ask):
    declared = {"supported_obligations": ["custom"], "supported_custom_obligations": ["mask_fields"]}

    assert ask(route(), {**CONTEXT, **declared}).enforces == ("mask_fields",)
    assert ask(route(), {**CONTEXT, "supported_obligations": []}).enforces == ()


def test_what_a_route_says_itself_no_body_changes(ask):
    fixed = Route(
        method="GET", host=None, path=template("/people"), dataset=Said("R"), action="read", fields=("name",),
        scenario=Said("sc-2"), purpose=Said("duty"), carrier=Said("zone"),
    )  # fmt: skip
    request = ask(
        route("/people", fields=["phone"]), CONTEXT | {"purpose": "x", "carrier": "y"}, routes=RouteMap("edge", [fixed])
    )

    assert (request.fields, request.scenario, request.purpose, request.carrier) == (("name",), "sc-2", "duty", "zone")


@pytest.mark.parametrize(
    ("id_", "action"),
    [
        ("/api/v2/people", "GET"),
        (PATH, "DELETE"),
        (PATH, "get"),
        (PATH, "read"),
        (PATH + "/", "GET"),
        ("/api/v1/datasets/{other}/rows", "GET"),
        ("/api/v1/datasets/{dataset}/rows", "POST"),
    ],
)
def test_an_unknown_route_is_a_question_and_names_no_data(ask, id_, action):
    request = ask(route(id_), action=action)

    assert (request.route, request.dataset, request.action) == (UNREGISTERED, f"route/{id_}", "unknown")


def test_a_template_names_the_route_but_no_data_where_its_path_would(ask):
    request = ask(route("/api/v1/datasets/{dataset}/rows"))

    assert (request.route, request.dataset) == (ROWS.name, "route//api/v1/datasets/{dataset}/rows")


def test_a_path_that_several_hosts_have_names_none(ask):
    def on(host, dataset) -> Route:
        return Route(method="GET", host=host, path=template("/{x}"), dataset=dataset, action="read")

    two = RouteMap("edge", [on("a.example", FromPath("x")), on("b.example", Said("Q"))])
    one = RouteMap("edge", [on("a.example", FromPath("x"))])

    assert ask(route("/R"), routes=two).route == UNREGISTERED
    assert ask(route("/{x}"), routes=two).route == UNREGISTERED
    assert ask(route("/R"), routes=one).dataset == "R"


@pytest.mark.parametrize(
    "id_", ["", "api", "/a//b", "/%2e%2e/x", "/a;b", "/a?b=1", "/a#b", "/../R", "http://h/a", "/人口"]
)
def test_a_path_with_tricks_is_no_question(ask, id_):
    with pytest.raises(RequestError) as refused:
        ask(route(id_))

    assert refused.value.place == "resource.id"
    assert len(id_) < 3 or id_ not in str(refused.value)


def test_a_caller_without_a_map_has_no_routes(ask):
    assert ask(route(), caller=Caller(id="gw-2")).route == UNREGISTERED


def test_a_token_stands_before_what_the_body_claims(ask):
    context = CONTEXT | {"subject_token": bare()}
    request = ask(context=context, action="read")
    assert (request.subject, request.staff, request.established, request.assurance) == ("B", "clerk", "token", 4)
    assert not request.disputed
    assert request.ignored == ()

    other = ask(context=context, action="read", subject={"type": "public_body", "id": "A"})
    assert (other.subject, other.disputed) == ("B", True)

    staff = {**SUBJECT, "properties": {"staff": {"id": "chief"}, "system": {"id": "B-sys"}}}
    other = ask(context=context, action="read", subject=staff)
    assert (other.staff, other.system, other.disputed) == ("clerk", "B-sys", True)

    assert not ask(context=context, action="read", subject={"type": "anonymous", "id": "-"}).disputed


def test_a_token_speaks_for_itself_whatever_its_bringer_may_assert(ask):
    modest = Caller(id="gw-1", routes="edge", may_assert=("unit",))
    assert ask(context=CONTEXT | {"subject_token": bare()}, caller=modest).established == "token"

    with pytest.raises(NotEntitledError):
        ask(caller=modest)


@pytest.mark.parametrize("bad", ["x", "a.b.c", "Bearer", "e30.e30.e30"])
def test_a_bad_token_proves_nobody_and_the_claim_beside_it_is_not_believed(ask, bad):
    agent = {**SUBJECT, "properties": {"agent": {"id": "X"}, "system": {"id": "B-sys"}, "staff": {"id": "clerk"}}}
    request = ask(context=CONTEXT | {"subject_token": bad}, action="read", subject=agent)

    assert (request.subject, request.subject_kind, request.staff, request.system, request.agent) == (None,) * 5
    assert (request.established, request.assurance) == (UNPROVEN, 0)


def test_where_nobody_can_verify_tokens_none_proves_anybody():
    said = {
        "subject": SUBJECT, "action": {"name": "GET"}, "resource": route(), "context": {"subject_token": bare()},
    }  # fmt: skip
    request = parse(json.dumps(said).encode(), CALLER)

    assert (request.subject, request.established, request.route) == (None, UNPROVEN, UNREGISTERED)


@pytest.mark.parametrize("odd", ["", 7, None, ["a.b.c"], "a b", "é", "a" * 8193, "a\n"])
def test_a_token_that_is_no_text_of_a_token_is_a_bad_body_and_never_quoted(ask, odd):
    with pytest.raises(RequestError) as refused:
        ask(context=CONTEXT | {"subject_token": odd})

    assert refused.value.place.startswith("context")
    assert "aaa" not in str(refused.value)


def test_a_token_of_eight_kilobytes_is_read(ask):
    assert ask(context=CONTEXT | {"subject_token": "a" * 8192}).established == UNPROVEN
