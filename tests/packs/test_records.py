"""The published answers of the AuthZEN interop's search scenario: who may, with which records, and what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SEARCH = json.loads((Path(__file__).parents[1] / "data/authzen/search.json").read_text(encoding="utf-8"))
ACTIONS = ("view", "edit", "delete")


@pytest.fixture(scope="session")
def served(serve):
    return serve("records")


def user(name):
    return {"type": "user", "id": name}


def record(number):
    return {"type": "record", "id": number}


def found(served, door, request):
    """Return the results of a search that fits one page."""
    answer = served.post(f"search/{door}", request)
    assert answer.status_code == 200
    assert answer.json()["page"] == {"next_token": "", "count": len(answer.json()["results"])} | {
        "total": len(answer.json()["results"])
    }
    return answer.json()["results"]


@pytest.mark.parametrize("number", SEARCH["who"])
def test_who_may_is_answered_as_published(served, number):
    for action, names in zip(ACTIONS, SEARCH["who"][number], strict=True):
        asked = {"subject": {"type": "user"}, "action": {"name": action}, "resource": record(number)}
        assert found(served, "subject", asked) == [user(name) for name in names.split()]


@pytest.mark.parametrize("name", SEARCH["which"])
def test_with_which_records_is_answered_as_published(served, name):
    for action, numbers in zip(ACTIONS, SEARCH["which"][name], strict=True):
        asked = {"subject": user(name), "action": {"name": action}, "resource": {"type": "record"}}
        assert found(served, "resource", asked) == [record(number) for number in numbers.split()]


@pytest.mark.parametrize("name", SEARCH["which"])
def test_what_may_be_done_agrees_with_what_is_published_of_who_may(served, name):
    for number, who in SEARCH["who"].items():
        permitted = sorted(action for action, names in zip(ACTIONS, who, strict=True) if name in names.split())
        assert found(served, "action", {"subject": user(name), "resource": record(number)}) == [
            {"name": action} for action in permitted
        ]


@pytest.mark.parametrize(("action", "number"), [("view", "121"), ("archive", "101")])
def test_what_the_scenario_does_not_know_finds_nobody(served, action, number):
    asked = {"subject": {"type": "user"}, "action": {"name": action}, "resource": record(number)}

    assert found(served, "subject", asked) == []
