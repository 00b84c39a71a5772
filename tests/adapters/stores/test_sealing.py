"""Compressed segments say what the raw ones said; whatever stops the compressing, nothing is lost."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.stores.damage import JournalDamagedError
from adapters.stores.journal import Journal, JournalSettings
from adapters.stores.journal_recovery import recover
from adapters.stores.sealed_segment import FRAME, SealedView, compressed
from adapters.stores.sealing import BusyError, Sealing, alone, seal_segment, sealable
from adapters.stores.segments import segment_paths
from pdp.log.canonical import encode
from pdp.log.note import Checkpoint, Note, SignatureLine
from pdp.log.uuid7 import uuid7

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pdp.errors import UnavailableError

ORIGIN = "pdp.example/decisions/2026/n1-0"
LARGE = JournalSettings(segment_size=600 * 4096, allow_any_filesystem=True, full=1.1)  # more than two frames
START = 1_700_000_000_000


def ids(count: int) -> list[str]:
    return [uuid7(START + number * 400, number.to_bytes(10)) for number in range(count)]


def fill(journal: Journal, count: int) -> list[str]:
    """Append `count` records, some of them together, and return their ids."""
    made = ids(count)
    records = [
        encode({"id": name, "kind": "decision", "pad": os.urandom(500).hex() * (1 + n % 3)})
        for n, name in enumerate(made)
    ]

    async def append() -> None:
        for start in range(0, count, 5):
            await asyncio.gather(*map(journal.append, records[start : start + 1 + start % 5]))
            await asyncio.gather(*map(journal.append, records[start + 1 + start % 5 : start + 5]))

    asyncio.run(append())
    return made


@pytest.fixture
def filled(open_journal: Callable[..., Journal], tmp_path: Path) -> tuple[Path, list[str]]:
    """Return the journal's folder, with two ended segments and an open one, and the ids of its records."""
    journal = open_journal(settings=LARGE)
    made = fill(journal, 1800)
    journal.close()
    folder = tmp_path / "n1-0" / "journal"
    assert len(segment_paths(folder)) == 3
    return folder, made


def seal_all(folder: Path) -> None:
    for raw in sealable(folder, 10**9):
        seal_segment(folder, raw.first_index, os)


def suffixes(folder: Path) -> list[str]:
    return sorted(path.name.partition(".")[2] for path in folder.glob("0*"))


def read(journal: Journal, made: list[str]) -> dict[str, object]:
    """Return everything that a reader can be asked for."""
    size = journal.size
    return {
        "all": list(journal.records()),
        "parts": [list(journal.records(since))[:2] for since in range(0, size + 2, 101)],
        "found": [journal.find(name) for name in made[::37]],
        "unknown": [journal.find(uuid7(START + ms, b"\xff" * 10)) for ms in (-(10**9), 0, 777, 150_000, 10**9)],
    }


def test_readers_recovery_and_appending_are_the_same_on_raw_and_sealed_segments(filled, open_journal) -> None:
    folder, made = filled
    raw_journal = open_journal(settings=LARGE)
    expected = read(raw_journal, made)
    raw_journal.close()
    seal_all(folder)
    assert suffixes(folder) == ["seg", "seg.zst", "seg.zst"]
    journal = open_journal(settings=LARGE)
    assert read(journal, made) == expected
    before = journal.size
    asyncio.run(append_one(journal))
    assert journal.size == before + 1
    journal.close()


async def append_one(journal: Journal) -> None:
    await journal.append(encode({"kind": "test"}))


def test_the_standard_tool_gives_the_raw_segment_back_byte_for_byte(filled, tmp_path) -> None:
    folder, _ = filled
    kept = {path.name: path.read_bytes() for path in segment_paths(folder)[:2]}
    seal_all(folder)
    for name, data in kept.items():
        subprocess.run(["zstd", "-dq", str(folder / f"{name}.zst"), "-o", str(tmp_path / name)], check=True)
        assert (tmp_path / name).read_bytes() == data


def test_only_what_is_ended_and_signed_whole_is_sealed(filled) -> None:
    folder, _ = filled
    paths = segment_paths(folder)
    second, third = (int(path.name[:20]) for path in paths[1:])
    assert sealable(folder, second - 1) == []
    assert [raw.first_index for raw in sealable(folder, second)] == [0]
    assert [raw.first_index for raw in sealable(folder, third)] == [0, second]
    assert [raw.first_index for raw in sealable(folder, 10**9, closed=True)] == [0, second]


class Stops:
    """The kernel, until the n-th call, which never happens."""

    def __init__(self, step: int) -> None:
        self.left = step

    def __getattr__(self, name: str) -> object:
        def ask(*arguments: object) -> object:
            self.left -= 1
            if self.left == 0:
                raise OSError(5, "Input/output error")
            return getattr(os, name)(*arguments)

        return ask


