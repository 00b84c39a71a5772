"""The names of entities in PostgreSQL; as `adapters.stores.sqlite_names`, for a list that is read there."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, LiteralString

from adapters.stores.statement_rows import COLUMNS, statement_of
from pdp.errors import UnavailableError
from pdp.ledger.named import KINDS_NAMING, VERSION, named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from adapters.stores.postgres_connection import PostgresConnection
    from pdp.ledger.statement import Statement

_AT_ONCE = 20_000  # seqs whose statements are named in one transaction where a database has no names yet
_SCHEMA = """
CREATE INDEX IF NOT EXISTS by_kind ON statements (kind, seq);
CREATE TABLE named (
    kind text NOT NULL, name text NOT NULL, seq bigint NOT NULL REFERENCES statements, PRIMARY KEY (kind, name, seq)
);
CREATE TABLE named_until (one integer PRIMARY KEY CHECK (one = 1), seq bigint NOT NULL, version integer NOT NULL);
INSERT INTO named_until VALUES (1, 0, 0);
"""
_THERE = """
SELECT EXISTS (SELECT FROM pg_tables WHERE tablename = 'named_until' AND schemaname = ANY (current_schemas(false)))
"""
# The entity is entered under the seq of the statement that founded it: lists are in that order.
_ADD = """
INSERT INTO named (kind, name, seq)
SELECT %s, %s, min(seq) FROM refs
WHERE ref = %s AND (SELECT kind FROM statements WHERE statements.seq = refs.seq) = %s HAVING min(seq) IS NOT NULL
ON CONFLICT DO NOTHING
"""
_ALSO: LiteralString = "AND seq IN (SELECT seq FROM named WHERE kind = %s AND name = ANY (%s))"
_FOUND: LiteralString = f"""
SELECT {COLUMNS} FROM statements WHERE seq IN (
    SELECT DISTINCT seq FROM named WHERE kind = %s AND name = ANY (%s) AND seq > %s
"""  # noqa: S608  # constants only
_IN_ORDER: LiteralString = "ORDER BY seq LIMIT %s) ORDER BY seq"
_OF_KIND = f"SELECT {COLUMNS} FROM statements WHERE kind = %s AND seq > %s ORDER BY seq LIMIT %s"  # noqa: S608  # constants
_NAMING = f"SELECT {COLUMNS} FROM statements WHERE seq > %s AND seq <= %s AND kind = ANY (%s) ORDER BY seq"  # noqa: S608  # constants
_OTHER = "SELECT 1 FROM named_until WHERE version <> %s"
_LEFT = "SELECT seq, (SELECT coalesce(max(seq), 0) FROM statements) FROM named_until"


class PostgresNames:
    """The names in one database. Whoever calls has its turn of the connection."""

    def __init__(self, link: PostgresConnection) -> None:
        self._link = link

    def take_up(self) -> None:
        """Name what no program has named yet: little by little, so that nodes that record need not wait long.

        Raises:
            UnavailableError: the database cannot be written, or a statement was altered.
        """
        if not self._there():
            with self._link.transaction(self._there):
                if not self._there():
                    self._link.carry_out(_SCHEMA)
        self._renew()
        while self._behind():
            with self._link.transaction(lambda: True):  # where it did not land, it is done again
                until, last = self._left()
                last = min(last, until + _AT_ONCE)
                self._name(until, last)
                self._link.write("UPDATE named_until SET seq = %s", [(last,)])

    def write(self, statements: list[Statement]) -> None:
        """Name what was just written, within its transaction."""
        self._add(statements)
        if statements:
            # Not where something before is unnamed: the next node to start will name both.
            known = (statements[-1].seq, statements[0].seq - 1)
            self._link.write("UPDATE named_until SET seq = %s WHERE seq = %s", [known])

    def of_kind(self, kind: str, after: int, limit: int, names: Sequence[Collection[str]]) -> Iterator[Statement]:
        """Return the statements of `kind` later than the seq `after`; with one of each of `names`."""
        if not names:
            return map(statement_of, self._link.rows(_OF_KIND, (kind, after, limit)))
        first, *others = ((kind, list(group)) for group in names)
        query = " ".join([_FOUND, *[_ALSO] * len(others), _IN_ORDER])
        return map(statement_of, self._link.rows(query, (*first, after, *chain(*others), limit)))

    def _renew(self) -> None:
        """Begin anew where names were made in another way."""
        if self._link.rows(_OTHER, (VERSION,)):
            with self._link.transaction(lambda: True):  # where it did not land, the next start does it
                if self._link.rows(_OTHER, (VERSION,)):
                    self._link.carry_out("DELETE FROM named")
                    self._link.write("UPDATE named_until SET seq = 0, version = %s", [(VERSION,)])

    def _there(self) -> bool:
        return bool(self._link.rows(_THERE) == [(True,)])

    def _left(self) -> tuple[int, int]:
        ((until, last),) = self._link.rows(_LEFT)
        return until, last

    def _behind(self) -> bool:
        until, last = self._left()
        return until < last

    def _name(self, after: int, last: int) -> None:
        rows = self._link.rows(_NAMING, (after, last, list(KINDS_NAMING)))
        try:
            self._add(map(statement_of, rows))
        except ValueError as fault:
            message = f"{self._link.place} was altered: a statement between {after} and {last} cannot be read; "
            raise UnavailableError(message + "restore the database from a copy") from fault

    def _add(self, statements: Iterable[Statement]) -> None:
        entries = chain.from_iterable(
            ((one.kind, name, one.ref, one.kind) for name in one.names) for one in map(named, statements) if one
        )
        self._link.write(_ADD, sorted(entries))
