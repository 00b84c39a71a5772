from __future__ import annotations

import csv
from pathlib import Path

import pytest

from adapters.files.mappings import load_mapping
from pdp.errors import PolicyError

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "policies"
SHIPPED = sorted((POLICIES / "mappings").glob("*.yaml"))
GOOD = """\
title: 某目录
exported: "2026-01-01T00:00:00+08:00"
prefix: "m:"
portal: 某平台
columns: {title: 名称, provider: 单位, opening: 开放}
opening: {无条件开放: unconditional}
cycles: {每年: 366, 不定期: irregular}
providers:
  known:
    市统计局: {id: tongji, level: city}
"""


def write(tmp_path, text):
    path = tmp_path / "policies" / "mappings" / "m.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path, tmp_path / "policies"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_mapping_can_be_read(path):
    assert load_mapping(path, POLICIES).name == path.stem


def test_a_mapping_says_what_it_says(tmp_path):
    mapping = load_mapping(*write(tmp_path, GOOD))

    assert mapping.classes == {"opening": {"无条件开放": "unconditional"}}
    assert mapping.cycles == {"每年": 366, "不定期": None}
    assert (mapping.known["市统计局"].id, mapping.known["市统计局"].name) == ("tongji", "市统计局")
    assert (mapping.approver, mapping.platform, mapping.separator, mapping.level) == (None, None, "|", "other")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("unconditional", "uncondtional", 6, 'did you mean "unconditional"'),
        ("title: 名称", "titel: 名称", 5, '"titel" is no key here'),
        ("portal: 某平台\n", "", 4, "names the portal"),
        ("366", "0", 7, "out of range"),
        ("irregular", "sometimes", 7, "no fixed interval"),
        ("level: city", "level: town", 10, '"town" is no level'),
        ('exported: "2026-01-01T00:00:00+08:00"', 'exported: "2026-01-01"', 2, "no instant"),
        ("prefix", "prefx", 3, '"prefx" is no key here'),
    ],
)
def test_a_fault_is_reported_at_its_line_with_a_remedy(tmp_path, old, new, line, says):
    with pytest.raises(PolicyError, match=says) as caught:
        load_mapping(*write(tmp_path, GOOD.replace(old, new, 1)))

    assert caught.value.line == line
    assert caught.value.path == "policies/mappings/m.yaml"
    assert caught.value.remedy


def test_the_mapping_of_the_portals_gives_every_published_value_the_class_its_curators_gave_it():
    mapping = load_mapping(POLICIES / "mappings" / "city_portals.yaml", POLICIES)
    meant = {"无条件开放": "unconditional", "有条件开放": "conditional", "不予开放": "not_openable", "": ""}
    with (ROOT / "examples" / "catalogues" / "open_condition_texts.csv").open(encoding="utf-8") as file:
        read = [(row["open_raw"], meant[row["open_attr"]]) for row in csv.DictReader(file)]

    assert [(raw, mapping.classes["opening"].get(raw, "")) for raw, _ in read] == read
