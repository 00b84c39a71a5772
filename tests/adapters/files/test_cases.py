"""Case files are read strictly: what a case says is what is tried, and every slip is shown with its line."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from adapters.files.case import Act, Story, TableCase, Words
from adapters.files.cases import CaseReader, case_files
from pdp.errors import PolicyError
from pdp.model import Outcome

if TYPE_CHECKING:
    from pathlib import Path

WORDS = Words(
    units=frozenset({"art_21__para_1", "art_21__para_4"}),
    grounds=frozenset({"share_deemed", "application_pending"}),
    obligations=frozenset({"purpose_bound"}),
    advisories=frozenset({"late_fulfilment"}),
    remedies=frozenset({"await_answer"}),
    readings=frozenset({"end_of_day"}),
    facts={"relation": frozenset({"sharing", "opening"}), "authority": frozenset({"pending", "deemed"})},
)
WORLD = """\
title: a body
at: "2026-01-05"
given:
  - body.registered: {id: B, name: 乙机构, level: district, basis: administrative_organ}
ask: {subject: B, action: read, dataset: R, purpose: duty, scenario: sc-1}
"""
BASES = "共享: {relation: sharing, authority: deemed}\n"
STORY = """\
- case: 逾期未答复,视为同意共享
  articles: [art_21__para_4]
  at: "2026-02-27T09:00:00+08:00"
  given:
    - world: bodies
    - application.received: {id: A1, applicant: B, dataset: R, scenario: sc-1, at: "2026-02-12"}
  ask: {subject: B, dataset: R, fields: [name], assurance: 3, unsaid: [purpose]}
  expect:
    outcome: PERMIT
    grounds: [share_deemed]
    cites: [art_21__para_4]
    obliges: [purpose_bound]
"""
TABLE = """\
- case: 待答复
  articles: [art_21__para_1]
  base: 共享
  change: {authority: pending}
  at: "2026-02-20T09:00:00+08:00"
  expect: {outcome: DENY, grounds: [application_pending], advises: [], remedies: [await_answer]}
"""
RECORD = """\
- case: 不是提供单位
  articles: [art_21__para_1]
  at: "2026-02-20T09:00:00+08:00"
  given: [{world: bodies}]
  record:
    application.agreed: {id: A1, by: C}
  expect: {refused: true, says: application.agreed}
