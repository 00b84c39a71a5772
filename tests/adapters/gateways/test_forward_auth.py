"""Promises of the ForwardAuth door: 2xx is a permit, six headers are on every answer, and one family is read."""

import asyncio
import hashlib
import re
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.callers import Caller, Callers, Detail
from adapters.gateways import envoy_http, forward_auth
from adapters.gateways.decision_headers import MAX_BLOCK, MAX_TOKEN, decision_headers
from adapters.gateways.forward_auth import ForwardAuthDoor
from adapters.gateways.gateway_desk import Ending
from adapters.gateways.http import Doors
from pdp.model import Answer, Decision, Effect, Finding, Inquiry, Outcome, Receipt
from tests.adapters.gateways.conftest import NOW
from tests.adapters.gateways.small_reader import TOKEN, SmallReader

KEY = "k" * 43
GATEWAY = Caller(
    id="edge-nginx",
    key_sha256=(hashlib.sha256(KEY.encode()).hexdigest(),),
    doors=("forward_auth",),
    enforces=("mask_fields",),
)
ORIGINAL = GATEWAY.model_copy(update={"routes": "original"})
URI = "/api/v1/datasets/R/rows?fields=name,phone"
TOLD = {
    "x-gateway-token": KEY,
    "x-forwarded-method": "GET",
    "x-forwarded-uri": URI,
    "x-forwarded-host": "data.example.gov.cn",
    "x-forwarded-proto": "https",
    "x-forwarded-for": "10.1.2.3",
    "authorization": TOKEN,
    "x-request-id": "r-1",
    "x-data-scenario": "sc-1",
    "x-data-purpose": "duty",
}
OTHERS = 300  # bytes of the status line and of what else an answer of ours has
SIX = (
    "x-decision-id", "x-decision-outcome", "x-obligations", "x-decision-token", "x-decision-grounds",
    "x-decision-reason",
)  # fmt: skip


@pytest.fixture
def forward(open_door):
    """Return a function that asks as a gateway does and returns the response."""

    def asked(told=TOLD, callers=(GATEWAY,), method="GET", content=b"", **door: object) -> httpx.Response:
        sent = list(told.items()) if isinstance(told, dict) else told

        async def once() -> httpx.Response:
            async with open_door(*callers, **door) as client:
                return await client.request(method, "/authz/forward", headers=sent, content=content)

        return asyncio.run(once())

    return asked


def six(response) -> list[str]:
    """Return the six headers of an answer, which stand there once each."""
    return [value for name in SIX for value in response.headers.get_list(name)]


def block(response) -> int:
    """Return the bytes of status line and headers, with the date that the server adds."""
    lines = [b"HTTP/1.1 %d %b" % (response.status_code, response.reason_phrase.encode())]
    lines += [name + b": " + value for name, value in [*response.headers.raw, (b"date", b"x" * 29)]]
    return sum(len(line) + 2 for line in lines) + 2


def test_a_permit_is_200_with_its_headers_and_no_body(forward, service):
    response = forward()

    assert (response.status_code, response.content) == (200, b"")
    (answer,) = service.answers
    assert six(response) == [answer, "PERMIT", "none", "none", "share_agreed", "none"]
    assert response.headers["cache-control"] == "no-store"
    (asked,) = service.questions
    assert (asked.door, asked.gateway, asked.request_id) == ("forward_auth", "edge-nginx", "r-1")
    assert (asked.subject, asked.dataset, asked.fields) == ("B", "R", ("name", "phone"))


def test_a_part_names_the_measures_that_it_needs(forward):
    response = forward({**TOLD, "x-data-scenario": "sc-2"})

    assert (response.status_code, six(response)[1:3]) == (200, ["PARTIAL", "mask_fields"])


