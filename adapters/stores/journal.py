"""The decision log's journal: a record is on the device before its receipt exists. Source: the log's format, § 2.

One writer thread takes whatever has arrived, writes it with one `pwrite`, syncs it with one `fdatasync`, and hands all
receipts to the event loop with one call. There is no timer: a group is what arrived during the last sync. The first
error is the last; nothing is retried, and whoever waits is told.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from adapters.stores.journal_folder import Volume, check_file_system, lock
from adapters.stores.journal_reader import JournalReader
from adapters.stores.journal_start import start
from adapters.stores.segments import SegmentFolder
from pdp.errors import UnavailableError
from pdp.log.entry import FRAMING
from pdp.log.frames import FRAME_HEAD
from pdp.log.record import RECORD_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from adapters.device.system_calls import SystemCalls
    from pdp.model import Receipt

CLOSED: Final = b'"kind":"log.closed"'  # of the last record of a log
GROUP_RECORDS: Final = 2048
GROUP_BYTES: Final = 8 * 1024 * 1024
QUEUE: Final = 4096  # records that may wait
_OVERHEAD = FRAMING + FRAME_HEAD
_SLOW = "the journal's device does not answer in time; ask again in a second"
_SHORT = 1024  # bytes; the record that closes a log has fewer

_Waiting = tuple[bytes, "asyncio.Future[Receipt]"]
_Together = list[_Waiting]  # what one commit makes durable; nearly always one record


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """How a journal is kept. The defaults suit one embedded process; times are seconds, sizes bytes."""

    segment_size: int = 64 * 1024 * 1024
    allow_any_filesystem: bool = False
    slow: float = 2.0  # a sync that takes longer: whoever waits is told, readiness is false
    stalled: float = 30.0  # a sync that takes longer: the writer is given up
    full: float = 0.95  # used share of the volume above which nothing is accepted


class Journal:
    """Implements `pdp.ports.DecisionLog` on one folder. `append` belongs to one event loop, reading to any thread."""

    def __init__(  # noqa: PLR0913  # two paths in, two ways out, and the kernel
        self,
        folder: Path,
        origin: str,
        event: Callable[[str, Mapping[str, object]], bytes],
        *,
        settings: JournalSettings | None = None,
        failed: Callable[[UnavailableError], None] | None = None,
        covered: int = 0,
        opened: Mapping[str, object] | None = None,
        calls: SystemCalls = os,
    ) -> None:
        """Open the journal in `folder`, recover it if it was left torn, and be ready to append.

        Args:
            folder: `<data>/<node>-<k>`; created if need be.
            origin: the log's own name.
            event: makes the record of a log event from its kind and members (`Recorder.event`).
            settings: how it is kept.
            failed: told once, in the event loop, when the writer is dead; the process should then exit with 70.
            covered: number of entries covered by a signed checkpoint, which must all be there.
            opened: what `log.opened` says of a new log besides its origin, such as the log before.
            calls: the kernel.

        Raises:
            JournalDamagedError: the journal is not as it was written.
            UnavailableError: another process has it, or the file system is not known to keep promises, or fails.
        """
        self.origin = origin
        self.folder = folder / "journal"
        self._settings = settings or JournalSettings()
        self._failed_to = failed
        self._failure: UnavailableError | None = None
        self._closed: UnavailableError | None = None  # why nothing is taken behind the last record
        self._queue: SimpleQueue[_Together | None] = SimpleQueue()
        self._waiting: set[asyncio.Future[Receipt]] = set()
        self._began = 0.0  # monotonic seconds at which the write in flight began; 0: none is
        self._watching = False
        self._lock = lock(folder)
        try:
            warning = check_file_system(folder, allow_any=self._settings.allow_any_filesystem)
            self._volume = Volume(folder, self._settings.full)
            self.notices = tuple(filter(None, (warning, self._volume.notice)))
            segments = SegmentFolder(self.folder, self._settings.segment_size, calls)
            self._group_bytes = min(GROUP_BYTES, segments.capacity)
            self._writer = start(self.folder, origin, event, segments, calls, covered, opened or {})
        except OSError as fault:
            os.close(self._lock)
            message = f"{folder}: the journal cannot be opened ({fault}); mend the device, then start again"
            raise UnavailableError(message) from fault
        except BaseException:
            os.close(self._lock)
            raise
        self._reader = JournalReader(self.folder, lambda: self._writer.durable)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def append(self, record: bytes) -> asyncio.Future[Receipt]:
        """Return a future of the receipt of `record`, canonical JSON of a record's members.

        Raises:
            UnavailableError: at once if it cannot be taken; else from the future, if it may not be durable.
        """
        self._check_room(1)
        _check_size(record)
        future = self._promised(asyncio.get_running_loop())
        self._queue.put([(record, future)])
        if len(record) < _SHORT and CLOSED in record:
            message = f"{self.origin}: this log is closed; start the service, which begins the next one"
            self._closed = UnavailableError(message)
        return future

    def append_all(self, records: Sequence[bytes]) -> list[asyncio.Future[Receipt]]:
        """Return a future of the receipt of each of `records`, which one write and one sync make durable together.

        Only what is longer than a group can be takes several.

        Raises:
            UnavailableError: at once if they cannot be taken, none of them then; else from the futures.
        """
        self._check_room(len(records))
        for record in records:
            _check_size(record)
        loop = asyncio.get_running_loop()
        waiting = [(record, self._promised(loop)) for record in records]
        for together in self._groups(waiting):
            self._queue.put(together)
        return [future for _, future in waiting]

    def _check_room(self, count: int) -> None:
        """Raise UnavailableError if `count` more records cannot be taken."""
        refusal = self._failure or self._closed
        if refusal is not None:
            raise refusal
        if self._slow():  # those refused for slowness still have records in the queue
            raise UnavailableError(_SLOW)
        if len(self._waiting) + count > QUEUE:
            message = f"{len(self._waiting)} records wait for the journal's device already; ask again in a second"
            raise UnavailableError(message)
        self._volume.check(asyncio.get_running_loop().time())

    def _promised(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[Receipt]:
        """Return a future that the writer, or whoever watches it, will settle."""
        future: asyncio.Future[Receipt] = loop.create_future()
        self._waiting.add(future)
        if not self._watching:
            self._watching = True
            loop.call_later(self._settings.slow, self._watch, loop)
        return future

    def _groups(self, waiting: _Together) -> Iterator[_Together]:
        """Yield `waiting` in parts that fit a group."""
        together: _Together = []
        size = 0
        for one in waiting:
            size += len(one[0]) + _OVERHEAD
            if size > self._group_bytes and together:
                yield together
                together, size = [], len(one[0]) + _OVERHEAD
            together.append(one)
        if together:
            yield together

    @property
    def ready(self) -> bool:
        """Return whether records are taken and the device answers in time."""
        return self._failure is None and self._closed is None and not self._slow()

    @property
    def size(self) -> int:
        """Return the number of entries on the device."""
        return self._writer.durable.index

    def records(self, since: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield `(index, entry)` of every durable entry from index `since`. From any thread.

        Raises:
            JournalDamagedError: an entry is not as it was written.
        """
        return self._reader.records(since)

    def find(self, record_id: str) -> tuple[int, bytes] | None:
        """Return `(index, entry)` of the record with this UUIDv7, or None if no durable one has it. From any thread."""
        return self._reader.find(record_id)

    def close(self) -> None:
        """Write what waits, stop, and give the lock up."""
        self._queue.put(None)
        self._thread.join(self._settings.stalled)
        if not self._thread.is_alive():  # a device that hangs keeps its descriptors, and the lock with them
            try:
                self._writer.close(end=self._closed is not None and self._failure is None)
            finally:
                os.close(self._lock)

    def _run(self) -> None:
        """Write group after group until told to stop, or until the first error."""
        held: _Together | None = None
        while True:
            first = held or self._queue.get()
            if first is None:
                return
            group, held, stop = self._gather(first)
            self._began = time.monotonic()
            try:
                receipts = self._writer.write([record for record, _ in group])
            except BaseException as fault:  # noqa: BLE001  # whatever it was, nothing of this group may be promised
                self._die(fault, group[0][1].get_loop())
                return
            self._began = 0.0
            if self._failure is not None:  # given up while the device did not answer
                return
            _call(group[0][1].get_loop(), self._release, group, receipts)
            if stop:
                return

    def _gather(self, first: _Together) -> tuple[_Together, _Together | None, bool]:
        """Return one group of what waits, what was taken but no longer fits, and whether the end was asked for."""
        group, size = first.copy(), _size(first)
        for _ in range(min(self._queue.qsize(), GROUP_RECORDS - 1)):
            following = self._queue.get_nowait()
            if following is None:
                return group, None, True
            size += _size(following)
            if size > self._group_bytes:
                return group, following, False
            group += following
        return group, None, False

    def _release(self, group: _Together, receipts: list[Receipt]) -> None:
        """Hand out receipts; whoever has given up waiting leaves a record that was never released."""
        for (_, future), receipt in zip(group, receipts, strict=True):
            self._waiting.discard(future)
            if not future.done():
                future.set_result(receipt)

    def _die(self, fault: BaseException, loop: asyncio.AbstractEventLoop) -> None:
        """Take nothing any more, for ever; tell everyone who waits, then the owner of the process."""
        if self._failure is not None:
            return
        message = f"{self.folder}: the journal cannot be written ({fault}); mend the device, then start again"
        self._failure = UnavailableError(message)
        self._failure.__cause__ = fault
        _call(loop, self._fail_all, self._failure)

    def _fail_all(self, failure: UnavailableError) -> None:
        self._refuse_waiting(failure)
        if self._failed_to is not None:
            self._failed_to(failure)

    def _refuse_waiting(self, failure: UnavailableError) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_exception(failure)
        self._waiting.clear()

    def _slow(self) -> bool:
        began = self._began
        return began > 0 and time.monotonic() - began > self._settings.slow

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refuse those who wait for a device that does not answer; give it up when it has not for long."""
        began = self._began
        if began and time.monotonic() - began > self._settings.stalled and self._failure is None:
            self._die(TimeoutError(f"no answer of the device for {self._settings.stalled:.0f} s"), loop)
        elif self._slow():
            self._refuse_waiting(UnavailableError(_SLOW))
        self._watching = self._failure is None and bool(self._waiting or began)
        if self._watching:
            loop.call_later(self._settings.slow, self._watch, loop)


def _check_size(record: bytes) -> None:
    if len(record) > RECORD_LIMIT:
        message = f"a record has {len(record)} bytes, at most {RECORD_LIMIT} fit; ask about less at a time"
        raise UnavailableError(message)


def _size(together: _Together) -> int:
    """Return the most bytes that these records take in a group."""
    return sum(len(record) + _OVERHEAD for record, _ in together)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: object) -> None:
    """Call `function` in `loop`; a loop that is closed has nobody waiting."""
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        if not loop.is_closed():
            raise
