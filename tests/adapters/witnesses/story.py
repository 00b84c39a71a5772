"""A log of bare leaves that can be told in two ways: what a witness sees of an honest log, and of one that forks."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.signers.verify import verify
from pdp.log.note import Checkpoint, KeyKind, Note
from pdp.log.suite import Sha256
from pdp.log.tree import complete, consistency, root
from pdp.log.witness import Submission
from tests.logs.published import LOG_KEY, ORIGIN, Key

SUITE = Sha256()
WITNESS = "b.example.gov.cn/witness"
WITNESS_KEY = Key(WITNESS, bytes([4]) * 32, KeyKind.COSIGNATURE)
STRANGER = Key(ORIGIN, bytes([9]) * 32)  # signs under the log's name with a key that nobody configured
LOGS = {ORIGIN: (LOG_KEY.public,)}


@dataclass(frozen=True)
class Story:
    """Leaves number `since` and later are another's if `told` is another."""

    told: str = ""
    since: int = 0
    origin: str = ORIGIN
    keys: tuple[Key, ...] = (LOG_KEY,)
    leaves: list[bytes] = field(default_factory=list)

    def _grown(self, size: int) -> list[bytes]:
        for number in range(len(self.leaves), size):
            told = self.told if number >= self.since else ""
            self.leaves.append(SUITE.leaf(f"{told}{number}".encode()))
        return self.leaves

    def _nodes(self, level: int, index: int) -> bytes:
        return complete(self.leaves[index << level : (index + 1) << level], SUITE)

    def root(self, size: int) -> bytes:
        """Return the root over the first `size` leaves."""
        self._grown(size)
        return root(size, self._nodes, SUITE)

    def proof(self, old: int, size: int) -> list[bytes]:
        """Return the proof that the tree of `size` extends the tree of `old`."""
        self._grown(size)
        return consistency(old, size, self._nodes, SUITE)

    def note(self, size: int, *keys: Key) -> Note:
        """Return the checkpoint of `size` leaves, signed by `keys`; by default by those of the log."""
        checkpoint = Checkpoint(self.origin, size, self.root(size))
        return Note(checkpoint.body, tuple(key.line(checkpoint) for key in keys or self.keys))

    def sent(self, old: int, size: int, *keys: Key, proof: list[bytes] | None = None) -> bytes:
        """Return the body that asks to co-sign `size` leaves after `old`."""
        hashes = self.proof(old, size) if proof is None and old <= size else proof or []
        return str(Submission(old, tuple(hashes), self.note(size, *keys))).encode()


HONEST = Story()
FORKED = Story("another ", since=3)  # the first three leaves are the same

__all__ = ["FORKED", "HONEST", "LOGS", "LOG_KEY", "ORIGIN", "STRANGER", "SUITE", "WITNESS_KEY", "Story", "verify"]
