"""Promises of `pdp log seal`, `close`, `prune` and `erase`, on logs that the real service recorded."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from typer.testing import CliRunner

from adapters.callers import LOCAL
from adapters.cli.log import app, erase, ordering, prune
from adapters.cli.log.ordering import event_maker
from adapters.gateways.authzen import parse
from adapters.publishing.closing import close_log, writing
from adapters.settings import Settings
from adapters.signers.key_ring import KeyRing
from adapters.signers.verify import verify
from adapters.stores.journal import Journal
from adapters.stores.log_reader import LogReader
from adapters.stores.outbox import Outbox
from adapters.stores.slots import current_slot, first_record, is_closed
from adapters.stores.tile_files import TileFiles
from adapters.stores.usage import JournalUsage
from pdp.errors import PDPError, UnavailableError
from pdp.log.entry import leaf_hash
from pdp.log.note import signatures
from pdp.log.receipt import receipt_for
from pdp.log.suite import Sha256
from pdp.log.tree import root_by_inclusion
from tests.logs.recorded import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).parents[3]
NAME = "visitor-canary-55013"
BOTH = ("--confirmed-by", "audit:甲", "--confirmed-by", "security:乙")
VISIT = {
    "subject": {"type": "natural_person", "id": NAME},
    "action": {"name": "read"},
    "resource": {"type": "dataset", "id": "bj:1d624dc30eb747d7"},
    "context": {"channel": "city_open_platform", "mode": "online_view"},
}


class Steps:
    """A clock that begins years ago and goes on by half a month whenever it is asked, until it shows today."""

    def __init__(self, years: timedelta = timedelta(days=1500)) -> None:
        self._next = datetime.now(UTC) - years
        self._ns = 0

    def now(self) -> datetime:
        """Return the instant."""
        self._next = min(self._next + timedelta(days=15), datetime.now(UTC))
        return self._next

    def mono_ns(self) -> int:
        """Return monotonic nanoseconds."""
        self._ns += 1000
        return self._ns


def questions(count: int) -> list[tuple[object, bytes]]:
    """Return one question of the visitor, then others."""
    visit, other = json.dumps(VISIT).encode(), (ROOT / "examples/ask_permit_open.json").read_bytes()
    return [(parse(body, LOCAL), body) for body in (visit, *[other] * count)]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Return a data folder with a log of today."""
    folder = tmp_path_factory.mktemp("keeping") / "data"
    record(Settings(data=folder), questions(3))
    return folder


@pytest.fixture
def data(made, tmp_path) -> Path:
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture(scope="module")
def old_made(tmp_path_factory) -> Path:
    """Return a data folder whose log began four years ago and was written to every few weeks."""
    folder = tmp_path_factory.mktemp("old") / "data"
    record(Settings(data=folder), questions(105), Steps())
    return folder


@pytest.fixture
def old(old_made, tmp_path) -> Path:
    shutil.copytree(old_made, tmp_path / "old")
    return tmp_path / "old"


def run(*arguments: object, said: str = "", code: int = 0) -> str:
    """Return what the command prints to stdout; raise the fault that it ends with."""
    result = CliRunner().invoke(app, [str(one) for one in arguments], input=said, env={"COLUMNS": "400"})
    if isinstance(result.exception, PDPError):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


def kinds(folder: Path) -> list[str]:
    """Return the kinds of all signed records of a log."""
    return [json.loads(entry)["record"]["kind"] for _, entry in LogReader(folder).records()]


def checked(said: dict[str, object]) -> None:
    """Hold a record against the published schema."""
    jsonschema.validate(said, json.loads((ROOT / "pdp/log/record.schema.json").read_text(encoding="utf-8")))


def unsigned(data: Path, slot: int = 0) -> Iterator[dict[str, object]]:
    """Yield every record of a log, also what is not signed yet."""
    settings = Settings(data=data)
    made = Journal(data / f"n1-{slot}", f"pdp.local/n1-{slot}", event_maker(settings, slot))
    records = [json.loads(entry)["record"] for _, entry in made.records()]
    made.close()
    yield from records


