"""A log ends with its last record; the next start begins the next one and names it."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.stores.journal import Journal, JournalSettings
from adapters.stores.sealing import seal_segment, sealable
from adapters.stores.segments import segment_paths
from adapters.stores.slots import (
    current_slot,
    end_log,
    first_record,
    is_closed,
    last_record,
    overdue,
    previous_log,
    slots_of,
)
from pdp.errors import UnavailableError
from pdp.log.canonical import encode
from pdp.log.instants import utc
from pdp.log.note import Checkpoint, Note

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SMALL = JournalSettings(segment_size=32 * 4096, allow_any_filesystem=True, full=1.1)
OPENED = datetime(2026, 1, 5, 9, tzinfo=UTC)
CLOSING = encode({"kind": "log.closed"})


def event(kind: str, members: Mapping[str, object]) -> bytes:
    return encode({"at": utc(OPENED), "kind": kind, **members})


def journal_of(data: Path, slot: int, **options: object) -> Journal:
    return Journal(data / f"n1-{slot}", f"pdp.example/n1-{slot}", event, settings=SMALL, **options)


async def append(journal: Journal, *records: bytes) -> None:
    for record in records:
        await journal.append(record)


def closed(data: Path, slot: int, records: int = 3) -> None:
    journal = journal_of(data, slot)
    asyncio.run(append(journal, *(encode({"kind": "test", "n": number}) for number in range(records)), CLOSING))
    journal.close()


def test_a_writer_goes_on_with_its_newest_log_until_that_is_closed(tmp_path) -> None:
    assert current_slot(tmp_path, "n1") == 0
    journal_of(tmp_path, 0).close()
    assert current_slot(tmp_path, "n1") == 0
    for slot in range(12):
        closed(tmp_path, slot)
        assert current_slot(tmp_path, "n1") == slot + 1
    (tmp_path / "n1-x" / "journal").mkdir(parents=True)
    (tmp_path / "n1-007" / "journal").mkdir(parents=True)
    journal_of(tmp_path / "other", 40).close()
    assert slots_of(tmp_path, "n1") == list(range(12))
    assert current_slot(tmp_path, "n2") == 0


@pytest.mark.parametrize("records", [0, 3, 26, 27, 28, 29, 60])  # the last record falls into several places of segments
def test_nothing_is_taken_behind_the_record_that_closes_a_log(records, tmp_path) -> None:
    journal = journal_of(tmp_path, 0)

    async def close_and_go_on() -> None:
        await append(journal, *(encode({"kind": "test", "n": number}) for number in range(records)))
        closing = journal.append(CLOSING)
        with pytest.raises(UnavailableError, match="this log is closed; start the service"):
            journal.append(encode({"kind": "test"}))
        assert not journal.ready
        assert (await closing).index == records + 1

    asyncio.run(close_and_go_on())
    journal.close()
    assert is_closed(tmp_path / "n1-0")
    assert last_record(tmp_path / "n1-0") == {"kind": "log.closed"}
    with pytest.raises(UnavailableError, match="nothing is put behind its last record"):
        journal_of(tmp_path, 0)


def test_every_segment_of_a_closed_log_is_sealed_and_it_stays_closed(tmp_path) -> None:
    closed(tmp_path, 0, records=60)
    folder = tmp_path / "n1-0" / "journal"
    for raw in sealable(folder, 62, closed=True):
        seal_segment(folder, raw.first_index, os)
    assert {path.suffix for path in segment_paths(folder)} == {".zst"}
    assert is_closed(tmp_path / "n1-0")
    assert first_record(tmp_path / "n1-0")["kind"] == "log.opened"
    assert current_slot(tmp_path, "n1") == 1


def test_a_log_that_was_stopped_while_it_was_closed_is_closed_and_its_end_is_written_later(tmp_path) -> None:
    class NoEnd:
        ends = False

        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def pwrite(self, fd: int, data: bytes, offset: int) -> int:
            if data[:4] == b"PDPE":
                raise OSError(5, "Input/output error")
            return os.pwrite(fd, data, offset)

    journal = journal_of(tmp_path, 0, calls=NoEnd())
    asyncio.run(append(journal, CLOSING))
    with pytest.raises(OSError, match="Input/output"):
        journal.close()
    folder = tmp_path / "n1-0"
    assert is_closed(folder)
    assert sealable(folder / "journal", 2, closed=True) == []
    for _ in range(2):
        end_log(folder, "pdp.example/n1-0")
        assert len(sealable(folder / "journal", 2, closed=True)) == 1


def test_a_log_is_overdue_when_its_first_record_is_a_year_old(tmp_path) -> None:
    journal_of(tmp_path, 0).close()
    folder = tmp_path / "n1-0"
    assert not overdue(folder, OPENED + timedelta(days=364, hours=23))
    assert overdue(folder, OPENED + timedelta(days=365))
    assert not overdue(tmp_path / "n1-1", OPENED)


def test_a_new_log_names_the_one_before_with_its_signed_size_and_root(tmp_path) -> None:
    assert previous_log(tmp_path, "n1", 0) == {}
    closed(tmp_path, 0)
    with pytest.raises(UnavailableError, match="nothing of this log has been signed"):
        previous_log(tmp_path, "n1", 1)
    state = tmp_path / "n1-0" / "state"
    state.mkdir()
    body = Checkpoint("pdp.example/n1-0", 5, bytes(range(32))).body
    (state / "checkpoint").write_text(str(Note(body, ())) + "\n— x AAAAAAAA\n".lstrip("\n"))
    said = previous_log(tmp_path, "n1", 1)
    assert said == {"previous": {"origin": "pdp.example/n1-0", "root": bytes(range(32)).hex(), "size": 5}}
    journal = journal_of(tmp_path, 1, opened=said)
    journal.close()
    opened = first_record(tmp_path / "n1-1")
    assert (opened["origin"], opened["previous"]) == ("pdp.example/n1-1", said["previous"])
