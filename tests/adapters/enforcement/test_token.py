"""Promises of a data API that verifies decision tokens: the right one passes, and no altered one does."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.enforcement.canonical import Mask
from adapters.enforcement.refused import RefusedError, Why
from adapters.enforcement.token import LONGEST, TokenVerifier, Wanted, request_digest
from adapters.enforcement.used_once import UsedOnce
from tests.adapters.enforcement.conftest import CLAIMS, DATA_API, DIGEST, ISSUER, NOW, WANTED

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from adapters.signers.token_keys import TokenKeys

LONG = json.dumps(
    {"row_filter": {"kind": "all"}, "fields": ["name"], "masks": [], "default_field": "deny"}
).encode()  # fmt: skip
REFERENCE = {
    "href": f"/v1/decisions/{CLAIMS['jti']}/obligations",
    "sha256": hashlib.sha256(LONG).hexdigest(),
}


def spelt(part: object) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(text).rstrip(b"=").decode()


def parts(token: str) -> tuple[dict, dict, bytes]:
    header, claims, signature = (urlsafe_b64decode(part + "==") for part in token.split("."))
    return json.loads(header), json.loads(claims), signature


def test_the_right_token_says_what_is_released(verifier, signed):
    decided = verifier().verify([signed()], WANTED)

    assert (decided.id, decided.subject, decided.outcome) == (CLAIMS["jti"], "public_body:B", "PARTIAL")
    assert (decided.dataset, decided.action) == ("R", "read")
    assert decided.released.fields == ("name", "phone")
    assert decided.released.masks == {"phone": Mask("partial", 3, 4)}
    assert decided.claims["receipt"]["index"] == 3


@pytest.mark.parametrize("tokens", [[], ["none"], ["none", "none"], [""], ["a.b"], ["a.b.c.d"], ["..", ".."]])
def test_none_and_what_is_no_token_are_refused(verifier, tokens):
    with pytest.raises(RefusedError):
        verifier().verify(tokens, WANTED)


def test_two_of_them_are_refused_even_if_both_are_good(verifier, signed):
    with pytest.raises(RefusedError, match="exactly one"):
        verifier().verify([signed(), signed()], WANTED)


ALTERED = [
    ("iss", "https://other.example"), ("iss", ISSUER + "/"), ("iss", None), ("iss", [ISSUER]),
    ("aud", "another-data-api"), ("aud", [DATA_API]), ("aud", ""), ("aud", None),
    ("act", "write"), ("act", "READ"), ("act", None),
    ("res", "dataset:Q"), ("res", "R"), ("res", "dataset:R "), ("res", "route:R"), ("res", None),
    ("req", request_digest("POST", b"/api/v1/datasets/R/rows", b"fields=name")),
    ("req", request_digest("GET", b"/api/v1/datasets/Q/rows", b"fields=name")),
    ("req", request_digest("GET", b"/api/v1/datasets/R/rows", b"fields=name&fields=phone")),
    ("req", DIGEST.upper()), ("req", ""), ("req", None),
    ("exp", CLAIMS["iat"] - 3), ("exp", CLAIMS["iat"] + 61), ("exp", CLAIMS["iat"]), ("exp", None),
    ("exp", str(CLAIMS["exp"])), ("exp", CLAIMS["exp"] + 0.5), ("exp", True),
    ("iat", CLAIMS["iat"] + 3), ("iat", CLAIMS["iat"] - 31), ("iat", None), ("iat", 0),
    ("jti", ""), ("jti", None), ("jti", 7), ("sub", None), ("sub", ""), ("sub", {"id": "B"}),
    ("outcome", "DENY"), ("outcome", "REFER"), ("outcome", "permit"), ("outcome", None),
    ("default_field", "allow"), ("default_field", None),
    ("obligations", None), ("obligations", "mask_fields"), ("obligations", ["watermark"]), ("obligations", [1]),
    ("fields", "name"), ("fields", [1]), ("fields", [""]),
    ("row_filter", None), ("row_filter", {}), ("row_filter", {"kind": "some"}), ("row_filter", {"kind": "conditional"}),
    ("row_filter", {"kind": "all", "ast": CLAIMS["row_filter"]["ast"]}),
    ("row_filter", {"kind": "conditional", "ast": {"type": "compound", "operator": "and", "value": []}}),
    ("row_filter", {"kind": "conditional", "ast": {"type": "field", "field": "a", "operator": "eq", "value": None}}),
    ("row_filter", {"kind": "conditional", "ast": {"type": "field", "field": "a", "operator": "like", "value": "%"}}),
    ("row_filter", {"kind": "conditional", "ast": {"type": "field", "field": "a", "operator": "in", "value": []}}),
    ("masks", None), ("masks", {}), ("masks", [{"field": "a", "method": "blur"}]), ("masks", [{"field": "a"}]),
    ("masks", [{"field": "a", "method": "partial", "keep_prefix": -1, "keep_suffix": 0}]),
    ("masks", [{"field": "a", "method": "null"}, {"field": "a", "method": "hash"}]),
    ("by_ref", REFERENCE), ("by_ref", None), ("by_ref", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "value"), ALTERED)
def test_a_token_of_which_one_claim_is_another_is_refused(verifier, signed, claim, value):
    with pytest.raises(RefusedError):
        verifier().verify([signed({claim: value})], WANTED)


@pytest.mark.parametrize(
    "claim", [name for name in CLAIMS if name not in {"duties", "scenario", "purpose", "rev", "receipt"}]
)
def test_a_token_that_lacks_a_claim_is_refused(verifier, signed, claim):
    with pytest.raises(RefusedError):
        verifier().verify([signed(without=(claim,))], WANTED)


def forgeries(token: str, signing: TokenKeys) -> dict[str, str]:
    """Return tokens that look like `token` and are not the service's."""
    header, claims, signature = parts(token)
    head, body, tail = token.split(".")
    stranger = Ed25519PrivateKey.generate()
    public = json.loads(signing.published())["keys"][0]
    pem = stranger.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def hs(secret: bytes, kid: str) -> str:
        text = f"{spelt({'alg': 'HS256', 'kid': kid, 'typ': 'decision+jwt'})}.{body}"
        return f"{text}.{spelt(hmac.digest(secret, text.encode(), hashlib.sha256))}"

    def of(key: Ed25519PrivateKey, **changed: object) -> str:
        text = f"{spelt({**header, **changed})}.{body}"
        return f"{text}.{spelt(key.sign(text.encode()))}"

    def headed(**changed: object) -> str:
        return jwt.PyJWS().encode(json.dumps(claims).encode(), signing._signing[1], "EdDSA", {**header, **changed})  # noqa: SLF001 -- the service's own key, for a header it never writes

    rsa = generate_private_key(65537, 2048)
    return {
        "alg none": f"{spelt({'alg': 'none', 'typ': 'decision+jwt', 'kid': header['kid']})}.{body}.",
        "alg None": f"{spelt({'alg': 'None', 'typ': 'decision+jwt', 'kid': header['kid']})}.{body}.{tail}",
        "alg missing": f"{spelt({'typ': 'decision+jwt', 'kid': header['kid']})}.{body}.{tail}",
        "no signature": f"{head}.{body}.",
        "HS256 with the public key": hs(urlsafe_b64decode(public["x"] + "="), header["kid"]),
        "HS256 with the JWK": hs(json.dumps(public).encode(), header["kid"]),
        "HS256 with a PEM": hs(pem, header["kid"]),
        "HS256 with nothing": hs(b"", header["kid"]),
        "RS256": jwt.encode(claims, rsa, "RS256", {"kid": header["kid"], "typ": "decision+jwt"}),
        "a stranger's key": of(stranger),
        "a foreign kid": of(stranger, kid="stranger"),
        "kid a path": of(stranger, kid="../../dev/null"),
        "kid SQL": of(stranger, kid="' OR 1=1 --"),
        "kid a number": of(stranger, kid=0),
        "kid null": of(stranger, kid=None),
        "jwk in the header": of(stranger, jwk={"kty": "OKP", "crv": "Ed25519", "x": spelt(b"x" * 32)}),
        "signed with jwk": headed(jwk=public),
        "signed with jku": headed(jku="https://evil.example/keys"),
        "signed with x5u": headed(x5u="https://evil.example/keys"),
        "signed with crit": headed(crit=["exp"]),
        "signed, typ JWT": headed(typ="JWT"),
        "signed, typ at+jwt": headed(typ="at+jwt"),
        "signed, typ in capitals": headed(typ="DECISION+JWT"),
        "another body": f"{head}.{spelt({**claims, 'fields': ['name', 'phone', 'id']})}.{tail}",
        "another signature": f"{head}.{body}.{spelt(bytes([signature[0] ^ 1]) + signature[1:])}",
        "a short signature": f"{head}.{body}.{spelt(signature[:-1])}",
        "another spelling of the signature": f"{head}.{body}.{tail[:-1]}{chr(ord(tail[-1]) + 1)}",
        "padded": f"{head}.{body}.{tail}==",
        "with a blank": f"{head}.{body}.{tail} ",
        "with a line end": f"{head}.{body}.{tail}\n",
        "Bearer": f"Bearer {token}",
        "doubled, joined by a comma": f"{token},{token}",
        "doubled, joined by a comma and a blank": f"{token}, {token}",
        "not ASCII": f"{token}é",
        "too long": f"{head}.{body}{'A' * LONGEST}.{tail}",
    }


