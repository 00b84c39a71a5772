"""`pdp collection check`: may a form ask for these items? For people who design forms, and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from adapters.cli import collection
from pdp.errors import RequestError
from tests.adapters.gateways.town import installed

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def run(*words: str) -> Result:
    """Return how the command ended; nobody is registered, so whoever is at the keyboard acts for anybody."""
    return CliRunner().invoke(collection.app, ["check", *words], catch_exceptions=True, env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Return a data folder with A's data set R, whose fields name and age can be had by application."""
    folder = tmp_path_factory.mktemp("collection") / "data"
    with installed(folder):
        return folder


def test_people_are_told_what_may_not_be_asked_for_where_it_is_and_under_which_articles(data):
    done = run("--body", "B", "--item", "name", "--item", "shoe size", "--data", str(data))

    assert done.exit_code == 1, done.output
    assert "不得要求提供" in done.output
    assert "R(A,有条件共享,须申请)" in done.output
    assert "第十条第一款" in done.output
    assert "可以要求提供" in done.output


def test_items_are_read_from_a_file_one_a_line(data, tmp_path):
    names = tmp_path / "items.txt"
    names.write_text("\ufeffshoe size\n\n  hat size \n", encoding="utf-8")
    done = run("--body", "B", "--items-file", str(names), "--item", "age", "--data", str(data), "--json")

    told = {one["item"]: one["verdict"] for one in json.loads(done.stdout)["items"]}
    assert told == {"age": "non_conforming", "shoe size": "conforming", "hat size": "conforming"}


def test_with_nothing_that_may_not_be_asked_for_the_code_is_0(data):
    done = run("--body", "B", "--item", "name", "--exception", "name=须核对原件", "--data", str(data))

    assert done.exit_code == 0, done.output
    assert "按例外要求提供" in done.output
    assert "例外的理由:须核对原件" in done.output


def test_a_check_that_cannot_be_read_ends_with_code_two_and_its_reason(data):
    refused = run("--body", "B", "--item", "name", "--exception", "hat size=why", "--data", str(data))

    assert refused.exit_code == 2
    assert "exceptions" in refused.output


@pytest.mark.parametrize(
    "words", [(), ("--item", "name", "--exception", "name"), ("--item", "x", "--exception", "x= ")]
)
def test_without_items_or_without_a_reason_nothing_is_asked(words, data):
    refused = run("--body", "B", *words, "--data", str(data))

    assert isinstance(refused.exception, RequestError)


def test_a_file_that_is_no_text_is_refused_by_its_name(data, tmp_path):
    names = tmp_path / "items.bin"
    names.write_bytes(b"\xff\xfe\x00")

    refused = run("--body", "B", "--items-file", str(names), "--data", str(data))
    assert isinstance(refused.exception, RequestError)
    assert "items.bin" in str(refused.exception)
