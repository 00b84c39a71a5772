"""Whatever falls due or was let pass, and who must act."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pdp.ledger.scope import moment
from pdp.worklists.page import Paging
from pdp.worklists.reminders import due_on, notices
from tests.pdp.ledger.conftest import Scribe, law

NOW, FIFTH, TENTH = "2026-02-12", date(2026, 2, 26), date(2026, 3, 4)


def told_of(scribe: Scribe, at: str, first: date, last: date) -> dict[str, list[tuple[str, ...]]]:
    """Return who must act, by matter."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for notice in notices(scribe.ledger, scribe.new_world(), moment(at), first, last):
        found.setdefault(notice.item.entity, []).append(notice.bodies)
    return found


def busy(**chosen: str) -> Scribe:
    """Return a ledger with one matter of each sort that falls due on the fifth working day."""
    told = Scribe(law(**chosen)).bodies().dataset().apply()
    told.say("objection.raised", NOW, id="Y1", objector="B", dataset="R", side="shared")
    told.say("objection.filed", NOW, by="B", id="Y1", dataset="R")
    told.say("sanction.suspended", NOW, by="A", id="S1", subject="X", datasets=["R"], item="item_1", due=str(FIFTH))
    told.say("rectification.ordered", NOW, id="Z1", body="B", item="item_1", due=str(FIFTH))
    return told


def test_every_matter_is_told_to_whoever_must_act():
    assert told_of(busy(), "2026-02-26", FIFTH, FIFTH) == {
        "application/A1": [("A",)],
        "objection/Y1": [("A",)],
        "sanction/S1": [("X",)],
        "rectification/Z1": [("B",)],
    }


def test_a_successor_is_told_in_place_of_the_body_it_succeeded():
    told = busy()
    told.say("body.succeeded", "2026-02-13", id="A", successor="C")
    told.say("body.succeeded", "2026-02-13", id="B", successor="C")
    found = told_of(told, "2026-02-26", FIFTH, FIFTH)

    assert {name: found[name] for name in ("application/A1", "objection/Y1", "rectification/Z1")} == {
        "application/A1": [("C",)],
        "objection/Y1": [("C",)],
        "rectification/Z1": [("C",)],
    }


def test_silence_is_told_whatever_it_means_until_it_is_answered():
    for told in (busy(), busy(deemed_consent_today="no_effect_where_809_applies")):
        assert told_of(told, "2026-02-27", FIFTH, FIFTH)["application/A1"] == [("A",)]
        told.say("application.agreed", "2026-02-27", id="A1")
        assert "application/A1" not in told_of(told, "2026-02-28", FIFTH, FIFTH)


def test_a_silent_provider_owes_the_supply_too():
    told = busy()

    assert told_of(told, "2026-03-04", TENTH, TENTH) == {"application/A1": [("A",)]}
    assert told_of(told, "2026-03-04", FIFTH, TENTH)["application/A1"] == [("A",), ("A",)]  # its silence, the supply


def test_of_joint_providers_only_those_are_told_who_have_not_answered():
    told = Scribe(law()).bodies().dataset(joint_providers=["C"]).apply()
    assert told_of(told, "2026-02-26", FIFTH, FIFTH) == {"application/A1": [("A", "C")]}
    told.say("application.agreed", "2026-02-13", by="A", id="A1")
    assert told_of(told, "2026-02-26", FIFTH, FIFTH) == {"application/A1": [("C",)]}
    assert told_of(told, "2026-02-27", FIFTH, FIFTH) == {"application/A1": [("C",)]}


def test_an_application_completed_later_falls_due_by_its_completion():
    told = Scribe(law()).bodies().dataset().apply(scenario=None, scope=None)
    told.say("application.completed", "2026-02-24", id="A1", scenario="sc-1", scope={"fields": ["a"]})

    assert told_of(told, "2026-02-26", FIFTH, FIFTH) == {}
    assert told_of(told, "2026-02-26", FIFTH, date(2026, 3, 2)) == {"application/A1": [("A",)]}


@given(at=st.integers(0, 25), due=st.integers(0, 25))
def test_a_day_that_is_not_over_has_the_matters_of_its_list(at, due):
    now, day = date(2026, 2, 12) + timedelta(days=at), date(2026, 2, 12) + timedelta(days=due)
    if day < now:
        return
    listed = due_on(BUSY.ledger, BUSY.world, moment(str(now)), Paging(size=500), day)

    found = [one.item for one in notices(BUSY.ledger, BUSY.world, moment(str(now)), day, day)]
    assert found == list(listed.items)


BUSY = busy()
