from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.signers.ed25519 import Ed25519Signer
from adapters.signers.ml_dsa_44 import MlDsa44Signer
from adapters.signers.sm2 import Sm2Signer
from adapters.signers.sm3 import Sm3
from adapters.signers.verify import verify
from pdp.errors import UnavailableError
from pdp.log.note import Checkpoint, KeyKind, Note, VerifierKey, signature_line, signatures, signed_message
from pdp.log.suite import Sha256

ORIGIN = "pdp.example.gov.cn/decisions/2026/pdp1-0"
WITNESS = "a.example.gov.cn/witness"
AT = 1767225600
ROOT = bytes.fromhex("e84de793be3d66a7bb8b911ad4bba0f36fcc167193ff380250595a462782d1b7")
THREE = Checkpoint(ORIGIN, 3, ROOT)
SIGNERS = {
    "log": Ed25519Signer(ORIGIN, bytes([1]) * 32),
    "witness": Ed25519Signer(WITNESS, bytes([2]) * 32, KeyKind.COSIGNATURE),
    "lattice log": MlDsa44Signer(ORIGIN, bytes([3]) * 32),
    "lattice witness": MlDsa44Signer(WITNESS, bytes([4]) * 32),
    "national": Sm2Signer(ORIGIN, bytes([5]) * 32),
}
every_signer = pytest.mark.parametrize("who", SIGNERS)


def test_the_published_vector_of_a_log_and_its_witness():
    lines = [signature_line(SIGNERS[who].key, SIGNERS[who].sign(THREE, AT), AT) for who in ("log", "witness")]
    assert "".join(map(str, lines)) == (
        "— pdp.example.gov.cn/decisions/2026/pdp1-0 "
        "8oyLtGC4r8ON919alna8M062FDdmwWEKZnbxxZhg/35LBvHr3wTrhFCFRJDYANfMpE1qPEe7nCDx5CV2NL5Y1A6NuwI=\n"
        "— a.example.gov.cn/witness "
        "WMEEeQAAAABpVbkAWH7QIrRwXIPvsAEk+56PflXYANvnnBBgW7DrHKyFETRHU96kSxM38X3rSgi5QXUm1vJsp8nfx+H9qRNC2mpcAg==\n"
    )
    assert str(SIGNERS["log"].key).endswith("+f28c8bb4+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c")
    assert str(SIGNERS["witness"].key).endswith("+58c10479+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU")


def test_the_published_vector_of_ml_dsa_44():
    key = SIGNERS["lattice log"].key
    message = signed_message(key, THREE, AT)
    assert key.id.hex() == "bc9004cf"
    assert len(message) == 150
    assert hashlib.sha256(message).hexdigest() == "df179c64ece8d89c302ca7224dd29a69ffb6e42c3b704e4f1024d6a93582d8a1"
    assert len(SIGNERS["lattice log"].sign(THREE, AT)) == 2420


@every_signer
def test_what_is_signed_verifies_for_this_message_and_key_alone(who):
    signer = SIGNERS[who]
    bare, message = signer.sign(THREE, AT), signed_message(signer.key, THREE, AT)
    assert verify(signer.key, message, bare)
    assert not verify(signer.key, message + b"\n", bare)
    others = [other.key for other in SIGNERS.values() if other.key.public != signer.key.public]
    assert not any(verify(key, message, bare) for key in others)


@every_signer
def test_a_note_with_the_line_is_signed_by_the_key_at_the_stated_time(who):
    signer = SIGNERS[who]
    note = Note(THREE.body, (signature_line(signer.key, signer.sign(THREE, AT), AT),))
    timed = signer.key.kind in {KeyKind.COSIGNATURE, KeyKind.ML_DSA_44}
    assert signatures(note, [signer.key], verify) == {signer.key: AT if timed else 0}


@pytest.mark.parametrize("who", ["log", "witness", "national"])
def test_no_bit_of_a_signature_can_turn(who):
    signer = SIGNERS[who]
    bare, message = signer.sign(THREE, AT), signed_message(signer.key, THREE, AT)
    for bit in range(len(bare) * 8):
        turned = bytearray(bare)
        turned[bit // 8] ^= 1 << bit % 8
        assert not verify(signer.key, message, bytes(turned)), bit


@given(public=st.binary(max_size=80), message=st.binary(max_size=40), bare=st.binary(max_size=80))
@pytest.mark.parametrize("kind", list(KeyKind))
def test_bad_keys_and_signatures_are_a_no_and_never_an_error(kind, public, message, bare):
    assert not verify(VerifierKey("a", kind, public), message, bare)


@every_signer
@given(bare=st.binary(max_size=70) | st.binary(min_size=2420, max_size=2420))
def test_invented_signatures_are_a_no_under_real_keys(who, bare):
    assert not verify(SIGNERS[who].key, b"message", bare)


def test_sm3_hashes_the_example_of_the_standard():
    of_abc = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert _sm3(b"abc").hex() == of_abc
    assert Sm3().empty == _sm3(b"")
    assert Sm3().leaf(b"abc") == _sm3(b"\x00abc")
    assert Sm3().node(b"a" * 32, b"b" * 32) == _sm3(b"\x01" + b"a" * 32 + b"b" * 32)


def test_the_suites_differ_in_name_and_in_every_hash():
    ours, usual = Sm3(), Sha256()
    assert (ours.name, usual.name) == ("sm3", "sha256")
    assert ours.empty != usual.empty
    assert ours.leaf(b"") != usual.leaf(b"")
    assert ours.leaf(b"a" * 64) != ours.node(b"a" * 32, b"a" * 32)


class Card:
    """A card behind the port: signs with a key that this process never sees, and may be pulled."""

    def __init__(self) -> None:
        self._inside, self.pulled = Sm2Signer(ORIGIN, bytes([6]) * 32), False
        self.key = self._inside.key

    def sign(self, checkpoint: Checkpoint, time: int) -> bytes:
        """Return the signature, if the card is in."""
        if self.pulled:
            message = "the card does not answer; put it back"
            raise UnavailableError(message)
        return self._inside.sign(checkpoint, time)


def test_a_card_signs_through_the_same_port():
    card = Card()
    note = Note(THREE.body, (signature_line(card.key, card.sign(THREE, AT), AT),))
    assert set(signatures(note, [card.key], verify)) == {card.key}
    card.pulled = True
    with pytest.raises(UnavailableError, match="put it back"):
        card.sign(THREE, AT)


def _sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()
