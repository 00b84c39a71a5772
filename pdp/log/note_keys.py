"""Keys that sign notes: their kinds, their one spelling, and the ids by which signature lines name them.

Source: C2SP signed-note, tlog-cosignature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

KEY_ID: Final = 4  # bytes
NAME_LIMIT: Final = 255  # bytes of a name or an origin; ML-DSA-44 signs its length as one byte

_NAME: Final = re.compile(r"[^\s+\x00-\x1f\x7f]+")


class NoteError(ValueError):
    """A note, a key or a checkpoint cannot be read, or its signatures are not what they must be."""


class KeyKind(IntEnum):
    """The type byte of a key, which says who signs what with it."""

    ED25519 = 0x01  # a log signs the note's body
    COSIGNATURE = 0x04  # a witness signs the body and the time with Ed25519
    ML_DSA_44 = 0x06  # log or witness sign origin, size, root and time with ML-DSA-44
    NATIONAL = 0xFF  # SM2 with SM3 over the note's body


TIMED: Final = frozenset({KeyKind.COSIGNATURE, KeyKind.ML_DSA_44})  # kinds whose signature begins with a time
_BYTES: Final = {KeyKind.ED25519: 32, KeyKind.COSIGNATURE: 32, KeyKind.ML_DSA_44: 1312, KeyKind.NATIONAL: 65}
_SM2: Final = b"pdp-decision-log/sm2-sm3/v1\x00"  # follows the type byte of a national key


@dataclass(frozen=True, slots=True, order=True)
class VerifierKey:
    """A public key with the one name it signs for."""

    name: str
    kind: KeyKind
    public: bytes  # for NATIONAL: 04 ‖ X ‖ Y

    @property
    def material(self) -> bytes:
        """Return type and public key as key id and vkey spell them."""
        return bytes([self.kind]) + (_SM2 if self.kind is KeyKind.NATIONAL else b"") + self.public

    @property
    def id(self) -> bytes:
        """Return the four bytes by which a signature line names the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.material).digest()[:KEY_ID]

    def __str__(self) -> str:
        """Return the vkey: name, key id and key on one line."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.material).decode()}"


def verifier_key(vkey: str) -> VerifierKey:
    """Return the key that `vkey` spells.

    Raises:
        NoteError: it spells none, or not of a kind that is known here.
    """
    name, _, rest = vkey.partition("+")
    key_id, _, encoded = rest.partition("+")
    material = decoded(encoded)
    if not is_name(name) or not material:
        message = "a verifier key is name+id+key, its name without blanks"
        raise NoteError(message)
    try:
        kind = KeyKind(material[0])
    except ValueError:
        message = f"{name}: a key of type {material[0]:02x} is none of those known here"
        raise NoteError(message) from None
    prefix = 1 + (len(_SM2) if kind is KeyKind.NATIONAL else 0)
    key = VerifierKey(name, kind, material[prefix:])
    if key.material != material or key.id.hex() != key_id or len(key.public) != _BYTES[kind]:
        message = f"{name}: the key id {key_id} does not belong to the key, or the key has the wrong length"
        raise NoteError(message)
    return key


def is_name(name: str) -> bool:
    """Return whether `name` may be that of a key or a log."""
    return len(name.encode()) <= NAME_LIMIT and _NAME.fullmatch(name) is not None


def decoded(encoded: str) -> bytes:
    """Return the bytes that base64 spells in its one canonical way; empty where it spells none."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if base64.b64encode(data).decode() == encoded else b""
