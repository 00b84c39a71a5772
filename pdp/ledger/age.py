"""How old the known ledger is: a node may decide from a copy that was level with the ledger some time ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

LIMIT: Final = timedelta(minutes=15)  # by default: how old a copy may be before it decides no sharing any more
_MS: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class LedgerAge:
    """How long ago the known ledger was level with the ledger itself, and for how long that does."""

    age: timedelta = timedelta()
    limit: timedelta = LIMIT

    @property
    def stale(self) -> bool:
        """Return whether the copy is older than it may be, by whole milliseconds. Source: art_3__para_3."""
        return self.ms > self.limit // _MS

    @property
    def ms(self) -> int:
        """Return the age in whole milliseconds."""
        return self.age // _MS

    def until(self, now: datetime) -> datetime | None:
        """Return when the limit is reached if nothing more is heard of the ledger; None: it is passed, or never is."""
        return now + (self.limit - self.age) if self.age and not self.stale else None


LEVEL: Final = LedgerAge()
"""A ledger on this machine, which cannot be behind itself."""


class OnThisMachine:
    """Implements `pdp.ports.Freshness` for a ledger that is no copy."""

    def staleness(self) -> timedelta:
        """Return zero."""
        return timedelta()
