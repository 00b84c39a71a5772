"""Which catalogue entries list a field: a table that follows the ledger, so that no question looks through the entries.

Derived: the file is rebuilt where it is missing, or belongs to another ledger. An entry stays under every name that it
was ever listed with. Which of them are in force is for the fold to say: fields that are offered anew leave those that
were approved in force until they are approved too, so a later statement may not take an earlier one's names away.
Source: art_10__para_1, art_11__para_1.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from itertools import count
from threading import RLock
from typing import TYPE_CHECKING, Final, Protocol

from pdp.errors import UnavailableError
from pdp.supervision.collection import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pdp.ledger.statement import Statement

BATCH: Final = 500  # statements that are taken in in one transaction
_KIND: Final = "dataset.catalogued"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS fields (
    name TEXT NOT NULL, dataset TEXT NOT NULL, PRIMARY KEY (name, dataset)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS followed (
    one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL
) STRICT;
"""
_SOME: Final = "SELECT dataset FROM fields WHERE name = ? AND dataset > ? ORDER BY dataset LIMIT ?"


class Ledger(Protocol):
    """The ledger that is followed."""

    def head(self) -> int:
        """Return the seq of the last statement, 0 for an empty ledger."""
        ...

    def entities_of(self, kind: str, after: int, limit: int) -> Sequence[Statement]:
        """Return at most `limit` statements of `kind` later than the seq `after`, by seq."""
        ...

    def hashes(self, after: int, count: int) -> Sequence[str]:
        """Return the hashes of the `count` statements that follow statement `after`, all of which are there."""
        ...


class FieldIndex:
    """Implements `FieldIndex` and `PagedIndex` of `pdp.supervision` on SQLite. From any thread; they take turns.

    Several processes may follow with the same file: what both take in is the same.
    """

    def __init__(self, path: Path, ledger: Ledger) -> None:
        """Keep the table in `path`, created if need be, beside `ledger`.

        Raises:
            UnavailableError: the file cannot be used.
        """
        self._path, self._ledger = path, ledger
        self._turn = RLock()
        with self._available():
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")  # what a crash takes away is followed again
            self._db.executescript(_SCHEMA)
        self._known: int | None = None  # seq up to which the ledger was followed; None: not looked yet

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._db.close()

    def datasets_with(self, field_name: str) -> list[str]:
        """Return the ids of all entries that were ever listed with a field of this name, in `named` form.

        Raises:
            UnavailableError: the ledger or the file cannot be read.
        """
        with self._turn:
            self.follow()
            with self._available():
                rows = self._db.execute("SELECT dataset FROM fields WHERE name = ? ORDER BY dataset", (field_name,))
                return [dataset for (dataset,) in rows]

    def some_with(self, field_name: str, after: str, limit: int) -> list[str]:
        """Return at most `limit` of these ids, those later than `after`, in order.

        Raises:
            UnavailableError: the ledger or the file cannot be read.
        """
        with self._turn:
            self.follow()
            with self._available():
                return [dataset for (dataset,) in self._db.execute(_SOME, (field_name, after, limit))]

    def follow(self, batches: int | None = None) -> None:
        """Take in the entries that were catalogued since the last call.

        Args:
            batches: how many are taken in at most, of `BATCH` statements each; None: all.

        Raises:
            UnavailableError: the ledger or the file cannot be read.
        """
        with self._turn:
            head = self._ledger.head()
            if head == self._known:
                return
            after = self._followed()
            for _ in count() if batches is None else range(batches):
                batch = self._ledger.entities_of(_KIND, after, BATCH)
                if not batch:
                    self._keep(head)
                    return
                after = batch[-1].seq
                self._take(batch)

    def _followed(self) -> int:
        """Return the seq up to which this ledger was followed; where it was another one, everything is forgotten."""
        with self._available():
            kept = self._db.execute("SELECT seq, hash FROM followed").fetchone()
        seq, known = kept or (0, "")
        if seq <= self._ledger.head() and (seq == 0 or list(self._ledger.hashes(seq - 1, 1)) == [known]):
            return int(seq)
        with self._available():
            self._db.executescript("BEGIN IMMEDIATE; DELETE FROM fields; DELETE FROM followed; COMMIT")
        return 0

    def _take(self, batch: Sequence[Statement]) -> None:
        rows = {(named(field), str(said.body["id"])) for said in batch for field in _listed(said)}
        with self._available():
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR IGNORE INTO fields VALUES (?, ?)", sorted(rows))
            self._db.execute("INSERT OR REPLACE INTO followed VALUES (1, ?, ?)", (batch[-1].seq, batch[-1].hash))
            self._db.execute("COMMIT")

    def _keep(self, head: int) -> None:
        """Keep that the ledger was followed to its end, so that the next start does not look there again."""
        self._known = head
        if head:
            (chained,) = self._ledger.hashes(head - 1, 1)
            with self._available():
                self._db.execute("INSERT OR REPLACE INTO followed VALUES (1, ?, ?)", (head, chained))

    @contextmanager
    def _available(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            if getattr(self, "_db", None) is not None and self._db.in_transaction:
                self._db.execute("ROLLBACK")
            message = (
                f"{self._path}: the fields of the catalogue cannot be looked up ({fault}); remove the file, it is "
            )
            raise UnavailableError(message + "rebuilt from the ledger") from fault


def _listed(statement: Statement) -> list[str]:
    fields = statement.body.get("fields")
    return [field for field in fields if isinstance(field, str)] if isinstance(fields, list) else []
