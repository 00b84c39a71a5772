"""What was made of all that is said about an entity, kept as long as nothing more is said about it.

An import judges a million statements against a few thousand bodies and entries that hardly change meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from pdp.ledger.statement import Statement
    from pdp.ledger.terms import Law

Made = TypeVar("Made")
Fold = Callable[[Sequence["Statement"], "Law"], Made]
"""Makes something of the statements about one ref, oldest first, and of nothing else but the law. A module's function:
by its name it is known again."""


class _Kept(NamedTuple):
    said: Sequence[Statement]  # held, so that no other list can stand in its place
    length: int
    made: object


class Folds:
    """What folds made under one law, by fold and ref, of sequences that only grow while they are the same object."""

    def __init__(self, capacity: int = 300_000) -> None:
        self._capacity = capacity
        self._kept: dict[tuple[Fold[object], str], _Kept] = {}

    def of(self, fold: Fold[Made], ref: str, said: Sequence[Statement], law: Law) -> Made:
        """Return `fold(said, law)`, where `said` are the statements about `ref`."""
        kept = self._kept.get((fold, ref))
        if kept is not None and kept.said is said and kept.length == len(said):
            return kept.made  # type: ignore[return-value]  # what this very fold made
        made = fold(said, law)
        if len(self._kept) >= self._capacity:
            self._kept.clear()
        self._kept[fold, ref] = _Kept(said, len(said), made)
        return made
