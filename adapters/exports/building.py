"""Build one part of a log's columns from its entries; runs in a process of its own where there is much to do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.device.system_calls import PRIVATE, sync_folder
from adapters.exports.flat import (
    COUNTS,
    GROUPS,
    JOINED,
    LISTS,
    MASKS,
    OVERLAYS,
    ROW,
    TEXTS,
    VECTOR,
    VERDICT,
    WORDS,
    Flattener,
)
from adapters.exports.parts import About
from pdp.errors import UnavailableError
from pdp.log.entry import leaf_hash, record_of
from pdp.log.readable import legend_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from adapters.exports.flat import Row
    from adapters.exports.parts import Log

    OpenLog = Callable[[Path], Log]

ROWS: Final = 16_384  # entries that are turned into columns at once, and that make a row group
FACT: Final = "fact_"
_ACTIVATED: Final = b'"kind":"rulebook.activated"'
_WORD: Final = pa.dictionary(pa.int32(), pa.string())
_NAMES: Final = pa.list_(pa.string())
_FINDINGS: Final = pa.list_(pa.struct([("rule", pa.string()), ("effect", pa.string()), ("articles", _NAMES)]))
_GROUPS: Final = pa.list_(pa.struct([("dataset", pa.string()), ("fields", _NAMES), ("outcome", pa.string())]))
_MASKS: Final = pa.list_(
    pa.struct(
        [
            *((name, pa.string()) for name in ("field", "method", "table")),
            *((name, pa.int64()) for name in ("keep_prefix", "keep_suffix")),
        ]
    )
)
_OVERLAYS: Final = pa.list_(
    pa.struct(
        [
            *((name, pa.string()) for name in ("id", "body", "basis", "reason")),
            ("findings", pa.list_(pa.struct([*_FINDINGS.value_type, ("fields", _NAMES)]))),
        ]
    )
)
_SPOKEN: Final = {
    **dict.fromkeys(("findings", "withheld"), _FINDINGS),
    **dict.fromkeys(("rules", "articles", "duties", "advisories"), _NAMES),
}
_REMEMBERED: Final = {**dict.fromkeys(LISTS, _NAMES), GROUPS: _GROUPS, MASKS: _MASKS, OVERLAYS: _OVERLAYS}
_INSTANT: Final = pa.timestamp("us", tz="UTC")
_FIRST: Final = ("entry_index", "log", "leaf", "id", "at", "kind", "outcome", "body", "dataset", "action")
_PLAIN: Final = {"leaf", "id", "request_id", "request_digest", "entry_index", "mono_ns"}  # hardly a value twice


@dataclass(frozen=True)
class Task:
    """What to build: entries `first` to `last` of the log in `log`, as one part in `folder`."""

    open_log: OpenLog
    log: Path
    folder: Path
    first: int
    last: int
    size: int  # of the checkpoint that covers them
    root: str
    origin: str
    facts: tuple[str, ...]  # that earlier parts have a column for
    orders: dict[str, tuple[str, ...]]  # of the revisions that earlier parts know


def build(task: Task, advance: Callable[[int], None]) -> About:
    """Write the part of `task`, whole or not at all; tell `advance` of entries done.

    Raises:
        UnavailableError: an entry is not as it was written, or the log does not say how it is to be read.
        OSError: the part cannot be written.
    """
    log = task.open_log(task.log)
    orders = _Orders(log, task)
    before = _leaf_before(log, task.first)
    flat = Flattener(task.origin, before, orders)
    tables, entries = [], log.records(task.first, task.last + 1)
    while batch := list(islice(entries, ROWS)):
        rows = [flat.row(index, orders.noted(entry)) for index, entry in batch]
        tables.append(_table(rows, flat))
        flat.forget()
        advance(len(batch))
    count = sum(table.num_rows for table in tables)
    if count != task.last + 1 - task.first:
        message = f"{task.log.name}: {count} of entries {task.first} to {task.last} can be read; verify the log"
        raise UnavailableError(message)
    known = dict.fromkeys([*task.facts, *(name for order in orders.here.values() for name in order)])
    about = About(
        *(task.origin, task.first, task.last, before, flat.previous, task.size, task.root),
        facts=tuple(known),
        orders=orders.here,
    )
    write(task.folder, about, tables)
    return about


def write(folder: Path, about: About, tables: Sequence[pa.Table]) -> Path:
    """Write `tables` as the part that `about` names, with a column for each of its facts, whole or not at all."""
    wide = [_widened(table, about.facts) for table in tables]
    table = pa.concat_tables(wide).unify_dictionaries().replace_schema_metadata(about.metadata)
    path = folder / about.name
    begun = path.with_name(f".{path.name}.{os.getpid()}")
    worded = [path for name in table.schema.names if name not in _PLAIN for path in _leaves(table.schema.field(name))]
    pq.write_table(table, begun, row_group_size=ROWS, compression="zstd", use_dictionary=worded)
    with begun.open("rb+") as written:
        os.fsync(written.fileno())
    begun.chmod(PRIVATE)
    begun.replace(path)
    sync_folder(os, folder)
    return path


def _leaves(field: pa.Field, above: str = "") -> Iterator[str]:
    """Yield the paths by which Parquet names what a column holds."""
    path = f"{above}{field.name}"
    if pa.types.is_list(field.type):
        yield from _leaves(field.type.value_field.with_name("element"), f"{path}.list.")
    elif pa.types.is_struct(field.type):
        for member in field.type:
            yield from _leaves(member, f"{path}.")
    else:
        yield path


def read(path: Path) -> pa.Table:
    """Return the columns in the part at `path`, words as dictionaries."""
    words = [name for name in pq.read_schema(path).names if name in WORDS or name == "cited" or name.startswith(FACT)]
    return pq.read_table(path, read_dictionary=words, partitioning=None)


class _Orders:
    """The order of facts of each revision, as the log itself states it: here, in earlier parts, or anywhere before."""

    def __init__(self, log: Log, task: Task) -> None:
        self._log, self._task = log, task
        self.here: dict[str, tuple[str, ...]] = {}

    def __call__(self, revision: str) -> tuple[str, ...]:
        known = self.here.get(revision) or self._task.orders.get(revision)
        if known is None:
            legend = legend_in(self._log.records(0, self._task.first), revision)
            if legend is None:
                told = f"{self._task.origin}: no record says how decisions of revision {revision} are read"
                message = f"{told}; look for the older part of the log"
                raise UnavailableError(message)
            known = self.here[revision] = legend.facts
        return known

    def noted(self, entry: bytes) -> bytes:
        """Return `entry`; where it activates a revision, take note of the order of its facts."""
        if _ACTIVATED in entry:
            record = orjson.loads(record_of(entry))
            if record["kind"] == "rulebook.activated":
                self.here[record["revision"]["set"]] = tuple(record["facts"])
        return entry


def _leaf_before(log: Log, first: int) -> str:
    """Return the leaf of the entry before `first`, hex; 64 zeros before the first of all."""
    return next((leaf_hash(entry).hex() for _, entry in log.records(first - 1, first)), "") if first else "0" * 64


def _table(rows: list[Row], flat: Flattener) -> pa.Table:
    """Return `rows` as columns."""
    values = dict(zip(ROW, zip(*rows, strict=True), strict=True))
    columns: dict[str, pa.Array] = {name: _array(values[name], pa.int64()) for name in COUNTS}
    columns |= {name: _array(values[name], pa.string()) for name in TEXTS}
    columns |= {name: _words(values[name]) for name in WORDS}
    columns[JOINED] = _array(values[JOINED], pa.bool_())
    for name, kind in _REMEMBERED.items():
        columns[name] = pa.array(flat.distinct[name].values, kind).take(pa.array(values[name], pa.int32()))
    columns |= _spoken(flat.distinct[VERDICT].values, pa.array(values[VERDICT], pa.int32()))
    columns |= _facts(flat.distinct[VECTOR].values, pa.array(values[VECTOR], pa.int32()))
    columns["at"] = pc.cast(columns["at"], _INSTANT)
    columns["valid_until"] = pc.add(columns["at"], pc.cast(columns.pop("valid_us"), pa.duration("us")))
    return pa.table({name: columns[name] for name in dict.fromkeys((*_FIRST, *columns))})


def _array(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    """Return `values` as a column; many a column is empty, which is told fast."""
    empty = values.count(None) == len(values)
    return pa.nulls(len(values), kind) if empty else pa.array(values, kind)


def _words(values: Sequence[object]) -> pa.Array:
    return _array(values, pa.string()).dictionary_encode()


def _spoken(verdicts: list[dict[str, Any]], places: pa.Array) -> dict[str, pa.Array]:
    columns = {
        name: pa.array([verdict[name] for verdict in verdicts], kind).take(places) for name, kind in _SPOKEN.items()
    }
    return {**columns, "cited": _words([verdict["cited"] for verdict in verdicts]).take(places)}


def _facts(vectors: list[dict[str, str]], places: pa.Array) -> dict[str, pa.Array]:
    names = sorted({name for vector in vectors for name in vector})
    return {FACT + name: _words([vector.get(name) for vector in vectors]).take(places) for name in names}


def _widened(table: pa.Table, facts: Sequence[str]) -> pa.Table:
    """Return `table` with its columns in one order, the same for all parts, and an empty one for each fact it lacks."""
    wanted = [name for name in table.schema.names if not name.startswith(FACT)]
    columns = {name: table[name] for name in wanted}
    for fact in facts:
        name = FACT + fact
        columns[name] = table[name] if name in table.schema.names else pa.nulls(table.num_rows, _WORD)
    return pa.table(columns)
