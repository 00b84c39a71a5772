"""What a stop may leave behind: nothing acknowledged is lost, nothing damaged is accepted."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.stores.damage import JournalDamagedError
from adapters.stores.journal_recovery import judge_end, recover
from pdp.errors import UnavailableError
from pdp.log.canonical import encode
from pdp.log.entry import FIRST, entry_bytes, leaf_hash
from pdp.log.frames import RECORD, SegmentHeader, aligned, frame_bytes

if TYPE_CHECKING:
    import random

ORIGIN = "pdp.example/decisions/2026/n1-0"
SIZE = 32 * 4096
SECTOR = 512


@dataclass(frozen=True)
class Model:
    """A segment as it was written, and where each of its groups lies."""

    data: bytes
    entries: tuple[bytes, ...]
    groups: tuple[tuple[int, int, int], ...]  # first byte, byte behind the last frame, entries up to its end

    @property
    def header(self) -> SegmentHeader:
        """Return the header, which is intact."""
        header = SegmentHeader.parse(self.data[:4096])
        assert header is not None
        return header


def model(sizes: list[list[int]]) -> Model:
    """Return a segment with one group for each list, of records with so many bytes of padding."""
    data = SegmentHeader(0, 1, 1_700_000_000, bytes(32), sha256(ORIGIN.encode()).digest()).pack()
    entries: list[bytes] = []
    groups: list[tuple[int, int, int]] = []
    prev = FIRST
    for number, group in enumerate(sizes, 1):
        start = len(data)
        for place, size in enumerate(group):
            entry = entry_bytes(prev, encode({"kind": "test", "pad": "x" * size}), len(entries))
            data += frame_bytes(RECORD, len(entries), number, len(group) - place - 1, entry)
            entries.append(entry)
            prev = leaf_hash(entry).hex()
        groups.append((start, len(data), len(entries)))
        data = data.ljust(aligned(len(data)), b"\x00")
    return Model(data.ljust(SIZE, b"\x00"), tuple(entries), tuple(groups))


def written(folder: Path, data: bytes) -> Path:
    journal = folder / "n1-0" / "journal"
    journal.mkdir(parents=True, exist_ok=True)
    for path in journal.rglob("*.*"):
        path.unlink()
    (journal / f"{0:020d}.seg").write_bytes(data)
    return journal


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 0x10
    return bytes(changed)


def test_every_byte_of_a_small_journal_is_watched() -> None:
    """A flip before the last group refuses the start; one in or behind it takes off part of that group at most."""
    made = model([[5, 300], [40], [5, 5, 900], [80, 20]])
    start, end, _ = made.groups[-1]
    acknowledged = made.groups[-2][2]
    for place in (*range(start), *range(start, end + 1), *range(end, SIZE, 127)):
        damaged = memoryview(flipped(made.data, place))
        header = SegmentHeader.parse(bytes(damaged[:4096]))
        if place < 4096:
            assert header is None
            continue
        if place < start:
            with pytest.raises(JournalDamagedError):
                judge_end(Path("s"), damaged, made.header, 0)
            continue
        at, clean = judge_end(Path("s"), damaged, made.header, 0)
        assert not clean
        assert acknowledged <= at.index <= len(made.entries)
        with pytest.raises(JournalDamagedError):
            judge_end(Path("s"), damaged, made.header, len(made.entries) + (place >= end))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.lists(st.integers(0, 3000), min_size=1, max_size=5), min_size=1, max_size=4),
    lost=st.sets(st.integers(0, 40)),
    fill=st.sampled_from([b"\x00", b"\xa5"]),
)
def test_a_torn_last_group_costs_nothing_that_was_acknowledged(sizes, lost, fill, tmp_path) -> None:
    """Any subset of the last group's sectors never reached the device, or reached it as rubbish."""
    made = model(sizes)
    start, end, _ = made.groups[-1]
    torn = bytearray(made.data)
    for sector in lost:
        first = start + sector * SECTOR
        if first < aligned(end):
            torn[first : first + SECTOR] = fill * SECTOR
    folder = written(tmp_path, bytes(torn))
    standing = recover(folder, ORIGIN, os)
    acknowledged = made.groups[-2][2] if len(made.groups) > 1 else 0
    assert acknowledged <= standing.index <= len(made.entries)
    assert standing.prev == (leaf_hash(made.entries[standing.index - 1]).hex() if standing.index else FIRST)
    traceless = bytes(torn) in {made.data, made.data[:start].ljust(SIZE, b"\x00")}  # all of the group, or none
    assert bool(standing.segment) == traceless
    assert len(standing.cuts) == (not traceless)
    if standing.segment:
        os.close(standing.segment.fd)
    assert kept_entries(folder, made) == standing.index


def kept_entries(folder: Path, made: Model) -> int:
    """Return how many of the model's entries still stand in the segment, unbroken from the first."""
    data = (folder / f"{0:020d}.seg").read_bytes()
    kept = 0
    while kept < len(made.entries) and made.entries[kept] in data:
        kept += 1
    return kept


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.lists(st.integers(0, 3000), min_size=1, max_size=4), min_size=2, max_size=4),
    where=st.randoms(use_true_random=False),
)
def test_damage_in_an_acknowledged_group_is_never_accepted(sizes, where: random.Random, tmp_path) -> None:
    made = model(sizes)
    start, end, _ = where.choice(made.groups[:-1])
    folder = written(tmp_path, flipped(made.data, where.randrange(start, end)))
    before = (folder / f"{0:020d}.seg").read_bytes()
    with pytest.raises(JournalDamagedError, match="damage before an intact group"):
        recover(folder, ORIGIN, os)
    assert (folder / f"{0:020d}.seg").read_bytes() == before  # evidence is never touched