"""
SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "policies" / "cases" / "worlds").mkdir(parents=True)
    (tmp_path / "policies" / "cases" / "worlds" / "bodies.yaml").write_text(WORLD)
    (tmp_path / "policies" / "cases" / "bases.yaml").write_text(BASES)
    return tmp_path / "policies"


def read(root: Path, text: str, folder: str = "cases"):
    path = root / folder / "art_21.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return CaseReader(root, WORDS).read(path)


def test_a_story_starts_from_its_world_and_asks_what_it_says(root: Path) -> None:
    (case,) = read(root, STORY)
    assert isinstance(case.trial, Story)
    request, expected = case.trial.request, case.trial.expected
    assert [told.kind for told in case.given] == ["body.registered", "application.received"]
    assert case.given[1].at == datetime(2026, 2, 12, tzinfo=SHANGHAI)
    assert case.given[1].place == "policies/cases/art_21.yaml:6"
    assert (request.subject, request.fields, request.assurance) == ("B", ("name",), 3)
    assert (request.scenario, request.purpose) == ("sc-1", None)
    assert expected.outcome is Outcome.PERMIT
    assert expected.advises is None


@pytest.mark.parametrize(("said", "stale"), [("", False), ("ledger_age: current", False), ("ledger_age: stale", True)])
def test_the_copy_of_the_ledger_is_current_unless_a_story_says_that_it_is_stale(
    root: Path, said: str, *, stale: bool
) -> None:
    (case,) = read(root, STORY.replace("  ask:", f"  {said}\n  ask:"))
    assert isinstance(case.trial, Story)
    assert case.trial.stale is stale


def test_a_table_case_is_a_base_with_changes(root: Path) -> None:
    (case,) = read(root, TABLE)
    assert isinstance(case.trial, TableCase)
    assert case.trial.vector == {"relation": "sharing", "authority": "pending"}
    assert case.trial.expected.advises == frozenset()


def test_a_record_is_told_when_the_case_happens(root: Path) -> None:
    (case,) = read(root, RECORD)
    assert isinstance(case.trial, Act)
    assert case.trial.told.at == case.at
    assert (case.trial.refused, case.trial.told.by) == (True, "C")


def test_a_team_s_own_file_finds_its_own_worlds_first_and_then_the_shipped_ones(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = tmp_path_factory.mktemp("team") / "cases"
    (own / "worlds").mkdir(parents=True)
    (own / "worlds" / "more.yaml").write_text(
        WORLD.replace("given:\n", "given:\n  - world: bodies\n").replace("B", "C")
    )
    (own / "art_21.yaml").write_text(STORY.replace("world: bodies", "world: more"))
    (case,) = CaseReader(root, WORDS).read(own / "art_21.yaml")
    assert [told.members["id"] for told in case.given] == ["B", "C", "A1"]
    assert case.given[0].place == "policies/cases/worlds/bodies.yaml:4"
    assert case.path == "cases/art_21.yaml"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (STORY.replace("  ask:", "  ledger_age: old\n  ask:"), 7, '"old" is no age of the ledger'),
        (TABLE.replace("  base:", "  ledger_age: stale\n  base:"), 3, '"ledger_age" is no key here'),
        (STORY.replace("outcome", "outcom"), 9, '"outcom" is no key here; did you mean "outcome"?'),
        (STORY.replace("PERMIT", "PERMITS"), 9, 'did you mean "PERMIT"?'),
        (STORY.replace("[share_deemed]", "[share_demed]"), 10, 'did you mean "share_deemed"?'),
        (STORY.replace("articles: [art_21__para_4]", "articles: [art_21__para_9]"), 2, "is no unit of the law"),
        (STORY.replace("articles: [art_21__para_4]", "articles: []"), 2, "is about no article"),
        (STORY.replace("[purpose_bound]", "[purpose_bond]"), 12, 'did you mean "purpose_bound"?'),
        (STORY.replace("world: bodies", "world: bodys"), 5, 'did you mean "bodies"?'),
        (STORY.replace("application.received", "application.recieved"), 6, 'did you mean "application.received"?'),
        (STORY.replace("applicant: B", "aplicant: B"), 6, 'did you mean "applicant"?'),
        (STORY.replace("applicant: B, ", ""), 6, 'lacks the member "applicant"'),
        (STORY.replace(', at: "2026-02-12"', ""), 6, "does not say when"),
        (STORY.replace('"2026-02-12"', '"2026-02-30"'), 6, "is no day and no instant"),
        (STORY.replace("T09:00:00+08:00", "T09:00:00"), 3, "is no day and no instant"),
        (STORY.replace("subject: B,", "subjct: B,"), 7, 'did you mean "subject"?'),
        (STORY.replace("assurance: 3", "assurance: 7"), 7, "7 is out of range"),
        (STORY.replace("[purpose]", "[purpse]"), 7, 'did you mean "purpose"?'),
        (STORY.replace("unsaid: [purpose]", "unsaid: [action]"), 7, 'names no "action"'),
        (STORY.replace("  ask:", "  aks:"), 1, "puts no question"),
        (STORY.replace("  at:", "  status: maybe\n  at:"), 3, "is no status"),
        (STORY.replace("  at:", "  readings: [end_of_dya]\n  at:"), 3, 'did you mean "end_of_day"?'),
        (STORY + STORY, 13, "stands here twice"),
        (TABLE.replace("共享", "分享"), 3, "is no base"),
        (TABLE.replace("authority: pending", "authority: peding"), 4, 'did you mean "pending"?'),
        (TABLE.replace("authority: pending", "autority: pending"), 4, 'did you mean "authority"?'),
        (RECORD.replace(", says: application.agreed", ""), 7, '"says" goes with a refusal'),
        (RECORD.replace("refused: true", "refused: false"), 7, '"says" goes with a refusal'),
        (STORY.replace("- world: bodies", "- {world: bodies, used: {}}"), 5, "one item tells one statement"),
        (STORY.replace("world: bodies", "used: {application: A1, released: many}"), 5, "is no word"),
    ],
)  # fmt: skip
def test_a_slip_is_shown_with_its_line_and_what_to_write(root: Path, text: str, line: int, says: str) -> None:
    with pytest.raises(PolicyError) as fault:
        read(root, text)
    assert (fault.value.path, fault.value.line) == ("policies/cases/art_21.yaml", line)
    assert says in str(fault.value)


def test_worlds_that_rest_on_each_other_are_refused(root: Path) -> None:
    (root / "cases" / "worlds" / "bodies.yaml").write_text(WORLD.replace("given:\n", "given:\n  - world: bodies\n"))
    with pytest.raises(PolicyError, match=r'worlds/bodies.yaml:4: world "bodies" rests on itself'):
        read(root, STORY)


def test_a_base_that_leaves_a_fact_out_is_refused(root: Path) -> None:
    (root / "cases" / "bases.yaml").write_text("共享: {relation: sharing}\n")
    with pytest.raises(PolicyError, match=r'bases.yaml:1: "authority" is missing'):
        read(root, TABLE)


def test_what_a_statement_says_is_checked_unless_it_is_to_be_refused(root: Path) -> None:
    broken = RECORD.replace("{id: A1, by: C}", '{id: "A 1", by: C}')
    (case,) = read(root, broken)
    assert isinstance(case.trial, Act)
    with pytest.raises(PolicyError, match=r"art_21.yaml:6: application.agreed"):
        read(root, broken.replace("{refused: true, says: application.agreed}", "{refused: false}"))


def test_case_files_are_found_in_the_order_of_their_articles(root: Path) -> None:
    for name in ("art_21.yaml", "art_03.yaml"):
        (root / "cases" / name).write_text(TABLE)
    assert [path.name for path in case_files(root / "cases")] == ["art_03.yaml", "art_21.yaml"]
