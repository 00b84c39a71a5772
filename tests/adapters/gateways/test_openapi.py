"""Promises of the OpenAPI page: every door in front of the framework is on it, and doors answer as it says."""

import asyncio
import hashlib
import json

import httpx
import jsonschema
import pytest

from adapters.callers import LOCAL, Caller, Callers
from adapters.gateways import opa_data, openapi_gateways, openapi_opa
from adapters.gateways.http import Doors, HttpApp
from adapters.gateways.openapi_gateways import gateway_paths
from adapters.gateways.openapi_opa import opa_paths
from tests.adapters.gateways.small_reader import TOKEN, SmallReader

KEY = "k" * 43
GATEWAY = Caller(
    id="edge", key_sha256=(hashlib.sha256(KEY.encode()).hexdigest(),), doors=("forward_auth", "envoy_http"),
    enforces=("mask_fields",),
)  # fmt: skip
AUTHZ = "/v1/data/gateway/authz"
DIALECTS = ["authzen", "apisix", "kong", "kong_plugin", "higress", "envoy", "kafka"]
HEADERS_OF_OURS = {"x-gateway-token": KEY, "authorization": TOKEN, "X-Subject-Staff": ""}


@pytest.fixture
def page(open_door):
    """The page of a service whose doors are open."""

    async def fetched() -> dict[str, object]:
        async with open_door() as client:
            return (await client.get("/openapi.json")).json()

    return asyncio.run(fetched())


@pytest.fixture
def sent(open_door):
    """Return a function that sends one request and returns the response."""

    def send(method, path, callers=(LOCAL,), **request: object) -> httpx.Response:
        async def once() -> httpx.Response:
            async with open_door(*callers) as client:
                return await client.request(method, path, **request)

        return asyncio.run(once())

    return send


def check(page, schema, value) -> None:
    """Raise if `value` is not as a schema of the page says."""
    jsonschema.Draft202012Validator({**schema, "components": page["components"]}).validate(value)


def responses(page):
    """Return every documented answer in JSON of every operation."""
    for path, methods in page["paths"].items():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                for content in response.get("content", {}).values():
                    yield path, status, content


def test_every_door_in_front_of_the_framework_is_on_the_page_and_only_if_it_is_open(service, log, page):
    app = HttpApp(Doors(service, Callers((LOCAL,)), log.logger, calls=SmallReader()))
    documented = tuple(page["paths"])

    for path in app._exact:  # noqa: SLF001 -- no other list says which doors there are
        assert path in documented
    management = {"/v1/policies", "/v1/query", "/v1/config", "/v1/status"}  # of OPA, which nobody is offered
    for prefix, _ in app._under:  # noqa: SLF001 -- as above
        assert prefix in management or any(path.startswith(f"{prefix}/") for path in documented)
    assert gateway_paths(set()) == opa_paths(set()) == {}


def test_names_of_operations_are_single_and_references_lead_somewhere(page):
    names = [operation["operationId"] for methods in page["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))
    text = json.dumps(page)
    used = {part.partition('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}
    assert used <= page["components"]["schemas"].keys()
    for schema in (openapi_gateways.SCHEMAS | openapi_opa.SCHEMAS).values():  # those that no library has made
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_example_of_an_answer_is_as_its_schema_says(page):
    shown = 0
    for _, _, content in responses(page):
        for example in content.get("examples", {}).values():
            check(page, content["schema"], example["value"])
            shown += 1
    assert shown >= 8


@pytest.mark.parametrize("path", [AUTHZ, f"{AUTHZ}/allow"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_example_of_each_dialect_is_a_question_and_is_answered_as_the_page_says(page, sent, path, dialect):
    operation = page["paths"][path]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    assert list(examples) == DIALECTS
    caller = LOCAL.model_copy(update={"dialect": dialect, "enforces": ("mask_fields",)})

    for body in (examples[dialect]["value"], {"input": {}}):
        answer = sent("POST", path, callers=(caller,), json=body)
        response = operation["responses"][str(answer.status_code)]
        check(page, response["content"]["application/json"]["schema"], answer.json())
        assert answer.status_code == (200 if body["input"] else 400)


def test_the_examples_of_the_other_opa_doors_are_answered_as_the_page_says(page, sent):
    caller = LOCAL.model_copy(update={"enforces": ("mask_fields", "filter_rows")})
    for path, kind in (
        (opa_data.V0 + "gateway/authz", "application/json"),
        (opa_data.BATCH + "gateway/authz", "application/json"),
        (opa_data.COMPILE + "filters/include", "application/vnd.opa.ucast.all+json"),
        (opa_data.COMPILE + "filters/include", "application/vnd.opa.multitarget+json"),
    ):
        operation = page["paths"][path]["post"]
        body = operation["requestBody"]["content"]["application/json"]["examples"]["authzen"]["value"]
        answer = sent("POST", path, callers=(caller,), json=body, headers={"accept": kind})
        assert answer.status_code == 200
        check(page, operation["responses"]["200"]["content"][kind]["schema"], answer.json())
    for path in ("/health", "/health/live", "/health/ready"):
        answer = sent("GET", path)
        check(
            page, page["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"], answer.json()
        )


def told(operation, family="X-Forwarded-") -> dict[str, str]:
    """Return the documented headers with their examples, of one family, and what proves gateway and end user."""
    other = {"X-Forwarded-": "X-Original-", "X-Original-": "X-Forwarded-Method,X-Forwarded-Uri"}[family]
    named = {one["name"]: one["example"] for one in operation["parameters"] if one["in"] == "header"}
    kept = {name: value for name, value in named.items() if not any(name.startswith(one) for one in other.split(","))}
    return {name.lower(): value for name, value in kept.items()} | {"x-gateway-token": KEY, "authorization": TOKEN}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 200),
        ({"x-data-scenario": "sc-9"}, 403),
        ({"authorization": "", "x-subject-id": ""}, 401),
        ({"x-gateway-token": "wrong"}, 403),
        ({"x-forwarded-uri": ""}, 403),
    ],
)
def test_forward_auth_is_answered_as_the_page_says(page, sent, changed, status):
    operation = page["paths"]["/authz/forward"]["get"]

    answer = sent("GET", "/authz/forward", callers=(GATEWAY,), headers=told(operation) | changed)

    assert answer.status_code == status
    as_documented(page, operation["responses"][str(status)], answer)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_envoy_is_answered_as_the_page_says(page, sent, method):
    path = "/authz/envoy/{path}"
    operation = page["paths"][path]["get"]
    (place,) = [one["example"] for one in operation["parameters"] if one["in"] == "path"]

    answer = sent(method, path.format(path=place), callers=(GATEWAY,), headers=told(operation))

    assert answer.status_code == (200 if method == "GET" else 403)
    as_documented(page, operation["responses"][str(answer.status_code)], answer)


def as_documented(page, response, answer) -> None:
    """Raise if an answer has other headers, or another body, than the page says."""
    assert all(name in answer.headers for name in response["headers"])
    if "content" in response:
        check(page, response["content"]["application/json"]["schema"], answer.json())
    else:
        assert answer.content == b""


def test_a_failure_is_as_the_page_says(page, sent, service, journal_is_dead):
    service.broken = journal_is_dead
    for path, status in (("/authz/forward", 503), ("/authz/envoy/{path}", 403)):
        operation = page["paths"][path]["get"]
        answer = sent("GET", path.format(path="api/v1/datasets/R/rows"), callers=(GATEWAY,), headers=told(operation))
        assert answer.status_code == status
        as_documented(page, operation["responses"][str(status)], answer)
