"""A year's holiday notice as data (the public form "holiday-cn"): read strictly, and written as a calendar file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.files.yaml_lines import fault, parse_bytes
from pdp.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from pathlib import Path

    from adapters.files.yaml_lines import Node

WEEKDAYS = "一二三四五六日"
_FRIDAY = 4
_EARLIEST, _LATEST = 2008, 9999  # the seven holidays below are those of the arrangement in force since 2008
_HOLIDAYS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")  # a notice arranges each of them
_KEYS, _SCHEMA, _DAY_KEYS = ("year", "papers", "days"), ("$schema", "$id"), ("name", "date", "isOffDay")


@dataclass(frozen=True, slots=True)
class Listed:
    """One day that a notice names."""

    day: date
    name: str
    off: bool
    place: Node  # where the file says it


@dataclass(frozen=True, slots=True)
class HolidayNotice:
    """The days of one year's notice, in order; `spilled` are those it names of the years beside its own."""

    year: int
    papers: tuple[str, ...]  # where the notice is published
    days: tuple[Listed, ...]
    spilled: tuple[Listed, ...]
    place: Node  # where the file says its year


@dataclass(frozen=True, slots=True)
class Issued:
    """What the data form does not say about a notice: its number, if known, and its date."""

    number: str | None
    on: date


def read_notice(path: Path) -> HolidayNotice:
    """Return the notice in the JSON file `path`.

    Raises:
        PolicyError: it names no day, or leaves out a holiday; a day is named twice, or is of a year far off; a weekday
            is said to be a working weekend; a key is unknown. With file, line and remedy.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PolicyError(str(path), 1, "cannot be read", "name another file, or mend its permissions") from error
    parts = parse_bytes(data, str(path)).mapping(_KEYS, _SCHEMA)  # JSON is read as the YAML that it is, with its lines
    year = parts["year"].integer(_EARLIEST, _LATEST)
    days = _days(parts["days"])
    papers = tuple(_line(item) for item in parts["papers"].sequence())
    if not papers:
        raise fault(parts["papers"], "names no publication", "add the address of the notice to the list")
    own = tuple(listed for listed in days if listed.day.year == year)
    spilled = tuple(_spilled(listed, year) for listed in days if listed.day.year != year)
    _complete(own, parts["days"])
    return HolidayNotice(year, papers, own, spilled, parts["year"])


def calendar_file(notice: HolidayNotice, issued: Issued) -> bytes:
    """Return the content of policies/calendar/YYYY.yaml that says what `notice` says of its own year."""
    year = notice.year
    head = [f"# {year} 年的工作日:星期一至星期五,除去 days_off,加上 working_weekends。覆盖期之外的日子从不推定。"]
    if issued.number is None:
        head.append("# 文号未见于所据的转载,故写 null;查到后补上。")
    head += [f"# 通知还列有不属于本年的 {said(listed)},以该年的文件为准。" for listed in notice.spilled]
    body = [
        f"year: {year}",
        "notice:",
        f"  number: {'null' if issued.number is None else _quoted(issued.number)}",
        f'  date: "{issued.on.isoformat()}"',
        f"source: {_quoted(' '.join(notice.papers))}",
        f'covers_from: "{year}-01-01"',
        f'covers_to: "{year}-12-31"',
        *_list("days_off", {each.day: f"{each.name},{weekday(each.day)}" for each in notice.days if each.off}),
        *_list("working_weekends", {each.day: weekday(each.day) for each in notice.days if not each.off}),
    ]
    return "\n".join((*head, *body, "")).encode()


def weekday(day: date) -> str:
    """Return the Chinese name of the day of the week."""
    return f"星期{WEEKDAYS[day.weekday()]}"


def said(listed: Listed) -> str:
    """Return a listed day in Chinese words."""
    return f"{listed.day.isoformat()}({listed.name},{'放假' if listed.off else '上班'})"


def _days(node: Node) -> tuple[Listed, ...]:
    if not node.sequence():
        raise fault(node, "covers no day: the notice is not published yet", "wait for the notice, and take its data")
    seen: dict[date, Listed] = {}
    for item in node.sequence():
        listed = _listed(item)
        if listed.day in seen:
            remedy = f"delete one; the other is on line {seen[listed.day].place.line}"
            raise fault(listed.place, f"{listed.day.isoformat()} is listed twice", remedy)
        seen[listed.day] = listed
    return tuple(seen[day] for day in sorted(seen))


def _listed(item: Node) -> Listed:
    parts = item.mapping(_DAY_KEYS)
    listed = Listed(parts["date"].day(), _line(parts["name"]), parts["isOffDay"].flag(), parts["date"])
    if not listed.off and listed.day.weekday() <= _FRIDAY:
        what = f"{listed.day.isoformat()} is no Saturday or Sunday, and cannot be a working weekend"
        raise fault(listed.place, what, "look into the notice, and mend the date or isOffDay")
    return listed


def _line(node: Node) -> str:
    """Return a text that stays on its line, since it becomes part of one."""
    if not node.text().isprintable():
        raise fault(node, "the text holds a line break or a control character", "delete the invisible character")
    return node.text()


def _spilled(listed: Listed, year: int) -> Listed:
    """Return a day of another year, if it is of the December before or the January after."""
    if (listed.day.year, listed.day.month) in ((year - 1, 12), (year + 1, 1)):
        return listed
    remedy = f"write a day of {year}, or of the December before or the January after"
    raise fault(listed.place, f"{listed.day.isoformat()} is a day of another year", remedy)


def _complete(days: Iterable[Listed], node: Node) -> None:
    named = " ".join(listed.name for listed in days if listed.off)
    for holiday in _HOLIDAYS:
        if holiday not in named:
            raise fault(node, f"no day off is named {holiday}", "take the data of the whole notice")


def _list(key: str, days: Mapping[date, str]) -> list[str]:
    if not days:
        return [f"{key}: []"]
    return [f"{key}:", *(f'  - "{day.isoformat()}"  # {words}' for day, words in days.items())]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
