"""Promises of the short forms in a record: each can be read back, and none is taken for another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pdp.log.spelling import (
    evidence_of,
    evidence_text,
    facts_text,
    findings_members,
    findings_of,
    lengthened,
    shortened,
    vector_of,
)
from pdp.model import Effect, Finding

NUMBERS = st.integers(0, 120).map(str)
UNITS = st.one_of(
    st.builds("art_{}".format, NUMBERS),
    st.builds("art_{}__para_{}".format, NUMBERS, NUMBERS),
    st.builds("art_{}__para_{}__item_{}".format, NUMBERS, NUMBERS, NUMBERS),
    st.builds("art_{}__item_{}".format, NUMBERS, NUMBERS),
)
RULES = st.text("abc_", min_size=1, max_size=6)
ARTICLES = UNITS | st.text("art_=.0123456789xn-:", min_size=1, max_size=12)
FINDINGS = st.lists(
    st.builds(Finding, RULES, st.sampled_from(Effect), st.lists(ARTICLES, max_size=3).map(tuple)), max_size=6
)
SOURCES = st.text("s:f;%3B25 律", min_size=1, max_size=6)


@given(UNITS | st.text(max_size=12))
def test_an_article_has_one_short_form_that_can_be_read_back(article: str) -> None:
    assert lengthened(shortened(article)) == article


def test_a_unit_of_the_register_is_written_in_numbers() -> None:
    units = {"art_27__para_1__item_3": "27.1.3", "art_21__para_4": "21.4", "art_40": "40"}
    assert {unit: shortened(unit) for unit in units} == units


@given(st.lists(st.sampled_from(["yes", "not_applicable", "none", "unset"]), min_size=1, max_size=40).map(tuple))
def test_a_vector_can_be_read_back(vector: tuple[str, ...]) -> None:
    assert vector_of(facts_text(vector)) == vector


@given(FINDINGS)
def test_findings_can_be_read_back_in_the_order_of_effects(found: list[Finding]) -> None:
    in_order = sorted(found, key=lambda finding: list(Effect).index(finding.effect))
    assert findings_of(findings_members(found)) == [
        {"rule": finding.rule, "effect": finding.effect.value, "articles": list(finding.articles)}
        for finding in in_order
    ]


@given(st.data(), st.sampled_from([1, 9, 36, 37, 50]))
def test_evidence_can_be_read_back_whatever_a_source_is_called(data: st.DataObject, facts: int) -> None:
    names = [f"fact_{place}" for place in range(facts)]
    lists = st.lists(SOURCES, min_size=1, max_size=8, unique=True).map(tuple)
    evidence = data.draw(st.dictionaries(st.sampled_from(names), lists, max_size=6))

    text = evidence_text(evidence, {name: place for place, name in enumerate(names)})

    read = evidence_of(text, names)
    assert {name: set(resting) for name, resting in read.items()} == {
        name: set(resting) for name, resting in evidence.items()
    }


def test_a_source_stands_once_with_every_fact_it_supports_and_a_fact_keeps_eight() -> None:
    index = {name: place for place, name in enumerate("abcdefghijklm")}
    many = tuple(f"s:{number}" for number in range(10, 19))
    assert evidence_text({"l": ("s:2",), "b": ("s:2", "f:x.yaml")}, index) == "f:x.yaml 1;s:2 1b"
    assert evidence_text({"a": many}, index).count("s:") == 8
