"""The ledger in PostgreSQL: one chain for many nodes, append-only, durable when `record` returns.

`record` judges and inserts in one transaction under a lock that all writers take, so two nodes never judge against the
same last statement. Each record is told on the channel `pdp_ledger` with the new head. The database is not trusted:
whoever alters it is found out by the chain, unless the whole of it is written anew.
"""

from __future__ import annotations

import json
from itertools import islice, starmap
from threading import RLock
from typing import TYPE_CHECKING, Self

from adapters.stores.postgres_connection import PostgresConnection
from adapters.stores.postgres_names import PostgresNames
from adapters.stores.sqlite_ledger import TAIL
from adapters.stores.statement_rows import COLUMNS, Row, row, statement_of
from adapters.stores.written import Written
from pdp.errors import UnavailableError
from pdp.ledger.act import Act, Done, perform
from pdp.ledger.recording import Recording
from pdp.ledger.statement import GENESIS, Statement, continued, digest
from pdp.ledger.world import World

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from types import TracebackType

    from pdp.ledger.admit import Admission
    from pdp.ports import Clock

CHANNEL = "pdp_ledger"  # where each record is told: the payload is the new head
_FLUSH = 5_000  # statements that one call holds in memory before it writes them into its transaction
_SCHEMA = """
CREATE TABLE statements (
    seq bigint PRIMARY KEY, kind text NOT NULL, at text NOT NULL, by text NOT NULL, body text NOT NULL,
    about text NOT NULL, evidence text NOT NULL, recorded_at text NOT NULL, previous text NOT NULL, hash text NOT NULL,
    agent text NOT NULL DEFAULT '', request text NOT NULL DEFAULT ''
);
CREATE TABLE refs (ref text NOT NULL, seq bigint NOT NULL REFERENCES statements, PRIMARY KEY (ref, seq));
CREATE UNIQUE INDEX by_request ON statements (request) WHERE request <> '';
CREATE FUNCTION statements_never_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'statements are never changed or deleted'; END $$;
CREATE TRIGGER never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON statements
FOR EACH STATEMENT EXECUTE FUNCTION statements_never_change();
CREATE TRIGGER never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON refs
FOR EACH STATEMENT EXECUTE FUNCTION statements_never_change();
"""
_THERE = """
SELECT EXISTS (SELECT FROM pg_tables WHERE tablename = 'statements' AND schemaname = ANY (current_schemas(false)))
"""  # of the catalogue as it stands; to_regclass() may answer from before the lock was had
_ABOUT = f"SELECT {COLUMNS} FROM refs JOIN statements USING (seq) WHERE ref = %s ORDER BY seq"  # noqa: S608  # constants
_AFTER = f"SELECT {COLUMNS} FROM statements WHERE seq > %s ORDER BY seq LIMIT 1000"  # noqa: S608  # constants only
_HASHES = "SELECT seq, hash FROM statements WHERE seq > %s ORDER BY seq LIMIT %s"
_LAST = f"SELECT {COLUMNS} FROM statements ORDER BY seq DESC LIMIT 1"  # noqa: S608  # constants only
_ASKED = f"SELECT {COLUMNS} FROM statements WHERE request = %s AND request <> ''"  # noqa: S608  # constants only
_INSERT = f"INSERT INTO statements ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608  # constants only


