"""Reading a log beside its writer: as far as it is signed, the same in every form, and never silently less."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from adapters.stores.damage import JournalDamagedError
from adapters.stores.journal import Journal, JournalSettings
from adapters.stores.log_reader import LogReader, logs_in
from adapters.stores.log_set import LogSet
from adapters.stores.sealing import seal_segment, sealable
from adapters.stores.segments import segment_paths
from pdp.errors import UnavailableError
from pdp.log.canonical import encode
from pdp.log.note import Checkpoint, Note, SignatureLine
from pdp.log.tiles import unbundled
from pdp.log.uuid7 import ms_of, uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SMALL = JournalSettings(segment_size=64 * 4096, allow_any_filesystem=True, full=1.1)
START = 1_700_000_000_000
COUNT = 700  # records, which take several segments


def event(kind: str, members: Mapping[str, object]) -> bytes:
    return encode({"kind": kind, **members})


def made_id(slot: int, number: int) -> str:
    return uuid7(START + (slot * COUNT + number) * 300, number.to_bytes(10))


def sign(folder: Path, size: int) -> None:
    """Put a checkpoint of `size` where the service puts it; whether it is true is none of the reader's business."""
    (folder / "state").mkdir(exist_ok=True)
    checkpoint = Checkpoint(f"pdp.example/{folder.name}", size, bytes(32))
    note = Note(checkpoint.body, (SignatureLine("pdp.example/n1-0", b"abcd", b"signature"),))
    (folder / "state" / "checkpoint").write_text(str(note))


def write(data: Path, slot: int = 0) -> Journal:
    """Write a log of `COUNT` records and its opening; return its journal, open."""
    journal = Journal(data / f"n1-{slot}", f"pdp.example/n1-{slot}", event, settings=SMALL)

    async def append() -> None:
        for start in range(0, COUNT, 7):
            numbers = range(start, start + 7)
            records = (
                encode({"id": made_id(slot, n), "kind": "decision", "pad": "x" * (n * 7 % 900)}) for n in numbers
            )
            await asyncio.gather(*map(journal.append, records))

    asyncio.run(append())
    return journal


def seal(folder: Path) -> None:
    for raw in sealable(folder / "journal", 10**9):
        seal_segment(folder / "journal", raw.first_index, os)


@pytest.fixture(params=["raw", "sealed"])
def log(request, tmp_path) -> LogReader:
    """Return a log of several segments, signed up to entry 600; its journal is closed."""
    write(tmp_path).close()
    folder = tmp_path / "n1-0"
    sign(folder, 600)
    if request.param == "sealed":
        seal(folder)
        assert [path.suffix for path in segment_paths(folder / "journal")].count(".zst") > 1
    return LogReader(folder)


def test_nothing_is_read_beyond_what_is_signed(log) -> None:
    assert [index for index, _ in log.records()] == list(range(600))
    assert [index for index, _ in log.records(595, 9000)] == [595, 596, 597, 598, 599]
    assert list(log.records(600)) == []
    assert log.entry(599) is not None
    assert log.entry(600) is None
    assert log.find(made_id(0, 598)) is not None
    assert log.find(made_id(0, 599)) is None  # it is entry 600: `log.opened` is the first
    sign(log.folder, 601)
    assert log.find(made_id(0, 599)) is not None


def test_an_entry_a_range_and_a_bundle_are_the_same_entries(log) -> None:
    entries = dict(log.records())
    for index in range(0, 600, 23):
        assert log.entry(index) == entries[index]
        assert json.loads(log.entry(index))["seq"] == index
        assert [found for found, _ in log.records(index, index + 5)] == list(range(index, min(index + 5, 600)))
    assert unbundled(log.bundle(0)) == [entries[index] for index in range(256)]
    assert unbundled(log.bundle(2, 88)) == [entries[index] for index in range(512, 600)]
    for number, width in ((2, 89), (2, 256), (3, 1), (0, 0)):
        with pytest.raises(UnavailableError, match=f"bundle {number} has"):
            log.bundle(number, width)


