"""Packs with facts of their own on the command line: serve, ask, cases, check, replay."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import httpx
import pytest

from adapters.files.cases import case_files
from adapters.testing.under_test import UnderTest
from tests.packs.served import PACKS, ROOT

PACK = PACKS / "certification"
FOLDERS = ("--policies", str(PACK / "policies"), "--rego", str(PACK / "rego"))
QUESTION = {
    "subject": {"type": "user", "id": "bob", "properties": {"role": "admin"}},
    "action": {"name": "write"},
    "resource": {"type": "record", "id": "record-2"},
}
PATIENCE = 120  # seconds for one command, on a machine that does other things too


def pdp(*arguments: str, given: str | None = None, **environ: str):
    """Run one command in a process of its own."""
    command = [sys.executable, "-m", "adapters.cli", *arguments]
    environment = {**os.environ, "COLUMNS": "200", "PDP_DEADLINE_MS": "20000", **environ}
    return subprocess.run(
        command, input=given, capture_output=True, cwd=ROOT, env=environment, text=True, timeout=PATIENCE, check=False
    )


def test_a_question_is_decided_recorded_and_replayed(tmp_path):
    asked = pdp("ask", "-", "--json", *FOLDERS, "--data", str(tmp_path), given=json.dumps(QUESTION))
    named = {"PDP_POLICIES": str(PACK)}
    replayed = pdp("log", "replay", "--json", "--data", str(tmp_path), **named)
    anew = pdp("log", "replay", "--as", "today", "--data", str(tmp_path), **named)
    shown = pdp("log", "show", json.loads(asked.stdout)["context"]["id"], "--data", str(tmp_path), **named)

    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["context"]["grounds"][0]["rule"] == "admin_writes_archive"
    assert (replayed.returncode, json.loads(replayed.stdout)["equal"]) == (0, 1), replayed.stdout
    assert (anew.returncode, "keep a digest" in anew.stderr) == (2, True), anew.stderr
    assert "admin_writes_archive" in shown.stdout, shown.stderr


@pytest.mark.parametrize("name", ["certification", "records", "todo"])
def test_the_cases_of_a_pack_pass(name):
    with UnderTest.of(PACKS / name) as tried:
        results = [tried.run(case) for path in case_files(PACKS / name / "policies/cases") for case in tried.read(path)]

    assert results
    assert [tried.shown(result) for result in results if not result.passed] == []


def test_cases_are_run_by_a_command():
    done = pdp("cases", "--json", *FOLDERS)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total"] == {"passed": 11, "failed": 0, "open": 0}


@pytest.mark.opa
def test_a_pack_is_compiled_and_both_engines_derive_equal_facts():
    done = pdp("policy", "check", "--json", "--against-opa", *FOLDERS)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["agrees_with_opa"] is True


def test_a_fact_that_does_not_follow_for_what_is_declared_is_found_by_the_check(tmp_path):
    shutil.copytree(PACK, tmp_path / "pack")
    facts = tmp_path / "pack/policies/facts.yaml"
    facts.write_text(facts.read_text("utf-8").replace("{label: 未登记, floor: true}", "{label: 未登记}"), "utf-8")
    done = pdp("policy", "check", "--policies", str(tmp_path / "pack"))

    assert done.returncode == 2
    assert "role is undefined" in done.stderr


@pytest.mark.opa
def test_the_sources_are_as_opa_writes_them():
    opa = ROOT / ".tools/bin/opa"
    formatted = subprocess.run([opa, "fmt", "--list", str(PACKS)], capture_output=True, text=True, check=True)
    checked = [
        subprocess.run([opa, "check", "--strict", str(pack / "rego")], capture_output=True, text=True, check=False)
        for pack in sorted(PACKS.iterdir())
    ]

    assert formatted.stdout == ""
    assert [one.stderr for one in checked if one.returncode] == []


def test_it_is_served_as_any_other(tmp_path):
    command = [sys.executable, "-m", "adapters.cli", "serve", "--port", "0", "--data", str(tmp_path), *FOLDERS]
    environment = {**os.environ, "COLUMNS": "200", "PDP_DEADLINE_MS": "20000"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            banner, port = [], None
            while port is None:
                line = process.stderr.readline()
                assert line, "".join(banner)
                banner.append(line)
                port = re.search(r"http://127\.0\.0\.1:(\d+)/access", line)
            with httpx.Client(base_url=f"http://127.0.0.1:{port[1]}", trust_env=False, timeout=PATIENCE) as client:
                answer = client.post("/access/v1/evaluation", json=QUESTION)
        finally:
            process.terminate()
            process.stderr.close()

    assert answer.json()["decision"] is True
    assert any("由 rego/facts.rego 逐次推导" in line for line in banner)
