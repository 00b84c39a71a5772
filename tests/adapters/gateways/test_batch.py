"""Promises of the door for several questions at once: whole defaults, order, cuts, and all or none."""

import asyncio
import hashlib
import json
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.callers import Caller, Detail
from adapters.gateways.decision_model import DecisionContext, DecisionShown
from adapters.gateways.search_model import EvaluationsShown

CERTIFICATION = json.loads(
    (Path(__file__).parents[2] / "data" / "authzen" / "certification.json").read_text(encoding="utf-8")
)
PATH = "/access/v1/evaluations"
KEY = "k" * 43
REGISTERED = Caller(id="gateway-1", key_sha256=(hashlib.sha256(KEY.encode()).hexdigest(),), may_assert=("public_body",))
PROVEN = {"authorization": f"Bearer {KEY}"}
PERMIT, REFUSE, PART = ({"context": {"scenario": name}} for name in ("sc-1", "sc-other", "sc-2"))
BROKEN = {"resource": {"type": "dataset"}}


@pytest.fixture
def batch(question):
    """Return a function that makes a batch of items about dataset R, in its default scenario sc-1."""

    def made(*items: object, **more: object) -> dict[str, object]:
        return {**question, "evaluations": list(items), **more}

    return made


def decisions(response) -> list[bool]:
    return [item["decision"] for item in response.json()["evaluations"]]


@pytest.mark.parametrize(
    "case",
    [case for case in CERTIFICATION["cases"] if case["endpoint"] == "evaluations"],
    ids=lambda case: f"{case['id']} {case['title']}",
)
def test_certification_requests_have_the_form_that_the_scenario_asks_for(post, case):
    response = post(PATH, case["request"])

    assert response.status_code == case["expect"]["status"]
    if response.status_code != 200:
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
    elif case["request"].get("evaluations"):
        assert response.json().keys() == {"evaluations"}
        assert len(decisions(response)) == len(case["expect"]["evaluations"])
        assert all(isinstance(decision, bool) for decision in decisions(response))
    else:
        assert isinstance(response.json()["decision"], bool)


def test_results_stand_in_the_order_asked_and_carry_nothing_unasked(post, batch, service):
    response = post(PATH, batch(PERMIT, REFUSE, {}, PERMIT))

    assert response.content == (
        b'{"evaluations":[{"decision":true},{"decision":false},{"decision":true},{"decision":true}]}'
    )
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-decision-id"] in service.batches


@pytest.mark.parametrize("given", [{}, {"evaluations": []}], ids=["absent", "empty"])
def test_without_items_it_is_a_single_evaluation_and_answered_as_one(post, question, service, given):
    response = post(PATH, {**question, **given}, {"x-request-id": "r-1"})

    said = DecisionShown.model_validate_json(response.content)
    assert response.headers["x-decision-id"] == said.context.id
    assert response.headers["x-request-id"] == "r-1"
    assert service.questions[0].request_id == "r-1"
    assert not service.batches


def test_a_member_of_an_item_replaces_the_whole_default(post, batch, service):
    other = {"subject": {"type": "public_body", "id": "C"}, "context": {"scenario": "sc-9"}}

    post(PATH, batch({}, other))

    first, second = service.questions
    assert (first.subject, first.system, first.scenario, first.purpose) == ("B", "B-sys", "sc-1", "duty")
    assert (second.subject, second.system, second.scenario, second.purpose) == ("C", None, "sc-9", None)
    assert first.fields == second.fields == ("name", "phone")


def test_an_item_that_is_no_question_fails_alone_and_says_why(post, batch, service):
    mistyped = {"action": {"name": 7}}
    null = {"context": None}

    response = post(PATH, batch(PERMIT, BROKEN, mistyped, null, PERMIT))

    EvaluationsShown.model_validate_json(response.content)
    assert decisions(response) == [True, False, False, False, True]
    faults = [item["context"] for item in response.json()["evaluations"][1:4]]
    assert faults == [
        {"error": {"status": 400, "message": "resource.id: is required"}},
        {"error": {"status": 400, "message": "action.name: must be a string"}},
        {"error": {"status": 400, "message": "context: must not be null; leave it out"}},
    ]
    (recorded,) = service.batches.values()
    assert recorded["decisions"][1:4] == ["bad_request"] * 3
    assert len(service.questions) == 2


def test_an_item_for_which_the_caller_may_not_speak_fails_alone(post, batch, service):
    stranger = {"subject": {"type": "natural_person", "id": "p"}}

    response = post(PATH, batch(PERMIT, stranger), PROVEN, [REGISTERED])

    assert decisions(response) == [True, False]
    assert response.json()["evaluations"][1]["context"]["error"]["status"] == 403
    (recorded,) = service.batches.values()
    assert recorded["decisions"][1] == "not_entitled"


