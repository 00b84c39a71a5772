"""Promises of the bearer tokens: what the pinned issuer signed for us now proves somebody, and nothing else does."""

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.callers import Caller, Callers, TokenError, TokenFault, Verified
from adapters.settings import Settings, SettingsError, load_settings
from adapters.tokens import Issuer, Tokens

NOW = 1_800_000_000
ISSUER = "https://login.example.gov.cn"
AUDIENCE = "pdp"
KEY_DIGEST = hashlib.sha256(b"a.dotted.key").hexdigest()
ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")
RSA_KEY = rsa.generate_private_key(65537, 2048)
KEYS = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "RS256": RSA_KEY,
    "PS256": RSA_KEY,
}
STRANGER = ed25519.Ed25519PrivateKey.generate()
HEADER = {"alg": "EdDSA", "kid": "k-EdDSA", "typ": "at+jwt"}
CLAIMS = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "officer-7",
    "iat": NOW - 60,
    "exp": NOW + 240,
    "body": "bureau-a",
    "posts": ["provider_officer", "observer"],
}


def public_pem(private) -> str:
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()


def private_pem(private) -> str:
    plain = serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def pinned(algorithm="EdDSA", key=None, **changed: object):
    keys = [{"kid": f"k-{algorithm}", "public_key_pem": key or public_pem(KEYS[algorithm])}]
    issuer = {"issuer": ISSUER, "audience": AUDIENCE, "algorithm": algorithm, "keys": keys, "caller": "gateway-1"}
    return issuer | changed


def verifier(now=NOW):
    return Tokens([Issuer.model_validate(pinned(algorithm)) for algorithm in ALGORITHMS], lambda: now)


def b64(raw) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def sign(signed, algorithm="EdDSA", key=None) -> bytes:
    key = key or KEYS[algorithm]
    if algorithm == "EdDSA":
        return key.sign(signed)
    if algorithm == "ES256":
        return b"".join(part.to_bytes(32) for part in decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256()))))
    if algorithm == "RS256":
        return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def written(header, claims) -> bytes:
    """Return what is signed; a `str` or `bytes` goes in as it is."""
    texts = [part if isinstance(part, str | bytes) else json.dumps(part) for part in (header, claims)]
    return b".".join(b64(text.encode() if isinstance(text, str) else text) for text in texts)


def token(header=None, claims=None, algorithm="EdDSA", key=None) -> bytes:
    signed = written(HEADER if header is None else header, CLAIMS if claims is None else claims)
    return signed + b"." + b64(sign(signed, algorithm, key))


def good(algorithm) -> bytes:
    return token(HEADER | {"alg": algorithm, "kid": f"k-{algorithm}"}, algorithm=algorithm)


def says(**header: object) -> bytes:
    return token(HEADER | header)


def claims(**changed: object) -> bytes:
    return token(claims=CLAIMS | changed)


def without(member, of) -> dict[str, object]:
    return {name: value for name, value in of.items() if name != member}


def hs256(header, secret) -> bytes:
    signed = written(header, CLAIMS)
    return signed + b"." + b64(hmac.digest(secret, signed, "sha256"))


def unsigned(alg) -> bytes:
    return written(HEADER | {"alg": alg}, CLAIMS) + b"."