class Writer:
    """Writes a token that says which call it is for, or fails as told."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault

    def token(self, answer, asked) -> str | None:
        """Return the token of a permit."""
        if self.fault is not None:
            raise self.fault
        return f"{answer.id}.{asked.digest}" if answer.decision.outcome.permits else None


@pytest.fixture
def with_writer(service, log, event_loop_runner):
    """Return a function that asks once where tokens are written."""

    def asked(writer, told=TOLD) -> httpx.Response:
        doors = Doors(service, Callers((GATEWAY,)), log.logger, deadline=5.0, tokens=writer)

        async def once() -> httpx.Response:
            door = ForwardAuthDoor(doors, SmallReader())
            async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://pdp") as client:
                return await client.get("/authz/forward", headers=told)

        return event_loop_runner.run(once())

    return asked


def test_a_permit_carries_its_token_and_a_refusal_none(with_writer):
    permit, refusal = with_writer(Writer()), with_writer(Writer(), {**TOLD, "x-data-scenario": "sc-9"})

    digest = hashlib.sha256(b"GET\n/api/v1/datasets/R/rows\nfields=name,phone").hexdigest()
    assert permit.headers["x-decision-token"] == f"{permit.headers['x-decision-id']}.{digest}"
    assert (refusal.status_code, refusal.headers["x-decision-token"]) == (403, "none")


def test_a_permit_whose_token_cannot_be_written_is_not_given(with_writer, journal_is_dead):
    response = with_writer(Writer(journal_is_dead))

    assert (response.status_code, six(response)) == (503, ["none"] * 6)


def test_a_part_that_nobody_would_keep_to_is_not_released_even_if_the_rules_let_it_pass(forward, log):
    undeclared = GATEWAY.model_copy(update={"enforces": None})

    response = forward({**TOLD, "x-data-scenario": "sc-2"}, callers=(undeclared,))

    assert (response.status_code, six(response)) == (503, ["none"] * 6)
    assert '"level":"critical"' in log.written()


def test_a_refusal_is_403_and_says_why_in_two_languages(forward):
    response = forward({**TOLD, "x-data-scenario": "sc-9"})

    said = response.json()
    assert response.status_code == 403
    assert six(response)[1:5] == ["DENY", "none", "none", "no_application"]
    assert unquote(response.headers["x-decision-reason"]) == said["reason"]["zh"] == "no_application 的条文。"
    assert (said["error"], said["outcome"]) == ("access_denied", "DENY")
    assert said["decision_id"] == response.headers["x-decision-id"]
    assert said["reason"]["en"]
    assert said["grounds"] == [
        {
            "rule": "no_application",
            "articles": ["art_19__para_3", "art_21__para_1"],
            "cite": ["第十九条第三款", "第二十一条第一款"],
        }
    ]
    assert said["remedies"][0]["contact"]["role"] == "数据观察员"
    assert "evidence" not in response.text


def test_what_nobody_mapped_is_refused_and_not_rejected(forward):
    response = forward({**TOLD, "x-forwarded-uri": "/else"})

    assert (response.status_code, response.headers["x-decision-outcome"]) == (403, "INDETERMINATE")


def test_a_refusal_for_want_of_the_end_user_s_token_is_401(forward):
    told = {name: value for name, value in TOLD.items() if name != "authorization"}

    response = forward(told)

    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert response.headers["x-decision-outcome"] == "DENY"
    assert response.headers["x-decision-grounds"] == "assurance_insufficient"
    assert response.json()["error"] == "access_denied"


def test_a_permit_or_another_refusal_is_no_401(forward):
    assert forward({**TOLD, "x-data-scenario": "sc-9"}).status_code == 403
    assert "www-authenticate" not in forward().headers


@pytest.mark.parametrize("status", [forward_auth.STATUS, envoy_http.STATUS], ids=["forward_auth", "envoy_http"])
def test_every_ending_has_a_status_and_an_allow_alone_is_2xx(status):
    assert status.keys() == set(Ending)
    assert {ending for ending, code in status.items() if code < 400} == {Ending.ALLOWED}
    assert 401 not in {code for ending, code in status.items() if ending is not Ending.UNAUTHENTICATED}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_the_method_of_the_asking_itself_says_nothing(forward, method):
    assert forward(method=method).status_code == 200
    assert forward({**TOLD, "x-data-scenario": "sc-9"}, method=method).status_code == 403


def test_a_body_is_not_looked_at(forward):
    assert forward(content=b"\xff" * 70_000).status_code == 200


def test_a_failure_is_503_and_releases_nothing(forward, service, log, journal_is_dead):
    service.broken = journal_is_dead

    response = forward()

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json() == {"error": "decision_unavailable"}
    assert six(response) == ["none"] * 6
    assert "the journal cannot be written" in log.written()


def test_an_answer_that_comes_too_late_is_a_failure(forward, service, log):
    service.slow = 30.0

    assert forward(deadline=0.02).status_code == 503
    assert '"deadline_ms":20' in log.written()


@pytest.mark.parametrize("credential", [None, "", "wrong", KEY + " ", KEY.upper(), f"Bearer {KEY}", "k" * 20_000])
def test_a_gateway_that_does_not_prove_itself_is_told_403_and_recorded(forward, service, credential):
    told = {**TOLD, "x-gateway-token": credential}
    if credential is None:
        del told["x-gateway-token"]

    response = forward(told)

    assert (response.status_code, six(response)) == (403, ["none"] * 6)
    assert "www-authenticate" not in response.headers
    assert response.json()["error"] == "gateway_not_authenticated"
    assert [(r["door"], r["code"], r["peer"]) for r in service.rejections] == [
        ("forward_auth", "not_authenticated", "10.0.0.7")
    ]
    assert service.questions == []


def test_the_key_of_a_gateway_in_authorization_proves_nothing(forward, service):
    told = {**TOLD, "authorization": f"Bearer {KEY}"}
    del told["x-gateway-token"]

    assert forward(told).status_code == 403
    assert service.questions == []


def test_a_caller_without_this_door_is_told_403_and_recorded(forward, service):
    response = forward(callers=(GATEWAY.model_copy(update={"doors": ("authzen",)}),))

    assert (response.status_code, response.json()["error"]) == (403, "gateway_not_entitled")
    assert [(r["code"], r["gateway"]) for r in service.rejections] == [("not_entitled", "edge-nginx")]


SINGLE = sorted(TOLD.keys() - {"x-forwarded-for"})


@pytest.mark.parametrize("name", [*SINGLE, "x-subject-id", "host"])
def test_a_header_that_stands_twice_is_no_question(forward, service, name):
    told = [*TOLD.items(), (name, TOLD.get(name, "B"))]
    if name not in TOLD:
        told.append((name, "B"))

    response = forward(told)

    assert (response.status_code, six(response)) == (403, ["none"] * 6)
    assert (service.questions, [r["code"] for r in service.rejections]) == ([], ["bad_request"])
    assert name in response.text


@pytest.mark.parametrize("name", [*sorted(set(SINGLE) - {"x-forwarded-uri", "x-gateway-token"}), "x-subject-id"])
def test_a_header_that_two_were_made_one_of_is_no_question(forward, service, name):
    response = forward({**TOLD, name: f"{TOLD.get(name, 'A')},{TOLD.get(name, 'B')}"})

    assert response.status_code == 403
    assert (service.questions, [r["code"] for r in service.rejections]) == ([], ["bad_request"])


@pytest.mark.parametrize("name", ["x-forwarded-method", "x-forwarded-uri"])
@pytest.mark.parametrize("value", [None, ""])
def test_without_method_or_address_there_is_no_question(forward, service, name, value):
    told = {**TOLD, name: value}
    if value is None:
        del told[name]

    assert forward(told).status_code == 403
    assert (service.questions, [r["code"] for r in service.rejections]) == ([], ["bad_request"])


@pytest.mark.parametrize(
    "name", ["x-forwarded-uri", "x-forwarded-method", "x-gateway-token", "x-subject-id", "x-data-a"]
)
def test_a_look_alike_of_a_header_that_is_read_is_no_question(forward, service, name):
    for spelled in (name.replace("-", "_"), name.replace("-", "_", 1)):
        service.rejections.clear()
        assert forward([*TOLD.items(), (spelled, "/api/v1/datasets/S/rows")]).status_code == 403
        assert (service.questions, [r["code"] for r in service.rejections]) == ([], ["bad_request"])


def test_headers_of_the_other_family_change_nothing(forward, service):
    forged = {
        "x-original-uri": "/api/v1/datasets/S/rows", "x-original-url": "https://h/api/v1/datasets/S/rows",
        "x-original-method": "DELETE",
    }  # fmt: skip

    response = forward([*TOLD.items(), *forged.items(), *forged.items()])

    assert (response.status_code, service.questions[0].dataset) == (200, "R")


@pytest.mark.parametrize(
    "address",
    [{"x-original-uri": URI}, {"x-original-url": "https://data.example.gov.cn" + URI}],
    ids=["uri", "url"],
)
def test_the_original_family_is_read_where_the_map_says_so(forward, service, address):
    told = {**TOLD, "x-original-method": "GET", **address, "x-forwarded-uri": "/else", "x-forwarded-method": "DELETE"}

    response = forward(told, callers=(ORIGINAL,))

    assert (response.status_code, service.questions[0].dataset) == (200, "R")


@pytest.mark.parametrize(
    "address",
    [
        {"x-original-uri": URI, "x-original-url": "https://h" + URI},
        {"x-original-url": URI},
        {"x-original-url": "https://h"},
        {"x-original-url": "ftp://h" + URI},
        {"x-original-url": "//h" + URI},
        {},
    ],
    ids=["both", "path", "no path", "ftp", "no scheme", "none"],
)
def test_an_original_address_that_can_be_read_in_two_ways_is_no_question(forward, service, address):
    told = {**TOLD, "x-original-method": "GET", **address}

    assert forward(told, callers=(ORIGINAL,)).status_code == 403
    assert (service.questions, [r["code"] for r in service.rejections]) == ([], ["bad_request"])


def test_forged_decision_headers_change_nothing_and_do_not_come_back(forward):
    forged = dict.fromkeys(SIX, "forged")

    response = forward({**TOLD, **forged, "x-data-scenario": "sc-9"})

    assert (response.status_code, len(six(response))) == (403, 6)
    assert "forged" not in six(response)


def test_a_client_s_address_gives_no_right_and_spoils_nothing(forward):
    for said in ("1.1.1.1, 2.2.2.2", "x" * 3000, "\u00e9"):
        told = [(name, value) for name, value in TOLD.items() if name != "x-forwarded-for"]
        assert (
            forward([*told, ("x-forwarded-for", said.encode("latin-1")), ("x-forwarded-for", "9")]).status_code == 200
        )


def test_too_many_headers_are_no_question(forward, service):
    many = forward([*TOLD.items(), *((f"x-{number}", "1") for number in range(101))])
    large = forward({**TOLD, "cookie": "x" * 17_000})

    assert (many.status_code, large.status_code) == (403, 403)
    assert [r["code"] for r in service.rejections] == ["headers_too_large", "headers_too_large"]


@pytest.mark.usefixtures("time_stands_still")
def test_over_its_limit_a_gateway_gets_503_and_the_time_to_wait(open_door, service):
    limited = GATEWAY.model_copy(update={"rate": 1})

    async def twice() -> list[httpx.Response]:
        async with open_door(limited) as client:
            return [await client.get("/authz/forward", headers=TOLD) for _ in range(2)]

    first, second = asyncio.run(twice())

    assert (first.status_code, second.status_code, second.headers["retry-after"]) == (200, 503, "1")
    assert second.json()["error"] == "over_limit"
    assert six(second) == ["none"] * 6
    assert [(r["code"], r["gateway"]) for r in service.rejections] == [("over_limit", "edge-nginx")]


def test_a_caller_that_is_told_little_is_told_no_reason(forward):
    response = forward(
        {**TOLD, "x-data-scenario": "sc-9"}, callers=(GATEWAY.model_copy(update={"detail": Detail.NONE}),)
    )

    assert six(response)[3:] == ["none"] * 3
    assert sorted(response.json()) == ["decision_id", "error", "outcome"]


def test_nobody_named_in_a_call_is_found_in_the_answer_or_in_the_operational_log(forward, log):
    canary = "canary-110101199003074514"
    told = {
        **TOLD,
        "x-request-id": canary,
        "x-data-scenario": canary,
        "cookie": canary,
        "x-forwarded-uri": f"/{canary}",
    }

    answers = [
        forward(told),
        forward({**told, "x-gateway-token": canary}),
        forward({**told, "x-subject-id": canary * 2}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    for answer in answers:
        assert canary not in answer.text + str(answer.headers)
    assert canary not in log.written()


@pytest.mark.parametrize(
    "path", ["/authz/forward/", "/authz/", "/authz", "/authz/forwardx", "/authz/health", "/authz//forward"]
)
def test_nothing_beside_the_door_answers_2xx_or_redirects(open_door, path):
    async def once() -> httpx.Response:
        async with open_door(GATEWAY) as client:
            return await client.get(path, headers=TOLD)

    assert asyncio.run(once()).status_code in {403, 404}


def test_a_rejection_whose_recording_fails_unforeseen_is_a_failure(forward, service, log):
    service.broken = RuntimeError("canary")

    response = forward({**TOLD, "x-gateway-token": "wrong"})

    assert response.status_code == 503
    assert '"level":"critical"' in log.written()
    assert "canary" not in log.written()


@pytest.fixture(scope="module")
def event_loop_runner():
    with asyncio.Runner() as runner:
        yield runner


quick = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
names = st.sampled_from([*TOLD, *SIX, "x-subject-id", "x_forwarded_uri", "x-original-uri", "host", "cookie"]) | st.text(
    "abcdefghijklmnopqrstuvwxyz-_", min_size=1, max_size=12
)
values = st.sampled_from([*TOLD.values(), "B", ""]) | st.binary(max_size=40).map(lambda sent: sent.decode("latin-1"))


@quick
@given(st.lists(st.tuples(names, values), max_size=12), st.booleans())
def test_whatever_headers_say_only_a_permit_is_2xx_and_nothing_goes_unlogged(
    log, event_loop_runner, service, sent, authenticated
):
    base = [(name, value) for name, value in TOLD.items() if name != "x-gateway-token" or authenticated]
    headers = [(name.encode(), value.encode("latin-1")) for name, value in [*base, *sent]]
    service.questions.clear()
    service.answers.clear()
    service.rejections.clear()

    async def once() -> httpx.Response:
        door = ForwardAuthDoor(Doors(service, Callers((GATEWAY,)), log.logger, deadline=5.0), SmallReader())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://pdp") as client:
            return await client.get("/authz/forward", headers=headers)

    response = event_loop_runner.run(once())

    permitted = [answer for answer in service.answers.values() if answer.decision.outcome.permits]
    assert response.status_code in {200, 401, 403}
    assert (response.status_code == 200) == bool(permitted)
    assert len(service.answers) + len(service.rejections) == 1
    assert len(six(response)) == 6
    assert block(response) <= MAX_BLOCK


def answer_with(outcome: Outcome, rules: list[str]) -> Answer:
    """Return an answer that rests on `rules`."""
    effect = Effect.PERMIT if outcome.permits else Effect.FORBID
    findings = tuple(Finding(rule, effect, ("art_21__para_1",)) for rule in rules)
    decision = Decision(outcome, (), findings, ("name",))
    return Answer("019c9785-1a80-7c3e-9d41-000000000000", NOW, decision, Inquiry((), 1), Receipt("pdp", 1, "7c" * 32))


@given(
    st.lists(st.from_regex(r"[a-z_]{1,60}", fullmatch=True), max_size=40),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=1500),
    st.sampled_from(Outcome),
    st.integers(0, MAX_TOKEN),
)
def test_the_headers_fit_into_the_smallest_buffer_whatever_there_is_to_say(rules, reason, outcome, token):
    measures = ("mask_fields", "filter_rows") if outcome is Outcome.PARTIAL else ()
    written = "t" * token if outcome.permits else None
    said = dict(decision_headers(answer_with(outcome, rules), measures, written, reason))

    assert tuple(said) == SIX
    assert all(value and re.fullmatch("[!-~]+", value) for value in said.values())
    assert sum(len(name) + len(value) + 4 for name, value in said.items()) <= MAX_BLOCK - OTHERS
    grounds = said["x-decision-grounds"]
    assert grounds == "none" or grounds.split(",") == rules[: grounds.count(",") + 1]
    assert len(grounds) <= 512
    if not outcome.permits:
        assert len(said["x-decision-reason"]) <= 900
        assert reason.startswith(unquote(said["x-decision-reason"], errors="strict"))
        assert len(reason) > 75 or unquote(said["x-decision-reason"]) == reason
