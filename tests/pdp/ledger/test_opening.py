"""8.2 Opening: conditional by approval, unconditional step by step, and nothing by lapse of time."""

from __future__ import annotations

import pytest

from pdp.ledger.scope import moment


@pytest.fixture
def asked(told):
    """Return a scribe to whom X has applied for the opening of R, with a carrier registered."""
    told.say("carrier.registered", "2023-02-01", id="zone-1", name="数据专区", form="data_zone")
    return told.ask_opening()


def test_silence_never_opens(asked):
    asked.say("opening.accepted", "2026-02-13", id="O1")

    assert asked.opening("2036-01-01").state == "pending"
    assert asked.opening("2026-03-01").until is None


def test_nobody_having_applied_is_none(told):
    assert told.opening("2026-02-12", "unheard").state == "none"


def test_an_approval_of_all_that_was_applied_for_is_an_agreement(asked):
    asked.say("opening.approved", "2026-02-20", id="O1", carrier="zone-1", scope={"fields": ["a", "b"]})

    granted = asked.opening("2026-02-20")
    assert (granted.state, granted.carrier, granted.scope.fields, granted.scenarios) == (
        "agreed", "zone-1", {"a", "b"}, {"sc-x"},
    )  # fmt: skip


def test_an_approval_of_less_is_partial_and_names_its_scenarios(asked):
    asked.say("opening.approved", "2026-02-20", id="O1", carrier="zone-1", scope={"fields": ["a"]}, scenarios=["sc-y"])

    granted = asked.opening("2026-02-20")
    assert (granted.state, granted.scope.fields, granted.scenarios) == ("agreed_in_part", {"a"}, {"sc-y"})


def test_an_approval_ends_with_its_term(asked):
    asked.say("opening.approved", "2026-02-20", id="O1", carrier="zone-1", scope={"until": "2026-06-30"})

    assert asked.opening("2026-06-30T23:59:59+08:00").state == "agreed"
    assert asked.opening("2026-06-30").until == moment("2026-07-01")
    assert asked.opening("2026-07-01").state == "expired"


def test_a_rejection_is_a_refusal_and_final(asked):
    asked.say("opening.rejected", "2026-02-20", id="O1")

    assert asked.opening("2026-02-20").state == "refused"
    assert "not allowed when refused" in asked.refused("opening.approved", "2026-02-24", id="O1", carrier="zone-1")


def test_a_class_turned_not_openable_voids_the_approval_for_good(asked):
    asked.say("opening.approved", "2026-02-20", id="O1", carrier="zone-1")
    asked.say("dataset.class_tightened", "2026-03-01", id="R", opening="not_openable")
    asked.say("dataset.approved", "2026-04-01", id="R", opening="conditional")

    assert [asked.opening(day).state for day in ("2026-02-28", "2026-03-01", "2026-04-02")] == [
        "agreed",
        "void",
        "void",
    ]


def test_a_voided_approval_revives_where_the_reading_says_so(scribe):
    told = scribe(class_after_grant="revives").bodies().dataset().ask_opening()
    told.say("carrier.registered", "2026-02-12", id="zone-1", name="数据专区", form="data_zone")
    told.say("opening.approved", "2026-02-20", id="O1", carrier="zone-1")
    told.say("dataset.class_tightened", "2026-03-01", id="R", opening="not_openable")
    told.say("dataset.approved", "2026-04-01", id="R", opening="conditional")

    assert [told.opening(day).state for day in ("2026-03-01", "2026-04-02")] == ["void", "agreed"]


def test_a_field_turned_not_openable_leaves_the_approval(asked):
    asked.say("opening.approved", "2026-02-20", id="O1", carrier="zone-1")
    asked.say("dataset.class_tightened", "2026-03-01", id="R", fields={"b": {"opening": "not_openable"}})

    assert (asked.opening("2026-03-02").state, asked.opening("2026-03-02").scope.fields) == ("agreed", {"a"})


def test_a_class_turned_not_openable_leaves_a_pending_application_pending(asked):
    asked.say("dataset.class_tightened", "2026-03-01", id="R", opening="not_openable")

    assert asked.opening("2026-03-02").state == "pending"


def test_safeguards_that_are_a_condition_are_unknown_until_attested(asked):
    asked.say("opening.approved", "2026-02-20", id="O1", carrier="zone-1", safeguards=["加密存储"])
    assert asked.opening("2026-02-20").safeguards == "unknown"

    asked.say("safeguards.attested", "2026-03-01", id="O1", met=False)
    asked.say("safeguards.attested", "2026-03-05", id="O1", met=True)
    assert [asked.opening(day).safeguards for day in ("2026-03-01", "2026-03-05")] == ["unmet", "met"]


def test_safeguards_that_are_no_condition_are_at_most_lacking(asked):
    asked.say("opening.approved", "2026-02-20", id="O1", carrier="zone-1")
    assert asked.opening("2026-02-20").safeguards == "no_condition"

    asked.say("safeguards.attested", "2026-03-01", id="O1", met=False)
    assert asked.opening("2026-03-01").safeguards == "lacking"


def test_an_approval_names_a_registered_carrier(asked):
    assert "not registered" in asked.refused("opening.approved", "2026-02-20", id="O1", carrier="nowhere")


def test_safeguards_are_attested_for_an_approval_only(asked):
    assert "not allowed when pending" in asked.refused("safeguards.attested", "2026-02-20", id="O1", met=True)


def test_only_the_provider_gives_feedback(asked):
    for speaker in ("regulator", "city", "B", "X"):
        refusal = asked.refused("opening.approved", "2026-02-20", by=speaker, id="O1", carrier="zone-1")
        assert "is for the provider to record" in refusal


def test_a_body_does_not_apply_for_opening(told):
    assert "the body" in told.refused("opening.applied", "2026-02-12", id="O2", applicant="B", dataset="R")


def test_unconditional_opening_is_complete_when_published_on_the_city_platform(told):
    told.say("opening.aggregated", "2026-02-12", dataset="R")
    told.say("opening.published", "2026-02-13", dataset="R")
    told.say("opening.withdrawn", "2026-02-24", dataset="R")
    days = ("2026-02-11", "2026-02-12", "2026-02-13", "2026-02-24")

    found = [told.world.dataset("R", moment(day)).publication for day in days]
    assert found == ["marked", "aggregated", "published", "withdrawn"]


def test_steps_of_unconditional_opening_are_not_skipped(told):
    assert "not allowed when the entry is marked" in told.refused("opening.published", "2026-02-12", dataset="R")
    assert "not allowed when the entry is marked" in told.refused("opening.withdrawn", "2026-02-12", dataset="R")


def test_publishing_is_for_the_city_and_the_regulator(told):
    told.say("opening.aggregated", "2026-02-12", dataset="R")

    assert "is for the regulator or city_platform" in told.refused(
        "opening.published", "2026-02-13", by="A", dataset="R"
    )
    told.say("opening.published", "2026-02-13", by="regulator", dataset="R")
