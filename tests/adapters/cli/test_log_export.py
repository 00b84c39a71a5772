"""Promises of `pdp log export`: a folder a log, with checkpoint and manifest, in the format and period asked for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.callers import LOCAL
from adapters.cli.log import app
from adapters.gateways.authzen import parse
from adapters.settings import Settings
from adapters.stores.log_reader import LogReader
from pdp.errors import PDPError, RequestError
from tests.logs.recorded import NODE, record

ROOT = Path(__file__).parents[3]
EXAMPLES = ("permit_deemed", "partial_fields", "deny_no_application")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a data folder in which the examples were decided."""
    folder = tmp_path_factory.mktemp("export") / "data"
    bodies = [(ROOT / f"examples/ask_{name}.json").read_bytes() for name in EXAMPLES]
    record(Settings(data=folder), [(parse(body, LOCAL), body) for body in bodies])
    return folder


def run(data, folder, *arguments: str) -> str:
    """Return what the command prints; raise the fault that it ends with."""
    given = ["export", str(folder), *arguments, "--data", str(data)]
    done = CliRunner().invoke(app, given, env={"COLUMNS": "300"})
    if isinstance(done.exception, PDPError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize(("form", "kept"), [("opa", 3), ("ocsf", 3), ("jsonl", None), ("parquet", None)])
def test_each_log_has_a_folder_with_what_was_signed(data, tmp_path, form, kept):
    size = LogReader(data / NODE).checkpoint.size

    shown = run(data, tmp_path / "out", "--format", form)

    manifest = json.loads((tmp_path / "out" / NODE / "manifest.json").read_text())
    assert manifest["form"] == form
    assert manifest["complete_to"] == size - 1
    assert manifest["entries"] == (kept or size)
    assert str(tmp_path / "out" / NODE) in shown
    assert (tmp_path / "out" / NODE / "checkpoint").read_bytes() == str(LogReader(data / NODE).note).encode()


def test_lines_are_the_usual_format_and_a_period_is_kept(data, tmp_path):
    run(data, tmp_path / "all")
    run(data, tmp_path / "none", "--until", "2020-01-01")

    (file,) = (tmp_path / "all" / NODE).glob("*.gz")
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert [line["index"] for line in lines] == [*range(len(lines))]
    assert not list((tmp_path / "none" / NODE).glob("*.gz"))


def test_a_second_export_into_the_same_folder_is_refused(data, tmp_path):
    run(data, tmp_path / "out")

    with pytest.raises(RequestError, match="不是空的"):
        run(data, tmp_path / "out")
