"""The pack of docs/packs.md, made of what stands on the page, does what the page says."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter

import pytest

from adapters.assemble import build_service
from adapters.cli.fact_check import check_facts
from adapters.files.policy_set import load_policy_set
from adapters.settings import load_settings
from adapters.testing.under_test import UnderTest
from pdp.facts.asked import as_sent
from tests.docs.console import ROOT

PAGE = (ROOT / "docs" / "packs.md").read_text(encoding="utf-8")
FILE = re.compile(r"^`((?:policies|rego)/[^`]+)`\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


LEVEL = re.compile(r"^\| ((?:Basic|Batch|Search) \w+) \| (\d+) \|$", re.MULTILINE)
CERTIFICATION = ROOT / "tests" / "data" / "authzen" / "certification.json"


def test_the_levels_are_those_of_the_cases_that_are_tried():
    scenario = json.loads(CERTIFICATION.read_text(encoding="utf-8"))

    assert {level: int(count) for level, count in LEVEL.findall(PAGE)} == Counter(
        case["level"] for case in scenario["cases"]
    )
    everywhere = len(scenario["every_endpoint"]), len(scenario["baseline"])
    assert f"| what holds of every endpoint | {everywhere[0]}, at {everywhere[1]} endpoints each |" in PAGE
    assert f"every case passes. {sum(case.get('derived', False) for case in scenario['cases'])} of the cases" in PAGE


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reading-room")
    for path, text in FILE.findall(PAGE):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def test_its_cases_come_out_as_the_page_says(pack):
    with UnderTest.of(pack) as tried:
        results = [tried.run(case) for case in tried.read(pack / "policies/cases/art_01.yaml")]

    assert len(results) == 3
    assert [tried.shown(result) for result in results if not result.passed] == []


@pytest.mark.opa
def test_both_engines_read_it_alike(pack):
    found = load_policy_set(pack)

    check_facts(found.deriving, found.vocabulary, None, against_opa=True)


def asked(user, action, book, **properties: object):
    """Return a question of the reading room."""
    subject, resource = {"type": "user", "id": user}, {"type": "book", "id": book, "properties": properties}
    return as_sent({"subject": subject, "action": {"name": action}, "resource": resource})


ANSWERS = {
    "PERMIT": (
        asked("ann", "borrow", "atlas"),
        asked("ann", "borrow", "bible", reserved=False),
        asked("gus", "read", "x"),
    ),
    "DENY": (asked("ann", "borrow", "bible"), asked("eve", "read", "atlas"), asked("ann", "borrow", "nowhere")),
}


def test_it_is_served(pack, tmp_path):
    settings = load_settings({"policies": pack, "data": tmp_path, "deadline_ms": 20_000}, {})
    with build_service(settings) as made, asyncio.Runner() as runner:
        runner.run(made.begin())
        for outcome, questions in ANSWERS.items():
            for question in questions:
                assert runner.run(made.service.answer(question)).decision.outcome == outcome
        runner.run(made.end())
