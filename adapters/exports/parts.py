"""The files that hold a log's columns: their names, what they say of themselves, and whether they belong together.

A part is `<first>-<last>.parquet`. Under the key `pdp.log` its metadata name the log, the range, the leaf before and
the last leaf, so that parts bind each other and the last one binds them all to the log.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from pdp.errors import UnavailableError
from pdp.log.entry import FIRST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pdp.log.note import Checkpoint, Note

KEY: Final = b"pdp.log"
FULL: Final = 131_072  # entries a part; one begins at every multiple
FORM: Final = 2  # of the columns; parts of another form are built anew
_NAME: Final = re.compile(r"([0-9]{20})-([0-9]{20})\.parquet")


class Log(Protocol):
    """A log as it is read here: `adapters.stores.log_reader.LogReader`."""

    folder: Path

    @property
    def note(self) -> Note:
        """Return the last signed note."""
        ...

    @property
    def checkpoint(self) -> Checkpoint:
        """Return what was last signed."""
        ...

    def records(self, since: int = 0, until: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield `(index, entry)` from `since` up to, not with, `until`, at most what is signed."""
        ...


@dataclass(frozen=True, slots=True)
class About:
    """What a part says of itself."""

    origin: str
    first: int
    last: int
    before: str  # leaf of the entry before the first, hex
    leaf: str  # leaf of the last entry
    size: int  # of the checkpoint under which it was complete
    root: str  # of that checkpoint, hex
    facts: tuple[str, ...]  # that have a column
    orders: dict[str, tuple[str, ...]] = field(default_factory=dict)  # revision set activated here -> order of facts
    form: int = FORM

    @property
    def name(self) -> str:
        """Return the part's file name."""
        return f"{self.first:020d}-{self.last:020d}.parquet"

    @property
    def count(self) -> int:
        """Return the entries that it holds."""
        return self.last + 1 - self.first

    @property
    def metadata(self) -> dict[bytes, bytes]:
        """Return the metadata of its file."""
        return {KEY: orjson.dumps(asdict(self))}


@dataclass(frozen=True, slots=True)
class Part:
    """One file of columns."""

    path: Path
    about: About


def parts_in(folder: Path, origin: str) -> list[Part]:
    """Return the parts in `folder` that are whole and follow each other from index 0 on; any other is none of them."""
    parts: list[Part] = []
    expected, before = 0, FIRST
    for path, about in _stated(folder):
        if about.origin == origin and about.first == expected and about.before == before and about.form == FORM:
            parts.append(Part(path, about))
            expected, before = about.last + 1, about.leaf
    return parts


def strays(folder: Path, parts: Sequence[Part]) -> list[Path]:
    """Return the files in `folder` that belong to no part: what was begun, replaced or is another log's."""
    kept = {part.path for part in parts}
    return [path for path in folder.iterdir() if ".parquet" in path.name and path not in kept]


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Say of what cannot be written where it is, and what to do.

    Raises:
        UnavailableError: something failed as files do.
    """
    try:
        yield
    except OSError as fault:
        message = f"{folder}: cannot be written ({fault}); make room there, or ask as a user who may write"
        raise UnavailableError(message) from fault


@contextmanager
def held(folder: Path, *, alone: bool) -> Iterator[None]:
    """Hold the folder of a log's columns, created if need be: `alone` to change them, else against changes.

    Raises:
        UnavailableError: it cannot be written.
    """
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


def _stated(folder: Path) -> list[tuple[Path, About]]:
    """Return every file that says what it is, in the order of ranges, the wider of two with one beginning first."""
    found = [(_NAME.fullmatch(path.name), path) for path in folder.glob("*.parquet")]
    paths = [path for name, path in sorted(found, key=_range) if name]
    read = _read(paths)
    if read is None:  # one is no Parquet file; the others may be
        read = {name: about for path in paths for name, about in (_read([path]) or {}).items()}
    return [(path, read[path.name]) for path in paths if path.name in read]


def _range(found: tuple[re.Match[str] | None, Path]) -> tuple[int, int]:
    name = found[0]
    return (int(name[1]), -int(name[2])) if name else (0, 0)


def _read(paths: Iterable[Path]) -> dict[str, About] | None:
    """Return what the files at `paths` say, by name, where it agrees with name and length; None if one says nothing."""
    named = [str(path) for path in paths]
    if not named:
        return {}
    import duckdb  # noqa: PLC0415  # slow to load, and not needed where there are no parts yet

    try:
        with duckdb.connect() as database:
            stated = database.execute("SELECT file_name, key, value FROM parquet_kv_metadata($1)", [named]).fetchall()
            rows = database.execute("SELECT file_name, num_rows FROM parquet_file_metadata($1)", [named]).fetchall()
    except duckdb.Error:
        return None
    lengths, read = dict(rows), dict[str, About]()
    for path, key, value in stated:
        if bytes(key) == KEY:
            about = _about(orjson.loads(bytes(value)))
            if path.endswith(about.name) and lengths[path] == about.count:
                read[about.name] = about
    return read


def _about(members: dict[str, Any]) -> About:
    orders = {name: tuple(order) for name, order in members.pop("orders").items()}
    return About(facts=tuple(members.pop("facts")), orders=orders, **members)
