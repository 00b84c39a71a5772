"""Promises of the dialects: the same call is read from each, what is not named is not kept, and nobody is made up."""

import asyncio
import hashlib
import json
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.callers import LOCAL, Caller, Callers
from adapters.gateways import opa_dialects
from adapters.gateways.call import Asked, Call
from adapters.gateways.headers import RejectedError
from adapters.gateways.http import Doors, HttpApp
from adapters.gateways.opa_dialects import READERS, spring
from pdp.errors import RequestError
from pdp.model import AccessRequest
from pdp.routing.route_map import RouteMap

HEADERS = {
    "Host": "data.example", "X-Data-Scenario": "sc-1", "x-subject-id": "B", "authorization": "Bearer a.b.c",
    "cookie": "session=canary", "x-request-id": "r-1", "user-agent": "curl",
}  # fmt: skip
KEPT = {"x-data-scenario": "sc-1", "x-subject-id": "B"}
LOWER = {name.lower(): value for name, value in HEADERS.items()}
QUERY = {"fields": "name,phone", "q": ["a b", "c&d"], "flag": True}
SPELLED = b"fields=name%2Cphone&q=a%20b&q=c%26d&flag"
INPUTS = {
    "apisix": {
        "type": "http",
        "request": {
            "scheme": "http", "method": "GET", "host": "data.example", "port": 9080, "path": "/api/R/rows",
            "headers": HEADERS, "query": QUERY,
        },
        "var": {"remote_addr": "10.0.0.9", "remote_port": "4711", "timestamp": 1789},
        "route": {"id": "1"},
        "consumer": {"username": "B-sys", "labels": {"org": "B"}},
    },
    "kong": {
        "client_ip": "10.0.0.9",
        "request": {
            "http": {
                "method": "GET", "scheme": "http", "host": "data.example", "port": 8000, "path": "/api/R/rows",
                "querystring": QUERY, "headers": LOWER,
            },
        },
        "consumer": {"id": "7", "username": "B-sys", "custom_id": "B"},
    },
    "higress": {
        "request": {
            "method": "GET", "scheme": "http", "path": f"/api/R/rows?{SPELLED.decode()}",
            "headers": [[name, value] for name, value in HEADERS.items()], "query": QUERY,
        },
    },
    "envoy": {
        "attributes": {
            "source": {"address": {}, "principal": "spiffe://town/ns/b/sa/B-sys"},
            "request": {
                "time": "2026-02-26T01:00:00Z",
                "http": {
                    "id": "1", "method": "GET", "path": f"/api/R/rows?{SPELLED.decode()}", "host": "data.example",
                    "scheme": "https", "protocol": "HTTP/1.1", "headers": {":authority": "data.example", **LOWER},
                },
            },
            "metadataContext": {
                "filterMetadata": {"envoy.filters.http.jwt_authn": {"payload": {"org": "B", "sub": "p-1"}}}
            },
        },
        "parsed_path": ["api", "R", "rows"],
    },
}  # fmt: skip
SPRING = {
    "subject": {"type": "java_authentication", "id": "alice", "details": {}, "authorities": []},
    "action": {"name": "GET", "protocol": "HTTP/1.1", "headers": LOWER},
    "resource": {"type": "endpoint", "id": "/api/R/rows"},
    "context": {"type": "http", "host": "data.example", "ip": "10.0.0.9", "port": 4711, "data": {}},
}
KAFKA = {
    "action": {
        "logIfAllowed": True, "logIfDenied": True, "operation": "READ",
        "resourcePattern": {"name": "town.R", "patternType": "LITERAL", "resourceType": "TOPIC", "unknown": False},
        "resourceReferenceCount": 1,
    },
    "requestContext": {
        "clientAddress": "/10.0.0.9", "clientInformation": {}, "listenerName": "SSL", "securityProtocol": "SSL",
        "principal": {"name": "CN=B-sys", "principalType": "User"},
    },
}  # fmt: skip
CALL = Call(
    method="GET",
    path=b"/api/R/rows",
    query=SPELLED,
    host="data.example",
    headers=KEPT,
    authorization="Bearer a.b.c",
    request_id="r-1",
)
DIFFERENT = {
    "apisix": {"client": "10.0.0.9", "verified": {"org": "B", "sub": "B-sys"}},
    "kong": {"client": "10.0.0.9", "verified": {"org": "B", "sub": "B-sys"}},
    "higress": {},
    "envoy": {"principal": "spiffe://town/ns/b/sa/B-sys", "verified": {"org": "B", "sub": "p-1"}},
}


