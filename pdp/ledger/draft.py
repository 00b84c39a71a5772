"""Statements on their way into a ledger: those of one call see their predecessors before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger.statement import GENESIS, Statement, numbered
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pdp.ports import StatementSource

_KEPT = 40_000  # refs whose statements stay at hand when those that wait are written


class Draft:
    """A ledger with statements that are not written yet. What it has read once it does not read again."""

    def __init__(self, ledger: StatementSource, last: Statement | None = None) -> None:
        self._ledger = ledger
        self._last = last
        self._about: dict[str, list[Statement]] = {}
        self._older: dict[str, list[Statement]] = {}  # dropped as a whole, but for what is asked for meanwhile
        self._waiting: list[Statement] = []

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, those of this call included."""
        return self._known(ref)

    def head(self) -> int:
        """Return the seq of the last statement, written or not."""
        return self._last.seq if self._last else self._ledger.head()

    def changed_since(self, seq: int) -> Iterable[str]:
        """Return every ref that a statement later than `seq` is about."""
        later = [ref for statement in self._waiting if statement.seq > seq for ref in statement.about]
        return [*self._ledger.changed_since(seq), *later]

    def place(self, statement: Statement, now: datetime) -> Statement:
        """Return `statement` with its place in the chain; time of recording never runs backwards."""
        last = self._last
        told = now.astimezone(SHANGHAI)
        if last and last.recorded_at and last.recorded_at > told:
            told = last.recorded_at
        previous = last.hash if last else GENESIS
        return numbered(statement, self.head() + 1, told, previous)

    def append(self, statement: Statement) -> None:
        """Take an admitted statement in."""
        self._last = statement
        self._waiting.append(statement)
        for ref in statement.about:
            known = self._known(ref)
            known.append(statement)
            if len(known) > 1 and known[-2].at > statement.at:
                known.sort(key=lambda said: (said.at, said.seq))

    def flush(self) -> list[Statement]:
        """Return what waits to be written; from then on the file knows it."""
        waiting, self._waiting = self._waiting, []
        if len(self._about) > _KEPT:
            self._older, self._about = self._about, {}
        return waiting

    def _known(self, ref: str) -> list[Statement]:
        """Return the one list that is kept of what is said about `ref`; nobody else writes while this draft lives."""
        known = self._about.get(ref)
        if known is None:
            known = self._about[ref] = self._older.pop(ref, []) or list(self._ledger.about(ref))
        return known
