"""Whom this installation trusts with its log: who co-signs, how many must, and what auditors are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.settings import SettingsError
from adapters.witnesses.exchange import Cosigner
from pdp.log.note import KeyKind, NoteError, verifier_key
from pdp.log.trust import NONE, Group, Log, TrustPolicy, Witness

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
    return [Cosigner(each.name, (_key(each),), each.url) for each in log.witnesses]


def quorum_policy(rings: Iterable[KeyRing], log: LogSettings, url: str = "") -> TrustPolicy | None:
    """Return what makes a checkpoint count, None where nobody else is needed."""
    return auditors_policy(rings, url, log) if log.quorum else None


def auditors_policy(rings: Iterable[KeyRing], url: str, log: LogSettings) -> TrustPolicy:
    """Return what an auditor is to trust: the Ed25519 keys of these logs but withdrawn ones, a quorum of witnesses."""
    signed = [key for ring in rings for key in ring.keys if key.key.kind is KeyKind.ED25519]
    keys = [key.key for key in signed if not key.withdrawn]
    logs = tuple(Log(key, url) for key in keys)
    witnesses = {each.name: Witness(_key(each), each.url) for each in log.witnesses}
    if not log.quorum:
        return TrustPolicy(logs, witnesses, {}, NONE)
    return TrustPolicy(logs, witnesses, {_QUORUM: Group(log.quorum, tuple(witnesses))}, _QUORUM)


def _key(witness: CoSigner) -> VerifierKey:
    try:
        key = verifier_key(witness.vkey)
    except NoteError as fault:
        message = f"settings: log.witnesses: {witness.name}: {fault}; copy the vkey that the witness shows"
        raise SettingsError(message) from fault
    if key.kind is not KeyKind.COSIGNATURE:
        message = (
            f"settings: log.witnesses: {witness.name}: this is no cosignature key; copy the witness's Ed25519 vkey"
        )
        raise SettingsError(message)
    return key
