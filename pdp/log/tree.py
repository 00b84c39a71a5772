"""The log's Merkle tree: roots and proofs, from hashes of complete subtrees.

Nothing is kept here. A tree is known by its size and by a function that gives the hash of any complete subtree, which
`pdp.log.tiles` reads out of tiles. Source: RFC 6962 § 2.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pdp.log.suite import HashSuite

    Nodes = Callable[[int, int], bytes]  # (level, index) -> hash of the complete subtree over 2^level entries


class ProofError(ValueError):
    """A proof does not prove what it is said to."""


def complete(hashes: Sequence[bytes], suite: HashSuite) -> bytes:
    """Return the hash of a complete subtree: `hashes` are 1, 2, 4, … neighbours of one level."""
    row = list(hashes)
    while len(row) > 1:
        row = [suite.node(row[place], row[place + 1]) for place in range(0, len(row), 2)]
    return row[0]


def span(start: int, end: int, nodes: Nodes, suite: HashSuite) -> bytes:
    """Return the tree hash of the entries from `start` up to `end`.

    Args:
        start: a multiple of the largest power of two that is not above `end - start`.
        end: above `start`.
        nodes: hashes of complete subtrees.
        suite: how to hash.
    """
    peaks = [nodes(level, index) for level, index in _peaks(start, end)]
    joined = peaks.pop()
    while peaks:
        joined = suite.node(peaks.pop(), joined)
    return joined


def root(size: int, nodes: Nodes, suite: HashSuite) -> bytes:
    """Return the root of the tree over the first `size` entries."""
    return span(0, size, nodes, suite) if size else suite.empty


def inclusion(index: int, size: int, nodes: Nodes, suite: HashSuite) -> list[bytes]:
    """Return the proof that entry `index` is in the tree of `size` entries, the leaf's sibling first.

    Raises:
        ValueError: there is no such entry.
    """
    if not 0 <= index < size:
        message = f"entry {index} is not in a tree of {size}"
        raise ValueError(message)
    proof, low, high = [], 0, size
    while high - low > 1:
        split = low + _split(high - low)
        if index < split:
            proof.append(span(split, high, nodes, suite))
            high = split
        else:
            proof.append(span(low, split, nodes, suite))
            low = split
    return proof[::-1]


def consistency(old: int, new: int, nodes: Nodes, suite: HashSuite) -> list[bytes]:
    """Return the proof that the tree of `new` entries extends the tree of `old`; empty where one of them is trivial.

    Raises:
        ValueError: `old` is larger than `new`.
    """
    if not 0 <= old <= new:
        message = f"a tree of {new} entries extends no tree of {old}"
        raise ValueError(message)
    if old in {0, new}:
        return []
    proof, low, high, known = [], 0, new, True  # known: the verifier has the hash of low up to old already
    while old != high:
        split = low + _split(high - low)
        if old <= split:
            proof.append(span(split, high, nodes, suite))
            high = split
        else:
            proof.append(span(low, split, nodes, suite))
            low, known = split, False
    if not known:
        proof.append(span(low, high, nodes, suite))
    return proof[::-1]


def root_by_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], suite: HashSuite) -> bytes:
    """Return the root that `proof` leads to from `leaf`; whoever checks compares it with a signed one.

    Raises:
        ProofError: the proof has another length than entry `index` of a tree of `size` needs.
    """
    if not 0 <= index < size:
        message = f"entry {index} is not in a tree of {size}"
        raise ProofError(message)
    hashed, steps = leaf, iter(proof)
    place, last = index, size - 1
    for sibling in steps:
        if not last:
            break
        if place % 2 or place == last:
            hashed = suite.node(sibling, hashed)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            hashed = suite.node(hashed, sibling)
        place, last = place // 2, last // 2
    else:
        if not last:
            return hashed
    message = f"an inclusion proof of {len(proof)} hashes is none for entry {index} of {size}"
    raise ProofError(message)


def check_consistency(  # noqa: PLR0913, PLR0917  # two trees, the proof, and how to hash
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes], suite: HashSuite
) -> None:
    """Accept that the tree (`new`, `new_root`) extends the tree (`old`, `old_root`).

    Raises:
        ProofError: `proof` does not show it.
    """
    if old > new or (old in {0, new} and proof):
        message = f"no proof of {len(proof)} hashes leads from {old} entries to {new}"
        raise ProofError(message)
    if old == 0:
        holds = old_root == suite.empty
    elif old == new:
        holds = old_root == new_root
    else:
        holds = _roots_by_consistency(old, old_root, new, list(proof), suite) == (old_root, new_root)
    if not holds:
        message = f"the tree of {new} entries does not extend the tree of {old}"
        raise ProofError(message)


def _roots_by_consistency(
    old: int, old_root: bytes, new: int, proof: list[bytes], suite: HashSuite
) -> tuple[bytes, bytes] | None:
    """Return both roots that a proof leads to; None where it has the wrong length. Source: RFC 9162 § 2.1.4.2."""
    if old & (old - 1) == 0:
        proof = [old_root, *proof]
    if not proof:
        return None
    place, last = old - 1, new - 1
    while place % 2:
        place, last = place // 2, last // 2
    before = after = proof[0]
    for sibling in proof[1:]:
        if not last:
            return None
        if place % 2 or place == last:
            before, after = suite.node(sibling, before), suite.node(sibling, after)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            after = suite.node(after, sibling)
        place, last = place // 2, last // 2
    return None if last else (before, after)


def _split(width: int) -> int:
    """Return the largest power of two below `width`, which is 2 or more."""
    return 1 << (width - 1).bit_length() - 1


def _peaks(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield level and index of the complete subtrees that cover `start` up to `end`, largest first."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level
