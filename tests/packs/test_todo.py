"""The published decisions of the AuthZEN interop's Todo scenario, 1.0 and 1.1, one test each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TODO = json.loads((Path(__file__).parents[1] / "data/authzen/todo.json").read_text(encoding="utf-8"))
USERS = TODO["users"]


def published(version):
    """Yield every request of a version with its decision."""
    for user, decisions in TODO["decisions"].items():
        for (action, about), decision in zip(TODO["requests"], decisions, strict=True):
            yield pytest.param(request(version, user, action, about), decision, id=f"{user} {action} {about}")


def request(version, user, action, about):
    """Return a request as the version writes it."""
    written = version_1_0 if version == "1.0" else version_1_1
    return {"action": {"name": action}, **written(user, action, about)}


def version_1_0(user, action, about):
    subject = {"type": "user", "id": user, "identity": USERS[user]["identity"]}
    if action == "can_read_user":
        whom = user if about == "self" else about
        calls = USERS[user]["identity"] if about == "self" else about
        return {"subject": subject, "resource": {"type": "user", "id": whom, "userID": calls}}
    if about is None:
        return {"subject": subject, "resource": {"type": "todo", "id": "todo-1"}}
    owner = user if about == "own" else USERS[user]["other"]
    return {"subject": subject, "resource": {"type": "todo", "id": USERS[owner]["todo"], "ownerID": owner}}


def version_1_1(user, action, about):
    subject = {"type": "user", "id": USERS[user]["identity"]}
    if action == "can_read_user":
        return {"subject": subject, "resource": {"type": "user", "id": user if about == "self" else about}}
    if about is None:
        return {"subject": subject, "resource": {"type": "todo", "id": "todo-1"}}
    return {"subject": subject, "resource": owned(user if about == "own" else USERS[user]["other"])}


def owned(owner):
    """Return a todo as 1.1 writes it."""
    return {"type": "todo", "id": TODO["todo_1_1"], "properties": {"ownerID": owner}}


@pytest.fixture(scope="session")
def served(serve):
    return serve("todo")


@pytest.mark.parametrize(("asked", "decision"), list(published("1.0")))
def test_version_1_0_is_decided_as_published(served, asked, decision):
    assert served.evaluate(asked) is decision


@pytest.mark.parametrize(("asked", "decision"), list(published("1.1")))
def test_version_1_1_is_decided_as_published(served, asked, decision):
    assert served.evaluate(asked) is decision


@pytest.mark.parametrize("user", USERS)
def test_a_gateway_is_answered_as_published(served, user):
    gateway = TODO["gateway"]
    for (method, route), decision in zip(gateway["routes"], gateway["decisions"][user], strict=True):
        asked = {
            "subject": {"type": "identity", "id": USERS[user]["identity"]},
            "action": {"name": method},
            "resource": {"type": "route", "id": route},
        }
        assert served.evaluate(asked) is decision


@pytest.mark.parametrize("batch", TODO["batches"], ids=lambda batch: batch["user"])
def test_a_batch_is_decided_as_published_item_by_item_and_with_nothing_beside(served, batch):
    answer = served.post(
        "evaluations",
        {
            "subject": {"type": "user", "id": USERS[batch["user"]]["identity"]},
            "action": {"name": batch["action"]},
            "evaluations": [{"resource": owned(owner)} for owner in batch["owners"]],
        },
    )

    assert answer.status_code == 200
    assert answer.json() == {"evaluations": [{"decision": decision} for decision in batch["decisions"]]}


def test_a_stranger_gets_no_decision(served):
    answer = served.post(
        "evaluation",
        request("1.1", "rick@the-citadel.com", "can_read_todos", None)
        | {"subject": {"type": "user", "id": "gazorpazorp@the-citadel.com"}},
    )

    assert (answer.json()["decision"], answer.json()["context"]["outcome"]) == (False, "INDETERMINATE")
