"""8.1 Application for conditional sharing: every row as a legal transition, and its refusals."""

from __future__ import annotations

import pytest

from pdp.ledger.scope import moment

BEFORE, AFTER = "2026-02-26T23:59:59+08:00", "2026-02-27"  # received on 2026-02-12: the fifth working day is the 26th
REASONS = {"explanation": "说明", "statutory_cause": "法定事因"}


def test_a_complete_application_waits_for_five_working_days_and_is_then_deemed_agreed(told):
    told.apply()

    assert told.state("2026-02-12") == told.state(BEFORE) == "pending"
    assert told.state(AFTER) == "deemed"
    assert told.application(BEFORE).due.isoformat() == "2026-02-26"
    assert told.application(BEFORE).until == moment(AFTER)


@pytest.mark.parametrize(
    ("received", "last"),
    [
        ("2023-05-25", "2023-06-01"), ("2025-12-29", "2026-01-06"), ("2026-02-14", "2026-02-28"),
        ("2026-04-29", "2026-05-09"), ("2026-09-18", "2026-09-24"), ("2026-09-30", "2026-10-13"),
    ],
)  # fmt: skip
def test_consent_is_deemed_at_midnight_after_the_fifth_working_day(told, received, last):
    told.apply(received)

    assert told.state(f"{last}T23:59:59+08:00") == "pending"
    assert told.application(f"{last}T23:59:59+08:00").until.date().isoformat() > last
    assert told.state(told.application(received).until.isoformat()) == "deemed"


def test_close_of_business_ends_the_fifth_working_day_where_the_reading_says_so(scribe):
    told = scribe(end_of_day="close_of_business").bodies().dataset().apply()

    assert told.state("2026-02-26T17:59:59+08:00") == "pending"
    assert told.state("2026-02-26T18:00:00+08:00") == "deemed"


def test_monday_to_friday_counting_is_a_reading(scribe):
    told = scribe(working_day="monday_to_friday").bodies().dataset().apply("2026-02-14")

    assert told.state("2026-02-20T23:59:59+08:00") == "pending"
    assert told.state("2026-02-21") == "deemed"


@pytest.mark.parametrize("missing", [{"scenario": None}, {"scope": None}, {"scope": {}}])
def test_without_scenario_or_scope_no_clock_runs(told, missing):
    told.apply(**missing)

    assert told.state("2026-02-12") == told.state("2026-12-01") == "incomplete"
    assert told.application("2026-12-01").due is None


def test_a_scenario_in_words_makes_an_application_complete(told):
    assert told.apply(scenario=None, scenario_text="核对低保对象").state(AFTER) == "deemed"


def test_the_clocks_run_from_the_day_of_completion(told):
    told.apply(scope=None).say("application.completed", "2026-03-02", id="A1", scope={"fields": ["a"]})

    assert told.state("2026-03-09T23:59:59+08:00") == "pending"
    assert told.state("2026-03-10") == "deemed"
    assert told.application("2026-03-10").scope.fields == {"a"}


def test_an_incomplete_application_takes_no_answer_and_no_second_completion(told):
    told.apply(scope=None)

    assert "not allowed when incomplete" in told.refused("application.agreed", "2026-02-13", id="A1")
    told.say("application.completed", "2026-02-13", id="A1", scope={"fields": ["a"]})
    assert "not allowed when pending" in told.refused("application.completed", "2026-02-14", id="A1", scenario="sc-2")


def test_unnoticed_incompleteness_starts_the_clock_where_the_reading_says_so(scribe):
    told = scribe(incomplete_application="clock_unless_noticed_within_5_wd").bodies().dataset()
    told.apply(scope=None).apply(id="A2", scope=None)
    told.say("application.incomplete_noticed", "2026-02-24", id="A2")

    assert told.state(BEFORE) == "incomplete"
    assert told.state(AFTER) == "deemed"
    assert told.application(AFTER).scope.fields == frozenset(), "nothing was applied for, nothing is granted"
    assert told.state(AFTER, "A2") == "incomplete"


