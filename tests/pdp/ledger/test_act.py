"""An act is done once, now, and on what its author has seen; whatever stands against it, nothing is recorded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.stores.sqlite_ledger import SqliteLedger
from pdp.errors import ConflictError, RequestError, ReusedRequestError, SpeakerError, TransitionError
from pdp.ledger.act import Act, Done, perform
from pdp.ledger.admit import statement
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.scope import moment

if TYPE_CHECKING:
    from datetime import datetime

BODY = {"level": "district", "basis": "administrative_organ"}


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = moment("2026-06-01T09:00:00+08:00")

    def now(self):
        """Return the instant."""
        return self.time

    def mono_ns(self) -> int:
        """Return no time at all: nothing here is measured."""
        return 0


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still until the test moves it."""
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request, tmp_path, scribe, clock):
    """Return a ledger of each kind, with two bodies and a dataset that is shared on conditions."""
    law = scribe().law
    if request.param == "memory":
        yield filled(MemoryLedger(law, clock))
    else:
        with SqliteLedger(tmp_path / "ledger.sqlite", law, clock) as stored:
            yield filled(stored)


def filled(ledger):
    """Return `ledger` with bodies A, B and G, and A's dataset R."""
    at = moment("2026-01-01")
    ledger.record(
        [
            statement("body.registered", {"id": "A", "name": "A", **BODY}, at, "registrar"),
            statement("body.registered", {"id": "B", "name": "B", **BODY}, at, "registrar"),
            statement("body.registered", {"id": "G", "name": "G", "offices": ["regulator"], **BODY}, at, "registrar"),
            statement("dataset.catalogued", {"id": "R", "provider": "A", "title": "R"}, at, "A"),
            statement("dataset.approved", {"id": "R", "sharing": "conditional"}, at, "G"),
        ]
    )
    return ledger


def applying(name: str = "A1", request: str = "", seen: int | None = None, at: datetime | None = None) -> Act:
    """Return an application of B for R."""
    members = {"id": name, "applicant": "B", "dataset": "R", "scenario": "sc-1", "scope": {"fields": ["name"]}}
    return Act("application.received", members, "B", "clerk", request, seen, at)


def agreeing(by: str = "A", request: str = "", seen: int | None = None) -> Act:
    """Return the provider's agreement to A1."""
    return Act("application.agreed", {"id": "A1"}, by, "clerk", request, seen)


def test_an_act_takes_effect_when_it_is_done_and_names_who_did_it(ledger, clock):
    done = perform(applying(request="k1"), ledger, clock.now)

    assert (done.statement.at, done.statement.agent, done.statement.request) == (clock.time, "clerk", "k1")
    assert not done.repeated
    assert ledger.asked("k1") == done.statement


def test_asked_twice_under_one_name_it_is_done_once(ledger, clock):
    first = perform(applying(request="k1"), ledger, clock.now)
    clock.time += timedelta(days=3)
    again = perform(applying(request="k1"), ledger, clock.now)

    assert again.repeated
    assert again.statement == first.statement
    assert ledger.head() == first.statement.seq


def test_a_name_that_stood_for_another_act_is_refused(ledger, clock):
    perform(applying(request="k1"), ledger, clock.now)
    head = ledger.head()
    with pytest.raises(ReusedRequestError, match=r"application\.received, statement 6"):
        perform(applying("A2", request="k1"), ledger, clock.now)
    assert ledger.head() == head


def test_a_request_repeated_is_known_by_all_but_what_was_drawn_for_it(ledger, clock):
    said = {"applicant": "B", "dataset": "R", "scenario": "sc-1", "scope": {"fields": ["name"]}}

    def asked(name: str, **changed: object) -> Done:
        act = Act("application.received", {"id": name, **said, **changed}, "B", "b", "k", drawn=frozenset({"id"}))
        return perform(act, ledger, clock.now)

    first, again = asked("drawn-1"), asked("drawn-2")
    assert (first.repeated, again.repeated) == (False, True)
    assert again.statement.body["id"] == "drawn-1"
    with pytest.raises(ReusedRequestError):
        asked("drawn-3", scenario="sc-2")
    assert len(ledger.about("applications/R/B")) == 1


def test_whoever_decides_on_an_older_state_is_told_what_happened_since(ledger, clock):
    seen = perform(applying(), ledger, clock.now).statement.seq
    perform(Act("application.withdrawn", {"id": "A1"}, "B", "clerk"), ledger, clock.now)
    head = ledger.head()
    with pytest.raises(ConflictError, match=r"application/A1 has moved on: application.withdrawn by B") as conflict:
        perform(agreeing(seen=seen), ledger, clock.now)
    assert [kind for _, kind, _, _ in conflict.value.since] == ["application.withdrawn"]
    assert ledger.head() == head


def test_whoever_has_seen_the_last_statement_may_act(ledger, clock):
    seen = perform(applying(seen=0), ledger, clock.now).statement.seq

    assert perform(agreeing(seen=seen), ledger, clock.now).statement.kind == "application.agreed"


def test_a_statement_about_another_matter_was_not_seen_of_this_one(ledger, clock):
    perform(applying(), ledger, clock.now)
    with pytest.raises(ConflictError):
        perform(agreeing(seen=1), ledger, clock.now)
    with pytest.raises(RequestError, match="not about application/A1"):
        perform(agreeing(seen=99), ledger, clock.now)


@pytest.mark.parametrize("shift", [timedelta(minutes=2), timedelta(minutes=-2), timedelta(days=-10)])
def test_an_act_of_another_time_than_now_is_refused(ledger, clock, shift):
    head = ledger.head()
    with pytest.raises(RequestError, match="art_21__para_1"):
        perform(applying(at=clock.time + shift), ledger, clock.now)
    assert ledger.head() == head


def test_an_instant_within_a_minute_is_now(ledger, clock):
    assert perform(applying(at=clock.time - timedelta(seconds=59)), ledger, clock.now).statement.at == clock.time


def test_nodes_whose_clocks_differ_by_seconds_do_not_stand_in_each_others_way(ledger, clock):
    first = perform(applying(), ledger, clock.now).statement
    clock.time -= timedelta(seconds=4)

    assert perform(agreeing(), ledger, clock.now).statement.at == first.at


def test_nobody_answers_for_the_provider(ledger, clock):
    perform(applying(), ledger, clock.now)
    head = ledger.head()
    for speaker in ("G", "B"):
        with pytest.raises(SpeakerError, match="is for the provider"):
            perform(agreeing(speaker), ledger, clock.now)
    assert ledger.head() == head


def test_of_many_who_answer_at_once_one_is_recorded(scribe, tmp_path, clock):
    law = scribe().law
    with SqliteLedger(tmp_path / "ledger.sqlite", law, clock) as ledger:
        filled(ledger)
        seen = perform(applying(), ledger, clock.now).statement.seq

        def answer(number: int) -> bool:
            with SqliteLedger(tmp_path / "ledger.sqlite", law, clock) as mine:
                try:
                    perform(agreeing(seen=seen, request=f"k{number}"), mine, clock.now)
                except (ConflictError, TransitionError):
                    return False
                return True

        with ThreadPoolExecutor(8) as together:
            assert sum(together.map(answer, range(8))) == 1
        assert ledger.head() == seen + 1
