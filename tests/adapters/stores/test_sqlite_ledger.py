"""The ledger in a file: durable, shared between processes, and found out when altered."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.stores import sqlite_ledger
from adapters.stores.sqlite_ledger import SqliteLedger
from pdp.errors import TransitionError, UnavailableError
from pdp.ledger import draft
from pdp.ledger.admit import Admission, statement
from pdp.ledger.scope import moment
from pdp.ledger.terms import READ_HERE
from pdp.readings import Reading, Readings
from pdp.workdays import Calendar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdp.ledger.statement import Statement

ROOT = Path(__file__).parents[3]
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
    """A clock that the test sets."""

    def __init__(self, at: str = "2026-06-01") -> None:
        self.time = moment(at)

    def now(self):
        """Return the instant."""
        return self.time

    def mono_ns(self) -> int:
        """Return no time at all: nothing here is measured."""
        return 0


@pytest.fixture
def path(tmp_path) -> Path:
    """Return where the ledger's file is to be."""
    return tmp_path / "data" / "ledger.sqlite"


def opened(path: Path, clock: Clock | None = None) -> SqliteLedger:
    """Return the ledger in the file."""
    return SqliteLedger(path, LAW, clock or Clock())


def unit(name: str):
    """Return the registration of a unit."""
    return statement("unit.registered", {"id": name, "name": name}, moment("2026-01-01"), "registrar")


def person(name: str):
    """Return the registration of a person."""
    return statement("person.registered", {"id": name}, moment("2026-01-01"), "registrar")


def test_statements_survive_closing_and_opening(path):
    with opened(path) as ledger:
        recorded = ledger.record([unit("X"), unit("Y")])
    with opened(path) as ledger:
        assert list(ledger.statements()) == list(recorded)
        assert ledger.verify() == 2
        assert ledger.record([unit("Z")])[0].previous == recorded[-1].hash


