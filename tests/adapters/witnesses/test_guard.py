"""Promises of the rollback guard, with real witnesses over HTTP: a log that was set back or copied does not go on."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from adapters.witnesses.client import WitnessClient
from adapters.witnesses.exchange import Cosigner
from adapters.witnesses.guard import AGAIN, SOON, RollbackGuard
from pdp.log.rollback import OurLog, RollbackDetectedError, root_over
from pdp.log.suite import Sha256
from pdp.log.tiles import nodes
from pdp.log.tree import consistency
from tests.adapters.witnesses.conftest import Switched, served
from tests.adapters.witnesses.story import LOG_KEY, ORIGIN, SUITE, WITNESS_KEY, verify
from tests.logs.published import note_over, small, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Installation:
    """A log in a folder: its entries, one a line, and the client and guard that a service would have."""

    def __init__(self, folder: Path, clock: list[float], **urls: str) -> None:
        self._journal = folder / "journal"
        folder.mkdir(exist_ok=True)
        self._journal.touch()
        cosigners = [Cosigner(name, (WITNESS_KEY.public,), url) for name, url in urls.items()]
        self.client = WitnessClient(cosigners, verify, folder / "witness", clock=lambda: clock[0], timeout=10)
        log = OurLog(ORIGIN, lambda: [LOG_KEY.public], lambda: len(self.entries()), self._root_at)
        self.guard = RollbackGuard(self.client, log, verify, clock=lambda: clock[0])

    def entries(self) -> list[bytes]:
        """Return all that was recorded."""
        return self._journal.read_bytes().splitlines()

    def record(self, *entries: bytes) -> None:
        """Record more."""
        with self._journal.open("ab") as journal:
            journal.write(b"".join(entry + b"\n" for entry in entries))

    def publish(self) -> bool:
        """Sign and have co-signed what is there, if the guard lets it; return whether a witness co-signed."""
        if not self.guard.allows():
            return False
        entries = self.entries()
        tiles, _ = tree_of(entries)
        tree, size = nodes(len(entries), tiles.__getitem__, SUITE), len(entries)
        return bool(self.client.ask(note_over(entries, LOG_KEY), lambda old: consistency(old, size, tree, SUITE)))

    def _root_at(self, size: int) -> bytes:
        return root_over(self.entries()[:size], Sha256())


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def start(tmp_path, clock, our_url) -> Iterator[object]:
    """Return a function that starts an installation on a folder."""
    started: list[Installation] = []

    def starting(name: str = "log", **urls: str) -> Installation:
        started.append(Installation(tmp_path / name, clock, **(urls or {"b": our_url})))
        return started[-1]

    yield starting
    for each in started:
        each.client.close()


ENTRIES = small(20)


def test_an_honest_log_starts_grows_and_starts_again(start):
    log = start()
    log.record(*ENTRIES[:5])
    assert log.publish()
    log.record(*ENTRIES[5:9])
    assert log.publish()

    assert start().guard.allows()


def test_a_restored_backup_is_refused_at_the_start(start, tmp_path):
    log = start()
    log.record(*ENTRIES[:5])
    assert log.publish()
    shutil.copytree(tmp_path / "log", tmp_path / "backup")
    log.record(*ENTRIES[5:9])
    assert log.publish()
    restored = start("backup")
    for _ in range(2):
        with pytest.raises(RollbackDetectedError, match="b has co-signed 9 entries of this log, and here are 5"):
            restored.publish()

    assert log.publish()  # the log itself goes on


def test_a_restored_backup_that_has_grown_beyond_what_was_seen_is_refused_too(start, tmp_path):
    log = start()
    log.record(*ENTRIES[:5])
    assert log.publish()
    shutil.copytree(tmp_path / "log", tmp_path / "backup")
    log.record(*ENTRIES[5:9])
    assert log.publish()
    restored = start("backup")
    restored.record(*(b"another " + entry for entry in ENTRIES[5:12]))

    with pytest.raises(RollbackDetectedError, match="and here are 12, with another root over them"):
        restored.publish()


def test_a_backup_that_is_as_far_as_what_was_seen_is_accepted(start, tmp_path):
    log = start()
    log.record(*ENTRIES[:5])
    assert log.publish()
    shutil.copytree(tmp_path / "log", tmp_path / "backup")

    assert start("backup").publish()


def test_of_two_copies_that_run_at_once_one_is_stopped_within_seconds(start, tmp_path, clock):
    log = start()
    log.record(*ENTRIES[:5])
    assert log.publish()
    shutil.copytree(tmp_path / "log", tmp_path / "copy")
    copy = start("copy")
    assert copy.publish()  # as long as nothing is added, they are the same log
    log.record(ENTRIES[5])
    copy.record(b"another " + ENTRIES[5], *ENTRIES[6:8])
    assert log.publish()
    assert not copy.publish()  # the witness says that it has seen something else
    clock[0] += SOON

    with pytest.raises(RollbackDetectedError, match="another root over them"):
        copy.publish()
    log.record(ENTRIES[6])
    assert log.publish()


def test_nothing_is_signed_until_a_witness_has_answered(start, clock, ours):
    witness, alarms = Switched(ours.endpoint), list[str]()
    with served(witness, alarms.append) as url:
        log = start(b=url)
        log.record(*ENTRIES[:5])
        assert not log.publish()
        witness.up = True
        assert not log.publish()  # it is not asked each time
        clock[0] += SOON

        assert log.publish()
    assert alarms == ["the disk is gone"]


def test_one_witness_that_answers_is_enough(start, our_url):
    log = start(b="http://127.0.0.1:1", c=our_url)
    log.record(*ENTRIES[:5])

    assert log.publish()


def test_witnesses_that_go_away_later_stop_nothing(start, clock, ours):
    with served(ours.endpoint) as url:
        log = start(b=url)
        assert log.guard.allows()
    clock[0] += AGAIN

    assert log.guard.allows()


def test_the_witnesses_are_asked_again_every_hour(start, clock):
    log, copy = start(), start("copy")
    assert log.guard.allows()
    copy.record(*ENTRIES[:5])
    assert copy.publish()
    clock[0] += AGAIN - 1
    assert log.guard.allows()
    clock[0] += 1

    with pytest.raises(RollbackDetectedError):
        log.guard.allows()


def test_a_log_without_witnesses_signs_at_once(tmp_path, clock):
    log = Installation(tmp_path / "alone", clock)
    assert log.guard.allows()
    log.client.close()