@pytest.mark.parametrize("kind", ["application.acknowledged", "application.incomplete_noticed"])
def test_receipts_and_notices_stop_nothing_where_the_application_is_complete(told, kind):
    told.apply().say(kind, "2026-02-13", id="A1")

    assert told.state(BEFORE) == "pending"
    assert told.state(AFTER) == "deemed"
    assert "not allowed when deemed" in told.refused(kind, AFTER, id="A1")


def test_an_agreement_grants_what_was_applied_for(told):
    told.apply().say("application.agreed", "2026-02-13", id="A1")

    assert told.state("2026-02-12T12:00:00+08:00") == "pending"
    agreed = told.application("2026-02-13")
    assert (agreed.state, agreed.scope.fields, agreed.scenarios) == ("agreed", {"a", "b"}, {"sc-1"})


def test_a_partial_agreement_narrows_the_scope(told):
    told.apply(scope={"fields": ["a", "b"], "quota": 100, "until": "2026-12-31"})
    told.say("application.agreed_in_part", "2026-02-13", id="A1", scope={"fields": ["a"], "quota": 500}, **REASONS)

    granted = told.application(AFTER)
    assert (granted.state, granted.scope.fields, granted.scope.quota) == ("agreed_in_part", {"a"}, 100)
    assert granted.scope.ends == moment("2027-01-01")


def test_a_partial_agreement_must_be_a_part(told):
    told.apply()

    assert "not applied for: c" in told.refused(
        "application.agreed_in_part", "2026-02-13", id="A1", scope={"fields": ["c"]}
    )
    assert "which part" in told.refused("application.agreed_in_part", "2026-02-13", id="A1", scope={})


def test_the_part_left_unanswered_is_deemed_where_the_reading_says_so(scribe):
    told = scribe(partial_answer="part_only").bodies().dataset().apply()
    told.say("application.agreed_in_part", "2026-02-13", id="A1", scope={"fields": ["a"]})

    assert (told.state(BEFORE), told.application(BEFORE).scope.fields) == ("agreed_in_part", {"a"})
    assert (told.state(AFTER), told.application(AFTER).scope.fields) == ("deemed", {"a", "b"})


def test_a_refusal_with_both_reasons_is_a_refusal(told):
    told.apply().say("application.refused", "2026-02-13", id="A1", **REASONS)

    assert told.state(AFTER) == "refused"


@pytest.mark.parametrize("reasons", [{}, {"explanation": "说明"}, {"statutory_cause": "法定事因"}])
def test_a_refusal_without_a_reason_is_an_answer_all_the_same(told, reasons):
    told.apply().say("application.refused", "2026-02-13", id="A1", **reasons)

    assert told.state(AFTER) == "refused_defectively"


@pytest.mark.parametrize("first", ["agreed", "refused", "withdrawn"])
@pytest.mark.parametrize("second", ["agreed", "refused", "withdrawn"])
def test_an_application_is_answered_or_withdrawn_once(told, first, second):
    told.apply().say(f"application.{first}", "2026-02-13", id="A1")

    assert "not allowed when" in told.refused(f"application.{second}", "2026-02-14", id="A1")


def test_what_was_withdrawn_is_never_deemed(told):
    told.apply().say("application.withdrawn", "2026-02-25", id="A1")

    assert told.state("2026-06-01") == "withdrawn"


def test_consent_once_deemed_is_confirmed_but_not_taken_back(told):
    told.apply()
    told.say("application.refused", AFTER, id="A1", **REASONS)
    told.say("application.agreed_in_part", AFTER, id="A1", scope={"fields": ["a"]})
    assert (told.state("2026-03-02"), told.application("2026-03-02").scope.fields) == ("deemed", {"a", "b"})

    told.say("application.agreed", "2026-03-03", id="A1")
    assert told.state("2026-03-03") == "agreed"
    assert "not allowed when agreed" in told.refused("application.withdrawn", "2026-03-04", id="A1")


def test_an_answer_at_the_midnight_that_ends_the_term_is_late(told):
    told.apply().say("application.refused", AFTER, id="A1", **REASONS)

    assert told.state(AFTER) == "deemed"


