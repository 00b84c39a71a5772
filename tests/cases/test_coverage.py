"""What no case touches: rules, rows, duties, notes, readings and coded paragraphs. Each list must be empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.files.case import Act, Story
from adapters.files.cases import case_files
from adapters.settings import CHECKOUT
from adapters.testing.under_test import UnderTest
from pdp.model import Effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adapters.testing.runner import Result
    from pdp.rulebook.rule import PolicyTable

LEAST = 170


@pytest.fixture(scope="module")
def tried() -> UnderTest:
    return UnderTest.of(CHECKOUT)


@pytest.fixture(scope="module")
def results(tried: UnderTest) -> list[Result]:
    files = case_files(CHECKOUT / "policies" / "cases")
    return [tried.run(case) for path in files for case in tried.read(path)]


def _permits(result: Result) -> bool:
    """Return whether the case shows the side on which something is given: data released, or a statement recorded."""
    trial = result.case.trial
    return not trial.refused if isinstance(trial, Act) else trial.expected.outcome.permits


def _rules(tried: UnderTest, *effects: Effect) -> set[str]:
    return {ground.id for ground in tried.rulebook.grounds.values() if ground.effect in effects}


def _expected(results: Iterable[Result], name: str) -> set[str]:
    return {
        word
        for result in results
        if not isinstance(result.case.trial, Act)
        for word in getattr(result.case.trial.expected, name) or ()
    }


def test_there_are_enough_cases_and_every_one_comes_out_as_it_says(results: list[Result]) -> None:
    assert len(results) >= LEAST
    assert [result.case.name for result in results if not result.passed] == []


@pytest.mark.parametrize("effect", [Effect.FORBID, Effect.REFER, Effect.DOUBT, Effect.PERMIT])
def test_every_rule_is_a_ground_of_some_case(tried: UnderTest, results: list[Result], effect: Effect) -> None:
    assert _rules(tried, effect) - _expected(results, "grounds") == set()


@pytest.mark.parametrize(("effect", "name"), [(Effect.OBLIGE, "obliges"), (Effect.ADVISE, "advises")])
def test_every_duty_and_note_is_expected_by_some_case(
    tried: UnderTest, results: list[Result], effect: Effect, name: str
) -> None:
    assert _rules(tried, effect) - _expected(results, name) == set()


@pytest.mark.parametrize("table", ["permissions", "purposes"])
def test_every_row_permits_some_case(tried: UnderTest, results: list[Result], table: str) -> None:
    rows: PolicyTable = getattr(tried.policies, table)
    vectors = [
        [group.facts[column] for column in rows.columns]
        for result in results
        if result.inquiry is not None and result.decision is not None
        for group, verdict in zip(result.inquiry.groups, result.decision.verdicts, strict=True)
        if verdict.outcome.permits
    ]
    idle = [
        row
        for row in rows.rows
        if not any(all(cell in {"*", value} for cell, value in zip(row.cells, v, strict=True)) for v in vectors)
    ]
    assert idle == []


@pytest.mark.parametrize("side", [_permits, lambda result: not _permits(result)], ids=["given", "refused"])
def test_every_coded_paragraph_has_a_case_on_both_sides(
    tried: UnderTest, results: list[Result], side: Callable[[Result], bool]
) -> None:
    touched = {unit for result in results if side(result) for unit in result.case.mentions}
    above = {unit.rpartition("__item_")[0] for unit in touched}
    coded = {unit.id for unit in tried.policies.instrument.units.values() if unit.coded and "__item_" not in unit.id}
    assert sorted(coded - touched - above) == []


def test_every_coded_item_has_a_case(tried: UnderTest, results: list[Result]) -> None:
    touched = {unit for result in results for unit in result.case.mentions}
    coded = {unit.id for unit in tried.policies.instrument.units.values() if unit.coded and "__item_" in unit.id}
    assert sorted(coded - touched) == []


def test_every_reading_is_shown_by_a_case(tried: UnderTest, results: list[Result]) -> None:
    shown = {reading for result in results for reading in result.case.readings}
    assert set(tried.policies.readings.entries) - shown == set()


def test_every_remedy_is_offered_by_some_case(tried: UnderTest, results: list[Result]) -> None:
    assert set(tried.policies.duties.remedies) - _expected(results, "remedies") == set()


def test_a_case_stands_in_the_file_of_its_first_article(results: list[Result]) -> None:
    misplaced = [
        result.case.name for result in results if not result.case.path.endswith(f"art_{result.case.article:02}.yaml")
    ]
    assert misplaced == []


def test_each_clock_boundary_has_both_its_instants(results: list[Result]) -> None:
    """A case at midnight sharp has a neighbour with the same question and the same story, one moment before."""
    stories = [result.case for result in results if isinstance(result.case.trial, Story)]
    at_midnight = [case for case in stories if case.at.hour == case.at.minute == case.at.second == 0]
    before = [case for case in stories if (case.at.hour, case.at.minute) >= (23, 50)]
    lonely = [
        case.name
        for case in at_midnight
        if not any(
            0 < (case.at - other.at).total_seconds() <= 600 and other.trial.request == case.trial.request
            for other in before
        )
    ]
    assert lonely == []
