"""Promises of facts that an engine derives: one declared value for each, its floor in doubt, or none at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdp.facts.total import UndefinedFactsError, floor, total
from pdp.vocabulary import Fact, Value, Vocabulary

ACTIONS = ("read", "delete", "other")


def fact(name, values, floors=(), applies_when=()):
    found = {value: Value(value, value, floor=value in floors) for value in values}
    return Fact(name, name, found, (), "", applies_when=applies_when)


VOCABULARY = Vocabulary.of(
    {
        "action": fact("action", ACTIONS, {"other"}),
        "deletion": fact(
            "deletion", ("soft", "hard", "unknown", "not_applicable"), {"unknown"}, ({"action": ("delete",)},)
        ),
        "status": fact("status", ("active", "archived")),
    }
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([*ACTIONS, "soft", "hard", "active"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*VOCABULARY.facts, "stranger"]), ANYTHING))
def test_whatever_an_engine_says_every_fact_gets_a_value_of_its_own_or_nothing_is_decided(said):
    try:
        vector = total(said, VOCABULARY)
    except UndefinedFactsError:
        assert said.get("status") not in ("active", "archived")
        return
    found = dict(zip(VOCABULARY.facts, vector, strict=True))
    assert all(value in VOCABULARY.facts[name].values for name, value in found.items())
    assert all(found[name] == said[name] for name in found if declared(name, said.get(name), found))
    assert (found["deletion"] == "not_applicable") == (found["action"] != "delete")


def declared(name, value, found):
    where_it_applies = name != "deletion" or (found["action"] == "delete" and value != "not_applicable")
    return where_it_applies and isinstance(value, str) and value in VOCABULARY.facts[name].values


@pytest.mark.parametrize("said", [{}, {"status": None}, {"status": "deleted"}, {"status": ["active"]}, {"status": 1}])
def test_a_fact_without_a_floor_must_be_said(said):
    with pytest.raises(UndefinedFactsError, match="status") as raised:
        total(said, VOCABULARY)
    assert (raised.value.code, raised.value.who_must_act) == ("facts_undefined", "legal")
    assert "deleted" not in str(raised.value)


def test_unknown_is_the_floor_before_any_other_value_so_marked():
    assert floor(fact("a", ("x", "y", "unknown"), {"x", "unknown"})) == "unknown"
    assert floor(fact("a", ("x", "y"), {"y"})) == "y"
    assert floor(fact("a", ("x", "unknown"))) is None
