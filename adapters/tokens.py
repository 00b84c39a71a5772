"""Verifies bearer tokens: who says so is pinned in the settings, and nothing that a token names is ever fetched.

One algorithm an issuer, one key a kid. A token is verified each time it comes; none is remembered.
"""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Annotated, Final, Generic, Literal, Self, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import get_algorithm_by_name
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from adapters.callers import Id, Strict, TokenError, TokenFault, Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey
Text = Annotated[str, StringConstraints(pattern=r"\A[!-~]{1,256}\z")]  # visible ASCII
Second = Annotated[int, Field(ge=0, le=2**53)]  # since 1970, UTC

MAX_TOKEN: Final = 8 * 1024  # bytes
MIN_RSA: Final = 2048  # bits
PARTS: Final = 3
# The thumbprints name a certificate and bring none; every other member could steer the verification.
_HEADER: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})


class PinnedKey(Strict):
    """A public key that an issuer signs with, as SubjectPublicKeyInfo in PEM."""

    kid: Text
    public_key_pem: Annotated[str, Field(max_length=16_384)]


class PinnedIssuer(Strict):
    """Whose tokens are believed, and about what."""

    issuer: Text
    audience: Text  # what this service is called in `aud`
    algorithm: Literal["EdDSA", "ES256", "RS256", "PS256"]
    keys: Annotated[tuple[PinnedKey, ...], Field(min_length=1, max_length=16)]
    leeway_seconds: Annotated[int, Field(ge=0, le=60)] = 30  # by how much the issuer's clock may differ
    max_age_seconds: Annotated[int, Field(ge=1, le=86_400)] = 3600  # from `iat` to `exp`, at most
    types: Annotated[tuple[Text, ...], Field(min_length=1)] = ("at+jwt", "JWT")

    @model_validator(mode="after")
    def _keys_can_be_used(self) -> Self:
        for key in self.keys:
            load_key(key, self.algorithm)
        return self


class Issuer(PinnedIssuer):
    """An issuer whose tokens prove a registered caller."""

    caller: Id  # whose doors, detail and posts apply


class Claims(BaseModel):
    """What is read of a token's claims; what has another type is no claim."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    aud: Text | Annotated[list[Text], Field(min_length=1, max_length=16)]
    sub: Text
    exp: Second
    iat: Second
    nbf: Second = 0
    body: Id = ""
    org: Id = ""
    posts: Annotated[list[Text], Field(max_length=32)] = []


Pinned = TypeVar("Pinned", bound="PinnedIssuer")


class PinnedTokens(Generic[Pinned]):
    """The verifier of every pinned issuer's tokens: what they say, and which issuer says so."""

    def __init__(self, issuers: Iterable[Pinned], now: Callable[[], float] = time.time) -> None:
        """Believe `issuers`, whose pairs of issuer and kid differ; `now` is in seconds since 1970."""
        self._now = now
        self.pinned = {
            (issuer.issuer, key.kid): (issuer, load_key(key, issuer.algorithm))
            for issuer in issuers
            for key in issuer.keys
        }
        self._issuers = frozenset(name for name, _ in self.pinned)

    def claims(self, token: bytes) -> tuple[Claims, Pinned]:
        """Return what `token` proves, and whose it is.

        Raises:
            TokenError: it proves nothing; the error's text never quotes the token.
        """
        header, claims, signature = _read(token)
        issuer, key = self._signer(header, claims)
        _check_header(header, issuer)
        signed, _, _ = token.rpartition(b".")
        if not get_algorithm_by_name(issuer.algorithm).verify(signed, key, signature):
            raise TokenError(TokenFault.SIGNATURE, "is not the pinned key's")
        checked = _checked(claims)
        self._check_here_and_now(checked, issuer)
        return checked, issuer

    def _signer(self, header: dict[str, object], claims: dict[str, object]) -> tuple[Pinned, PublicKey]:
        """Return the pinned issuer and key that the token says it is signed by."""
        name, kid = claims.get("iss"), header.get("kid")
        if not isinstance(name, str) or name not in self._issuers:
            raise TokenError(TokenFault.ISSUER, "is none of the settings'")
        if not isinstance(kid, str) or (name, kid) not in self.pinned:
            raise TokenError(TokenFault.KEY, "has no kid that is pinned for its issuer")
        return self.pinned[name, kid]

    def _check_here_and_now(self, claims: Claims, issuer: Pinned) -> None:
        """Refuse signed claims that are meant for somewhere else, or for another time."""
        if issuer.audience not in ([claims.aud] if isinstance(claims.aud, str) else claims.aud):
            raise TokenError(TokenFault.AUDIENCE, "is meant for another service")
        if not 0 < claims.exp - claims.iat <= issuer.max_age_seconds:
            raise TokenError(TokenFault.AGE, "must live for some time, and for max_age_seconds at most")
        now, leeway = self._now(), issuer.leeway_seconds
        if now >= claims.exp + leeway:
            raise TokenError(TokenFault.EXPIRED, "has expired")
        if now < max(claims.iat, claims.nbf) - leeway:
            raise TokenError(TokenFault.NOT_YET, "is not valid yet")


