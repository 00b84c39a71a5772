"""Which signature suites there are: what signs with a key of each kind, and what the file of its seed is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.signers.ed25519 import Ed25519Signer
from adapters.signers.ml_dsa_44 import MlDsa44Signer
from adapters.signers.sm2 import Sm2Signer
from pdp.log.note import KeyKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pdp.log.ports import Signer


class Suite(NamedTuple):
    """What a kind of keys is called, and how a signer is made of a name and a seed of 32 bytes."""

    title: str
    suffix: str
    signer: Callable[[str, bytes], Signer]


SUITES: Final[Mapping[KeyKind, Suite]] = {
    KeyKind.ED25519: Suite("Ed25519", "ed25519", Ed25519Signer),
    KeyKind.COSIGNATURE: Suite(
        "Ed25519", "ed25519-witness", lambda name, seed: Ed25519Signer(name, seed, KeyKind.COSIGNATURE)
    ),
    KeyKind.ML_DSA_44: Suite("ML-DSA-44", "ml-dsa-44", MlDsa44Signer),
    KeyKind.NATIONAL: Suite("SM2", "sm2", Sm2Signer),
}
OF_A_LOG: Final = (KeyKind.ED25519, KeyKind.ML_DSA_44)
OF_A_WITNESS: Final = (KeyKind.COSIGNATURE, KeyKind.ML_DSA_44)
