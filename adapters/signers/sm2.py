"""SM2 with SM3 (GM/T 0003, GB/T 32918): the national signature on checkpoints, by the optional library tongsuopy.

In software it is no certified cryptographic module and passes no assessment; a card behind the same port may. The
library signs for the user id 1234567812345678 when it is told none, which is the id of GM/T 0009.
"""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from pdp.errors import UnavailableError
from pdp.log.note import KeyKind, VerifierKey, signed_message

if TYPE_CHECKING:
    from types import ModuleType

    from pdp.log.note import Checkpoint

ORDER: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123  # of the curve's group
NUMBER: Final = 32  # bytes of r, of s, of a coordinate


class Sm2Signer:
    """Implements `pdp.log.ports.Signer` with a key in memory. Safe from several threads."""

    def __init__(self, name: str, seed: bytes) -> None:
        """Take the key that `seed`, 32 bytes, stands for.

        Raises:
            UnavailableError: tongsuopy is not installed.
        """
        self._private = _part("crypto.asymciphers.ec").derive_private_key(scalar(seed), _curve())
        numbers = self._private.public_key().public_numbers()
        point = b"\x04" + numbers.x.to_bytes(NUMBER, "big") + numbers.y.to_bytes(NUMBER, "big")
        self.key = VerifierKey(name, KeyKind.NATIONAL, point)

    def sign(self, checkpoint: Checkpoint, time: int) -> bytes:
        """Return the 64 bytes r ‖ s of the signature."""
        r, s = decode_dss_signature(self._private.sign(signed_message(self.key, checkpoint, time), _with_sm3()))
        return r.to_bytes(NUMBER, "big") + s.to_bytes(NUMBER, "big")


def scalar(seed: bytes) -> int:
    """Return the private key that `seed` stands for: 1 to n-2, as GM/T 0003 asks, all but evenly spread."""
    expanded = hashlib.sha512(b"pdp/sm2/1\x00" + seed).digest()
    return int.from_bytes(expanded, "big") % (ORDER - 2) + 1


def valid(public: bytes, message: bytes, bare: bytes) -> bool:
    """Return whether `bare`, r ‖ s, is the signature of `message` under `public`; any bytes may come in.

    Raises:
        UnavailableError: tongsuopy is not installed.
    """
    curve = _part("crypto.asymciphers.ec")
    r, s = int.from_bytes(bare[:NUMBER], "big"), int.from_bytes(bare[NUMBER:], "big")
    if len(bare) != 2 * NUMBER or len(public) != 2 * NUMBER + 1 or not (0 < r < ORDER and 0 < s < ORDER):
        return False
    try:
        key = curve.EllipticCurvePublicKey.from_encoded_point(_curve(), public)
        key.verify(encode_dss_signature(r, s), message, _with_sm3())
    except (ValueError, _part("crypto.exceptions").InvalidSignature):
        return False
    return True


def _curve() -> Any:  # noqa: ANN401  # the library has no types
    return _part("crypto.asymciphers.ec").SM2()


def _with_sm3() -> Any:  # noqa: ANN401  # the library has no types
    return _part("crypto.asymciphers.ec").ECDSA(_part("crypto.hashes").SM3())  # ECDSA: the library's word for both


def _part(name: str) -> ModuleType:
    """Return a module of the library, which only those who sign with SM2 need to have."""
    try:
        return import_module(f"tongsuopy.{name}")
    except ImportError as missing:
        message = "log.sm2: SM2 needs the library tongsuopy; install public-data-pdp[sm2], or set log.sm2 to false"
        raise UnavailableError(message) from missing
