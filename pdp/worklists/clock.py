"""How much time is left, in working days, and how that is said in Chinese."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from pdp.workdays import civil

if TYPE_CHECKING:
    from pdp.ledger.view import View
    from pdp.workdays import Calendar


def days_left(view: View, due: date | None) -> int | None:
    """Return the working days after today up to and with `due`; today does not count, as the day of receipt does not.

    Negative: so many working days have begun since `due`. None: no term, or a day between the two is in no published
    calendar. Source: art_21, art_25__para_2.
    """
    if due is None:
        return None
    today = civil(view.now)
    if due < today:
        passed = _working(view.law.calendar, due, today)
        return None if passed is None else -passed
    return _working(view.law.calendar, today, due)


def _working(calendar: Calendar, start: date, end: date) -> int | None:
    """Return the working days after `start` up to and with `end`."""
    days = [start + timedelta(days=count) for count in range(1, (end - start).days + 1)]
    return sum(calendar.works[day] for day in days) if all(map(calendar.covers, days)) else None


def by(view: View, due: date, act: str) -> str:
    """Return until when `act` (in Chinese) is to be done, and what is left: 应于 2026-02-26 前答复,还剩 3 个工作日."""
    left, today = days_left(view, due), civil(view.now)
    if due == today:
        return f"应于 {due} 前{act},今日到期"
    if due < today:
        return f"应于 {due} 前{act}," + ("已逾期" if not left else f"已逾期 {-left} 个工作日")
    return f"应于 {due} 前{act}," + ("工作日历未公布,无法计算剩余工作日" if left is None else f"还剩 {left} 个工作日")