@pytest.mark.parametrize("dialect", INPUTS)
def test_the_same_call_is_read_from_every_dialect(dialect):
    assert READERS[dialect](INPUTS[dialect]) == replace(CALL, **DIFFERENT[dialect])


def test_an_endpoint_of_spring_is_a_call():
    assert spring(SPRING) == replace(CALL, query=b"", client="10.0.0.9")


def test_a_topic_is_asked_for_by_whoever_the_broker_has_authenticated():
    assert READERS["kafka"](KAFKA) == Call(
        method="READ", path=b"/topic/town.R", principal="CN=B-sys", client="/10.0.0.9"
    )


def test_the_open_source_plugin_of_kong_names_nobody():
    told = {"token": {"payload": {"org": "B", "sub": "p-1"}}, "method": "GET", "path": "/api/R/rows"}

    assert READERS["kong_plugin"](told) == Call(method="GET", path=b"/api/R/rows")


def test_a_path_that_was_decoded_on_the_way_is_encoded_again():
    told = {"request": {**INPUTS["apisix"]["request"], "path": "/api/人口/a;b%2f"}}

    assert READERS["apisix"](told).path == b"/api/%E4%BA%BA%E5%8F%A3/a%3Bb%252f"


@pytest.mark.parametrize("dialect", INPUTS)
@pytest.mark.parametrize("name", ["x-subject-id", "authorization", "x-request-id"])
def test_an_identity_that_is_told_twice_is_no_question(dialect, name):
    told = json.loads(json.dumps(INPUTS[dialect]))
    holder = told["attributes"]["request"]["http"] if dialect == "envoy" else told["request"]
    holder = holder.get("http", holder)
    if dialect == "higress":
        holder["headers"].append([name, "C"])
    elif dialect == "envoy":  # joined by a comma, as Envoy does
        holder["headers"][name] += ",C"
    else:
        holder["headers"][name] = ["B", "C"]

    with pytest.raises(RejectedError):
        READERS[dialect](told)


@pytest.mark.parametrize("dialect", ["apisix", "kong"])
def test_one_header_in_two_spellings_is_no_question(dialect):
    told = json.loads(json.dumps(INPUTS[dialect]))
    holder = told["request"].get("http", told["request"])
    holder["headers"]["X-SUBJECT-ID"] = "C"

    with pytest.raises(RejectedError):
        READERS[dialect](told)


@pytest.mark.parametrize("pattern", [{"patternType": "PREFIXED"}, {"name": ""}, {"name": None}, {"resourceType": 3}])
def test_a_pattern_of_topics_is_no_question(pattern):
    told = json.loads(json.dumps(KAFKA))
    told["action"]["resourcePattern"] |= pattern

    with pytest.raises(RequestError):
        READERS["kafka"](told)


def test_claims_of_two_tokens_are_no_question():
    told = json.loads(json.dumps(INPUTS["envoy"]))
    told["attributes"]["metadataContext"]["filterMetadata"][opa_dialects.JWT]["other"] = {"org": "C", "sub": "p-2"}

    with pytest.raises(RejectedError):
        READERS["envoy"](told)


@pytest.mark.parametrize("consumer", [{"username": "B-sys"}, {"custom_id": "B"}, {"username": 1, "custom_id": 2}, None])
def test_a_consumer_without_a_body_is_nobody(consumer):
    assert READERS["kong"]({**INPUTS["kong"], "consumer": consumer}).verified is None


