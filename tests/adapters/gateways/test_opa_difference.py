"""Equal requests to a real OPA server and to this service: equal envelopes, but for differences that are on purpose.

Both decide alike here: who asks in scenario sc-1 may, anybody else may not.
"""

import gzip
import json
import socket
import threading
from contextlib import suppress
from io import StringIO
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from opa_client.errors import PolicyNotFoundError
from opa_client.opa import OpaClient
from requests import HTTPError

from adapters.callers import LOCAL, Callers
from adapters.engines.opa_process import PINNED, opa_process
from adapters.gateways.http import Doors, HttpApp
from adapters.logs import make_log
from tests.adapters.gateways.conftest import SmallService

POLICY = """package gateway.authz

default allow := false

allow if input.context.scenario == "sc-1"
"""
FILTERS = """package filters

include if {
	input.context.scenario == "sc-1"
}

include if {
	input.context.scenario == "sc-2"
	input.people.dept in {"A", "B"}
}
"""
QUESTION = {
    "subject": {"type": "public_body", "id": "B"},
    "action": {"name": "read"},
    "resource": {"type": "dataset", "id": "R"},
    "context": {"scenario": "sc-1", "purpose": "duty"},
}
REFUSED = {**QUESTION, "context": {"scenario": "sc-other"}}
ALLOW = "/v1/data/gateway/authz/allow"
FILTER = "/v1/compile/filters/include"
UCAST = {"accept": "application/vnd.opa.ucast.all+json"}
OURS_ALONE = {"decision_id", "rationale"}  # OPA has the first with decision logs on


@pytest.fixture(scope="module")
def served():
    """This service, over a socket."""
    service = SmallService()
    log, _ = make_log(StringIO(), "json")
    caller = LOCAL.model_copy(update={"enforces": ("mask_fields", "filter_rows")})
    app = HttpApp(Doors(service, Callers([caller]), log, deadline=5))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, http="httptools", ws="none", lifespan="off", log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield SimpleNamespace(url=f"http://127.0.0.1:{listening.getsockname()[1]}", service=service)
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def opa():
    """A real OPA server with a policy that decides as the service here does."""
    if not PINNED.exists():
        pytest.fail("the OPA binary is missing; run scripts/install_opa.sh")
    with opa_process() as url:
        for name, text in (("authz", POLICY), ("filters", FILTERS)):
            assert httpx.put(f"{url}/v1/policies/{name}", content=text).status_code == 200
        yield url


@pytest.fixture
def both(served, opa):
    """Return a function that sends one request to both, and returns OPA's answer and ours."""

    def sent(method, path, body=None, headers=None) -> tuple[httpx.Response, httpx.Response]:
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        theirs, ours = (
            httpx.request(method, url + path, content=content, headers=headers or {}) for url in (opa, served.url)
        )
        return theirs, ours

    return sent


def members(response) -> object:
    """Return what an answer says, less what this service alone adds."""
    said = response.json()
    return {name: told for name, told in said.items() if name not in OURS_ALONE} if isinstance(said, dict) else said


def code(response) -> object:
    """Return the code of an error, whose members are OPA's."""
    assert {"code", "message"} <= response.json().keys()
    return response.json()["code"]


@pytest.mark.opa
@pytest.mark.parametrize("put", [QUESTION, REFUSED])
@pytest.mark.parametrize("query", ["", "?pretty", "?pretty=true", "?instrument=false", "?strict-builtin-errors=true"])
def test_a_decision_is_the_same_result_in_the_same_envelope(both, put, query):
    theirs, ours = both("POST", ALLOW + query, {"input": put})

    assert theirs.status_code == ours.status_code == 200
    assert members(theirs) == members(ours)
    assert theirs.headers["content-type"] == ours.headers["content-type"]
    assert theirs.headers["vary"] == ours.headers["vary"]
    assert ("\n  " in theirs.text) == ("\n  " in ours.text)


