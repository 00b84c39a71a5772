"""Promises of answers that gateways may keep: what is open to everybody, for some seconds, and the record says so."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import httpx
import jsonschema
import pytest

from adapters.callers import Callers
from adapters.end_users import EndUsers
from adapters.gateways.call_reader import RoutedCalls
from adapters.gateways.envoy_grpc import EnvoyGrpcDoor
from adapters.gateways.ext_authz.ext_authz_pb2 import CheckRequest, CheckResponse
from adapters.gateways.http import Doors, HttpApp
from adapters.logs import make_log
from pdp.ledger.body import statement
from pdp.log.entry import record_of
from pdp.log.replay import Law, Replayer
from tests.adapters.gateways.test_routed_service import SETTINGS, token
from tests.adapters.gateways.town import APPLICATION, LEVELS, installed

ROOT = Path(__file__).parents[3]
HOST = "data.example.gov.cn"
MAP = """\
gateway: edge
subject: [token, header, workload]
enforces: [mask_fields, filter_rows]
routes:
  - {method: GET, host: data.example.gov.cn, path: "/open/{dataset}", dataset: "{dataset}", action: read, mode: api,
     channel: city_open_platform, fields: {query: fields}, cache: 5}
  - {method: GET, host: data.example.gov.cn, path: "/shared/{dataset}", dataset: "{dataset}", action: read, mode: api,
     channel: bigdata_platform, fields: {query: fields}, scenario: {header: X-Data-Scenario}, purpose: duty, cache: 5}
  - {method: GET, host: data.example.gov.cn, path: "/asked/{dataset}", dataset: "{dataset}", action: read, mode: api,
     channel: city_open_platform}
"""
ANYBODY = {"x-subject-type": "anonymous"}
KEPT = "private, max-age=5"


@pytest.fixture(scope="module")
def policies(tmp_path_factory):
    """A policy root whose one route map lets answers be kept."""
    root = tmp_path_factory.mktemp("root")
    for name in ("policies", "rego"):
        shutil.copytree(ROOT / name, root / name)
    for file in (root / "policies" / "routes").iterdir():
        file.unlink()
    (root / "policies" / "routes" / "edge.yaml").write_text(MAP, encoding="utf-8")
    return root


def opened(at):
    """Return the statements by which A's data Q is open to everybody, and B may have the field `name` of R."""
    known = {
        "dataset.catalogued": {"id": "Q", "provider": "A", "title": "Q", "fields": ["code"]},
        "dataset.mapped": {**LEVELS, "id": "Q", "table": "q"},
        "dataset.graded": {"id": "Q", "grade": "general"},
        "dataset.regime_marked": {"id": "Q", "regime": "none"},
        "dataset.personal_assessed": {"id": "Q", "personal": "none"},
        "dataset.ban_assessed": {"id": "Q", "law": "no", "security": "no", "identity": "no"},
        "dataset.base_set": {"id": "Q", "base_set": "none"},
        "dataset.linked": {"id": "Q"},
    }
    yield from (statement(kind, members, at, "A") for kind, members in known.items())
    classes = {"id": "Q", "sharing": "unconditional", "opening": "unconditional"}
    yield statement("dataset.approved", classes, at, "G")
    yield statement("opening.aggregated", {"dataset": "Q"}, at, "A")
    yield statement("opening.published", {"dataset": "Q"}, at, "G")
    yield statement("application.received", {**APPLICATION, "purpose": "duty"}, at, "B")
    yield statement("application.agreed", {"id": "A1"}, at, "A")


@pytest.fixture(scope="module")
def city(tmp_path_factory, policies):
    """A running service whose doors are open to whoever is on this machine, as one gateway with the map above."""
    settings = {"callers": [], "tokens": [], "end_users": SETTINGS["end_users"]}
    with (
        installed(tmp_path_factory.mktemp("city"), policies=policies, **settings) as made,
        asyncio.Runner() as runner,
    ):
        made.ledger.record(list(opened(made.clock.now() - timedelta(days=1))))
        runner.run(made.begin())
        calls = RoutedCalls(made.service, EndUsers(made.settings.end_users))
        log, _ = make_log(StringIO(), "json")
        (local,) = made.settings.registered
        caller = local.model_copy(update={"routes": "edge"})
        apisix = caller.model_copy(update={"dialect": "apisix"})
        doors = Doors(made.service, Callers([caller]), log, deadline=10, calls=calls)
        told = Doors(made.service, Callers([apisix]), log, deadline=10, calls=calls)
        app, opa, grpc = HttpApp(doors), HttpApp(told), EnvoyGrpcDoor(doors, calls)

        def http(method, path, at=app, **request: object) -> httpx.Response:
            async def once() -> httpx.Response:
                async with httpx.AsyncClient(transport=httpx.ASGITransport(at), base_url=f"http://{HOST}") as client:
                    return await client.request(method, path, **request)

            return runner.run(once())

        yield SimpleNamespace(http=http, opa=opa, grpc=grpc, runner=runner, made=made)
        for one in (app, opa, grpc):
            runner.run(one.close())
        runner.run(made.end())


