"""Promises of the places beside the main door: one real service, asked through every door that gateways have."""

import asyncio
import hashlib
import json
import shutil
import signal
import socket
import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import grpc
import httpx
import pytest
import uvicorn
import yaml

from adapters.callers import Callers
from adapters.gateways.ext_authz.ext_authz_pb2 import CheckRequest, CheckResponse
from adapters.gateways.http import Doors
from adapters.listeners import Listeners
from adapters.logs import make_log
from adapters.settings import Settings
from pdp.errors import UnavailableError
from tests.adapters.gateways.conftest import SmallService
from tests.adapters.gateways.small_reader import SmallReader
from tests.adapters.gateways.test_certificates import AUTHORITY, CALL, EDGE, ENVOY, METHOD, SERVER
from tests.adapters.test_server import PATIENCE, ROOT, Running

KEY = "k" * 43
ROUTES = {
    "gateway": "edge",
    "subject": ["header"],
    "behind": {"audience": "data-api", "enforces": ["mask_fields", "filter_rows"]},
    "routes": [
        {
            "method": "GET",
            "host": "data.example.gov.cn",
            "path": "/api/v1/datasets/{dataset}/rows",
            "dataset": "{dataset}",
            "action": "read",
            "mode": "api",
            "channel": "bigdata_platform",
            "fields": {"query": "fields"},
            "scenario": {"header": "X-Data-Scenario"},
            "purpose": {"header": "X-Data-Purpose"},
        }
    ],
}
DOORS = ["authzen", "forward_auth", "envoy_http", "envoy_grpc"]
SHARED = {"routes": "edge", "enforces": ["mask_fields", "filter_rows"], "detail": "full"}
QUESTIONS = [
    json.loads((ROOT / "examples" / f"ask_{name}.json").read_text(encoding="utf-8"))
    for name in ("permit_deemed", "partial_fields", "deny_no_application")
]


def sha256(key) -> str:
    """Return how a key stands in the settings."""
    return hashlib.sha256(key.encode()).hexdigest()


class Seen(NamedTuple):
    """What a gateway sees of an answer, whichever door it asked at."""

    allowed: bool
    outcome: str
    grounds: str
    obligations: str


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Running]:
    """One running service with every door open to one gateway, and two places for another."""
    folder = tmp_path_factory.mktemp("listeners")
    for part in ("policies", "rego", "examples"):
        shutil.copytree(ROOT / part, folder / "root" / part)
    routes = folder / "root" / "policies" / "routes" / "edge.yaml"
    routes.parent.mkdir(exist_ok=True)
    routes.write_text(yaml.safe_dump(ROUTES), encoding="utf-8")
    for_users = {**ROUTES, "gateway": "portal", "subject": ["token"]}
    routes.with_name("portal.yaml").write_text(yaml.safe_dump(for_users), encoding="utf-8")
    settings = {
        "port": 0,
        "grpc_port": 0,
        "deadline_ms": 20_000,  # a machine that does other things too
        "callers": [
            {"id": "edge", "key_sha256": [sha256(KEY)], "doors": DOORS, **SHARED},
            {"id": "traefik", "doors": ["forward_auth", "decisions"], **SHARED},
            {"id": "apisix", "doors": ["opa_data", "decisions"], "dialect": "apisix", **SHARED},
            {"id": "portal", "key_sha256": [sha256("portal")], "doors": DOORS, **SHARED, "routes": "portal"},
        ],
        "listeners": [
            {"caller": "traefik", "port": 0},
            {"caller": "traefik", "socket": str(folder / "traefik.sock")},
            {"caller": "apisix", "socket": str(folder / "apisix.sock")},
        ],
    }
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(folder / "traefik.sock"))
    left_behind.close()
    options = ["--config", str(folder / "settings.yaml"), "--data", str(folder / "data")]
    running = Running(folder, ["-m", "adapters.cli", "serve", *options, "--policies", str(folder / "root")])
    running.wait_for("listening for envoy over grpc")
    yield running
    running.process.send_signal(signal.SIGTERM)
    written = running.end()
    assert running.process.returncode == 0, written
    assert not (folder / "traefik.sock").exists()


