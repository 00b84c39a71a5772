"""8.6 Classification, and the rest of what is recorded about a catalogue entry."""

from __future__ import annotations

import pytest

from pdp.ledger.scope import moment
from pdp.ledger.states import Attributes

LEVELS = {"resource_entry": "r", "data_entry": "d", "system_entry": "s", "table": "t"}


def at(told, day: str, name: str = "R"):
    """Return the entry `name` on `day`."""
    return told.world.dataset(name, moment(day))


@pytest.fixture
def fresh(scribe):
    """Return a scribe whose entry R is catalogued and mapped, and has no class."""
    told = scribe().bodies()
    told.say("dataset.catalogued", "2026-01-05", id="R", provider="A", title="R", fields=["a", "b"])
    told.say("dataset.mapped", "2026-01-05", id="R", **LEVELS)
    return told


def test_an_entry_nobody_catalogued_is_uncatalogued(told):
    unheard = at(told, "2026-01-05", "unheard")

    assert (unheard.provider, unheard.catalogue_state, unheard.attributes) == ("", "uncatalogued", Attributes())


def test_a_proposal_is_in_force_only_when_approved(fresh):
    fresh.say("dataset.class_proposed", "2026-01-06", id="R", sharing="unconditional", opening="not_openable")
    assert (at(fresh, "2026-01-07").catalogue_state, at(fresh, "2026-01-07").attributes) == (
        "not_approved",
        Attributes(),
    )

    seq = fresh.say("dataset.approved", "2026-01-08", id="R")
    entry = at(fresh, "2026-01-08")
    assert (entry.catalogue_state, entry.attributes) == ("approved", Attributes("unconditional", "not_openable"))
    assert entry.said["attributes"] == entry.said["sharing"] == entry.said["catalogue_state"] == (seq,)


def test_loosening_waits_for_approval(told):
    told.say("dataset.class_proposed", "2026-02-01", id="R", sharing="unconditional")
    entry = at(told, "2026-02-02")
    assert (entry.attributes.sharing, entry.catalogue_state) == ("conditional", "change_pending")

    told.say("dataset.approved", "2026-02-10", id="R")
    entry = at(told, "2026-02-10")
    assert (entry.attributes.sharing, entry.catalogue_state) == ("unconditional", "approved")


def test_tightening_is_in_force_at_once_and_pending_until_approved(told):
    told.say("dataset.class_tightened", "2026-02-01", id="R", sharing="not_shareable")
    entry = at(told, "2026-02-01")
    assert (entry.attributes.sharing, entry.catalogue_state) == ("not_shareable", "change_pending")

    told.say("dataset.approved", "2026-02-10", id="R")
    assert at(told, "2026-02-10").catalogue_state == "approved"


@pytest.mark.parametrize("sharing", ["unconditional", "conditional"])
def test_nothing_is_loosened_by_tightening(told, sharing):
    assert "does not tighten" in told.refused("dataset.class_tightened", "2026-02-01", id="R", sharing=sharing)


def test_an_unset_class_cannot_be_tightened_into_one(fresh):
    assert 'from "unset"' in fresh.refused("dataset.class_tightened", "2026-02-01", id="R", sharing="conditional")


def test_tightening_waits_for_approval_where_the_reading_says_so(scribe):
    told = scribe(class_change="approval_for_both").bodies().dataset()
    told.say("dataset.class_tightened", "2026-02-01", id="R", sharing="not_shareable")

    assert at(told, "2026-02-02").attributes.sharing == "conditional"
    told.say("dataset.approved", "2026-02-10", id="R")
    assert at(told, "2026-02-10").attributes.sharing == "not_shareable"


