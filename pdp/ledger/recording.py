"""One call of a ledger's `record`: each statement is judged against those before it, numbered and chained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger.admit import admit
from pdp.ledger.draft import Draft
from pdp.ledger.folds import Folds
from pdp.ledger.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pdp.ledger.admit import Admission
    from pdp.ledger.statement import Spelled, Statement
    from pdp.ports import StatementSource

_FOLDED = 500_000  # refs: a city's bodies and entries, and no application is among them


class Recording:
    """What one call takes in, after what `ledger` holds; it lives no longer than the call.

    Args:
        ledger: what was written before, the statements among it that were flushed.
        last: its last statement, None for an empty ledger.
        law: by what statements are admitted.
        now: the time.
    """

    def __init__(
        self, ledger: StatementSource, last: Statement | None, law: Admission, now: Callable[[], datetime]
    ) -> None:
        self._draft = Draft(ledger, last)
        self._folds = Folds(capacity=_FOLDED)
        self._world = World(self._draft, law.calendar, law.readings, law.in_force_from, 2, law.routes, self._folds)
        self._entitled = law.entitled
        self._now = now

    def take(self, statement: Statement) -> tuple[Statement, Spelled]:
        """Return `statement` as it stands in the ledger, and its parts as they are spelled.

        Raises:
            TransitionError: it is no lawful act, or not its speaker's.
        """
        placed, parts = self._draft.chain(statement, self._now())
        admit(placed, self._world, self._entitled)
        self._draft.append(placed)
        for ref in placed.about:
            self._folds.forget(ref)
        return placed, parts

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, ordered by `(at, seq)`, those of this call included."""
        return tuple(self._draft.about(ref))

    def flush(self) -> list[Statement]:
        """Return what waits to be written; from then on `ledger` is to know it."""
        return self._draft.flush()
