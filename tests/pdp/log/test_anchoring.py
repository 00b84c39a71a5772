"""Promises of the anchoring clock: when it is late, when nothing is answered, and what brings answers back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.errors import UnavailableError
from pdp.log.anchoring import LATE, RESTORED, AnchorEvent, Anchoring
from pdp.log.canonical import decode

ID, AT = "0193587e-8f03-7abc-8def-0123456789ab", datetime(2026, 11, 25, tzinfo=UTC)
MINUTES, HOURS = 60, 3600
LATE_AFTER, OVERDUE_AFTER = 15 * MINUTES, 4 * HOURS


@pytest.fixture
def clock():
    """A clock at second 0, its log covered up to its fifth entry."""
    made = Anchoring(LATE_AFTER, OVERDUE_AFTER, now=0)
    made.note(0, 5, 5)
    return made


def test_late_begins_after_fifteen_minutes_without_cover_and_is_told_once(clock):
    assert clock.note(LATE_AFTER, 5, 6) is None
    assert clock.note(LATE_AFTER + 1, 5, 7) == AnchorEvent(LATE, LATE_AFTER + 1)
    assert clock.note(LATE_AFTER + 2, 5, 8) is None


def test_answers_end_after_four_hours_without_cover(clock):
    clock.note(OVERDUE_AFTER, 5, 6)

    assert clock.refusal(OVERDUE_AFTER) is None
    refused = clock.refusal(OVERDUE_AFTER + 1)
    assert isinstance(refused, UnavailableError)
    assert refused.code == "anchor_overdue"
    assert str(refused) == (
        "log: nobody has vouched for its newest entries for 14401 s, and 14400 s are the most that is allowed; "
        "mend the way to the witnesses, see pdp log witness show"
    )


def test_a_quorum_brings_answers_back_and_is_told(clock):
    clock.note(5 * HOURS, 5, 9)

    assert clock.note(5 * HOURS + 1, 8, 9) == AnchorEvent(RESTORED, 5 * HOURS + 1)
    assert clock.refusal(5 * HOURS + 1) is None
    assert clock.note(5 * HOURS + 2, 9, 9) is None  # told once


def test_a_quorum_in_time_is_no_event(clock):
    assert clock.note(LATE_AFTER, 5, 6) is None
    assert clock.note(LATE_AFTER + 1, 6, 6) is None
    assert clock.note(2 * LATE_AFTER, 6, 9) is None  # the age is counted from the last cover


def test_a_log_in_which_nothing_happens_is_never_late(clock):
    for hour in range(1, 100):
        assert clock.note(hour * HOURS, 5, 5) is None
        assert clock.refusal(hour * HOURS) is None
    assert clock.note(99 * HOURS + LATE_AFTER, 5, 6) is None  # nor the first entry after a long rest


def test_a_publisher_that_says_nothing_any_more_ends_answers_too(clock):
    assert clock.refusal(OVERDUE_AFTER) is None
    assert clock.refusal(OVERDUE_AFTER + 1) is not None


def test_a_restart_buys_no_time():
    again = Anchoring(LATE_AFTER, OVERDUE_AFTER, now=0, age=OVERDUE_AFTER + 1)

    assert again.note(0, 5, 6) == AnchorEvent(LATE, OVERDUE_AFTER + 1)  # what is covered is what was covered before
    assert again.refusal(0) is not None
    assert again.note(1, 6, 7).kind == RESTORED
    assert again.refusal(1) is None


@pytest.mark.parametrize("kind", [LATE, RESTORED])
def test_an_event_is_a_record_with_its_age_in_whole_seconds(kind, recorder, valid):
    record = decode(recorder.event(ID, AT, 1, kind, AnchorEvent(kind, 901).members))

    valid(record)
    assert (record["kind"], record["age_s"]) == (kind, 901)


STEPS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3), st.integers(0, 3)), max_size=40)


@given(STEPS)
def test_answers_are_refused_exactly_when_nothing_was_covered_for_too_long(steps):
    clock = Anchoring(10, 30, now=0)
    now, covered, size, since, told = 0, 0, 0, 0, []
    clock.note(now, covered, size)
    for passed, grown, caught_up in steps:
        now, size = now + passed, size + grown
        before, covered = covered, min(size, covered + caught_up)
        event = clock.note(now, covered, size)
        told += [event.kind] if event else []
        since = now if covered > before or covered == size else since

        assert (clock.refusal(now) is not None) == (now - since > 30)
        assert clock.age(now) == now - since
        assert (told[-1:] == [LATE]) == (now - since > 10)
    assert all(kind == (RESTORED if place % 2 else LATE) for place, kind in enumerate(told))