def test_an_answer_one_second_earlier_is_in_time(told):
    told.apply().say("application.refused", BEFORE, id="A1", **REASONS)

    assert told.state(AFTER) == "refused"


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = moment("2026-02-12")

    def now(self):
        """Return the instant."""
        return self.time

    def mono_ns(self) -> int:
        """Return no time at all: nothing here is measured."""
        return 0


def test_an_answer_dated_back_before_the_consent_that_was_deemed_is_refused(scribe):
    clock = Clock()
    told = scribe(clock).bodies().dataset().apply()
    clock.time = moment("2026-03-02")

    assert "after consent had been deemed" in told.refused("application.refused", "2026-02-20", id="A1", **REASONS)
    assert told.state("2026-03-02") == "deemed"


def test_history_told_later_as_a_whole_keeps_its_dates(scribe):
    clock = Clock()
    clock.time = moment("2026-06-01")
    told = scribe(clock).bodies().dataset().apply()
    told.say("application.refused", "2026-02-20", id="A1", **REASONS)

    assert told.state(AFTER) == "refused"


def test_a_term_beyond_the_calendar_is_unknown_only_once_the_calendar_has_ended(told):
    told.apply("2026-12-28")

    assert told.state("2026-12-31T23:59:59+08:00") == "pending"
    assert told.state("2027-01-01") == "calendar_unknown"
    told.say("application.agreed", "2027-01-04", id="A1")
    assert told.state("2027-01-04") == "agreed"


def test_an_application_received_before_the_law_has_no_clock(told):
    told.apply("2023-05-24T23:59:59+08:00")

    assert told.state("2023-12-01") == "predates"
    told.say("application.agreed", "2023-12-01", id="A1")
    assert told.state("2023-12-01") == "agreed"


def test_a_grant_expires_when_its_stated_term_ends(told):
    told.apply(scope={"fields": ["a"], "until": "2026-06-30"}).say("application.agreed", "2026-02-13", id="A1")

    assert told.state("2026-06-30T23:59:59+08:00") == "agreed"
    assert told.application("2026-03-01").until <= moment("2026-07-01")
    assert told.state("2026-07-01") == "expired"


def test_a_grant_without_term_does_not_expire(told):
    told.apply().say("application.agreed", "2026-02-13", id="A1")

    assert told.state("2036-01-01") == "agreed"


def test_a_class_turned_not_shareable_while_pending_ends_the_application_for_good(told):
    told.apply().say("dataset.class_tightened", "2026-02-25", id="R", sharing="not_shareable")
    told.say("dataset.approved", "2026-04-01", id="R", sharing="conditional")

    assert told.state("2026-02-24") == "pending"
    assert told.state("2026-02-25") == told.state(AFTER) == told.state("2026-04-02") == "void_while_pending"
    assert "not allowed when void_while_pending" in told.refused("application.agreed", "2026-04-02", id="A1")


@pytest.mark.parametrize("answer", ["agreed", None])
def test_a_class_turned_not_shareable_voids_a_grant(told, answer):
    told.apply()
    if answer:
        told.say(f"application.{answer}", "2026-02-13", id="A1")
    told.say("dataset.class_tightened", "2026-03-10", id="R", sharing="not_shareable")
    told.say("dataset.approved", "2026-04-01", id="R", sharing="conditional")

    assert told.state("2026-03-09") == (answer or "deemed")
    assert told.state("2026-03-10") == told.state("2026-04-02") == "void"


def test_a_voided_grant_revives_where_the_reading_says_so(scribe):
    told = scribe(class_after_grant="revives").bodies().dataset().apply()
    told.say("application.agreed", "2026-02-13", id="A1")
    told.say("dataset.class_tightened", "2026-03-10", id="R", sharing="not_shareable")
    told.say("dataset.approved", "2026-04-01", id="R", sharing="conditional")

    assert [told.state(day) for day in ("2026-03-09", "2026-03-10", "2026-04-01")] == ["agreed", "void", "agreed"]


