"""`pdp cases` runs what it is pointed at, shows each failure in full, and says by its exit code how it went."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from adapters.cli.cases import command
from adapters.settings import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SHIPPED = CHECKOUT / "policies" / "cases"


def run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command("cases")(command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def differing(tmp_path: Path) -> Path:
    text = (SHIPPED / "art_18.yaml").read_text().replace("outcome: PERMIT", "outcome: DENY")
    (tmp_path / "art_18.yaml").write_text(text)
    return tmp_path


def test_a_file_whose_cases_all_agree_ends_with_zero() -> None:
    result = run(SHIPPED / "art_18.yaml")
    assert result.exit_code == 0
    assert ["art_18.yaml", "3", "0", "0"] in [line.split() for line in result.stdout.splitlines()]
    assert "应为" not in result.stdout


def test_a_difference_is_shown_in_full_and_ends_with_one(differing: Path) -> None:
    result = run(differing)
    assert result.exit_code == 1
    assert ["art_18.yaml", "2", "1", "0"] in [line.split() for line in result.stdout.splitlines()]
    for shown in (
        "应为:不予提供 DENY",
        "实为:予以提供 PERMIT",
        "共享属性 = 无条件共享",
        "可以提供 share_unconditional",
    ):
        assert shown in result.stdout


def test_an_open_case_is_shown_and_ends_with_zero(differing: Path) -> None:
    path = differing / "art_18.yaml"
    path.write_text(
        path.read_text().replace("  expect:\n    outcome: DENY", "  status: open\n  expect:\n    outcome: DENY")
    )
    result = run(differing)
    assert result.exit_code == 0
    assert "待定:" in result.stdout


def test_json_names_every_difference(differing: Path) -> None:
    result = run(differing, "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["total"]) == (1, {"passed": 2, "failed": 1, "open": 0})
    (differs,) = said["differing"]
    assert {"about": "结论", "should": "DENY", "found": "PERMIT"} in differs["differences"]
    assert differs["file"].endswith("art_18.yaml")


def test_one_article_can_be_asked_for() -> None:
    said = json.loads(run("--article", "18", "--json").stdout)
    assert [file["file"] for file in said["files"]] == ["policies/cases/art_18.yaml"]


def ended(folder: Path) -> subprocess.CompletedProcess[str]:
    order = [sys.executable, "-m", "adapters.cli", "cases", str(folder)]
    return subprocess.run(order, capture_output=True, text=True, check=False)


def test_a_broken_file_ends_with_two_and_says_where(differing: Path) -> None:
    path = differing / "art_18.yaml"
    path.write_text(path.read_text().replace("  expect:\n", "  expect:\n    outcme: DENY\n"))
    done = ended(differing)
    assert done.returncode == 2
    assert 'art_18.yaml:10: "outcme" is no key here; did you mean "outcome"?' in done.stderr


def test_a_folder_without_cases_ends_with_two(differing: Path) -> None:
    (differing / "art_18.yaml").rename(differing / "other.yaml")
    done = ended(differing)
    assert done.returncode == 2
    assert "holds no case file" in done.stderr
