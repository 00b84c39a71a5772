"""Promises of the shipped rulebook, over vectors drawn from all there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapters.files.vocabulary import load_vocabulary
from pdp.model import Effect, Outcome
from pdp.rulebook.decide import decide
from pdp.rulebook.rulebook import REMEMBERED, digest

LIMITS = (Effect.FORBID, Effect.REFER, Effect.DOUBT)
USUAL = {  # from here most single steps still permit
    "in_force": "yes", "relation": "sharing", "operation": "obtain", "catalogue_state": "approved",
    "sharing_class": "conditional", "not_shareable_basis": "not_applicable", "opening_class": "unconditional",
    "opening_ban_law": "no", "opening_ban_security": "no", "opening_ban_identity": "no", "treatment": "none",
    "publication": "not_applicable", "authority": "agreed", "fulfilment": "in_time", "coordination": "none",
    "purpose": "within", "purpose_kind": "duty", "field_coverage": "all", "quota": "no_limit", "staff_duty": "mapped",
    "entrustment": "none", "assurance": "sufficient", "channel": "bigdata_platform", "delivery": "api",
    "procured": "no", "sanction": "not_applicable", "rectification": "none", "measure": "none", "grade": "general",
    "special_regime": "none", "personal_data": "none", "convergence": "linked", "objection": "none",
    "freshness": "current", "safeguards": "no_condition", "enforcement": "able", "ledger_age": "current",
}  # fmt: skip
OPEN = {
    "relation": "opening", "publication": "published", "authority": "not_needed", "channel": "city_open_platform",
    "sanction": "clear", "purpose": "not_applicable", "purpose_kind": "not_applicable",
    "staff_duty": "not_applicable",
}  # fmt: skip
APPROVED = {
    "relation": "opening", "opening_class": "conditional", "channel": "approved_carrier", "sanction": "clear",
    "staff_duty": "not_applicable", "purpose_kind": "not_applicable",
}  # fmt: skip
STARTS = ({}, OPEN, APPROVED, {"relation": "own_use", "authority": "not_needed"}, {"authority": "deemed"})


ROOT = Path(__file__).parents[3]
FACTS = load_vocabulary(ROOT / "policies" / "facts.yaml", ROOT / "policies").facts
ADVISORY = [fact for fact in FACTS.values() if fact.advisory_only]
REFUSES_ALL = {"unrouted"}  # of catalogue_state: nothing is permitted there, so it is less than any lack of knowledge


def near(start, changes):
    return tuple({**USUAL, **start, **dict(changes)}[fact] for fact in FACTS)


anywhere = st.tuples(*(st.sampled_from(list(fact.values)) for fact in FACTS.values()))
pairs = st.sampled_from([(fact.id, value) for fact in FACTS.values() for value in fact.values])
near_permits = st.builds(near, st.sampled_from(STARTS), st.lists(pairs, max_size=4))


def of(verdict, *effects: Effect):
    return [finding for finding in verdict.findings if finding.effect in effects]


def changed(vector, fact, value):
    place = list(FACTS).index(fact)
    return (*vector[:place], value, *vector[place + 1 :])


@pytest.fixture(scope="session")
def judge(rulebook):
    return rulebook.judge  # a test that is given the rulebook itself makes hypothesis print all of it


@pytest.fixture(scope="session")
def ask_all(rulebook):
    return lambda vector: decide(rulebook.tables, vector, rulebook.vocabulary.index)


def test_the_starting_points_permit(rulebook):
    for start in STARTS:
        vector = tuple({**USUAL, **start}[fact] for fact in rulebook.vocabulary.facts)
        assert rulebook.judge(vector).outcome is Outcome.PERMIT


@given(anywhere | near_permits)
@settings(max_examples=300)
def test_the_quick_way_says_what_all_tables_say(judge, ask_all, vector):
    assert judge(vector) == ask_all(vector)


@given(anywhere | near_permits)
@settings(max_examples=300)
def test_every_refusal_has_a_ground_and_every_ground_an_article(judge, vector):
    verdict = judge(vector)

    if not verdict.outcome.permits:
        assert of(verdict, *LIMITS)
    assert all(finding.articles for finding in verdict.findings)


@given(near_permits)
@settings(max_examples=300)
def test_a_permit_rests_on_exactly_one_row_of_each_table_and_no_limit(judge, vector):
    verdict = judge(vector)
    assume(verdict.outcome.permits)

    assert len(of(verdict, Effect.PERMIT)) == 1
    assert len(of(verdict, Effect.ADMIT)) == 1
    assert not of(verdict, *LIMITS)


@given(anywhere | near_permits)
@settings(max_examples=300)
def test_a_call_without_a_route_is_refused_whatever_else_is_known(judge, vector):
    for value in REFUSES_ALL:
        assert not judge(changed(vector, "catalogue_state", value)).outcome.permits


@given(near_permits, st.sampled_from(list(FACTS.values())))
@settings(max_examples=300)
def test_a_missing_fact_never_helps(judge, vector, fact):
    permitted = {
        value.id for value in fact.values.values() if judge(changed(vector, fact.id, value.id)).outcome.permits
    }
    floors = {value.id for value in fact.values.values() if value.floor}

    if permitted & floors:  # what a floor value gets, every other value gets
        assert permitted == set(fact.values) - REFUSES_ALL


@given(near_permits, st.sampled_from(ADVISORY))
def test_facts_for_notes_only_change_neither_outcome_nor_grounds(judge, vector, fact):
    before = judge(vector)

    for value in fact.values:
        after = judge(changed(vector, fact.id, value))
        assert after.outcome is before.outcome
        assert of(after, *LIMITS, Effect.PERMIT, Effect.ADMIT) == of(before, *LIMITS, Effect.PERMIT, Effect.ADMIT)


def test_a_stray_value_is_never_judged(rulebook):
    vector = tuple(USUAL[fact] for fact in rulebook.vocabulary.facts)

    for fact in rulebook.vocabulary.facts:
        with pytest.raises(KeyError):
            rulebook.judge(changed(vector, fact, "nonsense"))


@pytest.mark.parametrize("length", [0, 36, 38])
def test_a_vector_of_another_length_is_never_judged(rulebook, length):
    vector = tuple(USUAL[fact] for fact in rulebook.vocabulary.facts) * 2

    with pytest.raises(ValueError, match="zip"):
        rulebook.judge(vector[:length])


def test_memory_for_verdicts_is_bounded(rulebook):
    vectors = distinct(rulebook, REMEMBERED + 10)
    for vector in vectors:
        rulebook.judge(vector)

    assert len(rulebook._seen) <= REMEMBERED  # noqa: SLF001 - the bound is the promise
    assert rulebook.judge(vectors[0]) == decide(rulebook.tables, vectors[0], rulebook.vocabulary.index)


def distinct(rulebook, count):
    facts = list(rulebook.vocabulary.facts.values())
    vectors = []
    for number in range(count):
        rest, vector = number, []
        for fact in facts:
            rest, place = divmod(rest, len(fact.values))
            vector.append(list(fact.values)[place])
        vectors.append(tuple(vector))
    return vectors


def test_the_digest_knows_no_order_but_every_row(rulebook):
    assert digest(reversed(rulebook.tables)) == rulebook.revision.rulebook
    assert digest(rulebook.tables[1:]) != rulebook.revision.rulebook


def test_only_acts_with_a_row_may_be_recorded(rulebook, policies):
    rows = {row.cells for row in policies.administration.rows}

    assert rulebook.administration == rows
    assert rulebook.may("provider", "application.agreed")
    assert not rulebook.may("applicant", "application.agreed")
    assert not rulebook.may("nobody", "application.agreed")


def test_every_ground_has_a_title_and_every_refusing_rule_a_remedy(rulebook):
    for ground in rulebook.grounds.values():
        assert ground.title
        assert bool(ground.remedy) == (ground.effect in LIMITS)
    assert rulebook.grounds.keys() == {table.finding.rule for table in rulebook.tables}
