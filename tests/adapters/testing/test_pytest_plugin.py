"""Any team's suite can collect case files: they pass, fail with reasons, or are refused with file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.settings import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]

NAME = "逾期未答复,视为同意共享"
CASE = f"""\
- case: {NAME}
  articles: [art_21__para_4]
  at: "2026-02-27T09:00:00+08:00"
  given:
    - world: two_bodies_one_conditional_dataset
    - application.received:
        {{id: A1, applicant: B, dataset: R, scenario: sc-1, scope: {{fields: [name]}}, at: "2026-02-12"}}
  ask: {{subject: B, dataset: R, fields: [name]}}
  expect: {{outcome: PERMIT, grounds: [share_deemed], cites: [art_21__para_4]}}
"""
QUICKLY = ("-p", "no:randomly", "-p", "no:hypothesispytest", "-p", "no:cov", "-p", "no:xdist")
POLICIES = (f"--pdp-policies={CHECKOUT}", *QUICKLY)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the runs of this module keep what they compiled."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, cache: Path) -> pytest.Pytester:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    pytester.mkdir("cases")
    return pytester


def write(suite: pytest.Pytester, text: str, name: str = "cases/art_21.yaml") -> None:
    (suite.path / name).write_text(text)


def test_a_case_is_a_test_that_bears_its_sentence(suite: pytest.Pytester) -> None:
    write(suite, CASE)
    result = suite.runpytest_subprocess(*POLICIES, "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"cases/art_21.yaml::{NAME} PASSED*"])


def test_a_failing_case_shows_what_should_be_what_is_and_why(suite: pytest.Pytester) -> None:
    write(suite, CASE.replace("02-27", "02-26"))
    result = suite.runpytest_subprocess(*POLICIES)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*第二十一条第四款 art_21__para_4",
            "*应为:予以提供 PERMIT",
            "*实为:不予提供 DENY",
            "*应为:share_deemed",
            "*实为:application_pending",
            "*授权状态 = 待答复(authority: pending) ← application.received A1 2026-02-12(B)*",
            "*不予提供 application_pending:*(第二十一条第一款)",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_a_story_that_the_law_does_not_allow_fails_where_it_is_told(suite: pytest.Pytester) -> None:
    write(suite, CASE.replace("  ask:", '    - application.agreed: {id: A1, by: C, at: "2026-02-13"}\n  ask:'))
    result = suite.runpytest_subprocess(*POLICIES)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*前提不能成立:cases/art_21.yaml:8: application.agreed *"])


def test_a_broken_file_is_refused_with_its_line(suite: pytest.Pytester) -> None:
    write(suite, CASE.replace("outcome", "outcom"))
    result = suite.runpytest_subprocess(*POLICIES)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*art_21.yaml:9: "outcom" is no key here; did you mean "outcome"?'])


def test_without_policies_named_a_strange_suite_is_left_alone(suite: pytest.Pytester) -> None:
    write(suite, CASE)
    result = suite.runpytest_inprocess(*QUICKLY)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_other_yaml_files_are_left_alone(suite: pytest.Pytester) -> None:
    write(suite, CASE, "cases/compose.yaml")
    write(suite, CASE, "art_21.yaml")
    assert suite.runpytest_inprocess(*POLICIES).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_file_given_by_name_is_collected_wherever_it_stands(suite: pytest.Pytester) -> None:
    write(suite, CASE, "ours.yaml")
    suite.runpytest_inprocess("ours.yaml", *POLICIES).assert_outcomes(passed=1)


def test_one_article_can_be_asked_for(suite: pytest.Pytester) -> None:
    write(suite, CASE)
    assert suite.runpytest_inprocess(*POLICIES, "--pdp-article", "22").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    suite.runpytest_inprocess(*POLICIES, "--pdp-article", "21").assert_outcomes(passed=1)


def test_an_open_case_neither_passes_nor_fails_unless_it_is_told_to(suite: pytest.Pytester) -> None:
    write(suite, CASE.replace("02-27", "02-26") + "  status: open\n")
    suite.runpytest_inprocess(*POLICIES).assert_outcomes(skipped=1)
    suite.runpytest_inprocess(*POLICIES, "--pdp-open", "fail").assert_outcomes(failed=1)


def test_a_suite_can_decide_a_case_itself(suite: pytest.Pytester) -> None:
    write(suite, CASE, "ours.txt")
    suite.makepyfile(
        """
        from pathlib import Path

        def test_deemed(pdp_cases, pdp_decide):
            (case,) = pdp_cases(Path("ours.txt"))
            result = pdp_decide(case)
            assert result.passed
            assert [ground.rule for ground in result.decision.grounds] == ["share_deemed"]
        """
    )
    suite.runpytest_inprocess(*POLICIES).assert_outcomes(passed=1)
