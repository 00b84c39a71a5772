"""Ed25519: the signature that every verifier of logs can check; of a log, or of a witness with its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pdp.log.note import KeyKind, VerifierKey, signed_message

if TYPE_CHECKING:
    from pdp.log.note import Checkpoint


class Ed25519Signer:
    """Implements `pdp.log.ports.Signer` with a key in memory. Safe from several threads."""

    def __init__(self, name: str, seed: bytes, kind: KeyKind = KeyKind.ED25519) -> None:
        """Take the key that `seed`, 32 bytes, stands for; `kind`: of a log, or COSIGNATURE of a witness."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(name, kind, self._private.public_key().public_bytes_raw())

    def sign(self, checkpoint: Checkpoint, time: int) -> bytes:
        """Return the 64 bytes of the signature."""
        return self._private.sign(signed_message(self.key, checkpoint, time))


def valid(public: bytes, message: bytes, bare: bytes) -> bool:
    """Return whether `bare` is the signature of `message` under `public`; any bytes may come in."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bare, message)
    except (InvalidSignature, ValueError):
        return False
    return True
