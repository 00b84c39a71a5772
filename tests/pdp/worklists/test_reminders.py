"""Everything that falls due on one day, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from pdp.worklists.reminders import due_on
from tests.pdp.worklists.conftest import listed

NOW, FIFTH, TENTH = "2026-02-12", date(2026, 2, 26), date(2026, 3, 4)


@pytest.fixture
def busy(told):
    """Return a scribe with one matter of each sort that falls due on the fifth working day."""
    told.apply("2026-01-05", id="A0").say("application.agreed", "2026-01-06", id="A0")
    told.say("application.fulfilled", "2026-01-06", by="A", id="A0")
    told.apply()
    told.say("objection.raised", NOW, id="Y1", objector="B", dataset="R", side="shared")
    told.say("objection.filed", NOW, by="B", id="Y1", dataset="R")
    told.say(
        "sanction.suspended", NOW, by="A", id="S1", subject="X", datasets=["R"], item="item_1", due=FIFTH.isoformat()
    )
    told.say("rectification.ordered", NOW, id="Z1", body="A", item="item_1", due=FIFTH.isoformat())
    return told


def test_a_day_has_every_matter_that_falls_due_on_it_and_its_neighbours_none(busy):
    found = listed(busy, due_on, NOW, day=FIFTH)

    assert {name: item.zh for name, item in found.items()} == {
        "application/A1": "应于 2026-02-26 前答复,还剩 5 个工作日",
        "objection/Y1": "应于 2026-02-26 前核查处理,还剩 5 个工作日",
        "sanction/S1": "已暂停访问,应于 2026-02-26 前改正,还剩 5 个工作日",
        "rectification/Z1": "应于 2026-02-26 前整改,还剩 5 个工作日",
    }
    assert listed(busy, due_on, NOW, day=date(2026, 2, 25)) == listed(busy, due_on, NOW, day=date(2026, 2, 27)) == {}


def test_what_is_done_falls_due_no_more(busy):
    busy.say("application.withdrawn", NOW, id="A1")
    busy.say("rectification.verified", NOW, id="Z1", body="A")

    assert listed(busy, due_on, NOW, day=FIFTH).keys() == {"objection/Y1", "sanction/S1"}


def test_a_grant_is_to_be_supplied_by_the_tenth_working_day_from_receipt(busy):
    assert listed(busy, due_on, NOW, day=TENTH) == {}
    found = listed(busy, due_on, "2026-02-27", day=TENTH)
    assert found.keys() == {"application/A1"}
    assert found["application/A1"].zh == "应于 2026-03-04 前完成共享,还剩 4 个工作日"  # Saturday the 28th works
    busy.say("application.fulfilled", "2026-02-28", by="A", id="A1")
    assert listed(busy, due_on, "2026-02-28", day=TENTH) == {}
