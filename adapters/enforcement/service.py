"""The decision service as a data API knows it: keys from a pinned address, long answers from the same, nothing else."""

from __future__ import annotations

import json
import re
import threading
import time
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adapters.enforcement.refused import RefusedError, Why

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

JWKS: Final = "/.well-known/jwks.json"
OBLIGATIONS: Final = "/v1/decisions/{id}/obligations"
LARGEST: Final = 4 * 1024 * 1024  # bytes of an answer
AGAIN: Final = 10.0  # seconds between looks for a key that is not known
AT_LEAST: Final = 300.0  # seconds after which the keys are looked at again in any case
PATIENCE: Final = 2.0  # seconds
KEPT: Final = 1024  # answers that are kept
_ID: Final = re.compile(r"[0-9a-f-]{36}")


def keys_in(jwk_set: bytes | str) -> dict[str, Ed25519PublicKey]:
    """Return the keys of a JWK set by kid; raise ValueError for anything but public Ed25519 keys with names."""
    members = json.loads(jwk_set)
    found: dict[str, Ed25519PublicKey] = {}
    for key in members["keys"]:
        kid = key.get("kid")
        if (key.get("kty"), key.get("crv"), key.get("alg", "EdDSA")) != ("OKP", "Ed25519", "EdDSA") or "d" in key:
            message = "the JWK set has a key that is no public Ed25519 key"
            raise ValueError(message)
        if not isinstance(kid, str) or not kid or kid in found:
            message = "the JWK set has a key without a name of its own"
            raise ValueError(message)
        found[kid] = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(key["x"] + "=" * (-len(key["x"]) % 4)))
    return found


class PinnedKeys:
    """Keys from JWK sets that lie with the data API; of a fleet, one set a node."""

    def __init__(self, *jwk_sets: bytes | str) -> None:
        """Take the keys of `jwk_sets`; raise ValueError where one cannot be used."""
        self._keys = {kid: key for jwk_set in jwk_sets for kid, key in keys_in(jwk_set).items()}

    def key(self, kid: str) -> Ed25519PublicKey | None:
        """Return the key called `kid`, or None."""
        return self._keys.get(kid)


class ServiceClient:
    """The keys and long answers of one or more nodes, at addresses of the configuration. Safe from several threads."""

    def __init__(
        self,
        addresses: Collection[str],
        credential: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Trust the nodes at `addresses`; `credential` is the data API's own key there."""
        sent = {} if credential is None else {"authorization": f"Bearer {credential}"}
        self._nodes = [
            httpx.Client(base_url=one, headers=sent, timeout=PATIENCE, trust_env=False, transport=transport)
            for one in addresses
        ]
        self._now = now
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._looked: float | None = None
        self._answers: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        for node in self._nodes:
            node.close()

    def key(self, kid: str) -> Ed25519PublicKey | None:
        """Return the key called `kid`, or None; one that is not known is looked for at most every ten seconds."""
        with self._lock:
            since = None if self._looked is None else self._now() - self._looked
            if since is None or since > AT_LEAST or (kid not in self._keys and since > AGAIN):
                self._look()
            return self._keys.get(kid)

    def fetched(self, decision_id: str) -> bytes:
        """Return the obligations of a decision; raise RefusedError where no node gives them."""
        if _ID.fullmatch(decision_id) is None:
            raise RefusedError(Why.REFERENCE, "the decision has no id that could be asked for")
        kept = self._answers.get(decision_id)
        if kept is not None:
            return kept
        for node in self._nodes:
            text = _read(node, OBLIGATIONS.format(id=decision_id))
            if text is not None:
                with self._lock:
                    while len(self._answers) >= KEPT:
                        del self._answers[next(iter(self._answers))]
                    self._answers[decision_id] = text
                return text
        raise RefusedError(Why.REFERENCE, "the service does not give what the token names")

    def _look(self) -> None:
        """Read every node's keys; those of a node that is away stay as they were."""
        self._looked = self._now()
        found: dict[str, Ed25519PublicKey] = {}
        for node in self._nodes:
            text = _read(node, JWKS)
            if text is None:
                found = {**self._keys, **found}
                continue
            try:
                found |= keys_in(text)
            except (ValueError, KeyError, TypeError, AttributeError):
                found = {**self._keys, **found}
        self._keys = found


def _read(node: httpx.Client, path: str) -> bytes | None:
    """Return the body of a 200, read no further than it may be long; None for anything else."""
    text = b""
    try:
        with node.stream("GET", path, follow_redirects=False) as answer:
            if answer.status_code != httpx.codes.OK:
                return None
            for part in answer.iter_bytes():
                text += part
                if len(text) > LARGEST:
                    return None
    except httpx.HTTPError:
        return None
    return text
