"""Promises of a truth table: total, and never silently wrong."""

from __future__ import annotations

import pytest

from pdp.model import Effect, Finding
from pdp.rulebook.table import TruthTable

FINDING = Finding("r", Effect.FORBID, ("art_1__para_1",))
ALIKE = {"a": {"x": "x", "y": "y", "z": "y"}, "b": {"p": "p", "q": "q"}}
ROWS = {("x", "p"): True, ("x", "q"): False, ("y", "p"): False, ("y", "q"): False}


@pytest.fixture
def table():
    return TruthTable(FINDING, ("a", "b"), (2, 0), ALIKE, ROWS)


def test_a_table_reads_its_facts_at_their_places_and_nothing_else(table):
    assert table.holds(("p", "anything", "x"))
    assert not table.holds(("q", "anything", "x"))
    assert not table.holds(("p", "anything", "z"))


def test_a_stray_value_raises_and_is_never_no(table):
    with pytest.raises(KeyError):
        table.holds(("p", "anything", "w"))


@pytest.mark.parametrize("rows", [{}, {("x", "p"): True}, {**ROWS, ("z", "p"): True}])
def test_a_table_that_is_not_total_is_none(rows):
    with pytest.raises(ValueError, match="the table of r has"):
        TruthTable(FINDING, ("a", "b"), (2, 0), ALIKE, rows)


def test_possible_values_are_those_with_which_it_can_hold(table):
    assert table.possible("a") == {"x"}
    assert table.possible("b") == {"p"}


def test_expanding_gives_every_real_combination(table):
    assert dict(table.expanded()) == {
        ("x", "p"): True, ("x", "q"): False, ("y", "p"): False, ("y", "q"): False, ("z", "p"): False, ("z", "q"): False,
    }  # fmt: skip
