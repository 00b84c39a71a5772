"""What the doors of acts and lists see of the ledger: one world of their own, looked at by one thread at a time."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TypeVar

from pdp.ledger.matter import plain, states, told
from pdp.ports import StatementSource

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from pdp.ledger.act import Act, Done
    from pdp.ledger.statement import Statement
    from pdp.ledger.world import World

Seen = TypeVar("Seen")


class ActLedger(StatementSource, Protocol):
    """The ledger in which acts are recorded."""

    def entities_of(self, kind: str, after: int, limit: int, *names: Collection[str]) -> Sequence[Statement]:
        """Return at most `limit` statements of `kind` later than the seq `after`, by seq; see `pdp.worklists.page`."""
        ...

    def asked(self, request: str) -> Statement | None:
        """Return the statement that was recorded under this request, as far as this node knows; None: none was."""
        ...

    def do(self, act: Act) -> Done:
        """Record one act, once; see `pdp.ledger.act.perform`."""
        ...


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter: its ref, where it stands, what was said of it, and the seq of the last statement about it."""

    ref: str
    state: list[object]
    history: list[dict[str, object]]
    parties: frozenset[str]  # whom its statements name, who made them, and who provides the data
    last: int


class Matters:
    """Looks at matters and lists. From any thread."""

    def __init__(self, ledger: ActLedger, world: Callable[[], World], now: Callable[[], datetime]) -> None:
        """Look at `ledger` through what `world` returns: a new one where policies were reloaded."""
        self.ledger = ledger
        self.now = now
        self._world = world
        self._turn = Lock()

    def seen(self, look: Callable[[World, datetime], Seen]) -> Seen:
        """Return what `look` sees of the ledger as it is now.

        Raises:
            UnavailableError: the ledger cannot be read.
        """
        with self._turn:
            world = self._world()
            world.follow()
            return look(world, self.now())

    def matter(self, ref: str) -> Matter | None:
        """Return the matter behind `ref`, or None where nobody said anything about it."""
        history = sorted(self.ledger.about(ref), key=lambda said: said.seq)
        if not history:
            return None
        datasets = {name for said in history if isinstance(name := said.body.get("dataset"), str)}

        def look(world: World, now: datetime) -> tuple[list[object], frozenset[str]]:
            answering = [world.dataset(name, now) for name in datasets]
            providers = {name for entry in answering for name in (entry.provider, *entry.joint_providers)}
            return [plain(one) for one in states(world, ref, now)], frozenset(providers)

        state, providers = self.seen(look)
        parties = providers.union(*map(_named, history))
        return Matter(ref, state, [told(said) for said in history], parties, history[-1].seq)


_PARTY = ("applicant", "provider", "subject", "body", "objector", "principal", "agent", "successor")


def _named(statement: Statement) -> list[str]:
    """Return whom a statement names as party, and who made it."""
    said = [statement.body.get(member) for member in _PARTY]
    return [statement.by, *(name for name in said if isinstance(name, str))]
