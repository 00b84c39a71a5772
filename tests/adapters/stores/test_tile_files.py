"""Promises of the files of a published log: what is read is what was written, whichever step a stop came after."""

from __future__ import annotations

import errno
import os
import threading
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.stores.tile_files import TileFiles
from pdp.errors import UnavailableError
from pdp.log.note import Checkpoint, note_in
from pdp.log.publisher import Publisher, Writing
from pdp.log.suite import Sha256
from pdp.log.tiles import MissingTileError, Tile, tiles_of
from tests.logs.published import AT, LOG_KEY, ORIGIN, note_over, small, tree_of

ENTRIES = small(600)
CALLS = ("open", "pwrite", "fsync", "rename")


class LogSigner:
    """Signs with the log's key of the test vector."""

    key = LOG_KEY.public

    def sign(self, checkpoint: Checkpoint, time: int) -> bytes:
        """Return the signature."""
        return LOG_KEY.line(checkpoint, time).signature


def publisher(folder, calls=os):
    """Return a publisher of the entries in `folder`."""
    what = Writing(ORIGIN, Sha256(), lambda _: (LogSigner(),), lambda since, until: ENTRIES[since:until])
    return Publisher(what, TileFiles.of(folder, calls=calls))


def content(folder):
    """Return what lies in the published folder, by path; files that a stop left aside do not count."""
    files = (path for path in (folder / "log").rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(folder / "log")): path.read_bytes() for path in files}


def expected(size):
    """Return what must lie there."""
    tiles = {tile.path: data for tile, data in tree_of(ENTRIES[:size])[0].items()}
    return {**tiles, "checkpoint": str(note_over(ENTRIES[:size], LOG_KEY)).encode()}


def test_a_published_log_lies_where_anyone_may_serve_it(tmp_path):
    publisher(tmp_path).publish(600, AT)
    assert content(tmp_path) == expected(600)
    assert (tmp_path / "state/checkpoint").read_bytes() == expected(600)["checkpoint"]


@given(st.lists(st.integers(1, 200), min_size=1, max_size=4))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_only_the_newest_width_of_a_tile_is_kept(tmp_path, steps):
    folder = tmp_path / str(next(NUMBER))
    folder.mkdir()
    made, size = publisher(folder), 0
    for step in steps:
        size = min(size + step, len(ENTRIES))
        made.publish(size, AT)
        assert content(folder) == expected(size)
    assert not list((folder / "log").rglob(".*"))


NUMBER = count()


def test_every_narrower_width_is_cut_from_what_is_there(tmp_path):
    publisher(tmp_path).publish(600, AT)
    files = TileFiles.of(tmp_path)
    for size in range(1, 601, 7):
        tiles = tree_of(ENTRIES[:size])[0]
        assert {tile: files.read(tile) for tile in tiles_of(size)} == tiles
    for tile in (Tile(0, 2, 89), Tile(0, 2), Tile(0, 3, 1), Tile(1, 0, 3), Tile(2, 0, 1), Tile(40, 0, 1)):
        with pytest.raises(MissingTileError):
            files.read(tile)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"short")])
def test_a_tile_that_is_missing_or_short_is_said_to_be_missing(tmp_path, damage):
    publisher(tmp_path).publish(300, AT)
    files = TileFiles.of(tmp_path)
    for tile in tiles_of(300):
        damage(tmp_path / "log" / tile.path)
        with pytest.raises(MissingTileError, match="not there, or too short"):
            files.read(tile)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("first", "second"), [(0, 3), (250, 300)])
def test_publish_crash_each_step_on_files(tmp_path, failing, call, first, second):
    """Whatever call of the kernel fails, the first publication after it gives the same files."""
    for nth in count(1):
        folder = tmp_path / str(nth)
        folder.mkdir()
        publisher(folder).publish(first, AT)
        kernel = failing(call, nth, OSError(errno.EIO, "broken"))
        try:
            publisher(folder, kernel).publish(second, AT)
        except UnavailableError as fault:
            assert "mend the device" in str(fault)  # noqa: PT017  # the last round raises nothing
            assert seen(folder) <= kept(folder)
        else:
            break
        publisher(folder).publish(second, AT)
        assert content(folder) == expected(second)
    assert nth > 3


