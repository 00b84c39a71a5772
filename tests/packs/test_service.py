"""Promises of serving a pack with facts of its own: what fails is recorded, and nothing is released."""

from __future__ import annotations

import json
import shutil

import pytest

from adapters.engines.opa_process import opa_process
from tests.packs.served import PACKS, serving

ALICE = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "write"},
    "resource": {"type": "record", "id": "record-1"},
}
KINDS = ("decision", "error", "rejection")


def records(served):
    """Return the records of questions, oldest first."""
    found = [json.loads(entry)["record"] for _, entry in served.made.log.records()]
    return [record for record in found if record["kind"] in KINDS]


@pytest.fixture
def pack(tmp_path):
    """Return a copy of the certification pack that a test may spoil."""
    shutil.copytree(PACKS / "certification", tmp_path / "pack")
    return tmp_path / "pack"


def change(pack, name, old, new):
    text = (pack / name).read_text("utf-8")
    assert old in text
    (pack / name).write_text(text.replace(old, new, 1), "utf-8")


def test_a_question_whose_facts_nobody_can_tell_is_recorded_and_answered_with_503(pack, tmp_path):
    change(pack, "policies/facts.yaml", "{label: 其他操作, floor: true}", "{label: 其他操作}")
    asked = {**ALICE, "action": {"name": "canary-action"}}

    with serving(tmp_path / "data", policies=pack) as served:
        answer = served.post("evaluation", asked)
        batch = served.post("evaluations", {**ALICE, "evaluations": [{}, {"action": {"name": "canary-action"}}]})
        found, again = records(served), served.evaluate(ALICE)

    assert [one.status_code for one in (answer, batch)] == [503, 503]
    assert answer.headers["retry-after"] == "1"
    assert again is True
    assert [record["kind"] for record in found] == ["error", "error"]
    assert found[0]["error"] == {"code": "facts_undefined", "who_must_act": "legal"}
    assert "action is undefined" not in answer.text
    assert "rego/facts.rego" in served.log.getvalue()
    assert "canary" not in served.log.getvalue()


def test_a_source_that_contradicts_itself_is_no_answer(pack, tmp_path):
    change(
        pack, "rego/facts.rego", "action := input.action.name\n", 'action := input.action.name\n\naction := "read"\n'
    )

    with serving(tmp_path / "data", policies=pack) as served:
        refused = served.post("evaluation", ALICE)
        assert served.evaluate({**ALICE, "action": {"name": "read"}}) is True

    assert refused.status_code == 503


def test_a_reload_takes_the_new_source_or_keeps_the_old_one_whole(pack, tmp_path):
    with serving(tmp_path / "data", policies=pack) as served:
        assert served.evaluate(ALICE) is True

        change(pack, "policies/data.yaml", "editors: [alice]", "editors: [bob]")
        served.run(served.made.reload())
        assert served.evaluate(ALICE) is False

        change(pack, "rego/facts.rego", 'role := "admin"', 'rolle := "admin"')
        with pytest.raises(Exception, match="rolle is no fact"):
            served.run(served.made.reload())
        assert served.evaluate(ALICE) is False

        change(pack, "rego/facts.rego", 'rolle := "admin"', 'role := "admin" { if')
        with pytest.raises(Exception, match=r"rego/facts\.rego"):
            served.run(served.made.reload())
        assert served.evaluate(ALICE) is False


@pytest.mark.opa
def test_an_opa_server_decides_alike_and_its_absence_is_no_answer(tmp_path):
    with opa_process() as url:
        flags = {"policies": PACKS / "certification", "engine": "opa_server", "opa_url": url}
        with serving(tmp_path / "data", **flags) as served:
            for action, decision in (("read", True), ("write", True), ("delete", False), ("fly", False)):
                assert served.evaluate({**ALICE, "action": {"name": action}}) is decision
            last = served.post("evaluation", ALICE)
    assert last.json()["decision"] is True


@pytest.mark.opa
def test_without_the_opa_server_nothing_is_answered(tmp_path):
    server = opa_process()
    flags = {"policies": PACKS / "certification", "engine": "opa_server", "opa_url": server.__enter__()}
    with serving(tmp_path / "data", **flags) as served:
        assert served.evaluate(ALICE) is True
        server.__exit__(None, None, None)

        assert served.post("evaluation", ALICE).status_code == 503
        assert records(served)[-1]["kind"] == "error"


def test_a_search_that_meets_facts_nobody_can_tell_finds_nothing_at_all(pack, tmp_path):
    facts = pack / "policies/facts.yaml"
    facts.write_text(facts.read_text("utf-8").replace("{label: 未登记, floor: true}", "{label: 未登记}"), "utf-8")
    asked = {"subject": {"type": "user"}, "action": {"name": "read"}, "resource": {"type": "spaceship", "id": "x"}}

    with serving(tmp_path / "data", policies=pack) as served:
        assert served.post("search/subject", asked).status_code == 503
