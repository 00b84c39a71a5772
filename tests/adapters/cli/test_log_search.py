"""Promises of `pdp log search`: what matches, newest first, in local time, for people and for programs."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.callers import LOCAL
from adapters.cli.log import app
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from pdp.errors import PDPError, RequestError, UnavailableError
from tests.logs.recorded import record

ROOT = Path(__file__).parents[3]
EXAMPLES = ("permit_deemed", "partial_fields", "deny_no_application", "indeterminate_unknown_dataset", "permit_open")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a data folder in which the examples were decided."""
    folder = tmp_path_factory.mktemp("search") / "data"
    bodies = [(ROOT / f"examples/ask_{name}.json").read_bytes() for name in EXAMPLES]
    record(Settings(data=folder), [(parse(body, LOCAL), body) for body in bodies])
    return folder


def run(folder, *arguments: str) -> tuple[int, str]:
    """Return exit code and output; raise the fault that it ends with."""
    done = CliRunner().invoke(app, ["search", *arguments, "--data", str(folder)], env={"COLUMNS": "100"})
    if isinstance(done.exception, PDPError):
        raise done.exception
    return done.exit_code, done.stdout


def test_people_read_when_what_who_and_why_and_how_many(data):
    code, shown = run(data, "--outcome", "partial")

    assert code == 0
    for word in ("部分提供", "xicheng-weijianwei", "bj:6530cd97832c4128", "fields_outside_scope", "第十九条第三款"):
        assert word in shown
    assert "符合的共 1 条" in shown


def test_programs_read_a_line_an_entry_newest_first_in_local_time(data):
    code, shown = run(data, "--kind", "decision", "--json")

    told = [json.loads(line) for line in shown.splitlines()]
    assert code == 0
    assert len(told) == len(EXAMPLES)
    assert [one["at"] for one in told] == sorted((one["at"] for one in told), reverse=True)
    assert all(one["at"].endswith("+08:00") for one in told)
    assert all(datetime.fromisoformat(one["at"]) < datetime.fromisoformat(one["valid_until"]) for one in told)


def test_an_article_may_be_written_as_lawyers_do(data):
    code, shown = run(data, "--article", "第二十一条第四款", "--json")

    assert code == 0
    assert [json.loads(line)["dataset"] for line in shown.splitlines()] == ["bj:7ea3eeb7baf54c6b"]


def test_a_day_as_an_end_counts_whole(data):
    _, shown = run(data, "--json", "--limit", "1")
    today = json.loads(shown)["at"][:10]

    assert run(data, "--since", today, "--until", today)[0] == 0
    assert run(data, "--until", "2020-01-01") == (1, "符合的共 0 条,显示最近的 0 条。\n")
    assert run(data, "--since", f"{today}T00:00", "--until", f"{today}T00:00")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "fault"), [(("--since", "gestern"), "不是时间"), (("--article", "zweite Regel"), "不是条款")]
)
def test_what_cannot_be_meant_is_refused_with_an_example(data, arguments, fault):
    with pytest.raises(RequestError, match=fault):
        run(data, *arguments)


def test_where_there_is_no_log_the_operator_is_told(tmp_path):
    with pytest.raises(UnavailableError, match="no decision log is here"):
        run(tmp_path)
