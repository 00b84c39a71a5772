"""Promises of `pdp calendar`: a notice becomes a calendar file whole or not at all, and what it changes is said."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from adapters.cli import calendar as command
from adapters.cli import main
from adapters.files.calendar import load_calendar

ROOT = Path(__file__).parents[3]
# The notice of 2025-11-04 as it is worded: first day off, number of days; then the weekends that are worked.
OFF_2026 = {
    "元旦": ("2026-01-01", 3),
    "春节": ("2026-02-15", 9),
    "清明节": ("2026-04-04", 3),
    "劳动节": ("2026-05-01", 5),
    "端午节": ("2026-06-19", 3),
    "中秋节": ("2026-09-25", 3),
    "国庆节": ("2026-10-01", 7),
}
WORKED_2026 = ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10")
OFF_2027 = {name: (f"2027-{day}", 1) for name, day in zip(
    OFF_2026, ("01-01", "02-08", "04-05", "05-03", "06-09", "09-15", "10-01"), strict=True,
)}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a policy root with the calendars of 2023 to 2026."""
    shutil.copytree(ROOT / "policies/calendar", tmp_path / "root/policies/calendar")
    return tmp_path / "root"


def notice(folder: Path, year: int, off, worked=(), more=()) -> str:
    """Write a notice in the public form and return where."""
    days = [
        {"name": name, "date": str(date.fromisoformat(first) + timedelta(days=n)), "isOffDay": True}
        for name, (first, count) in off.items()
        for n in range(count)
    ]
    days += [{"name": "调休", "date": day, "isOffDay": False} for day in worked]
    path = folder / f"{year}.json"
    papers = ["https://www.gov.cn/zhengce/zhengceku/202511/content_7047091.htm"]
    said = {"year": year, "papers": papers, "days": [*days, *more]}
    path.write_text(json.dumps(said, ensure_ascii=False, indent=4), encoding="utf-8")
    return str(path)


