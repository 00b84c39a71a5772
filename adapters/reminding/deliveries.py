"""The reminders of each day and what became of them, in one SQLite file: durable before the first try.

A day's reminders are stored all or none, one a day and body. A try is counted before it is made, so that a process that
dies while it sends has a bounded number of tries too.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from pdp.errors import UnavailableError
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE: Final = "reminders.sqlite"  # below the data folder
KEPT: Final = timedelta(days=366)  # then a day's reminders, and what became of them, are forgotten
_SCHEMA = """
CREATE TABLE IF NOT EXISTS days (day TEXT PRIMARY KEY, made_at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS deliveries (
    day TEXT NOT NULL, body TEXT NOT NULL, document BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL, fault TEXT NOT NULL DEFAULT '',
    settled_at TEXT NOT NULL DEFAULT '', PRIMARY KEY (day, body)
) STRICT;
CREATE INDEX IF NOT EXISTS waiting ON deliveries (next_at) WHERE state = 'waiting';
"""
_ALL = "SELECT day, body, state, attempts, next_at, fault, settled_at FROM deliveries ORDER BY day DESC, body LIMIT ?"
_DUE = (
    "SELECT day, body, document, attempts FROM deliveries "
    "WHERE state = 'waiting' AND next_at <= ? ORDER BY next_at, day, body LIMIT ?"
)
_THIS = "day = :day AND body = :body AND state = 'waiting'"

State = Literal["waiting", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class Reminder:
    """One document on its way."""

    day: str
    body: str
    document: bytes
    attempts: int  # so far

    @property
    def name(self) -> str:
        """Return what tells this reminder from every other."""
        return f"{self.day}/{self.body}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one reminder."""

    day: str
    body: str
    state: State
    attempts: int
    next_at: float  # Unix seconds; of one that waits
    fault: str  # of the last try, empty where there was none
    settled_at: str  # when it was delivered or given up; empty while it waits


class Deliveries:
    """The file, for the one thread that sends."""

    def __init__(self, path: Path) -> None:
        """Open the file, made if there is none.

        Raises:
            UnavailableError: it cannot be used.
        """
        self._path = path
        with self._available():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; nothing that was stored waits for this."""
        self._db.close()

    def made(self, day: date) -> bool:
        """Return whether the reminders of `day` are stored."""
        with self._available():
            return self._db.execute("SELECT 1 FROM days WHERE day = ?", (day.isoformat(),)).fetchone() is not None

    def before(self, day: date) -> date | None:
        """Return the last day before `day` whose reminders are stored."""
        with self._available():
            (last,) = self._db.execute("SELECT max(day) FROM days WHERE day < ?", (day.isoformat(),)).fetchone()
        return date.fromisoformat(last) if last else None

    def make(self, day: date, now: datetime, documents: Mapping[str, bytes]) -> None:
        """Store the reminders of `day` by body, all or none, and forget those of long ago. On the device at return."""
        named, oldest = day.isoformat(), (day - KEPT).isoformat()
        rows = [(named, body, document, now.timestamp()) for body, document in documents.items()]
        with self._available(), self._transaction():
            self._db.execute("INSERT INTO days (day, made_at) VALUES (?, ?)", (named, now.isoformat()))
            self._db.executemany("INSERT INTO deliveries (day, body, document, next_at) VALUES (?, ?, ?, ?)", rows)
            self._db.execute("DELETE FROM deliveries WHERE day < ? AND state <> 'waiting'", (oldest,))
            self._db.execute("DELETE FROM days WHERE day < ?", (oldest,))

    def due(self, now: datetime, most: int) -> list[Reminder]:
        """Return at most `most` reminders that are to be tried now, those that waited longest first."""
        with self._available():
            return [Reminder(*row) for row in self._db.execute(_DUE, (now.timestamp(), most))]

    def next_at(self) -> float | None:
        """Return when the next try is due, Unix seconds; None: nothing waits."""
        with self._available():
            (earliest,) = self._db.execute("SELECT min(next_at) FROM deliveries WHERE state = 'waiting'").fetchone()
        return None if earliest is None else float(earliest)

    def begin(self, reminder: Reminder, next_at: float) -> None:
        """Count a try that is about to be made; without an outcome, the next one is due at `next_at`."""
        self._change("attempts = attempts + 1, next_at = :next_at", reminder, next_at=next_at)

    def fault(self, reminder: Reminder, fault: str) -> None:
        """Note why a try failed."""
        self._change("fault = :fault", reminder, fault=fault)

    def settle(self, reminder: Reminder, state: State, now: datetime) -> None:
        """Note that `reminder` was delivered, or is given up."""
        at = now.astimezone(SHANGHAI).isoformat(timespec="seconds")
        self._change("state = :state, settled_at = :at", reminder, state=state, at=at)

    def _change(self, how: str, reminder: Reminder, **values: object) -> None:
        named = {"day": reminder.day, "body": reminder.body, **values}
        with self._available():
            self._db.execute(f"UPDATE deliveries SET {how} WHERE {_THIS}", named)  # noqa: S608  # constants only

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _available(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as fault:
            raise _unusable(self._path, fault) from fault


def told(data: Path, most: int) -> list[Delivery]:
    """Return the last `most` deliveries of the installation in `data`, newest day first. Nothing is written.

    Raises:
        UnavailableError: they cannot be read.
    """
    path = data / FILE
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            return [Delivery(*row) for row in db.execute(_ALL, (most,))]
    except sqlite3.Error as fault:
        raise _unusable(path, fault) from fault


def _unusable(path: Path, fault: Exception) -> UnavailableError:
    return UnavailableError(f"{path}: reminders cannot be kept here ({fault}); mend the device, or move the file away")
