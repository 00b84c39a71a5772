"""How often each application has been used: released decisions, counted once a question, rebuilt from the journal.

A count is kept in memory. What the journal said up to some index is kept in one SQLite row, so that a start reads only
what came after; the file is derived, and rebuilt from the journal if it is lost. The same reading tells how many
statements of the ledger the journal has been told of.
Source: art_21__para_1, art_24__para_1.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import OrderedDict
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pdp.errors import UnavailableError
from pdp.log.entry import RECORD_AT, record_of
from pdp.log.statements import KIND as STATEMENTS
from pdp.log.statements import last_told
from pdp.log.use import Use, use_recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

REPEATS: Final = 1024  # latest uses of an application that a repetition is held against
KEPT_EVERY: Final = 50_000  # entries; what a start has to read at most when nothing was settled at the stop
AT_LEISURE: Final = 20_000  # entries read at one time
_FEW: Final = 32  # entries between two rests
_REST: Final = 0.0001  # seconds
_MEMBERS: Final = 5  # of what is kept
_APPLIED = b'{"application":'  # how the record of a decision under an application begins
_TOLD = f'"kind":"{STATEMENTS}"'.encode()
_SCHEMA = "CREATE TABLE IF NOT EXISTS usage (one INTEGER PRIMARY KEY CHECK (one = 1), upto INTEGER, counts TEXT)"


class Tally:
    """Counts by application, and the latest uses counted that can be repeated."""

    def __init__(self, counts: dict[str, int] | None = None, latest: dict[str, list[Any]] | None = None) -> None:
        self.counts = dict(counts or {})
        self._seen = {name: OrderedDict(map(_kept, uses)) for name, uses in (latest or {}).items()}

    def count(self, application: str, use: Use) -> None:
        """Count one released decision; a repetition of one of the latest uses counted with that."""
        if self._is_new(application, use):
            self.counts[application] = self.counts.get(application, 0) + 1

    def latest(self) -> dict[str, list[tuple[str, float | None]]]:
        """Return the latest uses of each application, oldest first: what a repetition has too, and when it was."""
        return {name: list(uses.items()) for name, uses in self._seen.items()}

    def _is_new(self, application: str, use: Use) -> bool:
        if use.question is None:
            return True
        seen = self._seen.setdefault(application, OrderedDict())
        if use.question in seen and use.repeats(seen[use.question]):
            return False
        seen[use.question] = use.at
        seen.move_to_end(use.question)
        if len(seen) > REPEATS:
            seen.popitem(last=False)
        return True


def _kept(use: str | list[Any]) -> tuple[str, float | None]:
    """Return a use as it was kept; before calls were told apart, it was the id of a request alone."""
    return (use, None) if isinstance(use, str) else (use[0], use[1])


class JournalUsage:
    """Implements `pdp.ports.Usage`. Belongs to one event loop, but for `settle`."""

    def __init__(self, path: Path, entries: int, slot: int = 0) -> None:
        """Open the kept counts in `path`; counts are unknown until `settle` has read the journal.

        Args:
            path: of the SQLite file, created if need be.
            entries: how many the journal has; kept counts of a longer one belong to another journal, and are dropped.
            slot: which of the writer's logs the journal is; if it is a later one than what was read last, `catch_up`
                reads the logs in between.

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
            raise self._unusable(fault) from fault
        upto, kept = (row[0], json.loads(row[1])) if row else (0, [])
        known = len(kept) == _MEMBERS and (kept[3], upto) <= (slot, entries if kept[3] == slot else upto)
        counts, latest, told, of, whole = kept if known else ({}, {}, 0, 0, True)  # else it is made anew
        self.statements: int = told  # seq of the last statement that the logs tell of, as far as they were read
        self.slot: int = of  # of the log that was read last
        self.upto = upto if known else 0
        self._kept = self.upto
        self._whole: bool = whole  # no log was missing
        self._settled = Tally(counts, latest)

    def settle(self, entries: Iterable[tuple[int, bytes]]) -> None:
        """Read the journal's entries from index `upto` on, and keep what they add up to.

        Called once at start, before any question; later at leisure, from any one thread, to shorten the next start.

        Raises:
            UnavailableError: the file cannot be written.
        """
        self._read_all(entries)
        self._keep()
        if self._live is None:
            self._live = Tally(self._settled.counts, self._settled.latest())

    def catch_up(self, logs: Iterable[tuple[int, Callable[[int], Iterable[tuple[int, bytes]]] | None]]) -> None:
        """Settle from several logs of one writer, in place of `settle`, at start.

        Args:
            logs: oldest first, the current one last: slot, and what gives its entries from an index on; None in its
                place: the entries are gone. Where one of those would have to be read, counts stay unknown for good.

        Raises:
            UnavailableError: the file cannot be written, or a log cannot be read.
        """
        for slot, records in logs:
            if slot > self.slot:
                self.slot, self.upto = slot, 0
            if slot == self.slot and records is None:
                self._whole = False
            elif slot == self.slot and records is not None:
                self._read_all(records(self.upto))
        self.settle(())

    def settle_at_leisure(self, records: Callable[[int], Iterable[tuple[int, bytes]]]) -> None:
        """Read a little further, so that the next start has less to read. From any one thread, after a checkpoint.

        A few entries are read at a time, with a rest after each few; what they add up to is kept now and then.

        Args:
            records: gives the journal's entries from an index on.

        Raises:
            UnavailableError: the file cannot be written, or the journal cannot be read.
        """
        self._read_all(_at_leisure(records(self.upto)))
        if self.upto - self._kept >= KEPT_EVERY:
            self._keep()

    def used(self, application: str) -> int | None:
        """Return the number of released decisions so far; None before the journal has been read, or if it is not whole.

        What is counted too low would be released too often.
        """
        return self._live.counts.get(application, 0) if self._live is not None and self._whole else None

    def reserve(self, application: str, question: str | None, at: float | None = None) -> None:
        """Count one decision that is about to be recorded; repetitions of one `question` count once.

        One that cannot be recorded afterwards stays counted until the next start: too many is safe, too few is not.
        """
        if self._live is None:
            message = "the journal has not been read; counts of use are not known"
            raise UnavailableError(message)
        self._live.count(application, Use(question, at))

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def _unusable(self, fault: sqlite3.Error) -> UnavailableError:
        message = (
            f"{self._path}: counts of use cannot be kept ({fault}); remove the file, it is rebuilt from the journal"
        )
        return UnavailableError(message)

    def _read_all(self, entries: Iterable[tuple[int, bytes]]) -> None:
        for index, entry in entries:
            if index >= self.upto:
                self._read(entry)
                self.upto = index + 1

    def _keep(self) -> None:
        kept = [self._settled.counts, self._settled.latest(), self.statements, self.slot, self._whole]
        try:
            self._store.execute("INSERT OR REPLACE INTO usage VALUES (1, ?, ?)", (self.upto, json.dumps(kept)))
        except sqlite3.Error as fault:
            raise self._unusable(fault) from fault
        self._kept = self.upto

    def _read(self, entry: bytes) -> None:
        """Count an entry that is a released decision under an application."""
        if _TOLD in entry:
            self._read_told(json.loads(record_of(entry)))
            return
        if not entry.startswith(_APPLIED, RECORD_AT):  # most can be told without parsing
            return
        record = json.loads(record_of(entry))
        if record.get("kind") == "decision" and record["outcome"] in {"PERMIT", "PARTIAL"} and "application" in record:
            self._settled.count(record["application"], use_recorded(record))

    def _read_told(self, record: dict[str, Any]) -> None:
        """Learn how far the journal tells of the ledger."""
        if record["kind"] == STATEMENTS:
            self.statements = max(self.statements, last_told(record))


def _at_leisure(entries: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Yield some of `entries`, and let others have the interpreter after each few."""
    for count, entry in enumerate(islice(entries, AT_LEISURE), 1):
        yield entry
        if count % _FEW == 0:
            time.sleep(_REST)
