from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from hashlib import sha256

import pytest

from adapters.stores.damage import JournalDamagedError
from adapters.stores.journal import QUEUE, Journal, JournalSettings
from adapters.stores.journal_folder import check_file_system, file_system
from pdp.errors import UnavailableError
from pdp.log.canonical import decode, encode
from pdp.log.entry import FIRST, entry_bytes, leaf_hash, record_of
from pdp.log.frames import RECORD, SegmentHeader, frame_bytes, read_frame
from pdp.log.record import RECORD_LIMIT
from pdp.log.uuid7 import uuid7

ORIGIN = "pdp.example/decisions/2026/n1-0"
SMALL = JournalSettings(segment_size=32 * 4096, allow_any_filesystem=True, full=1.1)


def record(number: int, size: int = 0) -> bytes:
    return encode({"kind": "test", "n": number, "pad": "x" * size})


async def append_all(journal: Journal, records: list[bytes]) -> list:
    return await asyncio.gather(*map(journal.append, records))


def with_id(ms: int, number: int) -> tuple[str, bytes]:
    made = uuid7(ms, number.to_bytes(10))
    return made, encode({"id": made, "kind": "decision", "n": number})


def test_the_bytes_of_a_journal_are_those_of_the_format(open_journal, tmp_path) -> None:
    """The first group holds `log.opened`, the second three records; entries and frames as `pdp.log` defines them."""
    journal = open_journal()
    receipts = asyncio.run(append_all(journal, [record(0), record(1, 5000), record(2)]))
    journal.close()
    data = (tmp_path / "n1-0" / "journal" / f"{0:020d}.seg").read_bytes()
    header = SegmentHeader.parse(data[:4096])
    assert header is not None
    assert (header.first_index, header.first_group, header.prev) == (0, 1, bytes(32))
    assert header.origin == sha256(ORIGIN.encode()).digest()
    opened = entry_bytes(FIRST, encode({"kind": "log.opened", "origin": ORIGIN}), 0)
    group, prev = b"", leaf_hash(opened).hex()
    for place, body in enumerate([record(0), record(1, 5000), record(2)]):
        entry = entry_bytes(prev, body, place + 1)
        group += frame_bytes(RECORD, place + 1, 2, 2 - place, entry)
        prev = leaf_hash(entry).hex()
        assert (receipts[place].log, receipts[place].index, receipts[place].leaf) == (ORIGIN, place + 1, prev)
    first = frame_bytes(RECORD, 0, 1, 0, opened)
    assert data[4096:] == (first.ljust(4096, b"\x00") + group).ljust(len(data) - 4096, b"\x00")


def test_every_entry_is_canonical_numbered_and_linked_over_segments_and_restarts(open_journal, tmp_path) -> None:
    for start in range(3):
        journal = open_journal()
        for number in range(12):
            asyncio.run(append_all(journal, [record(start * 100 + number, 1000) for _ in range(number + 1)]))
        journal.close()
    assert len(list((tmp_path / "n1-0" / "journal").glob("*.seg"))) > 2
    journal = open_journal()
    prev = FIRST
    for place, (index, entry) in enumerate(journal.records()):
        members = decode(entry)
        assert (members["seq"], members["prev"], index) == (place, prev, place)
        prev = leaf_hash(entry).hex()
    assert place + 1 == journal.size == 1 + 3 * 78
    journal.close()


def test_what_is_appended_together_is_one_group_whatever_else_is_waiting(open_journal, tmp_path) -> None:
    journal = open_journal()

    async def appended() -> None:
        together = journal.append_all([record(number) for number in range(3)])
        await asyncio.gather(journal.append(record(9)), *together, journal.append(record(10)))

    asyncio.run(appended())
    journal.close()
    data = (tmp_path / "n1-0" / "journal" / f"{0:020d}.seg").read_bytes()
    group_of, place = {}, 4096
    while place < len(data):
        frame = read_frame(data, place)
        if frame is None:  # padding up to where the next group begins
            place += 4096 - place % 4096
            continue
        group_of[frame.index] = frame.group
        place = frame.end
    assert len({group_of[index] for index in (1, 2, 3)}) == 1


