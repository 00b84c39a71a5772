"""Terms of working days: counted over published days only, never early, never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.errors import CalendarGapError
from pdp.workdays import LONGEST_TERM, Calendar, civil, day_after, due_date, runs_out

START = date(2026, 1, 1)
CALENDARS = st.lists(st.booleans(), min_size=40, max_size=120).map(
    lambda works: Calendar({START + timedelta(days=n): worked for n, worked in enumerate(works)})
)
RECEIPTS = st.integers(-3, 125).map(lambda n: START + timedelta(days=n))


def due(received: date, term: int, calendar: Calendar) -> date | None:
    try:
        return due_date(received, term, calendar)
    except CalendarGapError:
        return None


@given(CALENDARS, RECEIPTS, st.integers(1, 12))
def test_the_last_day_is_the_nth_working_day_after_receipt(calendar: Calendar, received: date, term: int):
    last = due(received, term, calendar)
    if last is None:
        later = [day for day in calendar.works if day > received and calendar.works[day]]
        assert len(later) < term or received < START - timedelta(days=1)
    else:
        counted = [day for day in calendar.works if received < day <= last and calendar.works[day]]
        assert (len(counted), counted[-1]) == (term, last)


@given(CALENDARS, RECEIPTS, st.integers(1, 11))
def test_a_longer_term_ends_later(calendar: Calendar, received: date, term: int):
    longer = due(received, term + 1, calendar)
    if longer is not None:
        assert due_date(received, term, calendar) < longer


@given(CALENDARS, RECEIPTS)
def test_a_term_that_needs_an_unpublished_day_names_the_first_such_day(calendar: Calendar, received: date):
    if due(received, 10, calendar) is None:
        with pytest.raises(CalendarGapError) as caught:
            due_date(received, 10, calendar)
        first = next(day for n in range(1, 200) if (day := received + timedelta(days=n)) not in calendar.works)
        assert caught.value.day == first
        assert f"calendar/{first.year}.yaml" in str(caught.value)


@given(CALENDARS, RECEIPTS)
def test_the_calendar_runs_out_exactly_when_the_longest_term_cannot_be_counted(calendar: Calendar, today: date):
    assert runs_out(today, calendar) == (due(today, LONGEST_TERM, calendar) is None)


def test_the_day_of_receipt_is_never_counted():
    every_day = Calendar({START + timedelta(days=n): True for n in range(10)})
    assert due_date(START, 1, every_day) == START + timedelta(days=1)
    assert due_date(START - timedelta(days=1), 1, every_day) == START


def test_a_civil_day_is_one_of_shanghai():
    assert civil(datetime(2026, 2, 27, 15, 59, tzinfo=UTC)) == date(2026, 2, 27)
    assert civil(datetime(2026, 2, 27, 16, 0, tzinfo=UTC)) == date(2026, 2, 28)


def test_a_day_has_ended_at_the_midnight_after_it():
    assert day_after(date(2026, 2, 28)).isoformat() == "2026-03-01T00:00:00+08:00"
