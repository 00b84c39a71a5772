"""The log in columns: Parquet files beside the data, derived from the log and brought up to what is signed.

Anyone may delete them; they are built again. A part is written whole or not at all, has at most 131,072 entries, and
small ones at the end are merged as they become many.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from adapters.exports.parts import FULL, held, parts_in, strays, writable
from adapters.exports.processes import WORKERS, WORTH, each
from pdp.log.entry import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from adapters.exports.building import OpenLog, Task
    from adapters.exports.parts import Log, Part
    from pdp.log.note import Checkpoint, Note

    Advance = Callable[[int], None]
    Begin = Callable[[int], Advance]

FOLDER: Final = "columns"
PIECES: Final = 8  # parts that may share one block of 131,072 entries


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one log, complete up to the checkpoint that was signed when they were brought up.

    The last part may hold more, where others have brought them further since; nothing beyond the checkpoint is shown.
    """

    log: Log
    note: Note  # signed
    parts: tuple[Part, ...]

    @property
    def checkpoint(self) -> Checkpoint:
        """Return up to where they are complete."""
        return self.note.checkpoint

    @property
    def surplus(self) -> bool:
        """Return whether there is more than the checkpoint covers."""
        return _end(self.parts) > self.checkpoint.size

    @property
    def paths(self) -> list[str]:
        """Return the files, in the order of the log."""
        return [str(part.path) for part in self.parts]


class Keeper:
    """Keeps the columns of the logs in one data folder."""

    def __init__(self, data: Path, open_log: OpenLog, full: int = FULL, workers: int = WORKERS) -> None:
        """Prepare to keep them.

        Args:
            data: folder of the service.
            open_log: opens the log in a folder; must be known by its name to another process, as a class is.
            full: entries a part.
            workers: processes that build.
        """
        self._data = data
        self._open = open_log
        self._full = full
        self._workers = workers

    def folder(self, log: Log) -> Path:
        """Return where the columns of `log` lie."""
        return self._data / FOLDER / log.folder.name

    def drop(self, log: Log) -> None:
        """Delete the columns of `log`: what a log was pruned of is kept nowhere."""
        folder = self.folder(log)
        if folder.is_dir():
            with held(folder, alone=True):
                for path in strays(folder, ()):
                    path.unlink()

    @contextmanager
    def up_to_date(self, log: Log, begin: Begin = lambda _: _unseen) -> Iterator[Columns]:
        """Give the columns of `log`, brought up to what is signed; nobody changes them meanwhile.

        Args:
            log: whose columns.
            begin: told how many entries are to be read, if any; gives what is told of those that are done.

        Raises:
            UnavailableError: they cannot be written, an entry is not as it was, or nothing says how it is read.
        """
        note, folder = log.note, self.folder(log)
        while True:
            with held(folder, alone=False):
                parts = self._sound(log)
                if _end(parts) >= note.checkpoint.size and _alike(parts) and not strays(folder, parts):
                    yield Columns(log, note, tuple(parts))
                    return
            with held(folder, alone=True), writable(folder):
                self._bring_up(log, note.checkpoint, begin)

    def _bring_up(self, log: Log, checkpoint: Checkpoint, begin: Begin) -> None:
        folder = self.folder(log)
        parts = self._sound(log)
        for path in strays(folder, parts):
            path.unlink()
        tasks = self._tasks(log, checkpoint, parts)
        entries = sum(task.last + 1 - task.first for task in tasks)
        advance = begin(entries) if entries else _unseen
        if entries:
            from adapters.exports.building import build  # noqa: PLC0415  # slow to load, and often not needed

            if entries >= WORTH and self._workers > 1:
                each(build, tasks, advance, self._workers)
            else:
                for task in tasks:
                    build(task, advance)
        self._tidy(log, checkpoint)

    def _sound(self, log: Log) -> list[Part]:
        """Return the parts that belong to `log` as it is: the last one's last leaf is what the log has there."""
        checkpoint = log.checkpoint
        parts = parts_in(self.folder(log), checkpoint.origin)
        while parts:
            last = parts[-1].about
            if last.last < checkpoint.size and _leaf(log, last.last) == last.leaf:
                break
            parts.pop()
        return parts

    def _tasks(self, log: Log, checkpoint: Checkpoint, parts: Sequence[Part]) -> list[Task]:
        """Return what is to be built, at most one part for each block."""
        from adapters.exports.building import Task  # noqa: PLC0415  # slow to load, and often not needed

        folder = self.folder(log)
        orders = {name: order for part in parts for name, order in part.about.orders.items()}
        facts = tuple(dict.fromkeys(name for part in parts for name in part.about.facts))
        first, tasks = _end(parts), []
        while first < checkpoint.size:
            last = min(checkpoint.size, (first // self._full + 1) * self._full) - 1
            tasks.append(
                Task(
                    *(self._open, log.folder, folder, first, last, checkpoint.size, checkpoint.root.hex()),
                    *(checkpoint.origin, facts, orders),
                )
            )
            first = last + 1
        return tasks

    def _tidy(self, log: Log, checkpoint: Checkpoint) -> None:
        """Merge the small parts of a block that is complete or has many, and give all parts the same columns."""
        parts = parts_in(self.folder(log), checkpoint.origin)
        facts = tuple(dict.fromkeys(name for part in parts for name in part.about.facts))
        for _, together in groupby(parts, lambda part: part.about.first // self._full):
            block = list(together)
            complete = (block[-1].about.last + 1) % self._full == 0
            if len(block) > PIECES or (complete and len(block) > 1):
                _rewritten(block, facts)
            else:
                for part in block:
                    if part.about.facts != facts:
                        _rewritten([part], facts)


def _rewritten(block: Sequence[Part], facts: tuple[str, ...]) -> None:
    """Write the parts of `block` as one, with a column for each of `facts`."""
    from adapters.exports.building import read, write  # noqa: PLC0415  # slow to load, and often not needed

    first, last = block[0].about, block[-1].about
    orders = {name: order for part in block for name, order in part.about.orders.items()}
    about = replace(last, first=first.first, before=first.before, facts=facts, orders=orders)
    written = write(block[0].path.parent, about, [read(part.path) for part in block])
    for part in block:
        if part.path != written:
            part.path.unlink()


def _alike(parts: Sequence[Part]) -> bool:
    """Return whether all parts have the same columns."""
    return len({part.about.facts for part in parts}) <= 1


def _unseen(_: int) -> None:
    """Show nobody how far things are."""


def _end(parts: Sequence[Part]) -> int:
    return parts[-1].about.last + 1 if parts else 0


def _leaf(log: Log, index: int) -> str:
    return next((leaf_hash(entry).hex() for _, entry in log.records(index, index + 1)), "")
