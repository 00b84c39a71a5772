"""The ledger in PostgreSQL, on a real server: one chain for many nodes, and certain of what was recorded."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.stores.postgres_ledger import CHANNEL, PostgresLedger
from adapters.stores.sqlite_ledger import SqliteLedger
from pdp.errors import TransitionError, UnavailableError
from pdp.ledger.admit import Admission, statement
from pdp.ledger.scope import moment
from pdp.ledger.terms import READ_HERE
from pdp.readings import Reading, Readings
from pdp.workdays import Calendar
from tests.adapters.stores.postgres import PASSWORD, Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdp.ledger.statement import Statement

DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
LAW = Admission(
    calendar=Calendar({day: day.isoweekday() < 6 for day in DAYS}),
    readings=Readings(
        {
            name: Reading(name, "", (), dict.fromkeys(options, ""), options[0], "", "", "")
            for name, options in READ_HERE.items()
        }
    ),
    in_force_from=date(2023, 5, 25),
    may=lambda role, _: role in {"registrar", "provider"},
)


class Clock:
    """A clock that stands still."""

    def now(self):
        """Return the instant."""
        return moment("2026-06-01")

    def mono_ns(self) -> int:
        """Return no time at all: nothing here is measured."""
        return 0


class Relay:
    """A wire to the server that is cut when COMMIT is sent: before it arrives, or before its answer does."""

    def __init__(self, port: int) -> None:
        self.cut = ""  # "before" or "after" the server has the COMMIT
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            ends = (near, far)
            threading.Thread(target=self._pump, args=("before", near, far, ends), daemon=True).start()
            threading.Thread(target=self._pump, args=("after", far, near, ends), daemon=True).start()

    def _pump(
        self, way: str, source: socket.socket, target: socket.socket, ends: tuple[socket.socket, socket.socket]
    ) -> None:
        """Carry one way's bytes; both the request and its answer say COMMIT and a zero byte."""
        with source:
            try:
                while data := source.recv(65536):
                    if self.cut == way and b"COMMIT\0" in data:
                        self.cut = ""
                        break
                    target.sendall(data)
            except OSError:
                pass  # the other way was cut first
            for end in ends:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it is closed already


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a server that runs."""
    with serving() as running:
        yield running


@pytest.fixture
def url(server) -> str:
    """Return the URL of an empty schema."""
    return server.new_schema()


def opened(url: str) -> PostgresLedger:
    """Return a ledger under a small law."""
    return PostgresLedger(url, LAW, Clock())


def body(name: str, title: str = "body") -> Statement:
    """Return the registration of a body, asked for under its own name."""
    said = {"id": name, "name": title, "level": "district", "basis": "administrative_organ"}
    return replace(statement("body.registered", said, moment("2026-01-01"), "registrar"), request=f"r-{name}")


def test_what_one_node_records_another_reads_and_builds_on(url):
    with opened(url) as one, opened(url) as other:
        (first,) = one.record([body("A")])
        assert other.head() == 1
        assert list(other.about("subject/A")) == [first]
        assert other.asked("r-A") == first
        assert other.asked("r-B") is None
        assert other.asked("") is None

        (second,) = other.record([body("B")])
        assert second.previous == first.hash
        assert one.verify() == 2
        assert list(one.statements(1)) == [second]


def test_both_stores_keep_the_same_chain(url, tmp_path):
    with opened(url) as shared, SqliteLedger(tmp_path / "l.sqlite", LAW, Clock()) as file:
        acts = [body("A"), body("B", '乙 \\ " %s')]
        assert [said.hash for said in shared.record(acts)] == [said.hash for said in file.record(acts)]
        assert list(shared.statements()) == list(file.statements())


def test_each_record_is_told_with_the_new_head(url):
    with opened(url) as ledger, psycopg.connect(url, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        ledger.record([body("A"), body("B")])
        ledger.record([])
        assert [told.payload for told in listener.notifies(timeout=10, stop_after=1)] == ["2"]


@pytest.mark.parametrize("table", ["statements", "refs"])
@pytest.mark.parametrize("act", ["UPDATE {} SET seq = 7", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_change_or_delete(url, table, act):
    with opened(url) as ledger, psycopg.connect(url, autocommit=True) as intruder:
        ledger.record([body("A")])
        with pytest.raises(psycopg.errors.RaiseException, match="never changed"):
            intruder.execute(act.format(table))
        assert ledger.verify() == 1


def test_an_altered_statement_is_found_out(url):
    with opened(url) as ledger, psycopg.connect(url, autocommit=True) as intruder:
        ledger.record([body("A"), body("B")])
        intruder.execute("ALTER TABLE statements DISABLE TRIGGER ALL")
        intruder.execute("UPDATE statements SET by = 'somebody' WHERE seq = 1")
        with pytest.raises(UnavailableError, match="statement 1 is not what was recorded"):
            ledger.verify()
    with pytest.raises(UnavailableError, match="statement 1 is not what was recorded"):
        opened(url)


def test_one_request_is_never_recorded_twice(url):
    with opened(url) as ledger:
        ledger.record([body("A")])
        with pytest.raises(UnavailableError, match="cannot be written"):
            ledger.record([replace(body("B"), request="r-A")])
        assert ledger.head() == 1
        assert ledger.record([body("B")])[0].seq == 2


def test_nodes_that_record_at_once_build_one_chain(url):
    def tell(node: str) -> None:
        with opened(url) as ledger:
            for number in range(25):
                ledger.record([body(f"{node}{number}")])

    nodes = [threading.Thread(target=tell, args=(name,)) for name in ("A", "B", "C")]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join()
    with opened(url) as ledger:
        assert ledger.verify() == 75
        assert len({said.request for said in ledger.statements()}) == 75


def test_of_nodes_that_do_the_same_act_at_once_one_does_it(url):
    said = {"id": "R", "provider": "A", "title": "R"}
    entry = statement("dataset.catalogued", said, moment("2026-01-02"), "A")
    act = statement("dataset.retired", {"id": "R"}, moment("2026-01-03"), "A")
    done: list[str] = []

    def tell() -> None:
        with opened(url) as ledger:
            try:
                ledger.record([act])
            except TransitionError:
                done.append("refused")
            else:
                done.append("recorded")

    with opened(url) as ledger:
        ledger.record([body("A"), entry])
    nodes = [threading.Thread(target=tell) for _ in range(4)]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join()
    assert sorted(done) == ["recorded", "refused", "refused", "refused"]


@pytest.mark.parametrize("cut", ["before", "after"])
def test_what_became_of_an_unanswered_commit_is_looked_up(server, url, cut):
    relay = Relay(server.port)
    with opened(url.replace(f":{server.port}/", f":{relay.port}/")) as ledger:
        ledger.record([body("A")])
        relay.cut = cut
        if cut == "before":
            with pytest.raises(UnavailableError, match="nothing was recorded; ask again"):
                ledger.record([body("B")])
            assert ledger.head() == 1
        assert [said.seq for said in ledger.record([body("B")])] == [2]
        assert not relay.cut
        assert ledger.verify() == 2
    relay.close()


def test_a_stopped_server_is_said_to_be_unavailable_and_taken_up_again(server, url):
    with opened(url) as ledger:
        ledger.record([body("A")])
        server.stop()
        try:
            for act in (ledger.head, lambda: ledger.record([body("B")])):
                with pytest.raises(UnavailableError, match=r"PostgreSQL postgres at 127.0.0.1:\d+ cannot be .* start"):
                    act()
        finally:
            server.start()
        assert ledger.record([body("B")])[0].seq == 2


def test_what_was_recorded_survives_a_crash_of_the_server(server, url):
    with opened(url) as ledger:
        (recorded,) = ledger.record([body("A")])
        server.stop("immediate")
        server.start()
        assert list(ledger.statements()) == [recorded]


def test_no_message_holds_the_password(server):
    wrong = server.url("not-the-password")
    for url in (wrong, f"postgresql://ledger:{PASSWORD}@127.0.0.1:1/x", f"postgresql//ledger:{PASSWORD}@host:x"):
        with pytest.raises(UnavailableError) as failure:
            opened(url)
        seen = f"{failure.value!s} {failure.value.__cause__!s}"
        assert PASSWORD not in seen
        assert "not-the-password" not in seen


def test_statements_that_are_being_recorded_cannot_record_others(url):
    with opened(url) as ledger:

        def nested() -> Iterator[Statement]:
            yield body("A")
            ledger.record([body("B")])

        with pytest.raises(RuntimeError, match="cannot record others"):
            ledger.record(nested())
        assert ledger.head() == 0