def test_what_is_longer_than_a_group_is_appended_in_several(open_journal) -> None:
    journal = open_journal()
    large = [record(number, 50_000) for number in range(12)]

    async def appended() -> list[int]:
        return [receipt.index for receipt in await asyncio.gather(*journal.append_all(large))]

    assert asyncio.run(appended()) == list(range(1, 13))
    assert [record_of(entry) for _, entry in journal.records(1)] == large
    journal.close()


def test_more_than_the_queue_takes_is_not_taken_in_part(open_journal) -> None:
    journal = open_journal()

    async def appended() -> None:
        with pytest.raises(UnavailableError, match="wait for the journal's device"):
            journal.append_all([record(0)] * (QUEUE + 1))
        with pytest.raises(UnavailableError, match="ask about less"):
            journal.append_all([record(0), b"x" * (RECORD_LIMIT + 1)])

    asyncio.run(appended())
    assert journal.size == 1
    journal.close()


def test_reading_begins_at_any_index(open_journal) -> None:
    journal = open_journal()
    for number in range(60):
        asyncio.run(append_all(journal, [record(number, number * 40)] * (1 + number % 4)))
    for since in range(journal.size + 2):
        assert [index for index, _ in journal.records(since)] == list(range(since, journal.size))
    journal.close()


def test_a_record_is_found_by_its_id_in_every_segment_and_no_other_is(open_journal) -> None:
    journal = open_journal()
    start = 1_700_000_000_000
    made = [with_id(start + number * 700 - (number % 3) * 900, number) for number in range(250)]
    for place in range(0, 250, 5):
        asyncio.run(append_all(journal, [body for _, body in made[place : place + 5]]))
    for number, (wanted, body) in enumerate(made):
        found = journal.find(wanted)
        assert found is not None
        assert (found[0], record_of(found[1])) == (number + 1, body)
    for ms in (start, start + 70_000, start + 10**7, 0):
        assert journal.find(uuid7(ms, b"\xff" * 10)) is None
    journal.close()


def test_a_record_is_found_although_the_clock_was_set_back_an_hour(open_journal) -> None:
    journal = open_journal()
    start, hour = 1_700_000_000_000, 3_600_000
    before = [with_id(start + number * 100, number) for number in range(40)]
    after = [with_id(start - hour + number * 100, 100 + number) for number in range(40)]
    again = [with_id(start + number * 100, 200 + number) for number in range(40)]
    for wanted, body in before + after + again:
        asyncio.run(append_all(journal, [body]))
        assert journal.find(wanted) is not None
    journal.close()
    journal = open_journal()
    assert all(journal.find(wanted) is not None for wanted, _ in before + after + again)
    journal.close()


def test_no_record_is_said_to_be_unknown_where_its_segment_has_gone(open_journal) -> None:
    journal = open_journal()
    wanted, body = with_id(1_700_000_000_000, 1)
    asyncio.run(append_all(journal, [body]))
    for segment in journal.folder.glob("*.seg"):
        segment.unlink()

    with pytest.raises(JournalDamagedError, match="a segment that is missing"):
        journal.find(wanted)
    journal.close()


def test_finding_and_reading_go_on_beside_the_writer(open_journal) -> None:
    journal, start = open_journal(), 1_700_000_000_000
    made = [with_id(start + number, number) for number in range(600)]
    acknowledged: list[str] = []
    missed: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            missed.extend(wanted for wanted in acknowledged[-3:] if journal.find(wanted) is None)
            assert [index for index, _ in journal.records(max(0, journal.size - 5))]

    async def write() -> None:
        for wanted, body in made:
            await journal.append(body)
            acknowledged.append(wanted)

    reader = threading.Thread(target=read)
    reader.start()
    asyncio.run(write())
    done.set()
    reader.join()
    journal.close()
    assert not missed


