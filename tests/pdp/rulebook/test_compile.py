"""Promises of compilation: representatives lose nothing, and an answer that is not the source's refuses the load."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.errors import UnavailableError
from pdp.rulebook.build import Answers, build, questions
from pdp.rulebook.compile import alike, job, rule_table

VALUES = ("a", "b", "c", "d")


@pytest.fixture(scope="session")
def asked(policies):
    return questions(policies)


@pytest.fixture(scope="session")
def answers(policies, asked):
    """Return what engines without a fault would answer: our own reading of every source."""
    rules = [
        [rule.holds(facts, one.readings) for facts in one.inputs]
        for rule, one in zip(policies.rules.values(), asked.rules, strict=True)
    ]
    tables = [[_row(one.rows, request) for request in one.requests] for one in asked.tables]
    return Answers(rules, tables)


def _row(rows, request):  # noqa: ANN202 - the index of a row, or None
    fits = (place for place, row in enumerate(rows) if all(a in {"*", b} for a, b in zip(row, request, strict=False)))
    return next(fits, None)


@given(st.frozensets(st.sampled_from(VALUES)))
def test_named_values_stand_for_themselves_and_one_other_for_the_rest(named):
    representatives = alike(VALUES, named)

    assert set(representatives) == set(VALUES)
    assert all(representatives[value] == value for value in named)
    assert len({representatives[value] for value in VALUES if value not in named}) <= 1


def test_asking_representatives_answers_every_real_combination(policies, rulebook):
    facts, constants = policies.vocabulary.facts, policies.readings.constants
    tables = {table.finding.rule: table for table in rulebook.tables}

    for rule in policies.rules.values():
        expanded = dict(tables[rule.id].expanded())
        for values in product(*(facts[fact].values for fact in rule.reads)):
            assert expanded[values] == rule.holds(dict(zip(rule.reads, values, strict=True)), constants)


@pytest.mark.parametrize("name", ["permissions", "purposes"])
def test_what_casbin_grants_is_what_the_rows_say(policies, rulebook, name):
    table = getattr(policies, name)
    compiled = {rule: next(one for one in rulebook.tables if one.finding.rule == rule) for rule in table.articles}
    first = next(iter(compiled.values()))

    for request in product(*first.choices):
        matching = [row.rule for row in table.rows if _row([(*row.cells, row.rule)], request) is not None]
        assert [rule for rule, one in compiled.items() if one.rows[request]] == matching


def test_engines_without_a_fault_give_the_same_rulebook(policies, asked, answers, rulebook):
    assert build(policies, asked, answers).revision == rulebook.revision


def test_one_lie_about_any_rule_refuses_the_load(policies, asked, answers):
    for place, rule in enumerate(policies.rules.values()):
        said = list(answers.rules[place])
        said[-1] = not said[-1]
        with pytest.raises(UnavailableError, match=rule.path):
            rule_table(rule, policies.vocabulary, asked.rules[place], said)


def test_one_lie_about_any_row_refuses_the_load(policies, asked, answers):
    for place, table in enumerate(answers.tables):
        lying = [list(rows) for rows in answers.tables]
        lying[place][0] = 0 if table[0] is None else None
        with pytest.raises(UnavailableError, match="the engine reports row"):
            build(policies, asked, replace(answers, tables=lying))


@pytest.mark.parametrize("spoil", [lambda said: said[1:], lambda said: [*said, True], lambda said: [None, *said[1:]]])
def test_an_answer_that_is_short_long_or_no_answer_refuses_the_load(policies, asked, answers, spoil):
    rule = next(iter(policies.rules.values()))

    with pytest.raises(UnavailableError, match="no full list of yes and no"):
        rule_table(rule, policies.vocabulary, asked.rules[0], spoil(answers.rules[0]))


def test_fewer_rules_or_tables_than_asked_refuse_the_load(policies, asked, answers):
    with pytest.raises(UnavailableError):
        build(policies, asked, replace(answers, rules=answers.rules[1:]))
    with pytest.raises(UnavailableError):
        build(policies, asked, replace(answers, tables=answers.tables[1:]))


def test_a_rule_is_given_the_facts_and_readings_it_reads_and_no_others(policies):
    for rule in policies.rules.values():
        question = job(rule, policies.vocabulary, policies.readings.constants)
        assert all(tuple(facts) == rule.reads for facts in question.inputs)
        assert tuple(question.readings) == rule.readings
