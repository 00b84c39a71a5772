"""`pdp calendar`: take next year's holiday notice in, show the working days, and say when the calendar runs out."""

from __future__ import annotations

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from adapters.cli.calendar_year import calendar_year, listed_days
from adapters.device.clock import SystemClock
from adapters.device.system_calls import replace_file
from adapters.files.calendar import load_calendar
from adapters.files.calendar_notice import Issued, calendar_file, read_notice, said
from adapters.files.yaml_lines import fault, load
from adapters.settings import Settings
from pdp.errors import CalendarGapError, RequestError, UnavailableError
from pdp.workdays import LONGEST_TERM, Calendar, civil, due_date, runs_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.files.calendar_notice import HolidayNotice

TERMS = (5, LONGEST_TERM)  # working days: art_21__para_1 and art_25__para_2, art_21__para_2
_READABLE = 0o644  # a policy file is read by whoever runs the service
_DAY = timedelta(days=1)
app = typer.Typer(name="calendar", help="工作日历:导入节假日通知、查看、检查覆盖期。", no_args_is_help=True)

_Policies = Annotated[Path | None, typer.Option("--policies", help="含 policies/ 和 rego/ 的文件夹", file_okay=False)]
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]
_File = Annotated[Path, typer.Argument(help="通知的数据:holiday-cn 格式的 JSON 文件", exists=True, dir_okay=False)]
_Day = typer.Option("--notice-date", help="通知的成文日期,数据中没有", formats=["%Y-%m-%d"])
_Number = Annotated[str | None, typer.Option("--notice-number", help="通知的文号;未见则不写")]
_Replace = Annotated[bool, typer.Option("--replace", help="该年的文件已有时,以这份通知取代")]
_On = Annotated[datetime | None, typer.Option("--on", help="以这一天为今天", formats=["%Y-%m-%d"])]


@app.command("import", help="把国务院办公厅的节假日通知写成该年的日历文件,并报告由此改变的期限。")
def import_(
    file: _File,
    notice_date: Annotated[datetime, _Day],
    notice_number: _Number = None,
    policies: _Policies = None,
    *,
    replace: _Replace = False,
) -> None:
    """Write policies/calendar/YYYY.yaml from a notice, whole or not at all, and say what it changes."""
    folder = _folder(policies)
    notice = read_notice(file)
    issued = _issued(notice, notice_date.date(), notice_number)
    before = _known(folder)
    path = folder / f"{notice.year}.yaml"
    _admit_file(notice, path, replace=replace)
    _admit_days(notice, before)
    _write(path, calendar_file(notice, issued))
    for line in (f"已写入 {path}", *_changes(notice, before, load_calendar(folder, folder.parent))):
        typer.echo(line)


@app.command(help="按月列出放假日和周末上班日;不写年份则列出全部年份。")
def show(
    year: Annotated[int | None, typer.Argument(help="年份")] = None,
    policies: _Policies = None,
    *,
    as_json: _Json = False,
) -> None:
    """Show the days off and the working weekends of one year, or of all."""
    folder = _folder(policies)
    calendar = load_calendar(folder, folder.parent)
    if year is not None and year not in calendar.files:
        raise CalendarGapError(date(max(1, min(year, 9999)), 1, 1))
    years = [calendar_year(folder, each, calendar) for each in (calendar.files if year is None else (year,))]
    if as_json:
        typer.echo(json.dumps({"years": [each.plain() for each in years]}, ensure_ascii=False, indent=1))
        return
    console = Console(width=None if os.isatty(1) else 120)
    for each in years:
        console.print(each.table())


@app.command(help="报告覆盖期,以及还有几天 10 个工作日的期限就超出覆盖期;已经超出则退出码为 1。")
def check(policies: _Policies = None, on: _On = None, *, as_json: _Json = False) -> None:
    """Say how long the longest term can still be counted; exit code 1 when it no longer can."""
    folder = _folder(policies)
    calendar = load_calendar(folder, folder.parent)
    today = on.date() if on else civil(SystemClock().now())
    first, last = min(calendar.works), max(calendar.works)
    out = runs_out(today, calendar)
    left = 0 if out else next(n for n in range((last - today).days + 1) if runs_out(today + n * _DAY, calendar))
    report = {"on": today, "covers_from": first, "covers_to": last, "days_left": left, "runs_out": out}
    if as_json:
        typer.echo(json.dumps(report, default=str, indent=1))
    else:
        typer.echo(f"日历覆盖 {first} 至 {last};今天 {today}")
        typer.echo(_outlook(today, left, last, out=out))
    if out:
        raise typer.Exit(1)


