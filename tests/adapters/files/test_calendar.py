"""The published working days of 2023 to 2026, and the faults a calendar file can have."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import chinese_calendar
import pytest

from adapters.files.calendar import load_calendar
from pdp.errors import CalendarGapError, PolicyError
from pdp.workdays import Calendar, due_date, runs_out

ROOT = Path(__file__).parents[3] / "policies"

YEAR = """\
year: {year}
notice:
  number: 国办发明电〔2026〕1号
  date: "2026-11-01"
source: 国务院办公厅通知
covers_from: "{year}-01-01"
covers_to: "{year}-12-31"
days_off:
  - "{year}-10-01"
  - "{year}-10-02"
working_weekends:
  - "{year}-10-10"
"""


@pytest.fixture(scope="module")
def published() -> Calendar:
    return load_calendar(ROOT / "calendar", ROOT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "policies" / "calendar"
    folder.mkdir(parents=True)
    write(folder, 2026)
    return folder


def write(folder: Path, year: int, old: str = "", new: str = "") -> None:
    text = YEAR.format(year=year)
    assert old in text
    (folder / f"{year}.yaml").write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")


def refused(folder: Path) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        load_calendar(folder, folder.parent)
    return caught.value


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_every_day_agrees_with_an_independent_calendar(published: Calendar, year: int):
    days = [day for day in published.works if day.year == year]
    assert len(days) == (366 if year == 2024 else 365)
    assert [day for day in days if chinese_calendar.is_workday(day) is not published.works[day]] == []


@pytest.mark.parametrize(
    ("received", "fifth", "tenth"),
    [
        ("2023-05-25", "2023-06-01", "2023-06-08"),
        ("2025-12-29", "2026-01-06", "2026-01-13"),
        ("2026-02-14", "2026-02-28", "2026-03-06"),
        ("2026-04-29", "2026-05-09", "2026-05-15"),
        ("2026-09-18", "2026-09-24", "2026-10-09"),
        ("2026-09-30", "2026-10-13", "2026-10-20"),
    ],
)
def test_the_fifth_and_tenth_working_days_are_those_of_the_guide(
    published: Calendar, received: str, fifth: str, tenth: str
):
    day = date.fromisoformat(received)
    assert [due_date(day, term, published).isoformat() for term in (5, 10)] == [fifth, tenth]


def test_a_term_past_the_published_years_is_unknown(published: Calendar):
    assert due_date(date(2026, 12, 18), 5, published) == date(2026, 12, 25)
    with pytest.raises(CalendarGapError, match="2027-01-01 is in no published working-day calendar"):
        due_date(date(2026, 12, 18), 10, published)


def test_the_calendar_is_said_to_run_out_on_the_first_day_that_needs_the_next_year(published: Calendar):
    assert not runs_out(date(2026, 12, 17), published)
    assert runs_out(date(2026, 12, 18), published)


def test_every_year_names_its_file_and_its_notice(published: Calendar):
    assert published.files == {year: f"calendar/{year}.yaml" for year in (2023, 2024, 2025, 2026)}
    assert published.notices[2023] == "国务院办公厅通知,国办发明电〔2022〕16号,2022-12-08"
    assert "文号不详" in published.notices[2026]


def test_the_digest_changes_with_any_byte(folder: Path):
    before = load_calendar(folder, folder.parent).digest
    with (folder / "2026.yaml").open("a", encoding="utf-8") as file:
        file.write("# seen\n")
    assert load_calendar(folder, folder.parent).digest != before


def test_make_up_days_work_and_days_off_do_not(folder: Path):
    works = load_calendar(folder, folder.parent).works
    assert [works[date(2026, 10, day)] for day in (1, 2, 3, 5, 10, 11)] == [False, False, False, True, True, False]


def test_a_local_arrangement_stands_above_the_notice(folder: Path):
    with (folder / "2026.yaml").open("a", encoding="utf-8") as file:
        file.write('local:\n  - {day: "2026-10-12", works: false, why: 本地停办}\n')
    works = load_calendar(folder, folder.parent).works
    assert not works[date(2026, 10, 12)]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("year: 2026", "year: 2025", 1, "2025 is out of range"),
        ("year: 2026", "yaer: 2026", 1, 'did you mean "year"?'),
        ('"2026-11-01"', "2026-11-01", 4, "is read as a date"),
        ("source: 国务院办公厅通知\n", "", 1, '"source" is missing'),
        ('covers_from: "2026', 'covers_from: "2025', 6, "2025-01-01 lies outside"),
        ('covers_to: "2026-12-31"', 'covers_to: "2025-12-31"', 7, "2025-12-31 lies outside"),
        ('- "2026-10-02"', '- "2027-10-02"', 10, "2027-10-02 lies outside"),
        ('- "2026-10-02"', '- "2026-10-01"', 10, "is listed twice"),
        ('- "2026-10-02"', '- "2026-10-32"', 10, "is no day"),
        ('- "2026-10-10"', '- "2026-10-09"', 12, "is no Saturday or Sunday"),
        ('- "2026-10-02"', '- "2026-10-10"', 12, "is also a day off"),
        ("days_off:", "off:", 8, "put it in quotes"),
    ],
)
def test_each_fault_is_reported_at_its_line(folder: Path, old: str, new: str, line: int, says: str):
    write(folder, 2026, old, new)
    error = refused(folder)
    assert (error.path, error.line) == ("policies/calendar/2026.yaml", line)
    assert says in str(error)


@pytest.mark.parametrize("line", ['{day: "2027-01-01", works: true, why: 无}', '{day: "2026-05-04", works: true}'])
def test_a_local_arrangement_outside_the_year_or_without_a_reason_is_refused(folder: Path, line: str):
    with (folder / "2026.yaml").open("a", encoding="utf-8") as file:
        file.write(f"local:\n  - {line}\n")
    assert refused(folder).line == 14


def test_a_gap_between_years_is_refused(folder: Path):
    write(folder, 2028, '"2028-10-10"', '"2028-10-14"')
    error = refused(folder)
    assert (error.path, error.line) == ("policies/calendar/2028.yaml", 6)
    assert error.remedy == "cover the days from 2027-01-01 on, in one file each"


def test_a_year_that_ends_early_leaves_a_gap_to_the_next(folder: Path):
    write(folder, 2026, 'covers_to: "2026-12-31"', 'covers_to: "2026-12-30"')
    write(folder, 2027, '"2027-10-10"', '"2027-10-09"')
    assert "does not follow 2026-12-30" in str(refused(folder))


def test_a_file_that_is_named_after_no_year_is_refused(folder: Path):
    (folder / "next.yaml").write_text("year: 2027\n", encoding="utf-8")
    assert "is not named after a year" in str(refused(folder))


def test_an_empty_folder_is_refused(folder: Path):
    (folder / "2026.yaml").unlink()
    assert "holds no calendar" in str(refused(folder))
