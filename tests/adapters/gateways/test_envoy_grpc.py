"""Promises of Envoy's gRPC door: a real client on this machine, and no answer that Envoy could take for an allow."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.callers import Caller, Callers
from adapters.gateways.decision_headers import UNDECIDED
from adapters.gateways.envoy_check import check_response
from adapters.gateways.envoy_grpc import JWT, EnvoyGrpcDoor
from adapters.gateways.ext_authz.ext_authz_pb2 import CheckRequest, CheckResponse
from adapters.gateways.gateway_desk import Ending, GatewayAnswer
from adapters.gateways.http import Doors
from pdp.errors import UnavailableError
from tests.adapters.gateways.small_reader import TOKEN, SmallReader

ROOT = Path(__file__).parents[3]
GENERATED = ROOT / "adapters" / "gateways" / "ext_authz"
METHOD = "/envoy.service.auth.v3.Authorization/Check"
KEY = "k" * 43
GATEWAY = Caller(
    id="edge-envoy",
    key_sha256=(hashlib.sha256(KEY.encode()).hexdigest(),),
    doors=("envoy_grpc",),
    enforces=("mask_fields",),
)
HEADERS = {
    ":method": "GET", ":path": "/api/v1/datasets/R/rows", ":authority": "data.example.gov.cn",
    "authorization": TOKEN, "x-request-id": "r-1", "x-data-scenario": "sc-1", "x-data-purpose": "duty",
    "x-forwarded-for": "10.1.2.3,10.9.9.9", "x-forwarded-proto": "https",
}  # fmt: skip
PROVEN = (("x-gateway-token", KEY),)
Asking = Callable[..., Awaitable[CheckResponse]]
SIX = [name for name, _ in UNDECIDED]


def request(
    path="/api/v1/datasets/R/rows?fields=name,phone", method="GET", headers=None, claims=None, **attributes: object
) -> CheckRequest:
    """Return what Envoy asks of a call, with what its filter for tokens found."""
    http = {"method": method, "path": path, "host": "data.example.gov.cn", "headers": {**HEADERS, **(headers or {})}}
    if claims is not None:
        attributes["metadata_context"] = {"filter_metadata": {JWT: ParseDict(claims, Struct())}}
    return CheckRequest(attributes={"request": {"http": http}, **attributes})


def without(name) -> dict[str, str]:
    """Return what leaves `name` out of the headers' sense."""
    return {name: ""}


@pytest.fixture
def opened(service, log):
    """Return a function that opens the door, and a client to it: a context manager of what asks it."""

    @asynccontextmanager
    async def opening(*callers: Caller, deadline=5.0, at_once=100) -> AsyncIterator[Asking]:
        registered = Callers(callers or (GATEWAY,))
        doors = Doors(service, registered, log.logger, deadline=deadline, calls=SmallReader())
        door = EnvoyGrpcDoor(doors, SmallReader(), at_once)
        port = await door.open("127.0.0.1", 0)
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                method = channel.unary_unary(METHOD)

                async def ask(asked, metadata=PROVEN, timeout=60.0) -> CheckResponse:  # noqa: ASYNC109 -- Envoy's own
                    sent = asked if isinstance(asked, bytes) else asked.SerializeToString()
                    return CheckResponse.FromString(await method(sent, metadata=metadata, timeout=timeout))

                yield ask
        finally:
            await door.close()

    return opening


@pytest.fixture
def check(opened):
    """Return a function that asks once."""

    def asked(sent, metadata=PROVEN, callers=(), **door: object) -> CheckResponse:
        async def once() -> CheckResponse:
            async with opened(*callers, **door) as ask:
                return await ask(sent, metadata)

        return asyncio.run(once())

    return asked


def headers(response) -> dict[str, str]:
    """Return the headers that Envoy is told to set, none of them twice and none beside what the client sent."""
    told = response.ok_response if response.HasField("ok_response") else response.denied_response
    assert {option.append_action for option in told.headers} == {2}
    said = [(option.header.key, option.header.value) for option in told.headers]
    assert len(dict(said)) == len(said)
    return dict(said)


def denied(response) -> tuple[int, int]:
    """Return code and HTTP status of a refusal, which has both."""
    assert response.WhichOneof("http_response") == "denied_response"
    assert response.HasField("status")
    assert list(headers(response))[:6] == SIX
    return response.status.code, response.denied_response.status.code


def test_a_permit_is_code_0_with_its_headers(check, service):
    response = check(request())

    assert (response.HasField("status"), response.status.code) == (True, 0)
    assert response.WhichOneof("http_response") == "ok_response"
    (answer,) = service.answers
    said = headers(response)
    assert [said[name] for name in SIX] == [answer, "PERMIT", "none", "none", "share_agreed", "none"]
    assert list(response.ok_response.headers_to_remove) == ["x-subject-id", "x-subject-type", "x-subject-staff"]
    (asked,) = service.questions
    assert (asked.door, asked.gateway, asked.request_id) == ("envoy_grpc", "edge-envoy", "r-1")
    assert (asked.subject, asked.dataset, asked.fields) == ("B", "R", ("name", "phone"))