def test_a_stop_between_any_two_steps_of_sealing_is_repaired_by_doing_it_again(filled, open_journal) -> None:
    folder, made = filled
    journal = open_journal(settings=LARGE)
    expected = read(journal, made)
    journal.close()
    first = segment_paths(folder)[0]
    raw = first.read_bytes()
    for step in range(1, 100):
        first.write_bytes(raw)
        (folder / (first.name + ".zst")).unlink(missing_ok=True)
        calls = Stops(step)
        try:
            seal_segment(folder, 0, calls)
        except OSError:
            journal = open_journal(settings=LARGE)
            assert list(journal.records()) == expected["all"]
            journal.close()
            seal_all(folder)
        assert not list(folder.glob("*.new"))
        assert not first.exists()
        assert (folder / (first.name + ".zst")).exists()
        if calls.left > 0:
            break
    assert step > 10
    journal = open_journal(settings=LARGE)
    assert read(journal, made) == expected
    journal.close()


def test_where_both_forms_are_there_the_raw_one_counts(filled, open_journal) -> None:
    folder, _ = filled
    first = segment_paths(folder)[0]
    (folder / (first.name + ".zst")).write_bytes(b"half of something")
    journal = open_journal(settings=LARGE)
    assert len(list(journal.records())) == journal.size
    journal.close()
    seal_all(folder)
    assert suffixes(folder) == ["seg", "seg.zst", "seg.zst"]


def test_only_one_process_compresses_a_journal_at_a_time(filled) -> None:
    folder, _ = filled
    with alone(folder):
        with pytest.raises(BusyError, match="another process compresses"), alone(folder):
            pass
        sealing = Sealing(folder, lambda: 10**9)
        sealing.start()
        sealing.stop()  # it leaves it to the other one, and says nothing
        assert suffixes(folder) == ["seg", "seg", "seg"]
    with alone(folder):
        seal_all(folder)


def test_a_device_that_gives_back_other_bytes_keeps_the_raw_segment(filled) -> None:
    folder, _ = filled
    raw = segment_paths(folder)[0].read_bytes()

    class Lying:
        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def pwrite(self, fd: int, data: bytes, offset: int) -> int:
            damaged = bytes([data[0] ^ 1]) + data[1:] if offset > 1000 else data
            return os.pwrite(fd, damaged, offset)

    with pytest.raises(JournalDamagedError):
        seal_segment(folder, 0, Lying())
    assert segment_paths(folder)[0].read_bytes() == raw
    assert suffixes(folder) == ["seg", "seg", "seg"]


def test_no_flipped_byte_of_a_sealed_segment_is_read_as_something_else(tmp_path) -> None:
    """Every byte of a small one; what comes back is what was written, or damage is reported."""
    pieces = [os.urandom(600).hex().encode().ljust(FRAME, b"\x00"), b"more".ljust(4096, b"\x00")]
    data = b"".join(compressed(pieces))
    path = tmp_path / f"{7:020d}.seg.zst"
    told = []
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        try:
            with SealedView(path) as view:
                assert b"".join(view.frames()) == b"".join(pieces)
                assert view[: len(view)] == b"".join(pieces)
        except JournalDamagedError as damage:
            told.append((damage.path, damage.index, damage.offset))
    assert len(told) > len(data) - 10
    assert set(told) == {(path, 7, 0), (path, 7, FRAME)}
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(JournalDamagedError), SealedView(path) as view:
            list(view.frames())


def test_a_flipped_byte_is_reported_by_reading_and_finding_with_place_and_index(filled, open_journal) -> None:
    folder, made = filled
    seal_all(folder)
    path = segment_paths(folder)[1]
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x40
    path.write_bytes(data)
    journal = open_journal(settings=LARGE)
    first = int(path.name[:20])
    with pytest.raises(JournalDamagedError, match=f"{path.name}: byte [0-9]+: a frame that is not as it was") as caught:
        list(journal.records())
    assert caught.value.index >= first
    assert caught.value.offset % FRAME == 0
    found = missed = 0
    for index, entry in _readable(journal):
        assert f'"seq":{index}'.encode() in entry
    for name in made:
        try:
            assert journal.find(name) is not None
            found += 1
        except JournalDamagedError:
            missed += 1
    assert found
    assert missed
    journal.close()


def _readable(journal: Journal) -> list[tuple[int, bytes]]:
    entries = []
    with pytest.raises(JournalDamagedError):
        entries.extend(journal.records())
    return entries


