"""Published logs made for tests: entries, tiles, bundles and a checkpoint as files, straight from the formats.

Shares the writer's arithmetic of tiles, and nothing else with it: signatures are made with the library itself.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from pdp.log.entry import FIRST, entry_bytes, leaf_hash
from pdp.log.note import Checkpoint, KeyKind, Note, VerifierKey, note_in, signature_line, signed_message
from pdp.log.suite import Sha256
from pdp.log.tiles import Tile, bundled, bundles_of, grown, nodes
from pdp.log.tree import root

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pdp.log.note import SignatureLine

ORIGIN = "pdp.example.gov.cn/decisions/2026/pdp1-0"
WITNESS = "a.example.gov.cn/witness"
AT = 1767225600
LOG_SEED, WITNESS_SEED = bytes([1]) * 32, bytes([2]) * 32


@dataclass
class Key:
    """An Ed25519 or ML-DSA-44 key under one name, of a log or of a witness."""

    name: str
    seed: bytes
    kind: KeyKind = KeyKind.ED25519
    public: VerifierKey = field(init=False)

    def __post_init__(self) -> None:
        lattice = self.kind is KeyKind.ML_DSA_44
        self._private = (MLDSA44PrivateKey.from_seed_bytes if lattice else Ed25519PrivateKey.from_private_bytes)(
            self.seed
        )
        self.public = VerifierKey(self.name, self.kind, self._private.public_key().public_bytes_raw())

    def line(self, checkpoint: Checkpoint, time: int = AT) -> SignatureLine:
        """Return this key's signature line on `checkpoint`."""
        return signature_line(self.public, self._private.sign(signed_message(self.public, checkpoint, time)), time)


LOG_KEY = Key(ORIGIN, LOG_SEED)
WITNESS_KEY = Key(WITNESS, WITNESS_SEED, KeyKind.COSIGNATURE)


def chained(records: Iterable[bytes]) -> list[bytes]:
    """Return entries that hold `records`, numbered and linked."""
    entries, prev = [], FIRST
    for seq, record in enumerate(records):
        entries.append(entry_bytes(prev, record, seq))
        prev = leaf_hash(entries[-1]).hex()
    return entries


def small(count: int) -> list[bytes]:
    """Return `count` linked entries with the smallest record there is, those of the format's test vector."""
    return chained(b'{"kind":"test","n":%d}' % number for number in range(count))


def tree_of(entries: list[bytes]) -> tuple[dict[Tile, bytes], bytes]:
    """Return the tiles over `entries`, and the root."""
    suite = Sha256()
    tiles = grown(0, [suite.leaf(entry) for entry in entries], lambda _: b"", suite)
    return tiles, root(len(entries), nodes(len(entries), tiles.__getitem__, suite), suite)


def note_over(entries: list[bytes], *keys: Key) -> Note:
    """Return the checkpoint over `entries`, signed by `keys`; by default by the log and one witness."""
    checkpoint = Checkpoint(ORIGIN, len(entries), tree_of(entries)[1])
    return Note(checkpoint.body, tuple(key.line(checkpoint) for key in keys or (LOG_KEY, WITNESS_KEY)))


def resources(entries: list[bytes], *keys: Key) -> dict[str, bytes]:
    """Return what the log of `entries` publishes, by path, its checkpoint last."""
    tiles, _ = tree_of(entries)
    files = {tile.path: data for tile, data in tiles.items()}
    for tile in bundles_of(len(entries)):
        first = tile.number * 256
        files[tile.path] = bundled(entries[first : first + tile.width])
    files["checkpoint"] = str(note_over(entries, *keys)).encode()
    return files


def publish(folder: Path, entries: list[bytes], *keys: Key) -> Note:
    """Write the log of `entries` to `folder` as anyone may serve it; return its checkpoint."""
    files = resources(entries, *keys)
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return note_in(files["checkpoint"])


def policy(*witnesses: Key, quorum: int = 0) -> str:
    """Return the auditor's policy for the log's key and `witnesses`, of which `quorum` are needed."""
    lines = [f"log {LOG_KEY.public}"]
    lines += [f"witness w{place} {witness.public}" for place, witness in enumerate(witnesses)]
    if not quorum:
        return "\n".join([*lines, "quorum none", ""])
    names = " ".join(f"w{place}" for place in range(len(witnesses)))
    return "\n".join([*lines, f"group g {quorum} {names}", "quorum g", ""])


def spelled(data: bytes) -> str:
    """Return base64, as notes spell bytes."""
    return base64.b64encode(data).decode()