class PostgresLedger:
    """Implements `pdp.ports.Ledger`. Its methods may be called from any thread; they take turns."""

    def __init__(self, url: str, admission: Admission, clock: Clock) -> None:
        self.admission = admission
        self._clock = clock
        self._turn = RLock()
        self._recording: Recording | None = None  # of the call under way
        self._link = PostgresConnection(url)
        self._names = PostgresNames(self._link)
        self.place = self._link.place
        try:
            self._set_up()
            self._names.take_up()
            self.world = World(
                self, admission.calendar, admission.readings, admission.in_force_from, routes=admission.routes
            )
            self._check_chain(max(0, self.head() - TAIL))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; nothing that was recorded waits for this."""
        with self._turn:
            self._link.close()

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, ordered by `(at, seq)`."""
        with self._turn:
            return self._recording.about(ref) if self._recording else self._read_about(ref)

    def _read_about(self, ref: str) -> Sequence[Statement]:
        rows = self._link.rows(_ABOUT, (ref,))
        return sorted(map(statement_of, rows), key=lambda said: (said.at, said.seq))

    def head(self) -> int:
        """Return the seq of the last statement, 0 for an empty ledger; other nodes' statements count."""
        with self._turn:
            ((last,),) = self._link.rows("SELECT coalesce(max(seq), 0) FROM statements")
        return int(last)

    def changed_since(self, seq: int) -> Iterable[str]:
        """Return every ref that a statement later than `seq` is about, each once."""
        with self._turn:
            rows = self._link.rows("SELECT about FROM statements WHERE seq > %s ORDER BY seq", (seq,))
        return list(dict.fromkeys(ref for (about,) in rows for ref in json.loads(about)))

    def hashes(self, after: int, count: int) -> Sequence[str]:
        """Return the hashes of the `count` statements that follow statement `after`, all of which are there."""
        with self._turn:
            rows = self._link.rows(_HASHES, (after, count))
        if [seq for seq, _ in rows] != list(range(after + 1, after + 1 + count)):
            raise self._altered(after + 1, "or a later one is missing")
        return [chain for _, chain in rows]

    def statements(self, after: int = 0) -> Iterator[Statement]:
        """Yield the statements later than `after`, in the order of their seq, as they stand when this is called."""
        last = self.head()
        while after < last:
            with self._turn:
                rows = self._link.rows(_AFTER, (after,))
            if not rows:
                return
            yield from map(statement_of, rows)
            after = rows[-1][0]

    def asked(self, request: str) -> Statement | None:
        """Return the statement that was recorded under this request, or None."""
        with self._turn:
            rows = self._link.rows(_ASKED, (request,))
        return statement_of(rows[0]) if rows else None

    def entities_of(self, kind: str, after: int, limit: int, *names: Collection[str]) -> Sequence[Statement]:
        """Return at most `limit` statements of `kind` later than the seq `after`, by seq.

        Where `names` are given: only those that founded an entity with one of each; see `pdp.ledger.named`.
        """
        with self._turn:
            return list(self._names.of_kind(kind, after, limit, names))

    def record(self, statements: Iterable[Statement]) -> Sequence[Statement]:
        """Record all of `statements` or none, in the order given; return them numbered and chained.

        The promises are those of `pdp.ports.Ledger.record`, but for one case, which the message names: where the
        database is lost at COMMIT and does not come back within seconds, it is not known whether they are recorded.
        """
        recorded: list[Statement] = []
        with self._turn:
            try:
                with self._link.transaction(lambda: self._landed(recorded)):
                    self._record(statements, recorded)
            finally:
                self._recording = None
            self.world.forget({ref for statement in recorded for ref in statement.about})
        return recorded

    def do(self, act: Act) -> Done:
        """Record one act, once; see `pdp.ledger.act.perform`."""
        return perform(act, self, self._clock.now)

    def take(self, statements: Iterable[Statement]) -> int:
        """Take over statements that another ledger has admitted, chained as they are; return how many.

        All of them or none; each must follow the one before it, in number and in chain.

        Raises:
            UnavailableError: they do not continue this ledger, or it cannot be written.
        """
        taken: list[Statement] = []
        with self._turn:
            with self._link.transaction(lambda: self._landed(taken)):
                last = self._link.rows(_LAST)
                taken += continued(statement_of(last[0]) if last else None, statements)
                self._tell(self._write(taken, map(row, taken)))
            self.world.forget({ref for statement in taken for ref in statement.about})
        return len(taken)

    def wait(self, seconds: float) -> None:
        """Wait until something is recorded, by whatever node, at most `seconds`. Holds this connection meanwhile."""
        with self._turn:
            self._link.wait(CHANNEL, seconds)

    def verify(self) -> int:
        """Check the whole chain; return the number of statements.

        Raises:
            UnavailableError: a statement is missing, altered or out of its place.
        """
        return self._check_chain(0)

    def _record(self, statements: Iterable[Statement], recorded: list[Statement]) -> None:
        last = self._link.rows(_LAST)
        written = Written(self, self._read_about)
        self._recording = Recording(written, statement_of(last[0]) if last else None, self.admission, self._clock.now)
        admitted = starmap(row, map(self._recording.take, statements))  # one by one: `about` tells of those before
        while rows := list(islice(admitted, _FLUSH)):
            recorded += self._write(self._recording.flush(), rows)
        self._tell(recorded)

    def _tell(self, recorded: list[Statement]) -> None:
        """Let other nodes hear of the new head, once this is committed."""
        if recorded:
            self._link.rows("SELECT pg_notify(%s, %s)", (CHANNEL, str(recorded[-1].seq)))

    def _write(self, statements: list[Statement], rows: Iterable[Row]) -> list[Statement]:
        self._link.write(_INSERT, rows)
        refs = ((ref, statement.seq) for statement in statements for ref in statement.about)
        self._link.write("INSERT INTO refs (ref, seq) VALUES (%s, %s)", refs)
        self._names.write(statements)
        return statements

    def _landed(self, recorded: list[Statement]) -> bool:
        """Return whether the last of `recorded` is there, so all of them: they were one transaction."""
        if not recorded:
            return True
        last = recorded[-1]
        return self._link.rows("SELECT hash FROM statements WHERE seq = %s", (last.seq,)) == [(last.hash,)]

    def _set_up(self) -> None:
        """Make the tables where they are missing; of nodes that start together, one does."""
        if self._link.rows(_THERE) == [(True,)]:
            return
        with self._link.transaction(lambda: self._link.rows(_THERE) == [(True,)]):
            if self._link.rows(_THERE) == [(False,)]:
                self._link.carry_out(_SCHEMA)

    def _check_chain(self, after: int) -> int:
        """Check the chain from the statement after `after`; return the seq of the last one."""
        previous = next(self.statements(after - 1)).hash if after else GENESIS
        for expected, statement in enumerate(self.statements(after), after + 1):
            whole = statement.seq == expected and statement.previous == previous
            if not whole or digest(statement) != statement.hash:
                raise self._altered(expected, "is not what was recorded")
            previous, after = statement.hash, expected
        return after

    def _altered(self, seq: int, fault: str) -> UnavailableError:
        return UnavailableError(f"{self.place} was altered: statement {seq} {fault}; restore the database from a copy")
