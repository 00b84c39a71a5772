from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from adapters.signers.sm2 import ORDER, Sm2Signer, scalar, valid
from pdp.errors import UnavailableError
from pdp.log.note import Checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    Point = tuple[int, int] | None

ORIGIN = "pdp.example.gov.cn/decisions/2026/pdp1-0"
AT = 1767225600
SEED = bytes([5]) * 32
THREE = Checkpoint(ORIGIN, 3, bytes(range(32)))


def test_sm2_signatures_are_what_openssl_takes_for_sm2_with_the_common_user_id(tmp_path: Path):
    signer = Sm2Signer(ORIGIN, SEED)
    bare = signer.sign(THREE, AT)
    r, s = int.from_bytes(bare[:32], "big"), int.from_bytes(bare[32:], "big")
    (tmp_path / "body").write_bytes(THREE.body.encode())
    (tmp_path / "signature").write_bytes(encode_dss_signature(r, s))
    (tmp_path / "key.pem").write_text(_pem(signer.key.public))
    assert _openssl(tmp_path, "-verify", "key.pem", "-signature", "signature", "body") == "Verified OK\n"
    (tmp_path / "body").write_bytes(THREE.body.encode() + b"\n")
    assert _openssl(tmp_path, "-verify", "key.pem", "-signature", "signature", "body") == "Verification failure\n"


def test_the_example_of_the_standard_verifies():
    public = (
        "04 09F9DF31 1E5421A1 50DD7D16 1E4BC5C6 72179FAD 1833FC07 6BB08FF3 56F35020"
        "   CCEA490C E26775A5 2DC6EA71 8CC1AA60 0AED05FB F35E084A 6632F607 2DA9AD13"
    )
    bare = (
        "F5A03B06 48D2C463 0EEAC513 E1BB81A1 5944DA38 27D5B741 43AC7EAC EEE720B3"
        "B1B6AA29 DF212FD8 763182BC 0D421CA1 BB9038FD 1F7F42D4 840B69C4 85BBC1AA"
    )
    assert valid(bytes.fromhex(public), b"message digest", bytes.fromhex(bare))
    assert not valid(bytes.fromhex(public), b"message digests", bytes.fromhex(bare))


def test_what_openssl_signs_with_sm2_verifies_here(tmp_path: Path):
    def made(*arguments: str) -> bytes:
        return subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True, check=True).stdout

    (tmp_path / "key.pem").write_bytes(made("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"))
    public = made("pkey", "-in", "key.pem", "-pubout", "-outform", "DER")[-65:]
    (tmp_path / "body").write_bytes(THREE.body.encode())
    signed = made("dgst", "-sm3", "-sigopt", "distid:1234567812345678", "-sign", "key.pem", "body")
    r, s = decode_dss_signature(signed)
    assert valid(public, THREE.body.encode(), r.to_bytes(32) + s.to_bytes(32))


def test_sm2_signatures_obey_the_equation_of_the_standard():
    signer = Sm2Signer(ORIGIN, SEED)
    bare = signer.sign(THREE, AT)
    r, s = int.from_bytes(bare[:32], "big"), int.from_bytes(bare[32:], "big")
    point = (int.from_bytes(signer.key.public[1:33], "big"), int.from_bytes(signer.key.public[33:], "big"))
    assert _times(scalar(SEED), BASE) == point
    e = int.from_bytes(_sm3(_identity(point) + THREE.body.encode()), "big")
    x, _ = _plus(_times(s, BASE), _times((r + s) % ORDER, point))
    assert (e + x) % ORDER == r


@given(seed=st.binary(min_size=32, max_size=32))
def test_every_seed_gives_sm2_a_key_in_the_range_of_the_standard(seed):
    assert 1 <= scalar(seed) <= ORDER - 2


def test_without_its_library_sm2_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tongsuopy.crypto.asymciphers.ec", None)
    with pytest.raises(UnavailableError, match=r"install public-data-pdp\[sm2\], or set log.sm2 to false"):
        Sm2Signer(ORIGIN, bytes(32))


# The curve of GB/T 32918.5, in affine coordinates: slow, and written from the standard.
P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
A = P - 3
B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
BASE = (
    0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7,
    0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0,
)


def _plus(one: Point, two: Point) -> Point:
    if one is None or two is None:
        return one or two
    if one[0] == two[0] and (one[1] + two[1]) % P == 0:
        return None
    if one == two:
        slope = (3 * one[0] ** 2 + A) * pow(2 * one[1], -1, P)
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, P)
    x = (slope**2 - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def _times(number: int, point: Point) -> Point:
    total = None
    for bit in f"{number:b}":
        total = _plus(total, total)
        total = _plus(total, point) if bit == "1" else total
    return total


def _identity(public: tuple[int, int]) -> bytes:
    user = b"1234567812345678"
    numbers = (A, B, *BASE, *public)
    return _sm3((len(user) * 8).to_bytes(2, "big") + user + b"".join(number.to_bytes(32, "big") for number in numbers))


def _sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def _pem(public: bytes) -> str:
    prefix = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")  # SubjectPublicKeyInfo, curve SM2
    return f"-----BEGIN PUBLIC KEY-----\n{base64.encodebytes(prefix + public).decode()}-----END PUBLIC KEY-----\n"


def _openssl(folder: Path, *arguments: str) -> str:
    command = ["openssl", "dgst", "-sm3", "-sigopt", "distid:1234567812345678", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
