"""Promises of the keys that sign decision tokens: made once, rotated with overlap, never silently replaced."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.signers.token_keys import LEAD, STAYS, TokenKeys
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
MONTH = timedelta(days=30)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "tokens"


@pytest.fixture
def keys(folder: Path) -> TokenKeys:
    return TokenKeys.open(folder, NOW, MONTH)


def kids(keys: TokenKeys) -> list[str]:
    return [key["kid"] for key in json.loads(keys.published())["keys"]]


def kid_that_signs(keys: TokenKeys) -> str:
    return jwt.get_unverified_header(keys.sign(b"{}", "decision+jwt"))["kid"]


def verified(token: str, keys: TokenKeys) -> bytes:
    published = jwt.PyJWKSet.from_json(keys.published().decode())
    return jwt.PyJWS().decode(token, published[jwt.get_unverified_header(token)["kid"]], algorithms=["EdDSA"])


def seeds(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.ed25519")}


def test_what_is_signed_is_verified_by_the_published_set(keys: TokenKeys):
    token = keys.sign(b'{"iss":"a"}', "decision+jwt")

    assert verified(token, keys) == b'{"iss":"a"}'
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "kid": kids(keys)[0], "typ": "decision+jwt"}


def test_the_published_set_holds_public_keys_alone(folder: Path, keys: TokenKeys):
    [key] = json.loads(keys.published())["keys"]

    assert key.keys() == {"kty", "crv", "x", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("OKP", "Ed25519", "sig", "EdDSA")
    assert seeds(folder) == {"1.ed25519"}
    assert (folder / "1.ed25519").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_same_key_signs_after_a_restart(folder: Path, keys: TokenKeys):
    assert TokenKeys.open(folder, NOW + MINUTE, MONTH).published() == keys.published()


def test_two_nodes_never_have_a_key_in_common(tmp_path: Path):
    nodes = [TokenKeys.open(tmp_path / name, NOW, MONTH) for name in ("n1", "n2")]

    assert kids(nodes[0]) != kids(nodes[1])


def test_a_successor_is_published_a_day_before_it_signs(keys: TokenKeys):
    [first] = kids(keys)
    keys.look(NOW + MONTH - LEAD - MINUTE)
    assert kids(keys) == [first]

    keys.look(NOW + MONTH - LEAD)
    assert (kids(keys)[0], len(kids(keys)), kid_that_signs(keys)) == (first, 2, first)

    keys.look(NOW + MONTH)
    assert kid_that_signs(keys) == kids(keys)[1]


def test_an_old_key_stays_published_until_no_token_of_it_can_live(folder: Path, keys: TokenKeys):
    keys.look(NOW + MONTH - LEAD)
    token = keys.sign(b"{}", "decision+jwt")
    keys.look(NOW + MONTH)
    assert seeds(folder) == {"2.ed25519"}

    keys.look(NOW + MONTH + STAYS - MINUTE)
    assert verified(token, keys) == b"{}"

    keys.look(NOW + MONTH + STAYS)
    assert len(kids(keys)) == 1


@settings(deadline=None, max_examples=25)  # each look that makes a key waits for the disk
@given(st.lists(st.integers(1, 60 * 24 * 40), max_size=12))
def test_whenever_one_looks_every_token_of_the_last_day_can_be_verified(tmp_path_factory, pauses):
    keys, now = TokenKeys.open(tmp_path_factory.mktemp("keys"), NOW, MONTH), NOW
    last = keys.sign(b"{}", "decision+jwt")
    for minutes in pauses:
        now += timedelta(minutes=minutes)
        keys.look(now)
        if timedelta(minutes=minutes) <= STAYS:
            assert verified(last, keys) == b"{}"
        last = keys.sign(b"{}", "decision+jwt")
        assert verified(last, keys) == b"{}"


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "1.ed25519").unlink(),
        lambda folder: (folder / "1.ed25519").write_bytes(bytes(32)),
        lambda folder: (folder / "1.ed25519").chmod(0o644),
        lambda folder: (folder / "keys.json").write_bytes(b"{}"),
        lambda folder: (folder / "keys.json").write_bytes(b'{"v": 2, "keys": []}'),
        lambda folder: (folder / "keys.json").write_bytes(b'{"v": 1, "keys": []}'),
    ],
)
def test_a_key_that_is_not_as_it_was_is_never_replaced_in_silence(folder: Path, harm):
    harm(folder)

    with pytest.raises(UnavailableError, match=r"restore|readable by others"):
        TokenKeys.open(folder, NOW, MONTH)


def test_a_lost_list_of_later_keys_is_not_begun_anew(folder: Path, keys: TokenKeys):
    keys.look(NOW + MONTH)
    keys.look(NOW + MONTH + LEAD)
    (folder / "keys.json").unlink()

    with pytest.raises(UnavailableError, match="restore"):
        TokenKeys.open(folder, NOW, MONTH)


def test_a_first_start_that_was_cut_short_is_taken_up_again(folder: Path, keys: TokenKeys):
    (folder / "keys.json").unlink()

    assert TokenKeys.open(folder, NOW, MONTH).published() == keys.published()


def test_a_clock_that_was_set_back_stops_nobody(keys: TokenKeys):
    keys.look(NOW - MONTH)

    assert verified(keys.sign(b"{}", "decision+jwt"), keys) == b"{}"