def test_no_forgery_passes(verifier, signed, signing):
    forged = forgeries(signed(), signing)
    assert len(forged) + len(ALTERED) >= 60

    for name, token in forged.items():
        with pytest.raises(RefusedError) as refusal:
            verifier().verify([token], WANTED)
        assert refusal.value.why in {Why.TOKEN, Why.FORM}, name
        assert token[:32] not in str(refusal.value)


def test_a_claim_that_stands_twice_is_refused(verifier, signing):
    twice = json.dumps(CLAIMS)[:-1] + ', "aud": "data-api-legal-entity"}'

    with pytest.raises(RefusedError, match="read in one way"):
        verifier().verify([signing.sign(twice.encode(), "decision+jwt")], WANTED)


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0), bit=st.integers(0, 7))
def test_no_single_changed_bit_passes(signing, signed, place, bit):
    text = bytearray(signed().encode())
    text[place % len(text)] ^= 1 << bit
    pinned = TokenVerifier(issuer=ISSUER, audience=DATA_API, keys=_Pinned(signing), used=UsedOnce(), now=NOW.timestamp)

    with pytest.raises(RefusedError):
        pinned.verify([text.decode("latin-1")], WANTED)


class _Pinned:
    """The keys, without reading them again for each example."""

    def __init__(self, signing: TokenKeys) -> None:
        self._kid, private = signing._signing  # noqa: SLF001 -- the pair that signs
        self._public = private.public_key()

    def key(self, kid: str) -> Ed25519PublicKey | None:
        """Return the one key."""
        return self._public if kid == self._kid else None


