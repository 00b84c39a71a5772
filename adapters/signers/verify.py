"""Check a signature of any kind that a note may carry: what `pdp.log.note.signatures` is given to verify with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.signers import ed25519, ml_dsa_44, sm2
from pdp.log.note import KeyKind

if TYPE_CHECKING:
    from pdp.log.note import VerifierKey


def verify(key: VerifierKey, message: bytes, bare: bytes) -> bool:
    """Return whether `bare` is the signature of `message` with `key`. Bad keys, bad signatures: no, never an error.

    Raises:
        UnavailableError: the key is an SM2 key, and the library for it is not installed.
    """
    match key.kind:
        case KeyKind.ED25519 | KeyKind.COSIGNATURE:
            return ed25519.valid(key.public, message, bare)
        case KeyKind.ML_DSA_44:
            return ml_dsa_44.valid(key.public, message, bare)
        case KeyKind.NATIONAL:
            return sm2.valid(key.public, message, bare)
