"""The log tells of every statement of the ledger, by its hash, before a decision that may rest on it.

Whoever holds the ledger shows with it that no statement was added later, altered or left out; the log itself holds no
word of what was said. Source: art_3__para_3.

A few statements are told each by its hash. Many, as an import brings them, are told by the hash of the last alone: it
chains all before it, so no other statements have it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pdp.log.entry import record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pdp.ports import StatementChain

    Append = Callable[[Mapping[str, object]], None]

KIND: Final = "statements.recorded"
EACH: Final = 512  # statements that are told each by its hash, which takes 34 KB; more are told by the last one's


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
        if self.told < upto:
            append(self._untold(upto))
            self.told = upto

    def _untold(self, upto: int) -> dict[str, object]:
        """Return the members of an event that tells of all statements up to `upto`; a hash has 64 hex digits."""
        first = self.told + 1
        if upto - self.told > EACH:
            (chained,) = self._chain.hashes(upto - 1, 1)
            return {"first": first, "last": upto, "hash": chained}
        return {"first": first, "hashes": list(self._chain.hashes(self.told, upto - self.told))}


def last_told(record: Mapping[str, Any]) -> int:
    """Return the seq of the last statement that a record of `KIND` tells of."""
    return int(record["last"] if "last" in record else record["first"] + len(record["hashes"]) - 1)


def told_in(entries: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, int, str]]:
    """Yield `(index of the entry, seq, hash)` of every statement whose hash `entries` tell, `(index, entry)` each.

    A statement that is left out is told of by the next one that is not, which chains it.
    """
    kind = f'"kind":"{KIND}"'.encode()
    for index, entry in entries:
        if kind in entry:  # most can be told without parsing
            record = json.loads(record_of(entry))
            if record["kind"] == KIND:
                hashes = record["hashes"] if "hashes" in record else [record["hash"]]
                first = last_told(record) - len(hashes) + 1
                yield from ((index, seq, spelled) for seq, spelled in enumerate(hashes, first))