@pytest.mark.parametrize(
    ("semantic", "items", "answered"),
    [
        ("execute_all", (PERMIT, REFUSE, PERMIT), [True, False, True]),
        ("deny_on_first_deny", (PERMIT, PERMIT, REFUSE, PERMIT), [True, True, False]),
        ("deny_on_first_deny", (PERMIT, BROKEN, PERMIT), [True, False]),
        ("permit_on_first_permit", (REFUSE, BROKEN, PART, PERMIT), [False, False, True]),
        ("permit_on_first_permit", (REFUSE, REFUSE), [False, False]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_items_behind_the_cut_are_neither_decided_nor_recorded(  # noqa: PLR0913, PLR0917 -- three of a row, three rooms
    post, batch, service, semantic, items, answered
):
    response = post(PATH, batch(*items, options={"evaluations_semantic": semantic}))

    assert decisions(response) == answered
    (recorded,) = service.batches.values()
    assert len(recorded["decisions"]) == len(answered)
    assert len(service.questions) == len(answered) - items[: len(answered)].count(BROKEN)


def test_an_item_with_obligations_carries_exactly_what_must_be_carried_out(post, batch):
    (item,) = post(PATH, batch(PART)).json()["evaluations"]

    assert item["context"].keys() == {"id", "outcome", "obligations", "valid_until"}
    assert item["context"]["outcome"] == "PARTIAL"
    assert item["context"]["obligations"][0]["properties"]["fields"] == ["name"]


def test_an_item_is_explained_where_it_or_the_whole_asks_for_it(post, batch):
    wanted = {"context": {"scenario": "sc-1", "explain": True}}
    unwanted = {"context": {"scenario": "sc-1", "explain": False}}

    one = post(PATH, batch(wanted, unwanted, PERMIT)).json()["evaluations"]
    every = post(PATH, batch(PERMIT, REFUSE, options={"explain": True})).json()["evaluations"]

    assert [item.keys() for item in one] == [{"decision", "context"}, {"decision"}, {"decision"}]
    DecisionContext.model_validate(one[0]["context"])
    assert [item["context"]["outcome"] for item in every] == ["PERMIT", "DENY"]


def test_an_explained_item_says_no_more_than_the_caller_is_told(post, batch):
    told = REGISTERED.model_copy(update={"detail": Detail.USER})

    (item,) = post(PATH, batch(REFUSE, options={"explain": True}), PROVEN, [told]).json()["evaluations"]

    assert "reason_admin" not in item["context"]
    assert "facts" not in item["context"]["grounds"][0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evaluations": {}}, "evaluations: must be an array"),
        ({"evaluations": None}, "evaluations: must not be null; leave it out"),
        ({"evaluations": [{}, 7]}, "evaluations.1: must be an object"),
        ({"evaluations": [{}] * 1001}, "evaluations: has more than 1000 entries"),
        ({"subject": "alice", "evaluations": [{}]}, "subject: must be an object"),
        ({"action": {"name": 7}, "evaluations": [{}]}, "action.name: must be a string"),
        ({"context": None, "evaluations": [{}]}, "context: must not be null; leave it out"),
        ({"options": {"explain": "yes"}, "evaluations": [{}]}, "options.explain: must be true or false"),
        (
            {"options": {"evaluations_semantic": "first"}, "evaluations": [{}]},
            "options.evaluations_semantic: must be execute_all, deny_on_first_deny or permit_on_first_permit",
        ),
    ],
)
def test_a_fault_of_the_whole_is_one_for_all(post, question, service, change, said):
    response = post(PATH, {**question, **change})

    assert (response.status_code, response.text) == (400, said)
    assert service.questions == []
    assert [rejection["code"] for rejection in service.rejections] == ["bad_request"]


def test_a_default_that_is_incomplete_is_a_fault_of_whoever_rests_on_it(post, question):
    whole = {"resource": {"type": "dataset", "id": "R"}, "context": {"scenario": "sc-1"}}

    response = post(PATH, {**question, "resource": {"type": "dataset"}, "evaluations": [whole, {}]})

    assert decisions(response) == [True, False]


def test_members_that_nobody_knows_change_nothing_and_are_named(post, batch, service):
    response = post(PATH, batch({"futureField": 1}, futureField={"nested": True}, options={"other": 1}))

    assert decisions(response) == [True]
    assert service.questions[0].ignored == ("futureField",)


def test_all_items_are_released_or_none(post, batch, service, log, journal_is_dead):
    service.broken = journal_is_dead

    response = post(PATH, batch(PERMIT, PERMIT), {"x-request-id": "r-7"})

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.headers["x-request-id"] == "r-7"
    assert "decision" not in response.text.replace("no decision", "")
    assert "x-decision-id" not in response.headers
    assert "the journal cannot be written" in log.written()


def test_every_item_has_a_page_of_its_own_for_whoever_asked(open_door, batch, service):
    other = Caller(id="gateway-2", key_sha256=(hashlib.sha256(b"other").hexdigest(),))

    async def looked() -> dict[str, httpx.Response]:
        async with open_door(REGISTERED, other) as client:
            asked = await client.post(PATH, json=batch(PERMIT, BROKEN, REFUSE), headers=PROVEN)
            page = f"/v1/decisions/{asked.headers['x-decision-id']}"
            foreign = {"authorization": "Bearer other"}
            return {
                **{f"{place}": await client.get(f"{page}/{place}", headers=PROVEN) for place in range(4)},
                "foreign": await client.get(f"{page}/0", headers=foreign),
                "nobody": await client.get(f"{page}/0"),
                "word": await client.get(f"{page}/first", headers=PROVEN),
                "long": await client.get(f"{page}/{'1' * 5000}", headers=PROVEN),
                "no batch": await client.get(f"/v1/decisions/{next(iter(service.answers))}/0", headers=PROVEN),
            }

    said = asyncio.run(looked())

    assert {name: answer.status_code for name, answer in said.items()} == {
        "0": 200, "1": 404, "2": 200, "3": 404, "foreign": 404, "nobody": 401, "word": 404, "long": 400,
        "no batch": 404,
    }  # fmt: skip
    assert (said["0"].json()["outcome"], said["2"].json()["outcome"]) == ("PERMIT", "DENY")
    assert said["3"].json()["error"] == "the batch has 3 answers, counted from 0"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_only_post_is_taken(open_door, method):
    async def sent() -> httpx.Response:
        async with open_door() as client:
            return await client.request(method, PATH, headers={"x-request-id": "r"})

    response = asyncio.run(sent())

    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.headers["x-request-id"] == "r"


@pytest.fixture(scope="module")
def event_loop_runner():
    with asyncio.Runner() as runner:
        yield runner


_ITEMS = st.lists(
    st.sampled_from([{}, PERMIT, REFUSE, PART, BROKEN, {"subject": 1}, {"context": {"explain": True}}]), max_size=8
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(items=_ITEMS, semantic=st.sampled_from(["execute_all", "deny_on_first_deny", "permit_on_first_permit"]))
def test_a_batch_decides_what_its_items_decide_alone(open_door, event_loop_runner, question, items, semantic):
    async def sent() -> tuple[httpx.Response, list[bool]]:
        async with open_door() as client:
            together = await client.post(
                PATH, json={**question, "evaluations": items, "options": {"evaluations_semantic": semantic}}
            )
            alone = [await client.post("/access/v1/evaluation", json={**question, **item}) for item in items or [{}]]
            return together, [one.status_code == 200 and one.json()["decision"] for one in alone]

    together, alone = event_loop_runner.run(sent())

    if not items:
        assert together.json()["decision"] == alone[0]
        return
    cut = {"execute_all": None, "deny_on_first_deny": False, "permit_on_first_permit": True}[semantic]
    until = alone.index(cut) + 1 if cut in alone else len(alone)
    assert decisions(together) == alone[:until]


def test_a_batch_counts_as_many_questions_as_it_has_and_says_when_to_ask_again(open_door, batch):
    hurried = REGISTERED.model_copy(update={"rate": 3})

    async def sent() -> list[httpx.Response]:
        async with open_door(hurried) as client:
            body = batch(*[PERMIT] * 6)
            return [await client.post(PATH, json=body, headers={**PROVEN, "x-request-id": "r"}) for _ in range(2)]

    first, second = asyncio.run(sent())

    assert (first.status_code, second.status_code) == (200, 429)
    assert int(second.headers["retry-after"]) >= 1
    assert second.headers["x-request-id"] == "r"


def test_the_log_has_one_line_a_batch_and_nobody_in_it(post, batch, log):
    canary = {"subject": {"type": "public_body", "id": "canary-110101199003074514"}}

    response = post(PATH, batch(PERMIT, REFUSE, REFUSE, BROKEN, canary))

    (line,) = map(json.loads, log.written().splitlines())
    assert line["id"] == response.headers["x-decision-id"]
    assert line["outcomes"] == {"PERMIT": 1, "DENY": 2, "bad_request": 1, "INDETERMINATE": 1}
    assert "canary" not in log.written()
