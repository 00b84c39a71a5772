"""Whom auditors are told to trust."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.publishing.trusted import auditors_policy, cosigners
from adapters.settings import CoSigner, LogSettings, SettingsError
from adapters.signers.key_ring import OVERLAP, KeyRing, witness_ring
from pdp.log.note import KeyKind
from pdp.log.trust import trust_policy

if TYPE_CHECKING:
    from pathlib import Path

    from pdp.log.note import VerifierKey

ORIGIN = "pdp.local/n1-0"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.open(tmp_path / "keys", ORIGIN, NOW, sm2=True, create=True)


def keys_in(ring: KeyRing, log: LogSettings | None = None) -> list[VerifierKey]:
    """Return the log's keys in the policy file, read as an auditor reads it."""
    policy = auditors_policy([ring], "http://127.0.0.1/log/", log or LogSettings())
    return [log.key for log in trust_policy(str(policy)).logs]


def test_auditors_are_given_keys_that_every_verifier_knows(ring: KeyRing):
    assert [(key.name, key.kind) for key in keys_in(ring)] == [(ORIGIN, KeyKind.ED25519)]


def test_keys_that_were_changed_in_peace_stay_for_older_notes(ring: KeyRing):
    ring.rotate(NOW)
    ring.signers(NOW + OVERLAP)
    assert len(keys_in(ring)) == 2


def test_a_leaked_key_is_named_no_more(ring: KeyRing):
    (leaked,) = keys_in(ring)
    ring.rotate(NOW, timedelta(0))
    (left,) = keys_in(ring)
    assert left != leaked


def test_a_quorum_is_told_with_its_witnesses(ring: KeyRing, tmp_path: Path):
    names = [f"{letter}.example.gov.cn/witness" for letter in "abc"]
    keys = [
        witness_ring(tmp_path / letter, name, NOW, create=True).keys[0].key
        for letter, name in zip("abc", names, strict=True)
    ]
    said = tuple(CoSigner(name=key.name[0], vkey=str(key), url="https://a.example.gov.cn/") for key in keys)
    policy = trust_policy(str(auditors_policy([ring], "", LogSettings(witnesses=said, quorum=2))))
    assert [policy.satisfied(keys[:count]) for count in range(4)] == [False, False, True, True]


def test_a_witness_whose_key_is_none_is_named():
    settings = LogSettings(witnesses=(CoSigner(name="a", vkey="a+b+c", url="https://a.example.gov.cn/"),))
    with pytest.raises(SettingsError, match=r"log\.witnesses: a: .*; copy the vkey that the witness shows"):
        cosigners(settings)


def test_a_witness_s_post_quantum_lines_are_kept_and_the_quorum_counts_the_other(tmp_path: Path):
    cosigning = witness_ring(tmp_path / "witness", "w.example/witness", NOW, create=True)
    counted, kept = (
        next(str(key.key) for key in cosigning.keys if key.key.kind is kind)
        for kind in (KeyKind.COSIGNATURE, KeyKind.ML_DSA_44)
    )
    settings = LogSettings.model_validate(
        {"witnesses": [{"name": "w", "vkey": counted, "ml_dsa_vkey": kept, "url": "http://127.0.0.1:1"}], "quorum": 1}
    )

    assert [str(key) for key in cosigners(settings)[0].keys] == [counted, kept]
    assert kept not in str(auditors_policy([], "", settings))
    with pytest.raises(SettingsError, match="no ML-DSA-44 cosignature key"):
        cosigners(
            settings.model_copy(
                update={"witnesses": (settings.witnesses[0].model_copy(update={"ml_dsa_vkey": counted}),)}
            )
        )