def forward(city, uri, **headers: str) -> httpx.Response:
    """Return what a ForwardAuth gateway is told of a call."""
    told = {"x-forwarded-method": "GET", "x-forwarded-uri": uri, "x-forwarded-host": HOST, **headers}
    return city.http("GET", "/authz/forward", headers=told)


def envoy(city, uri, **headers: str) -> httpx.Response:
    """Return what Envoy is told of a call over HTTP."""
    return city.http("GET", f"/authz/envoy{uri}", headers=headers)


def record(city, decision) -> dict[str, object]:
    """Return the record of a decision as it stands in the log."""
    records = (json.loads(record_of(entry)) for _, entry in city.made.journal.records())
    return next(one for one in records if one["id"] == decision)


def seconds(record) -> float:
    """Return how long a decision is valid."""
    return record["valid_us"] / 1_000_000


@pytest.mark.parametrize("ask", [forward, envoy])
def test_a_permit_of_what_is_open_to_everybody_may_be_kept_and_its_record_says_so(city, ask):
    answer = ask(city, "/open/Q", **ANYBODY)

    assert (answer.status_code, answer.headers.get_list("cache-control")) == (200, [KEPT])
    assert answer.headers["vary"].split(", ")[0] == "authorization"
    on_record = record(city, answer.headers["x-decision-id"])
    assert (on_record["outcome"], on_record["cache_s"], seconds(on_record)) == ("PERMIT", 5, 5)


def test_whoever_keeps_an_answer_is_told_of_every_header_on_which_it_rests(city):
    told = forward(city, "/open/Q", **ANYBODY).headers["vary"].split(", ")

    call = ["x-forwarded-method", "x-forwarded-uri", "x-forwarded-host"]
    assert told == ["authorization", *call, "x-subject-id", "x-subject-type", "x-subject-staff"]
    assert "x-forwarded-uri" not in envoy(city, "/open/Q", **ANYBODY).headers["vary"]


@pytest.mark.parametrize("ask", [forward, envoy])
@pytest.mark.parametrize(
    ("uri", "who", "outcome"),
    [
        ("/shared/R?fields=name", {"authorization": token(), "x-data-scenario": "sc-1"}, "PERMIT"),
        ("/shared/R", {"authorization": token(), "x-data-scenario": "sc-1"}, "PARTIAL"),
        ("/shared/Q", {"authorization": token(), "x-data-scenario": "sc-1"}, "PERMIT"),  # open too, but shared here
        ("/shared/R?fields=age", {"authorization": token(), "x-data-scenario": "sc-1"}, "DENY"),
        ("/open/R", ANYBODY, "INDETERMINATE"),
        ("/open/N", ANYBODY, "INDETERMINATE"),
        ("/asked/Q", ANYBODY, "PERMIT"),  # the route does not say that it may be kept
        ("/none/Q", ANYBODY, "INDETERMINATE"),
    ],
)
def test_nothing_else_may_be_kept_whatever_its_route_says(city, ask, uri, who, outcome):
    answer = ask(city, uri, **who)

    assert answer.headers["x-decision-outcome"] == outcome
    assert (answer.headers.get_list("cache-control"), "vary" in answer.headers) == (["no-store"], False)
    on_record = record(city, answer.headers["x-decision-id"])
    assert "cache_s" not in on_record


def test_a_call_that_is_no_question_is_not_kept(city):
    for answer in (forward(city, "/open/%2e%2e", **ANYBODY), envoy(city, "/open/Q", **{"x-subject-type": "a,b"})):
        assert answer.headers.get_list("cache-control") == ["no-store"]