@pytest.mark.opa
@pytest.mark.parametrize(
    ("query", "added"),
    [
        ("metrics", {"metrics"}),
        ("metrics=TRUE", {"metrics"}),
        ("metrics=false", set()),
        ("metrics=1", set()),
        ("provenance", {"provenance"}),
        ("metrics&provenance=true", {"metrics", "provenance"}),
        ("explain=notes", {"explanation"}),
        ("explain=off", set()),
    ],
)
def test_what_a_query_asks_for_is_added_under_the_same_name(both, query, added):
    theirs, ours = both("POST", f"{ALLOW}?{query}", {"input": QUESTION})

    assert theirs.json().keys() == ours.json().keys() - OURS_ALONE == {"result", *added}
    if "metrics" in added:
        assert {type(said.json()["metrics"]["timer_server_handler_ns"]) for said in (theirs, ours)} == {int}
    if "provenance" in added:
        assert {type(said.json()["provenance"]["version"]) for said in (theirs, ours)} == {str}


@pytest.mark.opa
def test_the_older_form_answers_the_bare_value_and_misses_what_is_not_there(both):
    theirs, ours = both("POST", "/v0/data/gateway/authz/allow", QUESTION)
    assert theirs.json() is ours.json() is True

    theirs, ours = both("POST", "/v0/data/gateway/nothing", QUESTION)
    assert (theirs.status_code, code(theirs)) == (ours.status_code, code(ours)) == (404, "undefined_document")


@pytest.mark.opa
@pytest.mark.parametrize("body", [b'{"input":', b"[]", b"7", b'"x"', b'{"input": tru}'])
def test_what_is_no_question_is_the_same_fault(both, body):
    theirs, ours = both("POST", ALLOW, body)

    assert (theirs.status_code, code(theirs)) == (ours.status_code, code(ours)) == (400, "invalid_parameter")


@pytest.mark.opa
def test_gzip_goes_both_ways_alike(both):
    packed = gzip.compress(json.dumps({"input": QUESTION}).encode())

    theirs, ours = both("POST", ALLOW, packed, {"content-encoding": "gzip", "accept-encoding": "gzip"})

    assert members(theirs) == members(ours) == {"result": True}


@pytest.mark.opa
@pytest.mark.parametrize("path", ["/health", "/health?bundles", "/health?plugins", "/health?bundles=true&plugins=true"])
def test_health_is_told_alike(both, path):
    theirs, ours = both("GET", path)

    assert (theirs.status_code, theirs.json()) == (ours.status_code, ours.json()) == (200, {})


@pytest.mark.opa
@pytest.mark.parametrize(("put", "kind"), [(QUESTION, "all"), (REFUSED, "none")])
def test_a_filter_says_the_same_and_its_kind_aloud(both, put, kind):
    theirs, ours = both("POST", FILTER, {"input": put, "unknowns": ["input.people"]}, UCAST)

    assert theirs.headers["content-type"] == ours.headers["content-type"] == UCAST["accept"]
    told = ours.json()["result"]
    assert told.pop("kind") == kind
    told.pop("masks", None)
    assert (theirs.json() or {"result": {}}) == {"result": told}


@pytest.mark.opa
def test_a_conditional_filter_is_the_same_tree(both, served, monkeypatch):
    rows = {"type": "field", "field": "dept", "operator": "in", "value": ["A", "B"]}
    plain = served.service._facts  # noqa: SLF001 -- the small service has no ledger in which rows could stand

    def limited(request) -> object:
        inquiry = plain(request)
        return type(inquiry)(
            **{
                **{name: getattr(inquiry, name) for name in inquiry.__slots__},
                "parameters": {**inquiry.parameters, "rows": rows},
            }
        )

    monkeypatch.setattr(served.service, "_facts", limited)
    put = {**QUESTION, "context": {"scenario": "sc-2"}}

    theirs, ours = both("POST", FILTER, {"input": put, "unknowns": ["input.people"]}, UCAST)

    assert theirs.json()["result"]["query"] == ours.json()["result"]["query"]