class Tokens:
    """The verifier of callers' tokens."""

    def __init__(self, issuers: Iterable[Issuer], now: Callable[[], float] = time.time) -> None:
        """Believe `issuers`, whose pairs of issuer and kid differ; `now` is in seconds since 1970."""
        self._tokens = PinnedTokens(issuers, now)
        self.callers = frozenset(issuer.caller for issuer, _ in self._tokens.pinned.values())

    def verify(self, token: bytes) -> Verified:
        """Return what `token` proves.

        Raises:
            TokenError: it proves nothing; the error's text never quotes the token.
        """
        claims, issuer = self._tokens.claims(token)
        return Verified(issuer.caller, claims.sub, claims.body, tuple(claims.posts), claims.exp)


def load_key(pinned: PinnedKey, algorithm: str) -> PublicKey:
    """Return the key, if it is a public one that `algorithm` is safe with; raise ValueError otherwise."""
    pem = pinned.public_key_pem.strip()
    if "PRIVATE KEY" in pem:
        _refuse(pinned, "is a private key, which has no place here; replace it at the issuer, then pin its public key")
    if pem.count("-----BEGIN") != 1 or not pem.startswith("-----BEGIN PUBLIC KEY-----"):
        _refuse(pinned, "must be one PEM block, BEGIN PUBLIC KEY")
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        _refuse(pinned, "is no public key that can be read; export it again as SubjectPublicKeyInfo")
    if algorithm == "EdDSA" and isinstance(key, Ed25519PublicKey):
        return key
    if algorithm == "ES256" and isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    if algorithm in {"RS256", "PS256"} and isinstance(key, RSAPublicKey):
        if key.key_size < MIN_RSA:
            _refuse(pinned, f"has {key.key_size} bits; use an RSA key of {MIN_RSA} bits or more")
        return key
    return _refuse(pinned, f"is not of the kind that {algorithm} needs; pin another key or mend algorithm")


def _refuse(pinned: PinnedKey, fault: str) -> PublicKey:
    """Raise the fault of a key that pydantic hands on to the operator."""
    message = f'key "{pinned.kid}" {fault}'
    raise ValueError(message)


def _read(token: bytes) -> tuple[dict[str, object], dict[str, object], bytes]:
    """Return header, claims and signature as they are written, nothing of them believed."""
    if len(token) > MAX_TOKEN:
        raise TokenError(TokenFault.SIZE, "is longer than 8 KiB")
    parts = token.split(b".")
    if len(parts) != PARTS or not all(parts):
        raise TokenError(TokenFault.FORM, "must be header, claims and signature")
    header, claims, signature = map(_decoded, parts)
    return _members(header), _members(claims), signature


def _decoded(part: bytes) -> bytes:
    """Return the bytes that `part` spells in the one way base64url has for them."""
    try:
        decoded = urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except ValueError as broken:
        raise TokenError(TokenFault.ENCODING, "is not base64url") from broken
    if urlsafe_b64encode(decoded).rstrip(b"=") != part:
        raise TokenError(TokenFault.ENCODING, "is not base64url as it must be spelt")
    return decoded


def _members(text: bytes) -> dict[str, object]:
    """Return a JSON object in which no key stands twice, at any depth."""
    try:
        members = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError) as broken:
        raise TokenError(TokenFault.JSON, "is not JSON") from broken
    if not isinstance(members, dict):
        raise TokenError(TokenFault.JSON, "must be made of objects")
    return members


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise TokenError(TokenFault.JSON, "has a key twice")
    return members


def _no_number(_: str) -> float:
    raise TokenError(TokenFault.JSON, "has a number that JSON does not know")


def _check_header(header: dict[str, object], issuer: PinnedIssuer) -> None:
    """Refuse a header that says another algorithm or kind than is pinned, or brings means of its own."""
    if header.keys() - _HEADER:
        raise TokenError(TokenFault.HEADER, "may say alg, kid and typ; it cannot bring keys or extensions")
    if header.get("alg") != issuer.algorithm:
        raise TokenError(TokenFault.ALGORITHM, "is not signed with the pinned algorithm")
    if header.get("typ") not in issuer.types:
        raise TokenError(TokenFault.TYPE, "is of a kind that is not accepted")


def _checked(claims: dict[str, object]) -> Claims:
    """Return the claims with their types; the fault names the claim only."""
    try:
        return Claims.model_validate(claims)
    except ValidationError as invalid:
        claim = invalid.errors(include_input=False)[0]["loc"][0]
        fault = f"needs the claim {claim}, of its own type"
    raise TokenError(TokenFault.CLAIMS, fault)
