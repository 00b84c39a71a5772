"""The receipt that proves, offline and for ever, that an entry is in a log. Source: C2SP tlog-proof@v1."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final

from pdp.log.note import Note, NoteError, note_in
from pdp.log.suite import HASH
from pdp.log.tiles import LEAVES, WIDTH, Tile, nodes, width_at
from pdp.log.tree import ProofError, inclusion, root_by_inclusion

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdp.log.suite import HashSuite

HEADER: Final = "c2sp.org/tlog-proof@v1"
SUFFIX: Final = ".tlog-proof"
LARGE: Final = 1024  # bytes; an ML-DSA signature has more, any other fewer


@dataclass(frozen=True, slots=True)
class ProofOfInclusion:
    """An entry's place, the hashes that lead from it to a root, and the signed checkpoint that commits to that root."""

    index: int
    hashes: tuple[bytes, ...]  # the leaf's sibling first
    note: Note

    def __str__(self) -> str:
        """Return the receipt as a file holds it."""
        hashes = "".join(f"{base64.b64encode(hashed).decode()}\n" for hashed in self.hashes)
        return f"{HEADER}\nindex {self.index}\n{hashes}\n{self.note}"

    def compact(self) -> ProofOfInclusion:
        """Return the receipt without its large signatures, those with ML-DSA; signatures do not cover one another."""
        lines = tuple(line for line in self.note.lines if len(line.signature) < LARGE)
        return replace(self, note=self.note._replace(lines=lines))

    def proves(self, entry: bytes, suite: HashSuite) -> bool:
        """Return whether `entry` stands at the index in the tree of the checkpoint, whose signatures are not looked at.

        Raises:
            ProofError: the proof has the wrong length.
        """
        checkpoint = self.note.checkpoint
        leaf = suite.leaf(entry)
        return root_by_inclusion(self.index, checkpoint.size, leaf, self.hashes, suite) == checkpoint.root


def receipt_for(index: int, note: Note, read: Callable[[Tile], bytes], suite: HashSuite) -> ProofOfInclusion:
    """Return the receipt for entry `index` under the checkpoint in `note`, which covers it.

    Args:
        index: which entry.
        note: the checkpoint with its signatures.
        read: gives the bytes of a hash tile of that tree, or of a later one cut to its width.
        suite: how to hash.

    Raises:
        ProofError: the tiles do not lead to the checkpoint's root.
        ValueError: the checkpoint does not cover the entry.
    """
    size, read = note.checkpoint.size, cache(read)
    hashes = inclusion(index, size, nodes(size, read, suite), suite)
    number, place = divmod(index, WIDTH)
    leaf = read(Tile(LEAVES, number, width_at(LEAVES, number, size)))[place * HASH : (place + 1) * HASH]
    if root_by_inclusion(index, size, leaf, hashes, suite) != note.checkpoint.root:
        message = f"the tiles do not lead from entry {index} to the root over {size}"
        raise ProofError(message)
    return ProofOfInclusion(index, tuple(hashes), note)


def receipt_in(data: bytes) -> ProofOfInclusion:
    """Return the receipt that `data` spells.

    Raises:
        NoteError: it spells none.
    """
    head, gap, signed = data.partition(b"\n\n")
    try:
        header, place, *encoded = head.decode("ascii").split("\n")
        word, _, index = place.partition(" ")
        hashes = tuple(base64.b64decode(line, validate=True) for line in encoded)
    except (ValueError, binascii.Error) as broken:
        message = "a receipt is a header, an index and hashes in base64"
        raise NoteError(message) from broken
    spelled = [base64.b64encode(hashed).decode() for hashed in hashes] == encoded
    if header != HEADER or word != "index" or not gap or not _decimal(index) or not spelled:
        message = f"a receipt begins with {HEADER} and an index"
        raise NoteError(message)
    if any(len(hashed) != HASH for hashed in hashes):
        message = f"a hash of a receipt has {HASH} bytes"
        raise NoteError(message)
    return ProofOfInclusion(int(index), hashes, note_in(signed))


def _decimal(text: str) -> bool:
    return text.isascii() and text.isdigit() and str(int(text)) == text
