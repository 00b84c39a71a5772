"""Promises of `pdp policy check`."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from adapters.cli import main, policy
from adapters.engines.opa_server import OpaServer

ROOT = Path(__file__).parents[3]


def run(monkeypatch, capsys, *arguments: str):
    """Run the command line; return its exit code and what it wrote."""
    monkeypatch.setattr(sys, "argv", ["pdp", "policy", "check", *arguments])
    monkeypatch.delenv("PDP_OPA_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0, capsys.readouterr()


def test_every_rule_is_reported_with_its_title_and_facts(monkeypatch, capsys):
    code, said = run(monkeypatch, capsys, "--policies", str(ROOT))

    assert code == 0
    assert "采取应急处置措施期间" in said.out
    assert "156 条规则" in said.out


def test_who_may_do_what_is_reported_by_role_and_by_post(monkeypatch, capsys):
    code, said = run(monkeypatch, capsys, "--policies", str(ROOT))

    assert code == 0
    for words, table in (("机构", "administration"), ("岗位", "posts")):
        lines = (ROOT / "policies" / "tables" / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        rows = [line for line in lines if not line.startswith("#")]
        assert f"哪个{words}可以作出哪种行为({len(rows)} 行)" in said.out
    assert "two_agree_to_delete" in said.out
    assert "网关 edge-nginx:3 条路由,请求方由 token、workload 证明" in said.out


def test_the_report_is_there_for_machines(monkeypatch, capsys):
    code, said = run(monkeypatch, capsys, "--policies", str(ROOT), "--json")
    report = json.loads(said.out)

    assert code == 0
    assert report["totals"]["rules"] == len(report["rules"]) == 156
    assert {"rule", "effect", "title", "articles", "reads", "combinations", "ms"} == set(report["rules"][0])
    assert len(report["revision"]["rulebook"]) == 64
    (deleting,) = [grant for grant in report["grants"] if grant["rule"] == "two_agree_to_delete"]
    assert deleting["table"] == "posts"
    assert ["audit_administrator", "log.prune"] in deleting["grants"]
    assert "POST data.example.gov.cn/api/v1/datasets/{dataset}/exports" in report["routes"]["edge-nginx"]
    assert {grant["table"] for grant in report["grants"]} == {"administration", "posts"}


def test_a_fault_ends_with_exit_code_2_file_and_line(monkeypatch, capsys, tmp_path):
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    shutil.copytree(ROOT / "rego", tmp_path / "rego")
    file = tmp_path / "rego/access/rules/core_data/core_data.rego"
    file.write_text(file.read_text("utf-8").replace('"core"', '"cor"'), "utf-8")
    line = next(number for number, text in enumerate(file.read_text("utf-8").split("\n"), 1) if '"cor"' in text)

    code, said = run(monkeypatch, capsys, "--policies", str(tmp_path))
    assert code == 2
    assert f"rego/access/rules/core_data/core_data.rego:{line}:" in said.err
    assert 'write "core"' in said.err


@pytest.mark.opa
def test_a_real_opa_server_agrees_with_every_table(monkeypatch, capsys):
    code, said = run(monkeypatch, capsys, "--policies", str(ROOT), "--against-opa", "--json")

    assert code == 0
    assert json.loads(said.out)["agrees_with_opa"] is True


class Lying(OpaServer):
    """A server that turns the second answer about the rule core_data."""

    def evaluate(self, jobs):
        """Answer as asked, but for one row."""
        tables = [list(table) for table in super().evaluate(jobs)]
        place = next(place for place, job in enumerate(jobs) if job.path.endswith("core_data.rego"))
        tables[place][1] = not tables[place][1]
        return tables


@pytest.mark.opa
def test_the_first_row_that_differs_is_named_with_exit_code_1(monkeypatch, capsys):
    monkeypatch.setattr(policy, "OpaServer", Lying)
    code, said = run(monkeypatch, capsys, "--policies", str(ROOT), "--against-opa")

    assert code == 1
    assert "rego/access/rules/core_data/core_data.rego: grade = " in said.err
