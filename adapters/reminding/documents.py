"""What is told on one day: one JSON document for each body that must act."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Final, Protocol

from pdp.errors import UnavailableError
from pdp.ledger.matter import plain
from pdp.workdays import civil
from pdp.worklists.page import Source
from pdp.worklists.reminders import notices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime

    from pdp.ledger.statement import Statement
    from pdp.ledger.world import World
    from pdp.worklists.page import Item
    from pdp.worklists.reminders import Notice

FORMAT: Final = "pdp.reminders.v1"
MOST: Final = 1_000  # items that a document names of each sort; it always says how many there are
_FEW: Final = 8  # entities between two rests
_REST: Final = 0.0001  # seconds; lets the threads that answer questions go first


class Ledger(Source, Protocol):
    """A ledger with a world of its own, which nobody else looks at meanwhile."""

    world: World


class AtLeisure:
    """A source that is read with rests, and until `stopped` says that there is no time left."""

    def __init__(self, source: Source, stopped: Callable[[], bool]) -> None:
        self._source, self._stopped = source, stopped
        self._read = 0
        self.head = source.head
        self.entities_of = source.entities_of

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, ordered by `(at, seq)`.

        Raises:
            UnavailableError: the reading was stopped, or the ledger cannot be read.
        """
        self._read += 1
        if self._read % _FEW == 0:
            time.sleep(_REST)
        if self._stopped():
            message = "the service stops; the day's reminders are made at the next start"
            raise UnavailableError(message)
        return self._source.about(ref)


def noticed(ledger: Ledger, now: datetime, first: date, last: date, stopped: Callable[[], bool]) -> Iterator[Notice]:
    """Yield what has its last day from `first` to `last`, with whoever must act; see `pdp.worklists.reminders`."""
    return notices(AtLeisure(ledger, stopped), ledger.world, now, first, last)


def documents(ledger: Ledger, now: datetime, since: date, stopped: Callable[[], bool]) -> dict[str, bytes]:
    """Return the documents of the day of `now`, by body.

    Args:
        ledger: as of `now`.
        now: the instant at which things stand so.
        since: the first day whose terms, where they ended undone, are told as overdue.
        stopped: whether there is no time left to read on.

    Raises:
        UnavailableError: the ledger cannot be read, or the reading was stopped.
    """
    day = civil(now)
    told: dict[str, tuple[list[Item], list[Item]]] = defaultdict(lambda: ([], []))
    for notice in noticed(ledger, now, since, day, stopped):
        for body in notice.bodies:
            told[body][notice.item.due != day].append(notice.item)
    return {body: _document(body, now, since, *lists) for body, lists in sorted(told.items()) if body}


def _document(body: str, now: datetime, since: date, due: list[Item], overdue: list[Item]) -> bytes:
    said = {
        "format": FORMAT,
        "day": civil(now).isoformat(),
        "body": body,
        "made_at": now.isoformat(timespec="seconds"),
        "overdue_since": since.isoformat(),
        "due_today": _listed(due),
        "overdue": _listed(overdue),
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _listed(items: list[Item]) -> dict[str, object]:
    return {"count": len(items), "items": [plain(item) for item in items[:MOST]]}