def test_the_body_changes_classes_alone_where_the_reading_says_so_but_not_the_first_one(scribe):
    told = scribe(class_change="body_alone").bodies()
    told.say("dataset.catalogued", "2026-01-05", id="R", provider="A", title="R")
    told.say("dataset.mapped", "2026-01-05", id="R", **LEVELS)
    told.say("dataset.class_proposed", "2026-01-06", id="R", sharing="conditional")
    assert at(told, "2026-01-06").attributes.sharing == ""

    told.say("dataset.approved", "2026-01-07", id="R")
    told.say("dataset.class_proposed", "2026-01-08", id="R", sharing="unconditional")
    entry = at(told, "2026-01-08")
    assert (entry.attributes.sharing, entry.catalogue_state) == ("unconditional", "approved")


def test_a_field_has_its_own_class(told):
    told.say("dataset.approved", "2026-02-01", id="R", fields={"b": {"sharing": "not_shareable"}})

    entry = at(told, "2026-02-01")
    assert entry.field_attributes == {"b": Attributes("not_shareable", "")}
    assert entry.attributes.sharing == "conditional"


def test_conditions_are_those_approved(told):
    told.say(
        "dataset.class_proposed", "2026-02-01", id="R", sharing="conditional", sharing_conditions={"text": "限本区"}
    )
    assert at(told, "2026-02-01").sharing_conditions is None

    told.say("dataset.approved", "2026-02-02", id="R")
    assert at(told, "2026-02-02").sharing_conditions == {"text": "限本区"}


def test_approval_is_for_the_regulator_and_of_something(told):
    assert "is for the regulator" in told.refused(
        "dataset.approved", "2026-02-01", by="A", id="R", sharing="unconditional"
    )
    assert "nothing waits for approval" in told.refused("dataset.approved", "2026-02-01", id="R")


def test_classes_are_for_the_provider_to_propose_and_tighten(told):
    for kind in ("dataset.class_proposed", "dataset.class_tightened"):
        for speaker in ("B", "regulator"):
            assert "is for the provider" in told.refused(
                kind, "2026-02-01", by=speaker, id="R", sharing="not_shareable"
            )


def test_what_an_approved_entry_adds_waits_and_what_it_drops_is_gone(told):
    told.say("dataset.catalogued", "2026-02-01", id="R", provider="A", title="R", fields=["a", "b", "d"])
    entry = at(told, "2026-02-01")
    assert (entry.fields, entry.catalogue_state) == (("a", "b"), "change_pending")

    told.say("dataset.approved", "2026-02-02", id="R")
    assert (at(told, "2026-02-02").fields, at(told, "2026-02-02").catalogue_state) == (("a", "b", "d"), "approved")


def test_an_entry_that_does_not_resolve_through_all_four_levels_is_unmapped(scribe):
    told = scribe().bodies()
    told.say("dataset.catalogued", "2026-01-05", id="R", provider="A", title="R")
    told.say("dataset.approved", "2026-01-06", id="R", sharing="conditional")
    told.say("dataset.mapped", "2026-01-07", id="R", resource_entry="r", data_entry="d")
    assert at(told, "2026-01-07").catalogue_state == "unmapped"

    told.say("dataset.mapped", "2026-01-08", id="R", system_entry="s", table="t")
    assert (at(told, "2026-01-08").catalogue_state, at(told, "2026-01-08").table) == ("approved", "t")


def test_a_retired_entry_returns_only_by_being_catalogued_and_approved_anew(told):
    told.say("dataset.retired", "2026-02-01", id="R")
    assert at(told, "2026-02-01").catalogue_state == "retired"
    assert "is retired" in told.refused("dataset.approved", "2026-02-02", id="R", sharing="unconditional")

    told.say("dataset.catalogued", "2026-02-03", id="R", provider="A", title="R")
    assert (at(told, "2026-02-03").catalogue_state, at(told, "2026-02-03").attributes) == ("not_approved", Attributes())


