"""A folder that leaves the house: files of bounded size, the signed checkpoint, and a manifest of what is in it.

The manifest is written last: a folder without one is not finished. Nothing beyond the checkpoint is ever in it.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.exports.forms import EVENTS, Stretch, described, write_stretch
from adapters.exports.parts import writable
from adapters.exports.processes import WORTH, each
from adapters.exports.questions import BEGINNING, END
from adapters.exports.told import lookup, span
from pdp.errors import RequestError
from pdp.log.instants import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from adapters.exports.columns import Columns
    from adapters.exports.database import Database

    Advance = Callable[[int], None]

MANIFEST: Final = "manifest.json"
CHECKPOINT: Final = "checkpoint"


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
            files, left_out = _written_all(columns, database, found, period, form, folder, advance)
        (folder / CHECKPOINT).write_text(str(columns.note), encoding="utf-8")
        manifest = _manifest(columns, period, form, found, files, left_out)
        (folder / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    return manifest


def _written_all(  # noqa: PLR0913, PLR0917  # as `deliver`
    columns: Columns,
    database: Database,
    found: tuple[int, int],
    period: Period,
    form: str,
    folder: Path,
    advance: Advance,
) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Write a range of entries, in two processes where that pays; return its files, and what found no place."""
    shared = (type(columns.log), columns.log.folder, lookup(columns, database), utc(period.since), utc(period.until))
    first, last = found[0], min(found[1], columns.checkpoint.size - 1)
    starts = range(first, last + 1, EVENTS)
    stretches = [Stretch(*shared, form, folder, start, min(start + EVENTS - 1, last)) for start in starts]
    if last + 1 - first >= WORTH:
        written = each(write_stretch, stretches, advance)
    else:
        written = [write_stretch(stretch, advance) for stretch in stretches]
    return [file for files, _ in written for file in files], sum((left for _, left in written), Counter())


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
            yield described(path, count, max(about.first, found[0]), min(about.last, found[1]))
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
