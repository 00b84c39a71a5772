"""SM3 (GM/T 0004, GB/T 32905) in place of SHA-256: how the twin tree over the same entries is hashed."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SM3, Hash


class Sm3:
    """Implements `pdp.log.suite.HashSuite`. Safe from several threads."""

    name = "sm3"

    def __init__(self) -> None:
        self.empty = _hashed(b"")

    def leaf(self, entry: bytes) -> bytes:
        """Return SM3(00 ‖ entry)."""
        return _hashed(b"\x00" + entry)

    def node(self, left: bytes, right: bytes) -> bytes:
        """Return SM3(01 ‖ left ‖ right)."""
        return _hashed(b"\x01" + left + right)


def _hashed(data: bytes) -> bytes:
    digest = Hash(SM3())
    digest.update(data)
    return digest.finalize()