def test_treated_data_is_open_only_when_listed_anew_and_approved(told):
    told.say("dataset.treated", "2026-02-01", id="R", method="脱敏")
    told.say("dataset.relisted", "2026-02-02", id="R", opening="unconditional")
    told.say("dataset.approved", "2026-02-03", id="R")

    found = [at(told, day).treatment for day in ("2026-01-31", "2026-02-01", "2026-02-02", "2026-02-03")]
    assert found == ["none", "treated", "treated", "treated_and_relisted"]
    assert at(told, "2026-02-02").attributes.opening == "conditional"
    assert at(told, "2026-02-03").attributes.opening == "unconditional"


def test_an_approval_of_another_class_is_no_relisting(told):
    told.say("dataset.treated", "2026-02-01", id="R", method="脱敏")
    told.say("dataset.relisted", "2026-02-02", id="R", opening="unconditional")
    told.say("dataset.approved", "2026-02-03", id="R", sharing="unconditional")

    assert at(told, "2026-02-03").treatment == "treated"


def test_the_provider_lists_alone_where_the_reading_says_so(scribe):
    told = scribe(relisting_act="provider").bodies().dataset()
    told.say("dataset.treated", "2026-02-01", id="R", method="脱敏")
    told.say("dataset.relisted", "2026-02-02", id="R", opening="unconditional")

    assert (at(told, "2026-02-02").treatment, at(told, "2026-02-02").attributes.opening) == (
        "treated_and_relisted", "unconditional",
    )  # fmt: skip


def test_another_treatment_needs_another_listing(told):
    told.say("dataset.treated", "2026-02-01", id="R", method="脱敏")
    told.say("dataset.relisted", "2026-02-02", id="R", opening="unconditional")
    told.say("dataset.approved", "2026-02-03", id="R")
    told.say("dataset.treated", "2026-02-04", id="R", method="另一种脱敏")

    assert at(told, "2026-02-04").treatment == "treated"


def test_nothing_is_relisted_that_was_not_treated(told):
    assert "nothing was treated" in told.refused("dataset.relisted", "2026-02-01", id="R", opening="unconditional")


@pytest.mark.parametrize("ban", ["law", "security", "identity"])
def test_no_open_class_is_approved_while_a_ban_lives(fresh, ban):
    fresh.say("dataset.ban_assessed", "2026-01-06", id="R", **{ban: "yes"})
    refusal = fresh.refused("dataset.approved", "2026-01-07", id="R", opening="conditional")
    assert f"art_27__para_1 forbids to open ({ban})" in refusal

    fresh.say("dataset.ban_assessed", "2026-01-08", id="R", **{ban: "no"})
    fresh.say("dataset.approved", "2026-01-09", id="R", opening="conditional")


def test_a_derivative_inherits_the_bans_of_its_origin_until_it_is_treated(fresh):
    fresh.say("dataset.ban_assessed", "2026-01-06", id="R", identity="yes")
    fresh.say("dataset.catalogued", "2026-01-07", id="R2", provider="A", title="R2", derived_from="R")
    assert "(identity)" in fresh.refused("dataset.approved", "2026-01-08", id="R2", opening="unconditional")

    fresh.say("dataset.treated", "2026-01-09", id="R2", method="脱敏")
    fresh.say("dataset.approved", "2026-01-10", id="R2", opening="unconditional")
    assert at(fresh, "2026-01-10", "R2").treatment == "treated"


def test_each_ban_keeps_its_last_assessment(told):
    told.say("dataset.ban_assessed", "2026-02-01", id="R", law="no", security="yes")
    told.say("dataset.ban_assessed", "2026-02-02", id="R", security="no", identity="yes")

    entry = at(told, "2026-02-02")
    assert (entry.ban_law, entry.ban_security, entry.ban_identity) == ("no", "no", "yes")


def test_what_is_not_recorded_is_not_known(told):
    entry = at(told, "2026-02-01")

    assert (entry.ban_law, entry.regime, entry.personal, entry.base_set, entry.freshness) == ("unknown",) * 5
    assert (entry.grade, entry.procured, entry.objection, entry.publication) == ("ungraded", "no", "none", "marked")