def test_a_closed_log_is_signed_to_its_last_record_and_the_next_names_it(data) -> None:
    said = json.loads(run("close", "--data", data, "--json"))
    log = LogReader(data / "n1-0")
    assert kinds(data / "n1-0")[-1] == "log.closed"
    assert (said["size"], said["root"]) == (log.checkpoint.size, log.checkpoint.root.hex())
    assert [path.suffix for path in (data / "n1-0" / "journal").glob("0*")] == [".zst"]
    again = json.loads(run("close", "--data", data, "--json"))
    assert (again["size"], again["already"]) == (said["size"], True)
    assert current_slot(data, "n1") == 1
    with writing(Settings(data=data), 1, event_maker(Settings(data=data), 1)):
        pass
    opened = first_record(data / "n1-1")
    assert opened["previous"] == {"origin": "pdp.local/n1-0", "root": said["root"], "size": said["size"]}


def test_a_log_that_a_process_writes_cannot_be_closed(data) -> None:
    journal = Journal(data / "n1-0", "pdp.local/n1-0", event_maker(Settings(data=data), 0))
    with pytest.raises(UnavailableError, match="another process writes"):
        run("close", "--data", data)
    journal.close()
    assert not is_closed(data / "n1-0")


def test_a_closing_that_was_cut_short_is_completed_by_the_next(data) -> None:
    settings = Settings(data=data)
    event = event_maker(settings, 0)
    with writing(settings, 0, event) as writer:
        writer.write([event("log.closed", {})])
    before = LogReader(data / "n1-0").checkpoint.size
    assert close_log(settings, 0, event, lambda *_: None) == before + 1
    assert kinds(data / "n1-0")[-1] == "log.closed"


def test_sealing_by_hand_says_what_it_gained_and_where_nothing_is_to_do(data) -> None:
    assert "没有可以压缩的日志段" in run("seal", "--data", data)
    settings = Settings(data=data)
    close_log(settings, 0, event_maker(settings, 0), lambda *_: None)
    (done,) = json.loads(run("seal", "--data", data, "--json"))
    assert (done["log"], done["segments"]) == ("n1-0", 1)
    assert done["after"] * 20 < done["before"]
    assert "没有可以压缩的日志段" in run("seal", "--data", data)


def test_erasure_keeps_proofs(old) -> None:
    """After an erasure all entries and receipts verify; nothing on the disk links the name to its digest any more."""
    store = sqlite3.connect(old / "keys" / "persons.sqlite")
    keys = {bytes(key) for (key,) in store.execute("SELECT key FROM person")}
    store.close()
    before = dict(LogReader(old / "n1-0").records())
    (found,) = {r["request"]["subject"]["person"] for r in map(_decision, before.values()) if "person" in str(r)}
    said = json.loads(run("erase", *BOTH, "--data", old, "--yes", "--json", said=f"{NAME}\n"))
    assert (said["done"], said["person"]) == ("erased", found)
    everything = b"".join(path.read_bytes() for path in old.rglob("*") if path.is_file())
    assert sum(key in everything for key in keys) == len(keys) - 1
    assert NAME.encode() not in everything
    assert json.loads(run("erase", *BOTH, "--data", old, "--yes", "--json", said=f"{NAME}\n", code=1)) == {
        "known": False,
        "locked_until": [],
    }
    told = [one for one in unsigned(old) if one["kind"] == "person.erased"]
    assert [one["person"] for one in told] == [found]
    checked(told[0])
    log, suite = LogReader(old / "n1-0"), Sha256()
    assert dict(log.records()) == before
    now = datetime.now(UTC)
    ring = KeyRing.open(old / "keys" / "n1-0", "pdp.local/n1-0", now, create=False)
    assert signatures(log.note, [one.key for one in ring.signers(now)], verify)
    for index, entry in before.items():
        proof = receipt_for(index, log.note, TileFiles.of(log.folder).read, suite)
        reached = root_by_inclusion(index, log.checkpoint.size, leaf_hash(entry), proof.hashes, suite)
        assert reached == log.checkpoint.root
    run("verify", old, "--data", old)


