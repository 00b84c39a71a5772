"""Registers of subjects, duties, staff, entrustments, carriers and combinations; offices and succession."""

from __future__ import annotations

import pytest

from pdp.ledger.scope import moment

DAY = moment("2026-02-12")
BODY = {"level": "district", "basis": "administrative_organ"}


def test_nobody_having_registered_a_subject_it_has_no_kind(told):
    assert told.world.subject("unheard", DAY).kind is None


def test_a_registration_replaces_the_one_before_it(told):
    told.say("body.registered", "2026-02-01", id="B", name="乙", **(BODY | {"basis": "authorised_organisation"}))

    assert told.world.subject("B", moment("2026-01-31")).basis == "administrative_organ"
    found = told.world.subject("B", DAY)
    assert (found.name, found.basis, found.kind) == ("乙", "authorised_organisation", "body")
    assert set(found.duties) == {"duty-B"}


def test_duties_carry_their_scenarios_basis_and_evidence(told):
    seq = told.say(
        "duty.registered", "2026-02-01", id="d2", body="B", name="服务", purpose="service", scenarios=["sc-2"]
    )

    duty = told.world.subject("B", DAY).duties["d2"]
    assert (duty.purpose, duty.scenarios, duty.basis, duty.seq) == ("service", {"sc-2"}, "", seq)
    assert told.world.subject("B", DAY).said["duty:d2"] == (seq,)


def test_a_subject_does_not_change_its_kind(told):
    assert "turn the unit" in told.refused("body.registered", "2026-02-01", id="X", name="X", **BODY)
    assert "turn the body" in told.refused("person.registered", "2026-02-01", id="B")


def test_the_registrars_own_id_and_unknown_offices_are_refused(told):
    assert "reserved" in told.refused("unit.registered", "2026-02-01", id="registrar", name="n")
    refusal = told.refused("body.registered", "2026-02-01", id="D", name="D", offices=["regulater"], **BODY)
    assert 'did you mean "regulator"?' in refusal


def test_registers_are_kept_by_the_registrar(told):
    for speaker in ("B", "regulator"):
        assert "is for the registrar" in told.refused("unit.registered", "2026-02-01", by=speaker, id="N", name="N")


@pytest.mark.parametrize("kind", ["duty.registered", "staff.mapped", "system.registered"])
def test_duties_staff_and_systems_belong_to_registered_bodies(told, kind):
    members = {
        "duty.registered": {"name": "n", "scenarios": ["sc"]},
        "staff.mapped": {"duties": ["d"]},
        "system.registered": {"post": "p", "duties": ["d"]},
    }[kind]

    for body in ("unheard", "X"):
        assert "no registered body" in told.refused(kind, "2026-02-01", id="n1", body=body, **members)


def test_staff_and_systems_are_mapped_to_duties(told):
    told.say("staff.mapped", "2026-02-01", id="s1", body="B", duties=["duty-B"])
    told.say("system.registered", "2026-02-01", id="sys", body="B", post="岗", duties=["duty-B"])
    told.say("staff.mapped", "2026-02-10", id="s1", body="B", duties=[])

    assert told.world.actor("s1", moment("2026-02-09")).duties == {"duty-B"}
    assert told.world.actor("s1", DAY).duties == frozenset()
    assert (told.world.actor("sys", DAY).system, told.world.actor("s1", DAY).system) == (True, False)
    assert told.world.actor("unheard", DAY).body == ""


def test_offices_go_over_to_the_successor(told):
    told.say("body.registered", "2026-02-01", id="bureau", name="数据局", **BODY)
    told.say("body.succeeded", "2026-02-10", id="regulator", successor="bureau")

    assert told.world.subject("regulator", DAY).offices == frozenset()
    assert told.world.subject("regulator", DAY).successor == "bureau"
    assert told.world.subject("bureau", DAY).offices == {"regulator", "bigdata_platform"}
    assert told.world.subject("bureau", moment("2026-02-09")).offices == frozenset()
    assert told.world.holder("regulator", DAY) == "bureau"
    assert told.world.holder("regulator", moment("2026-02-09")) == "regulator"
    told.say("rectification.ordered", "2026-02-12", by="bureau", id="Z", body="B", item="item_1", due="2026-03-01")


def test_offices_stay_with_the_named_body_where_the_reading_says_so(scribe):
    told = scribe(interpreter="named_office_only").bodies()
    told.say("body.succeeded", "2026-02-10", id="regulator", successor="C")

    assert told.world.subject("C", DAY).offices == frozenset()
    assert told.world.holder("regulator", DAY) == "regulator"


