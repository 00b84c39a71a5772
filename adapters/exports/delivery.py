"""A folder that leaves the house: files of bounded size, the signed checkpoint, and a manifest of what is in it.

The manifest is written last: a folder without one is not finished. Nothing beyond the checkpoint is ever in it.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.exports import ocsf, opa
from adapters.exports.parts import writable
from adapters.exports.questions import BEGINNING, END
from adapters.exports.told import Teller, span
from pdp.errors import RequestError
from pdp.log.instants import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from adapters.exports.columns import Columns
    from adapters.exports.database import Database
    from adapters.exports.told import Told

    Advance = Callable[[int], None]

EVENTS: Final = 20_000  # a file
BYTES: Final = 32 * 1024 * 1024  # a file, before it is compressed
MANIFEST: Final = "manifest.json"
CHECKPOINT: Final = "checkpoint"
_LEVEL: Final = 3  # of gzip: fast, and nine tenths of what there is to gain


@dataclass(frozen=True, slots=True)
class Form:
    """How entries are written: which kinds, each as what, and how many make a file."""

    name: str
    kinds: frozenset[str] | None  # None: all
    spelled: Callable[[Told], dict[str, Any]]
    stem: str
    suffix: str
    around: tuple[bytes, bytes, bytes]  # before the first, between two, behind the last


def _entry(told: Told) -> dict[str, Any]:
    return {"log": told.log, "index": told.index, "leaf": told.leaf, "record": told.record}


_LINES: Final = (b"", b"\n", b"\n")
FORMS: Final = {
    "opa": Form("opa", opa.KINDS, opa.opa_event, "decisions", ".json.gz", (b"[\n", b",\n", b"\n]\n")),
    "ocsf": Form("ocsf", ocsf.KINDS, ocsf.ocsf_event, "events", ".jsonl.gz", _LINES),
    "jsonl": Form("jsonl", None, _entry, "entries", ".jsonl.gz", _LINES),
}
PARQUET: Final = "parquet"


@dataclass(frozen=True, slots=True)
class Period:
    """Which entries are wanted: from `since` up to, not with, `until`."""

    since: datetime
    until: datetime

    @property
    def whole(self) -> bool:
        """Return whether nothing was left out by a beginning or an end."""
        return (self.since, self.until) == (BEGINNING, END)


def deliver(  # noqa: PLR0913, PLR0917  # what, of which log, from when to when, in which form, where to, and who is told
    columns: Columns,
    database: Database,
    period: Period,
    form: str,
    folder: Path,
    advance: Advance = lambda _: None,
) -> dict[str, Any]:
    """Write the entries of one log into `folder`, which must not be there yet; return its manifest.

    Args:
        columns: of the log, up to date.
        database: on them.
        period: by the instants of the records.
        form: opa, ocsf, jsonl or parquet.
        folder: created; on a failure it has no manifest.
        advance: told of entries done.

    Raises:
        RequestError: there is something in `folder`.
        UnavailableError: an entry is not as it was written, nothing says how it is to be read, or the device is full.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RequestError(str(folder), "文件夹不是空的;请另选一个,或者先移走其中的内容")
    with writable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # decisions are not for everybody
        found = span(database, columns, period.since, period.until)
        left_out: Counter[str] = Counter()
        files: list[dict[str, Any]] = []
        if found and form == PARQUET:
            files = list(_parquet(columns, folder, found, period, advance))
        elif found:
            entries = _wanted(Teller(columns, database), found, period, advance)
            files = list(_written(FORMS[form], entries, folder, left_out))
        (folder / CHECKPOINT).write_text(str(columns.note), encoding="utf-8")
        manifest = _manifest(columns, period, form, found, files, left_out)
        (folder / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    return manifest


def _wanted(teller: Teller, found: tuple[int, int], period: Period, advance: Advance) -> Iterator[Told]:
    since, until = utc(period.since), utc(period.until)
    for place, told in enumerate(teller.told(*found), 1):
        if place % 1000 == 0:
            advance(1000)
        if since <= told.record["at"] < until:
            yield told


def _written(form: Form, entries: Iterable[Told], folder: Path, left_out: Counter[str]) -> Iterator[dict[str, Any]]:
    """Write `entries` in `form` and yield what each file holds; count what the form has no place for."""
    file = _File(form, folder)
    for told in entries:
        if form.kinds is not None and told.kind not in form.kinds:
            left_out[told.kind] += 1
            continue
        if file.full:
            yield file.close()
            file = _File(form, folder)
        file.add(told.index, orjson.dumps(form.spelled(told)))
    if file.count:
        yield file.close()


class _File:
    """One file on its way."""

    def __init__(self, form: Form, folder: Path) -> None:
        self._form, self._folder = form, folder
        self._spelled: list[bytes] = []
        self._bytes = 0
        self._first = self._last = 0

    @property
    def count(self) -> int:
        return len(self._spelled)

    @property
    def full(self) -> bool:
        return self.count >= EVENTS or self._bytes >= BYTES

    def add(self, index: int, spelled: bytes) -> None:
        if not self._spelled:
            self._first = index
        self._last = index
        self._spelled.append(spelled)
        self._bytes += len(spelled)

    def close(self) -> dict[str, Any]:
        before, between, behind = self._form.around
        path = self._folder / f"{self._form.stem}-{self._first:020d}{self._form.suffix}"
        path.write_bytes(gzip.compress(before + between.join(self._spelled) + behind, _LEVEL, mtime=0))
        return _described(path, self.count, self._first, self._last)


def _parquet(
    columns: Columns, folder: Path, found: tuple[int, int], period: Period, advance: Advance
) -> Iterator[dict[str, Any]]:
    """Copy the parts that lie within; of those that lie across an end, write the rows within."""
    for part in columns.parts:
        about = part.about
        if about.last < found[0] or about.first > found[1]:
            continue
        path = folder / about.name
        if found[0] <= about.first and about.last <= found[1] and period.whole:
            shutil.copyfile(part.path, path)
            count = about.count
        else:
            count = _excerpt(part.path, path, period, columns.checkpoint.size)
        if count:
            yield _described(path, count, max(about.first, found[0]), min(about.last, found[1]))
        advance(about.count)


def _excerpt(source: Path, target: Path, period: Period, size: int) -> int:
    """Write the rows of `source` that lie within `period` and below `size` to `target`; return how many there are."""
    import pyarrow.compute as pc  # noqa: PLC0415  # slow to load; other forms do not need it
    import pyarrow.parquet as pq  # noqa: PLC0415

    instant, index = pc.field("at"), pc.field("entry_index")
    table = pq.read_table(source, partitioning=None)
    within = table.filter((instant >= period.since) & (instant < period.until) & (index < size))
    if within.num_rows:
        pq.write_table(within.replace_schema_metadata({}), target, compression="zstd")
    return int(within.num_rows)


def _described(path: Path, count: int, first: int, last: int) -> dict[str, Any]:
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return {"name": path.name, "entries": count, "first": first, "last": last, "bytes": len(data), "sha256": digest}


def _manifest(  # noqa: PLR0913, PLR0917  # everything that is said of a delivery
    columns: Columns,
    period: Period,
    form: str,
    found: tuple[int, int] | None,
    files: list[dict[str, Any]],
    left_out: Counter[str],
) -> dict[str, Any]:
    checkpoint = columns.checkpoint
    return {
        "form": form,
        "log": checkpoint.origin,
        "since": utc(period.since),
        "until": utc(period.until),
        "complete_to": checkpoint.size - 1,  # the last index that was looked at
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "first": found[0] if found else None,
        "last": found[1] if found else None,
        "entries": sum(file["entries"] for file in files),
        "left_out": dict(sorted(left_out.items())),
        "files": files,
    }
