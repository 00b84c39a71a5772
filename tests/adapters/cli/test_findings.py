"""`pdp findings`: the same findings as over HTTP, from a data folder, with what cannot be seen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from adapters.cli import findings
from adapters.settings import Settings
from pdp.errors import RequestError
from pdp.supervision.finding import NOT_COMPUTED
from pdp.supervision.report import NOTICE
from tests.adapters.stores.test_decision_leads import question
from tests.logs.recorded import record

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def run(*words: str) -> Result:
    """Return how the command ended."""
    app = typer.Typer()
    app.command()(findings.command)
    return CliRunner().invoke(app, list(words), catch_exceptions=True, env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Return a data folder with the starting world, and two requests that went beyond a grant."""
    folder = tmp_path_factory.mktemp("findings") / "data"
    record(Settings(data=folder), map(question, ("read", "outside", "outside")))
    return folder


def test_people_are_told_what_was_found_what_cannot_be_seen_and_that_it_is_no_sanction(data):
    done = run("--data", str(data))

    assert done.exit_code == 0, done.output
    assert "第四十一条第一款第(七)项" in done.output
    assert "请求的场景超出申请时明确的应用场景,被拒绝,共 2 次" in done.output
    assert NOTICE in done.output
    told = "".join(done.output.split())
    assert all("".join(why.split()) in told for why in NOT_COMPUTED.values())


def test_programs_are_told_the_same_with_the_evidence(data):
    done = run("--data", str(data), "--json", "--article", "第四十一条第一款第七项")

    told = json.loads(done.stdout)
    (item,) = told["items"]
    assert (item["article"], item["subject"]) == ("art_41__para_1__item_7", "xicheng-zhanlanlu")
    assert len(item["decisions"]) == 2
    assert [one["article"] for one in told["not_computed"]] == ["art_41__para_1__item_7"]
    assert told["notice"] == NOTICE


def test_findings_are_chosen_by_whom_they_are_on_and_where_there_is_none_the_code_is_one(data):
    some = json.loads(run("--data", str(data), "--json", "--subject", "xicheng-zhanlanlu").stdout)["items"]
    none = run("--data", str(data), "--subject", "nobody")

    assert {item["subject"] for item in some} == {"xicheng-zhanlanlu"}
    assert none.exit_code == 1
    assert NOTICE in none.output


def test_decisions_before_the_day_that_is_named_are_left_aside(data):
    done = run("--data", str(data), "--json", "--article", "41.1.7", "--since", "2999-01-01")

    assert (done.exit_code, json.loads(done.stdout)["items"]) == (1, [])


@pytest.mark.parametrize(
    ("words", "place"), [(("--since", "soon"), "--since"), (("--article", "第二十一条"), "article")]
)
def test_what_cannot_be_read_is_refused_with_its_place(words, place, data):
    refused = run("--data", str(data), *words)

    assert isinstance(refused.exception, RequestError)
    assert place in str(refused.exception)
