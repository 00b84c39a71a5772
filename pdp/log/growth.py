"""Grows a log's tree on its tiles: entries become leaves, leaves tiles, and the new tree must extend the signed one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from pdp.errors import UnavailableError
from pdp.log.entry import FIRST, leaf_hash, prev_of
from pdp.log.note import Checkpoint
from pdp.log.suite import HASH, Sha256
from pdp.log.tiles import LEAVES, WIDTH, MissingTileError, Tile, grown, nodes, width_at
from pdp.log.tree import ProofError, check_consistency, consistency, root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pdp.log.ports import PublishedLog, Signer
    from pdp.log.suite import HashSuite
    from pdp.log.tree import Nodes

STEP: Final = 65_536  # entries whose tiles are written in one go; a multiple of what a tile of level 1 spans
PACE: Final = 16  # entries that are hashed before others are let in
NODES: Final = 128  # nodes likewise


class ForkError(UnavailableError):
    """What is about to be signed contradicts what was signed: the log is another one, or not as it was written."""

    def __init__(self, signed: Checkpoint, fault: str) -> None:
        super().__init__(
            f"{signed.origin}: {signed.size} entries are signed, and {fault}; nothing more is signed: keep the folder "
            "as it is, find out whether it was restored, copied or altered, and go on with a new log"
        )
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Writing:
    """What a log is made of and who vouches for it.

    `entries(since, until)` gives the durable entries of these indexes; `signers(time)` those that sign at `time`, Unix
    seconds; `pause` is called after every few hashes, so that whoever shares the interpreter is let in.
    """

    origin: str
    suite: HashSuite
    signers: Callable[[int], Sequence[Signer]]
    entries: Callable[[int, int], Iterable[bytes]]
    pause: Callable[[], None] = lambda: None


class Growth:
    """The tiles of one log, and how they grow from its entries. Belongs to one thread, but for `nodes`."""

    def __init__(self, writing: Writing, store: PublishedLog) -> None:
        """Grow the tiles in `store` from the entries of `writing`."""
        self._writing, self._store = writing, store
        self._paced = _Paced(writing.suite, writing.pause)

    def nodes(self, size: int) -> Nodes:
        """Return the function that gives hashes of subtrees of the tree of `size`, as the tiles have them."""
        return nodes(size, cache(self._store.read), self._writing.suite)

    def settle(self, signed: Checkpoint) -> None:
        """Make all tiles anew if those at the right edge, on which all that follows rests, are not as they were signed.

        Raises:
            ForkError: the entries lead to another root.
        """
        if not self._sound(signed):
            self.rebuild(signed)

    def rebuild(self, signed: Checkpoint) -> None:
        """Make all tiles up to the size of `signed` anew from the entries.

        Raises:
            ForkError: the entries lead to another root.
        """
        self._grow(0, signed.size, signed)
        if not self._sound(signed):
            raise ForkError(signed, "the entries lead to another root")

    def extended(self, signed: Checkpoint, size: int) -> Checkpoint:
        """Return the checkpoint of `size` entries, proved to extend `signed`; its tiles are written.

        Raises:
            ForkError: the entries do not extend it.
        """
        try:
            return self._extended(signed, size)
        except MissingTileError:
            self.rebuild(signed)  # the entries decide whether it was the tiles that went bad
        try:
            return self._extended(signed, size)
        except MissingTileError as fault:
            raise ForkError(signed, f"the tree of {size} entries does not extend it") from fault

    def _extended(self, signed: Checkpoint, size: int) -> Checkpoint:
        """Return the checkpoint of `size` entries; raise MissingTileError if the tiles do not extend `signed`."""
        self._grow(signed.size, size, signed)
        suite, tree = self._writing.suite, self.nodes(size)
        new = Checkpoint(signed.origin, size, root(size, tree, suite))
        proof = consistency(signed.size, size, tree, suite)
        try:
            check_consistency(signed.size, signed.root, size, new.root, proof, suite)
        except ProofError as fault:
            raise MissingTileError(str(fault)) from fault
        return new

    def _sound(self, signed: Checkpoint) -> bool:
        try:
            return root(signed.size, self.nodes(signed.size), self._writing.suite) == signed.root
        except MissingTileError:
            return False

    def _grow(self, since: int, until: int, signed: Checkpoint) -> None:
        """Write the tiles for the entries from `since` up to `until`, some at a time."""
        while since < until:
            end = min(until, (since // STEP + 1) * STEP)
            leaves = self._leaves(since, end, signed)
            self._store.write(grown(since, leaves, self._store.read, self._paced))
            since = end

    def _leaves(self, since: int, until: int, signed: Checkpoint) -> list[bytes]:
        """Return the leaf hashes of the entries from `since` up to `until`; each must link to the one before."""
        suite, pause = self._writing.suite, self._writing.pause
        linked_by_leaves = suite.name == Sha256.name  # entries are linked by SHA-256, however the tree is hashed
        begin = max(since - 1, 0)
        leaves, prev = list[bytes](), "" if since else FIRST
        for index, entry in enumerate(self._writing.entries(begin, until), begin):
            if prev and prev_of(entry) != prev:
                raise ForkError(signed, f"entry {index} does not follow the one before")
            leaves.append(suite.leaf(entry))
            prev = (leaves[-1] if linked_by_leaves else leaf_hash(entry)).hex()
            if not index % PACE:
                pause()
        if len(leaves) != until - begin:
            raise ForkError(signed, f"the journal ends at entry {begin + len(leaves)}")
        return self._after(since, leaves) if since else leaves

    def _after(self, since: int, leaves: list[bytes]) -> list[bytes]:
        """Return `leaves` without the first, which stands in a tile already and must be what it was."""
        number = (since - 1) // WIDTH
        last = self._store.read(Tile(LEAVES, number, width_at(LEAVES, number, since)))[-HASH:]
        if last != leaves[0]:
            message = f"the tiles hold another entry {since - 1}"
            raise MissingTileError(message)
        return leaves[1:]


class _Paced:
    """Hashes as `suite` does, and lets others in after every few nodes."""

    def __init__(self, suite: HashSuite, pause: Callable[[], None]) -> None:
        self.name, self.empty, self.leaf = suite.name, suite.empty, suite.leaf
        self._node, self._pause, self._left = suite.node, pause, NODES

    def node(self, left: bytes, right: bytes) -> bytes:
        """Return the hash of an inner node."""
        self._left -= 1
        if not self._left:
            self._left = NODES
            self._pause()
        return self._node(left, right)
