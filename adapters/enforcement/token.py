"""Decision tokens, verified: nothing is given but on a token that is the service's, alive, and for this very request.

Keys are pinned by the data API's own configuration. Nothing that a token names is believed before its signature, and no
address in it is ever followed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from jwt import PyJWS, PyJWTError

from adapters.enforcement.canonical import released
from adapters.enforcement.refused import RefusedError, Why

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from adapters.enforcement.canonical import Released
    from adapters.enforcement.used_once import UsedOnce

ALGORITHM: Final = "EdDSA"
TYPE: Final = "decision+jwt"
LONGEST: Final = 16 * 1024  # bytes; a header block is shorter
LONGEST_LIFE: Final = 60  # seconds
LEEWAY: Final = 2  # seconds by which clocks may differ
MEASURES: Final = frozenset({"mask_fields", "filter_rows"})  # what this package carries out
BY_REFERENCE: Final = ("fields", "row_filter", "masks")
_TEXTS: Final = ("iss", "aud", "jti", "sub", "act", "res", "req", "outcome", "default_field")
_OUTCOMES: Final = frozenset({"PERMIT", "PARTIAL"})


class Keys(Protocol):
    """The pinned keys of the service."""

    def key(self, kid: str) -> Ed25519PublicKey | None:
        """Return the key called `kid`, or None."""
        ...


class References(Protocol):
    """Where long answers are had from."""

    def fetched(self, decision_id: str) -> bytes:
        """Return the obligations of a decision as the service has them; raise RefusedError where that fails."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request is for; the token must be for the same."""

    dataset: str | None  # None: whatever this very request is for
    action: str | None
    request: str | None  # see `request_digest`; None: the gateway rewrites paths, so they cannot be compared
    once: bool = False  # the token counts once, whatever it says itself


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that a verified token tells of."""

    id: str
    subject: str  # kind:id, or anonymous
    dataset: str
    action: str
    outcome: str  # PERMIT or PARTIAL
    released: Released
    expires: int  # seconds since 1970
    claims: Mapping[str, Any]  # all of them, for the data API's own log


def request_digest(method: str, raw_path: bytes, query: bytes) -> str:
    """Return the digest of a request as the service and the data API both see it: nothing is decoded."""
    return hashlib.sha256(method.encode() + b"\n" + raw_path + b"\n" + query).hexdigest()


class TokenVerifier:
    """Verifies the tokens that are meant for one data API. Safe from several threads."""

    def __init__(  # noqa: PLR0913  # each is pinned once, by name
        self,
        *,
        issuer: str,
        audience: str,
        keys: Keys,
        used: UsedOnce,
        references: References | None = None,
        can: Collection[str] = MEASURES,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Believe `issuer` about what `audience`, this data API, may release; `can`: measures that it carries out.

        Raises:
            ValueError: there is nothing to compare with, which would let every token pass.
        """
        if not issuer or not audience:
            message = "issuer and audience: are needed; a token for anybody is for nobody"
            raise ValueError(message)
        self._issuer, self._audience, self._keys, self._used = issuer, audience, keys, used
        self._references, self._can, self._now = references, frozenset(can), now
        self._jws = PyJWS(algorithms=[ALGORITHM])

    def verify(self, tokens: Collection[str], wanted: Wanted) -> Decided:
        """Return what the one token among `tokens`, all that a request has brought, decided about `wanted`.

        Raises:
            RefusedError: there is none, there are several, or it is not one by which `wanted` may be released.
        """
        if len(tokens) != 1:
            raise RefusedError(Why.TOKEN, "there is not exactly one")
        [token] = tokens
        claims = self._signed(token)
        self._check_aim(claims, wanted)
        self._check_time(claims)
        if not _texts(claims["obligations"]) or not self._can.issuperset(claims["obligations"]):
            raise RefusedError(Why.MEASURE, "it asks for a measure that is not carried out here")
        given = released(claims if "by_ref" not in claims else self._referred(claims))
        if given.masks and "mask_fields" not in self._can:
            raise RefusedError(Why.MEASURE, "it masks fields, which is not done here")
        if given.rows.kind != "all" and "filter_rows" not in self._can:
            raise RefusedError(Why.MEASURE, "it filters rows, which is not done here")
        if (wanted.once or claims.get("once") is not None) and not self._used.first(claims["jti"], claims["exp"]):
            raise RefusedError(Why.USED, "it was used before")
        return Decided(
            claims["jti"],
            claims["sub"],
            claims["res"].partition(":")[2],
            claims["act"],
            claims["outcome"],
            given,
            claims["exp"],
            claims,
        )

    def _signed(self, token: str) -> dict[str, Any]:
        """Return the claims, once the signature has proved to be that of a pinned key."""
        header = _members(_parts(token)[0])
        if header.keys() != {"alg", "kid", "typ"} or header["alg"] != ALGORITHM or header["typ"] != TYPE:
            raise RefusedError(Why.TOKEN, "its header is not that of a decision token")
        key = self._keys.key(header["kid"]) if isinstance(header["kid"], str) else None
        if key is None:
            raise RefusedError(Why.TOKEN, "its key is not pinned")
        try:
            payload = self._jws.decode(token, key, algorithms=[ALGORITHM])
        except PyJWTError:
            raise RefusedError(Why.TOKEN, "its signature is not the pinned key's") from None
        return _checked(_members(payload))

    def _check_aim(self, claims: Mapping[str, Any], wanted: Wanted) -> None:
        """Refuse a token for something else."""
        if (claims["iss"], claims["aud"]) != (self._issuer, self._audience):
            raise RefusedError(Why.OTHER, "it is another service's, or for another data API")
        kind, _, dataset = claims["res"].partition(":")
        asked = wanted.dataset if wanted.dataset or wanted.request is None else dataset
        action = wanted.action if wanted.action or wanted.request is None else claims["act"]
        if (kind, dataset, claims["act"]) != ("dataset", asked, action):
            raise RefusedError(Why.OTHER, "it is for another dataset or action")
        if wanted.request is not None and not hmac.compare_digest(claims["req"].encode(), wanted.request.encode()):
            raise RefusedError(Why.OTHER, "it is for another request")
        if claims["outcome"] not in _OUTCOMES:
            raise RefusedError(Why.OTHER, "it releases nothing")

    def _check_time(self, claims: Mapping[str, Any]) -> None:
        """Refuse a token that lives too long, is over, or has not begun."""
        now = self._now()
        if not 0 < claims["exp"] - claims["iat"] <= LONGEST_LIFE:
            raise RefusedError(Why.TIME, f"it does not live for {LONGEST_LIFE} seconds at most")
        if not claims["iat"] - LEEWAY <= now < claims["exp"] + LEEWAY:
            raise RefusedError(Why.TIME, "it is over, or has not begun")

    def _referred(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a token names by digest, fetched from where the data API's own configuration says."""
        named = claims["by_ref"]
        said = {"href": f"/v1/decisions/{claims['jti']}/obligations"}
        digest = named.get("sha256") if isinstance(named, dict) else None
        if not isinstance(digest, str) or named != {**said, "sha256": digest} or claims.keys() & set(BY_REFERENCE):
            raise RefusedError(Why.FORM, "its reference is not that of its own decision")
        if self._references is None:
            raise RefusedError(Why.REFERENCE, "nothing is fetched here")
        text = self._references.fetched(claims["jti"])
        if not hmac.compare_digest(hashlib.sha256(text).hexdigest().encode(), digest.encode()):
            raise RefusedError(Why.REFERENCE, "what was fetched is not what it names")
        return _members(text)


def _parts(token: str) -> list[bytes]:
    """Return header, claims and signature, each spelt in the one way base64url has for it."""
    spelt = token.split(".")
    if len(token) > LONGEST or len(spelt) != len(("header", "claims", "signature")) or not token.isascii():
        raise RefusedError(Why.TOKEN, "it is no compact token")
    try:
        parts = [urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in spelt]
    except ValueError:
        raise RefusedError(Why.TOKEN, "it is not base64url") from None
    if [urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts] != spelt:
        raise RefusedError(Why.TOKEN, "it is not base64url as it must be spelt")
    return parts


def _members(text: bytes) -> dict[str, Any]:
    """Return a JSON object in which no name stands twice."""
    try:
        members = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise RefusedError(Why.FORM, "it is no JSON that can be read in one way") from None
    if not isinstance(members, dict):
        raise RefusedError(Why.FORM, "it is no JSON object")
    return members


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        message = "a name stands twice"
        raise ValueError(message)
    return members


def _no_number(_: str) -> float:
    message = "no number of JSON"
    raise ValueError(message)


def _checked(claims: dict[str, Any]) -> dict[str, Any]:
    """Return the claims if all that is compared is there, of its own type."""
    times = [claims.get(name) for name in ("iat", "exp")]
    if not all(isinstance(time, int) and not isinstance(time, bool) for time in times):
        raise RefusedError(Why.FORM, "iat and exp are not both there")
    if not all(isinstance(claims.get(name), str) and claims[name] for name in _TEXTS) or "obligations" not in claims:
        raise RefusedError(Why.FORM, "a claim that is compared is missing, or no text")
    return claims


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
