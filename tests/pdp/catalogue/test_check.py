from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pdp.catalogue.check import check
from pdp.catalogue.entry import Cycle, Entry
from pdp.catalogue.finding import QUESTIONS, Severity
from pdp.catalogue.mapping import REASONS, Unmapped
from pdp.workdays import SHANGHAI

NOW = datetime(2026, 3, 1, 9, tzinfo=SHANGHAI)
SOUND = Entry(
    "p:1",
    "公园名录",
    "区园林局",
    place="a.csv:2",
    fields=("名称", "地址"),
    sharing="unconditional",
    opening="unconditional",
    opening_text="无条件开放",
    cycle=Cycle("每年", 366),
    updated=NOW - timedelta(days=30),
    portal="p",
    on_open_portal=True,
)


def codes(entry, at=NOW):
    return [finding.code for finding in check([entry], at)]


def test_a_sound_entry_raises_nothing():
    assert codes(SOUND) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"fields": ("姓名",)}, ["person_fields_open"]),
        ({"fields": ("联系电话",)}, ["person_fields_unclear"]),
        ({"fields": ("性别", "数量")}, []),
        ({"fields": ("姓名", "性别")}, ["person_fields_open", "person_fields_unclear"]),
        (
            {"fields": ("姓名",), "opening": "conditional", "opening_conditions": "按协议"},
            ["person_fields_unclear"],
        ),
        ({"fields": ("姓名",), "opening": "not_openable", "on_open_portal": False}, []),
        ({"opening": "", "opening_text": ""}, ["opening_unset"]),
        ({"sharing": ""}, ["sharing_unset"]),
        ({"sharing": "not_shareable", "sharing_basis": "某法第一条"}, ["classes_contradict"]),
        ({"sharing": "not_shareable"}, ["classes_contradict", "basis_missing"]),
        ({"opening": "not_openable", "opening_text": "禁止开放"}, ["opening_contradicts"]),
        ({"opening": "", "opening_text": "无条件共享"}, ["attribute_misplaced", "opening_unset"]),
        ({"opening": "", "opening_text": "1级 不脱敏"}, ["attribute_misplaced", "opening_unset"]),
        ({"sharing": "conditional"}, ["sharing_conditions_missing"]),
        ({"opening": "conditional"}, ["opening_conditions_missing"]),
        ({"fields": ("名称", "地址", "名称")}, ["field_repeated"]),
        ({"fields": ()}, ["fields_missing"]),
        ({"provider_code": "111111111111111111"}, ["provider_code_wrong"]),
        ({"provider_code": "11110102000012000Y"}, []),
    ],
)
def test_each_question_is_raised_by_what_it_asks_about(change, expected):
    assert codes(replace(SOUND, **change)) == expected


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("provider_missing", "provider_unknown"),
        ("provider_hidden", "provider_unknown"),
        ("title_missing", "row_unreadable"),
        ("row_broken", "row_unreadable"),
    ],
)
def test_a_row_that_is_no_entry_is_asked_about_too(reason, code):
    (finding,) = check([], NOW, [Unmapped("a.csv:7", "某数据", reason)])

    assert (finding.code, finding.place, finding.sentence) == (code, "a.csv:7", REASONS[reason])


def test_a_cycle_is_kept_on_its_last_day_and_overdue_after_it():
    entry = replace(SOUND, cycle=Cycle("每周", 7), updated=NOW)

    assert codes(entry, NOW + timedelta(days=7)) == []
    assert codes(entry, NOW + timedelta(days=7, seconds=1)) == ["update_overdue"]


@pytest.mark.parametrize("change", [{"cycle": None}, {"cycle": Cycle("不定期", None)}, {"updated": None}])
def test_without_a_fixed_cycle_and_a_date_nothing_is_overdue(change):
    assert codes(replace(SOUND, **change), NOW + timedelta(days=9_999)) == []


def test_titles_are_compared_within_one_provider_of_one_catalogue():
    other = [replace(SOUND, id="p:2", portal="q"), replace(SOUND, id="p:3", provider="区教委")]

    assert [f.code for f in check([SOUND, *other], NOW)] == []
    assert [f.entry for f in check([SOUND, replace(SOUND, id="p:4")], NOW)] == ["p:1", "p:4"]


def test_errors_come_first_and_every_finding_names_place_article_and_field():
    first, *rest = check([replace(SOUND, sharing="", fields=("地址", "身份证号"))], NOW)

    assert (first.severity, first.field, first.place) == (Severity.ERROR, "身份证号", "a.csv:2")
    assert first.articles[0] == "art_27__para_1__item_3"
    assert [finding.code for finding in rest] == ["sharing_unset"]


def test_every_question_cites_the_text():
    assert all(question.articles and question.title for question in QUESTIONS.values())


def test_what_a_source_has_no_column_for_is_raised_once():
    bare = [replace(SOUND, id=f"p:{number}", title=str(number), sharing="", fields=()) for number in range(3)]

    assert [finding.code for finding in check(bare, NOW)].count("sharing_unset") == 3
    assert [finding.code for finding in check(bare, NOW, absent=frozenset({"sharing", "fields"}))] == [
        "sharing_unset",
        "fields_missing",
    ]