def test_what_arrives_during_a_sync_is_one_group(open_journal) -> None:
    """While one sync is held up, forty callers queue: they share the next write and the next sync."""
    held, reached = threading.Event(), threading.Event()

    class HeldUp:
        syncs = 0
        writes = 0
        open, close, fsync, rename = os.open, os.close, os.fsync, os.rename

        def pwrite(self, fd: int, data: bytes, offset: int) -> int:
            self.writes += 1
            return os.pwrite(fd, data, offset)

        def fdatasync(self, fd: int) -> None:
            self.syncs += 1
            if holding:
                reached.set()
                held.wait()
            os.fdatasync(fd)

    holding: list[bool] = []
    kernel = HeldUp()
    journal = open_journal(calls=kernel)

    async def scenario() -> None:
        holding.append(True)
        kernel.syncs = kernel.writes = 0
        first = journal.append(record(0))
        await asyncio.to_thread(reached.wait)
        others = [journal.append(record(number)) for number in range(1, 41)]
        assert not first.done()
        assert not any(other.done() for other in others)
        held.set()
        receipts = await asyncio.gather(first, *others)
        assert [receipt.index for receipt in receipts] == list(range(1, 42))

    asyncio.run(scenario())
    assert (kernel.writes, kernel.syncs) == (2, 2)
    journal.close()


def test_a_caller_that_gives_up_leaves_its_record_and_disturbs_nobody(open_journal) -> None:
    journal = open_journal()

    async def scenario() -> None:
        futures = [journal.append(record(number)) for number in range(3)]
        futures[1].cancel()
        receipts = await asyncio.gather(*futures, return_exceptions=True)
        assert [getattr(receipt, "index", None) for receipt in receipts] == [1, None, 3]

    asyncio.run(scenario())
    assert journal.size == 4
    journal.close()


def test_a_full_queue_refuses_at_once_and_takes_again_when_it_has_drained(open_journal) -> None:
    journal = open_journal()

    async def scenario() -> None:
        waiting = [journal.append(record(number)) for number in range(QUEUE)]
        with pytest.raises(UnavailableError, match="ask again"):
            journal.append(record(-1))
        await asyncio.gather(*waiting)
        await journal.append(record(-2))

    asyncio.run(scenario())
    assert journal.size == QUEUE + 2
    journal.close()


def test_a_record_at_the_limit_fits_and_one_beyond_is_refused(open_journal) -> None:
    journal = open_journal()
    largest = RECORD_LIMIT - len(record(0))
    asyncio.run(append_all(journal, [record(0, largest)] * 5))
    with pytest.raises(UnavailableError, match="at most"):
        asyncio.run(append_all(journal, [record(0, largest + 1)]))
    assert journal.size == 6
    journal.close()


def test_a_second_writer_is_refused_and_told_who_has_the_journal(open_journal) -> None:
    journal = open_journal()
    with pytest.raises(UnavailableError, match=f"another process writes this journal .*process {os.getpid()}"):
        open_journal()
    asyncio.run(append_all(journal, [record(0)]))
    journal.close()
    open_journal().close()


def test_a_second_process_is_refused(open_journal, tmp_path) -> None:
    journal = open_journal()
    script = (
        "import sys; from pathlib import Path\n"
        "from adapters.stores.journal import Journal\n"
        "from pdp.errors import UnavailableError\n"
        "try: Journal(Path(sys.argv[1]), 'o', lambda kind, members: b'{}')\n"
        "except UnavailableError as refused: print(refused)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "n1-0")]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "another process writes this journal" in said.stdout
    journal.close()


def test_a_journal_of_another_origin_is_refused(open_journal, tmp_path) -> None:
    open_journal().close()
    with pytest.raises(JournalDamagedError, match="another origin"):
        Journal(tmp_path / "n1-0", "elsewhere", lambda *_: b"{}", settings=SMALL)
    open_journal().close()


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/data/x", "nfs4"), ("/", "ext4"), ("/home/a b/x", "xfs"), ("/database", "ext4"), ("/data/local/x", "overlay")],
)
def test_the_file_system_is_that_of_the_nearest_mount(path: str, kind: str, tmp_path) -> None:
    mounts = (
        "1 0 8:1 / / rw,relatime - ext4 /dev/vda rw\n"
        "2 1 0:40 / /data rw shared:1 - nfs4 server:/x rw\n"
        "3 1 8:2 / /home/a\\040b rw - xfs /dev/vdb rw\n"
        "4 2 8:3 / /data/local rw - ext4 /dev/vdc rw\n"
        "5 4 0:50 / /data/local rw - overlay overlay rw\n"
    )
    assert file_system(tmp_path.__class__(path), mounts) == kind
    assert file_system(tmp_path, "") == "unknown"


