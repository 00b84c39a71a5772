"""No entry goes before its time, whatever anybody says; what proves something stays."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.settings import LogSettings
from adapters.signers.key_ring import KeyRing
from adapters.signers.verify import verify
from adapters.stores.agreement import confirmations
from adapters.stores.journal import Journal, JournalSettings
from adapters.stores.log_reader import PRUNED, LogReader, logs_in
from adapters.stores.log_time import GAP, vouched_age
from adapters.stores.orders import Orders
from adapters.stores.outbox import Outbox
from adapters.stores.person_keys import SqlitePersonKeys
from adapters.stores.retention import (
    FLOOR,
    RetentionError,
    check,
    kept_logs,
    prune,
)
from adapters.stores.sealing import seal_segment, sealable
from adapters.stores.slots import current_slot, previous_log
from adapters.stores.tile_files import TileFiles
from pdp.errors import UnavailableError
from pdp.log.canonical import encode
from pdp.log.entry import leaf_hash
from pdp.log.instants import utc
from pdp.log.note import signatures
from pdp.log.publisher import Publisher, Writing
from pdp.log.receipt import receipt_for
from pdp.log.suite import Sha256
from pdp.log.tree import root_by_inclusion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SMALL = JournalSettings(segment_size=32 * 4096, allow_any_filesystem=True, full=1.1)
BEGIN = datetime(2022, 3, 1, 9, tzinfo=UTC)
YEARS = timedelta(days=1095)
DAY = timedelta(days=1)
AGREED = ["audit:甲", "security:乙"]


def may_do(post: str, act: str) -> bool:
    """Grant as policies/tables/posts.csv does."""
    return act == "log.prune" and post in {"audit_administrator", "security_administrator"}


class Log:
    """Writes one log of a data folder, each record at a time of its own, and signs it as the service does."""

    def __init__(self, data: Path, slot: int, opened: datetime) -> None:
        self.data, self.slot, self.at = data, slot, opened
        self.origin = f"pdp.example/decisions/n1-{slot}"
        said = previous_log(data, "n1", slot)
        self.journal = Journal(data / f"n1-{slot}", self.origin, self._event, settings=SMALL, opened=said)

    def _event(self, kind: str, members: Mapping[str, object]) -> bytes:
        return encode({"at": utc(self.at), "kind": kind, **members})

    def write(self, times: Iterable[datetime], kind: str = "test") -> None:
        """Write a record of `kind` at each of `times`."""

        async def append() -> None:
            for at in times:
                self.at = at
                await self.journal.append(self._event(kind, {}))

        asyncio.run(append())

    def end(self, last: datetime | None = None) -> LogReader:
        """Sign the log, closed at `last` if given, and return what reads it."""
        if last is not None:
            self.write([last], "log.closed")
        entries = [entry for _, entry in self.journal.records()]
        self.journal.close()
        folder = self.data / f"n1-{self.slot}"
        ring = KeyRing.open(self.data / "keys" / folder.name, self.origin, BEGIN, create=True)
        writing = Writing(self.origin, Sha256(), lambda _: ring.signers(BEGIN), lambda a, b: entries[a:b])
        Publisher(writing, TileFiles.of(folder)).publish(len(entries), 1_700_000_000)
        return LogReader(folder)


def daily(first: datetime, days: int, step: int = 5) -> list[datetime]:
    return [first + timedelta(days=n) for n in range(0, days, step)]


def two_logs(data: Path, days_after: int, closed: datetime = BEGIN + 20 * DAY) -> datetime:
    """Write a closed log and an open one that goes on for some days; return the newest instant."""
    first = Log(data, 0, BEGIN)
    first.write(daily(BEGIN, 20))
    first.end(closed)
    assert current_slot(data, "n1") == 1
    second = Log(data, 1, closed + timedelta(hours=1))
    newest = closed + days_after * DAY
    second.write([*daily(closed + DAY, days_after), newest])
    second.end()
    return newest


def test_a_closed_log_goes_when_its_last_record_is_past_its_time_and_not_a_day_before(tmp_path) -> None:
    newest = two_logs(tmp_path, 1095)
    with pytest.raises(RetentionError, match="n1-0: its last record is 1094 days old for certain; it is kept for 1095"):
        prune(tmp_path, "n1-0", YEARS, newest - timedelta(hours=1))
    assert LogReader(tmp_path / "n1-0").entry(0) is not None
    assert prune(tmp_path, "n1-0", YEARS, newest) > 0
    assert list((tmp_path / "n1-0" / "journal").glob("*.seg*")) == []


def test_retention_floor(tmp_path) -> None:
    """Less than 180 days can neither be set nor be asked for."""
    with pytest.raises(ValueError, match="greater than or equal to 180"):
        LogSettings(retention_days=179)
    newest = two_logs(tmp_path, 179)
    for shorter in (timedelta(days=179), timedelta(0), timedelta(days=-5000)):
        with pytest.raises(RetentionError, match="it is kept for 180 days"):
            prune(tmp_path, "n1-0", shorter, newest)
        with pytest.raises(RetentionError, match="it is kept for 180 days"):
            check(tmp_path, "n1-0", shorter, newest + 10000 * DAY)
    assert timedelta(days=180) == FLOOR


def test_a_clock_that_was_set_forward_makes_nothing_old(tmp_path) -> None:
    """Neither the clock alone, nor records that were written under it, gain more than a month."""
    newest = two_logs(tmp_path, 100)
    with pytest.raises(RetentionError, match="100 days old for certain"):
        check(tmp_path, "n1-0", YEARS, newest + 5000 * DAY)
    second = Log(tmp_path, 1, newest)
    second.write([newest + 5000 * DAY, newest + 5001 * DAY])
    second.end()
    with pytest.raises(RetentionError, match="132 days old for certain"):
        check(tmp_path, "n1-0", YEARS, newest + 5001 * DAY)


def test_a_clock_that_was_set_back_makes_nothing_old_either(tmp_path) -> None:
    newest = two_logs(tmp_path, 400)
    with pytest.raises(RetentionError, match="0 days old for certain"):
        check(tmp_path, "n1-0", YEARS, BEGIN)
    assert vouched_age(tmp_path, "n1", newest, newest - DAY) == timedelta(0)


def test_a_witness_whose_clock_says_less_is_believed(tmp_path) -> None:
    newest = two_logs(tmp_path, 1200)
    assert check(tmp_path, "n1-0", YEARS, newest).slot == 0
    log = tmp_path / "n1-1" / "log"
    note = (log / "checkpoint").read_text()
    signed = int((newest - 400 * DAY).timestamp()).to_bytes(8) + bytes(64)
    line = f"\N{EM DASH} w.example {base64.b64encode(bytes(4) + signed).decode()}\n"
    (log / "witnessed-checkpoint").write_text(note + line)
    with pytest.raises(RetentionError, match="800 days old for certain"):
        check(tmp_path, "n1-0", YEARS, newest)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-2000, 2000), max_size=12), st.integers(0, 4000))
def test_what_is_vouched_for_is_never_more_than_the_clock_or_a_month_a_gap(steps, clock) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log, at, times = Log(Path(folder), 0, BEGIN), BEGIN, []
        for step in steps:
            at = max(BEGIN, at + timedelta(hours=step))
            times.append(at)
        log.write(times)
        log.journal.close()
        age = vouched_age(Path(folder), "n1", BEGIN, BEGIN + timedelta(hours=clock))
    assert timedelta(0) <= age <= min(timedelta(hours=clock), GAP * len(steps))
    assert age <= max([BEGIN, *times]) - BEGIN


def test_an_open_log_an_unknown_one_and_one_that_is_gone_are_refused(tmp_path) -> None:
    newest = two_logs(tmp_path, 1100)
    for name, why in (("n1-1", "it is written to"), ("n1-7", "there is no log"), ("../n1-0", "there is no log")):
        with pytest.raises(RetentionError, match=why):
            prune(tmp_path, name, YEARS, newest)
    prune(tmp_path, "n1-0", YEARS, newest)
    with pytest.raises(RetentionError, match="gone already"):
        check(tmp_path, "n1-0", YEARS, newest)
    assert prune(tmp_path, "n1-0", YEARS, newest) == 0


@pytest.mark.parametrize(
    ("hold", "held"),
    [
        ("logs: [n1-0]", True),
        ("logs: [n1-1]", False),
        ("dataset: bj:2b57c5bf21974959", True),
        ("body: xicheng-weijianwei\nreason: 复议", True),
        ("{not yaml", True),
        ("", True),
        ("logs: []", True),
    ],
)
def test_a_legal_hold_stops_it_and_one_that_cannot_be_read_stops_all(hold, held, tmp_path) -> None:
    newest = two_logs(tmp_path, 1100)
    (tmp_path / "holds").mkdir()
    (tmp_path / "holds" / "2026-17.yaml").write_text(hold)
    if held:
        with pytest.raises(RetentionError, match=r"a legal hold keeps it \(holds/2026-17.yaml\)"):
            prune(tmp_path, "n1-0", YEARS, newest)
        (tmp_path / "holds" / "2026-17.yaml").unlink()
    assert prune(tmp_path, "n1-0", YEARS, newest) > 0


def test_old_receipts_of_a_pruned_log_still_verify(tmp_path) -> None:
    newest = two_logs(tmp_path, 1100)
    folder = tmp_path / "n1-0"
    kept = [entry for _, entry in LogReader(folder).records()]
    for raw in sealable(folder / "journal", len(kept), closed=True):
        seal_segment(folder / "journal", raw.first_index, os)
    derived = [tmp_path / "columns" / "n1-0" / "0-9.parquet", folder / "journal" / "cut" / "7-4096-0.bin"]
    for path in derived:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(kept[0])
    prune(tmp_path, "n1-0", YEARS, newest)
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "n1-1" not in str(path))
    assert not any(entry in left for entry in kept)
    log = LogReader(folder)
    assert log.pruned
    with pytest.raises(UnavailableError, match="pruned when their time was over"):
        log.entry(0)
    ring = KeyRing.open(tmp_path / "keys" / "n1-0", "pdp.example/decisions/n1-0", BEGIN, create=False)
    keys = [signer.key for signer in ring.signers(BEGIN)]
    suite, files = Sha256(), TileFiles.of(folder)
    assert set(signatures(log.note, keys, verify)) == set(keys)
    for index, entry in enumerate(kept):
        proof = receipt_for(index, log.note, files.read, suite)
        reached = root_by_inclusion(index, log.checkpoint.size, leaf_hash(entry), proof.hashes, suite)
        assert reached == log.checkpoint.root
    assert current_slot(tmp_path, "n1") == 1
    assert [(one.name, one.pruned) for one in logs_in(tmp_path)] == [("n1-0", True), ("n1-1", False)]


def test_the_table_says_of_every_log_when_it_may_go(tmp_path) -> None:
    newest = two_logs(tmp_path, 300)
    first, second = kept_logs(tmp_path, "n1", YEARS, newest)
    assert (first.state, first.last, first.due) == ("closed", BEGIN + 20 * DAY, BEGIN + 20 * DAY + YEARS)
    assert (first.age.days, first.size > 4096, second.state) == (300, True, "open")


def orders_of(data: Path, now: datetime, calls: object = os) -> tuple[Orders, Outbox, SqlitePersonKeys]:
    persons = SqlitePersonKeys(data / "keys" / "persons.sqlite")
    outbox = Outbox(data)
    return Orders(data, "n1", outbox, persons, YEARS, may_do=may_do, now=lambda: now, calls=calls), outbox, persons


def prune_order(persons: SqlitePersonKeys) -> dict[str, object]:
    agreed = confirmations(AGREED, "log.prune", may_do)
    confirmed = [{"role": role, "person": persons.digest("other", name)} for role, name in agreed]
    return {"log": "n1-0", "confirmed": confirmed}


def test_an_order_to_prune_is_recorded_with_who_agreed_before_anything_goes(tmp_path) -> None:
    newest = two_logs(tmp_path, 1100)
    orders, outbox, persons = orders_of(tmp_path, newest)
    order = outbox.put("log.pruned", prune_order(persons))
    told = []

    def record(kind: str, members: Mapping[str, object]) -> None:
        assert not (tmp_path / "n1-0" / PRUNED).exists()
        assert LogReader(tmp_path / "n1-0").entry(0) is not None
        told.append((kind, members))

    before = LogReader(tmp_path / "n1-0").checkpoint
    assert outbox.answer(order) is None
    assert orders.carry_out(record) == 1
    assert outbox.answer(order) == ""
    ((kind, members),) = told
    assert kind == "log.pruned"
    assert (members["origin"], members["size"], members["root"]) == (before.origin, before.size, before.root.hex())
    assert {one["role"] for one in members["confirmed"]} == {"audit", "security"}
    assert "甲" not in str(members)
    assert LogReader(tmp_path / "n1-0").pruned
    assert orders.carry_out(record) == 0
    persons.close()


def test_a_service_checks_every_order_again(tmp_path) -> None:
    newest = two_logs(tmp_path, 500)
    orders, outbox, persons = orders_of(tmp_path, newest + 5000 * DAY)
    early = outbox.put("log.pruned", prune_order(persons))
    alone = outbox.put("log.pruned", {"log": "n1-0", "confirmed": prune_order(persons)["confirmed"][:1]})
    system = [{"role": "system", "person": "p1.s"}, {"role": "audit", "person": "p1.a"}]
    beyond = outbox.put("log.pruned", {"log": "n1-0", "confirmed": system})
    unknown = outbox.put("log.forgotten", {})
    told = []
    orders.carry_out(lambda kind, _: told.append(kind))
    assert told == []
    assert "500 days old for certain" in outbox.answer(early)
    assert "two people" in outbox.answer(alone)
    assert "a system_administrator may not agree to log.prune" in outbox.answer(beyond)
    assert "nobody knows" in outbox.answer(unknown)
    assert LogReader(tmp_path / "n1-0").entry(0) is not None
    persons.close()


def test_a_stop_at_any_step_of_pruning_is_completed_by_the_next(tmp_path) -> None:
    """The kernel fails at the n-th call: what was recorded is done in the end, and nothing is done unrecorded."""
    newest = two_logs(tmp_path / "whole", 1100)
    for step in range(1, 60):
        data = tmp_path / str(step)
        copy_tree(tmp_path / "whole", data)

        class Stops:
            left = step

            def __getattr__(self, name: str) -> object:
                def ask(*arguments: object) -> object:
                    self.left -= 1
                    if self.left == 0:
                        raise OSError(5, "Input/output error")
                    return getattr(os, name)(*arguments)

                return ask

        calls, told = Stops(), []
        orders, outbox, persons = orders_of(data, newest, calls)
        outbox.put("log.pruned", prune_order(persons))
        try:
            orders.carry_out(lambda kind, _, told=told: told.append(kind))
        except UnavailableError:
            assert told
            orders.carry_out(lambda kind, _, told=told: told.append(kind))
        assert told == ["log.pruned"]
        assert list((data / "n1-0" / "journal").glob("*.seg*")) == []
        assert LogReader(data / "n1-0").pruned
        persons.close()
        if calls.left > 0:
            break
    assert step > 4


def copy_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
