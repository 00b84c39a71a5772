"""One year of the working-day calendar, as `pdp calendar show` lays it out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rich.table import Table

from adapters.files.calendar_notice import WEEKDAYS
from adapters.files.yaml_lines import load

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from adapters.files.yaml_lines import Node
    from pdp.workdays import Calendar


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """What one calendar file says, for people and for machines."""

    number: int
    notice: str
    works: dict[date, bool]
    off: tuple[date, ...]
    weekends: tuple[date, ...]
    local: tuple[date, ...]

    def plain(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "year": self.number,
            "notice": self.notice,
            "covers": [min(self.works).isoformat(), max(self.works).isoformat()],
            "working_days": sum(self.works.values()),
            "days_off": [day.isoformat() for day in self.off],
            "working_weekends": [day.isoformat() for day in self.weekends],
            "local": {day.isoformat(): self.works[day] for day in self.local},
        }

    def table(self) -> Table:
        """Return it as a table with a row a month."""
        table = Table(title=f"{self.number} 年:{sum(self.works.values())} 个工作日({self.notice})", show_lines=True)
        for heading in ("月", "工作日", "放假", "周末上班", *(("本地安排",) if self.local else ())):
            table.add_column(heading, justify="right" if heading in {"月", "工作日"} else "left")
        for month, days in self._months().items():
            columns = (self.off, self.weekends, *((self.local,) if self.local else ()))
            listed = (listed_days(day for day in column if day.month == month) for column in columns)
            table.add_row(str(month), str(sum(self.works[day] for day in days)), *listed)
        return table

    def _months(self) -> dict[int, list[date]]:
        months: defaultdict[int, list[date]] = defaultdict(list)
        for day in self.works:
            months[day.month].append(day)
        return dict(sorted(months.items()))


def calendar_year(folder: Path, number: int, calendar: Calendar) -> CalendarYear:
    """Return year `number`, from its file in `folder`, which `calendar` was read from."""
    entries = load(folder / f"{number}.yaml", folder.parent).entries()
    off, weekends = (_days(entries[key]) for key in ("days_off", "working_weekends"))
    local = entries["local"].sequence() if "local" in entries else ()
    works = {day: works for day, works in calendar.works.items() if day.year == number}
    arranged = tuple(sorted(item.entries()["day"].day() for item in local))
    return CalendarYear(number, calendar.notices[number], works, off, weekends, arranged)


def listed_days(days: Iterable[date]) -> str:
    """Return days of one year in Chinese words, with the day of the week."""
    return " ".join(f"{day.month}月{day.day}日({WEEKDAYS[day.weekday()]})" for day in days)


def _days(node: Node) -> tuple[date, ...]:
    return tuple(sorted(map(date.fromisoformat, node.texts())))
