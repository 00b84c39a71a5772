"""Promises of `pdp log query`: the list of questions, an answer in a table or in JSON lines, and clear refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.callers import LOCAL
from adapters.cli.log import app
from adapters.exports.questions import ORDER, queries
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from pdp.errors import PDPError, RequestError
from tests.logs.recorded import record

ROOT = Path(__file__).parents[3]
EXAMPLES = ("permit_deemed", "permit_deemed", "deny_no_application")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a data folder in which the examples were decided."""
    folder = tmp_path_factory.mktemp("query") / "data"
    bodies = [(ROOT / f"examples/ask_{name}.json").read_bytes() for name in EXAMPLES]
    record(Settings(data=folder), [(parse(body, LOCAL), body) for body in bodies])
    return folder


def run(*arguments: str) -> tuple[int, str]:
    """Return exit code and output; raise the fault that it ends with."""
    done = CliRunner().invoke(app, ["query", *arguments], env={"COLUMNS": "300"})
    if isinstance(done.exception, PDPError):
        raise done.exception
    return done.exit_code, done.stdout


def test_without_a_name_all_questions_are_listed_with_their_purpose():
    code, shown = run()

    assert code == 0
    for name in ORDER:
        assert name in shown
        assert queries()[name].purpose[:12] in shown
    assert [json.loads(line)["name"] for line in run("--json")[1].splitlines()] == [*ORDER]


def test_a_question_on_log_and_ledger_is_answered_in_words_and_in_lines(data):
    code, shown = run("deemed-consent", "--data", str(data))
    told = [json.loads(line) for line in run("deemed-consent", "--data", str(data), "--json")[1].splitlines()]

    assert code == 0
    assert "第二十一条第四款" in shown
    assert "xc-app-2" in shown
    assert [(one["application"], one["decisions"]) for one in told] == [("xc-app-2", 2)]
    assert told[0]["received"] == "2026-03-13T00:00:00.000000+08:00"


def test_a_question_on_readings_uses_the_policies_in_force(data):
    told = {
        one["reading"]: one for one in map(json.loads, run("by-reading", "--data", str(data), "--json")[1].splitlines())
    }

    assert told["deemed_consent_today"]["decisions"] == 2
    assert "(其他版本)" not in told


def test_parameters_are_given_in_order_or_by_name_and_rows_are_counted(data):
    in_order = run("who-read", "bj:7ea3eeb7baf54c6b", "--data", str(data))

    assert in_order == run("who-read", "dataset=bj:7ea3eeb7baf54c6b", "--data", str(data))
    assert in_order[0] == 0
    assert "共 1 行" in in_order[1]


def test_nothing_found_is_exit_code_one(data):
    assert run("who-read", "bj:nowhere", "--data", str(data))[0] == 1
    assert run("volume", "--until", "2020-01-01", "--data", str(data))[0] == 1


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [(("who-ate",), "没有这一问题"), (("who-read",), "请给出"), (("volume", "x"), "没有这一参数")],
)
def test_what_cannot_be_answered_is_refused(data, arguments, fault):
    with pytest.raises(RequestError, match=fault):
        run(*arguments, "--data", str(data))


def test_a_question_that_needs_the_ledger_says_so_where_there_is_none(data, tmp_path):
    (tmp_path / "n1-0").symlink_to(data / "n1-0")

    with pytest.raises(RequestError, match=r"没有账本 ledger\.sqlite"):
        run("deemed-consent", "--data", str(tmp_path))
    assert run("volume", "--data", str(tmp_path))[0] == 0