@pytest.mark.opa
@pytest.mark.parametrize(
    ("method", "path", "body", "theirs_says", "ours_says"),
    [
        ("POST", ALLOW, b"{}", (200, None), (400, "invalid_parameter")),
        ("POST", ALLOW, b"", (200, None), (400, "invalid_parameter")),
        ("POST", ALLOW, b'{"input": {}} {}', (200, None), (400, "invalid_parameter")),
        ("POST", ALLOW, b'{"input": null}', (200, None), (400, "invalid_parameter")),
        ("POST", ALLOW, b'{"input": {}, "input": {"a": 1, "a": 2}}', (200, None), (400, "invalid_parameter")),
        ("POST", "/v1/data/gateway/nothing", b'{"input": {}}', (200, None), (404, "undefined_document")),
        ("POST", "/v1/batch/data/gateway/authz/allow", b'{"inputs": {}}', (404, None), (200, None)),
        ("GET", f"{ALLOW}?input=%7B%7D", None, (200, None), (405, "invalid_operation")),
        ("DELETE", "/v1/data/x", None, (404, "resource_not_found"), (405, "invalid_operation")),
        ("GET", "/v1/policies", None, (200, None), (404, "resource_not_found")),
        ("GET", "/v1/config", None, (200, None), (404, "resource_not_found")),
        ("POST", "/v1/query", b'{"query": "x = 1"}', (200, None), (404, "resource_not_found")),
        ("POST", "/v1/compile", b'{"query": "x = 1"}', (200, None), (404, "resource_not_found")),
        ("GET", "/health/live", None, (500, None), (200, None)),
        ("GET", "/health/ready", None, (500, None), (200, None)),
    ],
)  # fmt: skip
def test_where_this_service_differs_it_is_on_purpose(both, method, path, body, theirs_says, ours_says):  # noqa: PLR0913, PLR0917 -- one row
    theirs, ours = both(method, path, body)

    for answer, (status, named) in ((theirs, theirs_says), (ours, ours_says)):
        assert answer.status_code == status
        if named:
            assert code(answer) == named


@pytest.mark.opa
def test_another_content_type_or_form_of_a_filter_is_refused_here_alone(both):
    theirs, ours = both("POST", ALLOW, {"input": QUESTION}, {"content-type": "text/plain"})
    assert (theirs.status_code, ours.status_code) == (200, 400)

    theirs, ours = both("POST", FILTER, {"input": QUESTION}, {"accept": "application/json"})
    assert (theirs.status_code, ours.status_code, code(ours)) == (500, 400, "invalid_parameter")


@pytest.mark.opa
def test_broken_gzip_is_always_told_here(served, opa):
    headers = {"content-encoding": "gzip"}
    with suppress(httpx.TransportError):  # OPA hangs up where it has read no gzip before
        assert httpx.post(opa + ALLOW, content=b"no gzip", headers=headers).status_code == 400

    assert code(httpx.post(served.url + ALLOW, content=b"no gzip", headers=headers)) == "invalid_parameter"


@pytest.fixture
def client(served):
    """The client that this project itself uses towards OPA servers, pointed at this service."""
    with OpaClient(host="127.0.0.1", port=int(served.url.rpartition(":")[2])) as client:
        yield client


def test_the_python_client_asks_here_as_it_asks_opa(client):
    assert client.query_rule(QUESTION, "gateway.authz", "allow")["result"] is True
    assert client.query_rule(REFUSED, "gateway.authz", "allow")["result"] is False
    assert client.query_rule(QUESTION, "gateway.authz", query_params={"metrics": True})["result"]["allow"] is True
    assert client.check_health() is True


def test_the_python_client_is_told_what_there_is_not(client):
    with pytest.raises(HTTPError, match="404"):
        client.query_rule(QUESTION, "gateway.nothing")
    with pytest.raises(PolicyNotFoundError, match="must be POST"):
        client.get_data("gateway/authz")
