"""A case is tried exactly as it says: each expectation that is not met is named, and only those."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from adapters.files.case import Act, Case, Story
from adapters.settings import CHECKOUT
from adapters.testing.under_test import UnderTest
from pdp.model import Outcome

if TYPE_CHECKING:
    from adapters.testing.runner import Result

CASES = CHECKOUT / "policies" / "cases"


@pytest.fixture(scope="module")
def tried() -> UnderTest:
    return UnderTest.of(CHECKOUT)


def named(tried: UnderTest, file: str, words: str) -> Case:
    return next(case for case in tried.read(CASES / file) if words in case.name)


def expecting(tried: UnderTest, **otherwise: object) -> Result:
    case = named(tried, "art_21.yaml", "通过区大数据平台获取,予以提供")
    assert isinstance(case.trial, Story)
    expected = replace(case.trial.expected, **otherwise)  # type: ignore[arg-type]  # named by the test
    return tried.run(replace(case, trial=replace(case.trial, expected=expected)))


@pytest.mark.parametrize(
    ("otherwise", "about"),
    [
        ({"outcome": Outcome.DENY}, "结论"),
        ({"grounds": frozenset({"share_agreed", "share_deemed"})}, "依据"),
        ({"grounds": frozenset()}, "依据"),
        ({"cites": frozenset({"art_24__para_1"})}, "条款(至少)"),
        ({"obliges": frozenset({"quota_counted"})}, "义务(至少)"),
        ({"remedies": frozenset({"use_api"})}, "补救途径(至少)"),
        ({"advises": frozenset({"late_fulfilment"})}, "提示"),
        ({"granted": frozenset({"name"})}, "提供的字段"),
        ({"withheld": frozenset({"name"})}, "不提供的字段"),
    ],
)
def test_an_expectation_that_is_not_met_is_the_only_difference(
    tried: UnderTest, otherwise: dict[str, object], about: str
) -> None:
    result = expecting(tried, **otherwise)
    assert [difference.about for difference in result.differences] == [about]
    assert f"  {about}\n    应为:" in tried.shown(result)


def test_what_is_not_expected_is_not_compared(tried: UnderTest) -> None:
    nothing: dict[str, object] = {"advises": None, "granted": None, "withheld": None, "valid_until": None}
    assert expecting(tried, cites=frozenset(), obliges=frozenset(), **nothing).passed


def test_an_answer_s_end_is_compared_to_the_second(tried: UnderTest) -> None:
    case = named(tried, "art_37.yaml", "写明截止时间")
    assert tried.run(case).passed
    assert isinstance(case.trial, Story)
    expected = replace(case.trial.expected, valid_until=case.at)
    result = tried.run(replace(case, trial=replace(case.trial, expected=expected)))
    assert [(difference.about, difference.found) for difference in result.differences] == [
        ("有效至", "2026-04-10T00:00:00+08:00")
    ]


def test_an_act_that_is_recorded_although_it_should_be_refused_is_a_difference(tried: UnderTest) -> None:
    case = named(tried, "art_05.yaml", "此时它就是提供单位")
    assert isinstance(case.trial, Act)
    result = tried.run(replace(case, trial=replace(case.trial, refused=True, says="nothing")))
    assert [difference.found for difference in result.differences] == ["予以记录"]


def test_a_refusal_for_another_reason_is_a_difference(tried: UnderTest) -> None:
    case = named(tried, "art_05.yaml", "代甲机构答复申请")
    assert isinstance(case.trial, Act)
    result = tried.run(replace(case, trial=replace(case.trial, says="the moon is full")))
    assert "application.agreed" in result.differences[0].found


def test_a_case_leaves_nothing_behind_for_the_next(tried: UnderTest) -> None:
    case = named(tried, "art_21.yaml", "第五个工作日尚未结束,申请仍待答复")
    first, second = tried.run(case), tried.run(case)
    assert first.decision == second.decision
    assert [statement.hash for statement in first.statements] == [statement.hash for statement in second.statements]