def port(served, words) -> int:
    """Return the port that the line with `words` names."""
    (line,) = [line for line in served.written().splitlines() if words in line and '"port"' in line]
    return json.loads(line)["port"]


def target(question) -> str:
    """Return path and query by which a client would ask `question`."""
    resource = question["resource"]
    return f"/api/v1/datasets/{resource['id']}/rows?fields={','.join(resource['properties']['fields'])}"


def told(question) -> dict[str, str]:
    """Return what a gateway hands on with a client's call."""
    subject, context = question["subject"], question["context"]
    return {
        "x-subject-type": subject["type"],
        "x-subject-id": subject["id"],
        "x-subject-staff": subject["properties"]["system"]["id"],
        "x-data-scenario": context["scenario"],
        "x-data-purpose": context["purpose"],
    }


def forwarded(question) -> dict[str, str]:
    """Return what a gateway tells of a client's call in headers."""
    uri = httpx.URL("http://h" + target(question)).raw_path.decode()
    return {
        **told(question), "x-forwarded-method": "GET", "x-forwarded-uri": uri,
        "x-forwarded-host": "data.example.gov.cn",
    }  # fmt: skip


def of_headers(allowed, headers) -> Seen:
    return Seen(allowed, headers["x-decision-outcome"], headers["x-decision-grounds"], headers["x-obligations"])


def by_authzen(served, question) -> Seen:
    body = json.loads(json.dumps(question))
    body["subject"]["properties"] = {"staff": body["subject"]["properties"]["system"]}
    said = httpx.post(served.url, json=body, headers={"authorization": f"Bearer {KEY}"}, timeout=PATIENCE).json()
    context = said["context"]
    actions = [obligation["properties"]["action"] for obligation in context["obligations"]]
    grounds = ",".join(ground["rule"] for ground in context["grounds"])
    return Seen(said["decision"], context["outcome"], grounds, ",".join(actions) or "none")


def by_forward_auth(served, question) -> Seen:
    sent = {**forwarded(question), "x-gateway-token": KEY}
    response = httpx.get(f"http://127.0.0.1:{served.port}/authz/forward", headers=sent, timeout=PATIENCE)
    assert response.status_code in {200, 403}
    return of_headers(response.status_code == 200, response.headers)


def by_own_port(served, question) -> Seen:
    place = f"http://127.0.0.1:{port(served, 'listening for one caller')}/authz/forward"
    response = httpx.get(place, headers=forwarded(question), timeout=PATIENCE)
    return of_headers(response.status_code == 200, response.headers)


def by_own_socket(served, question) -> Seen:
    with at_socket(served) as client:
        response = client.get("http://pdp/authz/forward", headers=forwarded(question))
    return of_headers(response.status_code == 200, response.headers)


def by_envoy_http(served, question) -> Seen:
    sent = {**told(question), "x-gateway-token": KEY, "host": "data.example.gov.cn"}
    url = f"http://127.0.0.1:{served.port}/authz/envoy{target(question)}"
    response = httpx.get(url, headers=sent, timeout=PATIENCE)
    assert response.status_code in {200, 403}
    return of_headers(response.status_code == 200, response.headers)


def by_envoy_grpc(served, question) -> Seen:
    http = {
        "method": "GET", "path": forwarded(question)["x-forwarded-uri"], "host": "data.example.gov.cn",
        "headers": told(question),
    }  # fmt: skip
    asked = CheckRequest(attributes={"request": {"http": http}})

    async def once() -> bytes:
        place = f"127.0.0.1:{port(served, 'listening for envoy over grpc')}"
        async with grpc.aio.insecure_channel(place) as channel:
            method = channel.unary_unary("/envoy.service.auth.v3.Authorization/Check")
            return await method(asked.SerializeToString(), metadata=(("x-gateway-token", KEY),), timeout=PATIENCE)

    response = CheckResponse.FromString(asyncio.run(once()))
    answer = response.ok_response if response.HasField("ok_response") else response.denied_response
    said = {option.header.key: option.header.value for option in answer.headers}
    return of_headers(response.status.code == 0, said)


