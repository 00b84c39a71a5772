"""Promises of end users' tokens: whom the settings pin is believed, within what they pin, and nobody else."""

from __future__ import annotations

import pytest

from adapters.callers import TokenError, TokenFault
from adapters.door_settings import EndUserIssuer
from adapters.end_users import EndUser, EndUsers
from adapters.settings import Settings, SettingsError, load_settings
from tests.adapters.test_tokens import ALGORITHMS, CLAIMS, NOW, good, pinned, private_pem, token
from tests.adapters.test_tokens import KEYS as PRIVATE


def issuer(algorithm="EdDSA", **changed: object) -> dict[str, object]:
    """Return an issuer as the settings have it."""
    return {name: value for name, value in (pinned(algorithm) | changed).items() if name != "caller"}


def users(**changed: object) -> EndUsers:
    """Return a verifier that believes one issuer with a key for each algorithm."""
    return EndUsers([EndUserIssuer.model_validate(issuer(one, **changed)) for one in ALGORITHMS], lambda: NOW)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_good_token_of_each_algorithm_proves_who_it_is(algorithm):
    assert users().proven(good(algorithm).decode()) == EndUser("officer-7", None)


def test_the_body_is_what_org_says_and_no_other_claim():
    assert users().proven(token(claims=CLAIMS | {"org": "bureau-b"}).decode()) == EndUser("officer-7", "bureau-b")


@pytest.mark.parametrize("org", ["", "a b", "a/b", ["bureau-b"], {"id": "bureau-b"}, None, 7, "b" * 129, "bureau-b\n"])
def test_an_org_that_is_no_id_proves_nobody(org):
    with pytest.raises(TokenError) as refused:
        users().proven(token(claims=CLAIMS | {"org": org}).decode())

    assert refused.value.code == TokenFault.CLAIMS


@pytest.mark.parametrize("org", [None, "bureau-c", "BUREAU-B", "bureau-b2"])
def test_an_issuer_that_speaks_for_some_bodies_speaks_for_no_other(org):
    said = CLAIMS if org is None else CLAIMS | {"org": org}

    with pytest.raises(TokenError):
        users(bodies=["bureau-b"]).proven(token(claims=said).decode())


def test_a_token_beyond_ascii_is_refused_and_not_folded():
    with pytest.raises(TokenError) as refused:
        users().proven(good("EdDSA").decode().replace("e", "\uff45", 1))

    assert refused.value.code == TokenFault.ENCODING


def test_without_issuers_no_token_proves_anybody():
    with pytest.raises(TokenError):
        EndUsers().proven(good("EdDSA").decode())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"keys": issuer()["keys"] * 2}, "end_users: a kid is pinned twice"),
        ({"keys": []}, "end_users.0.keys"),
        ({"algorithm": "HS256"}, "end_users.0.algorithm"),
        ({"algorithm": "none"}, "end_users.0.algorithm"),
        ({"audience": ""}, "end_users.0.audience"),
        ({"caller": "gw"}, "end_users.0.caller"),
        ({"keys": [{"kid": "k", "public_key_pem": private_pem(PRIVATE["EdDSA"])}]}, "is a private key"),
    ],
)
def test_settings_that_are_not_safe_refuse_the_start(changed, words):
    with pytest.raises(SettingsError, match=words):
        load_settings({"end_users": [issuer() | changed]}, {})


def test_an_audience_is_needed():
    with pytest.raises(SettingsError, match=r"end_users\.0\.audience"):
        load_settings({"end_users": [{name: said for name, said in issuer().items() if name != "audience"}]}, {})


def test_two_issuers_may_name_their_keys_alike():
    both = [issuer(), issuer() | {"issuer": "https://login.example.org"}]

    assert len(Settings.model_validate({"end_users": both}).end_users) == 2
