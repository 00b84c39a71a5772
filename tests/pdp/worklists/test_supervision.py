"""Sanctions in force and objections to handle."""

from __future__ import annotations

from datetime import date

from pdp.worklists.supervision import objections_due, sanctions_in_force
from tests.pdp.worklists.conftest import listed

ORDER = {"id": "S1", "subject": "X", "datasets": ["R"], "item": "item_1", "due": "2026-02-26"}
LAST, AFTER = "2026-02-26T23:59:59+08:00", "2026-02-27"


def objected(told, side="shared", objector="B"):
    """Let somebody object to R."""
    told.say("objection.raised", "2026-02-12", id="Y1", objector=objector, dataset="R", side=side)


def test_a_suspension_stays_after_its_day_and_goes_when_it_is_lifted(told):
    told.say("sanction.suspended", "2026-02-12", by="A", **ORDER)

    assert listed(told, sanctions_in_force, LAST)["sanction/S1"].zh == "已暂停访问,应于 2026-02-26 前改正,今日到期"
    late = listed(told, sanctions_in_force, AFTER)["sanction/S1"]
    assert (late.zh, late.days_left) == ("已暂停访问,应于 2026-02-26 前改正,已逾期 1 个工作日", -1)
    told.say("sanction.lifted", AFTER, by="A", id="S1", subject="X")
    assert listed(told, sanctions_in_force, AFTER) == {}


def test_a_termination_has_no_day(told):
    told.say("sanction.suspended", "2026-02-12", by="A", **ORDER)
    told.say("sanction.terminated", AFTER, by="A", id="S1", subject="X")

    found = listed(told, sanctions_in_force, AFTER)["sanction/S1"]
    assert (found.state, found.due, found.dataset, found.zh) == ("terminated", None, "R", "已终止访问")


def test_an_objection_to_shared_data_has_five_working_days_from_filing(told):
    told.apply("2026-01-05").say("application.agreed", "2026-01-06", id="A1")
    objected(told)
    assert listed(told, objections_due, "2026-02-12", of="A")["objection/Y1"].zh == "待核查处理,尚未报备,期限未起算"
    told.say("objection.filed", "2026-02-12", by="B", id="Y1", dataset="R")

    assert listed(told, objections_due, LAST, of="A")["objection/Y1"].zh == "应于 2026-02-26 前核查处理,今日到期"
    assert listed(told, objections_due, AFTER, of="A")["objection/Y1"].days_left == -1
    assert listed(told, objections_due, AFTER, of="C") == {}


def test_an_extended_term_counts(told):
    told.apply("2026-01-05").say("application.agreed", "2026-01-06", id="A1")
    objected(told)
    told.say("objection.filed", "2026-02-12", by="B", id="Y1", dataset="R")
    told.say("objection.extended", "2026-02-12", id="Y1", dataset="R", until="2026-03-02")

    found = listed(told, objections_due, AFTER, of="A")["objection/Y1"]
    assert (found.due, found.days_left) == (date(2026, 3, 2), 2)  # Saturday the 28th works


def test_an_objection_leaves_the_list_when_it_is_closed(told):
    objected(told, "open", "X")
    steps = []
    for kind in ("objection.rejected", "objection.fed_back", "objection.filed"):
        steps.append(listed(told, objections_due, "2026-02-12", of="A")["objection/Y1"].zh)
        told.say(kind, "2026-02-12", by="A", id="Y1", dataset="R")

    assert steps == ["待核查处理,无法定期限", "待反馈,无法定期限", "待报备,无法定期限"]
    assert listed(told, objections_due, "2026-02-12", of="A") == {}
