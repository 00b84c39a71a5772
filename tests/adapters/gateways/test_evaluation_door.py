"""Promises of the evaluation door: what comes in, what goes out, and what happens when something breaks."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.callers import Caller, Detail
from adapters.gateways.decision_model import DecisionShown

CERTIFICATION = json.loads(
    (Path(__file__).parents[2] / "data" / "authzen" / "certification.json").read_text(encoding="utf-8")
)
KEY = "k" * 43
REGISTERED = Caller(id="gateway-1", key_sha256=(hashlib.sha256(KEY.encode()).hexdigest(),), may_assert=("public_body",))
PROVEN = {"authorization": f"Bearer {KEY}"}
CANARY = "canary-110101199003074514"


def evaluations(level):
    return [case for case in CERTIFICATION["cases"] if case["endpoint"] == "evaluation" and level in case["level"]]


@pytest.mark.parametrize("case", evaluations("Basic"), ids=lambda case: f"{case['id']} {case['title']}")
def test_certification_requests_are_answered_as_the_scenario_says(ask, case):
    response = ask(case["request"])

    assert response.status_code == case["expect"]["status"]
    if response.status_code == 200:
        assert isinstance(response.json()["decision"], bool)
        assert isinstance(response.json()["context"], dict)
        assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("case", CERTIFICATION["every_endpoint"], ids=lambda case: case["title"])
def test_certification_requests_to_every_endpoint_are_answered_as_the_scenario_says(open_door, case):
    body = {**CERTIFICATION["baseline"]["evaluation"]["request"], **case.get("add", {})}
    content = case["raw"].encode() if "raw" in case else json.dumps(body).encode()
    kind = case.get("content_type", "application/json")
    headers = ({"content-type": kind} if kind else {}) | (
        {"x-request-id": case["request_id"]} if case.get("request_id") else {}
    )

    async def repeated() -> list[httpx.Response]:
        async with open_door() as client:
            return [
                await client.post("/access/v1/evaluation", content=content, headers=headers)
                for _ in range(case.get("repeat", 1))
            ]

    responses = asyncio.run(repeated())
    assert {response.status_code for response in responses} == {case["expect"].get("status", 200)}
    assert {response.headers.get("x-request-id") for response in responses} == {case.get("request_id")}
    assert len({response.json()["decision"] for response in responses if response.status_code == 200}) <= 1


def test_a_permit_carries_all_that_goes_with_it(ask, question):
    response = ask(question)

    said = DecisionShown.model_validate_json(response.content)
    assert said.decision
    assert said.context.outcome == "PERMIT"
    assert [ground.rule for ground in said.context.grounds] == ["share_agreed"]
    assert said.context.grounds[0].cite == ["第二十一条第四款"]
    assert said.context.grounds[0].texts == ["逾期未答复的,视为同意共享。"]
    assert [duty.parameters for duty in said.context.duties] == [{"purpose": "duty"}]
    assert [note.id for note in said.context.advisories] == ["superior_law_review"]
    assert said.context.obligations == []
    assert said.context.receipt.index == 0
    assert response.headers["x-decision-id"] == said.context.id == said.context.evaluation_id
    assert response.headers["cache-control"] == "no-store"


def test_a_refusal_is_an_answer_with_every_ground_and_a_way_on(ask, question):
    question["context"]["scenario"] = "sc-other"

    response = ask(question)

    said = DecisionShown.model_validate_json(response.content)
    assert response.status_code == 200
    assert (said.decision, said.context.outcome, said.context.reason) == (False, "DENY", "no_application")
    facts = said.context.grounds[0].facts
    assert facts is not None
    assert (facts["sharing_class"].value, facts["sharing_class"].evidence) == ("conditional", ["s:97"])
    assert facts["authority"].evidence == []
    assert said.context.reason_admin is not None
    assert said.context.reason_admin.zh == "no_application: 共享属性=有条件共享; 授权状态=未申请"
    assert [remedy.id for remedy in said.context.remedies] == ["apply_to_provider", "contact_observer"]
    assert said.context.remedies[0].contact is not None
    assert said.context.remedies[0].contact.body == "A"


def test_what_a_partial_answer_withholds_is_an_obligation_of_the_gateway(ask, question):
    question["context"]["scenario"] = "sc-2"

    said = DecisionShown.model_validate_json(ask(question).content)

    assert (said.decision, said.context.outcome) == (True, "PARTIAL")
    assert [part.fields for part in said.context.withheld] == [["phone"]]
    assert [ground.rule for ground in said.context.withheld[0].grounds] == ["outside_scope"]
    assert [obligation.properties for obligation in said.context.obligations] == [
        {"vendor": "public-data-pdp", "action": "mask_fields", "fields": ["name"], "masks": [], "default_field": "deny"}
    ]


def test_a_user_is_told_no_facts_and_no_evidence(ask, question):
    question["context"]["scenario"] = "sc-other"
    caller = REGISTERED.model_copy(update={"detail": Detail.USER})

    response = ask(question, PROVEN, [caller])

    said = DecisionShown.model_validate_json(response.content)
    assert said.context.reason_admin is None
    assert said.context.grounds[0].facts is None
    assert "s:97" not in response.text


def test_a_caller_that_is_told_nothing_still_learns_what_it_must_carry_out(ask, question):
    question["context"]["scenario"] = "sc-2"
    caller = REGISTERED.model_copy(update={"detail": Detail.NONE})

    said = ask(question, PROVEN, [caller]).json()

    assert said["context"].keys() == {"id", "outcome", "obligations", "valid_until"}
    assert said["context"]["obligations"]


@pytest.mark.parametrize("sent", [{}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {KEY}"}])
def test_whoever_proves_nothing_is_told_nothing(ask, question, service, sent):
    response = ask(question, sent, [REGISTERED])

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert service.questions == []
    assert [rejection["code"] for rejection in service.rejections] == ["not_authenticated"]


def test_a_caller_may_not_speak_for_others_nor_use_other_doors(ask, question, service):
    elsewhere = REGISTERED.model_copy(update={"doors": ("decisions",)})
    question["subject"] = {"type": "natural_person", "id": CANARY}

    assert ask(question, PROVEN, [REGISTERED]).status_code == 403
    assert ask(question, PROVEN, [elsewhere]).status_code == 403
    assert [(said["code"], said["gateway"]) for said in service.rejections] == [
        ("not_entitled", "gateway-1"),
        ("not_entitled", "gateway-1"),
    ]
    assert service.questions == []


@pytest.mark.usefixtures("time_stands_still")
def test_over_its_limit_a_caller_is_told_when_to_ask_again(open_door, question, service):
    limited = REGISTERED.model_copy(update={"rate": 2})

    async def asked() -> list[httpx.Response]:
        async with open_door(limited) as client:
            return [await client.post("/access/v1/evaluation", json=question, headers=PROVEN) for _ in range(3)]

    *let_in, turned_away = asyncio.run(asked())

    assert [answer.status_code for answer in let_in] == [200, 200]
    assert (turned_away.status_code, turned_away.headers["retry-after"]) == (429, "1")
    assert [(said["code"], said["gateway"]) for said in service.rejections] == [("over_limit", "gateway-1")]


def test_claiming_another_kind_than_the_ledger_knows_opens_nothing(ask, question, service):
    for_units = REGISTERED.model_copy(update={"may_assert": ("unit",)})
    question["subject"]["type"] = "unit"

    response = ask(question, PROVEN, [for_units])

    assert response.status_code == 403
    assert service.questions == []


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_only_post_is_taken(open_door, method):
    async def sent() -> httpx.Response:
        async with open_door() as client:
            return await client.request(method, "/access/v1/evaluation", headers={"x-request-id": "r"})

    response = asyncio.run(sent())

    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.headers["x-request-id"] == "r"


@pytest.mark.parametrize("sent", ["", " ", "x" * 257, "a b", "a\tb", "é"])
def test_a_request_id_that_is_not_visible_ascii_is_refused_and_not_echoed(ask, question, sent):
    response = ask(question, {"x-request-id": sent.encode()})

    assert response.status_code == 400
    assert "x-request-id" not in response.headers
    assert response.text.startswith("x-request-id: ")


@pytest.mark.parametrize(
    ("change", "headers", "status"),
    [
        (b"{", {}, 400),
        (None, {"content-type": "text/plain"}, 400),
        (None, {"content-encoding": "gzip"}, 400),
        (None, {"authorization": "Bearer wrong"}, 401),
        (None, {}, 200),
    ],
)
def test_a_request_id_comes_back_byte_for_byte_on_every_answer(ask, question, change, headers, status):
    response = ask(change or question, {"x-request-id": "~id/1?%20!", **headers})

    assert (response.status_code, response.headers["x-request-id"]) == (status, "~id/1?%20!")


@pytest.mark.parametrize("name", ["content-type", "authorization", "x-request-id", "host"])
def test_a_header_that_is_read_may_stand_only_once(open_door, question, name):
    twice = [(name, "application/json"), (name, "application/json")]

    async def sent() -> httpx.Response:
        async with open_door() as client:
            return await client.post("/access/v1/evaluation", content=json.dumps(question), headers=twice)

    response = asyncio.run(sent())

    assert (response.status_code, response.text) == (400, f"{name}: is sent twice")


def test_too_many_headers_are_refused(ask, question):
    many = ask(question, {f"x-{number}": "1" for number in range(101)})
    large = ask(question, {"x-large": "x" * 17_000})

    assert (many.status_code, large.status_code) == (431, 431)


@pytest.mark.parametrize(
    "fault",
    [RuntimeError(CANARY), KeyError(CANARY), RecursionError(), MemoryError(), ZeroDivisionError()],
    ids=lambda fault: type(fault).__name__,
)
def test_a_defect_releases_nothing_and_raises_an_alarm_that_quotes_nothing(ask, question, service, log, fault):
    service.broken = fault

    response = ask(question)

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "decision" not in response.headers
    assert '"level":"critical"' in log.written()
    assert type(fault).__name__ in log.written()
    assert CANARY not in log.written() + response.text


def test_no_record_no_answer(ask, question, service, log, journal_is_dead):
    service.broken = journal_is_dead

    response = ask(question)

    assert response.status_code == 503
    assert "nothing is released" in response.text
    assert "the journal cannot be written" in log.written()


def test_an_answer_names_the_revision_that_decided_it(open_door, question, service):
    async def sent() -> list[str]:
        async with open_door() as client:
            first = await client.post("/access/v1/evaluation", json=question)
            revision = replace(service.rulebook.revision, rulebook="9" * 64)
            service.rulebook = replace(service.rulebook, revision=revision)
            second = await client.post("/access/v1/evaluation", json=question)
            return [answer.json()["context"]["revision"]["rulebook"] for answer in (first, second)]

    assert asyncio.run(sent()) == [f"sha256:{'f' * 64}", f"sha256:{'9' * 64}"]


def test_an_answer_that_comes_too_late_is_not_given(ask, question, service, log):
    service.slow = 30.0

    response = ask(question, deadline=0.02)

    assert response.status_code == 503
    assert '"deadline_ms":20' in log.written()


def test_a_rejection_that_cannot_be_recorded_is_answered_and_reported(ask, service, log, journal_is_dead):
    service.broken = journal_is_dead

    response = ask(b"{")

    assert response.status_code == 400
    assert "a rejection could not be recorded" in log.written()


def test_a_rejection_is_recorded_with_its_size_and_its_peer(ask, service):
    ask(b"{" * 40, peer="10.9.8.7")

    assert service.rejections == [
        {
            "door": "authzen",
            "code": "bad_request",
            "gateway": "local",
            "peer": "10.9.8.7",
            "size": 40,
            "raw": b"{" * 40,
            "count": 1,
            "attempt": None,
        }
    ]


def test_a_body_over_one_mebibyte_is_refused_however_it_comes(open_door):
    async def pieces(size) -> AsyncIterator[bytes]:
        for _ in range(size):
            yield b"x" * (1 << 16)

    async def sent() -> list[httpx.Response]:
        async with open_door() as client:
            return [
                await client.post(
                    "/access/v1/evaluation", content=pieces(size), headers={"content-type": "application/json"}
                )
                for size in (16, 17, 200)
            ]

    just, over, far_over = asyncio.run(sent())

    assert just.text == "body: is no JSON at line 1, column 1"
    assert over.text == far_over.text == "body: is longer than 1 MiB"
    assert far_over.headers["connection"] == "close"


def test_nobody_is_answered_who_has_hung_up(service, log, open_door):
    sent = []

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def collect(message) -> None:
        sent.append(message)

    async def called() -> None:
        async with open_door() as client:
            scope = {
                "type": "http",
                "path": "/access/v1/evaluation",
                "method": "POST",
                "headers": [(b"content-type", b"application/json")],
                "client": None,
            }
            await client._transport.app(scope, gone, collect)  # noqa: SLF001 -- below HTTP, where a hang-up is a message

    asyncio.run(called())

    assert (sent, service.questions, log.written()) == ([], [], "")


def test_the_log_has_one_line_a_decision_and_nobody_in_it(ask, question, log):
    question["subject"]["properties"]["staff"] = {"id": CANARY}
    question["context"]["ip"] = CANARY

    response = ask(question, {"x-request-id": CANARY})

    (line,) = log.written().splitlines()
    assert json.loads(line)["id"] == response.json()["context"]["id"]
    assert json.loads(line)["grounds"] == ["share_agreed"]
    assert CANARY not in line


@pytest.fixture(scope="module")
def event_loop_runner():
    with asyncio.Runner() as runner:
        yield runner


quick = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
members = st.sampled_from(["subject", "action", "resource", "context", "type", "id", "name", "properties", "fields"])
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members | st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


@quick
@given(st.binary(max_size=300) | jsons.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_refused_or_decided_and_never_an_error_of_ours(open_door, event_loop_runner, body):
    async def sent() -> httpx.Response:
        async with open_door() as client:
            return await client.post(
                "/access/v1/evaluation", content=body, headers={"content-type": "application/json"}
            )

    response = event_loop_runner.run(sent())

    assert response.status_code in {200, 400}
    if response.status_code == 400:
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        assert "\n" not in response.text


@quick
@given(st.data())
def test_a_question_with_any_one_member_replaced_is_refused_or_decided(open_door, event_loop_runner, question, data):
    node = changed = json.loads(json.dumps(question))
    while isinstance(node, dict) and node:
        name = data.draw(st.sampled_from(sorted(node)))
        if not isinstance(node[name], dict) or data.draw(st.booleans()):
            node[name] = data.draw(jsons)
            break
        node = node[name]

    async def sent() -> httpx.Response:
        async with open_door() as client:
            return await client.post(
                "/access/v1/evaluation", content=json.dumps(changed), headers={"content-type": "application/json"}
            )

    response = event_loop_runner.run(sent())

    assert response.status_code in {200, 400, 403}