MEMBERS = ["request", "http", "headers", "path", "method", "query", "attributes", "action", "requestContext", "token"]
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("/a?b"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*READERS.values(), spring]), st.dictionaries(st.sampled_from(MEMBERS), jsons))
def test_any_input_is_a_call_or_the_callers_fault(reader, put):
    with suppress(RequestError, RejectedError):
        assert isinstance(reader(put), Call)


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(sorted(INPUTS)))
def test_a_call_with_any_one_member_replaced_is_a_call_or_the_callers_fault(data, dialect):
    node = changed = json.loads(json.dumps(INPUTS[dialect]))
    while isinstance(node, dict) and node:
        name = data.draw(st.sampled_from(sorted(node)))
        if not isinstance(node[name], dict) or data.draw(st.booleans()):
            node[name] = data.draw(jsons)
            break
        node = node[name]
    with suppress(RequestError, RejectedError):
        assert isinstance(READERS[dialect](changed), Call)


class Routed:
    """Reads every call as a question about dataset R, of whoever a header names."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def family(self, _: Caller) -> str:
        """Return the usual one."""
        return "forwarded"

    def route_map(self, _: Caller) -> RouteMap:
        """Return a map without routes."""
        return RouteMap("edge")

    def read(self, call: Call, caller: Caller, door: str) -> Asked:
        """Return the question, for a data API behind the gateway."""
        self.calls.append(call)
        request = AccessRequest(
            call.headers.get("x-subject-id"), "read", "R", "public_body", scenario=call.headers.get("x-data-scenario"),
            purpose="duty", assurance=4, door=door, gateway=caller.id, request_id=call.request_id,
        )  # fmt: skip
        return Asked(request, hashlib.sha256(call.path).hexdigest(), "data-api")


class Tokens:
    """Writes what it was told to sign."""

    def token(self, answer, asked) -> str:
        """Return a token that names both."""
        return f"{asked.audience}.{answer.id}"


@pytest.fixture
def through(service, log):
    """Return a function that asks a document through a gateway, and the reader of its calls."""
    calls = Routed()

    def asked(dialect, put, path="gateway/authz", headers=None) -> httpx.Response:
        caller = LOCAL.model_copy(update={"dialect": dialect})
        app = HttpApp(Doors(service, Callers([caller]), log.logger, calls=calls, tokens=Tokens()))

        async def once() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pdp") as client:
                return await client.post(f"/v1/data/{path}", json={"input": put}, headers=headers)

        return asyncio.run(once())

    asked.calls = calls.calls
    return asked


@pytest.mark.parametrize("dialect", ["apisix", "kong", "higress", "envoy"])
def test_a_gateway_is_told_what_to_hand_on(through, service, dialect):
    result = through(dialect, INPUTS[dialect]).json()["result"]

    (answer,) = service.answers.values()
    assert result["allow"] is True
    assert result["headers"]["X-Decision-Token"] == f"data-api.{answer.id}"
    assert service.questions[0].request_id == "r-1"
    assert service.questions[0].door == "opa_data"


def test_an_endpoint_of_spring_is_asked_through_the_route_map_and_anything_else_is_not(through, question):
    assert through(None, SPRING).json()["result"]["decision"] is True
    assert through("authzen", question, headers={"x-request-id": "outer"}).json()["result"]["decision"] is True
    assert len(through.calls) == 1


def test_the_id_of_the_request_to_this_door_stands_before_what_a_client_sent(through):
    through("apisix", INPUTS["apisix"], headers={"x-request-id": "outer"})

    assert through.calls[0].request_id == "outer"


def test_a_refusal_carries_no_token(through):
    told = json.loads(json.dumps(INPUTS["apisix"]))
    told["request"]["headers"]["X-Data-Scenario"] = "sc-other"

    result = through("apisix", told).json()["result"]

    assert result["allow"] is False
    assert result["headers"]["X-Decision-Token"] == "none"
    assert (result["status_code"], result["reason"]) == (403, "no_application 的条文。")


@pytest.mark.parametrize("dialect", ["kong_plugin", "kafka"])
def test_clients_of_the_boolean_get_one(through, dialect):
    told = {"kafka": KAFKA, "kong_plugin": {"method": "GET", "path": "/api", "token": "x"}}[dialect]

    assert through(dialect, told, "gateway/authz/allow").json()["result"] is False
