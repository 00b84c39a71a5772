"""How often each application has been used: released decisions, counted once a question, rebuilt from the journal.

A count is kept in memory. What the journal said up to some index is kept in one SQLite row, so that a start reads only
what came after; the file is derived, and rebuilt from the journal if it is lost. The same reading tells how many
statements of the ledger the journal has been told of.
Source: art_21__para_1, art_24__para_1.
"""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from pdp.errors import UnavailableError
from pdp.log.entry import record_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

REPEATS: Final = 1024  # latest questions of an application that a repetition is held against
_RELEASED = (b'"outcome":"PERMIT"', b'"outcome":"PARTIAL"')
_MEMBERS: Final = 3  # of what is kept
_TOLD = b'"kind":"statements.recorded"'
_SCHEMA = "CREATE TABLE IF NOT EXISTS usage (one INTEGER PRIMARY KEY CHECK (one = 1), upto INTEGER, counts TEXT)"


class Tally:
    """Counts by application, and the ids of the latest questions counted."""

    def __init__(self, counts: dict[str, int] | None = None, latest: dict[str, list[str]] | None = None) -> None:
        self.counts = dict(counts or {})
        self._latest = {name: deque(ids, REPEATS) for name, ids in (latest or {}).items()}
        self._seen = {name: set(ids) for name, ids in self._latest.items()}

    def count(self, application: str, request_id: str | None) -> None:
        """Count one released decision; a repetition of one of the latest questions counts as the question did."""
        if request_id is not None and not self._is_new(application, request_id):
            return
        self.counts[application] = self.counts.get(application, 0) + 1

    def latest(self) -> dict[str, list[str]]:
        """Return the latest questions of each application, oldest first."""
        return {name: list(ids) for name, ids in self._latest.items()}

    def _is_new(self, application: str, request_id: str) -> bool:
        seen = self._seen.setdefault(application, set())
        if request_id in seen:
            return False
        latest = self._latest.setdefault(application, deque(maxlen=REPEATS))
        if len(latest) == REPEATS:
            seen.discard(latest[0])
        latest.append(request_id)
        seen.add(request_id)
        return True


class JournalUsage:
    """Implements `pdp.ports.Usage`. Belongs to one event loop, but for `settle`."""

    def __init__(self, path: Path, entries: int) -> None:
        """Open the kept counts in `path`; counts are unknown until `settle` has read the journal.

        Args:
            path: of the SQLite file, created if need be.
            entries: how many the journal has; kept counts of a longer one belong to another journal, and are dropped.

        Raises:
            UnavailableError: the file cannot be used.
        """
        self._path = path
        self._live: Tally | None = None
        try:
            self._store = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._store.execute("PRAGMA journal_mode = WAL")
            self._store.execute(_SCHEMA)
            row = self._store.execute("SELECT upto, counts FROM usage").fetchone()
        except sqlite3.Error as fault:
            message = f"{path}: counts of use cannot be kept ({fault}); remove the file, it is rebuilt from the journal"
            raise UnavailableError(message) from fault
        upto, kept = (row[0], json.loads(row[1])) if row and row[0] <= entries else (0, [])
        known = len(kept) == _MEMBERS  # one that an older version kept is made anew
        counts, latest, told = kept if known else ({}, {}, 0)
        self.statements: int = told  # seq of the last statement that the journal tells of, as far as it was read
        self.upto = upto if known else 0
        self._settled = Tally(counts, latest)

    def settle(self, entries: Iterable[tuple[int, bytes]]) -> None:
        """Read the journal's entries from index `upto` on, and keep what they add up to.

        Called once at start, before any question; later at leisure, from any one thread, to shorten the next start.
        """
        for index, entry in entries:
            if index >= self.upto:
                self._read(entry)
                self.upto = index + 1
        kept = json.dumps([self._settled.counts, self._settled.latest(), self.statements])
        self._store.execute("INSERT OR REPLACE INTO usage VALUES (1, ?, ?)", (self.upto, kept))
        if self._live is None:
            self._live = Tally(self._settled.counts, self._settled.latest())

    def used(self, application: str) -> int | None:
        """Return the number of released decisions so far, or None before the journal has been read."""
        return None if self._live is None else self._live.counts.get(application, 0)

    def reserve(self, application: str, request_id: str | None) -> None:
        """Count one decision that is about to be recorded; repetitions of one `request_id` count once.

        One that cannot be recorded afterwards stays counted until the next start: too many is safe, too few is not.
        """
        if self._live is None:
            message = "the journal has not been read; counts of use are not known"
            raise UnavailableError(message)
        self._live.count(application, request_id)

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def _read(self, entry: bytes) -> None:
        """Count an entry that is a released decision under an application."""
        if _TOLD in entry:
            self._read_told(json.loads(record_of(entry)))
            return
        if not any(released in entry for released in _RELEASED):  # most can be told without parsing
            return
        record = json.loads(record_of(entry))
        if record.get("kind") == "decision" and record["outcome"] in {"PERMIT", "PARTIAL"} and "application" in record:
            self._settled.count(record["application"], record["request"].get("request_id"))

    def _read_told(self, record: dict[str, Any]) -> None:
        """Learn how far the journal tells of the ledger."""
        if record["kind"] == "statements.recorded":
            self.statements = max(self.statements, record["first"] + len(record["hashes"]) - 1)
