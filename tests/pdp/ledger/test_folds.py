"""What is kept of folds: what the same fold made of everything that is said about a ref, until more is said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.ledger.folds import Folds
from pdp.ledger.view import View
from tests.pdp.ledger.conftest import Scribe, law

REFS = ("dataset/R", "subject/A", "subject/B", "dataset/nobody-spoke-of")


def kinds(statements, _):
    """Return the kinds of all statements."""
    return tuple(said.kind for said in statements)


def count(statements, _):
    """Return how many statements there are."""
    return len(statements)


@pytest.fixture
def asked(told):
    """Return a function that folds `ref` at an instant, with what `folds` keeps; it notes how often a fold is made."""

    def ask(folds: Folds | None, ref: str, now: object = None, fold: object = kinds) -> object:
        view = View(told.ledger, told.world.law, now or told.ledger.about(ref)[-1].at, folds)
        return view.folded(fold, ref)

    return ask


def test_a_fold_is_made_once_while_nothing_more_is_said(told, asked):
    folds, made = Folds(), []

    def counted(statements: object, law: object) -> object:
        made.append(1)
        return kinds(statements, law)

    for _ in range(3):
        assert asked(folds, "dataset/R", fold=counted) == kinds(told.ledger.about("dataset/R"), None)
    assert len(made) == 1


def test_a_fold_is_made_anew_once_more_is_said(told, asked):
    folds = Folds()
    before = asked(folds, "dataset/R")

    told.say("dataset.refreshed", "2024-01-01", id="R")
    folds.forget("dataset/R")

    assert asked(folds, "dataset/R") == (*before, "dataset.refreshed")


def test_what_has_not_taken_effect_is_neither_folded_nor_kept(told, asked):
    folds, last = Folds(), told.ledger.about("dataset/R")[-1].at
    told.say("dataset.refreshed", "2024-01-01", id="R")

    for _ in range(2):  # the second time, with what is kept of the whole
        assert "dataset.refreshed" not in asked(folds, "dataset/R", last)
        assert asked(folds, "dataset/R")[-1] == "dataset.refreshed"


def test_each_fold_and_each_ref_has_its_own_however_few_are_kept(told, asked):
    folds = Folds(capacity=3)
    for _ in range(2):
        for ref in REFS[:3]:
            said = told.ledger.about(ref)
            assert asked(folds, ref) == kinds(said, None)
            assert asked(folds, ref, fold=count) == len(said)


def test_it_holds_no_more_refs_than_it_may():
    folds = Folds(capacity=10)
    for number in range(1000):
        folds.of(f"subject/{number}")[count] = None
    assert len(folds) <= 10


def test_what_was_asked_for_lately_is_still_there():
    folds = Folds(capacity=10)
    for number in range(1000):
        folds.of("subject/asked-again")[count] = 7
        folds.of(f"subject/{number}")
        assert folds.of("subject/asked-again") == {count: 7}


@given(days=st.lists(st.tuples(st.sampled_from(REFS), st.integers(-900, 900), st.booleans()), max_size=30))
def test_views_see_the_same_with_and_without_it_and_as_long(days):
    """Whatever is asked, at whatever instants and in whatever order, and whatever is forgotten meanwhile."""
    told = Scribe(law()).bodies().dataset()
    told.say("dataset.refreshed", "2023-06-01", id="R")
    folds, middle = Folds(capacity=4), told.ledger.about("dataset/R")[-1].at
    for ref, day, forgotten in days:
        if forgotten:
            folds.forget(ref)
        now = middle + timedelta(days=day)
        kept, plain = View(told.ledger, told.world.law, now, folds), View(told.ledger, told.world.law, now)
        assert kept.folded(kinds, ref) == plain.folded(kinds, ref)
        assert (kept.since, kept.until, kept.refs) == (plain.since, plain.until, plain.refs)
