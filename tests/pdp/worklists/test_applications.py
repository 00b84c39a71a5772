"""Who has to answer by when, what silence left, and which grants lie idle; boundaries of working days in pairs."""

from __future__ import annotations

from datetime import date

import pytest

from pdp.ledger.scope import moment
from pdp.worklists.applications import (
    answers_due,
    answers_overdue,
    grants_unused,
    open_applications,
    refusals_defective,
)
from tests.pdp.worklists.conftest import listed

REASONS = {"explanation": "说明", "statutory_cause": "法定事因"}


@pytest.mark.parametrize(
    ("at", "left", "zh"),
    [
        ("2026-02-12", 5, "应于 2026-02-26 前答复,还剩 5 个工作日"),
        ("2026-02-13T23:59:59+08:00", 4, "应于 2026-02-26 前答复,还剩 4 个工作日"),
        ("2026-02-14", 3, "应于 2026-02-26 前答复,还剩 3 个工作日"),  # a Saturday that works
        ("2026-02-23T23:59:59+08:00", 3, "应于 2026-02-26 前答复,还剩 3 个工作日"),
        ("2026-02-24", 2, "应于 2026-02-26 前答复,还剩 2 个工作日"),
        ("2026-02-25T23:59:59+08:00", 1, "应于 2026-02-26 前答复,还剩 1 个工作日"),
        ("2026-02-26", 0, "应于 2026-02-26 前答复,今日到期"),
        ("2026-02-26T23:59:59+08:00", 0, "应于 2026-02-26 前答复,今日到期"),
    ],
)
def test_an_answer_due_says_how_many_working_days_are_left(told, at, left, zh):
    found = listed(told.apply(), answers_due, at, of="A")["application/A1"]

    assert (found.days_left, found.zh, found.due) == (left, zh, date(2026, 2, 26))
    assert (found.subject, found.dataset, found.state) == ("B", "R", "pending")
    assert found.since == moment("2026-02-12")
    assert told.ledger.head() in found.statements


def test_an_answer_passes_from_due_to_overdue_at_midnight_after_its_last_day(told):
    told.apply()
    last, after = "2026-02-26T23:59:59+08:00", "2026-02-27"

    assert set(listed(told, answers_due, last, of="A")) == {"application/A1"}
    assert listed(told, answers_overdue, last, of="A") == listed(told, answers_due, after, of="A") == {}
    late = listed(told, answers_overdue, after, of="A")["application/A1"]
    assert (late.state, late.days_left, late.since) == ("deemed", -1, moment(after))
    assert late.zh == "2026-02-26 期满未答复,自 2026-02-27 起视为同意,待确认"


def test_a_confirmed_consent_is_no_longer_overdue(told):
    told.apply().say("application.agreed", "2026-03-02", id="A1")

    assert set(listed(told, answers_overdue, "2026-03-01", of="A")) == {"application/A1"}
    assert listed(told, answers_overdue, "2026-03-02", of="A") == {}


def test_silence_that_deems_nothing_is_overdue_until_it_is_broken(scribe):
    told = scribe(deemed_consent_today="no_effect_where_809_applies").bodies().dataset().apply()

    late = listed(told, answers_overdue, "2026-02-27", of="A")["application/A1"]
    assert (late.state, late.zh) == ("pending", "2026-02-26 期满未答复,不视为同意,仍应答复")
    assert listed(told, answers_due, "2026-02-27", of="A") == {}
    told.say("application.refused", "2026-02-27", id="A1", **REASONS)
    assert listed(told, answers_overdue, "2026-02-27", of="A") == {}


def test_nobody_is_asked_for_the_answers_of_another_provider(told):
    assert listed(told.apply(), answers_due, "2026-02-12", of="C") == {}


def test_each_joint_provider_answers_for_itself(scribe):
    told = scribe().bodies().dataset(joint_providers=["C"]).apply()
    told.say("application.agreed", "2026-02-13", by="A", id="A1")

    assert listed(told, answers_due, "2026-02-13", of="A") == {}
    assert set(listed(told, answers_due, "2026-02-13", of="C")) == {"application/A1"}
    assert listed(told, answers_overdue, "2026-02-27", of="A") == {}
    assert set(listed(told, answers_overdue, "2026-02-27", of="C")) == {"application/A1"}


def test_a_successor_has_the_duties_and_the_applications_of_its_predecessor(told):
    told.apply()
    told.say("body.succeeded", "2026-02-13", id="A", successor="C")
    told.say("body.succeeded", "2026-02-13", id="B", successor="city")

    assert set(listed(told, answers_due, "2026-02-13", of="C")) == {"application/A1"}
    assert set(listed(told, open_applications, "2026-02-13", of="city")) == {"application/A1"}
    assert (
        listed(told, answers_due, "2026-02-13", of="A") == listed(told, open_applications, "2026-02-13", of="B") == {}
    )


def test_a_term_beyond_the_calendar_is_unknown_and_never_guessed(told):
    told.apply("2026-12-30")

    found = listed(told, answers_due, "2026-12-30", of="A")["application/A1"]
    assert (found.due, found.days_left, found.zh) == (None, None, "工作日历未公布,答复期限无法计算")


def test_what_was_received_before_the_law_has_no_clock(told):
    found = listed(told.apply("2023-05-24"), answers_due, "2026-02-12", of="A")["application/A1"]

    assert (found.state, found.due, found.zh) == ("predates", None, "本办法施行前收到,不计答复期限")


def test_an_applicant_sees_what_waits_for_an_answer_on_both_sides(told):
    told.apply().apply(id="A2", scope=None).apply(id="A3").ask_opening()
    told.say("application.withdrawn", "2026-02-13", id="A3")

    asked = listed(told, open_applications, "2026-02-13", of="B")
    assert {name: item.state for name, item in asked.items()} == {
        "application/A1": "pending", "application/A2": "incomplete",
    }  # fmt: skip
    assert asked["application/A2"].zh == "场景或者范围不全,待补正后起算期限"
    opening = listed(told, open_applications, "2026-02-13", of="X")["opening/O1"]
    assert (opening.due, opening.zh) == (None, "等待开放审核,无法定期限")
    assert listed(told, open_applications, "2026-02-27", of="B").keys() == {"application/A2"}


def test_a_refusal_without_its_reasons_is_found_and_one_with_them_is_not(told):
    told.apply().apply(id="A2")
    told.say("application.refused", "2026-02-13", id="A1", explanation="说明")
    told.say("application.refused", "2026-02-13", id="A2", **REASONS)

    assert listed(told, refusals_defective, "2026-02-13").keys() == {"application/A1"}


def test_a_grant_is_unused_until_a_decision_is_released_and_unknown_use_is_not_claimed(told):
    told.apply().apply(id="A2").apply(id="A3")
    used = {"A1": 0, "A2": 1, "A3": None}.__getitem__

    assert listed(told, grants_unused, "2026-02-26", used=used) == {}
    found = listed(told, grants_unused, "2026-02-27", used=used)
    assert found.keys() == {"application/A1"}
    assert found["application/A1"].since == moment("2026-02-27")
