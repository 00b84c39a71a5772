"""A ledger in memory: for policy cases, tests and what-if questions. Nothing of it survives the process."""

from __future__ import annotations

from bisect import insort
from itertools import islice
from typing import TYPE_CHECKING

from pdp.ledger.admit import admit
from pdp.ledger.named import named
from pdp.ledger.statement import GENESIS, Statement, chained
from pdp.ledger.world import World

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pdp.ledger.admit import Admission
    from pdp.ports import Clock


class MemoryLedger:
    """Implements `pdp.ports.Ledger`; one thread at a time.

    Without a clock every statement is recorded when it takes effect, as if the ledger had been told at once.
    """

    def __init__(self, admission: Admission, clock: Clock | None = None) -> None:
        self._admission = admission
        self._clock = clock
        self._statements: list[Statement] = []
        self._about: dict[str, list[Statement]] = {}
        self._names: dict[tuple[str, str], set[int]] = {}  # kind and name -> seqs of what founded entities
        self._world = World(
            self, admission.calendar, admission.readings, admission.in_force_from, routes=admission.routes
        )

    def about(self, ref: str) -> Sequence[Statement]:
        """Return every statement about `ref`, ordered by `(at, seq)`."""
        return tuple(self._about.get(ref, ()))

    def head(self) -> int:
        """Return the seq of the last statement, 0 for an empty ledger."""
        return len(self._statements)

    def changed_since(self, seq: int) -> Iterable[str]:
        """Return every ref that a statement later than `seq` is about."""
        return [ref for statement in self._statements[seq:] for ref in statement.about]

    def refs(self, start: str, after: str, upto: int, limit: int) -> Sequence[str]:
        """Return at most `limit` refs beginning with `start` that come after `after`, of statements up to `upto`."""
        known = sorted(ref for ref in self._about if ref.startswith(start) and ref > after)
        return [ref for ref in known if any(said.seq <= upto for said in self._about[ref])][:limit]

    def hashes(self, after: int, count: int) -> Sequence[str]:
        """Return the hashes of the `count` statements that follow statement `after`."""
        return [statement.hash for statement in self._statements[after : after + count]]

    def asked(self, request: str) -> Statement | None:
        """Return the statement recorded under `request`, or None."""
        return next((said for said in self._statements if said.request == request), None)

    def statements(self) -> Sequence[Statement]:
        """Return all statements in the order of their seq."""
        return tuple(self._statements)

    def entities_of(self, kind: str, after: int, limit: int, *names: Collection[str]) -> Sequence[Statement]:
        """Return at most `limit` statements of `kind` later than the seq `after`, by seq.

        Where `names` are given: only those that founded an entity with one of each; see `pdp.ledger.named`.
        """
        if names:
            having = (set[int]().union(*(self._names.get((kind, name), ()) for name in group)) for group in names)
            seqs = set[int].intersection(*having)
            return [self._statements[seq - 1] for seq in sorted(seq for seq in seqs if seq > after)[:limit]]
        later = islice(self._statements, after, None)
        return list(islice((statement for statement in later if statement.kind == kind), limit))

    def record(self, statements: Iterable[Statement]) -> Sequence[Statement]:
        """Record all of `statements` or none, in the order given; return them numbered and chained."""
        before = len(self._statements)
        try:
            return [self._append(statement) for statement in statements]
        except BaseException:
            self._take_back(before)
            raise

    def _append(self, statement: Statement) -> Statement:
        previous = self._statements[-1].hash if self._statements else GENESIS
        told = self._clock.now() if self._clock else statement.at
        recorded, _ = chained(statement, len(self._statements) + 1, told, previous)
        admit(recorded, self._world, self._admission.entitled)
        self._statements.append(recorded)
        for ref in recorded.about:
            insort(self._about.setdefault(ref, []), recorded, key=lambda said: (said.at, said.seq))
        self._name(recorded)
        return recorded

    def _name(self, recorded: Statement) -> None:
        """Keep what a statement names its entity, under the seq of the statement that founded the entity."""
        found = named(recorded)
        if found is not None:
            founded = min(said.seq for said in self._about[found.ref] if said.kind == found.kind)
            for name in found.names:
                self._names.setdefault((found.kind, name), set()).add(founded)

    def _take_back(self, length: int) -> None:
        """Forget what a refused call had entered so far."""
        for statement in self._statements[length:]:
            for ref in statement.about:
                self._about[ref] = [said for said in self._about[ref] if said.seq <= length]
            if (found := named(statement)) is not None:
                for name in found.names:
                    self._names[found.kind, name].discard(statement.seq)
        del self._statements[length:]