def test_a_sealed_segment_without_its_end_or_its_neighbour_refuses_the_start(filled, open_journal) -> None:
    folder, _ = filled
    seal_all(folder)
    paths = segment_paths(folder)
    kept = {path: path.read_bytes() for path in paths}
    with SealedView(paths[0]) as view:
        pieces = [bytes(piece) for piece in view.frames()]
    end = next(number for number in reversed(range(len(pieces))) if pieces[number].strip(b"\x00"))
    place = pieces[end].rfind(b"PDPE")
    pieces[end] = pieces[end][:place] + bytes(len(pieces[end]) - place)
    paths[0].write_bytes(b"".join(compressed(pieces)))
    with pytest.raises(JournalDamagedError, match="no end frame"):
        open_journal(settings=LARGE)
    paths[0].write_bytes(kept[paths[0]])
    paths[1].unlink()
    with pytest.raises(JournalDamagedError, match="does not follow"):
        open_journal(settings=LARGE)
    paths[1].write_bytes(kept[paths[1]])
    open_journal(settings=LARGE).close()


def test_a_journal_whose_last_segment_is_sealed_goes_on_in_a_new_one(filled) -> None:
    folder, _ = filled
    seal_all(folder)
    segment_paths(folder)[-1].unlink()
    standing = recover(folder, ORIGIN, os)
    assert standing.segment is None
    with pytest.raises(JournalDamagedError, match="were signed"):
        recover(folder, ORIGIN, os, covered=standing.index + 1)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.tuples(st.integers(0, 3 * FRAME), st.integers(0, 3 * FRAME)), min_size=1, max_size=8))
def test_any_part_of_a_sealed_segment_is_that_part_of_the_raw_one(cuts, tmp_path) -> None:
    path = tmp_path / f"{0:020d}.seg.zst"
    whole = b"".join(number.to_bytes(4) for number in range((2 * FRAME + 8192) // 4))
    if not path.exists():
        path.write_bytes(b"".join(compressed(whole[at : at + FRAME] for at in range(0, len(whole), FRAME))))
    with SealedView(path) as view:
        assert len(view) == len(whole)
        for start, stop in cuts:
            assert view[start:stop] == whole[start:stop]
            assert view[start:] == whole[start:]


def test_the_thread_seals_what_a_checkpoint_covers_while_the_journal_is_read(filled, open_journal) -> None:
    folder, made = filled
    covered, failures = [0], []
    journal = open_journal(settings=LARGE)
    expected = list(journal.records())
    sealing = Sealing(folder, lambda: covered[0], failed=failures.append)
    sealing.start()
    assert suffixes(folder) == ["seg", "seg", "seg"]
    covered[0] = journal.size
    sealing.look()
    while suffixes(folder) != ["seg", "seg.zst", "seg.zst"]:
        assert list(journal.records()) == expected
        assert journal.find(made[700]) is not None
    sealing.stop()
    assert list(journal.records()) == expected
    assert failures == []
    journal.close()


def test_the_thread_seals_what_is_left_of_closed_logs(filled, tmp_path) -> None:
    """Also the last segment, which is ended there; not beyond what is signed."""
    folder, _ = filled
    closed = tmp_path / "n1-0"
    journal = Journal(closed, ORIGIN, lambda kind, _: encode({"kind": kind}), settings=LARGE)
    asyncio.run(append_all(journal, [encode({"kind": "log.closed"})]))
    size = journal.size
    journal.close()
    current = tmp_path / "n1-1" / "journal"
    current.mkdir(parents=True)
    (closed / "state").mkdir()
    note = Note(Checkpoint(ORIGIN, size, bytes(32)).body, (SignatureLine("a", b"abcd", b"signature"),))
    (closed / "state" / "checkpoint").write_text(str(note))
    sealing = Sealing(current, lambda: 0)
    sealing.start()
    deadline = time.monotonic() + 120
    while suffixes(folder) != ["seg.zst", "seg.zst", "seg.zst"]:
        assert time.monotonic() < deadline
        os.sched_yield()
    sealing.stop()


async def append_all(journal: Journal, records: list[bytes]) -> None:
    await asyncio.gather(*map(journal.append, records))


def test_a_segment_that_cannot_be_sealed_is_told_of_and_stays(filled) -> None:
    folder, _ = filled
    told: list[UnavailableError] = []
    heard = threading.Event()

    def fail(fault: UnavailableError) -> None:
        told.append(fault)
        heard.set()

    sealing = Sealing(folder, lambda: 10**9, Stops(3), failed=fail)
    sealing.start()
    assert heard.wait(60)
    sealing.stop()
    assert "make room" in str(told[0])
    assert suffixes(folder) == ["seg", "seg", "seg"]
