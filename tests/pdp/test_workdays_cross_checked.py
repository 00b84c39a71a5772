"""The shipped working days, each civil day, against two holiday packages that know nothing of us or of each other.

Both state the make-up days of 2023 to 2026: `chinese_calendar` by `is_workday`, `holidays` by `weekend_workdays`. For
a year whose notice it does not know, `holidays` gives the statutory days only, without a make-up day: 2027 is left out.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import chinese_calendar
import holidays
import pytest

from adapters.files.calendar import load_calendar

if TYPE_CHECKING:
    from pdp.workdays import Calendar

ROOT = Path(__file__).parents[2] / "policies"
YEARS = (2023, 2024, 2025, 2026)


@pytest.fixture(scope="module")
def published() -> Calendar:
    return load_calendar(ROOT / "calendar", ROOT)


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def test_the_years_compared_are_the_years_shipped(published: Calendar):
    assert tuple(published.files) == YEARS
    assert list(published.works) == [day for year in YEARS for day in days_of(year)]


@pytest.mark.parametrize("year", YEARS)
def test_every_day_is_worked_as_chinese_calendar_says(published: Calendar, year: int):
    theirs = {day: chinese_calendar.is_workday(day) for day in days_of(year)}
    assert [day for day, works in theirs.items() if published.works[day] is not works] == []


@pytest.mark.parametrize("year", YEARS)
def test_every_day_is_worked_as_holidays_says(published: Calendar, year: int):
    china = holidays.China(years=year)
    theirs = {day: china.is_working_day(day) for day in days_of(year)}
    assert [day for day, works in theirs.items() if published.works[day] is not works] == []


@pytest.mark.parametrize("year", YEARS)
def test_the_working_weekends_are_the_make_up_days_that_holidays_lists(published: Calendar, year: int):
    theirs = {day for day in holidays.China(years=year).weekend_workdays if day.year == year}
    ours = {day for day in days_of(year) if published.works[day] and day.weekday() > 4}
    assert ours == theirs
    assert len(ours) >= 5  # the comparison is not of two empty sets


def test_holidays_states_no_make_up_day_of_a_year_without_a_notice():
    china = holidays.China(years=2027)
    assert [day for day in china.weekend_workdays if day.year == 2027] == []
