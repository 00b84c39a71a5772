"""Everything that runs beside the journal of a service: keys, publication, witnesses, sealing, and who is told."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from adapters.publishing.publishing import Publishing, Rhythm, Tree
from adapters.publishing.serving import Serving
from adapters.publishing.trusted import auditors_policy, cosigners, quorum_policy
from adapters.signers.key_ring import KeyRing
from adapters.signers.sm3 import Sm3
from adapters.signers.verify import verify
from adapters.stores.sealing import Sealing
from adapters.stores.tile_files import TileFiles
from adapters.witnesses.client import WitnessClient
from adapters.witnesses.guard import RollbackGuard
from pdp.errors import UnavailableError
from pdp.log.anchoring import RESTORED, Anchoring
from pdp.log.growth import ForkError
from pdp.log.note import NoteError, note_in, signatures
from pdp.log.rollback import OurLog, RollbackDetectedError, root_over
from pdp.log.suite import Sha256
from pdp.log.tiles import MissingTileError, nodes
from pdp.log.tree import root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from adapters.settings import Settings
    from adapters.stores.journal import Journal
    from pdp.log.note import Note

    Record = Callable[[str, Mapping[str, object]], None]

KEYS: Final = "keys"  # below the data folder; each log has a folder of its own in it
TWIN: Final = "sm3"


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears of what; called in threads of the keeping."""

    alarm: Callable[[str, str], None]  # what is wrong, and the fault in words; the service goes on
    stop: Callable[[UnavailableError], None]  # the log must not go on
    leisure: Callable[[Record], None]  # after each turn of publishing: what can wait is done, and recorded


