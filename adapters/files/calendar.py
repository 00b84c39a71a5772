"""Strict reader of policies/calendar/*.yaml: the working days of each year, without a gap between the years."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from adapters.files.yaml_lines import fault, parse_bytes, read, shown
from pdp.errors import PolicyError
from pdp.workdays import Calendar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.files.yaml_lines import Node

_FILE = re.compile(r"[0-9]{4}\.yaml")
_KEYS = ("year", "notice", "source", "covers_from", "covers_to", "days_off", "working_weekends")
_FRIDAY = 4
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Year:
    start: date
    end: date
    notice: str
    works: dict[date, bool]
    begins: Node  # where the file says `covers_from`


def load_calendar(folder: Path, root: Path) -> Calendar:
    """Return the working days of all years in `folder`: an entry for every civil day they cover.

    Raises:
        PolicyError: a file cannot be used, or two years leave a gap or overlap; path, line, fault and remedy.
    """
    years: dict[int, _Year] = {}
    digest = hashlib.sha256()
    for path in _files(folder, root):
        data = read(path, root)
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(data).digest())
        years[int(path.stem)] = _year(parse_bytes(data, shown(path, root)), int(path.stem))
    _follow(years)
    return Calendar(
        works={day: works for year in years.values() for day, works in year.works.items()},
        files={number: f"{folder.name}/{number}.yaml" for number in years},
        notices={number: year.notice for number, year in years.items()},
        digest=digest.hexdigest(),
    )


def _files(folder: Path, root: Path) -> list[Path]:
    files = sorted(folder.glob("*.y*ml"))
    for path in files:
        if not _FILE.fullmatch(path.name):
            raise PolicyError(shown(path, root), 1, "is not named after a year", 'name it like "2026.yaml"')
    if not files:
        raise PolicyError(shown(folder, root), 1, "holds no calendar", "add the file of a published year")
    return files


def _follow(years: dict[int, _Year]) -> None:
    latest: date | None = None
    for year in years.values():
        if latest is not None and year.start != latest + _DAY:
            remedy = f"cover the days from {(latest + _DAY).isoformat()} on, in one file each"
            raise fault(year.begins, f"does not follow {latest.isoformat()}, the last day covered before", remedy)
        latest = year.end


def _year(node: Node, number: int) -> _Year:
    parts = node.mapping(_KEYS, ("local",))
    parts["year"].integer(number, number)
    parts["source"].text()
    start, end = _within(parts["covers_from"], date(number, 1, 1), date(number, 12, 31)), parts["covers_to"].day()
    _within(parts["covers_to"], start, date(number, 12, 31))
    off = _listed(parts["days_off"], start, end)
    works = {day: day.weekday() <= _FRIDAY and day not in off for day in _days(start, end)}
    works |= dict.fromkeys(_make_ups(_listed(parts["working_weekends"], start, end), off), True)
    works |= _local(parts["local"], start, end) if "local" in parts else {}
    return _Year(start, end, _notice(parts["notice"]), works, parts["covers_from"])


def _days(start: date, end: date) -> Iterator[date]:
    return (start + _DAY * passed for passed in range((end - start).days + 1))


def _within(node: Node, start: date, end: date) -> date:
    day = node.day()
    if not start <= day <= end:
        remedy = f"write a day from {start.isoformat()} to {end.isoformat()}"
        raise fault(node, f"{day.isoformat()} lies outside", remedy)
    return day


def _listed(node: Node, start: date, end: date) -> dict[date, Node]:
    node.texts()  # no day twice
    return {_within(item, start, end): item for item in node.sequence()}


def _make_ups(listed: dict[date, Node], off: dict[date, Node]) -> Iterator[date]:
    """Yield the listed days, each of which needs saying that it is worked."""
    for day, node in listed.items():
        if day.weekday() <= _FRIDAY:
            raise fault(node, f"{day.isoformat()} is no Saturday or Sunday", "delete it; such a day needs no saying")
        if day in off:
            raise fault(node, f"{day.isoformat()} is also a day off", "look into the notice, and delete one")
        yield day


def _local(node: Node, start: date, end: date) -> dict[date, bool]:
    """Return what a local arrangement changes; each day says why, and stands once."""
    works: dict[date, bool] = {}
    for item in node.sequence():
        parts = item.mapping(("day", "works", "why"))
        parts["why"].text()
        day = _within(parts["day"], start, end)
        if day in works:
            raise fault(parts["day"], f"{day.isoformat()} is listed twice", "delete one")
        works[day] = parts["works"].flag()
    return works


def _notice(node: Node) -> str:
    parts = node.mapping(("number", "date"))
    number = "文号不详" if parts["number"].is_null else parts["number"].text()
    return f"国务院办公厅通知,{number},{parts['date'].day().isoformat()}"
