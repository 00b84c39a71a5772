"""Promises of Envoy's HTTP door: the path behind the prefix is the client's, raw, and a failure opens nothing."""

import asyncio
import hashlib

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.callers import Caller, Callers
from adapters.gateways.decision_headers import UNDECIDED
from adapters.gateways.envoy_http import EnvoyHttpDoor
from adapters.gateways.http import Doors
from tests.adapters.gateways.small_reader import TOKEN, SmallReader

KEY = "k" * 43
GATEWAY = Caller(
    id="edge-envoy",
    key_sha256=(hashlib.sha256(KEY.encode()).hexdigest(),),
    doors=("envoy_http",),
    enforces=("mask_fields",),
)
TARGET = "/api/v1/datasets/R/rows?fields=name,phone"
TOLD = {
    "x-gateway-token": KEY, "host": "data.example.gov.cn", "authorization": TOKEN, "x-request-id": "r-1",
    "x-data-scenario": "sc-1", "x-data-purpose": "duty", "x-forwarded-for": "10.1.2.3", "x-forwarded-proto": "https",
}  # fmt: skip
SIX = [name for name, _ in UNDECIDED]


@pytest.fixture
def envoy(service, log):
    """Return a function that asks as Envoy does and returns the response."""

    def asked(target=TARGET, told=TOLD, method="GET", deadline=5.0, raw=None) -> httpx.Response:
        doors = Doors(service, Callers((GATEWAY,)), log.logger, deadline=deadline, calls=SmallReader())
        door = EnvoyHttpDoor(doors, SmallReader())

        async def below(scope, receive, send) -> None:
            path, _, query = target.encode("latin-1").partition(b"?")
            scope |= {"raw_path": b"/authz/envoy" + path if raw is None else raw, "query_string": query}
            await door(scope, receive, send)

        async def once() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(below), base_url="http://pdp") as client:
                return await client.request(method, "/", headers=list(told.items()) if isinstance(told, dict) else told)

        return asyncio.run(once())

    return asked


def six(response) -> list[str]:
    """Return the six headers of an answer, which stand there once each."""
    return [value for name in SIX for value in response.headers.get_list(name)]


def test_a_permit_is_200_with_its_headers_and_no_body(envoy, service):
    response = envoy()

    (answer,) = service.answers
    assert (response.status_code, response.content) == (200, b"")
    assert six(response) == [answer, "PERMIT", "none", "none", "share_agreed", "none"]
    (asked,) = service.questions
    assert (asked.door, asked.gateway, asked.request_id) == ("envoy_http", "edge-envoy", "r-1")
    assert (asked.subject, asked.dataset, asked.fields) == ("B", "R", ("name", "phone"))


def test_the_method_is_the_client_s_own(envoy):
    outcomes = {
        method: envoy(method=method).headers["x-decision-outcome"] for method in ("GET", "HEAD", "POST", "BREW")
    }

    assert outcomes == {"GET": "PERMIT", "HEAD": "PERMIT", "POST": "INDETERMINATE", "BREW": "INDETERMINATE"}


def test_a_refusal_is_403_and_one_for_want_of_a_token_401(envoy):
    refused = envoy(told={**TOLD, "x-data-scenario": "sc-9"})
    unproven = envoy(told={name: value for name, value in TOLD.items() if name != "authorization"})

    assert (refused.status_code, refused.headers["x-decision-outcome"]) == (403, "DENY")
    assert refused.json()["reason"]["zh"] == "no_application 的条文。"
    assert (unproven.status_code, unproven.headers["www-authenticate"]) == (401, "Bearer")


def test_a_failure_is_403_with_outcome_none(envoy, service, log, journal_is_dead):
    service.broken = journal_is_dead

    response = envoy()

    assert (response.status_code, six(response)) == (403, ["none"] * 6)
    assert response.json() == {"error": "decision_unavailable"}
    assert "the journal cannot be written" in log.written()


@pytest.mark.parametrize("credential", [None, "", "wrong", f"Bearer {KEY}"])
def test_a_gateway_that_does_not_prove_itself_is_told_403_and_recorded(envoy, service, credential):
    told = {name: value for name, value in TOLD.items() if name != "x-gateway-token"}

    response = envoy(told=told if credential is None else {**told, "x-gateway-token": credential})

    assert (response.status_code, six(response)) == (403, ["none"] * 6)
    assert [(r["door"], r["code"]) for r in service.rejections] == [("envoy_http", "not_authenticated")]
    assert service.questions == []


