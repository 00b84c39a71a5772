"""Promises of everything beside the evaluation door: health, metadata, decisions looked up, errors in plain words."""

import asyncio
import hashlib
import json

import httpx
import pytest

from adapters.callers import Caller, Detail

KEY = "k" * 43
DIGEST = hashlib.sha256(KEY.encode()).hexdigest()
Request = tuple[str, str, dict[str, object]]
PROVEN = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
def fetch(open_door):
    """Return a function that sends requests one after the other and returns the last response."""

    def fetched(*requests: Request, callers=(), **door: object) -> httpx.Response:
        async def sent() -> httpx.Response:
            async with open_door(*callers, **door) as client:
                for method, path, options in requests:
                    response = await client.request(method, path, **options)
                return response

        return asyncio.run(sent())

    return fetched


@pytest.fixture
def explain(ask, question, fetch):
    """Return a function that asks one question as `asking` and looks its decision up as `reading`."""

    def explained(asking, reading) -> httpx.Response:
        asked = ask(question, PROVEN, [asking])
        name = asked.headers["x-decision-id"]
        return fetch(("GET", f"/v1/decisions/{name}", {"headers": PROVEN}), callers=[reading])

    return explained


def caller(**changes: object) -> Caller:
    return Caller(id="gateway-1", key_sha256=(DIGEST,), may_assert=("public_body",)).model_copy(update=changes)


def test_health_needs_no_credential_and_tells_nothing_else(fetch, service, journal_is_dead):
    alive = fetch(("GET", "/healthz", {}), callers=[caller()])
    ready = fetch(("GET", "/readyz", {}), callers=[caller()])
    service.broken = journal_is_dead
    down = fetch(("GET", "/readyz", {}))

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert (down.status_code, down.json()) == (503, {"status": "not ready"})


def test_metadata_names_the_configured_address_and_only_doors_that_are_open(fetch):
    response = fetch(
        ("GET", "/.well-known/authzen-configuration", {"headers": {"host": "evil.example"}}),
        public_url="https://pdp.example.gov.cn",
    )

    assert response.json() == {
        "policy_decision_point": "https://pdp.example.gov.cn",
        "access_evaluation_endpoint": "https://pdp.example.gov.cn/access/v1/evaluation",
        "access_evaluations_endpoint": "https://pdp.example.gov.cn/access/v1/evaluations",
        "capabilities": [],
        "supported_obligations": ["custom"],
    }
    assert response.headers["cache-control"] == "max-age=300"


def test_without_a_configured_address_there_is_no_metadata(fetch):
    assert fetch(("GET", "/.well-known/authzen-configuration", {})).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/access/v1/evaluation/", "/access/v1", "/v1/decisions", "/access//v1/evaluation"]
)
def test_an_unknown_address_is_404_in_plain_words_and_never_a_redirect(fetch, path):
    response = fetch(("POST", path, {"headers": {"x-request-id": "r-1"}}))

    assert response.status_code == 404
    assert "/docs" in response.json()["error"]
    assert response.headers["x-request-id"] == "r-1"


def test_a_method_that_is_not_taken_is_405_with_those_that_are(fetch):
    response = fetch(("DELETE", "/healthz", {}))

    assert (response.status_code, response.headers["allow"]) == (405, "GET")
    assert "Allow" in response.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "request_id"), [("GET", "/admin", "r"), ("DELETE", "/healthz", "r"), ("GET", "/healthz", "a b")]
)
def test_what_leads_nowhere_is_on_record(fetch, service, method, path, request_id):
    fetch((method, path, {"headers": {"x-request-id": request_id}}))

    (kept,) = service.rejections
    assert (kept["door"], kept["code"], kept["peer"]) == ("nowhere", "bad_request", "10.0.0.7")


@pytest.mark.parametrize(("key", "code"), [(b"wrong", "not_authenticated"), (b"key", "not_entitled")])
def test_whoever_may_not_read_a_page_is_on_record(fetch, service, key, code):
    known = Caller(id="gw", key_sha256=(hashlib.sha256(b"key").hexdigest(),), doors=("authzen",))

    response = fetch(("GET", "/v1/decisions/x", {"headers": {"authorization": b"Bearer " + key}}), callers=(known,))

    (kept,) = service.rejections
    assert response.status_code == {"not_authenticated": 401, "not_entitled": 403}[code]
    assert (kept["door"], kept["code"]) == ("pages", code)


