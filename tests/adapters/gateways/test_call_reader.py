"""Promises of reading calls: a route says what is asked, the strongest way says who asks, no trick says either."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.door_settings import EndUserIssuer
from adapters.end_users import EndUsers
from adapters.gateways.call import Call
from adapters.gateways.call_reader import RoutedCalls
from adapters.gateways.headers import RejectedError
from pdp.model import UNPROVEN, UNREGISTERED
from pdp.routing.route import Said
from pdp.routing.route_map import WAYS, RouteMap
from tests.adapters.gateways.edge import (
    CALL,
    GATEWAY,
    HOST,
    ISSUER,
    LIFE,
    MAP,
    ROWS,
    WORKLOADS,
    Known,
    known_world,
    token,
)
from tests.adapters.test_tokens import ALGORITHMS, FORGED, NOW, pinned

if TYPE_CHECKING:
    from adapters.gateways.call import Asked


@pytest.fixture(scope="module")
def world():
    """A world that knows the bodies A and B, a unit, and systems of both."""
    return known_world()


@pytest.fixture
def read(world):
    """Return a function that reads a call told of by a gateway, by default the one call of the one gateway."""

    def reading(call=CALL, caller=GATEWAY, routes=MAP, **changed: object) -> Asked:
        known = Known(world, SimpleNamespace(routes={routes.gateway: routes}))
        return RoutedCalls(known, EndUsers([ISSUER])).read(replace(call, **changed), caller, "forward_auth")

    return reading


def test_a_call_asks_what_its_route_says(read):
    asked = read(
        query=b"purpose=duty&page=2&fields=name,%E5%A7%93%E5%90%8D",
        headers={"x-data-scenario": "sc-1"},
        authorization=token(),
        request_id="r-1",
    )

    request = asked.request
    assert (request.subject, request.staff, request.established, request.assurance) == ("B", "clerk", "token", 4)
    assert (request.dataset, request.action, request.mode, request.channel) == ("R", "read", "api", "bigdata_platform")
    assert (request.fields, request.scenario, request.purpose) == (("name", "姓名"), "sc-1", "duty")
    assert (request.door, request.gateway, request.request_id) == ("forward_auth", "gw-1", "r-1")
    assert request.route == "GET data.example.gov.cn/api/v1/datasets/{dataset}/rows"
    assert request.enforces == ("mask_fields", "filter_rows")
    assert (asked.audience, asked.single_use) == ("data-api", False)
    plain = b"GET\n/api/v1/datasets/R/rows\npurpose=duty&page=2&fields=name,%E5%A7%93%E5%90%8D"
    assert asked.digest == hashlib.sha256(plain).hexdigest()


def test_a_host_is_read_without_case_and_port(read):
    for told in (HOST, HOST.upper(), f"{HOST}:443", f"{HOST.title()}:8443"):
        assert read(host=told, authorization=token()).request.dataset == "R"


def test_head_is_asked_as_get_and_the_digest_keeps_what_was_sent(read):
    asked, got = read(method="HEAD", authorization=token()), read(authorization=token())

    assert asked.request == got.request
    assert asked.digest == hashlib.sha256(b"HEAD\n/api/v1/datasets/R/rows\n").hexdigest() != got.digest


def test_a_write_or_an_export_is_for_single_use(read):
    exported = read(method="POST", path=b"/api/v1/exports/people", authorization=token())

    assert (exported.request.dataset, exported.request.mode, exported.single_use) == ("R", "bulk", True)
    assert not read(method="HEAD", authorization=token()).single_use


def test_what_a_call_does_not_say_is_absent_and_no_fault(read):
    request = read(authorization=token(), query=b"&&page=1&").request

    assert (request.fields, request.scenario, request.purpose, request.carrier) == (None, None, None, None)


def test_a_route_that_says_all_itself_lets_the_call_say_nothing_of_it(read):
    fixed = replace(ROWS, fields=("name",), scenario=Said("sc-1"), purpose=Said("duty"))
    request = read(
        routes=RouteMap("edge", [fixed], subject=WAYS),
        query=b"fields=phone&purpose=other&fields=id",
        headers={"x-data-scenario": "sc-9"},
        authorization=token(),
    ).request

    assert (request.fields, request.scenario, request.purpose) == (("name",), "sc-1", "duty")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"path": b"/api/v2/people"}, "another path"),
        ({"method": "DELETE"}, "another method"),
        ({"method": "get"}, "another spelling of the method"),
        ({"method": "OPTIONS"}, "a preflight, which is the gateway's to answer"),
        ({"host": "other.example.gov.cn"}, "another host"),
        ({"host": f"{HOST}."}, "a trailing dot"),
        ({"host": f"x.{HOST}"}, "a name below the host"),
        ({"host": "[::1]:80"}, "an address"),
        ({"host": None}, "no host"),
        ({"path": b"/api/v1/datasets/R/rows/"}, "a trailing slash"),
        ({"path": b"/API/v1/datasets/R/rows"}, "another case"),
        ({"path": b"/api/v1/datasets/rows"}, "no dataset"),
    ],
)
def test_a_call_that_no_route_is_about_is_a_question_about_data_that_nobody_can_catalogue(read, changed, why):
    request = read(authorization=token(), **changed).request

    assert (request.route, request.action, request.subject) == (UNREGISTERED, "unknown", "B"), why
    assert request.dataset.startswith("route//")


def test_a_gateway_without_a_map_has_no_routes_and_proves_its_callers_all_the_same(read):
    request = read(caller=GATEWAY.model_copy(update={"routes": None}), authorization=token()).request

    assert (request.route, request.subject, request.established) == (UNREGISTERED, "B", "token")


def replace_subject(*ways: str) -> RouteMap:
    """Return the map with other ways of establishing a subject."""
    return RouteMap("edge", MAP.routes, subject=ways)


NAMED = {"x-subject-type": "public_body", "x-subject-id": "B", "x-subject-staff": "clerk"}
WORKLOAD = WORKLOADS[0]
BY_WAY = {
    "token": {"authorization": token()},
    "gateway_claims": {"verified": {"org": "B", "sub": "clerk", "iss": "x"}},
    "workload": {"principal": WORKLOAD},
    "header": {"headers": NAMED},
}
OTHERS = {
    "gateway_claims": {"verified": {"org": "A", "sub": "clerk"}},
    "workload": {"principal": WORKLOADS[1]},
    "header": {"headers": NAMED | {"x-subject-id": "A"}},
}


@pytest.mark.parametrize(("way", "strength"), [("token", 4), ("gateway_claims", 3), ("workload", 2), ("header", 1)])
def test_each_way_establishes_the_subject_with_its_own_strength(read, way, strength):
    request = read(**BY_WAY[way]).request

    assert (request.subject, request.established, request.assurance, request.disputed) == ("B", way, strength, False)
    assert (request.staff, request.system) == (("clerk", None) if way != "workload" else (None, "B-sys"))


def test_the_strongest_way_that_is_present_is_used(read):
    present: dict[str, object] = {}
    for way in reversed(WAYS):
        present |= BY_WAY[way]
        request = read(**present).request
        assert (request.established, request.disputed) == (way, False)


@pytest.mark.parametrize("weaker", OTHERS)
def test_a_weaker_way_that_names_another_disputes_the_stronger(read, weaker):
    request = read(**BY_WAY["token"] | OTHERS[weaker]).request

    assert (request.subject, request.established, request.disputed) == ("B", "token", True)


@pytest.mark.parametrize("weaker", OTHERS)
def test_a_way_that_the_map_does_not_accept_is_not_looked_at(read, weaker):
    request = read(**BY_WAY["token"] | OTHERS[weaker], routes=replace_subject("token")).request
    alone = read(**OTHERS[weaker], routes=replace_subject("token")).request

    assert (request.established, request.disputed) == ("token", False)
    assert (alone.subject, alone.established, alone.assurance) == (None, UNPROVEN, 0)


def test_another_person_of_the_same_body_disputes_too(read):
    assert read(**BY_WAY["token"], headers=NAMED | {"x-subject-staff": "other"}).request.disputed
    assert (
        read(**BY_WAY["token"], headers=NAMED | {"x-subject-type": "unit"}, caller=SPEAKS_FOR_ALL).request.disputed
        is False
    )


def test_a_workload_that_nobody_mapped_proves_nobody_and_disputes_nothing(read):
    unmapped = {"principal": "spiffe://xicheng.example/ns/c/sa/query"}

    assert read(**unmapped).request.established == UNPROVEN
    assert read(**BY_WAY["token"], **unmapped).request.disputed is False


@pytest.mark.parametrize("principal", ["B", "B-sys", "clerk", "", "*"])
def test_a_certificate_that_bears_the_name_of_a_body_or_a_system_is_not_that_body(read, principal):
    request = read(principal=principal).request

    assert (request.subject, request.system, request.established) == (None, None, UNPROVEN)


@pytest.mark.parametrize("way", ["token", "gateway_claims"])
@pytest.mark.parametrize("name", ["A", "B", "U"])
def test_a_person_whose_name_is_that_of_a_body_or_a_unit_does_not_become_it(read, way, name):
    said = {"token": {"authorization": token(sub=name, org=None)}, "gateway_claims": {"verified": {"sub": name}}}

    assert read(**said[way]).request.subject is None


def test_a_person_who_acts_for_nobody_asks_as_a_natural_person(read):
    request = read(authorization=token(sub="p-17", org=None)).request

    assert (request.subject, request.subject_kind, request.staff) == ("p-17", "natural_person", None)


@pytest.mark.parametrize(
    "claims",
    [{}, {"org": "B"}, {"sub": ""}, {"sub": "x", "org": ""}, {"sub": "x", "org": None, "": 1},
     {"sub": ["clerk"], "org": "B"}, {"sub": "clerk", "org": ["B"]}, {"sub": 1, "org": "B"},
     {"sub": "clerk", "org": {"id": "B"}}],
)  # fmt: skip
def test_claims_that_do_not_say_who_it_is_prove_no_body(read, claims):
    assert read(verified=claims).request.subject != "B"


SPEAKS_FOR_ALL = GATEWAY.model_copy(update={"may_assert": ("public_body", "unit", "natural_person")})


@pytest.mark.parametrize(
    ("kinds", "named", "status"),
    [
        (("unit",), NAMED, 403),
        (("unit",), {"x-subject-id": "B"}, 403),
        (("unit",), {"x-subject-id": "B", "x-subject-type": "unit"}, 403),
        (("public_body",), {"x-subject-id": "U", "x-subject-type": "public_body"}, 403),
        (("public_body",), {"x-subject-id": "U"}, 403),
        (("public_body",), {"x-subject-type": "natural_person", "x-subject-id": "p"}, 403),
        (("unit",), {"x-subject-type": "public_body"}, 400),
        (("unit",), {"x-subject-staff": "clerk"}, 400),
    ],
)
def test_a_header_speaks_for_the_kinds_of_the_registration_alone(read, kinds, named, status):
    with pytest.raises(RejectedError) as refused:
        read(headers=named, caller=GATEWAY.model_copy(update={"may_assert": kinds}))

    assert refused.value.status == status


def test_a_header_may_say_that_it_is_nobody(read):
    request = read(headers={"x-subject-type": "anonymous"}).request

    assert (request.subject, request.subject_kind, request.established, request.assurance) == (None, None, "header", 0)


def test_a_subject_of_another_type_is_nobody_of_ours(read):
    request = read(headers={"x-subject-type": "robot", "x-subject-id": "B"}).request

    assert (request.subject, request.subject_kind) == ("robot/B", "robot")


def test_a_token_is_verified_each_time_it_comes(world):
    now = [time.time()]
    reader = RoutedCalls(Known(world, SimpleNamespace(routes={"edge": MAP})), EndUsers([ISSUER], lambda: now[0]))
    call = replace(CALL, authorization=token())
    assert reader.read(call, GATEWAY, "forward_auth").request.established == "token"

    now[0] += LIFE + ISSUER.leeway_seconds
    assert reader.read(call, GATEWAY, "forward_auth").request.established == UNPROVEN


def test_an_issuer_speaks_for_the_bodies_of_its_registration_alone(world):
    for bodies, subject in (((), "B"), (("B", "C"), "B"), (("A",), None)):
        issuer = ISSUER.model_copy(update={"bodies": bodies})
        reader = RoutedCalls(Known(world, SimpleNamespace(routes={"edge": MAP})), EndUsers([issuer]))
        request = reader.read(replace(CALL, authorization=token()), GATEWAY, "forward_auth").request
        assert request.subject == subject


def test_routes_that_statements_add_are_read_beside_those_of_the_file(read):
    request = read(path=b"/added/R", authorization=token()).request

    assert (request.dataset, request.route) == ("R", "GET data.example.gov.cn/added/{dataset}")


def test_a_gateway_tells_of_calls_as_its_map_says(world):
    routes = RouteMap("edge", family="original")
    reader = RoutedCalls(Known(world, SimpleNamespace(routes={"edge": routes})), EndUsers())

    assert reader.family(GATEWAY) == "original"
    assert reader.family(GATEWAY.model_copy(update={"routes": None})) == "forwarded"


HEADERS = ("x-subject-id", "x-subject-type", "x-subject-staff", "x-data-scenario")
TWICE = [
    *[{"headers": NAMED | {name: "B,A"}} for name in HEADERS],
    *[{"headers": NAMED | {name: "B, A"}} for name in HEADERS],
    *[{"headers": NAMED | {name: ","}} for name in HEADERS],
    {"authorization": f"{token()}, {token()}"},
    {"authorization": f"{token()},{token()}"},
    {"host": f"{HOST},{HOST}"},
    {"host": f"{HOST}, other.example"},
    {"method": "GET, POST"},
]
ODD = [
    *[{"headers": NAMED | {name: "B\nX-Subject-Id: A"}} for name in HEADERS],
    *[{"headers": NAMED | {name: "B\u202e"}} for name in HEADERS],
    *[{"headers": NAMED | {name: "B" * 513}} for name in HEADERS],
    {"host": ""},
    {"host": " "},
    {"host": f" {HOST}"},
    {"host": f"{HOST} "},
    {"host": f"user@{HOST}"},
    {"host": f"{HOST}/a"},
    {"host": f"{HOST}?"},
    {"host": f"{HOST}#"},
    {"host": f"{HOST}:port"},
    {"host": f"{HOST}:80:80"},
    {"host": f"{HOST}:"},
    {"host": f"http://{HOST}"},
    {"host": f"{HOST}%2eevil"},
    {"host": f"{HOST}\r\nHost: x"},
    {"host": "data.example.gov.cn\u3002"},
    {"host": "d\u0430ta.example.gov.cn"},
    {"host": "\u212aata.example"},
    {"host": "a" * 254},
    {"host": "[::1"},
    {"host": "[a-host]"},
    {"method": ""},
    {"method": "GET\r\n"},
    {"method": "GE T"},
    {"method": "G" * 33},
    {"method": "GE\u0301T"},
]


@pytest.mark.parametrize("changed", TWICE)
def test_what_may_be_told_once_is_refused_when_it_is_told_twice(read, changed):
    with pytest.raises(RejectedError) as refused:
        read(**{"authorization": token()} | changed)

    assert refused.value.status == 400


@pytest.mark.parametrize("changed", TWICE[:9])
def test_an_identity_header_is_refused_when_it_is_told_twice_even_where_it_is_not_accepted(read, changed):
    with pytest.raises(RejectedError):
        read(authorization=token(), routes=replace_subject("token"), **changed)


GENUINE = token()
texts = st.text(max_size=12) | st.sampled_from(["B", "A", "B-sys", "GET", HOST, GENUINE, *WORKLOADS, "\ud800", "a,b"])
values = st.none() | st.integers() | texts | st.lists(texts, max_size=2)


@given(
    method=texts | st.just("GET"),
    path=st.binary(max_size=20) | st.sampled_from([CALL.path, b"/added/R", b"/api/v1/datasets/%41/rows"]),
    query=st.binary(max_size=20) | st.sampled_from([b"fields=name", b"fields=name&fields=x", b"purpose=duty"]),
    host=st.none() | texts | st.just(HOST),
    headers=st.dictionaries(st.sampled_from([*NAMED, "x-data-scenario", "x-other"]), texts, max_size=4),
    authorization=st.none() | texts,
    verified=st.none() | st.dictionaries(st.sampled_from(["org", "sub", "iss"]), values, max_size=3),
    principal=st.none() | texts,
)
def test_whatever_a_gateway_tells_is_a_question_or_rejected_and_proves_nobody_by_chance(world, **told: object):
    reader = RoutedCalls(Known(world, SimpleNamespace(routes={"edge": MAP})), EndUsers([ISSUER]))
    try:
        request = reader.read(Call(**told), GATEWAY, "forward_auth").request
    except RejectedError:
        return

    assert request.established in {*WAYS, UNPROVEN}
    if request.established == UNPROVEN:
        assert (request.subject, request.staff, request.system, request.assurance) == (None, None, None, 0)
    if request.established == "token":
        assert told["authorization"] == GENUINE
    assert request.route in {
        UNREGISTERED,
        *(route.name for route in MAP.routes),
        "GET data.example.gov.cn/added/{dataset}",
    }


@pytest.mark.parametrize("changed", ODD, ids=repr)
def test_what_cannot_be_read_in_one_way_is_refused(read, changed):
    with pytest.raises(RejectedError) as refused:
        read(**{"authorization": token()} | changed)

    assert refused.value.status == 400


@pytest.mark.parametrize(
    "query",
    [
        b"fields=a&fields=b",
        b"fields=a&purpose=x&fields=a",
        b"fields=a&Fields=b",
        b"FIELDS=a",
        b"fields=a&%66ields=b",
        b"fields[]=a",
        b"fields=a&fields[]=b",
        b"fields%5B%5D=a",
        b"fields[0]=a",
        b" fields=a",
        b"%20fields=a",
        b"fields%20=a",
        b"fields",
        b"fields=",
        b"fields=,",
        b"fields=a,",
        b"fields=a,,b",
        b"fields=a,%20b",
        b"fields=a+b",
        b"fields=a;fields=b",
        b"a=1;fields=b",
        b"fields=a#b",
        b"fields=a\\b",
        b"fields=a%00",
        b"fields=a%0ab",
        b"fields=%ff",
        b"fields=%c0%af",
        b"fields=%ed%a0%80",
        b"fields=e%CC%81",
        b"fields=a%E2%80%8Bb",
        b"fields=a%E2%80%AEb",
        b"fields=a%",
        b"fields=a%zz",
        b"%zz=1",
        b"%ff=1",
        "fields=姓名".encode(),
        b"fields=" + b"a," * 1000 + b"a",
        b"fields=" + b"a" * 4097,
        b"x=" + b"a" * 16_384,
        b"purpose=duty&purpose=service",
        b"purpose=du+ty",
    ],
)
def test_a_query_that_two_parsers_could_read_differently_is_refused(read, query):
    with pytest.raises(RejectedError) as refused:
        read(authorization=token(), query=query)

    assert refused.value.status == 400
    assert "duty" not in refused.value.text


@pytest.mark.parametrize("query", [b"fields=a&fields=b", b"x;y", b"%zz", b"\xff"])
def test_a_query_that_the_route_does_not_read_is_the_data_apis_alone(read, query):
    call = {"method": "POST", "path": b"/api/v1/exports/people", "query": query}

    assert read(authorization=token(), **call).request.dataset == "R"


@pytest.mark.parametrize(
    "path",
    [
        b"/api/v1/datasets/R/../Q/rows",
        b"/api/v1/datasets/%2e%2e/rows",
        b"/api/v1/datasets/R;x/rows",
        b"//api",
        b"",
        b"*",
    ],
)
def test_a_path_with_tricks_is_refused_and_never_quoted(read, path):
    with pytest.raises(RejectedError) as refused:
        read(path=path, authorization=token())

    assert refused.value.status == 400
    assert "datasets" not in refused.value.text


@pytest.mark.parametrize("forged", [forged for forged, _ in FORGED.values()], ids=FORGED.keys())
def test_a_forged_token_proves_nobody_and_no_weaker_way_is_believed_instead(world, forged):
    issuers = [
        EndUserIssuer.model_validate({name: value for name, value in pinned(one).items() if name != "caller"})
        for one in ALGORITHMS
    ]
    reader = RoutedCalls(Known(world, SimpleNamespace(routes={"edge": MAP})), EndUsers(issuers, lambda: NOW))
    call = replace(CALL, authorization="Bearer " + forged.decode("latin-1"), principal=WORKLOAD, headers=NAMED)

    request = reader.read(call, GATEWAY, "forward_auth").request

    assert (request.subject, request.staff, request.system) == (None, None, None)
    assert (request.established, request.assurance) == (UNPROVEN, 0)


@pytest.mark.parametrize(
    "spelt", ["Bearer", "Bearer ", "bearer", "Basic QTpC", "Bearer  {}", "Bearer\t{}", "{}", "Token {}", " Bearer {}",
              "Bearer {} ",
              "Bearer {} x", "Bearer {}\n",
              "DPoP {}", ""],
)  # fmt: skip
def test_a_token_that_is_not_sent_as_a_bearer_token_proves_nobody(read, spelt):
    request = read(authorization=spelt.format(token().removeprefix("Bearer ")), headers=NAMED).request

    assert (request.subject, request.established) == (None, UNPROVEN)


def test_the_scheme_of_a_token_has_no_case(read):
    for scheme in ("bearer", "BEARER", "Bearer"):
        assert read(authorization=token().replace("Bearer", scheme)).request.established == "token"