class LogKeeping:
    """Keeps one log, from `start` until `stop`. A context manager; what it opened is closed at the end."""

    def __init__(self, settings: Settings, folder: Path, origin: str, journal: Journal, told: Told) -> None:
        """Prepare to keep the log of `journal`, which lies in `folder` and is called `origin`."""
        self._settings, self._folder, self._origin, self._journal = settings, folder, origin, journal
        self._told = told
        self._record: Record | None = None
        self._ended: UnavailableError | None = None  # why the log must not go on
        self._stack = ExitStack()
        self._suite = Sha256()
        self._files = TileFiles.of(folder)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._open(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._record = None
        self._stack.close()

    @property
    def witness_faults(self) -> Mapping[str, str | None]:
        """Return of each witness why its last line is missing; None where it is not."""
        return self._witnesses.faults

    def refusal(self) -> UnavailableError | None:
        """Return why nothing may be answered now, or None."""
        return self._ended or self._anchoring.refusal(time.monotonic())

    def serving(self) -> Serving:
        """Return what the HTTP service shows of the logs."""
        return Serving(self._folder, self._publishing, self._journal.find, self.policy)

    def policy(self) -> str:
        """Return the policy file for auditors."""
        url = (self._settings.public_url or f"http://{self._settings.host}:{self._settings.port}").rstrip("/")
        return str(auditors_policy(self._rings, f"{url}/log/", self._settings.log))

    def start(self, record: Record) -> None:
        """Begin to publish and to seal; `record` puts an event into the log and returns when it is there."""
        self._record = record
        self._publishing.start()
        if self._settings.log.seal:
            self._sealing.start()

    def stop(self) -> None:
        """Publish what is not published yet, and stop."""
        self._publishing.stop()
        self._sealing.stop()
        self._record = None

    def _open(self, stack: ExitStack) -> None:
        settings, now = self._settings, datetime.now(UTC)
        new = self._files.signed() is None and self._files.published() is None
        keys = settings.data / KEYS
        self._ring = KeyRing.open(keys / self._folder.name, self._origin, now, sm2=settings.log.sm2, create=new)
        self._twin_ring = self._open_twin(keys, now) if settings.log.sm3_twin else None
        self._witnesses = WitnessClient(
            cosigners(settings.log), verify, self._folder / "state" / "witness", tell=self._tell_of_witness
        )
        stack.callback(self._witnesses.close)
        self._guard = RollbackGuard(self._witnesses, self._our_log(), verify)
        self._guard.allows()  # a log that was set back does not start
        self._publishing = self._publishing_of()
        self._anchoring = self._anchored()
        self._sealing = Sealing(self._journal.folder, lambda: self._publishing.covered, failed=self._sealing_failed)
        stack.callback(self.stop)

    @property
    def _rings(self) -> tuple[KeyRing, ...]:
        return (self._ring, self._twin_ring) if self._twin_ring else (self._ring,)

    def _open_twin(self, keys: Path, now: datetime) -> KeyRing:
        files = TileFiles.of(self._folder, TWIN)
        new = files.signed() is None and files.published() is None
        folder, sm2 = keys / f"{self._folder.name}.{TWIN}", self._settings.log.sm2
        return KeyRing.open(folder, f"{self._origin}/{TWIN}", now, sm2=sm2, create=new)

    def _publishing_of(self) -> Publishing:
        log = self._settings.log
        policy = quorum_policy((self._ring,), log)
        ring, twin_ring = self._ring, self._twin_ring
        witnesses = self._witnesses if log.witnesses else None
        tree = Tree(self._suite, lambda at: ring.signers(_instant(at)), policy, witnesses)
        twin = Tree(Sm3(), lambda at: twin_ring.signers(_instant(at))) if twin_ring else None
        rhythm = Rhythm(self._failed, log.publish_seconds, self._allowed, self._after)
        return Publishing(self._folder, self._origin, self._journal, tree, rhythm, twin)

    def _our_log(self) -> OurLog:
        ring, journal = self._ring, self._journal
        return OurLog(self._origin, lambda: [key.key for key in ring.keys], lambda: journal.size, self._root_at)

    def _root_at(self, size: int) -> bytes:
        """Return the root over the first `size` entries: from tiles as far as they reach, else from the entries."""
        signed = self._signed()
        if signed is not None and size <= signed.checkpoint.size:
            try:
                return root(size, nodes(signed.checkpoint.size, self._files.read, self._suite), self._suite)
            except MissingTileError:
                pass  # the entries are there, and tiles are made of them
        return root_over((entry for index, entry in self._journal.records() if index < size), self._suite)

    def _anchored(self) -> Anchoring:
        """Return the clock that watches over what others vouch for; a restart buys no time."""
        log, covered = self._settings.log, self._publishing.covered
        note = self._publishing.note
        uncovered = note is not None and covered < self._journal.size
        age = max(0.0, time.time() - self._vouched_at(note)) if note is not None and uncovered else 0.0
        return Anchoring(log.late_seconds, log.overdue_seconds, time.monotonic(), age)

    def _vouched_at(self, note: Note) -> float:
        """Return when `note`, or the newest one with a quorum where one is needed, was signed; Unix seconds."""
        if self._settings.log.quorum:
            witnessed = self._files.witnessed()
            if witnessed is None:
                return time.time()
            note = _readable(witnessed) or note
        keys = [key.key for key in self._ring.keys]
        keys += [key for cosigner in cosigners(self._settings.log) for key in cosigner.keys]
        try:
            return max(signatures(note, keys, verify).values(), default=0) or time.time()
        except NoteError:
            return time.time()

    def _signed(self) -> Note | None:
        return _readable(self._files.signed())

    def _allowed(self) -> None:
        """Let nothing be signed before a witness has said that it has seen no more of this log than is here."""
        if not self._guard.allows():
            message = f"{self._origin}: no witness has answered yet; decisions are recorded, and signed when one has"
            raise UnavailableError(message)

    def _after(self) -> None:
        """Do what follows a turn: tell the log of its keys and of the anchoring clock, then what can wait."""
        event = self._anchoring.note(time.monotonic(), self._publishing.covered, self._journal.size)
        if event is not None:
            said = "are vouched for again, after" if event.kind == RESTORED else "have not been vouched for during"
            self._told.alarm(event.kind, f"{self._origin}: the newest entries {said} {event.age} s")
            self._put(event.kind, event.members)
        for ring in self._rings:
            self._tell_of_keys(ring)
        self._sealing.look()
        if self._record is not None:
            self._told.leisure(self._record)

    def _tell_of_keys(self, ring: KeyRing) -> None:
        """Tell the log of keys that were added or retired, be it by another process while nothing was signed."""
        ring.signers(datetime.now(UTC))
        told = [change for change in ring.untold() if self._put(change.kind, {"key": str(change.key)})]
        if told:
            ring.told(told)

    def _put(self, kind: str, members: Mapping[str, object]) -> bool:
        """Return whether an event was put into the log; before the start and after the end nothing is."""
        if self._record is None:
            return False
        self._record(kind, members)
        return True

    def _failed(self, fault: Exception) -> None:
        self._told.alarm("the log cannot be published", str(fault))
        if isinstance(fault, (RollbackDetectedError, ForkError)):
            self._ended = fault
            self._told.stop(fault)

    def _sealing_failed(self, fault: UnavailableError) -> None:
        self._told.alarm("a full segment stays as it is", str(fault))

    def _tell_of_witness(self, name: str, fault: str | None) -> None:
        self._told.alarm(f"witness {name}", fault or "co-signs again")


def _readable(data: bytes | None) -> Note | None:
    """Return the note in `data`; what is none vouches for nothing."""
    try:
        return note_in(data or b"")
    except NoteError:
        return None


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
