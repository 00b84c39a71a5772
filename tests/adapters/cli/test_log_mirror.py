"""`pdp log mirror`: plain files that others verify, only what is new, never a copy that does not fit the signatures."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import threading

import pytest
from typer import Typer
from typer.testing import CliRunner

from adapters.cli.log.mirror import command
from pdp.errors import PDPError, UnavailableError
from pdp.log.note import note_in
from pdp.log.tiles import bundles_of, tiles_of, unbundled
from tests.logs.installation import NAME, Installed
from tests.logs.published import LOG_KEY, note_over, tree_of
from tests.logs.verifiers import FSCK, fsck_of

app = Typer()
app.command()(command)


@pytest.fixture
def log(tmp_path):
    """Return a log that is being written."""
    with Installed(tmp_path / "data") as made:
        yield made


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "copy"


def run(*arguments: object):
    """Return how the command ends; raise the fault that somebody must mend."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    if isinstance(result.exception, PDPError):
        raise result.exception
    return result


def check(copy, entries):
    """Check that the copy holds the log of `entries` and nothing else."""
    size = len(entries)
    tiles = {tile.path: data for tile, data in tree_of(entries)[0].items()}
    files = {str(path.relative_to(copy)): path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    bundles = {tile.path for tile in bundles_of(size)}
    assert set(files) == {*tiles, *bundles, "checkpoint"}
    assert {path: files[path] for path in tiles} == tiles
    assert [entry for tile in bundles_of(size) for entry in unbundled(files[tile.path])] == entries
    assert len(list(tiles_of(size))) == len(tiles)
    assert note_in(files["checkpoint"]) == note_over(entries, LOG_KEY)


def accepted_by_fsck(copy):
    """Return whether Tessera's own check accepts the copy."""
    if not FSCK.exists():
        if os.environ.get("PDP_ALLOW_NO_FSCK") == "1":
            pytest.skip("fsck is missing, and PDP_ALLOW_NO_FSCK=1 accepts that this promise is not verified here")
        pytest.fail("fsck is missing: run scripts/install_log_verifiers.sh, or set PDP_ALLOW_NO_FSCK=1")
    checkpoint = note_in((copy / "checkpoint").read_bytes()).checkpoint
    return fsck_of(copy, str(LOG_KEY.public)) == (checkpoint.size, checkpoint.root.hex())


@pytest.mark.parametrize("steps", [[1], [254, 1, 1], [300, 7], [600], [255, 256, 100]])
def test_a_copy_is_whole_after_every_step_and_accepted_by_others(log, copy, steps):
    for step in steps:
        log.grow(step)
        result = run(copy, "--data", log.data)
        assert (result.exit_code, f"{len(log.entries)} 条" in result.stdout) == (0, True)
        check(copy, log.entries)
    assert accepted_by_fsck(copy)


def test_only_what_is_new_is_written(log, copy):
    log.grow(600)
    run(copy, "--data", log.data)
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))
    log.grow(10)
    shown = json.loads(run(copy, "--data", log.data, "--json").stdout)
    assert (shown["before"], shown["size"]) == (601, 611)
    untouched = {
        str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file() and path.stat().st_mtime == 1
    }
    assert untouched == {"tile/0/000", "tile/0/001", "tile/entries/000", "tile/entries/001"} | {"tile/1/000.p/2"}
    check(copy, log.entries)
    assert run(copy, "--data", log.data).exit_code == 0


def test_a_copy_over_http_is_the_copy_from_the_folder(log, copy, tmp_path):
    log.grow(300)
    with log.served() as url:
        run(copy, "--url", url)
        run(tmp_path / "named", "--url", url, "--log", NAME)
    check(copy, log.entries)
    check(tmp_path / "named", log.entries)


def test_a_copy_of_a_copy_on_any_web_server(log, copy, tmp_path):
    log.grow(300)
    run(copy, "--data", log.data)
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        run(tmp_path / "second", "--url", f"http://127.0.0.1:{server.server_port}/copy/")
        server.shutdown()
        thread.join()
    check(tmp_path / "second", log.entries)


def test_the_twin_of_a_log_is_copied_and_checked_by_its_own_hashes(tmp_path):
    with Installed(tmp_path / "data", twin=True) as log:
        log.grow(300)
        twin = f"{NAME}/sm3"
        run(tmp_path / "folder", "--data", log.data, "--log", twin)
        with log.served() as url:
            run(tmp_path / "named", "--url", url, "--log", twin)
            run(tmp_path / "prefix", "--url", f"{url}/log/sm3/")
            run(tmp_path / "plain", "--url", url)
        note = note_in((log.folder / "log-sm3/checkpoint").read_bytes())
    own = (tmp_path / "plain/tile/entries/000").read_bytes()
    for copy in ("folder", "named", "prefix"):
        assert note_in((tmp_path / copy / "checkpoint").read_bytes()) == note
        assert (tmp_path / copy / "tile/entries/000").read_bytes() == own
        assert (tmp_path / copy / "tile/0/000").read_bytes() == (log.folder / "log-sm3/tile/0/000").read_bytes()
    assert note.checkpoint.origin == f"{log.origin}/sm3"


def test_a_copy_that_was_interrupted_is_finished(log, copy):
    log.grow(600)
    run(copy, "--data", log.data)
    (copy / "checkpoint").unlink()
    (copy / "tile/entries/001").unlink()
    shutil.rmtree(copy / "tile/0")
    run(copy, "--data", log.data)
    check(copy, log.entries)


def test_a_copy_that_was_damaged_is_said_to_be(log, copy):
    log.grow(600)
    run(copy, "--data", log.data)
    bundle = copy / "tile/entries/000"
    bundle.write_bytes(bundle.read_bytes().replace(b'"n":77', b'"n":78'))
    (copy / "checkpoint").unlink()
    result = run(copy, "--data", log.data)
    assert (result.exit_code, "does not follow the one before" in result.stderr) == (1, True)
    assert not (copy / "checkpoint").exists()
    bundle.write_bytes(bundle.read_bytes()[:-1])
    assert "ends within entry" in run(copy, "--data", log.data).stderr


def test_a_log_that_was_set_back_or_forked_is_never_copied_over_what_it_was(log, copy, tmp_path):
    log.grow(300)
    run(copy, "--data", log.data)
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    for count, size in ((100, 0), (300, 1), (400, 1)):
        with Installed(tmp_path / f"other-{count}") as other:
            other.grow(count, size)
            result = run(copy, "--data", other.data)
        assert result.exit_code == 1
        assert "keep both" in result.stderr
        kept = {path: path.read_bytes() for path in before}
        assert kept[copy / "checkpoint"] == before[copy / "checkpoint"]


def test_each_log_has_a_folder_of_its_own(log, copy):
    log.grow(3)
    run(copy, "--data", log.data)
    with Installed(log.data, "pdp1-1") as newer:
        newer.grow(3)
        result = run(copy, "--data", log.data)
        assert (result.exit_code, "give each log its own folder" in result.stderr) == (1, True)
        assert run(copy, "--data", log.data, "--log", NAME).exit_code == 0


def test_what_cannot_be_read_or_written_is_said(log, copy, tmp_path):
    log.grow(3)
    copy.write_text("a file")
    with pytest.raises(UnavailableError, match="cannot be written"):
        run(copy / "below", "--data", log.data)
    with pytest.raises(UnavailableError, match="check the address"):
        run(tmp_path / "copy2", "--url", "http://127.0.0.1:9")
