"""What a witness remembers: of each log what it co-signed last, and what may be a second story. One SQLite file.

Nothing older may ever be put in its place: a witness that forgets would co-sign a second story.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.device.system_calls import PRIVATE, sync_folder
from pdp.errors import UnavailableError
from pdp.log.note import note_in
from pdp.log.witness import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pdp.log.note import Note
    from pdp.log.witness import Submission

KEPT: Final = 64  # second stories kept of a log and reason; more prove nothing more, and whoever floods fills no disk
PATIENCE: Final = 1.0  # seconds to wait for another process that writes
_PRIMARY: Final = 0xFF  # the part of an error code that says what kind of error it is
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS cosigned (place TEXT PRIMARY KEY, note BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS evidence (
    origin TEXT, body TEXT, cosigned BLOB NOT NULL, sent BLOB NOT NULL, why TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (origin, body)
) WITHOUT ROWID;
"""


class Evidence(NamedTuple):
    """What may be a second story of a log, beside the first one; whoever holds both can show them to anybody."""

    origin: str
    cosigned: bytes  # the note co-signed last; empty: none was
    sent: bytes  # the body of the request, with the log's signature
    why: str
    at: int  # Unix seconds


class WitnessState:
    """The file. Safe from several threads and several processes.

    After a fault of the device nothing is stored any more: what was written may be gone, and be forgotten silently.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        """Open the state in `path`; with `create`, begin one if there is none.

        Raises:
            UnavailableError: it is missing, or cannot be used.
        """
        self._path = path
        self._lock = threading.Lock()
        self._dead: UnavailableError | None = None
        if not create and not path.exists():
            message = (
                f"{path}: what this witness co-signed is gone, and its keys must never co-sign again without it; "
                "restore nothing older: rotate the witness's keys, and tell those who configured them"
            )
            raise UnavailableError(message)
        try:
            self._store = _open(path)
        except (sqlite3.Error, OSError) as fault:
            raise self._fault(fault) from fault

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Let one thread of one process compare and store; what it stored is on the device afterwards.

        Raises:
            UnavailableError: it may not be.
        """
        with self._lock:
            if self._dead is not None:
                raise self._dead
            try:
                self._store.execute("BEGIN IMMEDIATE")
                try:
                    yield Transaction(self._store)
                    self._store.execute("COMMIT")
                finally:
                    if self._store.in_transaction:
                        self._store.execute("ROLLBACK")
            except sqlite3.Error as fault:
                raise self._fault(fault) from fault

    def cosigned(self, place: str) -> bytes | None:
        """Return the note co-signed last for the log whose origin hashes to `place`, or None.

        Raises:
            UnavailableError: the state cannot be read.
        """
        rows = self._read("SELECT note FROM cosigned WHERE place = ?", place)
        return bytes(rows[0][0]) if rows else None

    def last_of_each(self) -> list[Note]:
        """Return what was co-signed last for every log; raise UnavailableError if the state cannot be read."""
        return [note_in(bytes(note)) for (note,) in self._read("SELECT note FROM cosigned ORDER BY note")]

    def evidence(self) -> list[Evidence]:
        """Return every second story, oldest first; raise UnavailableError if the state cannot be read."""
        rows = self._read("SELECT origin, cosigned, sent, why, at FROM evidence ORDER BY at")
        return [Evidence(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._store.close()

    def _read(self, query: str, *values: str) -> list[tuple]:  # type: ignore[type-arg]  # rows of any width
        with self._lock:
            try:
                return self._store.execute(query, values).fetchall()
            except sqlite3.Error as fault:
                raise self._fault(fault) from fault

    def _fault(self, fault: Exception) -> UnavailableError:
        """Return the error for `fault`; one of the device is the last thing this witness does."""
        error = UnavailableError(
            f"{self._path}: the witness's state cannot be used ({fault}); mend it, then start anew"
        )
        if getattr(fault, "sqlite_errorcode", 0) & _PRIMARY not in _BUSY:
            self._dead = error
        return error


class Transaction:
    """What is compared and stored together."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def last(self, origin: str) -> Note | None:
        """Return the note that was co-signed last for `origin`."""
        row = self._store.execute("SELECT note FROM cosigned WHERE place = ?", (place_of(origin),)).fetchone()
        return note_in(bytes(row[0])) if row else None

    def store(self, origin: str, note: Note) -> None:
        """Make `note` the one co-signed last; it is no second story, whatever was thought of it."""
        row = (place_of(origin), str(note).encode())
        self._store.execute("INSERT OR REPLACE INTO cosigned VALUES (?, ?)", row)
        self._store.execute("DELETE FROM evidence WHERE origin = ? AND body = ?", (origin, note.body))

    def keep(self, origin: str, sent: Submission, why: str, at: int) -> bool:
        """Keep what may be a second story beside the first one; return whether it is news."""
        count = "SELECT count(*) FROM evidence WHERE origin = ? AND why = ?"
        (kept,) = self._store.execute(count, (origin, why)).fetchone()
        if kept >= KEPT:
            return False
        last = self.last(origin)
        row = (origin, sent.note.body, str(last).encode() if last else b"", str(sent).encode(), why, at)
        return self._store.execute("INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?)", row).rowcount == 1


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))  # SQLite would let others read it
    store = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=PATIENCE)
    for setting in ("journal_mode = WAL", "synchronous = FULL"):
        store.execute(f"PRAGMA {setting}")
    store.executescript(_SCHEMA)
    sync_folder(os, path.parent)
    return store
