"""How a log's tree is hashed: the port, and the suite that C2SP tlog-tiles asks for. Source: RFC 6962 § 2.1."""

from __future__ import annotations

import hashlib
from typing import Final, Protocol

HASH: Final = 32  # bytes, in every suite


class HashSuite(Protocol):
    """How one tree is hashed; a tree never mixes two. Source: RFC 6962 § 2.1."""

    @property
    def name(self) -> str:
        """Return sha256 or sm3."""
        ...

    @property
    def empty(self) -> bytes:
        """Return the root of the tree without entries, 32 bytes."""
        ...

    def leaf(self, entry: bytes) -> bytes:
        """Return the hash of a leaf, 32 bytes."""
        ...

    def node(self, left: bytes, right: bytes) -> bytes:
        """Return the hash of an inner node, 32 bytes."""
        ...


class Sha256:
    """Implements `HashSuite` as C2SP tlog-tiles asks."""

    name = "sha256"
    empty = hashlib.sha256(b"").digest()

    def leaf(self, entry: bytes) -> bytes:
        """Return SHA-256(00 ‖ entry)."""
        return hashlib.sha256(b"\x00" + entry).digest()

    def node(self, left: bytes, right: bytes) -> bytes:
        """Return SHA-256(01 ‖ left ‖ right)."""
        return hashlib.sha256(b"\x01" + left + right).digest()
