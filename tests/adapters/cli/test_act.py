"""`pdp act` and `pdp lists`: the same acts and lists as over HTTP, for people at a keyboard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from adapters.cli import act, lists
from pdp.errors import RequestError, UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

BODY = ("level=district", "basis=administrative_organ")


def run(command, *words: str) -> Result:
    """Return how a command ended."""
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, list(words), catch_exceptions=True, env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Return a data folder with two bodies and a regulator, each registered by an act."""
    folder = tmp_path_factory.mktemp("acts") / "data"
    for name, more in (("A", ()), ("B", ()), ("G", ("offices=regulator",))):
        members = (f"id={name}", f"name={name}", *BODY, *more)
        done = run(act.command, "body.registered", *members, "--by", "registrar", "--data", str(folder))
        assert done.exit_code == 0, done.output
    return folder


def test_an_act_is_recorded_and_told_in_chinese(data):
    members = ("id=R", "provider=A", "title=名单", "fields=name,age")
    done = run(act.command, "dataset.catalogued", *members, "--by", "A", "--data", str(data))

    assert done.exit_code == 0
    assert "已记录" in done.output
    assert "编入目录" in done.output


def test_under_one_key_it_is_recorded_once(data):
    words = ("unit.registered", "id=X", "name=X", "--by", "registrar", "--key", "k1", "--data", str(data), "--json")
    first, again = (run(act.command, *words) for _ in range(2))

    assert json.loads(first.stdout)["recorded"] == json.loads(again.stdout)["recorded"]


def test_a_refused_act_ends_with_code_one_and_its_reason(data):
    members = ("id=A1", "applicant=B", "dataset=R9", "scenario=sc-1", "scope.fields=name", "scope.quota=3")
    refused = run(act.command, "application.received", *members, "--by", "B", "--data", str(data))

    assert refused.exit_code == 1
    assert "不予记录" in refused.output
    assert "art_21__para_1" in refused.output


def test_what_is_no_act_or_no_member_is_named_before_anything_is_sent():
    assert isinstance(run(act.command, "application.approved", "id=A1").exception, RequestError)
    assert isinstance(run(act.command, "application.agreed", "ID=A1").exception, RequestError)


def test_a_service_that_is_not_there_is_said_to_be_so():
    failed = run(act.command, "application.agreed", "id=A1", "--url", "http://127.0.0.1:1")

    assert isinstance(failed.exception, UnavailableError)
    assert "pdp serve" in str(failed.exception)


def test_every_act_is_listed_and_shown():
    assert "application.received" in run(act.command).output
    shown = run(act.command, "application.refused", "--show")
    assert "statutory_cause" in shown.output


def test_lists_are_shown_for_people_and_for_programs(data):
    assert "应答复的申请" in run(lists.command).output
    people = run(lists.command, "unclassified-entries", "--data", str(data))
    programs = run(lists.command, "unclassified-entries", "--data", str(data), "--json")

    assert people.exit_code == 0
    assert {"items", "next"} == set(json.loads(programs.stdout))
    assert isinstance(run(lists.command, "answers").exception, RequestError)
