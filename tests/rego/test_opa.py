"""The Rego folder holds on the real OPA: strict, formatted, tested to the last line, and answerable on its own."""

from __future__ import annotations

import json
import subprocess
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPA = ROOT / ".tools" / "bin" / "opa"
pytestmark = pytest.mark.opa


def opa(*arguments: str, stdin: str = ""):
    """Run the pinned OPA on `arguments`; a missing one fails the test, never skips it."""
    if not OPA.exists():
        pytest.fail(f"{OPA.relative_to(ROOT)} is missing: run scripts/install_opa.sh")
    command = [str(OPA), *arguments]
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, text=True, check=False, timeout=120)


def test_the_folder_passes_the_strict_check():
    checked = opa("check", "--strict", "rego")

    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_file_is_formatted():
    formatted = opa("fmt", "--fail", "--list", "rego")

    assert (formatted.returncode, formatted.stdout) == (0, "")


def test_every_test_beside_a_rule_passes():
    tested = opa("test", "rego", "--fail-on-empty", "--format", "json")

    failed = [f"{case['package']}.{case['name']}" for case in json.loads(tested.stdout) if case.get("fail")]
    assert (tested.returncode, failed) == (0, [])


def test_every_line_is_covered():
    tested = opa("test", "rego", "--fail-on-empty", "--coverage")

    report = json.loads(tested.stdout)
    bare = {file: lines["not_covered"] for file, lines in report["files"].items() if "not_covered" in lines}
    assert (report["coverage"], bare) == (100, {})


def test_a_folder_that_lost_its_tests_does_not_pass():
    tested = opa("test", "rego/access/facts", "--fail-on-empty")

    assert tested.returncode != 0


def test_main_finds_every_rule_that_its_source_finds(tmp_path, rules, vocabulary, chosen):
    vectors = [some_vector(rule, vocabulary, chosen) for rule in rules.values()]
    asked = """[{[found.effect, found.rule] | some found in findings} |
        some vector in input
        findings := data.access.main.findings with input as vector
    ]"""

    answered = opa("eval", *loaded(tmp_path, chosen), "--stdin-input", asked, stdin=json.dumps(vectors))

    found = [{tuple(pair) for pair in findings} for findings in json.loads(answered.stdout)]
    assert found == [
        {(rule.effect.value, rule.id) for rule in rules.values() if rule.holds(vector, chosen)} for vector in vectors
    ]
    assert all((rule.effect.value, rule.id) in findings for rule, findings in zip(rules.values(), found, strict=True))


def test_a_plain_server_given_the_chosen_readings_still_doubts_every_fact_it_lacks(tmp_path, vocabulary, chosen):
    decided = opa("eval", *loaded(tmp_path, chosen), "--stdin-input", "data.access.main.decision", stdin="{}")

    decision = json.loads(decided.stdout)
    assert set(decision["unstated"]) == set(vocabulary.facts)
    assert decision["strongest"] == "doubt"


def loaded(folder, chosen):
    """Return the arguments with which OPA loads the rules, and the readings as their data."""
    data = folder / "data.json"
    data.write_text(json.dumps({"readings": chosen}), encoding="utf-8")
    return "--data", "rego", "--data", str(data), "--format", "raw"


def some_vector(rule, vocabulary, chosen):
    """Return facts for which `rule` holds; the ones it does not read have their first value."""
    first = {name: next(iter(fact.values)) for name, fact in vocabulary.facts.items()}
    choices = (vocabulary.facts[name].values for name in rule.reads)
    vectors = (first | dict(zip(rule.reads, values, strict=True)) for values in product(*choices))
    return next(vector for vector in vectors if rule.holds(vector, chosen))
