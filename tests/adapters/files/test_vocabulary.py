"""The facts that rules may read, and the faults that their file can have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.files.law import load_law
from adapters.files.vocabulary import load_vocabulary
from pdp.errors import PolicyError

if TYPE_CHECKING:
    from pdp.vocabulary import Vocabulary

ROOT = Path(__file__).parents[3] / "policies"
FACTS = ROOT / "facts.yaml"

UNKNOWING = {"unknown", "unresolved", "unset", "undeclared", "calendar_unknown", "stale"}

SMALL = """\
facts:
  relation:
    label: 关系
    definition: 谁向谁要数据?
    articles: [art_3__para_4]
    values:
      sharing: {label: 共享}
      opening: {label: 开放}
  sanction:
    label: 处置
    definition: 是否被处置?
    articles: [art_42__para_1]
    applies_when:
      - {relation: [opening]}
    values:
      not_applicable: {label: 不适用}
      "yes": {label: 是, floor: true}
"""


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary(FACTS, ROOT)


def test_there_are_36_facts_in_the_order_of_vectors(vocabulary: Vocabulary):
    names = list(vocabulary.facts)
    assert (len(names), names[:3], names[-1]) == (37, ["in_force", "relation", "operation"], "ledger_age")
    assert vocabulary.index == {name: position for position, name in enumerate(names)}


def test_every_fact_that_decides_can_be_unknown_and_not_knowing_never_helps(vocabulary: Vocabulary):
    for fact in vocabulary.facts.values():
        if not fact.advisory_only:
            unknowing = [value for value in fact.values.values() if value.id in UNKNOWING]
            assert unknowing, fact.id
            assert all(value.floor for value in unknowing), fact.id


def test_facts_that_only_advise_are_the_known_seven(vocabulary: Vocabulary):
    assert {name for name, fact in vocabulary.facts.items() if fact.advisory_only} == {
        "not_shareable_basis",
        "fulfilment",
        "coordination",
        "rectification",
        "convergence",
        "objection",
        "freshness",
    }


def test_every_fact_has_a_value_that_may_be_granted_on(vocabulary: Vocabulary):
    assert all(any(not value.floor for value in fact.values.values()) for fact in vocabulary.facts.values())


def test_every_article_that_asks_for_a_fact_is_in_the_register_and_coded(vocabulary: Vocabulary):
    law = load_law(ROOT / "law" / "xicheng-2023-4.yaml", ROOT)
    assert all(law.units[article].coded for fact in vocabulary.facts.values() for article in fact.articles)


def test_the_vocabulary_spans_the_space_of_the_guide(vocabulary: Vocabulary):
    vectors = 1
    for fact in vocabulary.facts.values():
        vectors *= len(set(fact.values) - {"unrouted"})  # the guide knows of no gateways' routes
    ages = len(vocabulary.facts["ledger_age"].values)  # of which the guide, which knows of one machine, does not speak
    assert f"{vectors / ages:.1e}" == "8.8e+24"


@pytest.mark.parametrize(
    ("fact", "found", "applies"),
    [
        ("in_force", {}, True),
        ("sanction", {"relation": "opening"}, True),
        ("sanction", {"relation": "sharing"}, False),
        ("purpose", {"relation": "sharing", "operation": "obtain"}, True),
        ("purpose", {"relation": "sharing", "operation": "query_catalogue", "opening_class": "unset"}, False),
        (
            "purpose",
            {"relation": "opening", "operation": "obtain", "opening_class": "conditional", "authority": "agreed"},
            True,
        ),
        (
            "purpose",
            {"relation": "opening", "operation": "obtain", "opening_class": "conditional", "authority": "deemed"},
            False,
        ),
    ],
)
def test_a_fact_applies_where_the_facts_above_it_say_so(
    vocabulary: Vocabulary, fact: str, found: dict[str, str], *, applies: bool
):
    assert vocabulary.facts[fact].applies(found) is applies


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("facts:", "fact:", 1, 'did you mean "facts"?'),
        ("  relation:\n", "  Relation:\n", 2, '"Relation" is no id'),
        ("    label: 关系\n", "    lable: 关系\n", 3, 'did you mean "label"?'),
        ("definition: 谁向谁要数据?", "definition:", 4, "nothing stands where a text is meant"),
        ("[art_3__para_4]", "[art_3]", 5, '"art_3" is no 款 or 项'),
        ("[art_3__para_4]", "[]", 5, "cites nothing"),
        ("      opening: {label: 开放}\n", "", 6, "two values or more"),
        ("{label: 开放}", "{label: 共享}", 8, '"共享" is also the label of sharing'),
        ("{label: 开放}", "{label: 开放, floor: yes}", 8, '"yes" stands where true or false is meant'),
        ("  sanction:\n", "  relation:\n", 9, '"relation" stands here twice'),
        ("    applies_when:\n      - {relation: [opening]}\n", "", 9, "says only half"),
        ("      not_applicable: {label: 不适用}\n", "      clear: {label: 无}\n", 9, "says only half"),
        ("{relation: [opening]}", "{relations: [opening]}", 14, 'did you mean "relation"?'),
        ("{relation: [opening]}", "{sanction: [opening]}", 14, '"sanction" is no key here'),
        ("{relation: [opening]}", "{relation: [openning]}", 14, 'did you mean "opening"?'),
        ("{relation: [opening]}", "{relation: []}", 14, "names no value of relation"),
        ('"yes": {label: 是', "yes: {label: 是", 17, 'put it in quotes: "yes"'),
    ],
)
def test_each_fault_is_reported_at_its_line(tmp_path: Path, old: str, new: str, line: int, says: str):
    assert old in SMALL
    root = tmp_path / "policies"
    root.mkdir()
    (root / "facts.yaml").write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_vocabulary(root / "facts.yaml", root)
    assert (caught.value.path, caught.value.line) == ("policies/facts.yaml", line)
    assert says in str(caught.value)


def test_the_small_vocabulary_that_the_faults_are_put_into_is_sound(tmp_path: Path):
    (tmp_path / "facts.yaml").write_text(SMALL, encoding="utf-8")
    assert list(load_vocabulary(tmp_path / "facts.yaml", tmp_path).facts["sanction"].values) == [
        "not_applicable",
        "yes",
    ]