@pytest.mark.parametrize(("seconds", "passes"), [(-2, True), (-3, False), (31.9, True), (32, False)])
def test_a_token_is_good_within_its_time_and_two_seconds(verifier, signed, seconds, passes):
    at = verifier(now=(NOW + timedelta(seconds=seconds)).timestamp)

    if passes:
        assert at.verify([signed()], WANTED)
    else:
        with pytest.raises(RefusedError, match="over, or has not begun"):
            at.verify([signed()], WANTED)


def test_what_counts_once_passes_once(verifier, signed):
    once = verifier()
    assert once.verify([signed({"once": True})], WANTED)
    with pytest.raises(RefusedError, match="used before"):
        once.verify([signed({"once": True})], WANTED)

    wanted = Wanted("R", "read", DIGEST, once=True)
    again = verifier()
    assert again.verify([signed()], wanted)
    with pytest.raises(RefusedError, match="used before"):
        again.verify([signed()], wanted)
    assert again.verify([signed({"jti": "another"})], wanted)
    reading = verifier()
    assert reading.verify([signed()], WANTED) == reading.verify([signed()], WANTED)


def test_of_many_at_a_time_one_is_first():
    used, first = UsedOnce(), []
    barrier = threading.Barrier(8)

    def use() -> None:
        barrier.wait()
        first.append(used.first("t", 2**40))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(first) == [False] * 7 + [True]