@pytest.mark.parametrize("answered", [True, False])
def test_a_class_turned_unconditional_makes_the_application_needless(told, answered):
    told.apply()
    if answered:
        told.say("application.agreed", "2026-02-13", id="A1")
    told.say("dataset.approved", "2026-02-25", id="R", sharing="unconditional")

    assert told.state("2026-02-25") == told.state("2026-06-01") == "not_needed"
    assert told.application("2026-06-01").scenarios == {"sc-1"}, "the old batch stays bound"


def test_a_field_turned_not_shareable_leaves_the_grant_and_does_not_return(told):
    told.apply().say("application.agreed", "2026-02-13", id="A1")
    told.say("dataset.class_tightened", "2026-03-10", id="R", fields={"b": {"sharing": "not_shareable"}})
    told.say("dataset.approved", "2026-04-01", id="R", fields={"b": {"sharing": "conditional"}})

    assert [told.state(day) for day in ("2026-03-10", "2026-04-02")] == ["agreed", "agreed"]
    assert told.application("2026-04-02").scope.fields == {"a"}


@pytest.mark.parametrize("sharing", ["unconditional", "not_shareable"])
def test_only_conditional_data_has_a_clock(scribe, sharing):
    told = scribe().bodies().dataset(sharing=sharing).apply()

    assert told.state("2026-06-01") == "not_needed"
    assert "not allowed when not_needed" in told.refused("application.agreed", "2026-02-13", id="A1")


def test_sharing_is_late_once_the_tenth_working_day_from_receipt_has_ended(told):
    told.apply().say("application.agreed", BEFORE, id="A1")

    assert told.application("2026-03-04T23:59:59+08:00").fulfilment == "in_time"
    assert told.application("2026-03-05").fulfilment == "late"
    assert told.state("2026-03-06") == "agreed", "an overrun is a finding only"
    told.say("application.fulfilled", "2026-03-09", by="regulator", id="A1")
    assert told.application("2026-03-09").fulfilment == "in_time"


def test_fulfilment_beyond_the_calendar_is_unknown(told):
    told.apply("2026-12-18").say("application.agreed", "2026-12-21", id="A1")

    assert told.application("2026-12-31").fulfilment == "in_time"
    assert told.application("2027-01-01").fulfilment == "unknown"


def test_nothing_is_completed_that_was_not_granted(told):
    told.apply()

    assert "not allowed when pending" in told.refused("application.fulfilled", "2026-02-13", id="A1")


def test_coordination_changes_nothing_until_the_provider_acts(told):
    told.apply().say("application.refused", "2026-02-13", id="A1")
    told.say("coordination.opened", "2026-02-24", id="K1", application="A1")
    assert told.application("2026-02-24").coordination == "open"
    assert "not allowed when refused" in told.refused("application.agreed", "2026-02-25", id="A1")

    told.say("coordination.concluded", "2026-03-01", id="K1", application="A1", result="应当共享")
    concluded = told.application("2026-03-02")
    assert (concluded.state, concluded.coordination) == ("refused_defectively", "concluded")

    told.say("application.agreed", "2026-03-03", id="A1")
    assert told.state("2026-03-03") == "agreed"


def test_coordination_needs_a_dispute_and_a_conclusion_an_open_one(told):
    told.apply()

    assert "not allowed when pending" in told.refused("coordination.opened", "2026-02-13", id="K1", application="A1")
    refusal = told.refused("coordination.concluded", "2026-02-13", id="K1", application="A1")
    assert "no coordination is open" in refusal


def test_only_the_provider_answers(told):
    told.apply()

    for speaker in ("B", "C", "regulator", "cyberspace", "X", "registrar", "observer-of-A"):
        assert "is for the provider to record" in told.refused("application.agreed", "2026-02-13", by=speaker, id="A1")


def test_only_the_applicant_applies_completes_and_withdraws(told):
    told.apply(scope=None)

    for speaker in ("A", "C", "regulator"):
        refusal = told.refused("application.completed", "2026-02-13", by=speaker, id="A1", scope={"fields": ["a"]})
        assert "is for the applicant to record" in refusal
        assert "is for the applicant" in told.refused("application.withdrawn", "2026-02-13", by=speaker, id="A1")
        said = {"applicant": "B", "dataset": "R", "scenario": "sc-1", "scope": {"fields": ["a"]}}
        assert "is for the applicant" in told.refused("application.received", "2026-02-13", by=speaker, id="A2", **said)


