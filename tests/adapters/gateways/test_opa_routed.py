"""Promises of a gateway that asks a running service by the OPA Data API: its route map and its users are looked at."""

import asyncio
import json
from io import StringIO
from types import SimpleNamespace

import httpx
import pytest

from adapters.callers import Callers
from adapters.end_users import EndUsers
from adapters.gateways.call_reader import RoutedCalls
from adapters.gateways.http import Doors, HttpApp
from adapters.logs import make_log
from pdp.ledger.body import statement
from tests.adapters.gateways.test_routed_service import SETTINGS, token
from tests.adapters.gateways.town import APPLICATION, installed

HOST = "data.example.gov.cn"
GATEWAY = {"id": "gw", "doors": ["opa_data"], "dialect": "apisix", "routes": "edge-nginx"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """A running service with the shipped route maps; B's application for R was agreed to."""
    settings = {"callers": [GATEWAY], "tokens": [], "end_users": SETTINGS["end_users"]}
    with installed(tmp_path_factory.mktemp("routed"), **settings) as made, asyncio.Runner() as runner:
        at = made.clock.now()
        made.ledger.record(
            [
                statement("application.received", {**APPLICATION, "purpose": "duty"}, at, "B"),
                statement("application.agreed", {"id": "A1"}, at, "A"),
            ]
        )
        runner.run(made.begin())
        calls = RoutedCalls(made.service, EndUsers(made.settings.end_users))
        log, _ = make_log(StringIO(), "json")
        app = HttpApp(Doors(made.service, Callers(made.settings.registered), log, deadline=10, calls=calls))

        def ask(path, authorization=None, document="gateway/authz", **headers: str) -> httpx.Response:
            told = {"host": HOST, "x-data-scenario": "sc-1", "x-data-purpose": "duty", **headers}
            told |= {"authorization": authorization} if authorization else {}
            request = {"method": "GET", "host": HOST, "path": path, "headers": told, "query": {"fields": "name"}}

            async def once() -> httpx.Response:
                async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pdp") as client:
                    return await client.post(f"/v1/data/{document}", json={"input": {"request": request}})

            return runner.run(once())

        yield SimpleNamespace(ask=ask, made=made)
        runner.run(app.close())
        runner.run(made.end())


def test_the_end_users_token_and_the_route_say_what_is_asked(gateway):
    said = gateway.ask("/api/v1/datasets/R/rows", token()).json()

    request = gateway.made.service.decision(said["decision_id"])["request"]
    assert said["result"]["allow"] is True
    assert said["result"]["headers"]["X-Decision-Outcome"] == "PERMIT"
    assert (request["door"], request["gateway"], request["dataset"]) == ("opa_data", "gw", "R")
    assert (request["established"], request["scope"]) == ("token", {"fields": ["name"]})
    assert request["route"].startswith("GET ")
    assert gateway.ask("/api/v1/datasets/R/rows", token(), "gateway/authz/allow").json()["result"] is True


@pytest.mark.parametrize("bad", [None, token(aud="other"), token(exp=1), "Bearer x.y.z"])
def test_without_a_token_that_proves_somebody_the_client_is_asked_for_one(gateway, bad):
    result = gateway.ask("/api/v1/datasets/R/rows", bad).json()["result"]

    assert (result["allow"], result["status_code"]) == (False, 401)
    assert json.loads(result["body"])["outcome"] == result["headers"]["X-Decision-Outcome"]


def test_who_the_gateway_names_in_a_header_is_nobody_where_the_map_does_not_accept_it(gateway):
    assert gateway.ask("/api/v1/datasets/R/rows", **{"x-subject-id": "B"}).json()["result"]["allow"] is False


@pytest.mark.parametrize("path", ["/elsewhere", "/api/v1/datasets/R/rows/", "/api/v1/datasets"])
def test_a_call_that_no_route_opens_is_refused_with_a_reason(gateway, path):
    result = gateway.ask(path, token()).json()["result"]

    assert (result["allow"], result["status_code"]) == (False, 403)
    assert gateway.ask(path).json()["result"]["status_code"] == 403  # no token opens a route that there is not
    assert result["headers"]["X-Decision-Id"] != "none"


@pytest.mark.parametrize("path", ["/api/v1/datasets/R%2f..", "/api/../v1", "//api", "/api;x", "/a\\b", "api"])
def test_a_path_with_tricks_is_no_question(gateway, path):
    response = gateway.ask(path, token())

    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")
