"""What one call recorded, read from the ledger again where it is asked for: a million statements take no memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Protocol, overload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdp.ledger.statement import Statement


class Readable(Protocol):
    """A ledger that can be read from any statement on."""

    def statements(self, after: int = 0) -> Iterator[Statement]:
        """Yield the statements later than `after`, in the order of their seq."""
        ...


class Recorded(Sequence["Statement"]):
    """The `count` statements of `ledger` from seq `first` on. Needs the ledger open when it is read."""

    def __init__(self, ledger: Readable, first: int, count: int) -> None:
        self._ledger = ledger
        self.seqs = range(first, first + count)

    def __len__(self) -> int:
        return len(self.seqs)

    def __iter__(self) -> Iterator[Statement]:
        return islice(self._ledger.statements(self.seqs.start - 1), len(self.seqs))

    @overload
    def __getitem__(self, place: int) -> Statement: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Statement]: ...
    def __getitem__(self, place: int | slice) -> Statement | Sequence[Statement]:
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        return next(self._ledger.statements(self.seqs[place] - 1))
