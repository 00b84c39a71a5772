"""What was made of all that is said about an entity, kept as long as nothing more is said about it.

An import judges a million statements against a few thousand bodies and entries that hardly change meanwhile; a service
meets application after application for the same data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

    from pdp.ledger.statement import Statement
    from pdp.ledger.terms import Law

Made = TypeVar("Made")
Fold = Callable[[Sequence["Statement"], "Law"], Made]
"""Makes something of the statements about one ref, oldest first, and of nothing else but the law. A module's function:
by its name it is known again."""


class Whole(NamedTuple):
    """What a fold made of everything that is said about a ref."""

    made: object
    last: datetime  # when the last of it takes effect; before that, less is to be folded


class Folds:
    """What folds made under one law, by ref and fold. Whoever records statements forgets the refs they are about.

    Two generations of refs: what was not asked for during the last one is dropped with it.
    """

    __slots__ = ("_half", "_old", "young")

    def __init__(self, capacity: int = 100_000) -> None:
        self._half = max(1, capacity // 2)  # refs
        self.young: dict[str, dict[Fold[object], Whole]] = {}  # to be read; `of` has the rest
        self._old: dict[str, dict[Fold[object], Whole]] = {}

    def of(self, ref: str) -> dict[Fold[object], Whole]:
        """Return what is kept of `ref`, by fold; more may be entered."""
        made = self.young.get(ref)
        if made is None:
            if len(self.young) >= self._half:
                self._old, self.young = self.young, {}
            made = self.young[ref] = self._old.pop(ref, {})
        return made

    def forget(self, ref: str) -> None:
        """Drop what was made of `ref`: more is said about it."""
        self.young.pop(ref, None)
        self._old.pop(ref, None)

    def clear(self) -> None:
        """Drop everything."""
        self.young.clear()
        self._old.clear()

    def __len__(self) -> int:
        """Return of how many refs something is kept."""
        return len(self.young) + len(self._old)