def test_what_was_decided_shows_in_envoy_s_access_log(check, service):
    part = MessageToDict(check(request(headers={"x-data-scenario": "sc-2"})).dynamic_metadata)
    refused = MessageToDict(check(request(headers={"x-data-scenario": "sc-9"})).dynamic_metadata)
    rejected = MessageToDict(check(request(), metadata=()).dynamic_metadata)

    first, second = service.answers
    assert part == {"decision_id": first, "outcome": "PARTIAL", "obligations": ["mask_fields"]}
    assert refused == {"decision_id": second, "outcome": "DENY", "obligations": []}
    assert rejected == {"decision_id": "none", "outcome": "none", "obligations": []}


def test_a_refusal_is_code_7_and_403_with_a_body(check):
    response = check(request(headers={"x-data-scenario": "sc-9"}))

    assert denied(response) == (7, 403)
    assert headers(response)["x-decision-grounds"] == "no_application"
    assert "no_application 的条文。" in response.denied_response.body


def test_a_refusal_for_want_of_the_end_user_s_token_is_code_16_and_401(check):
    response = check(request(headers=without("authorization")))

    assert denied(response) == (16, 401)
    assert headers(response)["www-authenticate"] == "Bearer"


def test_a_failure_is_code_7_and_503_and_never_an_error_of_grpc(check, service, log, journal_is_dead):
    for fault in (journal_is_dead, RuntimeError("canary"), KeyError("canary")):
        service.broken = fault
        response = check(request())

        assert denied(response) == (7, 503)
        assert response.denied_response.body == '{"error":"decision_unavailable"}'
        assert headers(response)["retry-after"] == "1"
    assert "canary" not in log.written()
    assert '"level":"critical"' in log.written()


def test_the_caller_s_own_deadline_less_a_margin_ends_the_waiting(service, log):
    service.slow = 60.0
    context = SimpleNamespace(
        invocation_metadata=lambda: PROVEN, peer=lambda: "ipv4:127.0.0.1:1", time_remaining=lambda: 0.03
    )
    doors = Doors(service, Callers((GATEWAY,)), log.logger, deadline=60.0, calls=SmallReader())

    async def once() -> bytes:
        return await EnvoyGrpcDoor(doors, SmallReader()).check(request().SerializeToString(), context)

    assert denied(CheckResponse.FromString(asyncio.run(once()))) == (7, 503)


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ((), "not_authenticated"),
        ((("x-gateway-token", ""),), "not_authenticated"),
        ((("x-gateway-token", "wrong"),), "not_authenticated"),
        ((("authorization", f"Bearer {KEY}"),), "not_authenticated"),
        ((*PROVEN, *PROVEN), "bad_request"),
        ((*PROVEN, ("x-gateway-token", "wrong")), "bad_request"),
    ],
)
def test_a_gateway_that_does_not_prove_itself_once_is_denied_and_recorded(check, service, metadata, code):
    assert denied(check(request(), metadata)) == (7, 403)
    assert [(r["door"], r["code"], r["peer"]) for r in service.rejections] == [("envoy_grpc", code, "ipv4:127.0.0.1")]
    assert service.questions == []


def test_the_credential_of_a_gateway_among_the_client_s_headers_proves_nothing(check, service):
    assert denied(check(request(headers={"x-gateway-token": KEY}), metadata=())) == (7, 403)
    assert service.questions == []


@pytest.mark.usefixtures("time_stands_still")
def test_a_caller_over_its_limit_is_denied_with_429(opened, service):
    async def twice() -> list[CheckResponse]:
        async with opened(GATEWAY.model_copy(update={"rate": 1})) as ask:
            return [await ask(request()) for _ in range(2)]

    first, second = asyncio.run(twice())

    assert first.status.code == 0
    assert denied(second) == (7, 429)
    assert headers(second)["retry-after"] == "1"
    assert [(r["code"], r["gateway"]) for r in service.rejections] == [("over_limit", "edge-envoy")]


def test_more_calls_at_once_than_can_be_answered_are_failures(check, service, log):
    assert denied(check(request(), at_once=0)) == (7, 503)
    assert service.questions == []
    assert "too many calls at once" in log.written()


