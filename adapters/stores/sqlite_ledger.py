"""The ledger in one SQLite file: append-only, hash-chained, durable when `record` returns.

WAL with `synchronous=FULL`: what was recorded survives `kill -9` and power loss. Any number of processes may read and
write the same file; a writer takes the write lock before it judges, so two never judge against the same last statement.
The file is not trusted: whoever alters it is found out by the chain, unless the whole of it is written anew.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from itertools import islice, starmap
from operator import attrgetter
from threading import RLock
from typing import TYPE_CHECKING, Self

from adapters.stores.recorded import Recorded
from adapters.stores.sqlite_names import SqliteNames
from adapters.stores.statement_rows import COLUMNS, Row, row, statement_of
from adapters.stores.written import Written
from pdp.errors import UnavailableError
from pdp.ledger.act import Act, Done, perform
from pdp.ledger.recording import Recording
from pdp.ledger.statement import GENESIS, Statement, continued, digest
from pdp.ledger.world import World

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from pdp.ledger.admit import Admission
    from pdp.ports import Clock

TAIL = 1_000  # statements whose chain is checked when the file is opened; `verify` checks all
_FLUSH = 50_000  # statements that one call holds in memory before it writes them into its transaction
_HELD = 50_000  # statements that one call returns from memory; of more, they are read from the file again
_CACHE, _MUCH_CACHE = 48_000, 524_288  # KiB of the file's pages at hand: usually, and in a call of more
_SCHEMA = """
CREATE TABLE IF NOT EXISTS statements (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, body TEXT NOT NULL,
    about TEXT NOT NULL, evidence TEXT NOT NULL, recorded_at TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL,
    agent TEXT NOT NULL DEFAULT '', request TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS refs (ref TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (ref, seq)) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS statements_never_change BEFORE UPDATE ON statements
BEGIN SELECT RAISE(ABORT, 'statements are never changed'); END;
CREATE TRIGGER IF NOT EXISTS statements_never_go BEFORE DELETE ON statements
BEGIN SELECT RAISE(ABORT, 'statements are never deleted'); END;
"""
_ABOUT = f"SELECT {COLUMNS} FROM refs JOIN statements USING (seq) WHERE ref = ? ORDER BY seq"  # noqa: S608  # constants
_AFTER = f"SELECT {COLUMNS} FROM statements WHERE seq > ? ORDER BY seq"  # noqa: S608  # constants only
_HASHES = "SELECT seq, hash FROM statements WHERE seq > ? ORDER BY seq LIMIT ?"
_LAST = f"SELECT {COLUMNS} FROM statements ORDER BY seq DESC LIMIT 1"  # noqa: S608  # constants only
_REFS = "SELECT DISTINCT ref FROM refs WHERE ref > ? AND ref < ? AND seq <= ? ORDER BY ref LIMIT ?"
_INSERT = f"INSERT INTO statements ({COLUMNS}) VALUES (?{', ?' * 11})"  # noqa: S608  # constants only

_BY_REQUEST = "CREATE UNIQUE INDEX IF NOT EXISTS by_request ON statements (request) WHERE request <> ''"
_BY_KIND = "CREATE INDEX IF NOT EXISTS by_kind ON statements (kind)"  # the seq ends every entry of an index
_OF_KIND = f"SELECT {COLUMNS} FROM statements WHERE kind = ? AND seq > ? ORDER BY seq LIMIT ?"  # noqa: S608  # constants
_ASKED = f"SELECT {COLUMNS} FROM statements WHERE request = ?"  # noqa: S608  # constants only


class SqliteLedger:
    """Implements `pdp.ports.Ledger`. Its methods may be called from any thread; they take turns."""

    def __init__(self, path: Path, admission: Admission, clock: Clock) -> None:
        self.path = path
        self.place = str(path)
        self.admission = admission
        self._clock = clock
        self._turn = RLock()
        self._recording: Recording | None = None  # of the call under way
        with self._available("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
            self._take_up()
            self._names = SqliteNames(self._db)
            self._keep_pages(_MUCH_CACHE)
            self._names.take_up()
            self._keep_pages(_CACHE)
            self._seen = self._count()
            self._version = self._data_version()
        self.world = World(
            self, admission.calendar, admission.readings, admission.in_force_from, routes=admission.routes
        )
        self._check_chain(max(0, self._seen - TAIL))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing that was recorded waits for this."""
        with self._turn:
            self._db.close()

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, ordered by `(at, seq)`."""
        with self._turn:
            if self._recording:  # a call is under way, and this is asked from within it
                return self._recording.about(ref)
            return self._read_about(ref)

    def _read_about(self, ref: str) -> tuple[Statement, ...]:
        try:
            rows = self._db.execute(_ABOUT, (ref,)).fetchall()
        except sqlite3.Error as error:
            raise self._unavailable(error, "read") from error
        return tuple(sorted(map(statement_of, rows), key=attrgetter("at")))  # equal ones stay in the order of seq

    def head(self) -> int:
        """Return the seq of the last statement, 0 for an empty ledger; other processes' statements count."""
        with self._turn, self._available("read"):
            version = self._data_version()
            if version != self._version:
                self._version, self._seen = version, self._count()
            return self._seen

    def changed_since(self, seq: int) -> Iterable[str]:
        """Return every ref that a statement later than `seq` is about, each once."""
        with self._turn, self._available("read"):
            rows = self._db.execute("SELECT about FROM statements WHERE seq > ? ORDER BY seq", (seq,)).fetchall()
        return list(dict.fromkeys(ref for (about,) in rows for ref in json.loads(about)))

    def refs(self, start: str, after: str, upto: int, limit: int) -> Sequence[str]:
        """Return at most `limit` refs beginning with `start` that come after `after`, of statements up to `upto`."""
        end = start[:-1] + chr(ord(start[-1]) + 1)
        with self._turn, self._available("read"):
            rows = self._db.execute(_REFS, (max(start, after), end, upto, limit)).fetchall()
        return [ref for (ref,) in rows]

    def hashes(self, after: int, count: int) -> Sequence[str]:
        """Return the hashes of the `count` statements that follow statement `after`, all of which are there."""
        with self._turn, self._available("read"):
            rows = self._db.execute(_HASHES, (after, count)).fetchall()
        if [seq for seq, _ in rows] != list(range(after + 1, after + 1 + count)):
            message = f"{self.path.name} was altered: a statement after {after} is missing"
            raise UnavailableError(message)
        return [chained for _, chained in rows]

    def statements(self, after: int = 0) -> Iterator[Statement]:
        """Yield the statements later than `after`, in the order of their seq, as they stand when this is called."""
        last = self.head()
        while after < last:
            with self._turn, self._available("read"):
                rows = self._db.execute(f"{_AFTER} LIMIT 1000", (after,)).fetchall()
            if not rows:
                return
            yield from map(statement_of, rows)
            after = rows[-1][0]

    def asked(self, request: str) -> Statement | None:
        """Return the statement that was recorded under this request, or None."""
        with self._turn, self._available("read"):
            row = self._db.execute(_ASKED, (request,)).fetchone()
        return statement_of(row) if row else None

    def entities(self, kind: str) -> int:
        """Return how many entities have a statement of `kind`."""
        with self._turn, self._available("read"):
            counted = "SELECT COUNT(DISTINCT about) FROM statements WHERE kind = ?"
            (count,) = self._db.execute(counted, (kind,)).fetchone()
        return int(count)

    def entities_of(self, kind: str, after: int, limit: int, *names: Collection[str]) -> Sequence[Statement]:
        """Return at most `limit` statements of `kind` later than the seq `after`, by seq.

        Where `names` are given: only those that founded an entity with one of each; see `pdp.ledger.named`.
        """
        with self._turn, self._available("read"):
            if names:
                return list(self._names.found(kind, names, after, limit))
            rows = self._db.execute(_OF_KIND, (kind, after, limit)).fetchall()
        return list(map(statement_of, rows))

    def record(self, statements: Iterable[Statement]) -> Sequence[Statement]:
        """Record all of `statements` or none, in the order given; return them numbered and chained.

        The promises are those of `pdp.ports.Ledger.record`.
        """
        with self._turn:
            try:
                with self._transaction():
                    recorded = self._record(statements)
            finally:
                self._recording = None
                self._keep_pages(_CACHE)
            if isinstance(recorded, Recorded):
                self._seen = recorded.seqs[-1]
                self.world.clear()
            else:
                self._seen = recorded[-1].seq if recorded else self._seen
                self.world.forget({ref for statement in recorded for ref in statement.about})
        return recorded

    def do(self, act: Act) -> Done:
        """Record one act, once; see `pdp.ledger.act.perform`."""
        return perform(act, self, self._clock.now)

    def take(self, statements: Iterable[Statement]) -> int:
        """Take over statements that another ledger has admitted, chained as they are; return how many.

        All of them or none; each must follow the one before it, in number and in chain.

        Raises:
            UnavailableError: they do not continue this ledger, or it cannot be written. Nothing is taken.
        """
        with self._turn:
            with self._transaction():
                taken = self._take(statements)
            self._seen = taken[-1].seq if taken else self._seen
            self.world.forget({ref for statement in taken for ref in statement.about})
        return len(taken)

    def _take(self, statements: Iterable[Statement]) -> list[Statement]:
        with self._available("read"):
            last = self._db.execute(_LAST).fetchone()
        taken = list(continued(statement_of(last) if last else None, statements))
        return self._write(taken, map(row, taken))

    def verify(self) -> int:
        """Check the whole chain; return the number of statements.

        Raises:
            UnavailableError: a statement is missing, altered or out of its place.
        """
        return self._check_chain(0)

    def _record(self, statements: Iterable[Statement]) -> Sequence[Statement]:
        with self._available("read"):
            last = self._db.execute(_LAST).fetchone()
        before, count, held = last[0] if last else 0, 0, list[Statement]()
        written = Written(self, self._read_about)
        self._recording = Recording(written, statement_of(last) if last else None, self.admission, self._clock.now)
        admitted = starmap(row, map(self._recording.take, statements))  # one by one: `about` tells of those before
        while rows := list(islice(admitted, _FLUSH)):
            flushed = self._write(self._recording.flush(), rows)
            count += len(flushed)
            held = [*held, *flushed] if count <= _HELD else []
            if not held:
                self._keep_pages(_MUCH_CACHE)  # indices are written all over: a page should leave once, not each time
        return Recorded(self, before + 1, count) if count > _HELD else held

    def _write(self, statements: list[Statement], rows: Iterable[Row]) -> list[Statement]:
        with self._available("written"):
            self._db.executemany(_INSERT, rows)
            refs = sorted((ref, statement.seq) for statement in statements for ref in statement.about)
            self._db.executemany("INSERT INTO refs (ref, seq) VALUES (?, ?)", refs)
            self._names.write(statements)
        return statements

    def _keep_pages(self, kibibytes: int) -> None:
        with self._available("read"):
            self._db.execute(f"PRAGMA cache_size = -{kibibytes}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Hold the write lock; keep all that was written, or nothing."""
        with self._available("written"):
            self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        with self._available("written"):
            self._db.execute("COMMIT")

    @contextmanager
    def _available(self, act: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error, act) from error

    def _unavailable(self, error: Exception, act: str) -> UnavailableError:
        message = f"{self.path} cannot be {act} ({error}); mend the device, or restore the file from a copy"
        return UnavailableError(message)

    def _take_up(self) -> None:
        """Give a file of an older version the columns that it lacks, and the indices by which statements are found."""
        known = {row[1] for row in self._db.execute("PRAGMA table_info(statements)")}
        for column in ("agent", "request"):
            if column not in known:
                self._db.execute(f"ALTER TABLE statements ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
        self._db.execute(_BY_REQUEST)
        self._db.execute(_BY_KIND)

    def _data_version(self) -> int:
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def _count(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM statements").fetchone()[0])

    def _check_chain(self, after: int) -> int:
        """Check the chain from the statement after `after`; return the seq of the last one."""
        previous = next(self.statements(after - 1)).hash if after else GENESIS
        for expected, statement in enumerate(self.statements(after), after + 1):
            whole = statement.seq == expected and statement.previous == previous
            if not whole or digest(statement) != statement.hash:
                message = f"{self.path.name} was altered: statement {expected} is not what was recorded"
                raise UnavailableError(message)
            previous, after = statement.hash, expected
        return after
