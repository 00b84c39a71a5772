"""The thread that publishes: every second, if the journal grew, and once more at the end. It never delays an answer.

It shares one interpreter with the event loop. So it hashes a few entries at a time and sleeps a little after each few:
a thread that only yields takes the interpreter back before the other one has woken up.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from adapters.stores.tile_files import TileFiles
from pdp.log.publisher import ForkError, Publisher, Writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from pdp.log.note import Note
    from pdp.log.ports import Signer, Witnesses
    from pdp.log.receipt import ProofOfInclusion
    from pdp.log.suite import HashSuite
    from pdp.log.trust import TrustPolicy

PAUSE: Final = 0.0001  # seconds that others have the interpreter for after each few entries
PATIENCE: Final = 30.0  # seconds for the last publication; a device that hangs does not keep the process


class GrowingJournal(Protocol):
    """What is published; `adapters.stores.journal.Journal` is one. From any thread."""

    @property
    def size(self) -> int:
        """Return the number of entries on the device."""
        ...

    def records(self, since: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield `(index, entry)` of every durable entry from index `since`."""
        ...


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree over the journal's entries: how it is hashed, who signs it at a Unix time, who co-signs it."""

    suite: HashSuite
    signers: Callable[[int], Sequence[Signer]]
    policy: TrustPolicy | None = None  # whose cosignatures are a quorum; None: nobody's are needed
    witnesses: Witnesses | None = None


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When it is published, and who is told.

    All of them are called in the publishing thread. `allowed` raises UnavailableError while nothing may be signed, for
    example before a witness has said that this is the newest state; `after` follows every turn, whether or not
    something was published; `alarm` is told of every failure once, until another one or none follows.
    """

    alarm: Callable[[Exception], None]
    seconds: float = 1.0
    allowed: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None


class Publishing:
    """Publishes one journal as one log, or as two that are hashed differently. From any thread but its own."""

    def __init__(  # noqa: PLR0913, PLR0917  # where, what, who signs, when, and the twin
        self,
        folder: Path,
        origin: str,
        journal: GrowingJournal,
        tree: Tree,
        rhythm: Rhythm,
        twin: Tree | None = None,
    ) -> None:
        """Take up where publishing stopped.

        Args:
            folder: `<data>/<node>-<k>`.
            origin: the log's own name; the twin's is this with `/` and the name of its suite.
            journal: what is published.
            tree: the log.
            rhythm: when, and who is told.
            twin: a second log over the same entries, hashed by another suite.

        Raises:
            ForkError: journal and published log contradict what was signed last.
            UnavailableError: the folder cannot be used.
        """
        self._journal, self._rhythm = journal, rhythm
        self._line = _Line(folder, origin, journal, tree)
        self._lines = [self._line]
        if twin is not None:
            self._lines.append(_Line(folder, f"{origin}/{twin.suite.name}", journal, twin))
        self._told = ""
        self._stopping = threading.Event()
        self._turned = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="publishing", daemon=True)

    @property
    def note(self) -> Note | None:
        """Return the newest note of the log, with the cosignatures it has so far."""
        return self._line.publisher.note

    @property
    def covered(self) -> int:
        """Return how many entries receipts can be given for."""
        return self._line.publisher.covered

    @property
    def forked(self) -> ForkError | None:
        """Return why nothing is signed any more, for ever; None while all is well."""
        return self._line.forked

    def receipt(self, index: int) -> ProofOfInclusion:
        """Return the proof that entry `index` is in the log; raise UnavailableError if it is not covered yet."""
        return self._line.publisher.receipt(index)

    def wait_for(self, index: int, timeout: float) -> bool:
        """Return whether entry `index` is covered, as soon as it is or after `timeout` seconds."""
        with self._turned:
            return self._turned.wait_for(lambda: self.covered > index, timeout)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """Publish what is still unpublished, and stop. The journal must still be readable."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            due = max(due + self._rhythm.seconds, time.monotonic())
            self._turn()
        self._turn()

    def _turn(self) -> None:
        """Publish once, if that is allowed; whatever goes wrong is told, and tried again at the next turn."""
        told = self._try(self._rhythm.allowed, "")
        for advance in [] if told else [line.advance for line in self._lines]:
            told = self._try(advance, told)
        self._told = self._try(self._rhythm.after, told)
        with self._turned:
            self._turned.notify_all()

    def _try(self, step: Callable[[], None], told: str) -> str:
        """Take a step; return what was told so far in this turn, and of the step."""
        try:
            step()
        except Exception as fault:  # noqa: BLE001  # the thread outlives a defect; the operator hears of it
            told += str(fault)
            self._tell(fault, told)
        return told

    def _tell(self, fault: Exception, told: str) -> None:
        if told not in self._told:
            self._rhythm.alarm(fault)


class _Line:
    """One of the logs that are published of a journal."""

    def __init__(self, folder: Path, origin: str, journal: GrowingJournal, tree: Tree) -> None:
        what = Writing(origin, tree.suite, tree.signers, lambda a, b: _between(journal, a, b), _pause)
        self.publisher = Publisher(what, TileFiles.of(folder, tree.suite.name), tree.policy)
        self.forked: ForkError | None = None
        self._journal, self._witnesses = journal, tree.witnesses

    def advance(self) -> None:
        """Publish what is new, then ask the witnesses; a log that forked is never signed again."""
        if self.forked is not None:
            return
        try:
            new = self.publisher.publish(self._journal.size, int(time.time()))
        except ForkError as fault:
            self.forked = fault
            raise
        note = self.publisher.note
        if self._witnesses is not None and note is not None and (new is not None or not self.publisher.witnessed):
            self.publisher.merge(note, self._witnesses.ask(note, self.publisher.prove(note)))


def _between(journal: GrowingJournal, since: int, until: int) -> Iterable[bytes]:
    """Yield the entries from `since` up to, not with, `until`."""
    for index, entry in journal.records(since) if since < until else ():
        if index >= until:
            return
        yield entry


def _pause() -> None:
    time.sleep(PAUSE)
