"""The names of entities in PostgreSQL; as `adapters.stores.sqlite_names`, for a list that is read there."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from adapters.stores.statement_rows import COLUMNS, statement_of
from pdp.errors import UnavailableError
from pdp.ledger.named import KINDS_NAMING, named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from adapters.stores.postgres_connection import PostgresConnection
    from pdp.ledger.statement import Statement

_AT_ONCE = 20_000  # seqs whose statements are named in one transaction where a database has no names yet
_SCHEMA = """
CREATE INDEX IF NOT EXISTS by_kind ON statements (kind, seq);
CREATE TABLE names (
    kind text NOT NULL, name text NOT NULL, seq bigint NOT NULL REFERENCES statements, PRIMARY KEY (kind, name, seq)
);
CREATE TABLE names_until (one integer PRIMARY KEY CHECK (one = 1), seq bigint NOT NULL);
INSERT INTO names_until VALUES (1, 0);
"""
_THERE = """
SELECT EXISTS (SELECT FROM pg_tables WHERE tablename = 'names_until' AND schemaname = ANY (current_schemas(false)))
"""
# The entity is entered under the seq of the statement that founded it: lists are in that order.
_ADD = """
INSERT INTO names (kind, name, seq)
SELECT %s, %s, min(seq) FROM refs
WHERE ref = %s AND (SELECT kind FROM statements WHERE statements.seq = refs.seq) = %s HAVING min(seq) IS NOT NULL
ON CONFLICT DO NOTHING
"""
_FOUND = f"""
SELECT {COLUMNS} FROM statements WHERE seq IN (
    SELECT DISTINCT seq FROM names WHERE kind = %s AND name = ANY (%s) AND seq > %s ORDER BY seq LIMIT %s
) ORDER BY seq
"""  # noqa: S608  # constants only
_OF_KIND = f"SELECT {COLUMNS} FROM statements WHERE kind = %s AND seq > %s ORDER BY seq LIMIT %s"  # noqa: S608  # constants
_NAMING = f"SELECT {COLUMNS} FROM statements WHERE seq > %s AND seq <= %s AND kind = ANY (%s) ORDER BY seq"  # noqa: S608  # constants
_LEFT = "SELECT seq, (SELECT coalesce(max(seq), 0) FROM statements) FROM names_until"


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
        while self._behind():
            with self._link.transaction(lambda: True):  # where it did not land, it is done again
                until, last = self._left()
                last = min(last, until + _AT_ONCE)
                self._name(until, last)
                self._link.write("UPDATE names_until SET seq = %s", [(last,)])

    def write(self, statements: list[Statement]) -> None:
        """Name what was just written, within its transaction."""
        self._add(statements)
        if statements:
            # Not where something before is unnamed: the next node to start will name both.
            known = (statements[-1].seq, statements[0].seq - 1)
            self._link.write("UPDATE names_until SET seq = %s WHERE seq = %s", [known])

    def of_kind(self, kind: str, after: int, limit: int, names: Collection[str] | None) -> Iterator[Statement]:
        """Return the statements of `kind` later than the seq `after`; of `names` only, if any are given."""
        if names is None:
            return map(statement_of, self._link.rows(_OF_KIND, (kind, after, limit)))
        return map(statement_of, self._link.rows(_FOUND, (kind, list(names), after, limit)))

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