def test_what_is_passed_over_for_its_time_is_all_earlier(log) -> None:
    passed_over = set()
    for number in range(0, 599, 13):
        at = ms_of(made_id(0, number))
        begin = log.first_since(at)
        assert begin <= number + 1
        passed_over.add(begin)
    assert len(passed_over) > 1
    assert log.first_since(0) == 0
    assert log.first_since(1 << 47) <= 600


def test_a_segment_that_is_missing_is_missed(log) -> None:
    paths = segment_paths(log.folder / "journal")
    kept = {path: path.read_bytes() for path in paths}
    for path in paths[:-1]:
        path.unlink()
        with pytest.raises(JournalDamagedError, match="entries that are missing"):
            list(LogReader(log.folder).records())
        path.write_bytes(kept[path])
    assert len(list(log.records())) == 600
    for path in paths:
        path.unlink()
    with pytest.raises(JournalDamagedError, match="no segment, and 600 signed entries"):
        log.entry(0)


def test_a_segment_that_lost_its_end_is_missed(log) -> None:
    last = segment_paths(log.folder / "journal")[-1]
    data = last.read_bytes()
    sign(log.folder, COUNT + 1)
    last.write_bytes(data[:4096] + bytes(len(data) - 4096))
    with pytest.raises(JournalDamagedError):
        list(log.records())


def test_damage_is_told_with_path_and_place(log) -> None:
    path = segment_paths(log.folder / "journal")[1]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(JournalDamagedError) as caught:
        list(log.records())
    assert caught.value.path == path
    assert int(path.name[:20]) <= caught.value.index < 600
    assert len(list(log.records(0, int(path.name[:20])))) == int(path.name[:20])  # what lies before is whole


def test_reading_goes_on_while_the_journal_grows_and_is_sealed(tmp_path) -> None:
    journal = write(tmp_path)
    sign(tmp_path / "n1-0", COUNT + 1)
    reader = LogReader(tmp_path / "n1-0")
    began = reader.records()
    first = [next(began) for _ in range(3)]
    seal(tmp_path / "n1-0")
    assert [index for index, _ in (*first, *began)] == list(range(COUNT + 1))
    assert reader.find(made_id(0, 5)) == journal.find(made_id(0, 5))
    journal.close()


def test_a_folder_without_anything_signed_or_without_logs_says_what_to_do(tmp_path) -> None:
    with pytest.raises(UnavailableError, match="no decision log is here"):
        logs_in(tmp_path)
    write(tmp_path).close()
    (log,) = logs_in(tmp_path)
    with pytest.raises(UnavailableError, match="nothing of this log has been signed"):
        log.entry(0)


def test_logs_are_listed_by_writer_and_age(tmp_path) -> None:
    for name in ("n1-10", "n1-2", "n0-3", "keys", "n1-02", "a-b-0"):
        (tmp_path / name / "journal").mkdir(parents=True)
    found = logs_in(tmp_path)
    assert [log.name for log in found] == ["a-b-0", "n0-3", "n1-2", "n1-10"]
    assert [log.slot for log in found] == [0, 3, 2, 10]


def test_the_service_finds_records_of_closed_logs_and_none_of_those_that_went(tmp_path) -> None:
    write(tmp_path, 0).close()
    write(tmp_path, 1).close()
    current = write(tmp_path, 2)
    for slot in (0, 1):
        sign(tmp_path / f"n1-{slot}", COUNT + 1)
    whole = LogSet(current, [LogReader(tmp_path / f"n1-{slot}") for slot in (0, 1)])
    for slot in (0, 1, 2):
        assert whole.find(made_id(slot, 77)) is not None
    assert whole.find(made_id(9, 0)) is None
    assert [json.loads(entry)["seq"] for _, entry in whole.records()] == 3 * list(range(COUNT + 1))
    assert len(list(whole.records(1))) == COUNT
    (tmp_path / "n1-0" / "state" / "pruned").write_text("{}")
    shutil.rmtree(tmp_path / "n1-0" / "journal")
    assert whole.find(made_id(0, 77)) is None
    assert whole.find(made_id(1, 77)) is not None
    current.close()
