"""Read the decisions of logs and put each to a job, in as many processes as there are processors.

A job is made once and inherited by the processes; each has a range of indexes, and counts what it finds.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import orjson

from adapters.stores.log_reader import LogReader
from pdp.errors import PDPError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    Watch = AbstractContextManager[Callable[[int], None]]

Json = dict[str, Any]
RANGE: Final = 10_000  # entries a task
TOLD: Final = 1000  # findings that are kept, of however many there are
EXAMPLES: Final = 3  # ids that a group names
_DECISION: Final = b'"kind":"decision"'
_AT: Final = b'"at":"'
_INSTANT: Final = len("2026-11-24T00:30:11.123456Z")


@dataclass(slots=True)
class Found:
    """A decision in a log."""

    reader: LogReader
    index: int
    record: Json

    def place(self) -> Json:
        """Return where it lies, for programs."""
        return {"log": self.reader.folder.name, "index": self.index, "id": self.record["id"]}


@dataclass(slots=True)
class Group:
    """Decisions of which the same is to be said."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """What was counted and found in a range."""

    decisions: int = 0
    equal: int = 0
    found: int = 0
    lost: int = 0  # of which nothing can be said, because the question cannot be put again
    findings: list[Json] = field(default_factory=list)  # the first of those found
    read: Counter[str] = field(default_factory=Counter)  # revision -> decisions that were judged
    others: Counter[str] = field(default_factory=Counter)  # revision that is not loaded -> decisions
    groups: dict[tuple[object, ...], Group] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)

    def tell(self, finding: Json) -> None:
        """Count a finding, and keep it among the first."""
        self.found += 1
        if len(self.findings) < TOLD:
            self.findings.append(finding)

    def group(self, key: tuple[object, ...], example: str) -> None:
        """Count a decision in its group."""
        group = self.groups.setdefault(key, Group())
        group.count += 1
        if len(group.examples) < EXAMPLES:
            group.examples.append(example)

    def add(self, more: Tally) -> None:
        """Take in what was counted in a later range."""
        self.decisions += more.decisions
        self.equal += more.equal
        self.found += more.found
        self.lost += more.lost
        self.findings += more.findings[: TOLD - len(self.findings)]
        self.read.update(more.read)
        self.others.update(more.others)
        self.notes.update(more.notes)
        for key, group in more.groups.items():
            mine = self.groups.setdefault(key, Group())
            mine.count += group.count
            mine.examples += group.examples[: EXAMPLES - len(mine.examples)]


class Job(Protocol):
    """What is done with each decision."""

    def consume(self, found: Found, tally: Tally) -> None:
        """Judge one decision and count what comes of it."""
        ...


@dataclass(frozen=True, slots=True)
class Period:
    """Instants as records spell them, from `since` up to, not with, `until`; empty: without end."""

    since: str = ""
    until: str = ""

    def holds(self, entry: bytes) -> bool:
        """Return whether a decision was fixed within it; nothing but its own instant stands first under this name."""
        if not self.since and not self.until:
            return True
        start = entry.find(_AT) + len(_AT)
        at = entry[start : start + _INSTANT].decode("ascii", "replace")
        return self.since <= at and (not self.until or at < self.until)


class Range(NamedTuple):
    """Entries of one log."""

    folder: Path
    first: int
    end: int


def ranges(readers: Sequence[LogReader], each: int = RANGE) -> list[Range]:
    """Return the signed entries of `readers` in pieces."""
    return [
        Range(reader.folder, first, min(first + each, size))
        for reader in readers
        for size in (reader.checkpoint.size,)
        for first in range(0, size, each)
    ]


def run(job: Job, pieces: Sequence[Range], period: Period, watch: Watch, processes: int | None = None) -> Tally:
    """Put every decision in `pieces` to `job`; `watch` gives what is told how many entries were read, piece by piece.

    Raises:
        UnavailableError: an entry cannot be read.
    """
    wanted = min(processes or len(os.sched_getaffinity(0)), len(pieces))
    if wanted > 1:
        return _in_processes(wanted, job, pieces, period, watch)
    whole = Tally()
    with watch as passed:
        for piece in pieces:
            whole.add(_read(job, piece, period))
            passed(piece.end - piece.first)
    return whole


def _in_processes(count: int, job: Job, pieces: Sequence[Range], period: Period, watch: Watch) -> Tally:
    whole = Tally()
    fork = multiprocessing.get_context("fork")  # a job holds a compiled rulebook, which is inherited, not sent
    with ProcessPoolExecutor(count, mp_context=fork, initializer=_begin, initargs=(job,)) as pool:
        running = {pool.submit(_in_process, piece, period): piece for piece in pieces}
        with watch as passed:  # after the fork: who shows progress may do so in a thread
            for done in as_completed(running):
                passed(running[done].end - running[done].first)
    for done in running:
        tally = done.result()
        if isinstance(tally, str):
            raise UnavailableError(tally)
        whole.add(tally)
    return whole


def one(job: Job, reader: LogReader, index: int, entry: bytes) -> Tally:
    """Put one entry to `job`; what is no decision counts for nothing."""
    tally = Tally()
    _consume(job, reader, index, entry, tally)
    return tally


_JOBS: list[Job] = []  # of this process


def _begin(job: Job) -> None:
    _JOBS[:] = [job]
    gc.disable()  # records are trees, and leave no cycles behind


def _in_process(piece: Range, period: Period) -> Tally | str:
    """Return the tally, or what is wrong in words: not every exception can be sent to another process."""
    try:
        return _read(_JOBS[0], piece, period)
    except PDPError as fault:
        return str(fault)


def _read(job: Job, piece: Range, period: Period) -> Tally:
    tally, reader = Tally(), LogReader(piece.folder)
    for index, entry in reader.records(piece.first, piece.end):
        if _DECISION in entry and period.holds(entry):
            _consume(job, reader, index, entry, tally)
    return tally


def _consume(job: Job, reader: LogReader, index: int, entry: bytes, tally: Tally) -> None:
    try:
        record = orjson.loads(entry)["record"]
    except (ValueError, KeyError, TypeError) as broken:
        message = f"{reader.folder.name}: entry {index} is no record; verify the log"
        raise UnavailableError(message) from broken
    if record["kind"] == "decision":
        tally.decisions += 1
        job.consume(Found(reader, index, record), tally)
