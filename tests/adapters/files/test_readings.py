"""What the text leaves open: every reading that code or rules ask for is there, and none is idle unsaid."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.files.law import load_law
from adapters.files.readings import load_readings
from adapters.files.vocabulary import load_vocabulary
from pdp.errors import PolicyError

if TYPE_CHECKING:
    from pdp.readings import Readings

HOUSE = Path(__file__).parents[3]
ROOT = HOUSE / "policies"

ONE = """\
question: 第五个工作日何时届满?
text: [art_21__para_1]
options:
  midnight: 二十四时
  close_of_business: 下班时
not_carried_out: [close_of_business]
chosen: midnight
why: 条文没有写明。
decided_by: 待主管部门决定
since: "2023-05-25"
touches: [authority]
"""


@pytest.fixture(scope="module")
def readings() -> Readings:
    return load_readings(ROOT / "readings", ROOT)


@pytest.fixture(scope="module")
def asked_for() -> dict[str, set[str]]:
    """Reading -> the rules and modules that ask for it."""
    found: dict[str, set[str]] = {}
    for path in [*(HOUSE / "pdp").rglob("*.py"), *(HOUSE / "rego" / "access" / "rules").rglob("*.rego")]:
        if not path.stem.endswith("_test"):
            text = path.read_text(encoding="utf-8")
            for name in re.findall(r'readings\["(\w+)"\]|data\.readings\.(\w+)', text):
                found.setdefault("".join(name), set()).add(path.stem)
    return found


def test_there_are_32_readings_and_the_default_holds_in_each(readings: Readings):
    assert len(readings.entries) == 32
    defaults = {name: next(iter(reading.options)) for name, reading in readings.entries.items()}
    assert readings.constants == defaults


def test_every_reading_that_is_asked_for_is_there(readings: Readings, asked_for: dict[str, set[str]]):
    assert set(asked_for) <= set(readings.entries)


def test_a_reading_that_nobody_asks_for_offers_no_choice(readings: Readings, asked_for: dict[str, set[str]]):
    idle = {name: entry for name, entry in readings.entries.items() if name not in asked_for}
    without_choice = {name for name, entry in idle.items() if len(entry.not_carried_out) == len(entry.options) - 1}
    assert without_choice == set(idle) - {"working_day", "interpreter"}


def test_every_rule_that_asks_for_a_reading_is_named_by_it(readings: Readings, asked_for: dict[str, set[str]]):
    rules = {path.name for path in (HOUSE / "rego" / "access" / "rules").iterdir()}
    for name, askers in asked_for.items():
        assert askers & rules <= set(readings.entries[name].touches), name


def test_what_a_reading_touches_is_a_rule_a_row_or_a_fact(readings: Readings):
    known = {path.name for path in (HOUSE / "rego" / "access" / "rules").iterdir()}
    known |= set(load_vocabulary(ROOT / "facts.yaml", ROOT).facts)
    for table in (ROOT / "tables").glob("*.csv"):
        known |= {line.rpartition(",")[2].strip() for line in table.read_text(encoding="utf-8").splitlines()}
    assert {touched for entry in readings.entries.values() for touched in entry.touches} <= known


def test_every_reading_is_about_units_of_the_register(readings: Readings):
    law = load_law(ROOT / "law" / "xicheng-2023-4.yaml", ROOT)
    assert {unit for entry in readings.entries.values() for unit in entry.text} <= set(law.units)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("question:", "frage:", 1, '"frage" is no key here'),
        ("[art_21__para_1]", "[第二十一条]", 2, "is no 款 or 项"),
        ("  close_of_business: 下班时\n", "", 3, "two options or more"),
        ("  midnight:", "  Midnight:", 4, '"Midnight" is no id'),
        ("  close_of_business: 下班时", "  no: 下班时", 5, 'put it in quotes: "no"'),
        ("not_carried_out: [close_of_business]", "not_carried_out: [midnight]", 6, "is the default"),
        ("not_carried_out: [close_of_business]", "not_carried_out: [noon]", 6, '"noon" is no option'),
        ("chosen: midnight", "chosen: midnigt", 7, 'did you mean "midnight"?'),
        ("chosen: midnight", "chosen: close_of_business", 7, 'no rule carries out "close_of_business"'),
        ('since: "2023-05-25"', "since: 2023-05-25", 10, "is read as a date"),
        ("touches: [authority]", "touches: authority", 11, "stands where a list is meant"),
    ],
)
def test_each_fault_is_reported_at_its_line(tmp_path: Path, old: str, new: str, line: int, says: str):
    assert old in ONE
    folder = tmp_path / "policies" / "readings"
    folder.mkdir(parents=True)
    (folder / "end_of_day.yaml").write_text(ONE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_readings(folder, tmp_path / "policies")
    assert (caught.value.path, caught.value.line) == ("policies/readings/end_of_day.yaml", line)
    assert says in str(caught.value)


def test_a_folder_without_readings_is_refused(tmp_path: Path):
    with pytest.raises(PolicyError, match="holds no reading"):
        load_readings(tmp_path, tmp_path)


def test_the_one_reading_that_the_faults_are_put_into_is_sound(tmp_path: Path):
    (tmp_path / "end_of_day.yaml").write_text(ONE, encoding="utf-8")
    assert load_readings(tmp_path, tmp_path)["end_of_day"] == "midnight"
