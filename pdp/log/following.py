"""Learn what the ledger has gained and how old the copy of it is; the log hears of both before what rests on them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pdp.ledger.age import LedgerAge
from pdp.log.statements import KIND as STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pdp.ledger.world import World
    from pdp.log.statements import StatementTeller
    from pdp.ports import Freshness

    Append = Callable[[str, Mapping[str, object]], None]

STALE: Final = "store.stale"
_STORE: Final = "ledger"
_OFTEN_NS: Final = 250_000_000  # what another process records decides within a second


class Following:
    """Follows one ledger for one log. Belongs to one event loop."""

    def __init__(self, teller: StatementTeller, freshness: Freshness, limit: timedelta) -> None:
        """Follow nothing yet.

        Args:
            teller: tells the log of the ledger's statements.
            freshness: how old the copy of the ledger is.
            limit: how old it may be.
        """
        self._teller = teller
        self._freshness = freshness
        self._limit = limit
        self._followed = 0  # monotonic nanoseconds
        self._stale = False  # as the log was told last

    def learn(self, world: World, now_ns: int, append: Append) -> LedgerAge:
        """Let `world` learn of statements that other processes have recorded; return how old what it knows is.

        The log is told of the statements, and once each of the limit being passed and of the copy being level again:
        `store.stale` with `age_ms` above `limit_ms`, then with one that is not.

        Args:
            world: what decides.
            now_ns: monotonic nanoseconds.
            append: puts an event, by its kind and members, in front of the record that comes next.

        Raises:
            UnavailableError: the ledger or the log is down; what was not told is told later.
        """
        if now_ns - self._followed > _OFTEN_NS:
            world.follow()
            self._teller.tell(world.seq(), lambda told: append(STATEMENTS, told))
            self._followed = now_ns
        known = LedgerAge(max(self._freshness.staleness(), timedelta()), self._limit)
        if known.stale is not self._stale:
            limit_ms = self._limit // timedelta(milliseconds=1)
            append(STALE, {"age_ms": known.ms, "limit_ms": limit_ms, "store": _STORE})
            self._stale = known.stale
        return known

    @property
    def fresh(self) -> bool:
        """Return whether the copy of the ledger is no older than it may be."""
        return not LedgerAge(max(self._freshness.staleness(), timedelta()), self._limit).stale

    def look_again(self) -> None:
        """Learn anew before the next decision, however recently that was done: something was just recorded here."""
        self._followed = 0