def test_assessments_are_taken_as_recorded(told):
    told.say("dataset.graded", "2026-02-01", id="R", grade="important")
    told.say("dataset.regime_marked", "2026-02-01", id="R", regime="statistics")
    told.say("dataset.personal_assessed", "2026-02-01", id="R", personal="sensitive", assumed=["personal"])
    told.say("dataset.base_set", "2026-02-01", id="R", base_set="population")
    told.say("dataset.aggregated", "2026-02-01", by="regulator", id="R")
    told.say("dataset.linked", "2026-02-01", id="R")
    told.say("dataset.basis_recorded", "2026-02-01", id="R", basis="某法第一条")

    entry = at(told, "2026-02-01")
    assert (entry.grade, entry.regime, entry.personal, entry.base_set) == (
        "important", "statistics", "sensitive", "population",
    )  # fmt: skip
    assert (entry.aggregated, entry.linked, entry.not_shareable_basis) == (True, True, "某法第一条")
    assert entry.assumed == {"personal"}


@pytest.mark.parametrize(
    ("kinds", "procured"),
    [
        (["recorded"], "unfiled"), (["recorded", "filed"], "filed"),
        (["recorded", "unsuitability_recorded"], "unfiled_with_basis"),
        (["recorded", "filed", "unsuitability_recorded"], "filed_with_basis"),
    ],
)  # fmt: skip
def test_bought_data_is_filed_or_has_a_basis(told, kinds, procured):
    for kind in kinds:
        basis = {"basis": "不适宜"} if kind.startswith("un") else {}
        told.say(f"procurement.{kind}", "2026-02-01", dataset="R", **basis)

    assert at(told, "2026-02-01").procured == procured


def test_only_bought_data_is_filed_as_bought(told):
    assert "not recorded as bought" in told.refused("procurement.filed", "2026-02-01", dataset="R")


@pytest.mark.parametrize(("cycle", "late"), [("30", "2026-03-02"), ("daily", "2026-02-01"), ("每季度", "2026-05-03")])
def test_an_entry_is_overdue_when_its_cycle_has_passed_since_the_last_refresh(scribe, cycle, late):
    told = scribe().bodies().dataset(cycle=cycle)
    told.say("dataset.refreshed", "2026-01-31", id="R")

    assert at(told, "2026-01-31").freshness == "current"
    assert at(told, "2026-01-31").until == moment(late)
    assert at(told, late).freshness == "overdue"


def test_an_irregular_cycle_is_never_overdue(scribe):
    told = scribe().bodies().dataset(cycle="按需更新")
    told.say("dataset.refreshed", "2026-01-31", id="R")

    assert at(told, "2036-01-31").freshness == "unknown"


def test_data_goes_over_to_the_successor_of_its_provider(told):
    told.say("body.succeeded", "2026-02-01", id="A", successor="C")

    assert [at(told, day).provider for day in ("2026-01-31", "2026-02-01")] == ["A", "C"]
    assert "is for the provider" in told.refused("dataset.refreshed", "2026-02-02", by="A", id="R")
    told.say("dataset.refreshed", "2026-02-02", by="C", id="R")


@pytest.mark.parametrize("kind", ["dataset.graded", "dataset.refreshed", "dataset.approved", "opening.aggregated"])
def test_nothing_is_said_of_what_is_in_no_catalogue(told, kind):
    members = {"opening.aggregated": {"dataset": "N"}, "dataset.graded": {"id": "N", "grade": "general"}}

    assert "in no catalogue" in told.refused(kind, "2026-02-01", by="A", **members.get(kind, {"id": "N"}))


def test_a_provider_catalogues_its_own_data(told):
    said = {"id": "N", "provider": "A", "title": "N"}

    assert "is for the provider" in told.refused("dataset.catalogued", "2026-02-01", by="B", **said)
    assert "is for the provider" in told.refused(
        "dataset.catalogued", "2026-02-01", by="B", **(said | {"id": "R", "provider": "B"})
    )
