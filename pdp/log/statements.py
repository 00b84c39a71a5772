"""The log tells of every statement of the ledger, by its hash, before a decision that may rest on it.

Whoever holds the ledger shows with it that no statement was added later, altered or left out; the log itself holds no
word of what was said. Source: art_3__para_3.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from pdp.log.entry import record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pdp.ports import StatementChain

    Append = Callable[[Mapping[str, object]], None]

KIND: Final = "statements.recorded"
EACH: Final = 512  # hashes a record; they take 34 KB


class StatementTeller:
    """Knows how far the log tells of one ledger. Belongs to one event loop."""

    def __init__(self, chain: StatementChain, told: int = 0) -> None:
        """Begin behind statement `told`, the last that the log tells of."""
        self._chain = chain
        self.told = told

    def tell(self, upto: int, append: Append) -> None:
        """Append what the log does not tell of yet, up to statement `upto`.

        Args:
            upto: seq of the last statement known.
            append: puts an event of `KIND` with these members into the log, in the order of calls.

        Raises:
            UnavailableError: the ledger cannot be read, or the log takes nothing; what was not taken is told later.
        """
        while self.told < upto:
            hashes = self._chain.hashes(self.told, min(EACH, upto - self.told))
            append(told_of(self.told + 1, hashes))
            self.told += len(hashes)


def told_of(first: int, hashes: Sequence[str]) -> dict[str, object]:
    """Return the members of an event that tells of the statements from `first` on, each by its hash, 64 hex digits."""
    return {"first": first, "hashes": list(hashes)}


def told_in(entries: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, int, str]]:
    """Yield `(index of the entry, seq, hash)` of every statement that `entries` tell of, `(index, entry)` each."""
    kind = f'"kind":"{KIND}"'.encode()
    for index, entry in entries:
        if kind in entry:  # most can be told without parsing
            record = json.loads(record_of(entry))
            if record["kind"] == KIND:
                yield from ((index, seq, spelled) for seq, spelled in enumerate(record["hashes"], record["first"]))
