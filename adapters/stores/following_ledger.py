"""A node's own copy of a ledger that is shared: read here, recorded there, and level again within a second.

Everything is read from a file on this machine, so questions are decided whether or not the shared ledger can be
reached; `staleness` says how long ago the copy was last known to be level with it. Whatever is recorded goes to the
shared ledger first. A copy that the shared ledger does not continue is left as it is, and grows stale.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Protocol, Self

from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from adapters.stores.sqlite_ledger import SqliteLedger
    from pdp.ledger.act import Act, Done
    from pdp.ledger.admit import Admission
    from pdp.ledger.statement import Statement
    from pdp.ports import Clock

POLL = 1.0  # seconds between two looks where nothing is heard
_BATCH = 1_000  # statements taken over at a time
_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)  # seconds between two attempts to reach the shared ledger
_KEPT_EVERY = 5.0  # seconds between two notes of when the copy was level, for the next start
NEVER = timedelta(days=36_500)


class SharedLedger(Protocol):
    """The ledger that all nodes share."""

    admission: Admission

    def head(self) -> int:
        """Return the seq of the last statement."""
        ...

    def hashes(self, after: int, count: int) -> Sequence[str]:
        """Return the hashes of the `count` statements that follow statement `after`."""
        ...

    def statements(self, after: int = 0) -> Iterator[Statement]:
        """Yield the statements later than `after`."""
        ...

    def record(self, statements: Iterable[Statement]) -> Sequence[Statement]:
        """Record all of `statements` or none."""
        ...

    def do(self, act: Act) -> Done:
        """Record one act, once."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait until something is recorded, at most `seconds`."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class FollowingLedger:
    """Implements `pdp.ports.Ledger` and `pdp.ports.Freshness`. Its methods may be called from any thread."""

    def __init__(
        self,
        copy: SqliteLedger,
        connect: Callable[[], SharedLedger],
        clock: Clock,
        alarm: Callable[[str, str], None] = lambda _, __: None,
    ) -> None:
        """Follow what `connect` reaches into `copy`.

        Args:
            copy: this node's own; nobody else writes it.
            connect: opens the shared ledger; raises UnavailableError while it cannot be reached.
            clock: for how long ago a start was level.
            alarm: told, from the thread that follows, what is wrong with the shared ledger, once a fault.
        """
        self.copy = copy
        self._connect = connect
        self._clock = clock
        self._alarm = alarm
        self._taking = Lock()
        self._writing = Lock()
        self._writer: SharedLedger | None = None
        self._level: float | None = None  # monotonic, when the copy was last known to be level
        self._note = copy.path.with_name(f"{copy.path.stem}.level")
        self._before = _level_in(self._note)
        self._noted = 0.0
        self._ending = Event()
        self._thread = Thread(target=self._follow, name="ledger", daemon=True)
        with suppress(UnavailableError):  # the thread tells of it
            self._catch_up(self._shared())
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop following, and close both ledgers."""
        self._ending.set()
        self._thread.join(POLL * 5)
        with self._writing:
            if self._writer is not None:
                self._writer.close()
        self.copy.close()

    def staleness(self) -> timedelta:
        """Return how long ago the copy was last known to be level with the shared ledger."""
        if self._level is not None:
            return timedelta(seconds=time.monotonic() - self._level)
        if self._before is None:
            return NEVER
        ago = self._clock.now() - self._before
        return ago if ago >= timedelta() else NEVER  # a clock that was set back knows nothing

    @property
    def path(self) -> Path:
        """Return the file of the copy."""
        return self.copy.path

    @property
    def admission(self) -> Admission:
        """Return by what acts are admitted."""
        return self.copy.admission

    @admission.setter
    def admission(self, admission: Admission) -> None:
        self.copy.admission = admission
        with self._writing:
            if self._writer is not None:
                self._writer.admission = admission

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, ordered by `(at, seq)`."""
        return self.copy.about(ref)

    def head(self) -> int:
        """Return the seq of the last statement that this node knows."""
        return self.copy.head()

    def shared_head(self) -> int:
        """Return the seq of the last statement of the shared ledger, for statements that are being recorded."""
        return self._shared().head()

    def changed_since(self, seq: int) -> Iterable[str]:
        """Return every ref that a statement later than `seq` is about, each once."""
        return self.copy.changed_since(seq)

    def hashes(self, after: int, count: int) -> Sequence[str]:
        """Return the hashes of the `count` statements that follow statement `after`."""
        return self.copy.hashes(after, count)

    def refs(self, start: str, after: str, upto: int, limit: int) -> Sequence[str]:
        """Return at most `limit` refs beginning with `start` that come after `after`, of statements up to `upto`."""
        return self.copy.refs(start, after, upto, limit)

    def statements(self, after: int = 0) -> Iterator[Statement]:
        """Yield the statements later than `after`."""
        return self.copy.statements(after)

    def asked(self, request: str) -> Statement | None:
        """Return the statement that was recorded under this request, as far as this node knows."""
        return self.copy.asked(request)

    def entities(self, kind: str) -> int:
        """Return how many entities have a statement of `kind`."""
        return self.copy.entities(kind)

    def entities_of(self, kind: str, after: int, limit: int, *names: Collection[str]) -> Sequence[Statement]:
        """Return at most `limit` statements of `kind` later than the seq `after`, by seq; of `names`, if any."""
        return self.copy.entities_of(kind, after, limit, *names)

    def verify(self) -> int:
        """Check the whole chain of the copy; return the number of statements."""
        return self.copy.verify()

    def record(self, statements: Iterable[Statement]) -> Sequence[Statement]:
        """Record all of `statements` or none in the shared ledger; this node knows of them when this returns.

        Raises:
            UnavailableError: the shared ledger cannot be reached; nothing was recorded, or the message says otherwise.
        """
        with self._writing:
            shared = self._shared()
            recorded = shared.record(statements)
            self._catch_up(shared)
        return recorded

    def do(self, act: Act) -> Done:
        """Record one act in the shared ledger, once; this node knows of it when this returns."""
        with self._writing:
            shared = self._shared()
            done = shared.do(act)
            with suppress(UnavailableError):  # it is recorded; the thread will take it over
                self._catch_up(shared)
        return done

    def _shared(self) -> SharedLedger:
        """Return the shared ledger, for whoever holds the turn of writers."""
        if self._writer is None:
            self._writer = self._connect()
            self._writer.admission = self.copy.admission
        return self._writer

    def _follow(self) -> None:
        """Follow until the end; what is wrong is told once, and tried again."""
        shared: SharedLedger | None = None
        failures = 0
        told = ""
        while not self._ending.is_set():
            try:
                shared = shared or self._connect()
                self._catch_up(shared)
                failures, told = 0, ""
                shared.wait(POLL)
            except UnavailableError as fault:
                if shared is not None:
                    shared.close()
                    shared = None
                if str(fault) != told:
                    told = str(fault)
                    self._alarm("the shared ledger cannot be followed; decisions go on from this node's copy", told)
                self._ending.wait(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1
        if shared is not None:
            shared.close()

    def _catch_up(self, shared: SharedLedger) -> None:
        """Take over what the shared ledger has and the copy has not.

        Raises:
            UnavailableError: it cannot be read, or does not continue the copy.
        """
        with self._taking:
            looked = time.monotonic()
            head, mine = shared.head(), self.copy.head()
            self._check_continues(shared, head, mine)
            coming = shared.statements(mine) if head > mine else iter(())
            while batch := list(islice(coming, _BATCH)):
                self.copy.take(batch)
            self._level = looked
            self._keep(looked)

    def _check_continues(self, shared: SharedLedger, head: int, mine: int) -> None:
        """Refuse a shared ledger that is not the one this copy was taken from."""
        ahead = mine > head
        if not mine or (not ahead and shared.hashes(mine - 1, 1) == self.copy.hashes(mine - 1, 1)):
            return
        place = f"{self.copy.path.name}: statement {mine}"
        message = f"{place} is not in the shared ledger, which has {head}; one of the two was set back or replaced: "
        raise UnavailableError(message + "find out which is the true one before sharing goes on")

    def _keep(self, looked: float) -> None:
        """Note when the copy was level, so that a start without the shared ledger knows how old it is."""
        if looked - self._noted < _KEPT_EVERY and self._noted:
            return
        self._noted = looked
        with suppress(OSError):  # without a note the next start knows less, and permits less
            self._note.write_text(json.dumps({"level": self._clock.now().isoformat()}), encoding="ascii")


def _level_in(note: Path) -> datetime | None:
    """Return when the copy was last noted to be level, or None."""
    try:
        level = datetime.fromisoformat(json.loads(note.read_text(encoding="ascii"))["level"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return level if level.tzinfo is not None else None