def test_envoy_over_grpc_is_told_the_same_but_for_a_subject_that_no_header_names(city):
    def check(**attributes: object) -> CheckResponse:
        headers = {**ANYBODY, ":method": "GET"}
        http = {"method": "GET", "path": "/open/Q", "host": HOST, "headers": headers}
        sent = CheckRequest(attributes={"request": {"http": http}, **attributes}).SerializeToString()
        context = SimpleNamespace(
            invocation_metadata=tuple, peer=lambda: "ipv4:127.0.0.1:9", time_remaining=lambda: 9, auth_context=dict
        )
        return CheckResponse.FromString(city.runner.run(city.grpc.check(sent, context)))

    def told(response) -> dict[str, str]:
        return {option.header.key: option.header.value for option in response.ok_response.headers}

    assert (check().status.code, told(check())["cache-control"]) == (0, KEPT)
    assert told(check(source={"principal": "spiffe://unknown"})).get("cache-control") in {None, "no-store"}


def question(dataset, **more: object) -> dict[str, object]:
    """Return a question about a route, as AuthZEN has it."""
    return {
        "subject": {"type": "anonymous", "id": "anonymous"},
        "action": {"name": "GET"},
        "resource": {"type": "route", "id": f"/open/{dataset}"},
        **more,
    }


def test_a_question_about_a_route_may_be_kept_and_a_batch_or_one_about_its_data_may_not(city):
    single = city.http("POST", "/access/v1/evaluation", json=question("Q"))
    batch = city.http("POST", "/access/v1/evaluations", json={"evaluations": [question("Q"), question("Q")]})
    about = question("Q", action={"name": "read"}, resource={"type": "dataset", "id": "Q"})
    data = city.http("POST", "/access/v1/evaluation", json={**about, "context": {"channel": "city_open_platform"}})

    told = single.json()["context"]
    until = datetime.fromisoformat(told["valid_until"]) - datetime.fromisoformat(told["evaluated_at"])
    assert (single.headers["cache-control"], single.headers["vary"]) == (KEPT, "authorization")
    assert until == timedelta(seconds=5)
    assert [item["decision"] for item in batch.json()["evaluations"]] == [True, True]
    for answer in (batch, data):
        assert answer.headers["cache-control"] == "no-store"
    log = [json.loads(record_of(entry)) for _, entry in city.made.journal.records()]
    named = next(one for one in log if one["kind"] == "batch")["decisions"]
    assert not any("cache_s" in record(city, one) for one in named)


def test_an_opa_document_of_one_call_may_be_kept_and_a_batch_of_calls_may_not(city):
    request = {"request": {"method": "GET", "host": HOST, "path": "/open/Q", "headers": {**ANYBODY, "host": HOST}}}
    single = city.http("POST", "/v1/data/gateway/authz", city.opa, json={"input": request})
    batch = city.http("POST", "/v1/batch/data/gateway/authz", city.opa, json={"inputs": {"a": request}})
    refused = {"request": {**request["request"], "path": "/open/R"}}
    denied = city.http("POST", "/v1/data/gateway/authz", city.opa, json={"input": refused})

    assert (single.json()["result"]["allow"], single.headers["cache-control"]) == (True, KEPT)
    assert single.headers["vary"] == "Accept-Encoding, Authorization"
    assert batch.json()["responses"]["a"]["result"]["allow"] is True
    assert denied.json()["result"]["allow"] is False
    assert {batch.headers["cache-control"], denied.headers["cache-control"]} == {"no-store"}


def test_the_records_of_kept_answers_are_in_form_replay_and_are_explained(city):
    decision = forward(city, "/open/Q", **ANYBODY).headers["x-decision-id"]
    law = city.made.service.in_force
    ways = {rule: ground.remedy for rule, ground in law.rulebook.grounds.items()}
    replayer = Replayer(Law(law.recorder.set, law.rulebook.vocabulary, law.rulebook.judge, ways))
    on_record = record(city, decision)

    jsonschema.validate(on_record, json.loads((ROOT / "pdp/log/record.schema.json").read_text("utf-8")))
    assert replayer.replay(on_record) is None
    assert replayer.replay({**on_record, "cache_s": 9}).pointer == "/cache_s"
    assert "5秒内" in json.dumps(city.http("GET", f"/v1/decisions/{decision}").json(), ensure_ascii=False)
    shared = forward(city, "/shared/R?fields=name", authorization=token(), **{"x-data-scenario": "sc-1"})
    forged = {**record(city, shared.headers["x-decision-id"]), "cache_s": 5, "valid_us": 5_000_000}
    assert replayer.replay(forged).pointer == "/cache_s"
