"""A node's copy of a shared ledger: level within a second, readable when the database is gone, and never forked."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from adapters.cli.ledger import app
from adapters.device.clock import SystemClock
from adapters.stores.following_ledger import NEVER, FollowingLedger
from adapters.stores.postgres_ledger import PostgresLedger
from adapters.stores.sqlite_ledger import SqliteLedger
from pdp.errors import ReusedRequestError, UnavailableError
from pdp.ledger.act import Act
from pdp.ledger.admit import Admission, statement
from pdp.ledger.scope import moment
from tests.adapters.stores.postgres import Server, serving
from tests.pdp.ledger.conftest import law as shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 30.0  # seconds to wait for what must come
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a PostgreSQL server that runs."""
    with serving() as running:
        yield running


@pytest.fixture
def law() -> Admission:
    """Return who may record what."""
    return shipped()


def come(holds: Callable[[], bool]) -> None:
    """Wait until `holds`."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < PATIENCE, "it never came"
        time.sleep(0.005)


class Alarms:
    """What a node said was wrong."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.news = threading.Event()

    def __call__(self, wrong: str, fault: str) -> None:
        """Hear what is wrong."""
        self.told.append(f"{wrong}: {fault}")
        self.news.set()


@contextmanager
def node(folder: Path, url: str, law: Admission, alarms: Alarms | None = None) -> Iterator[FollowingLedger]:
    """Return a node's ledger, following the database at `url`."""
    clock = SystemClock()
    copy = SqliteLedger(folder / "ledger.sqlite", law, clock)
    with FollowingLedger(copy, lambda: PostgresLedger(url, law, clock), clock, alarms or Alarms()) as following:
        yield following


def unit(name: str, request: str = "") -> Act:
    """Return the act of registering a unit."""
    return Act("unit.registered", {"id": name, "name": name}, "registrar", "clerk", request)


def test_what_one_node_records_the_others_come_to_know(tmp_path, server, law):
    url = server.new_schema()
    with node(tmp_path / "a", url, law) as one, node(tmp_path / "b", url, law) as other:
        come(lambda: other.staleness() < timedelta(seconds=1))
        for number in range(10):
            done = one.do(unit(f"X{number}"))
            assert one.head() == done.statement.seq
            come(lambda seq=done.statement.seq: other.head() >= seq)
        assert list(one.statements()) == list(other.statements())


def test_without_the_database_reading_goes_on_and_the_age_grows(tmp_path, law):
    with serving() as own:
        url, alarms = own.new_schema(), Alarms()
        with node(tmp_path / "a", url, law, alarms) as one:
            one.do(unit("X"))
            own.stop("immediate")
            assert alarms.news.wait(PATIENCE)
            assert [said.body["id"] for said in one.about("subject/X")] == ["X"]
            with pytest.raises(UnavailableError):
                one.do(unit("Y"))
            aged = one.staleness()
            come(lambda: one.staleness() > aged + timedelta(milliseconds=200))
            own.start()
            come(lambda: one.staleness() < aged)
            assert one.do(unit("Y")).statement.seq == 2
        assert len(alarms.told) >= 1


def test_a_start_without_the_database_knows_how_old_its_copy_is(tmp_path, law):
    with serving() as own:
        url = own.new_schema()
        with node(tmp_path / "a", url, law) as one:
            one.do(unit("X"))
        own.stop("immediate")
        with node(tmp_path / "a", url, law) as again:
            assert again.head() == 1
            assert timedelta() <= again.staleness() < timedelta(minutes=5)
        with node(tmp_path / "b", url, law) as new:
            assert new.staleness() == NEVER


def test_a_copy_that_the_database_does_not_continue_is_left_alone_and_grows_stale(tmp_path, server, law):
    with node(tmp_path / "a", server.new_schema(), law) as one:
        one.do(unit("X"))
    (tmp_path / "a" / "ledger.level").unlink()
    alarms = Alarms()
    with node(tmp_path / "a", server.new_schema(), law, alarms) as forked:
        assert alarms.news.wait(PATIENCE)
        assert "find out which is the true one" in alarms.told[0]
        assert forked.staleness() == NEVER
        assert forked.head() == 1


def test_statements_that_do_not_continue_a_ledger_are_not_taken(tmp_path, law):
    with (
        SqliteLedger(tmp_path / "a.sqlite", law, SystemClock()) as one,
        SqliteLedger(tmp_path / "b.sqlite", law, SystemClock()) as other,
    ):
        at = moment("2026-01-01")
        for name in ("X", "Y"):
            one.record([statement("unit.registered", {"id": name, "name": name}, at, "registrar")])
        first, second = one.statements()
        with pytest.raises(UnavailableError, match="does not continue"):
            other.take([second])
        with pytest.raises(UnavailableError, match="does not continue"):
            other.take([first, first])
        assert other.head() == 0
        assert other.take([first, second]) == 2
        assert other.verify() == 2


