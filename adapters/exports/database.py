"""DuckDB over the columns of several logs: it reads those files and nothing else, and every value is bound.

Its tables: `entries`, one row an entry, and whatever `given` adds. `shanghai(instant)` is local time in every query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from adapters.exports.columns import Columns

_CLOSED: Final = (  # nothing but the files named before; nothing fetched, nothing changed later
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_SET: Final = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": "2",
    "preserve_insertion_order": "false",
}
_MACROS: Final = (
    "CREATE MACRO shanghai(instant) AS make_timestamp(epoch_us(instant) + 28800000000)",  # no summer time since 1991
    "CREATE MACRO released(outcome) AS outcome IN ('PERMIT', 'PARTIAL')",
)
_ENTRIES: Final = "CREATE VIEW entries AS SELECT * FROM read_parquet(getvariable('files'), union_by_name = {union})"
_SIGNED: Final = " WHERE entry_index < map_extract_value(getvariable('sizes'), log)"


class Rows:
    """What a query gave: the names of its columns, and rows."""

    def __init__(self, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        self.names = names
        self.rows = rows

    def members(self) -> list[dict[str, Any]]:
        """Return each row as name -> value."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


class Database:
    """An in-memory database on the columns of some logs, open until it is closed."""

    def __init__(self, columns: Sequence[Columns]) -> None:
        """Open it on `columns`, whose files must not change meanwhile.

        Raises:
            UnavailableError: they have no entry.
        """
        import duckdb  # noqa: PLC0415  # slow to load

        files = [path for log in columns for path in log.paths]
        if not files:
            message = "no entry of any log here is signed yet, or all were pruned; there is nothing to look at"
            raise UnavailableError(message)
        self._database = duckdb.connect(config=dict(_SET))
        self._database.execute("SET allowed_paths = $files", {"files": files})
        for statement in _CLOSED:
            self._database.execute(statement)
        self._database.execute("SET VARIABLE files = $files", {"files": files})
        sizes = {log.checkpoint.origin: log.checkpoint.size for log in columns}
        self._database.execute(
            "SET VARIABLE sizes = MAP($logs, $sizes)", {"logs": [*sizes], "sizes": [*sizes.values()]}
        )
        union = "true" if len(columns) > 1 else "false"  # the parts of one log have the same columns
        bound = _SIGNED if any(log.surplus for log in columns) else ""
        for statement in (*_MACROS, _ENTRIES.format(union=union) + bound):
            self._database.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def give(self, table: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Add a table.

        Args:
            table: its name, a constant of the caller's.
            columns: name -> SQL type, constants too.
            rows: its rows, bound as values.
        """
        spelled = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        self._database.execute(f"CREATE TABLE {table} ({spelled})")
        if rows:
            lists = ", ".join(f"unnest(${name})" for name in columns)  # one statement: a thousand are slow
            values = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
            self._database.execute(f"INSERT INTO {table} SELECT {lists}", values)  # constants

    def say(self, variables: Mapping[str, Any], statements: Sequence[str]) -> None:
        """Bind `variables`, then run `statements`, constants of the caller's that read them."""
        for name, value in variables.items():
            self._database.execute(f"SET VARIABLE {name} = $value", {"value": value})
        for statement in statements:
            self._database.execute(statement)

    def rows(self, sql: str, values: Mapping[str, Any] | None = None) -> Rows:
        """Return what `sql` gives; `values` stand for its `$names`.

        Raises:
            UnavailableError: the columns cannot be read.
        """
        import duckdb  # noqa: PLC0415  # loaded already

        try:
            answer = self._database.execute(sql, dict(values or {}))
            return Rows(tuple(column[0] for column in answer.description), answer.fetchall())
        except duckdb.IOException as fault:
            message = (
                f"the columns of the log cannot be read ({fault}); delete the folder columns, they are built again"
            )
            raise UnavailableError(message) from fault
