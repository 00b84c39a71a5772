"""Every request of the AuthZEN certification scenario, decided by its fixture's pack and compared with the scenario."""

from __future__ import annotations

import json
from pathlib import Path

import jwt
import pytest
from jsonschema import Draft202012Validator

from tests.packs.served import ROOT

SCENARIO = json.loads((Path(__file__).parents[1] / "data/authzen/certification.json").read_text(encoding="utf-8"))
ENDPOINTS = list(SCENARIO["baseline"])
SEARCHES = [endpoint for endpoint in ENDPOINTS if endpoint.startswith("search/")]
PUBLIC = "https://pdp.example"


def of(*endpoints: str):
    return [case for case in SCENARIO["cases"] if case["endpoint"] in endpoints]


def named(case):
    return f"{case['id']} {case['title']}"


@pytest.fixture(scope="session")
def served(serve):
    return serve("certification")


@pytest.mark.parametrize("case", of("evaluation"), ids=named)
def test_an_evaluation_is_decided_as_the_scenario_says(served, case):
    answer = served.post("evaluation", case["request"])

    assert answer.status_code == case["expect"]["status"]
    if answer.status_code == 200:
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["decision"] is case["expect"]["decision"]
        assert isinstance(answer.json()["context"], dict)
    else:
        assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("case", SCENARIO["every_endpoint"], ids=lambda case: case["title"])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_what_holds_of_every_endpoint_holds_of_each(served, endpoint, case):
    baseline = SCENARIO["baseline"][endpoint]
    body = case["raw"].encode() if "raw" in case else {**baseline["request"], **case.get("add", {})}
    headers = {"content-type": case.get("content_type", "application/json"), "x-request-id": case.get("request_id")}
    expect = {**baseline["expect"], **case["expect"]}

    for _ in range(case.get("repeat", 1)):
        answer = served.post(endpoint, body, headers)

        assert answer.status_code == expect["status"]
        assert answer.headers.get("x-request-id") == case.get("request_id")
        if case["expect"].get("baseline"):
            holds(answer.json(), baseline["expect"])


@pytest.mark.parametrize("case", of("evaluations"), ids=named)
def test_a_batch_is_decided_as_the_scenario_says(served, case):
    answer = served.post("evaluations", case["request"])

    assert answer.status_code == case["expect"]["status"]
    if answer.status_code == 200:
        holds(answer.json(), case["expect"])
    if "evaluations" in case["expect"]:
        assert "decision" not in answer.json()


@pytest.mark.parametrize("case", of(*SEARCHES), ids=named)
def test_a_search_finds_what_the_scenario_says(served, case):
    answer = served.post(case["endpoint"], case["request"])

    assert answer.status_code == case["expect"]["status"]
    if answer.status_code == 200:
        assert answer.headers["content-type"] == "application/json"
        found = list(pages(served, case["endpoint"], case["request"]))
        holds({**answer.json(), "results": found}, case["expect"])
        assert served.post(case["endpoint"], case["request"]).json() == answer.json() or case["expect"].get("paged")
        if "same_as" in case["expect"]:
            other = next(one for one in SCENARIO["cases"] if one["id"] == case["expect"]["same_as"])
            assert found == list(pages(served, other["endpoint"], other["request"]))


def pages(served, endpoint, request):
    """Yield the results of all pages of a search."""
    token, limit = None, request.get("page", {}).get("limit")
    while token != "":
        asked = request if token is None else {**request, "page": {"token": token}}
        answer = served.post(endpoint, asked).json()
        assert isinstance(answer["page"]["next_token"], str)
        assert limit is None or len(answer["results"]) <= limit
        yield from answer["results"]
        token = answer["page"]["next_token"]


def holds(answer, expect):
    """Assert that an answer says what is expected of it."""
    if "decision" in expect:
        assert answer["decision"] is expect["decision"]
    if "evaluations" in expect:
        decisions = [item["decision"] for item in answer["evaluations"]]
        assert len(decisions) == len(expect["evaluations"])
        assert all(isinstance(decision, bool) for decision in decisions)
        assert all(wanted in {None, found} for found, wanted in zip(decisions, expect["evaluations"], strict=True))
    if "include" in expect:
        assert all(one in answer["results"] for one in expect["include"])
    if "exact" in expect:
        assert answer["results"] == expect["exact"]
    if "type" in expect:
        assert {one["type"] for one in answer["results"]} == {expect["type"]}


USERS, RECORDS, ACTIONS = ("alice", "bob", "carol"), ("record-1", "record-2"), ("delete", "read", "write")


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_search_finds_exactly_whom_single_evaluations_permit(served, action, record):
    asked = {"action": {"name": action}, "resource": {"type": "record", "id": record}}
    found = served.post("search/subject", {**asked, "subject": {"type": "user"}}).json()["results"]
    permitted = [user for user in USERS if served.evaluate({**asked, "subject": {"type": "user", "id": user}})]

    assert [one["id"] for one in found] == permitted


