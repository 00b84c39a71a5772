"""Working days: civil days in Asia/Shanghai, and the last day of a term. An unpublished year is never assumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from pdp.errors import CalendarGapError

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TERM = 10  # working days (art_21__para_2)
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no daylight saving time since 1991


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are working days. `works` has an entry for every civil day that is covered, swapped days included."""

    works: Mapping[date, bool] = field(repr=False)
    files: Mapping[int, str] = field(default_factory=dict, repr=False)  # year -> policy file, for evidence
    notices: Mapping[int, str] = field(default_factory=dict)  # year -> the notice it comes from
    digest: str = ""

    def covers(self, day: date) -> bool:
        """Return whether `day` is in a published calendar."""
        return day in self.works


def civil(instant: datetime) -> date:
    """Return the civil day of an aware `instant` in Asia/Shanghai."""
    return instant.astimezone(SHANGHAI).date()


@lru_cache(maxsize=4096)
def begins(day: date) -> datetime:
    """Return the first instant of `day` in Asia/Shanghai."""
    return datetime.combine(day, time.min, SHANGHAI)


def day_after(day: date) -> datetime:
    """Return the instant at which `day` has ended: 00:00 of the next day in Asia/Shanghai."""
    return begins(day + timedelta(days=1))


def due_date(received: date, term: int, calendar: Calendar) -> date:
    """Return the last day on which an answer is still in time; the day of receipt is day 0.

    Args:
        received: civil date of receipt, Asia/Shanghai.
        term: length in working days, 1 or more.
        calendar: the published working days.

    Raises:
        CalendarGapError: the term runs past the calendar; an unpublished year is never assumed.

    Source: art_21__para_1 (5 days), art_21__para_2 (10 days), art_25__para_2 (5 days).
    >>> works = {12, 13, 14, 24, 25, 26, 27, 28}  # Spring Festival 2026; Saturday the 14th works
    >>> calendar = Calendar({date(2026, 2, day): day in works for day in range(12, 29)})
    >>> due_date(date(2026, 2, 12), 5, calendar)
    datetime.date(2026, 2, 26)
    """
    day = received
    while term > 0:
        day += timedelta(days=1)
        if not calendar.covers(day):
            raise CalendarGapError(day)
        term -= calendar.works[day]
    return day


def runs_out(today: date, calendar: Calendar) -> bool:
    """Return whether the longest statutory term, 10 working days, could not be counted if it started on `today`.

    The arrangement for the next year appears in the autumn: this is the signal to add it. Source: art_21__para_2.
    """
    try:
        due_date(today, LONGEST_TERM, calendar)
    except CalendarGapError:
        return True
    return False
