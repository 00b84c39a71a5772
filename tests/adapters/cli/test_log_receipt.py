"""`pdp log receipt`: from a data folder, a running service, plain files; and what is said where there is none."""

from __future__ import annotations

import json

import pytest
from typer import Typer
from typer.testing import CliRunner

from adapters.cli.log.receipt import command
from adapters.signers.sm3 import Sm3
from pdp.errors import PDPError, RequestError, UnavailableError
from pdp.log.receipt import receipt_in
from pdp.log.suite import Sha256
from tests.logs.installation import NAME, Installed, decision_id

app = Typer()
app.command()(command)


@pytest.fixture
def log(tmp_path):
    """Return a log of 300 decisions that is being written."""
    with Installed(tmp_path / "data") as made:
        yield made.grow(300)


def run(*arguments: object):
    """Return how the command ends; raise the fault that somebody must mend."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    if isinstance(result.exception, PDPError):
        raise result.exception
    return result


@pytest.mark.parametrize("index", [0, 1, 255, 256, 300])
def test_a_receipt_by_index_proves_that_entry(log, index):
    made = receipt_in(run(index, "--data", log.data).stdout_bytes)
    assert made.index == index
    assert made.proves(log.entries[index], Sha256())


def test_a_receipt_by_the_id_of_a_decision_proves_it_beside_the_writer_and_after_it(log):
    during = run(decision_id(41), "--data", log.data).stdout_bytes
    log.close()
    assert run(decision_id(41), "--data", log.data).stdout_bytes == during
    assert receipt_in(during).index == 42


def test_a_receipt_goes_to_a_file(log, tmp_path):
    path = tmp_path / "decision.tlog-proof"
    result = run(7, "--data", log.data, "--out", path)
    assert receipt_in(path.read_bytes()).proves(log.entries[7], Sha256())
    assert (result.stdout, "第 7 条" in result.stderr) == ("", True)
    with pytest.raises(UnavailableError, match="choose another file"):
        run(7, "--data", log.data, "--out", tmp_path / "missing" / "file")


def test_a_receipt_for_programs(log):
    shown = json.loads(run(7, "--data", log.data, "--json").stdout)
    assert (shown["index"], shown["size"], shown["log"]) == (7, 301, log.origin)
    assert receipt_in(shown["receipt"].encode()).index == 7
    assert shown["signed_by"] == [log.origin]


def test_a_receipt_from_a_running_service_by_id_and_by_index(log):
    local = run(decision_id(41), "--data", log.data).stdout_bytes
    with log.served() as url:
        for what in (decision_id(41), 42):
            assert run(what, "--url", url).stdout_bytes == local
        assert run(42, "--url", url, "--log", NAME).stdout_bytes == local
        assert run(42, "--url", f"{url}/log").stdout_bytes == local
        assert run(decision_id(999), "--url", url).exit_code == 1
        assert run(99_999, "--url", url).exit_code == 1
    with pytest.raises(UnavailableError, match="check the address"):
        run(42, "--url", url)


def test_a_receipt_of_the_twin_is_hashed_as_the_twin_is(tmp_path):
    with Installed(tmp_path / "data", twin=True) as log:
        log.grow(3)
        entry = log.entries[2]
        found = [run(2, "--data", log.data, "--log", f"{NAME}/sm3")]
        with log.served() as url:
            found += [run(2, "--url", url, "--log", f"{NAME}/sm3"), run(2, "--url", f"{url}/log/sm3")]
    for made in (receipt_in(result.stdout_bytes) for result in found):
        assert made.note.checkpoint.origin == f"{log.origin}/sm3"
        assert made.proves(entry, Sm3())
        assert not made.proves(entry, Sha256())


def test_what_is_not_signed_has_no_receipt(log):
    for what in (301, decision_id(300), decision_id(9999)):
        result = run(what, "--data", log.data)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "没有这条已签名的记录" in result.stderr


def test_a_decision_of_an_older_log_is_found(log):
    with Installed(log.data, "pdp1-1") as newer:
        newer.grow(1)
        made = receipt_in(run(decision_id(200), "--data", log.data).stdout_bytes)
        assert made.note.checkpoint.origin == log.origin
        assert receipt_in(run(1, "--data", log.data).stdout_bytes).note.checkpoint.origin == newer.origin
        assert receipt_in(run(1, "--data", log.data, "--log", NAME).stdout_bytes).note.checkpoint.origin == log.origin


def test_what_cannot_be_meant_is_said(log, tmp_path):
    with pytest.raises(RequestError, match="既不是决定的编号"):
        run("seven", "--data", log.data)
    with pytest.raises(RequestError, match="is no log of this folder; it has pdp1-0"):
        run(7, "--data", log.data, "--log", "pdp1-7")
    with pytest.raises(RequestError, match="must be an address"):
        run(7, "--url", "pdp.example")
    with pytest.raises(UnavailableError, match="no decision log is here"):
        run(7, "--data", tmp_path / "nothing")


def test_damaged_tiles_give_no_receipt(log):
    log.publishing.stop()
    (log.folder / "log/tile/0/000").write_bytes(bytes(8192))
    with pytest.raises(UnavailableError, match="do not lead from entry 7"):
        run(7, "--data", log.data)