def _decision(entry: bytes) -> dict[str, object]:
    record: dict[str, object] = json.loads(entry)["record"]
    return record if record["kind"] == "decision" else {}


def test_while_a_law_keeps_the_records_the_key_is_set_aside(data) -> None:
    said = json.loads(run("erase", *BOTH, "--data", data, "--yes", "--json", said=f"{NAME}\n"))
    assert said["done"] == "locked"
    (until,) = map(datetime.fromisoformat, said["locked_until"])
    assert timedelta(days=1094) < until - datetime.now(UTC) <= timedelta(days=1095)
    told = [one for one in unsigned(data) if one["kind"] == "person.locked"]
    assert [one["person"] for one in told] == [said["person"]]
    checked(told[0])
    assert "封存至" in run("erase", *BOTH, "--data", data, "--yes", said=f"{NAME}\n", code=1)
    assert "0 项" in run("erase", "--data", data, "--due")


def test_nobody_is_erased_without_a_yes_and_nobody_by_an_empty_name(data) -> None:
    assert run("erase", *BOTH, "--data", data, said=f"{NAME}\n", code=1) == ""
    with pytest.raises(PDPError, match="standard input: has no identifier"):
        run("erase", *BOTH, "--data", data, "--yes", said="\n")
    assert json.loads(run("erase", *BOTH, "--data", data, "--yes", "--json", said="nobody\n", code=1))["known"] is False
    assert not (data / "outbox").exists()


def test_the_table_of_logs_says_when_each_may_go_and_removes_nothing(data) -> None:
    (kept,) = json.loads(run("prune", "--data", data, "--json"))
    assert (kept["log"], kept["state"], kept["may_go"]) == ("n1-0", "open", False)
    close_log(Settings(data=data), 0, event_maker(Settings(data=data), 0), lambda *_: None)
    shown = run("prune", "--data", data)
    assert "已关闭" in shown
    assert "没有清除任何东西" in shown
    assert LogReader(data / "n1-0").entry(0) is not None


@pytest.mark.parametrize("by", [[], ["audit:a"], ["audit:a", "audit:b"], ["audit:a", "security:a"]])
def test_nothing_goes_without_two_people_of_two_roles(old, by) -> None:
    _close_at(old)
    options = [part for one in by for part in ("--confirmed-by", one)]
    with pytest.raises(PDPError, match="two people"):
        run("prune", "n1-0", "--data", old, "--carry-out", *options)


SYSTEM = ("--confirmed-by", "audit:a", "--confirmed-by", "system:b")


def test_a_system_administrator_confirms_no_pruning_and_no_erasure(old) -> None:
    _close_at(old)
    with pytest.raises(PDPError, match=r"a system_administrator may not agree to log\.prune; see policies/tables"):
        run("prune", "n1-0", "--data", old, "--carry-out", *SYSTEM)
    with pytest.raises(PDPError, match=r"a system_administrator may not agree to person\.erase; see policies/tables"):
        run("erase", *SYSTEM, "--data", old, "--yes", said=f"{NAME}\n")
    assert not (old / "outbox").exists()


@pytest.mark.parametrize("by", [[], ["audit:a"], ["security:a", "security:b"]])
def test_nobody_is_erased_without_two_people_of_two_roles(old, by) -> None:
    options = [part for one in by for part in ("--confirmed-by", one)]
    with pytest.raises(PDPError, match=r"two people of different roles must agree to person\.erase"):
        run("erase", *options, "--data", old, "--yes", said=f"{NAME}\n")
    assert not (old / "outbox").exists()


def test_no_option_makes_a_log_go_before_its_time(old) -> None:
    """The whole command line has no word for it; the settings have none either, and a clock does not help."""
    names = {option for parameter in _parameters(prune) for option in parameter}
    assert names == {"log", "data", "config", "confirmed_by", "carry_out", "as_json"}
    _close_at(old)  # its last record is of today
    both = ("--confirmed-by", "audit:a", "--confirmed-by", "security:b")
    with pytest.raises(PDPError, match="0 days old for certain; it is kept for 1095 days"):
        run("prune", "n1-0", "--data", old, "--carry-out", *both)
    settings = old / "settings.yaml"
    settings.write_text("log: {retention_days: 30}\n")
    with pytest.raises(PDPError, match="greater than or equal to 180"):
        run("prune", "n1-0", "--data", old, "--config", settings, "--carry-out", *both)
    assert LogReader(old / "n1-0").entry(0) is not None


