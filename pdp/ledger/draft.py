"""Statements on their way into a ledger: those of one call see their predecessors before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger.statement import GENESIS, Spelled, Statement, chained, numbered
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pdp.ports import StatementSource

_NEW = 40_000  # refs that were first met lately, whose statements stay at hand
_KEPT = 40_000  # refs that were met again later, as those of data sets and bodies are
_MARKS = 1 << 27  # bits that tell refs of which nothing is written yet; a million refs set one of a hundred


class Draft:
    """A ledger with statements that are not written yet. What it has read once it does not read again."""

    def __init__(self, ledger: StatementSource, last: Statement | None = None) -> None:
        self._ledger = ledger
        self._last = last
        self._new: dict[str, list[Statement]] = {}  # a ref stands in one of the three, and its list is the only one
        empty = last is None and ledger.head() == 0
        self._marks = bytearray(_MARKS >> 3) if empty else None  # None: something was written before this call
        self._older: dict[str, list[Statement]] = {}  # dropped as a whole, but for what is met again meanwhile
        self._kept: dict[str, list[Statement]] = {}
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
        """Return `statement` with its number and time, not chained; time of recording never runs backwards."""
        return numbered(statement, self.head() + 1, self._told(now))

    def chain(self, statement: Statement, now: datetime) -> tuple[Statement, Spelled]:
        """Return `statement` as it will stand in the ledger if it is admitted, and its parts as they are spelled."""
        previous = self._last.hash if self._last else GENESIS
        return chained(statement, self.head() + 1, self._told(now), previous)

    def _told(self, now: datetime) -> datetime:
        last, told = self._last, now.astimezone(SHANGHAI)
        return last.recorded_at if last and last.recorded_at and last.recorded_at > told else told

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
        for statement in waiting:
            for ref in statement.about:
                self._mark(ref)
        if len(self._new) > _NEW:
            self._older, self._new = self._new, {}
        if len(self._kept) > _KEPT:
            self._kept.clear()
        return waiting

    def _known(self, ref: str) -> list[Statement]:
        """Return the one list that is kept of what is said about `ref`; nobody else writes while this draft lives."""
        known = self._kept.get(ref) or self._new.get(ref)
        if known is None:
            known = self._older.pop(ref, None)
            if known:
                self._kept[ref] = known
            else:
                known = self._new[ref] = self._read(ref) if self._written(ref) else []
        return known

    def _read(self, ref: str) -> list[Statement]:
        return list(self._ledger.about(ref))

    def _written(self, ref: str) -> bool:
        """Return whether something may be written about `ref`; a ledger that was empty need not be asked each time."""
        if self._marks is None:
            return True
        place = hash(ref) % _MARKS
        return bool(self._marks[place >> 3] & 1 << (place & 7))

    def _mark(self, ref: str) -> None:
        if self._marks is not None:
            place = hash(ref) % _MARKS
            self._marks[place >> 3] |= 1 << (place & 7)
