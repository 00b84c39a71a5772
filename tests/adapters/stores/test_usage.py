from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.stores.usage import REPEATS, JournalUsage
from pdp.errors import UnavailableError
from pdp.log.canonical import encode
from pdp.log.entry import FIRST, entry_bytes
from pdp.log.use import use_recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

questions = st.tuples(
    st.sampled_from(["PERMIT", "PARTIAL", "DENY", "REFER", "INDETERMINATE"]),
    st.sampled_from([None, "A1", "A2"]),
    st.sampled_from([None, "q1", "q2", "q3"]),
)


def entries(asked: Iterable[tuple[str, str | None, str | None]]) -> list[tuple[int, bytes]]:
    """Return the journal of decisions `(outcome, application, request_id)`."""
    made = []
    for index, (outcome, application, request_id) in enumerate(asked):
        members: dict[str, object] = {"kind": "decision", "outcome": outcome}
        members["request"] = {} if request_id is None else {"request_id": request_id}
        if application is not None:
            members["application"] = application
        made.append((index, entry_bytes(FIRST, encode(members), index)))
    return made


@pytest.fixture
def usage(tmp_path: Path) -> Callable[..., JournalUsage]:
    def opened(journal: list[tuple[int, bytes]]) -> JournalUsage:
        made = JournalUsage(tmp_path / "usage", len(journal))
        made.settle(entry for entry in journal if entry[0] >= made.upto)
        return made

    return opened


def test_only_released_decisions_under_an_application_count(usage) -> None:
    asked = [(outcome, "A1", None) for outcome in ("PERMIT", "PARTIAL", "DENY", "REFER", "INDETERMINATE")]
    counted = usage(entries([*asked, ("PERMIT", None, None), ("PERMIT", "A2", None)]))
    assert (counted.used("A1"), counted.used("A2"), counted.used("A3")) == (2, 1, 0)
    counted.close()


def test_an_event_that_mentions_an_outcome_counts_for_nobody(usage) -> None:
    told = encode({"kind": "rulebook.refused", "why": {"outcome": "PERMIT"}, "application": "A1"})
    counted = usage([(0, entry_bytes(FIRST, told, 0))])
    assert counted.used("A1") == 0
    counted.close()


def test_a_reservation_counts_at_once_and_a_repetition_of_it_does_not(usage) -> None:
    counted = usage(entries([("PERMIT", "A1", "q1")]))
    for request_id in ("q1", "q2", "q2", None, None):
        counted.reserve("A1", request_id)
    assert counted.used("A1") == 4
    counted.reserve("A2", "q2")  # one question may rest on two applications
    assert counted.used("A2") == 1
    counted.close()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(questions, max_size=30), stop=st.integers(0, 30))
def test_reading_the_journal_gives_what_was_counted_while_it_was_written(asked, stop, tmp_path, usage) -> None:
    (tmp_path / "usage").unlink(missing_ok=True)
    live, journal = usage([]), entries(asked)
    for outcome, application, request_id in asked:
        if outcome in {"PERMIT", "PARTIAL"} and application is not None:
            live.reserve(application, request_id)
    expected = [live.used(application) for application in ("A1", "A2")]
    live.close()
    for part in (journal[:stop], journal, journal):  # a stop in between, a start with nothing new
        rebuilt = usage(part)
        found = [rebuilt.used(application) for application in ("A1", "A2")]
        rebuilt.close()
    assert found == expected


def test_a_start_reads_only_what_came_after_the_last_settling(usage, tmp_path) -> None:
    journal = entries([("PERMIT", "A1", None)] * 10)
    usage(journal).close()
    later = JournalUsage(tmp_path / "usage", 10)
    assert later.upto == 10
    later.settle([])
    assert later.used("A1") == 10
    later.close()


def test_counts_of_a_longer_journal_are_not_believed(usage, tmp_path) -> None:
    usage(entries([("PERMIT", "A1", None)] * 10)).close()
    other = JournalUsage(tmp_path / "usage", 3)
    assert other.upto == 0
    other.settle(entries([("PERMIT", "A1", None)] * 3))
    assert other.used("A1") == 3
    other.close()


def test_settling_while_in_use_changes_no_live_count(usage) -> None:
    counted = usage([])
    counted.reserve("A1", "q1")
    counted.settle(entries([("PERMIT", "A1", "q1")]))
    assert counted.used("A1") == 1
    counted.close()


def test_before_the_journal_has_been_read_nothing_is_known_and_nothing_is_reserved(tmp_path: Path) -> None:
    counted = JournalUsage(tmp_path / "usage", 0)
    assert counted.used("A1") is None
    with pytest.raises(UnavailableError, match="not been read"):
        counted.reserve("A1", None)
    counted.close()