@pytest.mark.usefixtures("time_stands_still")
def test_over_its_limit_a_gateway_is_told_429(service, log):
    callers = Callers((GATEWAY.model_copy(update={"rate": 1}),))
    door = EnvoyHttpDoor(Doors(service, callers, log.logger, deadline=5.0), SmallReader())

    async def twice() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://pdp") as client:
            return [await client.get("/authz/envoy" + TARGET, headers=TOLD) for _ in range(2)]

    first, second = asyncio.run(twice())

    assert (first.status_code, second.status_code, second.headers["retry-after"]) == (200, 429, "1")
    assert [(r["code"], r["gateway"]) for r in service.rejections] == [("over_limit", "edge-envoy")]


@pytest.mark.parametrize(
    "raw",
    [b"/authz/envoy", b"/authz/envoyx", b"/authz/envoy*", b"/authz/%65nvoy/api", b"/api", b"", b"/authz/envoy%2fapi"],
)
def test_a_path_that_is_not_behind_the_prefix_as_sent_is_no_question(envoy, service, raw):
    assert envoy(raw=raw).status_code == 403
    assert (service.questions, [r["code"] for r in service.rejections]) == ([], ["bad_request"])


@pytest.mark.parametrize(
    "path", ["//api", "/api/../x", "/a%2Fb", "/a\xff", "/api/v1/datasets/R//rows", "/api/v1/datasets/..%2fR/rows"]
)
def test_a_path_with_tricks_arrives_as_it_was_sent_and_is_no_question(envoy, service, path):
    assert envoy(path).status_code == 403
    assert (service.questions, [r["code"] for r in service.rejections]) == ([], ["bad_request"])


@pytest.mark.parametrize("name", sorted(TOLD.keys() - {"x-forwarded-for"}))
def test_a_header_that_stands_twice_or_was_joined_is_no_question(envoy, service, name):
    assert envoy(told=[*TOLD.items(), (name, TOLD[name])]).status_code == 403
    assert envoy(told={**TOLD, name: f"{TOLD[name]},{TOLD[name]}"}).status_code == 403
    assert service.questions == []
    assert {r["code"] for r in service.rejections} <= {"bad_request", "not_authenticated"}
    assert len(service.rejections) == 2


@pytest.mark.parametrize("told", ["100", "30,40", "x", "", "-5", "99999999999999999999"])
def test_what_envoy_says_of_its_patience_never_lengthens_ours(envoy, service, log, told):
    service.slow = 30.0

    response = envoy(told={**TOLD, "x-envoy-expected-rq-timeout-ms": told}, deadline=0.02)

    assert (response.status_code, response.headers["x-decision-outcome"]) == (403, "none")
    assert "no decision within the deadline" in log.written()


def test_an_answer_that_envoy_would_not_wait_for_is_not_given(envoy, service):
    service.slow = 30.0

    response = envoy(told={**TOLD, "x-envoy-expected-rq-timeout-ms": "30"}, deadline=60.0)

    assert (response.status_code, response.headers["x-decision-outcome"]) == (403, "none")


def test_forged_headers_of_either_family_change_nothing(envoy, service):
    forged = {
        "x-forwarded-uri": "/api/v1/datasets/S/rows", "x-original-uri": "/api/v1/datasets/S/rows",
        "x-forwarded-method": "DELETE", "x-forwarded-host": "other", **dict.fromkeys(SIX, "forged"),
    }  # fmt: skip

    response = envoy(told={**TOLD, **forged})

    assert (response.status_code, service.questions[0].dataset) == (200, "R")
    assert "forged" not in six(response)


quick = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
names = st.sampled_from([*TOLD, *SIX, "x-subject-id", "x_data_purpose", "cookie"])
values = st.sampled_from([*TOLD.values(), "B", ""]) | st.binary(max_size=40).map(lambda sent: sent.decode("latin-1"))


@quick
@given(
    st.lists(st.tuples(names, values), max_size=8),
    st.binary(max_size=60) | st.just(b"/authz/envoy" + TARGET.partition("?")[0].encode()),
    st.sampled_from(["GET", "POST", "CONNECT", "A" * 40]),
)
def test_whatever_a_call_says_only_a_permit_is_2xx_and_nothing_goes_unlogged(envoy, service, sent, raw, method):
    headers = [(name.encode(), value.encode("latin-1")) for name, value in [*TOLD.items(), *sent]]
    answers, rejections = len(service.answers), len(service.rejections)

    response = envoy(told=headers, raw=raw, method=method)

    made = list(service.answers.values())[answers:]
    assert len(made) + len(service.rejections) - rejections == 1
    assert response.status_code in {200, 401, 403}
    assert (response.status_code == 200) == any(answer.decision.outcome.permits for answer in made)
    assert len(six(response)) == 6
