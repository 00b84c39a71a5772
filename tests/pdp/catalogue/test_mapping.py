from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest

from pdp.catalogue.mapping import CatalogueMapping, Provider, Row, Unmapped, instant, plain
from pdp.catalogue.reading import Reading, read
from pdp.workdays import SHANGHAI

MAPPING = CatalogueMapping(
    name="m",
    title="某目录",
    exported=datetime(2026, 1, 1, tzinfo=SHANGHAI),
    columns={
        "title": "名称",
        "provider": "单位",
        "opening": "开放",
        "cycle": "周期",
        "updated": "更新",
        "fields": "信息项",
    },
    prefix="m:",
    portal="某平台",
    dates=("%Y-%m-%d",),
    classes={"opening": {"无条件开放": "unconditional", "依申请开放": "conditional"}},
    silent=frozenset({"暂无"}),
    cycles={"每年": 366, "不定期": None},
    known={"市统计局": Provider("tongji", "市统计局", "city")},
    hidden=frozenset({"往年开放数据"}),
)


def row(place="a.csv:2", **cells: str):
    return Row({"名称": "公园", "单位": "区园林局", **cells}, place)


def one(mapping=MAPPING, **cells: str):
    notes = Counter()
    return mapping.entry(row(**cells), notes), notes


def test_a_listed_value_becomes_its_class_and_any_other_stays_unset_and_is_counted():
    assert one(开放="无条件开放")[0].opening == "unconditional"
    silent, counted = one(开放="暂无")
    assert (silent.opening, counted) == ("", Counter())
    entry, notes = one(开放="登录开放")
    assert (entry.opening, entry.opening_text, notes) == ("", "登录开放", Counter({"opening: 登录开放": 1}))


@pytest.mark.parametrize("value", ["无条件开放 ", "\t无条件开放", "\u3000无条件开放"])
def test_white_space_around_a_value_is_no_part_of_it(value):
    assert one(开放=value)[0].opening == "unconditional"


@pytest.mark.parametrize("value", ["无条件", "无条件开放。", "基本无条件开放"])
def test_a_similar_value_is_another_value(value):
    assert one(开放=value)[0].opening == ""


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"名称": " "}, "title_missing"),
        ({"单位": ""}, "provider_missing"),
        ({"单位": "往年开放数据"}, "provider_hidden"),
    ],
)
def test_a_row_that_cannot_be_imported_says_why(cells, reason):
    assert one(**cells)[0].reason == reason


def test_an_id_depends_on_portal_title_and_provider_alone():
    first = one(开放="依申请开放")[0].id

    assert one(更新="2025-01-01")[0].id == first
    assert len({first, one(名称="绿地")[0].id, one(单位="区教委")[0].id, one(replace(MAPPING, portal="q"))[0].id}) == 4
    assert first.startswith("m:")
    assert first.isascii()


def test_an_address_gives_the_id_where_the_source_has_one():
    mapping = replace(MAPPING, address="网址")

    assert one(mapping, 网址="http://a/b/e9aae6b963ec4a66ba56c2ef470d738e.htm")[0].id == "m:e9aae6b963ec4a66"
    assert one(mapping, 网址="")[0].reason == "id_impossible"
    assert one(mapping, 网址="http://a/b/页.htm")[0].reason == "id_impossible"


def test_a_constant_is_marked_as_assumed_and_never_overrides_the_source():
    mapping = replace(MAPPING, constants={"sharing": "unconditional", "opening": "conditional"})

    assert one(mapping)[0].opening == "conditional"
    assert one(mapping)[0].assumed == ("sharing", "opening")
    stated = one(mapping, 开放="无条件开放")[0]
    assert (stated.opening, stated.assumed) == ("unconditional", ("sharing",))
    assert one(mapping, 开放="登录开放")[0].opening == ""


def test_dates_are_read_in_the_spellings_given_and_a_later_one_than_the_export_is_none():
    assert one(更新="2025-06-01")[0].updated == datetime(2025, 6, 1, tzinfo=SHANGHAI)
    assert one(更新="2026-06-01")[0].updated is None
    assert one(更新="六月")[1] == Counter({"updated: 六月": 1})
    assert instant("1684368000000", ["%Y", "epoch_ms"]) == datetime(2023, 5, 18, 8, tzinfo=SHANGHAI)


def test_fields_keep_their_order_and_repetitions_and_can_be_had_once_each():
    entry = one(信息项="名称|地址||名称 ")[0]

    assert entry.fields == ("名称", "地址", "名称")
    assert entry.distinct_fields == ("名称", "地址")


def test_a_known_provider_keeps_its_id_and_another_gets_one_of_its_own_portal():
    known = MAPPING.provider(one(单位="市统计局")[0])
    other = MAPPING.provider(one()[0])

    assert (known.id, known.level) == ("tongji", "city")
    assert (other.name, other.level, other.basis) == ("区园林局", "other", "none")
    assert other.id != replace(MAPPING).provider(replace(one()[0], portal="q")).id


def test_invisible_characters_become_a_blank():
    assert plain("a\u3000b\u200b") == "a b"


def test_every_row_is_accounted_for_whatever_becomes_of_it():
    rows = [
        row(),
        row(更新="2025-06-01"),
        row(单位=""),
        Unmapped("a.csv:9", "x", "row_broken"),
        row(名称="绿地"),
        row(名称="已有"),
    ]
    taken = one(名称="已有")[0].id
    reading = read(rows, MAPPING, lambda entry: entry == taken)

    assert (reading.read, len(reading.entries), reading.merged) == (6, 2, 1)
    assert [unmapped.reason for unmapped in reading.unmapped] == [
        "provider_missing",
        "row_broken",
        "already_catalogued",
    ]
    assert reading.entries[0].updated == datetime(2025, 6, 1, tzinfo=SHANGHAI)


def test_rows_of_one_entry_that_name_different_classes_leave_it_unset():
    reading = read([row(开放="无条件开放"), row(开放="依申请开放"), row(开放="依申请开放")], MAPPING)

    assert (reading.merged, reading.entries[0].opening) == (2, "")
    assert reading.contradicted == (reading.entries[0].id,)


def test_a_reading_that_lost_a_row_cannot_be_made():
    with pytest.raises(ValueError, match="3 rows read"):
        Reading(3, (), (), 2)
