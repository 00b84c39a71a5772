"""One connection to PostgreSQL: made anew when it is lost, and certain of what became of a transaction.

Writers of one database take turns by an advisory lock that lasts as long as their transaction. A COMMIT that is not
answered may have been carried out: what became of it is looked up under the same lock, so after it has ended.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from time import sleep
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import LiteralString

_PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)  # seconds before each look at what became of a transaction
_GIVEN = {"connect_timeout": "5", "keepalives_idle": "10", "tcp_user_timeout": "30000", "application_name": "pdp"}
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"  # each query sees what was committed before it, so before the lock
_TERMS = (
    "SET LOCAL synchronous_commit = on",
    "SET LOCAL lock_timeout = '30s'",
    "SET LOCAL idle_in_transaction_session_timeout = '60s'",  # the lock of a writer that is gone is given up
    "SELECT pg_advisory_xact_lock(7241962023000004)",  # any number that no other program of this database uses
)


class PostgresConnection:
    """One connection; one thread at a time. `place` names the database in messages, without its password."""

    def __init__(self, url: str) -> None:
        try:
            said = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        except psycopg.ProgrammingError:
            message = "the URL of the ledger cannot be read; write postgresql://user:password@host:port/database"
            raise UnavailableError(message) from None  # the driver's words repeat the URL
        self.place = f"PostgreSQL {said.get('dbname', '')} at {said.get('host', 'localhost')}:{said.get('port', 5432)}"
        self._password = said.get("password", "")
        self._url = make_conninfo(**_GIVEN | said)
        self._db: psycopg.Connection[Any] | None = None
        self._listening: psycopg.Connection[Any] | None = None
        self._within = False

    def close(self) -> None:
        """Close the connection; what was not committed is given up."""
        db, self._db, self._within = self._db, None, False
        if db is not None:
            with suppress(psycopg.Error):
                db.close()

    def rows(self, query: LiteralString, values: Sequence[object] = ()) -> list[Any]:
        """Return the rows that a query finds, as tuples.

        Raises:
            UnavailableError: the database cannot be read.
        """
        with self._available("read"):
            return self._execute(query, values).fetchall()

    def write(self, statement: LiteralString, rows: Iterable[Sequence[object]]) -> None:
        """Carry `statement` out for each of `rows`, within a transaction.

        Raises:
            UnavailableError: the database cannot be written.
        """
        with self._available("written"), self._opened().cursor() as cursor:
            cursor.executemany(statement, rows)

    def carry_out(self, statement: LiteralString) -> None:
        """Carry out statements that return nothing, within a transaction.

        Raises:
            UnavailableError: the database cannot be written.
        """
        with self._available("written"):
            self._execute(statement)

    def wait(self, channel: LiteralString, seconds: float) -> None:
        """Wait for word on `channel`, at most `seconds`; what was said before this was first called is not heard.

        Raises:
            UnavailableError: the database cannot be read.
        """
        with self._available("read"):
            db = self._opened()
            if self._listening is not db:
                db.execute(f"LISTEN {channel}")
                self._listening = db
                return  # something may have been said before we listened: look first
            for _ in db.notifies(timeout=seconds, stop_after=1):
                pass

    @contextmanager
    def transaction(self, landed: Callable[[], bool]) -> Iterator[None]:
        """Take the writers' turn; keep all that was written, or nothing.

        `landed` looks up whether what was written is there; it is asked when the answer to COMMIT was lost.

        Raises:
            UnavailableError: the database cannot be written; the message says whether that is certain.
        """
        if self._within:
            message = "statements that are being recorded cannot record others"
            raise RuntimeError(message)
        with self._turn():
            yield
            self._commit(landed)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the writers' lock; what is not committed inside is given up."""
        with self._available("written"):
            self._execute(_BEGIN)
        self._within = True
        try:
            with self._available("written"):
                for term in _TERMS:
                    self._execute(term)
            yield
        except BaseException:
            self._give_up()
            raise
        self._give_up()

    def _commit(self, landed: Callable[[], bool]) -> None:
        try:
            answer = self._opened().execute("COMMIT").statusmessage
        except psycopg.Error as error:
            self.close()
            if not self._became(landed, error):
                message = f"{self.place} did not commit ({self._words(error)}): nothing was recorded; ask again"
                raise UnavailableError(message) from error
            return
        except BaseException:
            self.close()
            raise
        self._within = False
        if answer != "COMMIT":
            message = f"{self.place} answered {answer} to COMMIT: nothing was recorded; ask again"
            raise UnavailableError(message)

    def _became(self, landed: Callable[[], bool], error: psycopg.Error) -> bool:
        """Return whether a transaction whose COMMIT was not answered was carried out."""
        for pause in _PAUSES:
            sleep(pause)
            with suppress(UnavailableError), self._turn():
                return landed()
        message = (
            f"{self.place} was lost at COMMIT ({self._words(error)}): whether the act was recorded is not known; "
            "start the database, and look the act up by its request before it is done again"
        )
        raise UnavailableError(message) from error

    def _give_up(self) -> None:
        """Roll back what is not committed."""
        if not self._within:
            return
        self._within = False
        try:
            self._opened().execute("ROLLBACK")
        except psycopg.Error:
            self.close()

    def _execute(self, query: LiteralString, values: Sequence[object] = ()) -> psycopg.Cursor[Any]:
        """Ask once; and once more where an idle connection turns out to be lost: nothing had been begun on it."""
        idle = self._db is not None and not self._within
        try:
            return self._opened().execute(query, values)
        except psycopg.OperationalError:
            if not idle:
                raise
            self.close()
            return self._opened().execute(query, values)

    def _opened(self) -> psycopg.Connection[Any]:
        """Return the connection; a transaction never goes on over another one than it began on."""
        if self._db is not None and self._db.closed and not self._within:
            self.close()
        if self._db is None:
            self._db = psycopg.connect(self._url, autocommit=True)
        return self._db

    @contextmanager
    def _available(self, act: str) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            message = f"{self.place} cannot be {act} ({self._words(error)}); start or mend the database"
            raise UnavailableError(message) from error

    def _words(self, error: psycopg.Error) -> str:
        words = " ".join((error.diag.message_primary or str(error)).split())
        return words.replace(self._password, "…") if self._password else words