def _parameters(module) -> list[tuple[str, ...]]:
    code = module.command.__code__
    return [code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]]


def _close_at(data: Path) -> None:
    close_log(Settings(data=data), 0, event_maker(Settings(data=data), 0), lambda *_: None)


@pytest.fixture
def past(tmp_path) -> Path:
    """Return a data folder whose first log was closed four years ago; the second was written to every few weeks."""
    folder = tmp_path / "past"
    settings, clock = Settings(data=folder), Steps(timedelta(days=1680))

    def event(slot: int) -> Callable[[str, Mapping[str, object]], bytes]:
        from_now = event_maker(settings, slot)

        def made(kind: str, members: Mapping[str, object]) -> bytes:
            said = json.loads(from_now(kind, members))
            return json.dumps({**said, "at": _utc(clock.now())}, sort_keys=True, separators=(",", ":")).encode()

        return made

    with writing(settings, 0, event(0)) as writer:
        writer.write([event(0)("rulebook.refused", {}) for _ in range(5)])
    close_log(settings, 0, event(0), lambda *_: None)
    with writing(settings, 1, event(1)) as writer:
        for _ in range(105):
            writer.write([event(1)("store.stale", {"age_ms": 1, "store": "ledger"})])
    (folder / "keys").mkdir(exist_ok=True)
    ordering.SqlitePersonKeys(folder / "keys" / "persons.sqlite").close()
    return folder


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_a_log_whose_time_is_over_goes_and_the_current_one_says_who_agreed(past) -> None:
    kept = json.loads(run("prune", "n1-0", "--data", past, "--json"))
    assert [(one["log"], one["may_go"]) for one in kept] == [("n1-0", True)]
    assert LogReader(past / "n1-0").entry(0) is not None  # it was only said
    size = LogReader(past / "n1-0").checkpoint.size
    said = json.loads(run("prune", "n1-0", "--data", past, "--carry-out", "--json", *BOTH))
    assert said == {"log": "n1-0", "entries": size, "pruned": True}
    assert LogReader(past / "n1-0").pruned
    (told,) = [one for one in unsigned(past, 1) if one["kind"] == "log.pruned"]
    checked(told)
    assert (told["origin"], told["size"]) == ("pdp.local/n1-0", size)
    assert sorted(one["role"] for one in told["confirmed"]) == ["audit", "security"]
    assert "甲" not in json.dumps(told, ensure_ascii=False)
    assert "已清除" in run("prune", "--data", past)
    assert current_slot(past, "n1") == 1


def test_what_a_running_service_does_not_carry_out_stands_and_is_done_without_it(data, monkeypatch) -> None:
    monkeypatch.setattr(ordering, "PATIENCE", 0.3)
    settings = Settings(data=data)
    journal = Journal(data / "n1-0", "pdp.local/n1-0", event_maker(settings, 0))
    with pytest.raises(UnavailableError, match="the order stands"):
        run("erase", *BOTH, "--data", data, "--yes", said=f"{NAME}\n")
    journal.close()
    assert len(Outbox(data).orders()) == 1
    assert "1 项" in run("erase", "--data", data, "--due")
    assert Outbox(data).orders() == []


def test_what_is_settled_of_a_log_is_kept_over_its_closing(data) -> None:
    """The next log's counts begin where those of this one end."""
    _close_at(data)
    log = LogReader(data / "n1-0")
    usage = JournalUsage(data / "usage.sqlite", 0, slot=1)
    usage.catch_up([(0, log.records), (1, lambda _: iter(()))])
    assert (usage.slot, usage.upto) == (1, 0)
    usage.close()


def test_every_verb_tells_what_it_is_for_in_chinese() -> None:
    for verb in ("seal", "close", "prune", "erase"):
        assert any("\u4e00" <= sign <= "\u9fff" for sign in run(verb, "--help"))
    assert erase.command.__doc__
