"""Promises of the story: everything the record says is told, in its order, and nothing that it does not say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.settings import CHECKOUT
from adapters.testing.under_test import UnderTest
from pdp.explanation import Paragraph, Words
from pdp.log.canonical import decode
from pdp.log.incident import KINDS, incident
from pdp.log.readable import spell_out
from pdp.log.story import Teller, story


@pytest.fixture(scope="module")
def words() -> Words:
    tried = UnderTest.of(CHECKOUT)
    titles = {name: ground.title for name, ground in tried.rulebook.grounds.items()}
    return Words(tried.policies.instrument, tried.policies.vocabulary, titles, {}, {}, {}, {}, {})


@pytest.fixture
def telling(recorder, legend):
    """Return a function that tells a sample, as sections of Chinese lines."""

    def tell(sample, teller=None) -> dict[str, list[str]]:
        spelled = spell_out(decode(sample.record(recorder)), legend)
        sections = story(spelled, teller or Teller())
        return {section.id: [line.zh for line in section.paragraphs] for section in sections}

    return tell


def test_every_fact_that_applies_is_told_with_what_it_rests_on(permit, telling, words) -> None:
    facts = permit.inquiry.groups[0].facts
    sources = {"s:100": Paragraph("账本第 100 条:某机构登记", "statement 100")}
    lines = telling(permit, Teller(words, sources=sources))["facts"]

    assert len(lines) == sum(value != "not_applicable" for value in facts.vector)
    assert "关系=共享(依据:账本第 100 条:某机构登记)" in lines
    assert "授权状态=视为同意(依据:账本第 107 条)" in lines


def test_a_source_is_told_where_it_is_met_first(permit, telling, words) -> None:
    (group,) = permit.inquiry.groups
    evidence = {**group.facts.evidence, "relation": ("s:100",), "authority": ("s:100",)}
    group = replace(group, facts=replace(group.facts, evidence=evidence))
    twice = replace(permit, inquiry=replace(permit.inquiry, groups=(group,)))
    said = {"s:100": Paragraph("所述甚详", "told at length")}

    lines = "\n".join(telling(twice, Teller(words, sources=said))["facts"])

    assert lines.count("所述甚详") == 1
    assert "授权状态=视为同意(依据:账本第 100 条)" in lines


def test_rules_that_held_are_told_with_their_articles_word_for_word(permit, telling, words) -> None:
    lines = telling(permit, Teller(words))["rules"]

    assert lines[0].startswith("逾期未答复的,视为同意共享(可以提供,规则 share_deemed)。")
    assert "第二十一条第四款:「逾期未答复的,视为同意共享。」" in lines[0]


def test_without_the_policy_files_ids_stand_in_place_of_words(permit, telling) -> None:
    told = telling(permit)

    assert "authority=deemed(依据:账本第 107 条)" in told["facts"]
    assert "share_deemed(可以提供):art_21__para_4" in told["rules"]


def test_the_stronger_effect_decides_and_what_gives_way_is_said(refusal, permit, telling) -> None:
    assert "application_pending" in telling(refusal)["combined"][1]
    assert "另有不能确定,均让位于此" in telling(refusal)["combined"][1]
    assert telling(permit)["combined"][1] == ("没有规则限制,share_deemed、sharing_for_duty 准许;因此予以提供(PERMIT)。")


def test_groups_of_fields_are_told_apart_and_merged(partial, telling) -> None:
    told = telling(partial)

    headings = [line for line in told["facts"] if line.startswith("就")]
    assert headings == [
        "就字段 name、address、status:",
        "就字段 身份证号:",
    ]
    assert told["combined"][-1].endswith("合并后部分提供(PARTIAL)。")


def test_who_asks_for_whom_and_what_is_masked_is_said(permit, telling) -> None:
    asked = permit.asking(staff="zhang", agent="agent-unit", rows={"type": "field", "field": "a", "value": "b"})
    lines = telling(asked, Teller(names={"B": "某委员会", "agent-unit": "某公司"}))["question"]

    assert "请求方:某委员会(B)(公共机构)" in lines
    assert "受托代为请求:某公司(agent-unit)" in lines
    assert any(line.startswith("经办人员:p1.") for line in lines)
    assert any("/request/subject/staff" in line and "/request/scope/rows/value" in line for line in lines)


def test_a_question_that_names_nobody_says_so(permit, telling) -> None:
    lines = telling(permit.asking(subject=None, system=None, fields=None))["question"]

    assert "请求方:未说明身份" in lines
    assert "字段:未限定,即全部" in lines


def test_every_kind_of_record_has_words(schema) -> None:
    known = {kind for branch in schema["$defs"].values() for kind in _kinds_of(branch)}

    assert known
    assert known <= KINDS.keys()
    at = "2026-11-24T00:30:11.123456Z"
    for kind in known - {"decision", "error"}:
        (section,) = incident({"kind": kind, "at": at, "id": "x", "count": 3}, Teller())
        assert section.paragraphs[0].zh.startswith(KINDS[kind][0])


def _kinds_of(branch) -> list[str]:
    """Return the kinds that a branch of the schema describes, if it describes a record."""
    kind = branch.get("properties", {}).get("kind", {}) if "writer" in branch.get("properties", {}) else {}
    return [kind["const"]] if "const" in kind else kind.get("enum", [])
