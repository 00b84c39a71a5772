from __future__ import annotations

import gzip
from datetime import datetime

import pytest
from openpyxl import Workbook

from adapters.catalogues.importer import rows
from pdp.catalogue.mapping import Row, Unmapped
from pdp.errors import PolicyError

LINES = '名称,单位\n公园,区园林局\n"绿地\n二行",区园林局\n'


def test_rows_of_a_csv_file_carry_their_line_plain_or_gzipped(tmp_path):
    plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_text("\ufeff" + LINES, encoding="utf-8")
    packed.write_bytes(gzip.compress(LINES.encode(), mtime=0))

    assert list(rows(plain)) == [
        Row({"名称": "公园", "单位": "区园林局"}, "a.csv:2"),
        Row({"名称": "绿地\n二行", "单位": "区园林局"}, "a.csv:4"),
    ]
    assert [row.cells for row in rows(packed)] == [row.cells for row in rows(plain)]


def test_a_row_of_another_width_is_handed_on_and_not_mended(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("名称,单位\n公园\n绿地,局,多\n好,局\n", encoding="utf-8")

    assert [row.reason if isinstance(row, Unmapped) else "" for row in rows(path)] == ["row_broken", "row_broken", ""]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "no header row"),
        ("a.csv", "名称,名称\n".encode(), "twice"),
        ("a.csv", "名称\n公园\n".encode("gbk"), "UTF-8"),
        ("a.csv", b'a\n"open\n', "no CSV"),
        ("a.csv.gz", b"not gzip", "no CSV"),
        ("a.csv.gz", gzip.compress(b"a\nb\n", mtime=0)[:-4], "no CSV"),
        ("a.xlsx", b"not a workbook", "no XLSX"),
        ("a.json", b"[]", "no .csv"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(PolicyError, match=says):
        list(rows(path))


def test_rows_of_a_workbook_are_texts_and_empty_rows_are_none(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(["名称", "数量", "更新", "比例"])
    sheet.append(["公园", 3.0, datetime(2025, 12, 8, 17, 56, 57), 0.5])  # noqa: DTZ001  # a sheet has no time zones
    sheet.append([None, None, None, None])
    sheet.append(["绿地", 4, None, None])
    book.save(tmp_path / "a.xlsx")
    book.close()

    assert list(rows(tmp_path / "a.xlsx")) == [
        Row({"名称": "公园", "数量": "3", "更新": "2025-12-08 17:56:57", "比例": "0.5"}, "a.xlsx:2"),
        Row({"名称": "绿地", "数量": "4", "更新": "", "比例": ""}, "a.xlsx:4"),
    ]


def test_a_workbook_without_a_header_says_so(tmp_path):
    book = Workbook()
    book.save(tmp_path / "a.xlsx")
    book.close()

    with pytest.raises(PolicyError, match="no header row"):
        list(rows(tmp_path / "a.xlsx"))