def test_repetitions_are_told_within_the_latest_questions_and_memory_stays_bounded(usage) -> None:
    counted = usage([])
    for number in range(REPEATS + 1):
        counted.reserve("A1", f"q{number}")
    counted.reserve("A1", f"q{REPEATS}")
    assert counted.used("A1") == REPEATS + 1
    counted.reserve("A1", "q0")  # forgotten by now: counted again, which is the safe side
    assert counted.used("A1") == REPEATS + 2
    counted.close()


def test_what_was_kept_before_calls_were_told_apart_is_believed(usage, tmp_path) -> None:
    usage(entries([("PERMIT", "A1", "q1")])).close()
    with sqlite3.connect(tmp_path / "usage") as store:
        store.execute("UPDATE usage SET counts = ?", (json.dumps([{"A1": 1}, {"A1": ["q1"]}, 0, 0, True]),))
    store.close()
    counted = usage(entries([("PERMIT", "A1", "q1")] * 2))
    assert counted.used("A1") == 1
    counted.close()


def test_a_call_made_again_counts_once_for_ten_seconds_and_another_one_under_its_id_counts(usage) -> None:
    journal = [
        called("PERMIT", 0, "q1", "r1.x"), called("PERMIT", 9, "q1", "r1.x"), called("PERMIT", 9, "q1", "r1.page-2"),
        called("PERMIT", 10, "q1", "r1.x"), called("DENY", 10, "q2", "r1.x"), called("PERMIT", 11, "q1", "r1.x"),
        called("PERMIT", 11, "q1", "r1.x", "POST"), called("PERMIT", 11, "q1", "r1.x", "POST"),
    ]  # fmt: skip
    counted = usage([(index, entry_bytes(FIRST, record, index)) for index, record in enumerate(journal)])
    assert counted.used("A1") == 5
    counted.close()
    again = usage([])
    for record in map(json.loads, journal):
        use = use_recorded(record)
        if record["outcome"] == "PERMIT":
            again.reserve("A1", use.question, use.at)
    assert again.used("A1") == 5
    again.close()


def called(outcome: str, second: int, request_id: str, digest: str, method: str = "GET") -> bytes:
    """Return the record of a decision on a call."""
    asked = {"digest": digest, "request_id": request_id, "route": f"{method} data.example.gov.cn/rows"}
    told = {"kind": "decision", "at": f"2026-02-26T01:00:{second:02}.000000Z", "outcome": outcome, "request": asked}
    return encode({**told, "application": "A1"})


def test_a_file_that_is_no_database_is_unavailable_and_says_it_can_be_removed(tmp_path: Path) -> None:
    (tmp_path / "usage").write_bytes(b"rubbish" * 1000)
    with pytest.raises(UnavailableError, match="remove the file"):
        JournalUsage(tmp_path / "usage", 0)


def test_counts_go_on_from_one_log_of_a_writer_to_the_next(usage, tmp_path) -> None:
    first, second = entries([("PERMIT", "A1", "q1")] * 3), entries([("PERMIT", "A1", "q1"), ("PERMIT", "A1", "q2")])
    usage(first[:1]).close()  # the rest came after the last settling
    counted = JournalUsage(tmp_path / "usage", len(second), slot=1)
    logs = [(0, lambda since: first[since:]), (1, lambda since: second[since:])]
    counted.catch_up(logs)
    assert (counted.used("A1"), counted.slot, counted.upto) == (2, 1, 2)
    counted.close()
    again = JournalUsage(tmp_path / "usage", len(second), slot=1)
    again.catch_up([(0, None), *logs[1:]])  # it has been read: that it went since costs nothing
    assert again.used("A1") == 2
    again.close()


def test_where_an_unread_log_is_gone_counts_are_not_known(tmp_path) -> None:
    for _ in range(2):
        counted = JournalUsage(tmp_path / "usage", 1, slot=1)
        counted.catch_up([(0, None), (1, lambda since: entries([("PERMIT", "A1", None)])[since:])])
        assert counted.used("A1") is None
        counted.reserve("A1", "q")
        counted.close()


def test_what_is_read_at_leisure_is_what_a_start_would_read_and_is_kept_now_and_then(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("adapters.stores.usage.KEPT_EVERY", 40)
    monkeypatch.setattr("adapters.stores.usage.AT_LEISURE", 30)
    journal = entries([("PERMIT", "A1", None)] * 100)
    counted = JournalUsage(tmp_path / "usage", 0)
    counted.settle([])
    for upto, kept in ((30, 0), (60, 60), (90, 60), (100, 100), (100, 100)):
        counted.settle_at_leisure(lambda since: journal[since:])
        assert counted.upto == upto
        other = JournalUsage(tmp_path / "usage", 100)
        assert other.upto == kept
        other.close()
    assert counted.used("A1") == 0  # what was not reserved here was never live here
    counted.close()
    started = JournalUsage(tmp_path / "usage", 100)
    started.settle(journal[started.upto :])
    assert started.used("A1") == 100
    started.close()
