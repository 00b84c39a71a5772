"""Whom this installation trusts with its log: who co-signs, how many must, and what auditors are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.settings import SettingsError
from adapters.witnesses.exchange import Cosigner
from pdp.log.note import KeyKind, NoteError, verifier_key
from pdp.log.trust import MOST, NONE, Group, Log, TrustPolicy, Witness

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.settings import CoSigner, LogSettings
    from adapters.signers.key_ring import KeyRing
    from pdp.log.note import VerifierKey

_QUORUM: Final = "quorum-of-witnesses"


def cosigners(log: LogSettings) -> list[Cosigner]:
    """Return the witnesses to ask.

    Raises:
        SettingsError: a vkey is none.
    """
    return [Cosigner(each.name, _keys(each), each.url) for each in log.witnesses]


def quorum_policy(rings: Iterable[KeyRing], log: LogSettings, url: str = "") -> TrustPolicy | None:
    """Return what makes a checkpoint count, None where nobody else is needed."""
    return auditors_policy(rings, url, log) if log.quorum else None


def auditors_policy(rings: Iterable[KeyRing], url: str, log: LogSettings) -> TrustPolicy:
    """Return what an auditor is to trust: the Ed25519 keys of these logs but withdrawn ones, a quorum of witnesses."""
    signed = [key for ring in rings for key in ring.keys if key.key.kind is KeyKind.ED25519]
    keys = [key.key for key in signed if not key.withdrawn]
    logs = tuple(Log(key, url) for key in keys[-MOST:])  # a policy holds no more; the newest come last
    witnesses = {each.name: Witness(_keys(each)[0], each.url) for each in log.witnesses}
    if not log.quorum:
        return TrustPolicy(logs, witnesses, {}, NONE)
    return TrustPolicy(logs, witnesses, {_QUORUM: Group(log.quorum, tuple(witnesses))}, _QUORUM)


def _keys(witness: CoSigner) -> tuple[VerifierKey, ...]:
    """Return the keys of a witness, the one that a quorum counts first."""
    counted = _key(witness, witness.vkey, KeyKind.COSIGNATURE, "Ed25519")
    if witness.ml_dsa_vkey is None:
        return (counted,)
    return counted, _key(witness, witness.ml_dsa_vkey, KeyKind.ML_DSA_44, "ML-DSA-44")


def _key(witness: CoSigner, vkey: str, kind: KeyKind, title: str) -> VerifierKey:
    try:
        key = verifier_key(vkey)
    except NoteError as fault:
        message = f"settings: log.witnesses: {witness.name}: {fault}; copy the vkey that the witness shows"
        raise SettingsError(message) from fault
    if key.kind is not kind:
        message = f"settings: log.witnesses: {witness.name}: no {title} cosignature key; copy the witness's own line"
        raise SettingsError(message)
    return key
