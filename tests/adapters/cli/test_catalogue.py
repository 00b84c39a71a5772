from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.cli.catalogue import app
from pdp.errors import PolicyError

CATALOGUES = Path(__file__).parents[3] / "examples" / "catalogues"
XICHENG = str(CATALOGUES / "xicheng_open_catalogue.csv")
HEADER = "目录名称,来源部门,所属主题,开放状态,更新频率,目录发布时间,数据更新时间,信息项_自摘要抽取,摘要,详情页网址"


def run(*words: str | Path):
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})


def findings(*words: str | Path):
    shown = run("check", *words, "--json")
    return shown.exit_code, json.loads(shown.stdout)


@pytest.fixture
def hainan(tmp_path):
    path = tmp_path / "hainan.csv"
    lines = [
        "公园名录,园林局,旅游,无条件开放,每年,2022-01-02 10:00,2023-03-04 11:00,名称|地址,,x/0a1b.htm",
        "教师名册,教育局,教育,无条件开放,每年,2022-01-02 10:00,2023-03-04 11:00,姓名|身份证号,,x/0a1c.htm",
        "无主数据,,教育,无条件开放,每年,2022-01-02 10:00,2023-03-04 11:00,名称,,x/0a1d.htm",
    ]
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return path


def test_an_import_says_what_became_of_every_row(tmp_path):
    shown = run("import", XICHENG, "--map", "xicheng", "--data", tmp_path / "data")

    assert shown.exit_code == 0, shown.output
    assert "读取的行" in shown.stdout
    assert "161" in shown.stdout
    assert "写入账本的陈述" in shown.stdout


def test_a_second_import_finds_everything_in_the_ledger(tmp_path):
    for _ in range(2):
        shown = run("import", XICHENG, "--map", "xicheng", "--data", tmp_path / "data")

    assert "账本中已有该条目" in shown.stdout


def test_rows_that_are_not_imported_are_listed_with_their_reason(tmp_path, hainan):
    listed = tmp_path / "unmapped.csv"

    shown = run("import", hainan, "--map", "hainan", "--data", tmp_path / "data", "--unmapped", listed)

    assert "没有提供单位" in shown.stdout
    with listed.open(encoding="utf-8-sig") as file:
        assert list(csv.reader(file))[1:] == [["hainan.csv:4", "无主数据", "provider_missing", "没有提供单位"]]


def test_a_trial_run_records_nothing_and_makes_no_folder(tmp_path, hainan):
    shown = run("import", hainan, "--map", "hainan", "--data", tmp_path / "data", "--dry-run")

    assert shown.exit_code == 0, shown.output
    assert "未写入" in shown.stdout
    assert not (tmp_path / "data").exists()


def test_a_check_of_a_file_ends_with_1_when_something_must_be_mended(hainan):
    code, found = findings(hainan, "--map", "hainan", "--at", "2023-06-30")

    assert code == 1
    errors = [(each["title"], each["field"], each["place"]) for each in found if each["severity"] == "error"]
    assert errors == [("教师名册", "姓名", "hainan.csv:3"), ("教师名册", "身份证号", "hainan.csv:3")]
    assert {each["code"] for each in found} >= {"provider_unknown", "sharing_unset"}


def test_a_check_without_errors_ends_with_0():
    code, found = findings(XICHENG, "--map", "xicheng", "--at", "2026-03-24")

    assert code == 0
    assert [each["code"] for each in found].count("opening_unset") == 1


def test_a_check_judges_cycles_at_the_instant_it_is_given(hainan):
    overdue = {
        day: "update_overdue" in {each["code"] for each in findings(hainan, "--map", "hainan", "--at", day)[1]}
        for day in ("2024-03-03", "2024-03-04")
    }

    assert overdue == {"2024-03-03": False, "2024-03-04": True}


def test_a_check_of_the_ledger_sees_what_was_imported(tmp_path, hainan):
    run("import", hainan, "--map", "hainan", "--data", tmp_path / "data")

    _, found = findings("--data", tmp_path / "data", "--at", "2023-12-01")

    assert {(each["title"], each["code"]) for each in found if each["code"] == "opening_unset"} == {
        ("公园名录", "opening_unset"),
        ("教师名册", "opening_unset"),
    }
    assert all(each["place"].startswith("s:") for each in found)


def test_people_see_findings_by_kind_with_the_article(hainan):
    shown = run("check", hainan, "--map", "hainan", "--at", "2023-06-30", "--limit", "1")

    assert "第二十七条第一款第(三)项" in shown.stdout
    assert "另有1项未列出" in shown.stdout
    assert "应当处理2项" in shown.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("check", XICHENG), "name one with --map"),
        (("check", XICHENG, "--map", "nowhere"), "cannot be read"),
        (("check", XICHENG, "--map", "xicheng", "--at", "today"), "is no instant"),
    ],
)
def test_a_fault_says_what_to_do(words, says):
    shown = run(*words)

    assert isinstance(shown.exception, PolicyError)
    assert says in str(shown.exception)