def test_succession_is_chained_and_never_a_circle(told):
    told.say("body.succeeded", "2026-02-01", id="regulator", successor="B")
    told.say("body.succeeded", "2026-02-02", id="B", successor="C")

    assert told.world.subject("C", DAY).offices == {"regulator", "bigdata_platform"}
    assert "succeed itself" in told.refused("body.succeeded", "2026-02-03", id="C", successor="regulator")
    assert "succeed itself" in told.refused("body.succeeded", "2026-02-03", id="C", successor="C")
    assert "has a successor" in told.refused("body.succeeded", "2026-02-03", id="B", successor="A")
    assert "no registered body" in told.refused("body.succeeded", "2026-02-03", id="C", successor="X")


def test_an_entrustment_runs_until_its_end(told):
    told.say("entrustment.recorded", "2026-02-01", id="E1", principal="B", agent="X", until="2026-02-20")

    assert told.world.entrustment("B", "X", DAY).recorded
    assert told.world.entrustment("B", "X", DAY).until == moment("2026-02-21")
    assert not told.world.entrustment("B", "X", moment("2026-02-21")).recorded
    assert not told.world.entrustment("A", "X", DAY).recorded


def test_an_entrustment_is_recorded_by_its_principal_or_the_registrar(told):
    said = {"id": "E1", "principal": "B", "agent": "X"}

    for speaker in ("X", "A"):
        refusal = told.refused("entrustment.recorded", "2026-02-01", by=speaker, **said)
        assert "is for the registrar or principal" in refusal
    told.say("entrustment.recorded", "2026-02-01", by="registrar", **said)
    unheard = told.refused("entrustment.recorded", "2026-02-01", by="registrar", **(said | {"principal": "unheard"}))
    assert "not registered" in unheard


def test_carriers_are_registered_or_not(told):
    told.say("carrier.registered", "2026-02-01", id="zone-9", name="其他载体", form="other")

    assert told.world.carrier("zone-9", DAY).registered
    assert not told.world.carrier("zone-9", moment("2026-01-31")).registered


def test_onward_supply_has_a_basis_when_the_provider_records_one(told):
    said = {"id": "W1", "dataset": "R", "subject": "B", "basis": "某法第二条"}
    assert "is for the provider" in told.refused("onward.basis_recorded", "2026-02-01", by="B", **said)
    seq = told.say("onward.basis_recorded", "2026-02-01", **said)

    assert told.world.onward_basis("R", "B", DAY) == (seq,)
    assert told.world.onward_basis("R", "C", DAY) == ()


def test_a_combination_is_assessed_as_a_whole(told):
    told.dataset("S").dataset("T")
    told.say("combination.assessed", "2026-02-01", datasets=["S", "R"], identity="no")
    joined = frozenset({"R", "S"})

    assert told.world.combination(joined, DAY).identity == "no"
    assert told.world.combination(joined | {"T"}, DAY).identity == "unknown"
    assert told.world.combination(frozenset({"R", "T"}), DAY).identity == "unknown"

    told.say("combination.assessed", "2026-02-10", datasets=["R", "S"], identity="yes", regime="state_secret")
    found = told.world.combination(joined, DAY)
    assert (found.identity, found.regime) == ("yes", "state_secret")
    assert told.world.combination(joined | {"T"}, DAY).identity == "yes", (
        "a part that identifies makes the whole identify"
    )


def test_a_combination_joins_two_catalogued_entries_or_more(told):
    assert "fewer than two" in told.refused("combination.assessed", "2026-02-01", datasets=["R"], identity="no")
    refusal = told.refused("combination.assessed", "2026-02-01", by="A", datasets=["R", "N"], identity="no")
    assert "in no catalogue" in refusal


def test_a_combination_is_assessed_by_one_who_provides_all_of_it(told):
    told.say("dataset.catalogued", "2026-01-01", id="C1", provider="C", title="C1")

    assert "is for the provider" in told.refused(
        "combination.assessed", "2026-02-01", by="A", datasets=["R", "C1"], identity="no"
    )


def test_an_office_that_nobody_holds_has_no_speaker(scribe):
    told = scribe()
    told.say("body.registered", "2026-01-01", id="A", name="A", **BODY)
    told.say("dataset.catalogued", "2026-01-01", id="R", provider="A", title="R")

    refusal = told.refused("dataset.approved", "2026-02-01", id="R", sharing="conditional")
    assert 'no body holds the office "regulator"' in refusal
