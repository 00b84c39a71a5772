"""Promises of the OPA server as an engine, on a real one."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.engines.opa_process import opa_process
from adapters.engines.opa_server import OpaServer
from adapters.engines.rego_embedded import EmbeddedRego
from adapters.files.policy_set import load_policy_set
from pdp.errors import PolicyError, UnavailableError
from pdp.rulebook.build import questions
from pdp.rulebook.compile import job as question
from pdp.rulebook.subset import read_rule

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.opa


def held(url, path):
    with urllib.request.urlopen(f"{url}{path}") as answer:  # noqa: S310 - the server of this test
        return json.load(answer)["result"]


@pytest.fixture(scope="session")
def policies():
    return load_policy_set(ROOT)


def test_a_rule_is_answered_for_every_input_in_order(job, opa):
    assert OpaServer(opa).evaluate([job]) == [[False, True, False, False]]


def test_nothing_is_left_on_the_server(job, opa):
    OpaServer(opa).evaluate([job])
    with pytest.raises(PolicyError):
        OpaServer(opa).evaluate([job, replace(job, source="package access.rules.example\n\nforbid if {")])

    assert held(opa, "/v1/policies") == []
    assert held(opa, "/v1/data") == {}


def test_what_the_server_holds_of_others_changes_no_answer(job, opa):
    theirs = b"package access.rules.example\n\nforbid if true\n"
    put = urllib.request.Request(f"{opa}/v1/policies/theirs", theirs, method="PUT")  # noqa: S310 - this test's server
    urllib.request.urlopen(put).close()  # noqa: S310 - the server of this test
    try:
        assert OpaServer(opa).evaluate([job]) == [[False, True, False, False]]
        assert [policy["id"] for policy in held(opa, "/v1/policies")] == ["theirs"]
    finally:
        urllib.request.urlopen(urllib.request.Request(f"{opa}/v1/policies/theirs", method="DELETE")).close()  # noqa: S310


@pytest.mark.parametrize("spoilt", ["forbid if {", "deny if true", "forbid if _missing", "forbid if forbid"])
def test_a_source_the_server_cannot_compile_is_refused_with_its_line(job, opa, spoilt):
    with pytest.raises(PolicyError) as refused:
        OpaServer(opa).evaluate([replace(job, source=f"package access.rules.example\n\n{spoilt}\n")])
    assert refused.value.path == job.path


def test_a_source_of_the_old_syntax_is_refused_and_not_rewritten(job, opa):
    source = 'package access.rules.example\n\nforbid { input.relation == "sharing" }\n'

    with pytest.raises(PolicyError, match="if"):
        OpaServer(opa).evaluate([replace(job, source=source)])


@pytest.mark.parametrize(
    "url",
    ["http://192.0.2.1:8181", "https://127.0.0.1:8181", "http://opa.example:8181", "http://127.0.0.1:8181/v1", "x"],
)
def test_only_a_server_on_this_machine_is_asked(job, url):
    with pytest.raises(UnavailableError, match="no OPA on this machine"):
        OpaServer(url).evaluate([job])


def test_a_server_that_is_not_there_refuses_the_load(job):
    with opa_process() as url:
        pass

    with pytest.raises(UnavailableError, match="ConnectionError"):
        OpaServer(url).evaluate([job])


def test_a_binary_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnavailableError, match="cannot be started"), opa_process(tmp_path / "opa"):
        pass


def test_both_engines_give_equal_tables_for_every_shipped_rule(policies, opa):
    asked = questions(policies).rules

    embedded, server = EmbeddedRego().evaluate(asked), OpaServer(opa).evaluate(asked)
    for one, ours, theirs in zip(asked, embedded, server, strict=True):
        assert ours == theirs, one.path


FACTS = {
    "relation": ("sharing", "opening", "own_use"),
    "grade": ("general", "core", "unknown"),
    "quota": ("within", "exceeded"),
}


def shown(values):
    return "{" + ", ".join(f'"{value}"' for value in sorted(values)) + "}"


def compared(subject, values):
    """Return conditions that compare `subject` with some of `values`."""
    one = st.tuples(st.sampled_from(["", "not "]), st.sampled_from(["==", "!="]), st.sampled_from(values))
    many = st.tuples(st.sampled_from(["", "not "]), st.frozensets(st.sampled_from(values), min_size=1))
    return st.one_of(
        one.map(lambda parts: f'{parts[0]}{subject} {parts[1]} "{parts[2]}"'),
        many.map(lambda parts: f"{parts[0]}{subject} in {shown(parts[1])}"),
    )


conditions = st.one_of(
    *(compared(f"input.{fact}", values) for fact, values in FACTS.items()),
    compared("data.readings.platform_path", ("mandatory", "advised")),
)
helped = st.tuples(st.sampled_from(["", "not "]), st.sampled_from(["_a", "_b"])).map("".join)


@st.composite
def sources(draw):
    """Return a rule of the subset: up to three bodies, two helpers, and always one fact."""
    bodies = st.lists(st.lists(conditions, min_size=1, max_size=3), min_size=1, max_size=2)
    heads = draw(st.lists(st.lists(conditions | helped, min_size=1, max_size=3), min_size=1, max_size=3))
    written = [("forbid", [*heads[0], "_a", 'input.relation != "opening"']), *(("forbid", body) for body in heads[1:])]
    written += [("_a", [*body, draw(st.sampled_from(["_b", "not _b"]))]) for body in draw(bodies)]
    written += [("_b", body) for body in draw(bodies)]
    rules = ["{} if {{\n\t{}\n}}".format(name, "\n\t".join(body)) for name, body in written]
    head = "# METADATA\n# title: 甲\n# description: a\n# custom:\n#   articles: [art_1__para_1]\n#   remedy: wait\n"
    return "\n\n".join([f"{head}package access.rules.example", *rules]) + "\n"


@given(st.lists(sources(), min_size=40, max_size=60))
@settings(max_examples=6, deadline=None)
def test_both_engines_and_our_own_reading_agree_on_generated_rules(policies_of, opa, written):
    vocabulary, readings = policies_of()
    path = "rego/access/rules/example/example.rego"
    rules = [read_rule(path, source, vocabulary, readings) for source in written]
    asked = [question(rule, vocabulary, readings.constants) for rule in rules]
    ours = [[rule.holds(facts, one.readings) for facts in one.inputs] for rule, one in zip(rules, asked, strict=True)]

    assert EmbeddedRego().evaluate(asked) == ours
    assert OpaServer(opa).evaluate(asked) == ours


@pytest.fixture(scope="session")
def policies_of(policies):
    return lambda: (policies.vocabulary, policies.readings)