def run(monkeypatch, capsys, *arguments: str):
    """Run the command line; return its exit code and what it wrote."""
    monkeypatch.setattr(sys, "argv", ["pdp", "calendar", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0, capsys.readouterr()


@pytest.fixture
def imported(monkeypatch, capsys, root):
    """Return how to import a notice into `root`."""
    return lambda file, issued="2026-11-04", *more: run(
        monkeypatch, capsys, "import", file, "--notice-date", issued, "--policies", str(root), *more
    )


def folder(root: Path) -> Path:
    return root / "policies/calendar"


def works(root: Path, year: int):
    return {day: on for day, on in load_calendar(folder(root), root / "policies").works.items() if day.year == year}


def content(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder(root).iterdir()}


def test_the_notice_of_2026_gives_the_file_that_is_shipped(imported, root, tmp_path):
    (folder(root) / "2026.yaml").unlink()
    code, said = imported(notice(tmp_path, 2026, OFF_2026, WORKED_2026), "2025-11-04")

    assert code == 0
    assert works(root, 2026) == works(ROOT, 2026)
    assert (folder(root) / "2026.yaml").read_bytes() == (ROOT / "policies/calendar/2026.yaml").read_bytes()
    assert "2026 年:新增 248 个工作日" in said.out
    assert "5 个工作日的期限:收到日 2025-12-25 至 2026-12-24 由不能计算变为可以计算" in said.out
    assert "10 个工作日的期限:收到日 2025-12-18 至 2026-12-17 由不能计算变为可以计算" in said.out


def test_the_file_is_readable_to_the_service_and_nothing_else_is_left(imported, root, tmp_path):
    before = content(root)
    assert imported(notice(tmp_path, 2027, OFF_2027))[0] == 0
    assert content(root).keys() - before.keys() == {"2027.yaml"}
    assert (folder(root) / "2027.yaml").stat().st_mode & 0o777 == 0o644


def test_the_number_and_the_date_of_the_notice_are_kept(imported, root, tmp_path):
    number = '国办发明电〔2026〕9号 "甲"'
    assert imported(notice(tmp_path, 2027, OFF_2027), "2026-11-04", "--notice-number", number)[0] == 0
    notices = load_calendar(folder(root), root / "policies").notices
    assert notices[2027] == f"国务院办公厅通知,{number},2026-11-04"


def test_a_year_can_be_the_first_of_a_folder(imported, root, tmp_path):
    for path in folder(root).iterdir():
        path.unlink()
    assert imported(notice(tmp_path, 2027, OFF_2027))[0] == 0
    assert len(works(root, 2027)) == 365


def test_replacing_a_year_says_which_days_and_terms_change(imported, tmp_path):
    changed = OFF_2026 | {"元旦": ("2026-01-01", 2)}
    file = notice(tmp_path, 2026, changed, tuple(day for day in WORKED_2026 if day != "2026-01-04"))
    code, said = imported(file, "2025-12-01", "--replace")

    assert code == 0
    assert "2026 年:248 个工作日改为 247 个" in said.out
    assert "改变的日子:1月4日(日)" in said.out
    assert "5 个工作日的期限:收到日 2025-12-25 至 2026-01-03 中有 10 天的截止日改变" in said.out


def test_a_day_of_the_year_before_is_said_when_both_years_agree(imported, tmp_path):
    spilled = [{"name": "元旦", "date": "2026-12-26", "isOffDay": True}]  # a Saturday
    code, said = imported(notice(tmp_path, 2027, OFF_2027, more=spilled))
    assert code == 0
    assert "不属于本年:2026-12-26(元旦,放假),未写入" in said.out


def refuses(imported, root, file, *arguments: str):
    """Return what the refusal says; nothing may have changed."""
    before = content(root)
    code, said = imported(file, *arguments)
    assert code == 2
    assert content(root) == before
    assert "已写入" not in said.out
    return said.err


def test_a_day_that_the_year_before_contradicts_is_refused(imported, root, tmp_path):
    spilled = [{"name": "元旦", "date": "2026-12-31", "isOffDay": True}]
    err = refuses(imported, root, notice(tmp_path, 2027, OFF_2027, more=spilled))
    assert "2026-12-31 is off here, and the opposite in policies/calendar/2026.yaml" in err


def test_a_year_that_is_there_is_not_replaced_unasked(imported, root, tmp_path):
    err = refuses(imported, root, notice(tmp_path, 2026, OFF_2026, WORKED_2026), "2025-11-04")
    assert "2026.json:2: " in err
    assert "is there already; look at both; --replace puts this in its place" in err


def test_local_arrangements_are_not_lost_by_replacing(imported, root, tmp_path):
    with (folder(root) / "2026.yaml").open("a", encoding="utf-8") as file:
        file.write('local:\n  - {day: "2026-10-12", works: false, why: 本地停办}\n')
    err = refuses(imported, root, notice(tmp_path, 2026, OFF_2026, WORKED_2026), "2025-11-04", "--replace")
    assert "policies/calendar/2026.yaml:51: holds local arrangements" in err


@pytest.mark.parametrize("year", [2028, 2021])
def test_a_year_that_leaves_a_gap_is_refused(imported, root, tmp_path, year):
    off = {name: (f"{year}{first[4:]}", 1) for name, (first, _) in OFF_2026.items()}
    err = refuses(imported, root, notice(tmp_path, year, off), f"{year}-01-01")
    assert f"{year} leaves a gap to the days known, 2023-01-01 to 2026-12-31; import the years between first" in err


def test_an_unpublished_year_is_refused(imported, root, tmp_path):
    assert "covers no day: the notice is not published yet" in refuses(imported, root, notice(tmp_path, 2027, {}))


@pytest.mark.parametrize(("issued", "number"), [("2020-11-04", "9号"), ("2028-01-01", "9号"), ("2026-11-04", "9\n号")])
def test_a_date_or_number_that_no_notice_has_is_refused(imported, root, tmp_path, issued, number):
    err = refuses(imported, root, notice(tmp_path, 2027, OFF_2027), issued, "--notice-number", number)
    assert err.startswith("--notice-")


def test_a_write_that_fails_changes_nothing_and_names_the_operator_s_remedy(imported, root, tmp_path):
    (folder(root) / ".2027.yaml.new").mkdir()  # stands where the new content is to be written first
    code, said = imported(notice(tmp_path, 2027, OFF_2027))
    assert code == 2
    assert "cannot be written" in said.err
    assert not (folder(root) / "2027.yaml").exists()


def test_a_folder_that_cannot_be_read_back_is_not_imported_into(imported, root, tmp_path):
    (folder(root) / "2024.yaml").write_text("year: 2024\n", encoding="utf-8")
    assert "policies/calendar/2024.yaml:1:" in refuses(imported, root, notice(tmp_path, 2027, OFF_2027))


def test_a_year_is_shown_by_month(monkeypatch, capsys, root):
    code, said = run(monkeypatch, capsys, "show", "2026", "--policies", str(root))
    assert code == 0
    assert "2026 年:248 个工作日" in said.out
    assert "1月1日(四) 1月2日(五) 1月3日(六)" in said.out
    assert "2月14日(六) 2月28日(六)" in said.out


def test_all_years_are_shown_for_machines(monkeypatch, capsys, root):
    with (folder(root) / "2026.yaml").open("a", encoding="utf-8") as file:
        file.write('local:\n  - {day: "2026-10-12", works: false, why: 本地停办}\n')
    code, said = run(monkeypatch, capsys, "show", "--json", "--policies", str(root))
    years = json.loads(said.out)["years"]
    assert code == 0
    assert [each["year"] for each in years] == [2023, 2024, 2025, 2026]
    assert years[3]["working_days"] == 247
    assert years[3]["working_weekends"] == list(WORKED_2026)
    assert years[3]["local"] == {"2026-10-12": False}
    assert len(years[3]["days_off"]) == sum(count for _, count in OFF_2026.values())


def test_a_local_arrangement_has_a_column(monkeypatch, capsys, root):
    assert "本地安排" not in run(monkeypatch, capsys, "show", "2026", "--policies", str(root))[1].out
    with (folder(root) / "2026.yaml").open("a", encoding="utf-8") as file:
        file.write('local:\n  - {day: "2026-10-12", works: false, why: 本地停办}\n')
    shown = run(monkeypatch, capsys, "show", "2026", "--policies", str(root))[1].out
    assert "本地安排" in shown
    assert "10月12日(一)" in shown


@pytest.mark.parametrize("year", ["2027", "0"])
def test_a_year_that_is_not_known_is_not_shown(monkeypatch, capsys, root, year):
    code, said = run(monkeypatch, capsys, "show", year, "--policies", str(root))
    assert code == 2
    assert "is in no published working-day calendar" in said.err


@pytest.mark.parametrize(
    ("on", "ends"),
    [("2026-11-25", (0, 23)), ("2026-12-17", (0, 1)), ("2026-12-18", (1, 0)), ("2022-01-01", (1, 0))],
)
def test_the_days_left_are_counted_to_the_first_term_that_leaves_coverage(monkeypatch, capsys, root, on, ends):
    code, said = run(monkeypatch, capsys, "check", "--on", on, "--json", "--policies", str(root))
    report = json.loads(said.out)
    assert (code, report["days_left"]) == ends
    assert report["runs_out"] is bool(code)
    assert (report["covers_from"], report["covers_to"]) == ("2023-01-01", "2026-12-31")


def test_the_check_says_when_the_term_leaves_coverage(monkeypatch, capsys, root):
    said = run(monkeypatch, capsys, "check", "--on", "2026-11-25", "--policies", str(root))[1].out
    assert "还有 23 天:自 2026-12-18 起收到的申请,10 个工作日的期限超出覆盖期" in said


def test_the_check_names_the_notice_to_import(monkeypatch, capsys, root):
    code, said = run(monkeypatch, capsys, "check", "--on", "2026-12-18", "--policies", str(root))
    assert code == 1
    assert "请导入 2027 年的通知" in said.out


def test_an_import_gives_the_check_another_year(monkeypatch, capsys, imported, root, tmp_path):
    imported(notice(tmp_path, 2027, OFF_2027))
    code, said = run(monkeypatch, capsys, "check", "--on", "2026-12-18", "--json", "--policies", str(root))
    assert code == 0
    assert json.loads(said.out)["covers_to"] == "2027-12-31"


def test_today_is_the_civil_day_in_shanghai(monkeypatch, capsys, root):
    class Late:
        """A clock that stands at 2026-12-17 17:00 UTC, which is the 18th in Shanghai."""

        def now(self) -> datetime:
            """Return the instant."""
            return datetime.fromisoformat("2026-12-17T17:00:00+00:00")

    monkeypatch.setattr(command, "SystemClock", Late)
    code, said = run(monkeypatch, capsys, "check", "--json", "--policies", str(root))
    assert (code, json.loads(said.out)["on"]) == (1, "2026-12-18")
