"""What findings and collection checks rest on: a ledger opened once more, and worlds that no decision looks at."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final, Self

from adapters.gateways.http import Supervision
from adapters.gateways.matters import Matters
from adapters.stores.decision_leads import DecisionLeads
from adapters.stores.field_index import FieldIndex
from adapters.stores.finding_reports import AtLeisure, FindingReports
from pdp.errors import UnavailableError
from pdp.ledger.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from adapters.stores.sqlite_ledger import SqliteLedger
    from pdp.ledger.admit import Admission

FIELDS: Final = "fields.sqlite"  # in the data folder; derived
_FEW: Final = 32  # entries of the log between two rests
_REST: Final = 0.0001  # seconds


class Supervising:
    """Holds them open. A context manager."""

    def __init__(
        self, data: Path, ledger: SqliteLedger, law: Callable[[], Admission], now: Callable[[], datetime]
    ) -> None:
        """Look at `ledger`, which it closes at the end, by the `law` in force, and at the logs in `data`."""
        self._law, self._now = law, now
        self._stack = ExitStack()
        self._ledger = self._stack.enter_context(ledger)
        self._world: tuple[Admission, World] | None = None
        leads = DecisionLeads(data, lambda entries, _: _with_rests(entries))
        self._reports = FindingReports(ledger, law, leads, now)
        self._stack.callback(self._reports.close)
        self._fields = FieldIndex(data / FIELDS, ledger)
        self._stack.callback(self._fields.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def doors(self) -> Supervision:
        """Return what the HTTP service needs of it."""
        return Supervision(self._reports, Matters(self._ledger, self._world_in_force, self._now), self._fields)

    def at_leisure(self) -> None:
        """Take in some of the catalogue, so that the next check has little to read."""
        with suppress(UnavailableError):  # whoever has something checked is told
            self._fields.follow(batches=1)

    def _world_in_force(self) -> World:
        """Return the world that checks look at; another one where the policies were reloaded."""
        law = self._law()
        if self._world is None or self._world[0] is not law:
            self._world = law, World(AtLeisure(self._ledger), law.calendar, law.readings, law.in_force_from)
        return self._world[1]


def _with_rests(entries: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Pass entries on, and let decisions have the interpreter after each few."""
    for number, entry in enumerate(entries, 1):
        yield entry
        if number % _FEW == 0:
            time.sleep(_REST)
