"""Promises of the publishing thread: what grew is covered soon, the end is covered too, and no failure goes untold."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from adapters.publishing.publishing import Tree
from adapters.signers.sm3 import Sm3
from adapters.stores.tile_files import TileFiles
from pdp.errors import UnavailableError
from pdp.log.note import note_in
from pdp.log.publisher import ForkError
from pdp.log.receipt import receipt_for
from pdp.log.suite import Sha256
from pdp.log.tree import check_consistency
from pdp.log.trust import trust_policy
from tests.logs.published import WITNESS_KEY, policy

LONG = 20.0  # seconds after which a condition that never comes fails the test


class Neighbour:
    """A witness that signs whatever extends what it signed before, or is down."""

    def __init__(self, *, down=False) -> None:
        self.down, self.seen, self.asked = down, None, threading.Event()

    def ask(self, note, prove):
        """Return the witness's line."""
        self.asked.set()
        if self.down:
            return []
        new = note.checkpoint
        if self.seen is not None:
            check_consistency(self.seen.size, self.seen.root, new.size, new.root, prove(self.seen.size), Sha256())
        self.seen = new
        return [WITNESS_KEY.line(new)]


def test_what_was_appended_is_covered_soon_and_proved(small):
    it = small()
    publishing = it.publish()
    publishing.start()
    indexes = it.append(300)
    assert publishing.wait_for(indexes[-1], LONG)
    entries = dict(it.journal.records())
    for index in (0, indexes[0], 255, 256, indexes[-1]):
        assert publishing.receipt(index).proves(entries[index], Sha256())
    assert it.alarms == []


def test_waiting_for_what_never_comes_ends(small):
    publishing = small().publish()
    publishing.start()
    assert not publishing.wait_for(10**9, 0.05)
    with pytest.raises(UnavailableError, match="no checkpoint covers"):
        publishing.receipt(10**9)


def test_the_end_is_published_too(small):
    it = small()
    publishing = it.publish(seconds=60)
    publishing.start()
    it.append(5)
    publishing.stop()
    assert publishing.covered == it.journal.size == 6


def test_a_restart_goes_on_from_what_was_signed(small):
    it = small()
    it.append(5)
    it.publish().start()
    it.publishing.stop()
    it.append(2)
    again = it.publish()
    assert again.covered == 6
    again.start()
    assert again.wait_for(7, LONG)


def test_a_failure_is_told_once_and_made_good_at_the_next_turn(small):
    it, turns = small(), Turns()
    aside = Path(it.folder / "log")
    aside.write_text("in the way of the folder")
    publishing = it.publish(after=turns)
    publishing.start()
    turns.wait(4)
    assert [type(fault) for fault in it.alarms] == [UnavailableError]
    aside.unlink()
    assert publishing.wait_for(0, LONG)
    assert len(it.alarms) == 1


def test_a_fork_stops_the_signing_for_good(small):
    it, turns = small(), Turns()
    it.append(5)
    it.publish().start()
    it.publishing.stop()
    behind = Shrunk(it.journal)
    it.journal, whole = behind, it.journal
    publishing = it.publish(after=turns)
    publishing.start()
    turns.wait(3)
    it.journal = whole
    behind.shown = whole.size  # even if what was missing comes back
    turns.wait(3)
    assert isinstance(publishing.forked, ForkError)
    assert [type(fault) for fault in it.alarms] == [ForkError]
    publishing.stop()


def test_nothing_is_signed_before_it_is_allowed(small):
    it, turns, allowed = small(), Turns(), []

    def guard() -> None:
        if not allowed:
            message = "no witness has answered yet"
            raise UnavailableError(message)

    publishing = it.publish(allowed=guard, after=turns)
    publishing.start()
    it.append(3)
    turns.wait(2)  # what follows a turn follows these too: the anchoring clock goes on
    assert TileFiles.of(it.folder).signed() is None
    allowed.append(True)
    assert publishing.wait_for(3, LONG)
    assert [str(fault) for fault in it.alarms] == ["no witness has answered yet"]


def test_receipts_wait_for_the_quorum_and_a_witness_that_comes_back_is_asked_again(small, signer):
    it, neighbour = small(), Neighbour(down=True)
    tree = Tree(Sha256(), lambda _: (signer,), trust_policy(policy(WITNESS_KEY, quorum=1)), neighbour)
    publishing = it.publish(tree)
    publishing.start()
    assert neighbour.asked.wait(LONG)
    assert publishing.covered == 0
    neighbour.down = False
    assert publishing.wait_for(0, LONG)
    it.append(40)
    assert publishing.wait_for(40, LONG)
    files = TileFiles.of(it.folder)
    assert files.witnessed() == str(publishing.receipt(40).note).encode()
    assert len(note_in(files.published()).lines) == 2
    assert it.alarms == []


def test_a_witness_that_fails_badly_costs_no_publication(small, signer):
    class Defective:
        def ask(self, *_: object) -> None:
            message = "a defect"
            raise RuntimeError(message)

    it = small()
    publishing = it.publish(Tree(Sha256(), lambda _: (signer,), None, Defective()))
    publishing.start()
    assert publishing.wait_for(0, LONG)
    it.append(3)
    assert publishing.wait_for(3, LONG)
    assert {str(fault) for fault in it.alarms} == {"a defect"}


def test_sm3_twin(small, signer):
    """The twin has the same entries under another origin, hashed with SM3, in folders of its own."""
    it, suite = small(), Sm3()
    publishing = it.publish(twin=Tree(suite, lambda _: (signer,)))
    publishing.start()
    it.append(300)
    publishing.stop()
    entries = [entry for _, entry in it.journal.records()]
    note = note_in(TileFiles.of(it.folder, "sm3").published())
    assert note.checkpoint.origin == f"{it.journal.origin}/sm3"
    assert note.checkpoint.size == len(entries) == publishing.covered
    receipt = receipt_for(299, note, TileFiles.of(it.folder, "sm3").read, suite)
    assert receipt.proves(entries[299], suite)
    assert not receipt.proves(entries[299], Sha256())


class Turns:
    """Counts turns, and waits for them."""

    def __init__(self) -> None:
        self._count, self._changed = 0, threading.Condition()

    def __call__(self) -> None:
        """Count one."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait(self, more: int) -> None:
        """Return when so many more turns have ended."""
        with self._changed:
            wanted = self._count + more
            assert self._changed.wait_for(lambda: self._count >= wanted, LONG)


class Shrunk:
    """A journal that has lost its last entry, until it is found again."""

    def __init__(self, journal) -> None:
        self._journal, self.shown = journal, journal.size - 1

    @property
    def size(self) -> int:
        """Return how many entries it shows."""
        return self.shown

    def records(self, since=0):
        """Yield the entries that it shows."""
        return (found for found in self._journal.records(since) if found[0] < self.shown)
