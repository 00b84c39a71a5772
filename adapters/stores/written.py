"""What stands in a ledger's store, read past the call of `record` that is under way: all that it has written so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pdp.ledger.statement import Statement
    from pdp.ports import StatementSource


class Written:
    """Implements `pdp.ports.StatementSource` for the draft of a call; `ledger.about` tells of the draft itself."""

    def __init__(self, ledger: StatementSource, about: Callable[[str], Sequence[Statement]]) -> None:
        self._ledger = ledger
        self._about = about

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref` that is written, ordered by `(at, seq)`."""
        return self._about(ref)

    def head(self) -> int:
        """Return the seq of the last statement that is written."""
        return self._ledger.head()

    def changed_since(self, seq: int) -> Iterable[str]:
        """Return every ref that a written statement later than `seq` is about."""
        return self._ledger.changed_since(seq)
