from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from adapters.catalogues.importer import prepare, rows
from adapters.files.mappings import load_mapping
from pdp.catalogue.mapping import Provider
from pdp.errors import PolicyError
from pdp.ledger.admit import Admission, statement
from pdp.ledger.memory import MemoryLedger
from pdp.ledger.terms import READ_HERE
from pdp.ledger.world import World
from pdp.readings import Reading, Readings
from pdp.workdays import SHANGHAI, Calendar

ROOT = Path(__file__).parents[3]
CATALOGUES = ROOT / "examples" / "catalogues"
READINGS = Readings(
    {name: Reading(name, "", (), {options[0]: ""}, options[0], "", "", "") for name, options in READ_HERE.items()}
)
IN_FORCE = date(2023, 5, 25)
NOW = datetime(2026, 6, 1, tzinfo=SHANGHAI)


def mapping(name):
    return load_mapping(ROOT / "policies" / "mappings" / f"{name}.yaml", ROOT / "policies")


@pytest.fixture
def ledger():
    return MemoryLedger(Admission(Calendar({}), READINGS, IN_FORCE, lambda _role, _kind: True))


def world(ledger):
    return World(ledger, Calendar({}), READINGS, IN_FORCE)


def write(tmp_path, *lines: str):
    path = tmp_path / "a.csv"
    header = "目录名称,来源部门,所属主题,开放状态,更新频率,目录发布时间,数据更新时间,信息项_自摘要抽取,摘要,详情页网址"
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "read", "entries", "unmapped"),
    [
        ("xicheng", 161, 161, {}),
        ("beijing", 4432, 2342, {"provider_hidden": 2090}),
        ("hainan", 3907, 3907, {}),
    ],
)
def test_a_published_catalogue_is_imported_whole_and_admitted_by_the_ledger(ledger, name, read, entries, unmapped):
    done = prepare(rows(CATALOGUES / f"{name}_open_catalogue.csv"), mapping(name), ledger)

    ledger.record(done.statements)

    assert (done.reading.read, len(done.reading.entries)) == (read, entries)
    assert Counter(row.reason for row in done.reading.unmapped) == unmapped
    assert Counter(said.kind for said in ledger.statements())["dataset.catalogued"] == entries


def test_what_the_source_says_is_what_the_ledger_knows(ledger, tmp_path):
    path = write(
        tmp_path, "公园,园林局,旅游,有条件开放,每年,2024-01-02 10:00,2025-03-04 11:00,名称|地址|名称,,x/0a1b.htm"
    )
    done = prepare(rows(path), replace(mapping("hainan"), exported=NOW), ledger)
    ledger.record(done.statements)

    state = world(ledger).dataset("hn:0a1b", NOW)
    assert (state.title, state.fields, state.catalogue_state) == ("公园", ("名称", "地址"), "not_approved")
    assert (state.attributes.opening, state.attributes.sharing) == ("", "")
    proposed = next(said for said in ledger.about("dataset/hn:0a1b") if said.kind == "dataset.class_proposed")
    assert proposed.body == {"id": "hn:0a1b", "opening": "conditional"}
    assert world(ledger).subject(state.provider, NOW).assumed == {"id", "level", "basis"}
    assert (state.freshness, world(ledger).dataset("hn:0a1b", datetime(2025, 12, 1, tzinfo=SHANGHAI)).freshness) == (
        "overdue",
        "current",
    )


def test_a_second_import_of_the_same_rows_says_nothing_again(ledger):
    ledger.record(prepare(rows(CATALOGUES / "xicheng_open_catalogue.csv"), mapping("xicheng"), ledger).statements)

    again = prepare(rows(CATALOGUES / "xicheng_open_catalogue.csv"), mapping("xicheng"), ledger)

    assert again.statements == ()
    assert {row.reason for row in again.reading.unmapped} == {"already_catalogued"}


def test_a_named_approver_approves_from_its_registration_on_and_is_marked_as_assumed(ledger, tmp_path):
    members = {"id": "kexin", "name": "区科信局", "level": "district", "basis": "administrative_organ"}
    ledger.record([statement("body.registered", {**members, "offices": ["regulator"]}, NOW, "registrar")])
    path = write(tmp_path, "公园,园林局,旅游,无条件开放,每年,2022-01-02 10:00,2023-03-04 11:00,名称,,x/0a1b.htm")

    ledger.record(prepare(rows(path), mapping("hainan"), ledger, "kexin").statements)

    approved = next(said for said in ledger.about("dataset/hn:0a1b") if said.kind == "dataset.approved")
    assert (approved.by, approved.at, approved.body["assumed"]) == ("kexin", NOW, ["approved"])
    assert world(ledger).dataset("hn:0a1b", NOW).attributes.opening == "unconditional"


def test_an_approver_that_nobody_registered_is_refused(ledger, tmp_path):
    with pytest.raises(PolicyError, match="kexin is not registered"):
        prepare(rows(write(tmp_path)), mapping("hainan"), ledger, "kexin")


def test_rows_of_a_platform_are_published_where_its_mapping_knows_the_platform(ledger):
    ledger.record(prepare(rows(CATALOGUES / "xicheng_open_catalogue.csv"), mapping("xicheng"), ledger).statements)

    state = world(ledger).dataset("bj:48020", NOW)
    assert (state.publication, state.catalogue_state, state.attributes.opening) == ("published", "unmapped", "")
    assert "aggregated" in state.assumed


def test_a_workbook_says_the_same_as_its_csv(ledger, tmp_path):
    book = Workbook()
    line = "公园,园林局,旅游,有条件开放,每年,2022-01-02 10:00,2023-03-04 11:00,名称|地址,,x/0a1b.htm"
    for text in write(tmp_path, line).read_text(encoding="utf-8").splitlines():
        book.active.append(text.split(","))
    book.save(tmp_path / "a.xlsx")
    book.close()

    said = [prepare(rows(tmp_path / name), mapping("hainan"), ledger).statements for name in ("a.csv", "a.xlsx")]
    assert said[0] == said[1]


def test_a_known_provider_is_registered_as_the_mapping_knows_it(ledger, tmp_path):
    known = replace(mapping("hainan"), known={"园林局": Provider("yuanlin", "园林局", "district")})
    path = write(tmp_path, "公园,园林局,旅游,有条件开放,每年,2022-01-02 10:00,2023-03-04 11:00,名称,,x/0a1b.htm")

    ledger.record(prepare(rows(path), known, ledger).statements)

    assert world(ledger).subject("yuanlin", NOW).level == "district"