def _outlook(today: date, left: int, last: date, *, out: bool) -> str:
    if not out:
        return f"还有 {left} 天:自 {today + left * _DAY} 起收到的申请,{LONGEST_TERM} 个工作日的期限超出覆盖期"
    remedy = f"导入 {last.year + 1} 年的通知:pdp calendar import" if today <= last else "导入缺少的年份"
    return f"今天收到的申请,{LONGEST_TERM} 个工作日的期限已无法计算;请{remedy}"


def _folder(policies: Path | None) -> Path:
    return (policies or Settings().policies) / "policies" / "calendar"


def _issued(notice: HolidayNotice, on: date, number: str | None) -> Issued:
    if not notice.year - 1 <= on.year <= notice.year:
        place, what = "--notice-date", f"{on} is no date of a notice for {notice.year}; write the day it was issued"
        raise RequestError(place, what)
    if number is not None and not (number.strip() and number.isprintable()):
        place, what = "--notice-number", "is blank or holds a control character; write it, or leave it out"
        raise RequestError(place, what)
    return Issued(number, on)


def _known(folder: Path) -> Calendar:
    """Return the years known so far; a folder that is there and empty knows none."""
    if folder.is_dir() and not any(folder.glob("*.y*ml")):
        return Calendar({})
    return load_calendar(folder, folder.parent)


def _admit_file(notice: HolidayNotice, path: Path, *, replace: bool) -> None:
    if not path.exists():
        return
    if not replace:
        raise fault(notice.place, f"{path} is there already", "look at both; --replace puts this in its place")
    entries = load(path, path.parents[1]).entries()
    if "local" in entries:
        remedy = "take `local` out of that file, import the notice, and put it back"
        raise fault(entries["local"], "holds local arrangements, which no notice knows", remedy)


def _admit_days(notice: HolidayNotice, known: Calendar) -> None:
    """Refuse a year that stands apart from the others, and a notice that another year's file contradicts."""
    others = {day: works for day, works in known.works.items() if day.year != notice.year}
    beside = (date(notice.year, 1, 1) - _DAY, date(notice.year, 12, 31) + _DAY)
    if others and not any(day in others for day in beside):
        what = f"{notice.year} leaves a gap to the days known, {min(others)} to {max(others)}"
        raise fault(notice.place, what, "import the years between first")
    for listed in notice.spilled:
        if others.get(listed.day, not listed.off) is listed.off:
            file = f"policies/{known.files[listed.day.year]}"
            what = f"{listed.day} is {'off' if listed.off else 'worked'} here, and the opposite in {file}"
            raise fault(listed.place, what, f"look into both notices, and mend {file} first")


def _write(path: Path, data: bytes) -> None:
    try:
        replace_file(os, path, data)
        path.chmod(_READABLE)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}; mend permissions or space, and import again"
        raise UnavailableError(message) from error


def _changes(notice: HolidayNotice, before: Calendar, after: Calendar) -> Iterable[str]:
    """Yield what a notice changed, in Chinese lines."""
    year = notice.year
    if year in before.files:
        moved = sorted(day for day in after.works if day.year == year and before.works.get(day) is not after.works[day])
        yield f"{year} 年:{_worked(before, year)} 个工作日改为 {_worked(after, year)} 个"
        yield f"改变的日子:{listed_days(moved) or '无'}"
    else:
        yield f"{year} 年:新增 {_worked(after, year)} 个工作日"
    for listed in notice.spilled:
        yield f"不属于本年:{said(listed)},未写入"
    for term in TERMS:
        yield from _term_changes(term, before, after)


def _term_changes(term: int, before: Calendar, after: Calendar) -> Iterable[str]:
    ends = {day: (_end(day, term, before), _end(day, term, after)) for day in sorted(after.works)}
    known = [day for day, (old, new) in ends.items() if old is None and new is not None]
    moved = [day for day, (old, new) in ends.items() if old is not None and old != new]
    if known:
        yield f"{term} 个工作日的期限:收到日 {known[0]} 至 {known[-1]} 由不能计算变为可以计算"
    if moved:
        yield f"{term} 个工作日的期限:收到日 {moved[0]} 至 {moved[-1]} 中有 {len(moved)} 天的截止日改变"


def _end(day: date, term: int, calendar: Calendar) -> date | None:
    try:
        return due_date(day, term, calendar)
    except CalendarGapError:
        return None


def _worked(calendar: Calendar, year: int) -> int:
    return sum(works for day, works in calendar.works.items() if day.year == year)
