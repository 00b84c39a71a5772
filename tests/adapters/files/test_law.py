"""The register is whole, verbatim and numbered; a register that is not is refused at its line."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.files.law import WHY, load_law
from pdp.errors import PolicyError

if TYPE_CHECKING:
    from pdp.law import Instrument

ROOT = Path(__file__).parents[3] / "policies"
REGISTER = ROOT / "law" / "xicheng-2023-4.yaml"

NO_RULE = {4, 5, 6, 8, 10, 12, 13, 14, 28, 33, 34, 35, 43}
"""The articles that carry no rule."""


@pytest.fixture(scope="module")
def law() -> Instrument:
    return load_law(REGISTER, ROOT)


def holding(law: Instrument, words: str) -> list[str]:
    return [name for name, unit in law.units.items() if words in unit.text]


def article(unit: str) -> int:
    return int(unit.split("_")[1])


def test_the_instrument_is_described(law: Instrument):
    assert (law.id, law.title) == ("xicheng-2023-4", "北京市西城区公共数据管理实施细则")
    assert (law.document_number, law.issuer) == ("西科信发〔2023〕4号", "区科技和信息化局(区大数据局)")
    assert (law.in_force_from, law.in_force_until) == (date(2023, 5, 25), None)
    assert law.digest == hashlib.sha256(REGISTER.read_bytes()).hexdigest()


def test_the_register_has_all_articles_paragraphs_and_items(law: Instrument):
    items = [name for name in law.units if "__item_" in name]
    assert (len({article(name) for name in law.units}), len(law.units) - len(items), len(items)) == (44, 69, 32)
    heads = {name: len([item for item in items if item.startswith(f"{name}__")]) for name in law.units}
    assert {name: count for name, count in heads.items() if count} == {
        "art_6__para_1": 6,
        "art_7__para_1": 3,
        "art_27__para_1": 3,
        "art_39__para_1": 7,
        "art_41__para_1": 9,
        "art_42__para_1": 4,
    }


def test_the_words_on_which_clocks_and_presumptions_rest_stand_where_the_text_has_them(law: Instrument):
    assert holding(law, "工作日") == ["art_21__para_1", "art_21__para_2", "art_25__para_2"]
    assert holding(law, "视为") == ["art_21__para_4"]
    assert holding(law, "原则上") == ["art_10__para_1", "art_11__para_2", "art_19__para_4", "art_21__para_2"]


def test_the_text_is_not_altered_by_a_character(law: Instrument):
    whole = hashlib.sha256("".join(f"{name} {unit.digest}\n" for name, unit in law.units.items()).encode()).hexdigest()
    assert whole == "c5d11d96dc311ee7915015016eb1982876397fed20d628a4cefaf7c61642b625"
    assert [name for name, unit in law.units.items() if unit.text[-1] not in "。:;"] == ["art_12__para_1"]


def test_every_unit_is_coded_or_says_why_not(law: Instrument):
    assert all((unit.why == "") is unit.coded for unit in law.units.values())
    assert {unit.why.split(":")[0] for unit in law.units.values() if not unit.coded} == set(WHY)


def test_articles_without_a_rule_are_the_known_ones(law: Instrument):
    coded = {article(name) for name, unit in law.units.items() if unit.coded}
    assert set(range(1, 45)) - coded == NO_RULE


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("instrument: xicheng-2023-4", "instrument: xicheng", "named differently"),
        ("document_number:", "number:", '"number" is no key here'),
        ('in_force_from: "2023-05-25"', "in_force_from: 2023-05-25", "is read as a date"),
        ('in_force_from: "2023-05-25"', 'in_force_from: "2023-05-24"', "lies before the day of issue"),
        ("in_force_until: null", 'in_force_until: "2023-05-01"', "lies before in_force_from"),
        ("{id: chp_2, title", "{id: chp_3, title", '"chp_3" stands where chp_2 comes next'),
        ("  - id: art_3\n", "  - id: art_4\n", '"art_4" stands where art_3 comes next'),
        ("    number: 3\n", "    number: 5\n", "5 is out of range"),
        ("      - id: art_3__para_2\n", "      - id: art_3__para_3\n", "where art_3__para_2 comes next"),
        ("          - id: art_6__para_1__item_2\n", "          - id: art_6__para_1__item_1\n", "item_2 comes next"),
        ('text: "(二)编制', 'text: "(三)编制', "does not begin with (二)"),
        ("    chapter: chp_7\n", "    chapter: chp_8\n", '"chp_8" is no chapter'),
        ("    chapter: chp_7\n", "    chapter: chp_1\n", "goes back to an earlier chapter"),
        ('why: "倡导性:', 'why: "太难:', "names no known reason with a sentence"),
        ('        why: "定义或原则:', '        way: "定义或原则:', 'did you mean "why"?'),
        ("        coded: true", '        coded: true\n        why: "倡导性:无"', "a coded unit needs no reason"),
        ("        coded: true", "        coded: false", "says not why it carries no rule"),
        ("        coded: true", "        coded: yes", '"yes" stands where true or false is meant'),
    ],
)
def test_each_fault_is_reported_at_its_line(tmp_path: Path, old: str, new: str, says: str):
    text = REGISTER.read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1 + new.rstrip().count("\n")
    path = tmp_path / "policies" / "law" / REGISTER.name
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_law(path, tmp_path / "policies")
    assert (caught.value.path, caught.value.line) == ("policies/law/xicheng-2023-4.yaml", line)
    assert says in str(caught.value)
    assert re.match("[a-z]", caught.value.remedy)
