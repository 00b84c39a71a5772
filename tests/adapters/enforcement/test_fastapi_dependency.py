"""Promises of an endpoint that depends on a decision: it runs with a verified one, or the client gets 403."""

import asyncio
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI

from adapters.enforcement.fastapi_dependency import HEADER, DecisionTokens
from adapters.enforcement.token import Decided, request_digest
from tests.adapters.enforcement.conftest import CLAIMS

PATH = "/api/v1/datasets/R/rows"


@pytest.fixture
def call(verifier):
    """Return a function that sends one request to a data API, and what was logged."""
    logged: list[str] = []
    tokens = DecisionTokens(verifier(), logged.append)
    app = FastAPI()

    @app.get("/api/v1/datasets/{dataset}/rows")
    def rows(dataset: str, decided: Annotated[Decided, Depends(tokens.of("{dataset}", "read"))]) -> dict[str, object]:
        assert decided.dataset == dataset
        return {"id": decided.id, "fields": decided.released.fields}

    @app.get("/rewritten")
    def rewritten(decided: Annotated[Decided, Depends(tokens.of("R", "read", bind_path=False))]) -> str:
        return decided.id

    @app.post("/exports")
    def exports(decided: Annotated[Decided, Depends(tokens.of("R", "read", bind_path=False, once=True))]) -> str:
        return decided.id

    def sent(*requests: tuple[str, str, list[str]]) -> list[httpx.Response]:
        async def all_of_them() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://data") as client:
                return [
                    await client.request(method, path, headers=[(HEADER, token) for token in brought])
                    for method, path, brought in requests
                ]

        return asyncio.run(all_of_them())

    sent.logged = logged
    return sent


def bound(signed, method="GET", path=PATH, query=b"fields=name"):
    return signed({"req": request_digest(method, path.encode(), query)})


def test_an_endpoint_runs_with_the_decision_that_is_for_this_request(call, signed):
    [answer] = call(("GET", PATH + "?fields=name", [bound(signed)]))

    assert (answer.status_code, answer.json()) == (200, {"id": CLAIMS["jti"], "fields": ["name", "phone"]})


@pytest.mark.parametrize(
    "path", [PATH, PATH + "?fields=phone", PATH + "?fields=name&x", PATH.replace("R", "Q") + "?fields=name"]
)
def test_a_token_of_another_request_is_refused(call, signed, path):
    [answer] = call(("GET", path, [bound(signed)]))

    assert (answer.status_code, answer.json()) == (403, {"detail": "decision token refused"})


@pytest.mark.parametrize("brought", [[], ["none"], ["", ""]])
def test_without_a_token_nothing_runs_and_the_reason_is_in_the_log_alone(call, brought):
    [answer] = call(("GET", PATH, brought))

    assert answer.status_code == 403
    assert answer.json() == {"detail": "decision token refused"}
    assert len(call.logged) == 1


def test_a_doubled_header_is_refused(call, signed):
    [answer] = call(("GET", PATH + "?fields=name", [bound(signed), bound(signed)]))

    assert answer.status_code == 403
    assert "exactly one" in call.logged[0]


def test_an_export_runs_once_for_one_token(call, signed):
    token = signed()

    first, second = call(("POST", "/exports", [token]), ("POST", "/exports", [token]))

    assert (first.status_code, second.status_code) == (200, 403)
    assert "used" in call.logged[0]


def test_a_rewritten_path_is_taken_where_the_endpoint_says_so(call, signed):
    [answer] = call(("GET", "/rewritten?any=thing", [signed({"req": "5e" * 32})]))

    assert answer.status_code == 200