@pytest.mark.parametrize(
    "asked",
    [
        CheckRequest(),
        CheckRequest(attributes={}),
        CheckRequest(attributes={"request": {"http": {"method": "GET"}}}),
        request(path=""),
        request(method=""),
        request(method="GET POST"),
        request(headers={"authorization": f"{TOKEN},Bearer of-A"}),
        request(headers={"x-subject-id": "A,B"}),
        request(headers={"x-data-scenario": "sc-1,sc-2"}),
        request(headers={"x-request-id": "r-1,r-2"}),
        request(headers={"x_subject_id": "B"}),
        request(headers={"X-Data_Purpose": "duty"}),
        request(headers={"x-data-purpose": "用途"}),
        request(headers={f"x-{number}": "1" for number in range(101)}),
        request(headers={"cookie": "x" * 17_000}),
        request(claims={"a": {"org": "B"}, "b": {"org": "C"}}),
        request(claims={"a": "B"}),
        b"\xff",
        b"\x0a\xff",
        b"\x00" * ((1 << 20) + 1),
    ],
    ids=range(20),
)
def test_what_is_no_question_is_denied_and_recorded(check, service, asked):
    assert denied(check(asked)) == (7, 403)
    assert service.questions == []
    assert [r["gateway"] for r in service.rejections] == ["edge-envoy"]
    assert {r["code"] for r in service.rejections} <= {"bad_request", "headers_too_large"}


def test_verified_claims_and_a_certificate_s_name_reach_the_question(check, service):
    nobody = without("authorization")

    by_claims = check(request(headers=nobody, claims={"verified": {"org": "B", "exp": 1_900_000_000}}))
    by_name = check(request(headers=nobody, source={"principal": "spiffe://gov/B"}))

    assert (by_claims.status.code, by_name.status.code) == (0, 0)
    assert [asked.assurance for asked in service.questions] == [3, 2]


def test_what_the_route_s_configuration_says_of_a_subject_is_not_believed(check, service):
    response = check(request(headers=without("authorization"), context_extensions={"subject": "B", "org": "B"}))

    assert denied(response) == (16, 401)
    assert service.questions[0].assurance == 0


def test_headers_too_long_for_the_record_end_in_no_error_of_grpc(check):
    assert denied(check(request(headers={"cookie": "x" * 5_000_000}))) == (7, 403)


def test_a_port_that_is_taken_is_said_to_be(service, log):
    async def twice() -> None:
        doors = Doors(service, Callers((GATEWAY,)), log.logger, calls=SmallReader())
        first, second = (EnvoyGrpcDoor(doors, SmallReader()) for _ in range(2))
        port = await first.open("127.0.0.1", 0)
        try:
            with pytest.raises(UnavailableError, match=f"grpc_port: port {port} of 127.0.0.1"):
                await second.open("127.0.0.1", port)
        finally:
            await first.close()
            await second.close()

    asyncio.run(twice())


@given(
    st.sampled_from(Ending),
    st.binary(max_size=20).map(lambda body: body.hex().encode()),
    st.sampled_from(["PERMIT", "DENY", None]),
)
@example(Ending.ALLOWED, b"", None)
def test_code_0_stands_beside_an_ok_response_alone_and_nothing_goes_without_a_code(ending, body, outcome):
    response = check_response(GatewayAnswer(ending, UNDECIDED, body, None, outcome, ("mask_fields",)))

    assert response.HasField("status")
    assert (response.status.code == 0) == (ending is Ending.ALLOWED)
    assert response.WhichOneof("http_response") == ("ok_response" if ending is Ending.ALLOWED else "denied_response")
    if ending is not Ending.ALLOWED:
        assert 400 <= response.denied_response.status.code < 600


def test_the_generated_messages_are_those_of_our_description(tmp_path):
    subprocess.run(
        [ROOT / "scripts" / "generate_ext_authz.sh", tmp_path], check=True, env={**os.environ, "PYTHON": sys.executable}
    )

    for name in ("ext_authz_pb2.py", "ext_authz_pb2.pyi"):
        assert (tmp_path / name).read_text() == (GENERATED / name).read_text()


quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
names = st.sampled_from([*HEADERS, "x-subject-id", "x_subject_id", "x-decision-id"]) | st.text(max_size=8)


@quick
@given(st.dictionaries(names, st.sampled_from([*HEADERS.values(), "B"]) | st.text(max_size=20), max_size=6), st.text())
def test_whatever_a_call_says_only_a_permit_is_code_0_and_nothing_goes_unlogged(opened, service, said, path):
    sent = request(headers=said, path=path or "/api/v1/datasets/R/rows")
    before = len(service.answers), len(service.rejections)

    async def once() -> CheckResponse:
        async with opened() as ask:
            return await ask(sent)

    response = asyncio.run(once())

    answers, rejections = list(service.answers.values())[before[0] :], service.rejections[before[1] :]
    assert len(answers) + len(rejections) == 1
    permitted = bool(answers) and answers[0].decision.outcome.permits
    assert (response.status.code == 0) == permitted
    if not permitted:
        assert denied(response) in {(7, 403), (16, 401)}


@quick
@given(st.binary(max_size=200))
def test_any_bytes_are_denied_with_an_answer_of_ours(opened, sent):
    async def once() -> CheckResponse:
        async with opened() as ask:
            return await ask(sent)

    assert denied(asyncio.run(once())) == (7, 403)