@pytest.mark.parametrize(("kind", "known"), [("ext4", True), ("nfs4", False), ("tmpfs", False)])
def test_a_file_system_nobody_has_examined_is_refused_or_warned_of(kind, known, tmp_path, monkeypatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 8:1 / / rw,relatime - {kind} /dev/vda rw\n")
    monkeypatch.setattr("adapters.stores.journal_folder._MOUNTS", mounts)
    assert (check_file_system(tmp_path, allow_any=True) == "") == known
    if known:
        assert check_file_system(tmp_path, allow_any=False) == ""
    else:
        with pytest.raises(UnavailableError, match=f"lies on {kind}.*allow_any_filesystem"):
            check_file_system(tmp_path, allow_any=False)


def test_a_volume_that_is_nearly_full_is_refused_before_it_is_full(open_journal) -> None:
    journal = open_journal(settings=replace(SMALL, full=0.0))
    with pytest.raises(UnavailableError, match="make room"):
        asyncio.run(append_all(journal, [record(0)]))
    assert journal.size == 1
    journal.close()


def test_whoever_waits_for_a_device_that_hangs_is_told_and_a_stalled_writer_is_given_up(open_journal) -> None:
    released = threading.Event()

    class Hanging:
        open, close, fsync, rename, pwrite = os.open, os.close, os.fsync, os.rename, os.pwrite
        hangs = False

        def fdatasync(self, fd: int) -> None:
            if self.hangs:
                released.wait()
            os.fdatasync(fd)

    kernel, told, given_up = Hanging(), [], asyncio.Event()

    def fail(failure: UnavailableError) -> None:
        told.append(failure)
        given_up.set()

    journal = open_journal(calls=kernel, settings=replace(SMALL, slow=0.02, stalled=0.2), failed=fail)

    async def scenario() -> None:
        kernel.hangs = True
        with pytest.raises(UnavailableError, match="does not answer in time"):
            await journal.append(record(0))
        assert not journal.ready
        with pytest.raises(UnavailableError, match="does not answer in time"):
            journal.append(record(1))
        await given_up.wait()
        with pytest.raises(UnavailableError, match="cannot be written"):
            journal.append(record(2))

    asyncio.run(scenario())
    released.set()
    journal.close()
    assert len(told) == 1
    reopened = open_journal()
    assert reopened.size >= 2  # recorded, not released
    reopened.close()


def test_the_first_error_is_the_last_and_is_told_once(open_journal) -> None:
    class Failing:
        open, close, fsync, rename, pwrite = os.open, os.close, os.fsync, os.rename, os.pwrite
        fails = False

        def fdatasync(self, fd: int) -> None:
            if self.fails:
                self.fails = False  # a retry would succeed: that is the trap
                raise OSError(errno.EIO, "Input/output error")
            os.fdatasync(fd)

    kernel, told = Failing(), []
    journal = open_journal(calls=kernel, failed=told.append)

    async def scenario() -> None:
        await journal.append(record(0))
        kernel.fails = True
        group = [journal.append(record(number)) for number in range(1, 4)]
        outcomes = await asyncio.gather(*group, return_exceptions=True)
        assert all(isinstance(outcome, UnavailableError) for outcome in outcomes)
        with pytest.raises(UnavailableError, match="mend the device"):
            journal.append(record(9))
        assert not journal.ready

    asyncio.run(scenario())
    journal.close()
    assert len(told) == 1


def test_the_next_segment_is_prepared_while_the_current_one_fills(open_journal, tmp_path) -> None:
    journal = open_journal()
    prepared = tmp_path / "n1-0" / "journal" / "prepared"
    for number in range(20):
        asyncio.run(append_all(journal, [record(number)]))
    deadline = time.monotonic() + 10
    while not (prepared.exists() and prepared.stat().st_size == SMALL.segment_size) and time.monotonic() < deadline:
        os.sched_yield()
    assert prepared.stat().st_size == SMALL.segment_size
    journal.close()
    open_journal().close()
    assert not prepared.exists()
