"""The log as the service sees it: it writes to the current one, and looks records up in the older ones too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.stores.log_reader import LogReader
from adapters.stores.slots import slots_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from adapters.stores.journal import Journal


def older_logs(data: Path, node: str, slot: int) -> list[LogReader]:
    """Return the logs of a writer before log `slot`, oldest first."""
    return [LogReader(data / f"{node}-{number}") for number in slots_of(data, node) if number < slot]


class WholeLog:
    """Implements `pdp.ports.DecisionLog` on the current journal and the closed logs before it."""

    def __init__(self, journal: Journal, older: Sequence[LogReader]) -> None:
        self._journal = journal
        self._older = older
        self.append = journal.append  # on the way of every answer

    @property
    def ready(self) -> bool:
        """Return whether `append` can be expected to succeed."""
        return self._journal.ready

    def find(self, record_id: str) -> tuple[int, bytes] | None:
        """Return index and entry of the record with this id, in the newest log that has it; else None.

        Raises:
            UnavailableError: it is nowhere else, and may be in a log that cannot be read.
        """
        found = self._journal.find(record_id)
        for log in reversed(self._older) if found is None else ():
            found = None if log.pruned else log.find(record_id)
            if found is not None:
                return found
        return found

    def records(self, since: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield `(index, entry)` from index `since` of the current log; for 0, those of older ones follow.

        Whoever reads from the beginning looks for something, such as how records of a revision are read.
        """
        yield from self._journal.records(since)
        for log in reversed(self._older) if since == 0 else ():
            if not log.pruned:
                yield from log.records()
