"""Promises of the tree: its roots are pymerkle's, every proof verifies, and none does that was altered."""

from __future__ import annotations

import functools
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from pdp.log.suite import HASH, Sha256
from pdp.log.tiles import grown, nodes
from pdp.log.tree import ProofError, check_consistency, consistency, inclusion, root, root_by_inclusion
from tests.logs.published import chained, small

SUITE = Sha256()
MOST = 70
ENTRIES = small(MOST)
LEAVES = [SUITE.leaf(entry) for entry in ENTRIES]
SIZES = st.integers(1, MOST)


@functools.cache
def tree(size):
    """Return the nodes and the root of the tree over the first `size` entries."""
    tiles = grown(0, LEAVES[:size], lambda _: b"", SUITE)
    hashes = nodes(size, tiles.__getitem__, SUITE)
    return hashes, root(size, hashes, SUITE)


def flipped(hashes, place):
    """Return `hashes` with one bit turned."""
    number, byte, bit = place // (HASH * 8), place // 8 % HASH, place % 8
    changed = bytearray(hashes[number])
    changed[byte] ^= 1 << bit
    return [*hashes[:number], bytes(changed), *hashes[number + 1 :]]


def damaged(proof, noise):
    """Yield what `proof` may be altered to: shorter, longer, in another order, or with one bit turned."""
    yield [*proof, bytes(HASH)]
    yield [bytes(HASH), *proof]
    if proof:
        yield proof[:-1]
        yield proof[1:]
        yield flipped(proof, noise % (len(proof) * HASH * 8))
    for place, (one, other) in enumerate(pairwise(proof)):
        if one != other:
            yield [*proof[:place], other, one, *proof[place + 2 :]]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert root(0, lambda *_: b"", SUITE).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_root_is_that_of_the_formats_test_vector():
    assert tree(3)[1].hex() == "e84de793be3d66a7bb8b911ad4bba0f36fcc167193ff380250595a462782d1b7"


def test_roots_are_those_of_pymerkle_at_every_size():
    other = InmemoryTree(algorithm="sha256")
    for size, entry in enumerate(ENTRIES, 1):
        other.append_entry(entry)
        assert tree(size)[1] == other.get_root()


def test_roots_are_those_of_pymerkle_where_tiles_end():
    entries = chained(b'{"n":%d}' % number for number in range(66_000))
    other, leaves = InmemoryTree(algorithm="sha256"), [SUITE.leaf(entry) for entry in entries]
    tiles = grown(0, leaves, lambda _: b"", SUITE)
    for entry in entries:
        other.append_entry(entry)
    for size in (255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000):
        cut = grown(0, leaves[:size], lambda _: b"", SUITE)
        assert root(size, nodes(size, cut.__getitem__, SUITE), SUITE) == other.get_root(size)
    assert len(tiles) == 258 + 2 + 1


def test_every_proof_of_inclusion_verifies_and_every_altered_one_does_not():
    for size in range(1, MOST + 1):
        hashes, top = tree(size)
        for index in range(size):
            proof = inclusion(index, size, hashes, SUITE)
            assert root_by_inclusion(index, size, LEAVES[index], proof, SUITE) == top
            for other in damaged(proof, index * 131 + size):
                assert not included(index, size, LEAVES[index], other)
            assert not included(index, size, LEAVES[index - 1] if index else bytes(HASH), proof)
            assert not included((index + 1) % size, size, LEAVES[index], proof) or size == 1


def included(index, size, leaf, proof):
    """Return whether `proof` leads to the root of the tree of `size`."""
    try:
        return root_by_inclusion(index, size, leaf, proof, SUITE) == tree(size)[1]
    except ProofError:
        return False


def test_every_proof_of_consistency_verifies_and_every_altered_one_does_not():
    for new in range(MOST + 1):
        hashes, top = tree(new)
        for old in range(new + 1):
            proof = consistency(old, new, hashes, SUITE)
            check_consistency(old, tree(old)[1], new, top, proof, SUITE)
            for other in damaged(proof, old * 131 + new):
                assert not extends(old, tree(old)[1], new, top, other)
            if old > 0:
                assert not extends(old, bytes(HASH), new, top, proof)
                assert not extends(old, tree(old)[1], new, bytes(HASH), proof)


def extends(old, old_root, new, new_root, proof):
    """Return whether `proof` is taken."""
    try:
        check_consistency(old, old_root, new, new_root, proof, SUITE)
    except ProofError:
        return False
    return True


@given(SIZES, SIZES, st.data())
def test_no_proof_leads_from_a_tree_that_is_no_part_of_the_new_one(old, new, data):
    old, new = sorted((old, new))
    place = data.draw(st.integers(0, old - 1))
    other = [*LEAVES[:place], bytes(HASH), *LEAVES[place + 1 : old]]
    tiles = grown(0, other, lambda _: b"", SUITE)
    forked = root(old, nodes(old, tiles.__getitem__, SUITE), SUITE)
    proof = consistency(old, new, tree(new)[0], SUITE)
    assert not extends(old, forked, new, tree(new)[1], proof)


def test_there_is_no_proof_for_what_is_not_in_the_tree():
    hashes, _ = tree(5)
    with pytest.raises(ValueError, match="entry 5 is not in a tree of 5"):
        inclusion(5, 5, hashes, SUITE)
    with pytest.raises(ValueError, match="extends no tree of 6"):
        consistency(6, 5, hashes, SUITE)
    with pytest.raises(ProofError, match="entry 5 is not in a tree of 5"):
        root_by_inclusion(5, 5, LEAVES[4], [], SUITE)
    with pytest.raises(ProofError, match="leads from 6 entries to 5"):
        check_consistency(6, tree(6)[1], 5, tree(5)[1], [], SUITE)
