"""A holiday notice as data: what it says is written as it stands, and what cannot be one is refused at its line."""

from __future__ import annotations

import json
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.calendar import load_calendar
from adapters.files.calendar_notice import HolidayNotice, Issued, calendar_file, read_notice
from pdp.errors import PolicyError

NAMES = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
NOTICE = """\
{
  "$schema": "schema.json",
  "$id": "2027.json",
  "year": 2027,
  "papers": ["https://www.gov.cn/notice.htm"],
  "days": [
    {"name": "元旦", "date": "2027-01-01", "isOffDay": true},
    {"name": "春节", "date": "2027-02-08", "isOffDay": true},
    {"name": "春节", "date": "2027-02-14", "isOffDay": false},
    {"name": "清明节", "date": "2027-04-05", "isOffDay": true},
    {"name": "劳动节", "date": "2027-05-03", "isOffDay": true},
    {"name": "端午节", "date": "2027-06-09", "isOffDay": true},
    {"name": "中秋节、国庆节", "date": "2027-10-01", "isOffDay": true}
  ]
}
"""
FIRST = date(2027, 1, 1)
DAYS = st.integers(0, 364).map(lambda n: FIRST + timedelta(days=n))


def read(folder: Path, text: str) -> HolidayNotice:
    path = folder / "notice.json"
    path.write_text(text, encoding="utf-8")
    return read_notice(path)


def written(notice: HolidayNotice, folder: Path, number: str | None = None) -> str:
    """Write the calendar file under `folder` and return its text."""
    file = folder / "policies" / "calendar" / f"{notice.year}.yaml"
    file.parent.mkdir(parents=True)
    file.write_bytes(calendar_file(notice, Issued(number, date(2026, 11, 4))))
    return file.read_text("utf-8")


def test_a_notice_is_read_in_the_order_of_its_days(tmp_path: Path):
    first, second = '"date": "2027-01-01"', '"date": "2027-02-08"'
    swapped = NOTICE.replace(first, "x").replace(second, first).replace("x", second)
    notice = read(tmp_path, swapped)
    assert [each.day for each in notice.days] == sorted(each.day for each in notice.days)
    assert (notice.year, notice.papers, notice.spilled) == (2027, ("https://www.gov.cn/notice.htm",), ())


def test_the_file_written_is_the_file_the_calendar_reads(tmp_path: Path):
    notice = read(tmp_path, NOTICE)
    text = written(notice, tmp_path, "国办发明电〔2026〕9号")
    calendar = load_calendar(tmp_path / "policies/calendar", tmp_path / "policies")
    assert calendar.notices == {2027: "国务院办公厅通知,国办发明电〔2026〕9号,2026-11-04"}
    assert [calendar.works[each.day] for each in notice.days] == [not each.off for each in notice.days]
    assert '  - "2027-02-08"  # 春节,星期一\n' in text
    assert 'working_weekends:\n  - "2027-02-14"  # 星期日\n' in text


def test_a_number_that_is_not_known_is_said_to_be_unknown(tmp_path: Path):
    assert "\n  number: null\n" in written(read(tmp_path, NOTICE), tmp_path)


def test_a_notice_without_make_up_days_makes_no_weekend_work(tmp_path: Path):
    line = next(line for line in NOTICE.splitlines(keepends=True) if "false" in line)
    assert "working_weekends: []" in written(read(tmp_path, NOTICE.replace(line, "")), tmp_path)
    works = load_calendar(tmp_path / "policies/calendar", tmp_path / "policies").works
    assert not any(works[day] for day in works if day.weekday() > 4)


def test_a_day_of_the_neighbouring_year_is_kept_apart_and_named_in_the_file(tmp_path: Path):
    spilled = '"days": [\n    {"name": "元旦", "date": "2026-12-31", "isOffDay": true},'
    notice = read(tmp_path, NOTICE.replace('"days": [', spilled))
    text = written(notice, tmp_path)
    assert [each.day for each in notice.spilled] == [date(2026, 12, 31)]
    assert date(2026, 12, 31) not in {each.day for each in notice.days}
    assert "# 通知还列有不属于本年的 2026-12-31(元旦,放假),以该年的文件为准。" in text
    assert date(2026, 12, 31) not in load_calendar(tmp_path / "policies/calendar", tmp_path / "policies").works


@given(st.sets(DAYS, min_size=7, max_size=60), st.sets(DAYS.filter(lambda day: day.weekday() > 4), max_size=20))
def test_whatever_a_notice_says_of_its_year_is_what_the_calendar_reads(off: set[date], weekends: set[date]):
    listed = [
        *({"name": NAMES[n % 7], "date": str(day), "isOffDay": True} for n, day in enumerate(sorted(off))),
        *({"name": "调休", "date": str(day), "isOffDay": False} for day in weekends - off),
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(read(folder, json.dumps({"year": 2027, "papers": ["网址"], "days": listed})), folder)
        works = load_calendar(folder / "policies/calendar", folder / "policies").works
    assert works == {
        day: day in weekends - off or (day.weekday() <= 4 and day not in off)
        for day in (FIRST + timedelta(days=n) for n in range(365))
    }


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('"2027-04-05"', '"2027-02-08"', 10, "2027-02-08 is listed twice; delete one; the other is on line 8"),
        ('"2027-04-05"', '"2025-04-05"', 10, "2025-04-05 is a day of another year"),
        ('"2027-04-05"', '"2028-02-01"', 10, "2028-02-01 is a day of another year"),
        ('"2027-04-05"', '"2026-11-30"', 10, "2026-11-30 is a day of another year"),
        ('"2027-04-05"', '"2027-02-30"', 10, "is no day"),
        ('"2027-02-14"', '"2027-02-15"', 9, "2027-02-15 is no Saturday or Sunday, and cannot be a working weekend"),
        ('"isOffDay": false', '"isOffday": false', 9, '"isOffday" is no key here; did you mean "isOffDay"?'),
        ('"isOffDay": false', '"isOffDay": "false"', 9, "true or false"),
        (', "isOffDay": false', "", 9, '"isOffDay" is missing'),
        ('"$id"', '"id"', 3, '"id" is no key here'),
        ('"year": 2027', '"year": "2027"', 4, "a whole number"),
        ('"year": 2027', '"year": 1999', 4, "1999 is out of range"),
        ('["https://www.gov.cn/notice.htm"]', "[]", 5, "names no publication"),
        ('"清明节"', '"清明节\\ndays_off:"', 10, "holds a line break"),
        ('"清明节"', '"清明"', 6, "no day off is named 清明节; take the data of the whole notice"),
        ('"year": 2027', '"year": 2027, "year": 2027', 4, "year"),
        ("}\n  ]", "}", 14, "is no YAML"),
    ],
)
def test_each_fault_is_refused_at_its_line(tmp_path: Path, old: str, new: str, line: int, says: str):
    assert NOTICE.count(old) == 1
    with pytest.raises(PolicyError) as caught:
        read(tmp_path, NOTICE.replace(old, new))
    assert (caught.value.path, caught.value.line) == (str(tmp_path / "notice.json"), line)
    assert says in str(caught.value)
    assert caught.value.remedy


def test_a_year_whose_notice_is_not_published_is_refused(tmp_path: Path):
    with pytest.raises(PolicyError, match="covers no day: the notice is not published yet; wait for the notice"):
        read(tmp_path, '{"year": 2027, "papers": [], "days": []}')


def test_a_file_that_is_not_there_is_said_to_be_unreadable(tmp_path: Path):
    with pytest.raises(PolicyError, match="cannot be read; name another file"):
        read_notice(tmp_path / "2027.json")