def seen(folder):
    """Return the size that everybody sees."""
    data = TileFiles.of(folder).published()
    return note_in(data).checkpoint.size if data else 0


def kept(folder):
    """Return the size that was signed last."""
    data = TileFiles.of(folder).signed()
    return note_in(data).checkpoint.size if data else 0


def test_a_short_write_is_a_failure(tmp_path, failing):
    with pytest.raises(UnavailableError, match="the kernel wrote 5 of"):
        publisher(tmp_path, failing("pwrite", 1, short=5)).publish(3, AT)
    assert TileFiles.of(tmp_path).published() is None


def test_everything_is_on_the_device_before_what_rests_on_it(tmp_path):
    """The order of calls: files of a level, their names, their folders; then what was signed, then what is shown."""
    recorded = Recorded()
    publisher(tmp_path, recorded).publish(300, AT)
    names = [str(path.relative_to(tmp_path)) for path in recorded.renamed]
    assert names == [
        "log/tile/0/000",
        "log/tile/0/001.p/44",
        "log/tile/1/000.p/1",
        "state/checkpoint",
        "log/checkpoint",
    ]
    assert not recorded.unsynced


class Recorded:
    """The kernel, noting what was renamed before its content was synced, and what rested on an unsynced folder."""

    def __init__(self) -> None:
        self.renamed, self.unsynced, self._open, self._clean, self._dirty = [], [], {}, set(), set()

    def open(self, path, flags, mode):
        """Open, and remember what is open."""
        fd = os.open(path, flags, mode)
        self._open[fd] = path
        return fd

    def close(self, fd):
        """Close."""
        os.close(fd)

    def pwrite(self, fd, data, offset):
        """Write: what is written is not on the device."""
        self._clean.discard(self._open[fd])
        return os.pwrite(fd, data, offset)

    def fsync(self, fd):
        """Sync a file or a folder."""
        os.fsync(fd)
        self._clean.add(self._open[fd])
        self._dirty.discard(self._open[fd])

    def rename(self, source, target):
        """Rename; whatever belongs to a lower level or an earlier step must be on the device."""
        if source not in self._clean or any(folder != target.parent for folder in self._dirty - {sibling(target)}):
            self.unsynced.append(target)
        source.rename(target)
        self._dirty.add(target.parent)
        self.renamed.append(target)


def sibling(target):
    """Return the folder of the same level that may wait for its sync together with the folder of `target`."""
    return target.parent.parent if target.parent.suffix == ".p" else target


def test_tiles_are_read_whole_while_they_are_replaced(tmp_path):
    made, files, faults, stop = publisher(tmp_path), TileFiles.of(tmp_path), [], threading.Event()
    made.publish(1, AT)
    first = files.read(Tile(0, 0, 1))

    def read() -> None:
        while not stop.is_set():
            if files.read(Tile(0, 0, 1)) != first:
                faults.append("another leaf")

    def reading() -> None:
        try:
            read()
        except MissingTileError as fault:
            faults.append(fault)

    readers = [threading.Thread(target=reading) for _ in range(2)]
    for reader in readers:
        reader.start()
    for size in range(2, 270):
        made.publish(size, AT)
    stop.set()
    for reader in readers:
        reader.join()
    assert faults == []


def test_a_twin_hashed_otherwise_lies_beside(tmp_path):
    files = TileFiles.of(tmp_path, "sm3")
    files.store_signed(b"signed")
    files.publish(b"shown")
    files.publish_witnessed(b"witnessed")
    assert (tmp_path / "state-sm3/checkpoint").read_bytes() == files.signed() == b"signed"
    assert (tmp_path / "log-sm3/checkpoint").read_bytes() == files.published() == b"shown"
    assert (tmp_path / "log-sm3/witnessed-checkpoint").read_bytes() == files.witnessed() == b"witnessed"
    assert TileFiles.of(tmp_path).signed() is TileFiles.of(tmp_path).witnessed() is None