def test_a_full_memory_takes_nothing_until_something_has_expired():
    clock = [100.0]
    used = UsedOnce(lambda: clock[0], most=2)
    assert used.first("a", 110)
    assert used.first("b", 120)
    assert not used.first("c", 130)

    clock[0] = 113.0
    assert used.first("c", 130)
    assert not used.first("b", 120)


def test_a_rewritten_path_is_not_compared_where_the_data_api_says_so(verifier, signed):
    assert verifier().verify([signed({"req": "5e" * 32})], Wanted("R", "read", None))


def test_a_measure_that_is_not_carried_out_here_is_refused(verifier, signed):
    masks_only = verifier(can={"mask_fields"})

    with pytest.raises(RefusedError, match="measure"):
        masks_only.verify([signed()], WANTED)
    with pytest.raises(RefusedError, match="filters rows"):
        masks_only.verify([signed({"obligations": ["mask_fields"]})], WANTED)
    with pytest.raises(RefusedError, match="masks fields"):
        verifier(can={"filter_rows"}).verify([signed({"obligations": ["filter_rows"]})], WANTED)
    assert masks_only.verify([signed({"obligations": ["mask_fields"], "row_filter": {"kind": "all"}})], WANTED)


class Fetched:
    """The service's answers, and what was asked for."""

    def __init__(self, text: bytes = LONG) -> None:
        self.text, self.asked = text, []

    def fetched(self, decision_id: str) -> bytes:
        """Return the text."""
        self.asked.append(decision_id)
        return self.text


def test_what_is_named_by_digest_is_fetched_and_compared(verifier, signed):
    given = Fetched()
    token = signed({"by_ref": REFERENCE, "obligations": []}, without=("fields", "row_filter", "masks"))

    decided = verifier(references=given).verify([token], WANTED)

    assert (decided.released.fields, given.asked) == (("name",), [CLAIMS["jti"]])
    with pytest.raises(RefusedError, match="not what it names"):
        verifier(references=Fetched(LONG + b" ")).verify([token], WANTED)
    with pytest.raises(RefusedError, match="nothing is fetched"):
        verifier().verify([token], WANTED)


@pytest.mark.parametrize(
    "reference",
    [
        {**REFERENCE, "href": "https://evil.example/v1/decisions/x/obligations"},
        {**REFERENCE, "href": "/v1/decisions/another/obligations"},
        {**REFERENCE, "sha256": None},
        {"href": REFERENCE["href"]},
        {**REFERENCE, "more": 1},
        [REFERENCE],
    ],
)
def test_no_other_address_is_ever_asked(verifier, signed, reference):
    given = Fetched()
    token = signed({"by_ref": reference}, without=("fields", "row_filter", "masks"))

    with pytest.raises(RefusedError):
        verifier(references=given).verify([token], WANTED)
    assert given.asked == []


@pytest.mark.parametrize("missing", ["issuer", "audience"])
def test_a_data_api_that_does_not_say_who_it_is_does_not_start(verifier, missing):
    with pytest.raises(ValueError, match="issuer and audience"):
        verifier(**{missing: ""})
