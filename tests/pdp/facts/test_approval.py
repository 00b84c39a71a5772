"""A task and the question asked again say the same: approved is what no want of authority stands against."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.assemble import compiled
from pdp.errors import TransitionError
from pdp.facts.approval import rest
from pdp.facts.derive import Deriver
from pdp.facts.situation import Setting
from pdp.ledger.admit import statement
from pdp.ledger.scope import moment
from pdp.ledger.task import LIFE, task
from pdp.model import AccessRequest
from pdp.rulebook.merge import settle
from tests.pdp.facts.test_derive import Counted
from tests.pdp.ledger.conftest import Scribe, law
from tests.pdp.ledger.test_properties import ACTS, COURSE, HOURS, IDS, QUICK, READINGS, START

ROOT = Path(__file__).parents[3]
NAME = "0123456789abcdef0123456789abcdef"
GRANTED = {"agreed", "agreed_in_part", "deemed"}
WANTS_AUTHORITY = {
    "no_application", "application_incomplete", "application_pending", "application_refused", "refusal_defective",
    "application_withdrawn", "authority_expired", "authority_void", "application_predates_rules",
    "deadline_beyond_calendar", "authority_unknown",
}  # fmt: skip
ASK = AccessRequest("B", "read", "R", subject_kind="public_body", scenario="sc-1", purpose="duty")
IDS_HERE = {**IDS, "application": NAME}


@cache
def policies():
    """Return the shipped policies and their rulebook."""
    return compiled(ROOT)


def tell(told: Scribe, course: list[tuple[int, int]]) -> None:
    """Tell what of `course` is lawful, of an application that is a task."""
    at = START
    for number, hours in course:
        at += timedelta(hours=hours)
        kind, speaker, members = ACTS[number]
        named = {"application": NAME} if "application" in members else {}
        said = {"id": IDS_HERE[kind.partition(".")[0]]} | members | named
        try:
            told.ledger.record([statement(kind, said, at, speaker)])
        except TransitionError:
            continue


def derived(world, asked: AccessRequest, now):
    """Return what is known of a question, and the decision."""
    files, rulebook = policies()
    setting = Setting(world, files.instrument, world.law.readings, Counted(), {"sharing": 2})
    return settle(Deriver(setting, files.vocabulary)(asked, now), rulebook, now)


@QUICK
@given(COURSE, READINGS, HOURS)
def test_a_task_is_approved_where_and_only_where_asking_again_finds_authority(course, readings, hours):
    told = Scribe(law(**readings)).bodies().dataset(joint_providers=["C"])
    tell(told, course)
    world, now = told.new_world(), START + timedelta(hours=hours)
    found = task(world.view(now), NAME)
    assume(found is not None)
    approved = found.status == "approved"
    assert approved == (found.approval is not None)
    reference = found.approval.id if approved else "f" * 32
    asked, rested = rest(replace(ASK, approval=reference), world, now)
    assert (asked.application == NAME) == approved
    assert (rested.until is not None) == approved

    inquiry, decision = derived(world, asked, now)
    conditional = [group for group in inquiry.groups if group.facts["sharing_class"] == "conditional"]
    for group in conditional:
        assert (group.facts["authority"] in GRANTED) == approved
    wanting = {finding.rule for finding in decision.findings} & WANTS_AUTHORITY
    if approved:
        assert not wanting
    elif conditional:
        assert wanting


@QUICK
@given(COURSE, READINGS, HOURS)
def test_a_task_says_what_is_waited_for_or_why_it_ended(course, readings, hours):
    told = Scribe(law(**readings)).bodies().dataset(joint_providers=["C"])
    tell(told, course)
    found = task(told.new_world().view(START + timedelta(hours=hours)), NAME)
    assume(found is not None)
    assert (found.step != "") == (found.status == "pending")
    assert (found.reason != "") == (found.status in {"denied", "cancelled"})
    assert (found.refusal is not None) == (found.status == "denied")
    assert found.status == "pending" or not found.awaiting
    if found.approval is not None:
        assert found.approval.approved_at <= START + timedelta(hours=hours) < found.approval.approved_until


@pytest.mark.parametrize("days", [0, 29, 30, 59, 60, 400])
def test_each_reference_is_found_again_as_long_as_it_can_be_held(days):
    told = Scribe(law()).bodies().dataset()
    told.apply("2026-02-12", id=NAME)
    told.say("application.agreed", "2026-02-13", id=NAME)
    now = moment("2026-02-13") + timedelta(days=days)
    world = told.new_world()
    approval = task(world.view(now), NAME).approval
    for later in (timedelta(), LIFE - timedelta(days=days % 30, microseconds=1)):
        asked, rested = rest(replace(ASK, approval=approval.id), world, now + later)
        assert asked.application == NAME
        assert rested.until == approval.approved_until
    asked, rested = rest(replace(ASK, approval=approval.id), world, approval.approved_until)
    assert asked.application is None
    assert (rested.state, rested.until) == ("agreed", None)


@given(st.text(max_size=40))
def test_no_word_but_a_reference_given_out_leads_to_an_application(word):
    told = Scribe(law()).bodies().dataset()
    told.apply("2026-02-12", id=NAME)
    asked, rested = rest(replace(ASK, approval=word), told.new_world(), moment("2026-02-13"))
    assert asked.application is None
    assert rested.state == ""
