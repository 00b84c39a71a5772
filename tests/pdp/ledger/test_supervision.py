"""8.3 to 8.5 and 8.7: objections, sanctions, orders to rectify, emergency measures."""

from __future__ import annotations

import pytest

from pdp.ledger.scope import moment
from pdp.ledger.states import Measures, Standing

OBJECTION = {"id": "Y1", "dataset": "R"}
ORDER = {"id": "S1", "subject": "X", "datasets": ["R"], "item": "item_1", "due": "2026-03-01"}
ENDS = {"id": "S1", "subject": "X"}


def objection(told, day: str) -> str:
    """Return the fact about R on `day`."""
    return told.world.dataset("R", moment(day)).objection


def standing(told, day: str, name: str = "X") -> Standing:
    """Return what supervision has on record about `name` on `day`."""
    return told.world.standing(name, moment(day))


@pytest.fixture
def shared(told):
    """Return a scribe whom B told of an objection to shared data, filed at once."""
    told.say("objection.raised", "2026-02-12", objector="B", side="shared", **OBJECTION)
    told.say("objection.filed", "2026-02-12", **OBJECTION)
    return told


@pytest.fixture
def opened(told):
    """Return a scribe whom X told of an objection to open data."""
    told.say("objection.raised", "2026-02-12", objector="X", side="open", **OBJECTION)
    return told


def test_an_objection_to_shared_data_is_overdue_after_five_working_days_from_filing(shared):
    assert objection(shared, "2026-02-26T23:59:59+08:00") == "shared_open"
    assert objection(shared, "2026-02-27") == "shared_overdue"


def test_an_objection_that_was_never_filed_has_no_clock_unless_the_reading_gives_it_one(scribe):
    for reading, state in (("filing", "shared_open"), ("notice", "shared_overdue")):
        told = scribe(objection_clock_start=reading).bodies().dataset()
        told.say("objection.raised", "2026-02-12", objector="B", side="shared", **OBJECTION)

        assert objection(told, "2026-02-27") == state


def test_the_regulator_extends_without_maximum(shared):
    shared.say("objection.extended", "2026-02-20", until="2026-12-31", **OBJECTION)

    assert objection(shared, "2026-02-20") == objection(shared, "2026-12-31T23:59:59+08:00") == "shared_extended"
    assert objection(shared, "2027-01-01") == "shared_overdue"
    assert "is for the regulator" in shared.refused(
        "objection.extended", "2026-02-21", by="A", until="2027-12-31", **OBJECTION
    )


@pytest.mark.parametrize("outcome", ["corrected", "rejected"])
def test_an_objection_to_shared_data_is_closed_by_feedback(shared, outcome):
    shared.say(f"objection.{outcome}", "2026-02-24", **OBJECTION)
    assert objection(shared, "2026-02-27") == "shared_overdue", "handling without feedback is not enough"

    shared.say("objection.fed_back", "2026-02-25", **OBJECTION)
    assert objection(shared, "2026-02-27") == "none"


@pytest.mark.parametrize("outcome", ["corrected", "rejected"])
def test_an_objection_to_open_data_has_no_clock_and_is_closed_by_the_providers_filing(opened, outcome):
    assert objection(opened, "2036-01-01") == "open_data"
    opened.say(f"objection.{outcome}", "2026-03-01", **OBJECTION)
    opened.say("objection.fed_back", "2026-03-02", **OBJECTION)
    assert objection(opened, "2026-03-02") == "open_data"

    opened.say("objection.filed", "2026-03-03", **OBJECTION)
    assert objection(opened, "2026-03-03") == "none"


def test_the_objector_files_for_shared_data_and_the_provider_for_open_data(told):
    told.say("objection.raised", "2026-02-12", objector="B", side="shared", **OBJECTION)
    other = {"id": "Y2", "dataset": "R"}
    told.say("objection.raised", "2026-02-12", objector="X", side="open", **other)
    told.say("objection.rejected", "2026-02-13", **other)
    told.say("objection.fed_back", "2026-02-13", **other)

    assert "is for the objector" in told.refused("objection.filed", "2026-02-13", by="A", **OBJECTION)
    assert "is for the provider" in told.refused("objection.filed", "2026-02-13", by="X", **other)


def test_bodies_object_to_shared_data_and_the_public_to_open_data(told):
    for objector, side in (("B", "open"), ("X", "shared"), ("P", "shared"), ("nobody", "open")):
        refusal = told.refused("objection.raised", "2026-02-12", objector=objector, side=side, **OBJECTION)
        assert "bodies object to shared data" in refusal


