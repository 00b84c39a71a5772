"""What is kept of folds: only what the same fold made of the very same statements."""

from __future__ import annotations

from pdp.ledger.folds import Folds


def kinds(statements, _):
    """Return the kinds of all statements."""
    return tuple(said.kind for said in statements)


def count(statements, _):
    """Return how many statements there are."""
    return len(statements)


def test_a_fold_is_made_once_while_nothing_more_is_said(told):
    folds, said, asked = Folds(), list(told.ledger.about("dataset/R")), []

    def counted(statements: object, law: object) -> object:
        asked.append(1)
        return kinds(statements, law)

    first = folds.of(counted, "dataset/R", said, told.world.law)
    assert folds.of(counted, "dataset/R", said, told.world.law) == first == kinds(said, None)
    assert len(asked) == 1

    said.append(said[0])
    assert folds.of(counted, "dataset/R", said, told.world.law) == kinds(said, None)
    assert len(asked) == 2


def test_other_statements_of_the_same_number_are_folded_anew(told):
    folds, said = Folds(), list(told.ledger.about("dataset/R"))
    other = said[:-1]

    assert folds.of(kinds, "dataset/R", said[1:], told.world.law) == kinds(said[1:], None)
    assert folds.of(kinds, "dataset/R", other, told.world.law) == kinds(other, None)


def test_each_fold_and_each_ref_has_its_own(told):
    folds, said = Folds(capacity=3), told.ledger.about("dataset/R")

    for _ in range(2):  # the second time, with more than it keeps
        assert folds.of(kinds, "dataset/R", said, told.world.law) == kinds(said, None)
        assert folds.of(count, "dataset/R", said, told.world.law) == len(said)
        assert folds.of(count, "dataset/S", (), told.world.law) == 0
        assert folds.of(count, "dataset/T", said[1:], told.world.law) == len(said) - 1