@pytest.mark.parametrize("user", USERS)
def test_a_search_finds_exactly_what_single_evaluations_permit(served, user):
    subject = {"type": "user", "id": user}
    for action in ACTIONS:
        asked = {"subject": subject, "action": {"name": action}}
        found = served.post("search/resource", {**asked, "resource": {"type": "record"}}).json()["results"]
        permitted = [one for one in RECORDS if served.evaluate({**asked, "resource": {"type": "record", "id": one}})]
        assert [one["id"] for one in found] == permitted
    for record in RECORDS:
        asked = {"subject": subject, "resource": {"type": "record", "id": record}}
        found = served.post("search/action", asked).json()["results"]
        assert [one["name"] for one in found] == [
            action for action in ACTIONS if served.evaluate({**asked, "action": {"name": action}})
        ]


DISCOVERED = {
    "policy_decision_point": PUBLIC,
    "access_evaluation_endpoint": f"{PUBLIC}/access/v1/evaluation",
    "access_evaluations_endpoint": f"{PUBLIC}/access/v1/evaluations",
    "search_subject_endpoint": f"{PUBLIC}/access/v1/search/subject",
    "search_resource_endpoint": f"{PUBLIC}/access/v1/search/resource",
    "search_action_endpoint": f"{PUBLIC}/access/v1/search/action",
    "jwks_uri": f"{PUBLIC}/.well-known/jwks.json",
    "capabilities": [],
    "supported_obligations": ["custom"],
}


def test_the_metadata_are_whole_and_signed(served):
    answer = served.get("/.well-known/authzen-configuration")
    keys = jwt.PyJWKSet.from_dict(served.get("/.well-known/jwks.json").json()).keys
    said = answer.json()
    signed = said.pop("signed_metadata")
    key = next(key for key in keys if key.key_id == jwt.get_unverified_header(signed)["kid"])
    claims = jwt.decode(signed, key.key, algorithms=["EdDSA"], issuer=PUBLIC, options={"require": ["iss", "iat"]})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert said == DISCOVERED
    assert {name: value for name, value in claims.items() if name not in {"iss", "iat"}} == DISCOVERED


@pytest.mark.parametrize("case", [case for case in of("evaluation") if "decision" in case["expect"]], ids=named)
def test_opa_s_door_reads_the_same_members(served, case):
    answer = served.post("/v1/data/gateway/authz/allow", {"input": case["request"]})

    assert (answer.status_code, answer.json()["result"]) == (200, case["expect"]["decision"])


def test_records_are_as_their_schema_says(served):
    schema = Draft202012Validator(json.loads((ROOT / "pdp" / "log" / "record.schema.json").read_text("utf-8")))
    for endpoint, baseline in SCENARIO["baseline"].items():
        served.post(endpoint, baseline["request"])
    served.post("evaluation", b"{}")

    found = [json.loads(entry)["record"] for _, entry in served.made.log.records()]
    assert {record["kind"] for record in found} >= {"decision", "batch", "search"}
    assert [fault.message for record in found for fault in schema.iter_errors(record)] == []


def test_what_is_recorded_names_no_person_and_every_fact(served):
    request = {
        "subject": {"type": "user", "id": "alice", "properties": {"role": "canary-role"}},
        "action": {"name": "read"},
        "resource": {"type": "record", "id": "record-1", "properties": {"owner": "canary-owner"}},
    }
    answer = served.post("evaluation", request)

    index, entry = served.made.log.find(answer.json()["context"]["id"])
    record = json.loads(entry)["record"]
    assert index == answer.json()["context"]["receipt"]["index"]
    assert record["facts"] == "editor read - active"
    assert record["evidence"] == "f:rego/facts.rego 0123"
    assert record["request"]["subject"].keys() == {"kind", "person"}
    assert b"canary" not in entry
    assert b"alice" not in entry


def test_a_decision_is_explained_with_the_pack_s_own_articles(served):
    request = {
        "subject": {"type": "user", "id": "alice"},
        "action": {"name": "write"},
        "resource": {"type": "record", "id": "record-2"},
    }
    context = served.post("evaluation", request).json()["context"]

    assert context["outcome"] == "DENY"
    assert [ground["rule"] for ground in context["grounds"]] == ["archived_closed"]
    assert [way["id"] for way in context["remedies"]] == ["ask_archivist"]
    page = served.get(f"/v1/decisions/{context['id']}").json()
    assert "已归档的记录不得写入或者删除" in " ".join(page["explanation"]["grounds"]["zh"])


def test_the_ledger_stays_empty(served):
    served.post("evaluation", SCENARIO["baseline"]["evaluation"]["request"])

    assert served.made.ledger.head() == 0
