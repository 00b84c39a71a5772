"""Promises about every vector there is, proved on the shipped tables by search, not by sampling."""

from __future__ import annotations

import pytest

from pdp.model import Effect

LIMITS = {Effect.FORBID, Effect.REFER, Effect.DOUBT}
FIRST = ("relation", "operation", "sharing_class", "opening_class", "authority", "purpose", "purpose_kind", "channel")


def classes(vocabulary, tables, fact):
    """Return one value of `fact` for each way in which the tables can tell its values apart."""
    reading = [table for table in tables if fact in table.reads]
    told_apart = {}
    for value in vocabulary.facts[fact].values:
        told_apart.setdefault(tuple(table.alike[fact][value] for table in reading), value)
    return tuple(told_apart.values())


def vectors_without(vocabulary, tables):
    """Yield a value for every fact that `tables` read, wherever none of them holds."""
    read = {fact for table in tables for fact in table.reads}
    order = [*FIRST, *sorted(read - set(FIRST))]
    ready = [[table for table in tables if max(map(order.index, table.reads)) == place] for place in range(len(order))]
    choices = [classes(vocabulary, tables, fact) for fact in order]

    def extend(found):  # noqa: ANN202 - a generator of the mappings described above
        place = len(found)
        if place == len(order):
            yield found
            return
        for value in choices[place]:
            longer = {**found, order[place]: value}
            if not any(holds(table, longer) for table in ready[place]):
                yield from extend(longer)

    return extend({})


def holds(table, found):
    return table.rows[tuple(table.alike[fact][found[fact]] for fact in table.reads)]


@pytest.mark.parametrize("missing", [Effect.PERMIT, Effect.ADMIT])
def test_no_vector_is_refused_without_a_ground(rulebook, missing):
    settling = [table for table in rulebook.tables if table.finding.effect in LIMITS | {missing}]

    assert next(vectors_without(rulebook.vocabulary, settling), None) is None


@pytest.mark.parametrize("relation", ["sharing", "opening"])
@pytest.mark.parametrize("enforcement", ["unable", "undeclared"])
def test_no_part_is_released_to_whoever_cannot_keep_to_it(rulebook, relation, enforcement):
    a_part = {"relation": relation, "field_coverage": "some", "enforcement": enforcement}

    assert [
        table.finding.rule
        for table in rulebook.tables
        if table.finding.effect is Effect.FORBID and set(table.reads) <= a_part.keys() and holds(table, a_part)
    ]


def test_the_search_finds_the_silence_that_a_missing_rule_leaves(rulebook):
    settling = [table for table in rulebook.tables if table.finding.effect in LIMITS | {Effect.PERMIT}]
    fewer = [table for table in settling if table.finding.rule != "application_pending"]
    silent = next(vectors_without(rulebook.vocabulary, fewer))

    assert (silent["relation"], silent["authority"]) == ("sharing", "pending")


def test_every_finding_cites_an_article_of_the_register(rulebook, policies):
    for table in rulebook.tables:
        assert table.finding.articles
        assert set(table.finding.articles) <= set(policies.instrument.units)


@pytest.mark.parametrize("effect", [Effect.PERMIT, Effect.ADMIT])
def test_two_rows_never_grant_the_same_vector(rulebook, effect):
    tables = [table for table in rulebook.tables if table.finding.effect is effect]

    for rows in zip(*(table.rows.items() for table in tables), strict=True):
        assert sum(held for _, held in rows) <= 1


def test_every_row_grants_something(rulebook):
    for table in rulebook.tables:
        if table.finding.effect in {Effect.PERMIT, Effect.ADMIT}:
            assert any(table.rows.values())
