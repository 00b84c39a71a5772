"""The names of entities in the file of a ledger, so that a list reads what may be on it and nothing else.

They say nothing that the statements do not say, and are made anew from them where a file has none, or where a program
that knows of no names has written statements since.
"""

from __future__ import annotations

import json
import sqlite3
from itertools import chain
from typing import TYPE_CHECKING

from adapters.stores.statement_rows import COLUMNS, statement_of
from pdp.ledger.named import KINDS_NAMING, ONCE, VERSION, named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from pdp.ledger.statement import Statement

_AT_ONCE = 20_000  # seqs whose statements are named in one transaction when a file is opened
_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS named (
    kind TEXT NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (kind, name, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS named_until (
    one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, version INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO named_until VALUES (1, 0, 0);
COMMIT;
"""
# The entity is entered under the seq of the statement that founded it: lists are in that order. CROSS: by ref first.
_FOUNDED = "SELECT seq FROM refs CROSS JOIN statements USING (seq) WHERE kind = ? AND ref = ? ORDER BY refs.seq LIMIT 1"
_ADD = "INSERT OR IGNORE INTO named (kind, name, seq) VALUES (?, ?, ?)"
_HAVING = "kind = ? AND name IN (SELECT value FROM json_each(?))"
_ALSO = f"AND +seq IN (SELECT seq FROM named WHERE {_HAVING})"  # noqa: S608  # +: not each name with each seq
_FOUND = f"""
SELECT {COLUMNS} FROM statements WHERE seq IN (
    SELECT DISTINCT seq FROM named WHERE {_HAVING} AND seq > ? %s ORDER BY seq LIMIT ?
) ORDER BY seq
"""  # noqa: S608  # constants only
_NAMING = f"""
SELECT {COLUMNS} FROM statements
WHERE seq > ? AND seq <= ? AND kind IN ({", ".join("?" * len(KINDS_NAMING))}) ORDER BY seq
"""  # noqa: S608  # constants only
_LEFT = "SELECT seq, (SELECT coalesce(max(seq), 0) FROM statements) FROM named_until"


class SqliteNames:
    """The names in one file. Errors are those of the database; whoever calls has its turn of the connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def take_up(self) -> None:
        """Name what no program has named yet: little by little, so that others who open the file need not wait."""
        if "named_until" not in {name for (name,) in self._db.execute("SELECT name FROM sqlite_schema")}:
            self._db.executescript(_SCHEMA)
        self._renew()
        while self._behind():
            with self._db:  # commits what BEGIN began, or takes it back
                self._db.execute("BEGIN IMMEDIATE")
                until, last = self._db.execute(_LEFT).fetchone()
                last = min(last, until + _AT_ONCE)
                self._name(until, last)
                self._db.execute("UPDATE named_until SET seq = ?", (last,))

    def write(self, statements: list[Statement]) -> None:
        """Name what was just written, within its transaction."""
        self._add(statements)
        if statements:
            # Not where something before is unnamed: the next to open the file will name both.
            known = (statements[-1].seq, statements[0].seq - 1)
            self._db.execute("UPDATE named_until SET seq = ? WHERE seq = ?", known)

    def found(self, kind: str, names: Sequence[Collection[str]], after: int, limit: int) -> Iterator[Statement]:
        """Return the statements of `kind` that founded entities with one of each of `names`, later than `after`."""
        first, *others = ((kind, json.dumps(list(group))) for group in names)
        query = _FOUND % " ".join([_ALSO] * len(others))
        return map(statement_of, self._db.execute(query, (*first, after, *chain(*others), limit)).fetchall())

    def _renew(self) -> None:
        """Begin anew where names were made in another way."""
        if self._db.execute("SELECT version FROM named_until").fetchone() != (VERSION,):
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.execute("DELETE FROM named WHERE ? <> (SELECT version FROM named_until)", (VERSION,))
                self._db.execute("UPDATE named_until SET seq = 0, version = ?1 WHERE version <> ?1", (VERSION,))

    def _behind(self) -> bool:
        until, last = self._db.execute(_LEFT).fetchone()
        return bool(until < last)

    def _name(self, after: int, last: int) -> None:
        rows = self._db.execute(_NAMING, (after, last, *KINDS_NAMING))
        try:
            self._add(map(statement_of, rows))
        except ValueError as fault:
            message = f"a statement between {after} and {last} was altered: {fault}"
            raise sqlite3.DataError(message) from fault

    def _add(self, statements: Iterable[Statement]) -> None:
        founded: dict[tuple[str, str], list[tuple[int]]] = {}  # an entity has several names; it is looked up once
        entries: list[tuple[str, str, int]] = []
        for statement in statements:
            found = named(statement)
            if found is None:
                continue
            kind, ref, names = found
            if (kind, ref) not in founded:
                once = statement.kind == kind and kind in ONCE
                founded[kind, ref] = [(statement.seq,)] if once else self._db.execute(_FOUNDED, (kind, ref)).fetchall()
            entries += ((kind, name, seq) for name in names for (seq,) in founded[kind, ref])
        self._db.executemany(_ADD, sorted(entries))  # in the order of the index