def at_socket(served, caller="traefik") -> httpx.Client:
    """Return a client to the place of `caller` that is a Unix socket."""
    place = served.data.parent / f"{caller}.sock"
    return httpx.Client(transport=httpx.HTTPTransport(uds=str(place)), timeout=PATIENCE)


def by_opa_data(served, question) -> Seen:
    """Ask as APISIX does, which can send no credential."""
    uri = httpx.URL("http://h" + target(question))
    called = {
        "method": "GET", "path": uri.raw_path.decode().partition("?")[0], "host": "data.example.gov.cn",
        "query": dict(uri.params), "headers": told(question),
    }  # fmt: skip
    with at_socket(served, "apisix") as client:
        response = client.post("http://pdp/v1/data/gateway/authz", json={"input": {"request": called}})
    assert response.status_code == 200, response.text
    result = response.json()["result"]
    said = {name.lower(): value for name, value in result["headers"].items()}
    effects = {"permit"} if result["allow"] else {"forbid", "refer", "doubt"}
    findings = decision(served, said["x-decision-id"], "apisix")["findings"]
    grounds = ",".join(finding["rule"] for finding in findings if finding["effect"] in effects)
    return Seen(result["allow"], said["x-decision-outcome"], grounds, said["x-obligations"])


WAYS = [by_forward_auth, by_own_port, by_own_socket, by_envoy_http, by_envoy_grpc, by_opa_data]


@pytest.mark.parametrize("question", QUESTIONS, ids=["permit", "partial", "deny"])
def test_one_question_has_one_answer_whichever_door_it_comes_to(served, question):
    expected = by_authzen(served, question)

    assert [way(served, question) for way in WAYS] == [expected] * len(WAYS)
    assert expected.allowed == (expected.outcome in {"PERMIT", "PARTIAL"})


@pytest.mark.parametrize("token", [None, "Bearer bad", "Basic dTpw", "Bearer a.b.c"])
def test_whoever_could_prove_itself_by_a_token_and_does_not_is_told_401(served, token):
    question = forwarded(QUESTIONS[0])
    sent = {**question, "x-gateway-token": "portal"} | ({"authorization": token} if token else {})
    door = f"http://127.0.0.1:{served.port}/authz/forward"

    refused = httpx.get(door, headers=sent, timeout=PATIENCE)
    nowhere = httpx.get(door, headers={**sent, "x-forwarded-uri": "/else"}, timeout=PATIENCE)

    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.headers["x-decision-outcome"] in {"DENY", "REFER", "INDETERMINATE"}
    assert nowhere.status_code == 403  # no token opens a route that there is not


def test_the_three_questions_end_in_three_ways(served):
    assert [by_forward_auth(served, question).outcome for question in QUESTIONS] == ["PERMIT", "PARTIAL", "DENY"]


def test_whoever_comes_to_a_place_of_its_own_needs_no_credential_and_none_is_looked_at(served):
    place = f"http://127.0.0.1:{port(served, 'listening for one caller')}/authz/forward"
    forged = {**forwarded(QUESTIONS[0]), "x-gateway-token": "forged", "authorization": f"Bearer {KEY}"}

    response = httpx.get(place, headers=forged, timeout=PATIENCE)
    record = decision(served, response.headers["x-decision-id"])

    assert response.status_code == 200
    assert record["request"]["gateway"] == "traefik"


def decision(served, name, caller="traefik") -> dict[str, object]:
    """Return the record of a decision, as the caller of the own place may read it."""
    with at_socket(served, caller) as client:
        found = client.get(f"http://pdp/v1/decisions/{name}")
    assert found.status_code == 200, found.text
    return found.json()["record"]


