"""Every published request, by the embedded engine and by a real OPA server: equal facts."""

from __future__ import annotations

import json

import pytest

from adapters.engines.opa_process import opa_process
from adapters.engines.rego_facts import RegoFacts
from adapters.files.policy_set import load_policy_set
from tests.packs.served import PACKS, ROOT

PATIENCE = 60.0  # seconds, on a machine that does other things too
DATA = ROOT / "tests" / "data" / "authzen"


def certification():
    """Return the evaluations of the scenario, and the items of its batches."""
    cases = json.loads((DATA / "certification.json").read_text("utf-8"))["cases"]
    whole = [case["request"] for case in cases if case["endpoint"] == "evaluation" and "decision" in case["expect"]]
    batches = [
        case["request"] for case in cases if case["endpoint"] == "evaluations" and "evaluations" in case["expect"]
    ]
    parts = ("subject", "action", "resource", "context")
    items = [
        {part: {**batch, **item}.get(part, {}) for part in parts} for batch in batches for item in batch["evaluations"]
    ]
    return [*whole, *items]


def todo():
    """Return every user with every action on every user's todo, called as 1.0, 1.1 and the gateways call them."""
    said = json.loads((DATA / "todo.json").read_text("utf-8"))
    actions = sorted({action for action, _ in said["requests"]})
    for email, user in said["users"].items():
        for owner in said["users"]:
            todos = ({"ownerID": owner}, {"properties": {"ownerID": owner}})
            yield from (
                {
                    "subject": {"type": "user", "id": name}, "action": {"name": action},
                    "resource": {"type": "todo", "id": "1", **members},
                }
                for name in (email, user["identity"]) for action in actions for members in todos
            )  # fmt: skip
        for method, route in said["gateway"]["routes"]:
            subject, resource = {"type": "identity", "id": user["identity"]}, {"type": "route", "id": route}
            yield {"subject": subject, "action": {"name": method}, "resource": resource}


def records():
    """Return every user with every action on every record."""
    said = json.loads((DATA / "search.json").read_text("utf-8"))
    for user in said["which"]:
        for number in said["who"]:
            for action in ("view", "edit", "delete"):
                subject, resource = {"type": "user", "id": user}, {"type": "record", "id": number}
                yield {"subject": subject, "action": {"name": action}, "resource": resource}


@pytest.mark.opa
@pytest.mark.parametrize("published", [certification, todo, records], ids=lambda published: published.__name__)
def test_both_engines_derive_equal_facts_of_every_published_request(published):
    rules = load_policy_set(PACKS / published.__name__).deriving
    requests = list(published())
    with (
        opa_process() as url,
        RegoFacts(rules, seconds=PATIENCE) as embedded,
        RegoFacts(rules, url, seconds=PATIENCE) as server,
    ):
        assert [embedded.derive_now(sent) for sent in requests] == [server.derive_now(sent) for sent in requests]
    assert len(requests) > 20
