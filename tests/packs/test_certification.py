"""Every request of the AuthZEN certification scenario, decided by its fixture's pack and compared with the scenario."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SCENARIO = json.loads((Path(__file__).parents[1] / "data/authzen/certification.json").read_text(encoding="utf-8"))
ENDPOINTS = ["evaluation"]


def of(*endpoints):
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


def holds(answer, expect):
    """Assert that an answer says what is expected of it."""
    if "decision" in expect:
        assert answer["decision"] is expect["decision"]


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