def test_a_page_that_is_there_is_no_rejection(fetch, service):
    fetch(("GET", "/healthz", {}))

    assert service.rejections == []


@pytest.mark.parametrize("sent", ["x" * 257, "a b"])
def test_a_bad_request_id_is_refused_here_too(fetch, sent):
    response = fetch(("GET", "/healthz", {"headers": {"x-request-id": sent}}))

    assert response.status_code == 400
    assert "x-request-id" not in response.headers


def test_the_openapi_page_documents_every_door(fetch):
    page = fetch(("GET", "/openapi.json", {})).json()

    assert {"/access/v1/evaluation", "/healthz", "/readyz", "/v1/decisions/{decision_id}"} <= page["paths"].keys()
    door = page["paths"]["/access/v1/evaluation"]["post"]
    assert set(door["responses"]) == {"200", "400", "401", "403", "429", "503"}
    named = {door["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]}
    assert named <= page["components"]["schemas"].keys()
    assert "$ref" in json.dumps(page)
    assert fetch(("GET", "/docs", {})).status_code == 200


@pytest.mark.parametrize("path", ["/access/v1/evaluation", "/access/v1/evaluations"])
def test_the_documented_example_is_a_question(fetch, post, path):
    page = fetch(("GET", "/openapi.json", {})).json()
    content = page["paths"][path]["post"]["requestBody"]["content"]

    assert post(path, content["application/json"]["example"]).status_code == 200


def test_a_door_that_is_closed_is_not_documented(fetch):
    page = fetch(("GET", "/openapi.json", {})).json()

    assert not [path for path in page["paths"] if path.startswith("/access/v1/search")]


def test_a_decision_can_be_looked_up_and_is_explained_with_the_articles_word_for_word(explain):
    response = explain(caller(), caller(detail=Detail.FULL))

    said = response.json()
    assert (response.status_code, said["outcome"]) == (200, "PERMIT")
    assert "第二十一条第四款:「逾期未答复的,视为同意共享。」" in said["explanation"]["grounds"]["zh"][0]
    assert "共享属性=有条件共享" in json.dumps(said["explanation"]["facts"], ensure_ascii=False)
    assert said["record"]["id"] == said["id"]


def test_a_caller_with_less_detail_is_told_less_of_a_decision(explain):
    user = explain(caller(), caller()).json()
    nothing = explain(caller(), caller(detail=Detail.NONE)).json()

    assert "record" not in user
    assert "facts" not in user["explanation"]
    assert nothing.keys() == {"id", "at", "outcome"}


def test_the_decisions_of_others_are_unknown_to_a_caller_without_the_right(explain):
    assert explain(caller(), caller(id="gateway-2")).status_code == 404
    assert explain(caller(), caller(id="gateway-2", reads_all=True)).status_code == 200
    assert explain(caller(), caller(doors=("authzen",))).status_code == 403


@pytest.mark.parametrize("name", ["nothing", "019c9785-1a80-7c3e-9d41-000000000009", "..%2f..%2fetc%2fpasswd", "é"])
def test_an_unknown_decision_is_404(fetch, name):
    assert fetch(("GET", f"/v1/decisions/{name}", {})).status_code == 404


def test_looking_up_needs_a_credential_where_callers_are_registered(fetch):
    response = fetch(("GET", "/v1/decisions/019c9785-1a80-7c3e-9d41-000000000000", {}), callers=[caller()])

    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


def test_a_defect_behind_a_page_is_503_and_an_alarm(fetch, service, log):
    service.ready = lambda: 1 / 0

    response = fetch(("GET", "/readyz", {"headers": {"x-request-id": "r-1"}}))

    assert (response.status_code, response.headers["x-request-id"]) == (503, "r-1")
    assert "ZeroDivisionError" in log.written()
