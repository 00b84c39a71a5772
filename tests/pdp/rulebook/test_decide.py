"""Promises of the one function that combines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pdp.model import Effect, Finding, Outcome
from pdp.rulebook.decide import decide
from pdp.rulebook.table import TruthTable

INDEX = {"relation": 0, "field_coverage": 1}
WHOLE = ("sharing", "all")
LIMITS = {Effect.FORBID, Effect.REFER, Effect.DOUBT}
findings = st.lists(st.builds(Finding, st.sampled_from("abcd"), st.sampled_from(Effect), st.just(("art_1__para_1",))))


def saying(found):
    """Return tables that read nothing and always hold."""
    return [TruthTable(finding, reads=(), positions=(), alike={}, rows={(): True}) for finding in found]


def spoken(found):
    return {finding.effect for finding in found}


def test_silence_denies():
    assert decide([], WHOLE, INDEX).outcome is Outcome.DENY


@given(findings)
def test_permit_only_if_a_row_of_each_table_grants_and_no_rule_stands_in_the_way(found):
    granted = {Effect.PERMIT, Effect.ADMIT} <= spoken(found) and not spoken(found) & LIMITS

    assert decide(saying(found), WHOLE, INDEX).outcome.permits == granted


@given(findings)
def test_forbid_denies_whatever_else_is_found(found):
    forbidden = [*found, Finding("x", Effect.FORBID, ("art_1__para_1",))]

    assert decide(saying(forbidden), WHOLE, INDEX).outcome is Outcome.DENY


@given(findings)
def test_refer_stands_over_doubt_and_doubt_over_permit(found):
    outcome = decide(saying(found), WHOLE, INDEX).outcome
    strongest = next(
        (effect for effect in (Effect.FORBID, Effect.REFER, Effect.DOUBT) if effect in spoken(found)), None
    )

    assert (outcome is Outcome.REFER) == (strongest is Effect.REFER)
    assert (outcome is Outcome.INDETERMINATE) == (strongest is Effect.DOUBT)


@given(findings, st.sampled_from([Effect.OBLIGE, Effect.ADVISE]))
def test_duties_and_notes_never_change_the_outcome(found, effect):
    more = [*found, Finding("x", effect, ("art_1__para_1",))]

    assert decide(saying(more), WHOLE, INDEX).outcome is decide(saying(found), WHOLE, INDEX).outcome


@given(findings)
def test_a_refusal_binds_nobody_and_a_permit_binds_to_every_duty_found(found):
    verdict = decide(saying(found), WHOLE, INDEX)

    duties = {finding.rule for finding in found if finding.effect is Effect.OBLIGE}
    assert set(verdict.owed) == (duties if verdict.outcome.permits else set())


@given(findings, st.randoms())
def test_order_and_repetition_change_nothing(found, random):
    shuffled = found * 2
    random.shuffle(shuffled)

    assert decide(saying(shuffled), WHOLE, INDEX) == decide(saying(found), WHOLE, INDEX)


@given(findings)
def test_findings_are_single_and_sorted_by_effect_then_rule(found):
    verdict = decide(saying(found), WHOLE, INDEX)
    listed = verdict.findings

    assert set(listed) == {
        finding for finding in found if verdict.outcome.permits or finding.effect is not Effect.OBLIGE
    }
    places = [(list(Effect).index(finding.effect), finding.rule) for finding in listed]
    assert places == sorted(places)
    assert len(set(listed)) == len(listed)


def test_a_permit_is_partial_only_where_some_fields_of_others_data_are_covered():
    granted = saying([Finding("p", Effect.PERMIT, ("a",)), Finding("q", Effect.ADMIT, ("a",))])
    outcomes = {
        (relation, coverage): decide(granted, (relation, coverage), INDEX).outcome
        for relation in ("sharing", "opening", "own_use")
        for coverage in ("some", "all", "not_applicable")
    }

    partial = {place for place, outcome in outcomes.items() if outcome is Outcome.PARTIAL}
    assert partial == {("sharing", "some"), ("opening", "some")}
    assert set(outcomes.values()) == {Outcome.PARTIAL, Outcome.PERMIT}
