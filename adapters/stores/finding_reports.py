"""Makes reports of findings beside the decisions, one at a time, with rests, and uses each again for a while.

A city's ledger takes a while to look through. So whoever asks gets a report that may be a little older than the
question, never one that is older than `AGAIN` times what it took to make; it says as of when it is.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from threading import Event, Lock
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from pdp.errors import UnavailableError
from pdp.ledger.world import World
from pdp.supervision.report import Report, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from datetime import datetime

    from adapters.stores.decision_leads import DecisionLeads
    from pdp.ledger.admit import Admission
    from pdp.ledger.statement import Statement
    from pdp.supervision.report import Leads

AGAIN: Final = 20  # times as long as it took to make, a report is used again: so a twentieth of a core at most
PATIENCE: Final = 10.0  # seconds that an asker waits for a report
_GRACE: Final = 1.0  # seconds, where there is an older one
_KEPT: Final = 4  # reports, one for each beginning that was asked for
_FEW: Final = 16  # readings of the ledger, or entries of the log, between two rests
_REST: Final = 0.0001  # seconds
_CAPACITY: Final = 10_000  # states that the world of a report keeps


class Ledger(Protocol):
    """A ledger opened for reports alone, so that what decisions keep at hand stays there."""

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, ordered by `(at, seq)`."""
        ...

    def head(self) -> int:
        """Return the seq of the last statement."""
        ...

    def changed_since(self, seq: int) -> Iterable[str]:
        """Return every ref that a statement later than `seq` is about."""
        ...

    def entities_of(self, kind: str, after: int, limit: int) -> Sequence[Statement]:
        """Return at most `limit` statements of `kind` later than the seq `after`, by seq."""
        ...


class _Made(NamedTuple):
    report: Report
    until: float  # monotonic seconds up to which it is used again


class AtLeisure:
    """A ledger that lets others have the interpreter after each few readings, and ends where it is told to."""

    def __init__(self, ledger: Ledger, ending: Event | None = None) -> None:
        """Read `ledger` until `ending` is set."""
        self._ledger, self._ending = ledger, ending or Event()
        self._readings = 0

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`."""
        self._rest()
        return self._ledger.about(ref)

    def head(self) -> int:
        """Return the seq of the last statement."""
        return self._ledger.head()

    def changed_since(self, seq: int) -> Iterable[str]:
        """Return every ref that a statement later than `seq` is about."""
        return self._ledger.changed_since(seq)

    def entities_of(self, kind: str, after: int, limit: int) -> Sequence[Statement]:
        """Return statements of one kind."""
        self._rest()
        return self._ledger.entities_of(kind, after, limit)

    def _rest(self) -> None:
        self._readings += 1
        if self._readings % _FEW == 0:
            _rest(self._ending)


def entries_at_leisure(entries: Iterable[tuple[int, bytes]], ending: Event) -> Iterator[tuple[int, bytes]]:
    """Pass entries of a log on as `AtLeisure` does readings of a ledger."""
    for number, entry in enumerate(entries, 1):
        yield entry
        if number % _FEW == 0:
            _rest(ending)


def _rest(ending: Event) -> None:
    if ending.is_set():
        message = "the service is stopping; no report is made any more"
        raise UnavailableError(message)
    time.sleep(_REST)


class FindingReports:
    """Gives reports to any thread; makes them on one of its own."""

    def __init__(
        self,
        ledger: Ledger,
        law: Callable[[], Admission],
        leads: DecisionLeads,
        now: Callable[[], datetime],
        ending: Event | None = None,
    ) -> None:
        """Look at `ledger` by the `law` in force, and at the decisions of `leads`; `now` gives the instant.

        `ending` is set when all of it is to end.
        """
        self._ledger, self._law, self._leads, self._now = ledger, law, leads, now
        self._ending = ending or Event()
        self._turn = Lock()
        self._made: dict[datetime, _Made] = {}
        self._making: dict[datetime, Future[Report]] = {}
        self._maker = ThreadPoolExecutor(1, "findings")

    def report(self, since: datetime) -> Report | None:
        """Return a report on the decisions since `since`; None: it is being made, ask again in a while.

        Raises:
            UnavailableError: the ledger or a log cannot be read.
        """
        with self._turn:
            made = self._made.get(since)
            if made is not None and time.monotonic() < made.until:
                return made.report
            making = self._under_way(since)
        try:
            return making.result(PATIENCE if made is None else _GRACE)
        except NotYet:
            return made.report if made is not None else None

    def close(self) -> None:
        """Give up what is being made."""
        self._ending.set()
        self._maker.shutdown(cancel_futures=True)

    def _under_way(self, since: datetime) -> Future[Report]:
        """Return the report that is being made; one that is done, or failed, is begun again."""
        self._making = {begin: future for begin, future in self._making.items() if not future.done()}
        if since not in self._making:
            self._making[since] = self._maker.submit(self._make, since)
        return self._making[since]

    def _make(self, since: datetime) -> Report:
        began = time.monotonic()
        made = make(AtLeisure(self._ledger, self._ending), self._law(), self._leads.since(since), self._now(), since)
        ended = time.monotonic()
        with self._turn:
            self._made.pop(since, None)
            self._made = dict(list(self._made.items())[1 - _KEPT :])
            self._made[since] = _Made(made, ended + AGAIN * (ended - began))
        return made


def make(ledger: AtLeisure | Ledger, law: Admission, leads: Leads, now: datetime, since: datetime) -> Report:
    """Return the report on `ledger` at `now`, and on decisions since `since`.

    Raises:
        UnavailableError: the ledger or a log cannot be read.
    """
    world = World(ledger, law.calendar, law.readings, law.in_force_from, _CAPACITY)
    world.follow()
    return report(ledger, world, now, since, leads)