def respelt(genuine) -> bytes:
    """Return `genuine` with other unused bits in its last character: the same bytes for a lenient decoder."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return genuine[:-1] + bytes([alphabet[alphabet.index(genuine[-1]) ^ 1]])


GOOD = token()
GENUINE = {algorithm: good(algorithm) for algorithm in ALGORITHMS}
VERIFIER = verifier()
HEAD, BODY, SIGNATURE = GOOD.split(b".")
JWK = {"kty": "OKP", "crv": "Ed25519", "x": b64(STRANGER.public_key().public_bytes_raw()).decode()}
RSA_HEADER = HEADER | {"alg": "HS256", "kid": "k-RS256"}

FORGED = {
    "empty": (b"", "form"),
    "one_part": (HEAD, "form"),
    "two_parts": (HEAD + b"." + BODY, "form"),
    "four_parts": (GOOD + b"." + SIGNATURE, "form"),
    "five_parts_as_encrypted": (GOOD + b".a.b", "form"),
    "no_signature": (HEAD + b"." + BODY + b".", "form"),
    "no_header": (b"." + BODY + b"." + SIGNATURE, "form"),
    "longer_than_8_kib": (claims(note="a" * 8192), "size"),
    "padded": (GOOD + b"==", "encoding"),
    "respelt_last_character": (respelt(GOOD), "encoding"),
    "space_in_it": (HEAD + b" ." + BODY + b"." + SIGNATURE, "encoding"),
    "line_end": (GOOD + b"\n", "encoding"),
    "standard_alphabet": (HEAD + b"." + BODY + b".+/" + SIGNATURE[2:], "encoding"),
    "beyond_ascii": (HEAD + b"." + BODY + b"." + "é".encode() + SIGNATURE, "encoding"),
    "impossible_length": (HEAD + b"." + BODY + b".a", "encoding"),
    "header_no_json": (token("alg"), "json"),
    "header_a_list": (token([HEADER]), "json"),
    "claims_no_json": (token(claims="{"), "json"),
    "claims_a_text": (token(claims='"sub"'), "json"),
    "claims_utf16": (token(claims=json.dumps(CLAIMS).encode("utf-16")), "json"),
    "claims_with_bom": (token(claims="\ufeff" + json.dumps(CLAIMS)), "json"),
    "claims_nested_deep": (token(claims="[" * 5000), "json"),
    "claims_not_a_number": (claims(exp=float("nan")), "json"),
    "claims_huge_number": (token(claims='{"exp": ' + "9" * 5000 + "}"), "json"),
    "alg_twice": (token('{"alg": "none", ' + json.dumps(HEADER)[1:]), "json"),
    "sub_twice": (token(claims='{"sub": "other", ' + json.dumps(CLAIMS)[1:]), "json"),
    "key_twice_deep_inside": (token(claims='{"act": {"sub": 1, "sub": 2}, ' + json.dumps(CLAIMS)[1:]), "json"),
    "alg_none": (unsigned("none") + SIGNATURE, "algorithm"),
    "alg_none_unsigned": (unsigned("none"), "form"),
    "alg_None": (unsigned("None") + SIGNATURE, "algorithm"),
    "alg_absent": (token(without("alg", HEADER)), "algorithm"),
    "alg_in_a_list": (says(alg=["EdDSA"]), "algorithm"),
    "alg_in_other_letters": (says(alg="eddsa"), "algorithm"),
    "hs256_with_the_public_pem": (hs256(RSA_HEADER, public_pem(RSA_KEY).encode()), "algorithm"),
    "hs256_with_an_empty_secret": (hs256(RSA_HEADER, b""), "algorithm"),
    "hs256_that_says_rs256": (hs256(RSA_HEADER | {"alg": "RS256"}, public_pem(RSA_KEY).encode()), "signature"),
    "ps256_for_an_rs256_kid": (token(HEADER | {"alg": "PS256", "kid": "k-RS256"}, algorithm="PS256"), "algorithm"),
    "ps256_that_says_rs256": (token(HEADER | {"alg": "RS256", "kid": "k-RS256"}, algorithm="PS256"), "signature"),
    "kid_of_another_algorithm": (says(kid="k-ES256"), "algorithm"),
    "kid_absent": (token(without("kid", HEADER)), "key"),
    "kid_unknown": (says(kid="k-9"), "key"),
    "kid_a_path": (says(kid="../../dev/null"), "key"),
    "kid_sql": (says(kid="' UNION SELECT 'x"), "key"),
    "kid_a_list": (says(kid=["k-EdDSA"]), "key"),
    "kid_empty": (says(kid=""), "key"),
    "jku": (says(jku="http://127.0.0.1:1/keys"), "header"),
    "x5u": (says(x5u="http://127.0.0.1:1/cert"), "header"),
    "x5c": (says(x5c=["MIIB"]), "header"),
    "jwk_of_a_stranger": (token(HEADER | {"jwk": JWK}, key=STRANGER), "header"),
    "crit_unknown": (says(crit=["x"], x=1), "header"),
    "crit_empty": (says(crit=[]), "header"),
    "b64_false": (says(b64=False), "header"),
    "nested_cty": (says(cty="JWT"), "header"),
    "compressed": (says(zip="DEF"), "header"),
    "typ_absent": (token(without("typ", HEADER)), "type"),
    "typ_of_an_id_token": (says(typ="id_token"), "type"),
    "typ_of_a_logout": (says(typ="logout+jwt"), "type"),
    "typ_a_number": (says(typ=1), "type"),
    "typ_a_list": (says(typ=["JWT"]), "type"),
    "signed_by_a_stranger": (token(key=STRANGER), "signature"),
    "signature_of_another_token": (written(HEADER, CLAIMS | {"sub": "chief"}) + b"." + SIGNATURE, "signature"),
    "signature_cut_short": (HEAD + b"." + BODY + b"." + SIGNATURE[:-2], "signature"),
    "signature_of_zeros": (HEAD + b"." + BODY + b"." + b64(bytes(64)), "signature"),
    "es256_of_zeros": (
        written(HEADER | {"alg": "ES256", "kid": "k-ES256"}, CLAIMS) + b"." + b64(bytes(64)),
        "signature",
    ),
    "iss_absent": (token(claims=without("iss", CLAIMS)), "issuer"),
    "iss_of_another": (claims(iss="https://login.example.org"), "issuer"),
    "iss_with_a_slash_more": (claims(iss=ISSUER + "/"), "issuer"),
    "iss_a_list": (claims(iss=[ISSUER]), "issuer"),
    "aud_absent": (token(claims=without("aud", CLAIMS)), "claims"),
    "aud_of_another": (claims(aud="payroll"), "audience"),
    "aud_begins_alike": (claims(aud="pdp2"), "audience"),
    "aud_list_of_others": (claims(aud=["payroll", "mail"]), "audience"),
    "aud_empty_list": (claims(aud=[]), "claims"),
    "aud_an_object": (claims(aud={"pdp": 1}), "claims"),
    "exp_absent": (token(claims=without("exp", CLAIMS)), "claims"),
    "exp_null": (claims(exp=None), "claims"),
    "exp_a_text": (claims(exp=str(NOW + 60)), "claims"),
    "exp_true": (claims(exp=True), "claims"),
    "exp_a_fraction": (claims(exp=NOW + 0.5), "claims"),
    "exp_beyond_all_time": (claims(exp=2**60), "claims"),
    "iat_absent": (token(claims=without("iat", CLAIMS)), "claims"),
    "iat_negative": (claims(iat=-1), "claims"),
    "nbf_a_text": (claims(nbf="0"), "claims"),
    "sub_absent": (token(claims=without("sub", CLAIMS)), "claims"),
    "sub_empty": (claims(sub=""), "claims"),
    "sub_a_number": (claims(sub=7), "claims"),
    "sub_with_a_line_end": (claims(sub="officer-7\nroot"), "claims"),
    "sub_half_a_character": (claims(sub="\ud800"), "claims"),
    "body_no_id": (claims(body="a b"), "claims"),
    "body_a_list": (claims(body=["bureau-a", "bureau-b"]), "claims"),
    "posts_a_text": (claims(posts="observer"), "claims"),
    "posts_of_numbers": (claims(posts=[1]), "claims"),
    "posts_without_end": (claims(posts=["observer"] * 33), "claims"),
    "expired": (claims(iat=NOW - 300, exp=NOW - 30), "expired"),
    "of_tomorrow": (claims(iat=NOW + 31), "not_yet"),
    "not_yet_valid": (claims(nbf=NOW + 31), "not_yet"),
    "lives_too_long": (claims(iat=NOW, exp=NOW + 3601), "age"),
    "ends_before_it_begins": (claims(iat=NOW, exp=NOW - 1), "age"),
    "lives_for_no_time": (claims(iat=NOW, exp=NOW), "age"),
}


def test_there_are_forty_forgeries_and_one_at_least_for_every_code():
    assert len(FORGED) >= 40
    assert {code for _, code in FORGED.values()} == set(TokenFault)


@pytest.mark.parametrize(("forged", "code"), FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused_for_what_is_wrong_with_it(forged, code):
    with pytest.raises(TokenError) as refused:
        verifier().verify(forged)

    assert refused.value.code == code


@pytest.mark.parametrize("forged", [forged for forged, _ in FORGED.values()], ids=FORGED.keys())
def test_a_refusal_never_quotes_the_token(forged):
    with pytest.raises(TokenError) as refused:
        verifier().verify(forged)

    quoted = [part.decode("latin-1") for part in forged.split(b".") if len(part) > 3]
    quoted += ["officer-7", "root", "bureau", "k-EdDSA", "dev/null", "UNION", "127.0.0.1", "payroll", "example"]
    assert [part for part in quoted if part in str(refused.value)] == []


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_good_token_of_each_algorithm_proves_person_body_and_posts(algorithm):
    proven = verifier().verify(good(algorithm))

    assert proven == Verified("gateway-1", "officer-7", "bureau-a", ("provider_officer", "observer"), NOW + 240)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_a_good_token_with_any_byte_changed_is_refused(algorithm, place, change):
    changed = bytearray(GENUINE[algorithm])
    changed[int(place * len(changed))] ^= change

    with pytest.raises(TokenError):
        VERIFIER.verify(bytes(changed))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_single_bit_of_a_good_token_can_be_flipped(algorithm):
    for place in range(len(GENUINE[algorithm])):
        changed = bytearray(GENUINE[algorithm])
        changed[place] ^= 1
        with pytest.raises(TokenError):
            VERIFIER.verify(bytes(changed))


def test_a_token_may_be_meant_for_others_too_and_leave_body_and_posts_out():
    sparse = without("posts", without("body", CLAIMS)) | {"aud": ["mail", AUDIENCE]}

    assert verifier().verify(token(claims=sparse)) == Verified("gateway-1", "officer-7", "", (), NOW + 240)


def test_both_kinds_are_accepted_and_a_thumbprint_of_a_certificate_is_of_no_matter():
    for genuine in (says(typ="JWT"), says(x5t="YQ")):
        assert verifier().verify(genuine).person == "officer-7"


@pytest.mark.parametrize(
    ("now", "code"),
    [(NOW - 91, "not_yet"), (NOW - 90, None), (NOW + 269, None), (NOW + 270, "expired")],
)
def test_a_clock_may_differ_by_the_leeway_and_no_more(now, code):
    try:
        verifier(now).verify(GOOD)
        found = None
    except TokenError as refused:
        found = refused.code

    assert found == code


def test_a_token_that_was_good_is_refused_once_it_has_expired():
    times = iter([NOW, NOW + 1000])
    tokens = Tokens([Issuer.model_validate(pinned())], lambda: next(times))

    tokens.verify(GOOD)

    with pytest.raises(TokenError, match="expired"):
        tokens.verify(GOOD)


def test_a_key_of_one_issuer_signs_for_no_other():
    other = pinned(issuer="https://other.example.gov.cn", key=public_pem(STRANGER), caller="gateway-2")
    tokens = Tokens(map(Issuer.model_validate, (pinned(), other)), lambda: NOW)

    with pytest.raises(TokenError, match="pinned key"):
        tokens.verify(token(claims=CLAIMS | {"iss": other["issuer"]}))
    assert tokens.verify(token(claims=CLAIMS | {"iss": other["issuer"]}, key=STRANGER)).caller_id == "gateway-2"


PRIVATE = private_pem(STRANGER)
WEAK = public_pem(rsa.generate_private_key(65537, 1024))  # noqa: S505 -- to be refused


@pytest.mark.parametrize(
    ("issuer", "message"),
    [
        (pinned(key=PRIVATE), "is a private key"),
        (pinned(key=public_pem(STRANGER) + PRIVATE), "is a private key"),
        (pinned("RS256", WEAK), "1024 bits; use an RSA key of 2048"),
        (pinned("PS256", WEAK), "1024 bits; use an RSA key of 2048"),
        (pinned("ES256", public_pem(ec.generate_private_key(ec.SECP384R1()))), "not of the kind that ES256 needs"),
        (pinned("EdDSA", public_pem(ed448.Ed448PrivateKey.generate())), "not of the kind that EdDSA needs"),
        (pinned("EdDSA", public_pem(RSA_KEY)), "not of the kind that EdDSA needs"),
        (pinned("RS256", public_pem(KEYS["ES256"])), "not of the kind that RS256 needs"),
        (pinned(key=public_pem(STRANGER) * 2), "one PEM block"),
        (pinned(key="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"), "no public key that can be read"),
        (pinned(key="secret"), "one PEM block"),
        (pinned() | {"algorithm": "HS256"}, "algorithm"),
        (pinned() | {"algorithm": "none"}, "algorithm"),
        (pinned() | {"algorithm": ["EdDSA", "RS256"]}, "algorithm"),
        (without("audience", pinned()), "audience"),
        (pinned(audience=""), "audience"),
        (pinned(keys=[]), "keys"),
        (pinned(leeway_seconds=61), "leeway_seconds"),
        (pinned(types=[]), "types"),
        (pinned(jwks_uri="https://login.example.gov.cn/keys"), "jwks_uri"),
        (pinned(caller="nobody"), 'caller "nobody" is not registered'),
        (pinned(keys=pinned()["keys"] * 2), "a kid is pinned twice"),
    ],
)
def test_settings_that_are_not_safe_refuse_the_start_and_never_quote_a_key(issuer, message):
    with pytest.raises(SettingsError, match=message) as refused:
        load_settings({"callers": [{"id": "gateway-1"}], "tokens": [issuer]}, {})

    assert PRIVATE.splitlines()[1] not in str(refused.value)


def registered(**more: object) -> tuple[Settings, Callers]:
    callers = [{"id": "gateway-1"}, {"id": "trino", "key_sha256": [KEY_DIGEST]}]
    settings = Settings.model_validate({"callers": callers, "tokens": [pinned()]} | more)
    return settings, Callers(settings.registered, Tokens(settings.tokens, lambda: NOW))


def test_a_token_asks_as_the_caller_of_its_issuer_and_says_for_whom():
    settings, callers = registered()

    proven = callers.authenticate(b"Bearer " + GOOD)

    assert proven is not None
    assert proven.caller is settings.callers[0]
    assert (proven.person, proven.on_behalf_of, proven.posts) == ("officer-7", "bureau-a", tuple(CLAIMS["posts"]))
    assert callers.who(b"bearer " + GOOD) is settings.callers[0]


def test_a_caller_that_tokens_prove_is_never_whoever_sends_nothing():
    _, callers = registered()

    forged = (b"Bearer " + token(key=STRANGER), b"Bearer  " + GOOD, b"Basic " + GOOD, b"Bearer a.dotted.key", b"", None)
    assert {callers.authenticate(sent) for sent in forged} == {None}


def test_a_key_with_dots_stays_a_key_where_no_tokens_are_accepted():
    trino = Caller(id="trino", key_sha256=(KEY_DIGEST,))

    proven = Callers([trino]).authenticate(b"Bearer a.dotted.key")

    assert proven is not None
    assert (proven.caller, proven.person, proven.on_behalf_of, proven.posts) == (trino, "", "", ())


def test_beyond_loopback_a_token_is_proof_enough():
    settings, _ = registered(host="10.0.0.1", tls_ended_by="nginx")

    assert not settings.loopback


def test_beyond_loopback_a_caller_with_neither_key_nor_token_is_refused():
    with pytest.raises(ValidationError, match="not every caller has a key"):
        registered(host="10.0.0.1", tls_ended_by="nginx", callers=[{"id": "gateway-1"}, {"id": "trino"}])


def test_acts_are_open_to_nobody_who_was_not_given_their_door():
    assert Caller(id="a").doors == ("authzen", "decisions")
    assert Caller.model_validate({"id": "a", "doors": ["acts"], "posts": ["registrar"], "bodies": ["b"]}).bodies == (
        "b",
    )
    with pytest.raises(ValidationError):
        Caller.model_validate({"id": "a", "posts": ["king"]})