def test_a_provider_that_was_succeeded_answers_no_more_and_its_successor_does(told):
    told.apply().say("body.succeeded", "2026-02-20", id="A", successor="C")

    assert "is for the provider" in told.refused("application.agreed", "2026-02-24", by="A", id="A1")
    told.say("application.agreed", "2026-02-24", by="C", id="A1")
    assert told.state(AFTER) == "agreed"


@pytest.mark.parametrize(
    ("applicant", "says"),
    [("X", "the unit"), ("P", "the person"), ("nobody", "not registered"), ("registrar", "not registered")],
)
def test_bodies_apply_for_sharing_and_nobody_else(told, applicant, says):
    said = {"dataset": "R", "scenario": "sc-1", "scope": {"fields": ["a"]}}

    assert says in told.refused("application.received", "2026-02-12", id="A9", applicant=applicant, **said)


def test_there_is_no_application_for_what_is_in_no_catalogue_nor_a_second_under_one_id(told):
    told.apply()
    said = {"id": "A9", "applicant": "B", "scenario": "sc-1", "scope": {"fields": ["a"]}}

    assert "in no catalogue" in told.refused("application.received", "2026-02-12", dataset="unheard", **said)
    assert "repeats" in told.refused("application.received", "2026-02-13", dataset="R", **(said | {"id": "A1"}))
    assert "nobody applied" in told.refused("application.agreed", "2026-02-13", by="A", id="A7")


def test_each_of_several_providers_answers_and_the_weakest_state_governs(scribe):
    told = scribe().bodies().dataset(joint_providers=["C"]).apply()
    told.say("application.agreed", "2026-02-13", by="A", id="A1")
    assert (told.state(BEFORE), told.state(AFTER)) == ("pending", "deemed")

    told.say("application.refused", "2026-02-25", by="C", id="A1", **REASONS)
    assert told.state(AFTER) == "refused"
    assert "not allowed when agreed" in told.refused("application.refused", "2026-02-26", by="A", id="A1")


def test_the_lead_provider_alone_answers_where_the_reading_says_so(scribe):
    told = scribe(joint_providers="lead_provider").bodies().dataset(joint_providers=["C"]).apply()

    assert "is for the provider" in told.refused("application.agreed", "2026-02-13", by="C", id="A1")
    told.say("application.agreed", "2026-02-13", by="A", id="A1")
    assert told.state("2026-02-13") == "agreed"


def test_partial_answers_of_several_providers_add_their_limits(scribe):
    told = scribe().bodies().dataset(joint_providers=["C"]).apply(scope={"fields": ["a", "b", "c"]})
    told.say("application.agreed_in_part", "2026-02-13", by="A", id="A1", scope={"fields": ["a", "b"]})
    told.say("application.agreed_in_part", "2026-02-13", by="C", id="A1", scope={"fields": ["b", "c"]})

    assert (told.state(AFTER), told.application(AFTER).scope.fields) == ("agreed_in_part", {"b"})


@pytest.mark.parametrize(("received", "state"), [("2025-07-23", "deemed"), ("2025-07-24", "pending")])
def test_deemed_consent_may_end_where_regulation_809_applies(scribe, received, state):
    told = scribe(deemed_consent_today="no_effect_where_809_applies").bodies().dataset().apply(received)

    assert told.state("2025-09-01") == state


def test_what_takes_effect_later_is_not_seen_before(told):
    told.apply().say("application.agreed", "2026-02-20", id="A1")

    assert told.state("2026-02-19T23:59:59+08:00") == "pending"
    assert told.application("2026-02-19").until == moment("2026-02-20")


def test_history_is_not_rewritten(told):
    told.apply().say("application.agreed", "2026-02-20", id="A1")

    assert "takes effect before statement" in told.refused("application.fulfilled", "2026-02-19", id="A1")