def test_a_request_asked_of_two_nodes_is_done_once(tmp_path, server, law):
    url = server.new_schema()
    with node(tmp_path / "a", url, law) as one, node(tmp_path / "b", url, law) as other:
        first, again = one.do(unit("X", "k1")), other.do(unit("X", "k1"))
        assert (first.repeated, again.repeated) == (False, True)
        assert first.statement == again.statement
        with pytest.raises(ReusedRequestError):
            other.do(unit("Y", "k1"))


def test_what_was_read_before_is_read_anew_after_something_was_taken_over(tmp_path, server, law):
    url = server.new_schema()
    with node(tmp_path / "a", url, law) as one, node(tmp_path / "b", url, law) as other:
        one.do(unit("X"))
        come(lambda: other.head() == 1)
        assert len(other.about("subject/X")) == 1
        one.do(unit("X"))
        come(lambda: other.head() == 2)
        assert len(other.about("subject/X")) == 2


ACTS = 150  # of each of two processes
WRITER = """
    import sys, time
    from pathlib import Path
    from adapters.device.clock import SystemClock
    from adapters.stores.following_ledger import FollowingLedger
    from adapters.stores.postgres_ledger import PostgresLedger
    from adapters.stores.sqlite_ledger import SqliteLedger
    from pdp.errors import UnavailableError
    from pdp.ledger.act import Act
    from tests.pdp.ledger.conftest import law as shipped

    folder, url, name, count = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    law, clock = shipped(), SystemClock()
    copy = SqliteLedger(folder / "ledger.sqlite", law, clock)
    with FollowingLedger(copy, lambda: PostgresLedger(url, law, clock), clock) as ledger:
        for number in range(count):
            key = f"{name}-{number}"
            act = Act("unit.registered", {"id": key, "name": key}, "registrar", "clerk", key)
            while True:
                try:
                    done = ledger.do(act)
                    break
                except UnavailableError:
                    time.sleep(0.05)
            print(key, done.statement.seq, flush=True)
        print("done", flush=True)
        sys.stdin.readline()
"""


def test_no_act_is_lost_or_doubled_when_a_node_is_killed_and_the_database_restarted(tmp_path, law):
    with serving() as own:
        url = own.new_schema()
        with node(tmp_path / "c", url, law) as watching:
            writers = {name: started(tmp_path / name, url, name) for name in ("a", "b")}
            come(lambda: watching.head() > ACTS // 3)
            own.stop("immediate")
            own.start()
            come(lambda: watching.head() > ACTS)
            writers["b"].kill()
            acknowledged = [line.split() for line in writers["b"].communicate()[0].splitlines()]
            writers["b"] = started(tmp_path / "b", url, "b")  # it asks for everything again, under the same names
            for writer in writers.values():
                acknowledged += [line.split() for line in lines_until_done(writer)]
            come(lambda: watching.head() == 2 * ACTS)
            requests = [said.request for said in watching.statements()]
            assert sorted(requests) == sorted(f"{name}-{number}" for name in "ab" for number in range(ACTS))
            held = {said.request: str(said.seq) for said in watching.statements()}
            assert all(held[key] == seq for key, seq in acknowledged)
            for writer in writers.values():
                writer.communicate("\n")
            whole = list(watching.statements())
        for name in ("a", "b"):
            with node(tmp_path / name, url, law) as again:
                come(lambda again=again: again.head() == 2 * ACTS)
                assert list(again.statements()) == whole


def started(folder: Path, url: str, name: str) -> subprocess.Popen[str]:
    """Return a process that records `ACTS` acts on a node of its own."""
    code = textwrap.dedent(WRITER)
    command = [sys.executable, "-c", code, str(folder), url, name, str(ACTS)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def lines_until_done(writer: subprocess.Popen[str]) -> Iterator[str]:
    """Yield what a writer acknowledges, until it is done."""
    assert writer.stdout is not None
    for line in writer.stdout:
        if line.strip() == "done":
            return
        yield line
    pytest.fail("a writer ended early")


def test_the_note_of_the_level_is_no_secret_and_says_when(tmp_path, server, law):
    with node(tmp_path / "a", server.new_schema(), law) as one:
        one.do(unit("X"))
    assert set(json.loads((tmp_path / "a" / "ledger.level").read_text())) == {"level"}


def test_a_ledger_moves_into_the_shared_one_as_it_is(tmp_path, server, law, monkeypatch):
    data, url = tmp_path / "data", server.new_schema()
    with SqliteLedger(data / "ledger.sqlite", law, SystemClock()) as own:
        for name in ("X", "Y"):
            own.do(unit(name, name))
        whole = list(own.statements())
    monkeypatch.setenv("PDP_LEDGER", url)
    for moved in (2, 0):  # again: nothing is left to move
        said = CliRunner().invoke(app, ["move", "--data", str(data)])
        assert f"已移入 {moved} 条" in said.output, said.output
    with node(data, url, law) as following:
        come(lambda: following.staleness() < timedelta(seconds=30))
        assert list(following.statements()) == whole
    with SqliteLedger(tmp_path / "other" / "ledger.sqlite", law, SystemClock()) as other:
        other.do(unit("Z"))
    refused = CliRunner().invoke(app, ["move", "--data", str(tmp_path / "other")])
    assert isinstance(refused.exception, UnavailableError)