def test_the_caller_of_a_place_is_nobody_at_the_main_door(served):
    response = httpx.get(
        f"http://127.0.0.1:{served.port}/authz/forward", headers=forwarded(QUESTIONS[0]), timeout=PATIENCE
    )

    assert (response.status_code, response.json()["error"]) == (403, "gateway_not_authenticated")


@pytest.mark.parametrize(
    "path",
    ["/", "/docs", "/openapi.json", "/healthz", "/readyz", "/health", "/.well-known/authzen-configuration",
     "/access/v1/evaluation", "/authz/envoy/api", "/authz/", "/v1/acts/x", "/v1/data/x", "/log/checkpoint"],
)  # fmt: skip
def test_nothing_but_the_caller_s_doors_is_open_at_its_place(served, path):
    with at_socket(served) as client:
        answers = [client.request(method, f"http://pdp{path}") for method in ("GET", "POST", "HEAD", "OPTIONS")]

    assert [answer.status_code for answer in answers] == [404] * 4


def test_the_health_doors_are_open_to_whom_they_are_a_part_of_the_protocol(served):
    with at_socket(served, "apisix") as client:
        answers = {
            path: client.get(f"http://pdp{path}").status_code for path in ("/health", "/healthz", "/authz/forward")
        }

    assert answers == {"/health": 200, "/healthz": 404, "/authz/forward": 404}


def test_a_socket_is_open_to_its_owner_and_group_alone(served):
    mode = (served.data.parent / "traefik.sock").stat().st_mode

    assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o660)


def test_a_place_that_is_taken_is_said_to_be_and_left_as_it_is(served):
    taken = served.data.parent / "traefik.sock"

    for place in ({"port": port(served, "listening for one caller")}, {"socket": taken}, {"socket": Path(__file__)}):
        settings = Settings(listeners=({"caller": "local", **place},))
        doors = Doors(SmallService(), Callers(settings.registered), make_log(StringIO(), "json")[0])
        with pytest.raises(
            UnavailableError, match=r"listeners: .* cannot be listened on \(.*\); free it, or name anot"
        ):
            asyncio.run(Listeners(settings, doors, uvicorn.Config).open())

    assert Path(__file__).is_file()
    assert by_own_socket(served, QUESTIONS[0]).allowed


def test_the_port_of_envoy_speaks_tls_where_the_settings_say_so(tmp_path):
    files = {"certificate": SERVER.certificate, "key": SERVER.key, "client_ca": AUTHORITY.root}
    for name, pem in files.items():
        (tmp_path / name).write_bytes(pem)
    tls = {name: tmp_path / name for name in files}
    callers = [{"id": "edge-envoy", "certificates": [ENVOY], "doors": ["envoy_grpc"]}]
    settings = Settings.model_validate({"grpc_port": 0, "grpc_tls": tls, "callers": callers})
    stream = StringIO()
    log, lines = make_log(stream, "json")
    doors = Doors(SmallService(), Callers(settings.registered), log, deadline=10, calls=SmallReader())

    async def codes() -> list[object]:
        listeners = Listeners(settings, doors, uvicorn.Config)
        await listeners.open()
        lines.flush()
        place = f"127.0.0.1:{json.loads(stream.getvalue().splitlines()[-1])['port']}"
        trusted = grpc.ssl_channel_credentials(AUTHORITY.root, EDGE.key, EDGE.certificate)
        try:
            found: list[object] = []
            for channel in (grpc.aio.secure_channel(place, trusted), grpc.aio.insecure_channel(place)):
                async with channel:
                    try:
                        answer = await channel.unary_unary(METHOD)(CALL, timeout=PATIENCE)
                        found.append(CheckResponse.FromString(answer).status.code)
                    except grpc.aio.AioRpcError as refused:
                        found.append(refused.code())
            return found
        finally:
            await listeners.close()

    assert asyncio.run(codes()) == [0, grpc.StatusCode.UNAVAILABLE]
