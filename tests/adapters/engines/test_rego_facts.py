"""Promises of facts asked of Rego for every question: both engines agree; a child that fails takes nothing with it."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.engines.opa_process import opa_process
from adapters.engines.rego_facts import RegoFacts
from adapters.engines.warm_child import WarmChild
from adapters.files.policy_set import load_policy_set
from pdp.errors import PolicyError, UnavailableError
from pdp.facts.total import UndefinedFactsError
from pdp.rulebook.fact_rules import FactRules

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[3]
PACKS = ROOT / "examples" / "packs"
PATIENCE = 30.0  # seconds, on a machine that does other things too
SOURCE = """package facts

role := data.roles[input.subject.id]

twice := "a" if input.a

twice := "b" if input.b

number := "one" if to_number(input.number) == 1
"""
RULES = FactRules(SOURCE, {"roles": {"bob": "admin"}, "readings": {}}, ("role", "twice", "number"))
WORKER = """
import json, os, sys, time
sys.stdin.readline()
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    exec(asked["do"])
"""
ANSWERS = """print('{"job": 1, "answer": []}', flush=True)"""


@pytest.fixture(scope="module")
def embedded():
    with RegoFacts(RULES, seconds=PATIENCE) as engine:
        yield engine


@pytest.fixture(scope="module")
def server():
    """Return the URL of a real OPA server that only these tests use: what is put on it stays there."""
    with opa_process() as url:
        yield url


@pytest.fixture(scope="module", params=["embedded", pytest.param("server", marks=pytest.mark.opa)])
def url(request):
    """Return where an engine is: None for the embedded one."""
    return None if request.param == "embedded" else request.getfixturevalue("server")


@pytest.fixture(scope="module")
def engine(url):
    with RegoFacts(RULES, url, seconds=PATIENCE) as engine:
        yield engine


@pytest.fixture
def children(monkeypatch):
    """Return a list to which every child is added that is started."""
    started = []

    class Watched(WarmChild):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)
            started.append(self)

    monkeypatch.setattr("adapters.engines.rego_facts.WarmChild", Watched)
    return started


def test_defined_facts_are_told_and_others_are_not(engine):
    assert engine.derive_now({"subject": {"id": "bob"}, "number": "1"}) == {"role": "admin", "number": "one"}
    assert engine.derive_now({"subject": {"id": "eve"}, "a": True, "number": "2"}) == {"twice": "a"}


@pytest.mark.parametrize("sent", [{"a": True, "b": True}, {"number": "one"}])
def test_a_source_that_cannot_be_evaluated_tells_nothing_and_answers_the_next_question(engine, sent):
    with pytest.raises(UndefinedFactsError) as raised:
        engine.derive_now({"subject": {"id": "bob"}, **sent})
    assert raised.value.who_must_act == "legal"
    assert engine.derive_now({"subject": {"id": "bob"}, "a": True}) == {"role": "admin", "twice": "a"}


def test_a_source_that_the_engine_refuses_is_refused_at_the_start(url):
    with pytest.raises(PolicyError) as refused:
        RegoFacts(FactRules("package facts\n\nrole := { if\n", {}, ("role",)), url, seconds=PATIENCE)
    assert (refused.value.path, refused.value.line) == ("rego/facts.rego", 3)


@pytest.mark.opa
def test_a_name_that_nobody_gave_a_value_is_refused_by_the_server(server):
    with pytest.raises(PolicyError, match=r"rego/facts\.rego:3"):
        RegoFacts(FactRules('package facts\n\nrole := "a" if not unknown\n', {}, ("role",)), server, seconds=PATIENCE)


def test_an_opa_on_another_machine_is_not_asked():
    with pytest.raises(UnavailableError, match="is no OPA on this machine"):
        RegoFacts(RULES, "http://192.0.2.1:8181")


def test_many_questions_at_once_get_each_its_own_answer(embedded):
    async def ask_all() -> tuple[list[dict[str, Any]], list[Mapping[str, object]]]:
        asked = [{"subject": {"id": "bob" if n % 2 else str(n)}, "number": str(n % 3)} for n in range(200)]
        return asked, await asyncio.gather(*map(embedded.derive, asked))

    for asked, told in zip(*asyncio.run(ask_all()), strict=True):
        assert ("role" in told) == (asked["subject"]["id"] == "bob")
        assert ("number" in told) == (asked["number"] == "1")


def test_a_child_that_is_killed_is_replaced(children):
    with RegoFacts(RULES, children=1, seconds=PATIENCE) as engine:
        for _ in range(2):
            os.kill(children[-1].pid, signal.SIGKILL)
            os.waitid(os.P_PID, children[-1].pid, os.WEXITED | os.WNOWAIT)

            assert engine.derive_now({"subject": {"id": "bob"}}) == {"role": "admin"}
    assert len({child.pid for child in children}) == 3


DISTURBED = {  # what a worker does when it is asked -> what is said of it
    "os._exit(3)": "ended before it had answered",
    "os.kill(os.getpid(), 11)": "ended before it had answered",
    "time.sleep(60)": "did not answer in time",
    "os.write(1, b'x' * (2 << 20))": "answered without end",
    "pass": "did not answer in time",
    "print('facts', flush=True)": "broke off",
    "print('[]', flush=True)": "something that is no answer",
    "print('{}', flush=True)": "out of turn",
    """print('{"job": 2, "answer": []}', flush=True)""": "out of turn",
    """os.write(1, b'{"job": 1, "answer": []}\\n{"job": 2, "answer": []}\\n')""": "said more than it was asked",
}


@pytest.mark.parametrize("code", DISTURBED)
def test_a_worker_that_misbehaves_is_ended_and_never_believed(code):
    child = WarmChild("facts_embedded", {}, WORKER)

    with pytest.raises(UnavailableError, match=DISTURBED[code]):
        child.ask({"do": code}, 2.0)
    assert child.is_spent


def test_a_question_of_any_length_neither_hangs_nor_is_cut(embedded):
    names = [f"name-{n}" for n in range(50_000)]

    assert embedded.derive_now({"subject": {"id": "bob"}, "names": names}) == {"role": "admin"}


def test_a_worker_that_does_not_read_is_not_waited_for():
    child = WarmChild("facts_embedded", {}, WORKER)
    child.ask({"do": ANSWERS}, 10.0)

    with pytest.raises(UnavailableError):
        child.ask({"do": "time.sleep(60)", "more": "x" * (1 << 20)}, 1.0)


@pytest.mark.parametrize("answer", [{}, "facts", [["role"]], [["role", "a"], ["role", "b"]], [[1, "a"]], None, [None]])
def test_an_answer_that_is_no_set_of_facts_is_no_answer(embedded, answer, monkeypatch):
    monkeypatch.setattr(WarmChild, "ask", lambda *_: answer)

    with pytest.raises(UnavailableError, match="no set of facts"):
        embedded.derive_now({})


def test_its_children_end_with_it(children):
    engine = RegoFacts(RULES, children=1)
    engine.close()

    assert [child.is_spent for child in children] == [True]
    with pytest.raises(RuntimeError):
        engine.derive_now({})


IDS = st.sampled_from(
    ["alice", "bob", "record-1", "record-2", "eve", "", "rick@the-citadel.com", "beth@the-smiths.com"]
)
LEAVES = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["admin", "active", "archived", "x", ""]) | IDS
)
PROPERTIES = st.dictionaries(
    st.sampled_from(["role", "status", "soft", "ownerID", "other"]), LEAVES | st.lists(LEAVES, max_size=2), max_size=3
)
ENTITY = st.fixed_dictionaries(
    {"type": st.sampled_from(["user", "record", "todo", "spaceship"]), "id": IDS},
    optional={"properties": PROPERTIES, "ownerID": LEAVES},
)
NAMES = st.sampled_from(["read", "write", "delete", "can_update_todo", "can_delete_todo", "can_read_user", "fly"])
QUESTION = st.fixed_dictionaries(
    {
        "subject": ENTITY,
        "action": st.fixed_dictionaries({"name": NAMES}, optional={"properties": PROPERTIES}),
        "resource": ENTITY,
    },
    optional={"context": PROPERTIES},
)


def told(engine, sent):
    """Return what an engine tells of a question, or that it cannot."""
    try:
        return engine.derive_now(sent)
    except UndefinedFactsError:
        return "undefined"


@pytest.fixture(scope="module", params=["certification", "records", "todo"])
def both(request, server):
    """Return one pack by the embedded engine, and by a real OPA server."""
    rules = load_policy_set(PACKS / request.param).deriving
    with RegoFacts(rules, seconds=PATIENCE) as embedded, RegoFacts(rules, server, seconds=PATIENCE) as real:
        yield embedded, real


@pytest.mark.opa
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=QUESTION)
def test_both_engines_derive_equal_facts(both, sent):
    embedded, real = both

    assert told(embedded, sent) == told(real, sent)
