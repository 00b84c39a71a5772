"""A small rule and a small table to ask engines about, and workers that misbehave."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.engines.child import Child, Deadlines
from adapters.engines.opa_process import PINNED, opa_process
from pdp.rulebook.compile import Job, TableJob

ROOT = Path(__file__).parents[3]
SOURCE = """package access.rules.example

forbid if {
	input.relation == "sharing"
	data.readings.strict == "yes"
	not _through_platform
}

_through_platform if input.channel == "platform"
"""
INPUTS = tuple(
    {"relation": relation, "channel": channel}
    for relation in ("sharing", "opening")
    for channel in ("platform", "direct")
)
HOLDS = [False, True, False, False]
MODEL = """[request_definition]
r = relation, channel
[policy_definition]
p = relation, channel, rule
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.relation == p.relation && (p.channel == "*" || r.channel == p.channel)
"""
ROWS = (("sharing", "platform", "share"), ("opening", "*", "open"))
REQUESTS = (("sharing", "platform"), ("sharing", "direct"), ("opening", "direct"), ("other", "platform"))
MATCHES = [0, None, 1, None]


@pytest.fixture
def job():
    path = "rego/access/rules/example/example.rego"
    return Job(path, SOURCE, "access.rules.example", "forbid", INPUTS, {"strict": "yes"})


@pytest.fixture
def table_job():
    return TableJob("policies/tables/example.csv", MODEL, ROWS, REQUESTS)


@pytest.fixture
def worker(tmp_path):
    """Return a maker of children that run `code` in place of an engine; `answer` lets the real engine's worker in."""

    def make(code: str, silence: float = 20.0) -> Child:
        script = tmp_path / "worker.py"
        script.write_text(f"import json, os, sys, time\nsys.path.insert(0, {str(ROOT)!r})\n{code}\n", encoding="utf-8")
        return Child((str(script),), Deadlines(total=20.0, silence=silence))

    return make


@pytest.fixture(scope="session")
def opa():
    """Return the URL of a real OPA server; without the binary there is nothing to promise."""
    if not PINNED.exists():
        pytest.fail("the OPA binary is missing; run scripts/install_opa.sh")
    with opa_process() as url:
        yield url