def test_what_was_recorded_survives_being_killed(path):
    program = textwrap.dedent(f"""
        import os, runpy, signal
        from pathlib import Path
        test = runpy.run_path({str(__file__)!r})
        ledger = test["opened"](Path({str(path)!r}))
        ledger.record([test["unit"]("X")])
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    ended = subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT, timeout=60)

    assert ended.returncode == -9
    with opened(path) as ledger:
        assert [said.body["id"] for said in ledger.statements()] == ["X"]


def test_two_writers_of_one_file_build_one_chain(path):
    with opened(path) as first, opened(path) as second:
        for number in range(10):
            (first if number % 2 else second).record([unit(f"X{number}")])

        assert first.head() == second.head() == 10
        assert first.verify() == second.verify() == 10


def test_a_second_writer_waits_for_the_first_and_judges_after_it(path):
    with opened(path) as first, opened(path) as second:

        def told() -> Iterator[Statement]:
            yield unit("X")
            second._db.execute("PRAGMA busy_timeout = 50")  # noqa: SLF001  # so that the test need not wait for 30 s
            with pytest.raises(UnavailableError, match="locked"):
                second.record([unit("Y")])

        first.record(told())
        assert second.record([unit("Y")])[0].seq == 2


def test_another_process_statements_are_seen_by_a_world_that_follows(path):
    with opened(path) as first, opened(path) as second:
        now = moment("2026-06-01")
        first.world.follow()
        assert first.world.subject("X", now).kind is None
        second.record([unit("X")])
        first.world.follow()

        assert first.world.seq() == first.head() == 1
        assert first.world.subject("X", now).kind == "unit"


def test_own_statements_refresh_the_world_at_once(path):
    with opened(path) as ledger:
        now = moment("2026-06-01")
        assert ledger.world.subject("X", now).kind is None
        ledger.record([unit("X")])

        assert ledger.world.subject("X", now).kind == "unit"


def test_what_a_great_call_recorded_is_read_again_from_the_file(path, monkeypatch):
    monkeypatch.setattr(sqlite_ledger, "_FLUSH", 3)
    monkeypatch.setattr(sqlite_ledger, "_HELD", 7)
    with opened(path) as ledger:
        ledger.record([unit("X")])
        recorded = ledger.record(unit(f"X{number}") for number in range(8))

        assert len(recorded) == 8
        assert [said.seq for said in recorded] == list(range(2, 10))
        assert recorded[0] == next(iter(recorded))
        assert (recorded[-1].seq, recorded[-1].hash) == (9, list(ledger.statements())[-1].hash)
        assert recorded[2:4] == list(recorded)[2:4]
        assert ledger.head() == 9
        with pytest.raises(IndexError):
            recorded[8]


def test_a_great_call_refreshes_the_world_at_once(path, monkeypatch):
    monkeypatch.setattr(sqlite_ledger, "_HELD", 2)
    with opened(path) as ledger:
        now = moment("2026-06-01")
        assert ledger.world.subject("X2", now).kind is None
        ledger.record([unit(f"X{number}") for number in range(3)])

        assert ledger.world.subject("X2", now).kind == "unit"


def test_a_call_sees_its_predecessors_however_many_were_written_meanwhile(path, monkeypatch):
    monkeypatch.setattr(sqlite_ledger, "_FLUSH", 2)
    monkeypatch.setattr(draft, "_NEW", 1)
    monkeypatch.setattr(draft, "_KEPT", 1)
    with opened(path) as ledger:
        names = [f"X{number % 3}" for number in range(12)]
        ledger.record(unit(name) for name in names)
        with pytest.raises(TransitionError, match="would turn the unit"):
            ledger.record([*map(unit, names), person("X0")])

        assert len(ledger.about("subject/X0")) == 4


def test_what_was_read_a_moment_ago_is_read_anew_after_anyone_has_recorded(path):
    with opened(path) as first, opened(path) as second:
        assert first.about("subject/X") == ()
        first.record([unit("X")])
        assert len(first.about("subject/X")) == 1
        second.record([unit("X")])
        assert len(first.about("subject/X")) == 2


def test_what_was_read_of_a_call_that_is_taken_back_is_not_known_afterwards(path, monkeypatch):
    monkeypatch.setattr(sqlite_ledger, "_FLUSH", 3)

    def told(ledger: SqliteLedger) -> Iterator[Statement]:
        yield from (unit(f"X{number}") for number in range(3))
        assert len(ledger.about("subject/X0")) == 1  # already written, not yet kept
        yield person("X0")

    with opened(path) as ledger:
        with pytest.raises(TransitionError):
            ledger.record(told(ledger))

        assert ledger.about("subject/X0") == ()


def test_a_refused_call_leaves_the_file_as_it_was_however_much_came_before(path, monkeypatch):
    monkeypatch.setattr(sqlite_ledger, "_FLUSH", 3)
    with opened(path) as ledger:
        with pytest.raises(TransitionError):
            ledger.record(
                [
                    *(unit(f"X{number}") for number in range(10)),
                    statement("dataset.linked", {"id": "R"}, moment("2026-01-01"), "A"),
                ]
            )
        assert ledger.head() == 0

        assert len(ledger.record(unit(f"X{number}") for number in range(10))) == 10
        assert ledger.verify() == 10


def test_time_of_recording_never_runs_backwards(path):
    clock = Clock()
    with opened(path, clock) as ledger:
        ledger.record([unit("X")])
        clock.time = moment("2026-05-01")

        assert ledger.record([unit("Y")])[0].recorded_at == moment("2026-06-01")


def test_statements_cannot_be_changed_or_deleted_by_accident(path):
    with opened(path) as ledger:
        ledger.record([unit("X")])
    with sqlite3.connect(path) as database:
        for act in ("UPDATE statements SET by = 'A'", "DELETE FROM statements"):
            with pytest.raises(sqlite3.IntegrityError, match="statements are never"):
                database.execute(act)
    database.close()


def _forge(path: Path, *acts: str) -> None:
    database = sqlite3.connect(path)
    with database:
        database.execute("DROP TRIGGER statements_never_change")
        database.execute("DROP TRIGGER statements_never_go")
        for act in acts:
            database.execute(act)
    database.close()


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE statements SET body = replace(body, 'X2', 'X9') WHERE seq = 2",
        "UPDATE statements SET at = '2025-01-01T00:00:00+08:00' WHERE seq = 2",
        "UPDATE statements SET recorded_at = '2025-01-01T00:00:00+08:00' WHERE seq = 2",
        "UPDATE statements SET hash = (SELECT hash FROM statements WHERE seq = 1) WHERE seq = 2",
        "DELETE FROM statements WHERE seq = 2",
        "DELETE FROM statements WHERE seq = 1",
    ],
)
def test_an_altered_file_is_found_out_when_opened(path, act):
    with opened(path) as ledger:
        ledger.record([unit("X1"), unit("X2"), unit("X3")])
    _forge(path, act)

    with pytest.raises(UnavailableError, match=r"was altered: statement (1|2) is not what was recorded"):
        opened(path)


def test_an_alteration_beyond_the_tail_is_found_by_verifying_all(path, monkeypatch):
    monkeypatch.setattr(sqlite_ledger, "TAIL", 2)
    with opened(path) as ledger:
        ledger.record([unit(f"X{number}") for number in range(6)])
    _forge(path, "UPDATE statements SET by = 'A' WHERE seq = 2")

    with opened(path) as ledger, pytest.raises(UnavailableError, match="statement 2"):
        ledger.verify()


def test_a_file_that_is_no_ledger_is_unavailable(path):
    path.parent.mkdir()
    path.write_bytes(b"this is no database at all, and long enough to be looked at as one" * 20)

    with pytest.raises(UnavailableError, match=r"ledger\.sqlite cannot be opened"):
        opened(path)


def test_a_closed_ledger_is_unavailable_never_empty(path):
    ledger = opened(path)
    ledger.close()

    for ask in (
        lambda: ledger.about("subject/X"),
        ledger.head,
        lambda: ledger.changed_since(0),
        lambda: ledger.record([]),
    ):
        with pytest.raises(UnavailableError):
            ask()