def test_steps_of_an_objection_are_not_skipped(opened):
    assert "is raised" in opened.refused("objection.fed_back", "2026-02-13", **OBJECTION)
    assert "comes after feedback" in opened.refused("objection.filed", "2026-02-13", **OBJECTION)
    assert "has no clock" in opened.refused("objection.extended", "2026-02-13", until="2026-03-01", **OBJECTION)
    assert "not raised" in opened.refused("objection.corrected", "2026-02-13", id="Y9", dataset="R")


def test_of_several_objections_the_gravest_shows(shared):
    shared.say("objection.raised", "2026-02-13", objector="X", side="open", id="Y2", dataset="R")

    assert objection(shared, "2026-02-13") == "shared_open"
    shared.say("objection.corrected", "2026-02-14", **OBJECTION)
    shared.say("objection.fed_back", "2026-02-14", **OBJECTION)
    assert objection(shared, "2026-02-14") == "open_data"


def test_an_order_closes_access_at_once_and_to_the_named_data_only(told):
    seq = told.say("sanction.suspended", "2026-02-12", **ORDER)

    assert standing(told, "2026-02-11").suspended == frozenset()
    assert standing(told, "2026-02-12").suspended == {"R"}
    assert standing(told, "2026-02-12").said == {"suspended": (seq,)}


def test_no_sanction_ends_by_time(told):
    told.say("sanction.suspended", "2026-02-12", **ORDER)

    assert standing(told, "2036-01-01").suspended == {"R"}
    assert standing(told, "2026-02-12").until is None


def test_a_reported_correction_changes_nothing_until_the_issuer_lifts(told):
    told.say("sanction.suspended", "2026-02-12", **ORDER)
    told.say("sanction.corrected", "2026-02-20", **ENDS)
    assert standing(told, "2026-02-20").suspended == {"R"}

    told.say("sanction.lifted", "2026-02-21", **ENDS)
    assert standing(told, "2026-02-21") == Standing(), "a lifted sanction and no sanction are equal"


def test_what_was_not_corrected_is_terminated_by_the_issuer(told):
    told.say("sanction.suspended", "2026-02-12", **ORDER)
    told.say("sanction.terminated", "2026-03-02", **ENDS)

    found = standing(told, "2036-01-01")
    assert (found.suspended, found.terminated) == (frozenset(), {"R"})


def test_the_way_back_after_termination_is_an_act_of_the_issuer(told):
    told.say("sanction.suspended", "2026-02-12", **ORDER)
    told.say("sanction.terminated", "2026-03-02", **ENDS)
    told.say("sanction.corrected", "2026-03-03", **ENDS)
    assert standing(told, "2026-03-03").terminated == {"R"}

    told.say("sanction.lifted", "2026-03-04", **ENDS)
    assert standing(told, "2026-03-04") == Standing()


def test_a_reported_correction_ends_a_sanction_where_the_reading_says_so(scribe):
    told = scribe(sanction_exit="on_correction").bodies().dataset()
    told.say("sanction.suspended", "2026-02-12", **ORDER)
    told.say("sanction.corrected", "2026-02-20", **ENDS)

    assert standing(told, "2026-02-20") == Standing()


def test_two_orders_are_lifted_one_by_one(told):
    told.say("sanction.suspended", "2026-02-12", **ORDER)
    told.say("sanction.suspended", "2026-02-12", **(ORDER | {"id": "S2"}))
    told.say("sanction.lifted", "2026-02-13", **ENDS)

    assert standing(told, "2026-02-13").suspended == {"R"}


def test_only_the_body_competent_for_the_data_orders(told):
    for speaker in ("regulator", "B", "cyberspace", "X"):
        assert "is for the provider" in told.refused("sanction.suspended", "2026-02-12", by=speaker, **ORDER)


def test_only_the_issuer_ends_a_sanction(told):
    told.say("sanction.suspended", "2026-02-12", **ORDER)

    for kind in ("sanction.lifted", "sanction.terminated"):
        for speaker in ("regulator", "B", "X"):
            assert "is for the issuer" in told.refused(kind, "2026-02-13", by=speaker, **ENDS)
    assert "is for the subject" in told.refused("sanction.corrected", "2026-02-13", by="A", **ENDS)


def test_the_successor_of_the_issuer_ends_its_sanctions(told):
    told.say("sanction.suspended", "2026-02-12", **ORDER)
    told.say("body.succeeded", "2026-02-20", id="A", successor="C")

    assert "is for the issuer" in told.refused("sanction.lifted", "2026-02-21", by="A", **ENDS)
    told.say("sanction.lifted", "2026-02-21", by="C", **ENDS)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"subject": "B"}, "a body is told to rectify"), ({"subject": "nobody"}, "not registered"),
        ({"datasets": []}, "names no datasets"), ({"datasets": ["R", "unheard"]}, "in no catalogue"),
    ],
)  # fmt: skip
def test_an_order_is_against_a_registered_unit_or_person_over_catalogued_data(told, change, says):
    assert says in told.refused("sanction.suspended", "2026-02-12", by="A", **(ORDER | change))


