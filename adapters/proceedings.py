"""What the doors of acts, lists, findings and checks rest on, with worlds that no decision looks at."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from threading import Event
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from adapters.gateways.matters import Matters
from adapters.gateways.procedures import Procedures, Supervision
from adapters.stores.decision_leads import DecisionLeads
from adapters.stores.field_index import FieldIndex
from adapters.stores.finding_reports import AtLeisure, FindingReports, entries_at_leisure
from pdp.errors import UnavailableError
from pdp.ledger.folds import Folds
from pdp.ledger.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from adapters.gateways.matters import ActLedger
    from adapters.stores.sqlite_ledger import SqliteLedger
    from pdp.ledger.admit import Admission
    from pdp.ports import StatementSource

FIELDS: Final = "fields.sqlite"  # in the data folder; derived


class Known(NamedTuple):
    """What an installation knows, and its proceedings too."""

    law: Callable[[], Admission]  # in force when it is asked
    now: Callable[[], datetime]
    person: Callable[[str], str]  # how a person stands in a statement: a keyed digest
    used: Callable[[str], int | None]  # how often an application was used; None: not known


class Proceedings:
    """Holds them open. A context manager."""

    def __init__(self, data: Path, shared: ActLedger, own: SqliteLedger, known: Known) -> None:
        """Record acts in `shared`; have findings look at `own`, the node's ledger opened once more, and at its logs."""
        self._known = known
        self._shared = shared
        self._stack = ExitStack()
        self._own = self._stack.enter_context(own)
        self._worlds: dict[str, tuple[Admission, World]] = {}
        ending = Event()
        leads = DecisionLeads(data, lambda entries, _: entries_at_leisure(entries, ending))
        self._reports = FindingReports(own, known.law, leads, known.now, ending)
        self._stack.callback(self._reports.close)
        self._fields = FieldIndex(data / FIELDS, own)
        self._stack.callback(self._fields.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def doors(self) -> Procedures:
        """Return what the HTTP service needs of it."""
        known = self._known
        listed = Matters(self._shared, lambda: self._world("lists", self._shared), known.now)
        checked = Matters(self._own, lambda: self._world("checks", AtLeisure(self._own)), known.now)
        return Procedures(listed, known.person, known.used, Supervision(self._reports, checked, self._fields))

    def at_leisure(self) -> None:
        """Take in some of the catalogue, so that the next check has little to read."""
        with suppress(UnavailableError):  # whoever has something checked is told
            self._fields.follow(batches=1)

    def _world(self, of: str, source: StatementSource) -> World:
        """Return the world that lists or checks look at; another one where the policies were reloaded."""
        law = self._known.law()
        if of not in self._worlds or self._worlds[of][0] is not law:
            seen = World(source, law.calendar, law.readings, law.in_force_from, routes=law.routes, folds=Folds())
            self._worlds[of] = law, seen
        return self._worlds[of][1]