def test_a_cut_is_kept_told_and_never_written_behind(open_journal, tmp_path) -> None:
    made = model([[10], [20, 2000, 3000]])
    torn = bytearray(made.data)
    start = made.groups[1][0]
    torn[start + 4096 : start + 8192] = bytes(4096)
    folder = written(tmp_path, bytes(torn))
    journal = open_journal()
    journal.close()
    entries = [json.loads(entry) for _, entry in journal.records()]
    told = [entry["record"] for entry in entries if entry["record"]["kind"] == "log.recovered"]
    (cut,) = (folder / "cut").iterdir()
    assert told == [
        {"kind": "log.recovered", "bytes": cut.stat().st_size, "sha256": sha256(cut.read_bytes()).hexdigest()}
    ]
    assert cut.suffix == ".bin"
    assert cut.read_bytes() in bytes(torn)
    assert [entry["seq"] for entry in entries] == list(range(len(entries)))
    assert sorted(path.name for path in folder.glob("*.seg")) == [f"{0:020d}.seg", f"{entries[-1]['seq']:020d}.seg"]
    assert entries[-1]["record"]["kind"] == "log.recovered"
    open_journal().close()
    assert len([entry for _, entry in open_and_read(open_journal)]) == len(entries)


def open_and_read(open_journal) -> list[tuple[int, bytes]]:
    journal = open_journal()
    entries = list(journal.records())
    journal.close()
    return entries


def test_a_segment_whose_only_group_is_torn_is_begun_again(open_journal, tmp_path) -> None:
    made = model([[10, 3000]])
    torn = made.data[:4096] + bytes(SECTOR) + made.data[4096 + SECTOR :]
    folder = written(tmp_path, torn)
    for _ in range(2):
        kinds = [json.loads(entry)["record"]["kind"] for _, entry in open_and_read(open_journal)]
        assert kinds == ["log.opened", "log.recovered"]
    assert len(list(folder.glob("*.seg"))) == 1


@pytest.mark.parametrize("step", range(1, 40))
def test_a_stop_between_any_two_steps_of_a_recovery_is_repaired_by_the_next(step, open_journal, tmp_path) -> None:
    """The kernel fails at the n-th call of the recovery; whatever was done by then, the next start completes it."""
    made = model([[10], [20, 2000, 3000]])
    torn = bytearray(made.data)
    start = made.groups[1][0]
    torn[start + 4096 : start + 8192] = bytes(4096)
    written(tmp_path, bytes(torn))

    class StopsAt:
        calls = 0

        def __getattr__(self, name: str) -> object:
            def ask(*arguments: object) -> object:
                self.calls += 1
                if self.calls == step:
                    raise OSError(5, "Input/output error")
                return getattr(os, name)(*arguments)

            return ask

    with suppress(UnavailableError):
        open_journal(calls=StopsAt()).close()
    entries = [json.loads(entry) for _, entry in open_and_read(open_journal)]
    assert [entry["record"]["kind"] for entry in entries].count("log.recovered") in {1, 2}
    assert made.entries[0] == open_and_read(open_journal)[0][1]
    assert [entry["seq"] for entry in entries] == list(range(len(entries)))


def test_a_journal_that_lost_signed_entries_is_refused(open_journal, tmp_path) -> None:
    made = model([[10], [20, 30]])
    written(tmp_path, made.data)
    with pytest.raises(JournalDamagedError, match="4 entries were signed"):
        open_journal(covered=4)
    open_journal(covered=3).close()


def test_signed_entries_without_any_segment_are_missed(open_journal) -> None:
    with pytest.raises(JournalDamagedError, match="no segment"):
        open_journal(covered=1)


def test_a_sealed_segment_that_is_missing_shortened_or_changed_is_refused(open_journal, tmp_path) -> None:
    journal = open_journal()
    for number in range(70):
        asyncio.run(journal_append(journal, encode({"kind": "test", "n": number})))
    journal.close()
    paths = sorted((tmp_path / "n1-0" / "journal").glob("*.seg"))
    assert len(paths) == 3
    kept = {path: path.read_bytes() for path in paths}
    damages = {
        "end frame": lambda data: data[: len(data) - 4096] + bytes(4096),
        "header": lambda data: flipped(data, 20),
        "shorter": lambda data: data[:-4096],
        "odd": lambda data: data[:-1],
    }
    for path in paths[:2]:
        for damage in damages.values():
            path.write_bytes(damage(kept[path]))
            with pytest.raises(JournalDamagedError):
                open_journal()
            path.write_bytes(kept[path])
    paths[1].unlink()
    with pytest.raises(JournalDamagedError, match="does not follow"):
        open_journal()
    paths[1].write_bytes(kept[paths[1]])
    open_journal().close()


async def journal_append(journal, record: bytes) -> None:
    await journal.append(record)


def test_reading_a_damaged_sealed_segment_says_where(open_journal, tmp_path) -> None:
    journal = open_journal()
    for number in range(70):
        asyncio.run(journal_append(journal, encode({"kind": "test", "n": number})))
    path = min((tmp_path / "n1-0" / "journal").glob("*.seg"))
    path.write_bytes(flipped(path.read_bytes(), 5 * 4096 + 50))
    with pytest.raises(JournalDamagedError, match=f"byte {5 * 4096}: no intact frame at index 4"):
        list(journal.records())
    journal.close()