def test_nothing_is_lifted_that_was_not_ordered(told):
    for kind in ("sanction.lifted", "sanction.terminated", "sanction.corrected"):
        assert "not ordered" in told.refused(kind, "2026-02-12", by="A", **ENDS)


def test_an_order_to_rectify_runs_until_verified_and_is_overdue_after_its_day(told):
    told.say("rectification.ordered", "2026-02-12", id="Z1", body="B", item="item_7", due="2026-03-01")
    days = ("2026-02-11", "2026-02-12", "2026-03-01T23:59:59+08:00", "2026-03-02")
    assert [standing(told, day, "B").rectification for day in days] == ["none", "ordered", "ordered", "overdue"]

    told.say("rectification.verified", "2026-03-03", id="Z1", body="B")
    assert standing(told, "2026-03-03", "B") == Standing()


def test_orders_to_rectify_are_the_regulators_against_bodies(told):
    order = {"id": "Z1", "item": "item_1", "due": "2026-03-01"}

    assert "is for the regulator" in told.refused("rectification.ordered", "2026-02-12", by="A", body="B", **order)
    assert "no registered body" in told.refused("rectification.ordered", "2026-02-12", body="X", **order)
    assert "is over" in told.refused("rectification.ordered", "2026-03-02", body="B", **order)
    assert "when the order is none" in told.refused("rectification.verified", "2026-02-12", id="Z9", body="B")


def measures(told, day: str) -> Measures:
    """Return the measures in force on `day`."""
    return told.world.measures(moment(day))


def test_a_measure_of_the_district_ends_when_lifted_or_when_its_end_passes(told):
    told.say("measure.declared", "2026-02-12", id="M1", scope={"datasets": ["R"]}, until="2026-02-20")
    told.say("measure.declared", "2026-02-12", id="M2", scope={"providers": ["B"]})
    told.say("measure.lifted", "2026-02-13", id="M2")

    assert measures(told, "2026-02-12").district_providers == {"B"}
    assert measures(told, "2026-02-20T23:59:59+08:00").district_datasets == {"R"}, "the last day is part of the term"
    assert measures(told, "2026-02-14").until == moment("2026-02-21")
    assert measures(told, "2026-02-21") == Measures()


def test_a_measure_until_an_instant_ends_at_that_instant(told):
    told.say("measure.declared", "2026-02-12", id="M1", scope={"all": True}, until="2026-04-10T00:00:00+08:00")

    assert measures(told, "2026-04-09T23:59:59+08:00").district_all
    assert measures(told, "2026-04-10") == Measures()


def test_a_provider_stops_its_own_data_and_no_other(told):
    told.say("measure.declared", "2026-02-12", by="A", id="M1", scope={"datasets": ["R"]})
    told.say("measure.declared", "2026-02-12", by="A", id="M2", scope={"providers": ["A"]})
    found = measures(told, "2026-02-12")
    assert (found.provider_datasets, found.provider_all, found.district_datasets) == ({"R"}, {"A"}, frozenset())

    for scope in ({"datasets": ["R"]}, {"providers": ["A"]}, {"providers": ["A", "B"]}):
        assert "is for the provider or cyberspace" in told.refused(
            "measure.declared", "2026-02-13", by="B", id="M3", scope=scope
        )
    assert "more than the speaker's own data" in told.refused(
        "measure.declared", "2026-02-13", by="A", id="M3", scope={"all": True}
    )


def test_only_the_issuer_lifts_or_changes_a_measure(told):
    told.say("measure.declared", "2026-02-12", id="M1", scope={"datasets": ["R"]})

    assert "is for the issuer" in told.refused("measure.lifted", "2026-02-13", by="A", id="M1")
    assert 'a measure of "cyberspace"' in told.refused(
        "measure.declared", "2026-02-13", by="A", id="M1", scope={"datasets": ["R"]}
    )
    told.say("measure.declared", "2026-02-13", id="M1", scope={"datasets": ["R"]}, until="2026-03-01")
    assert measures(told, "2026-02-13").until == moment("2026-03-02")


def test_a_measure_says_what_it_covers_and_is_lifted_once(told):
    told.say("measure.declared", "2026-02-12", id="M1", scope={"all": True})
    told.say("measure.lifted", "2026-02-13", id="M1")

    assert "not running" in told.refused("measure.lifted", "2026-02-14", id="M1")
    assert "does not say what it covers" in told.refused("measure.declared", "2026-02-14", id="M2", scope={})
