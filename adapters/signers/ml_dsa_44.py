"""ML-DSA-44 (FIPS 204): the signature that a quantum computer cannot forge, of a log and of a witness alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from pdp.log.note import KeyKind, VerifierKey, signed_message

if TYPE_CHECKING:
    from pdp.log.note import Checkpoint


class MlDsa44Signer:
    """Implements `pdp.log.ports.Signer` with a key in memory. Safe from several threads."""

    def __init__(self, name: str, seed: bytes) -> None:
        """Take the key that `seed`, 32 bytes, stands for."""
        self._private = MLDSA44PrivateKey.from_seed_bytes(seed)
        self.key = VerifierKey(name, KeyKind.ML_DSA_44, self._private.public_key().public_bytes_raw())

    def sign(self, checkpoint: Checkpoint, time: int) -> bytes:
        """Return the 2,420 bytes of the signature."""
        return self._private.sign(signed_message(self.key, checkpoint, time))


def valid(public: bytes, message: bytes, bare: bytes) -> bool:
    """Return whether `bare` is the signature of `message` under `public`; any bytes may come in."""
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(bare, message)
    except (InvalidSignature, ValueError):
        return False
    return True
