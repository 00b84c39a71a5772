"""All logs of one writer as one: records go into the current one, and are found wherever entries still are."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Iterable, Sequence

    from adapters.stores.journal import Journal
    from adapters.stores.log_reader import LogReader
    from pdp.model import Receipt


class LogSet:
    """Implements `pdp.ports.DecisionLog` on a journal and the closed logs before it."""

    def __init__(self, journal: Journal, older: Sequence[LogReader]) -> None:
        """Write into `journal`; read there, and in `older`, oldest first."""
        self._journal = journal
        self._older = older

    def append(self, record: bytes) -> Future[Receipt]:
        """Append one record to the current log; see `Journal.append`."""
        return self._journal.append(record)

    def append_all(self, records: Sequence[bytes]) -> Sequence[Future[Receipt]]:
        """Append several records to the current log by one commit; see `Journal.append_all`."""
        return self._journal.append_all(records)

    @property
    def ready(self) -> bool:
        """Return whether `append` can be expected to succeed."""
        return self._journal.ready

    def find(self, record_id: str) -> tuple[int, bytes] | None:
        """Return index and entry of the record with this id, in whichever log it is; the newest is looked at first."""
        found = self._journal.find(record_id)
        for log in reversed(self._there()) if found is None else ():
            found = log.find(record_id)
            if found is not None:
                return found
        return found

    def records(self, since: int = 0) -> Iterable[tuple[int, bytes]]:
        """Return `(index, entry)` of the current log from index `since`; from 0, behind those of the closed logs."""
        before = (log.records() for log in self._there()) if since == 0 else ()
        return chain(*before, self._journal.records(since))

    def _there(self) -> list[LogReader]:
        """Return the closed logs whose entries have not gone; some go while the service runs."""
        return [log for log in self._older if not log.pruned]
