"""A whole form against a whole city's catalogue: common names stand in very many entries, so few are looked at.

Source: art_10__para_1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from pdp.supervision.collection import check, named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pdp.ledger.world import World
    from pdp.supervision.collection import Checked

EACH: Final = 1_000  # entries that are looked at for one item, unless one before lets it be had
ALL: Final = 5_000  # and for a whole form; the first few of an item always are
FIRST: Final = 4  # looked at together at first, then twice as many each time


class PagedIndex(Protocol):
    """Which catalogue entries have a 信息项 of a given name, some at a time."""

    def some_with(self, field_name: str, after: str, limit: int) -> Sequence[str]:
        """Return at most `limit` ids later than `after`, in order, of entries with a field whose `named` form it is.

        Fewer: there are no more. Entries that have it no longer do no harm.
        """
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """One item's result, and whether further entries have it that were not looked at."""

    checked: Checked
    more: bool


class _These:
    """Entries that have a field."""

    def __init__(self, datasets: Sequence[str]) -> None:
        self._datasets = datasets

    def datasets_with(self, _: str) -> Sequence[str]:
        """Return them."""
        return self._datasets


class Form:
    """Checks the items of one form, at one instant."""

    def __init__(
        self, body: str, index: PagedIndex, world: World, now: datetime, exceptions: Mapping[str, str]
    ) -> None:
        """Check for `body`; see `collection.check` for the rest."""
        self._body, self._index, self._world, self._now = body, index, world, now
        self._exceptions = exceptions
        self._left = ALL

    def check(self, item: str) -> Seen:
        """Return the result for one item; the first entries that can be had are enough.

        Where so many have it that not all were looked at, and none of those that were can be had, it is `unknown`.

        Raises:
            UnavailableError: the ledger or the index cannot be read.
        """
        name, verdict, after, looked = named(item), self._checked(item, ()), "", 0
        while some := self._index.some_with(name, after, looked or FIRST):
            if looked and (looked >= EACH or self._left <= 0):
                return Seen(replace(verdict, verdict="unknown"), more=True)
            found = self._checked(item, some)
            looked, self._left, after = looked + len(some), self._left - len(some), some[-1]
            if found.obtainable:
                return Seen(found, more=bool(self._index.some_with(name, after, 1)))
            verdict = found if found.verdict == "unknown" else verdict
        return Seen(verdict, more=False)

    def _checked(self, item: str, datasets: Sequence[str]) -> Checked:
        some = _These(datasets)
        (found,) = check(self._body, [item], some, self._world, self._now, exceptions=self._exceptions)
        return found
