"""The decision token: what a permit tells the data API behind a gateway, signed, for at most a minute.

A compact JWS. Whoever calls the data API without it, with another's, or for something else, is refused there: that also
closes the way around the gateway. What is too long for a header is named by its digest, and fetched.
"""

from __future__ import annotations

import hashlib
import math
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

import orjson

from adapters.gateways.obligations import as_asked, canonical
from pdp.log.revision import digests, revision_set

if TYPE_CHECKING:
    from adapters.gateways.call import Asked
    from adapters.gateways.decision_service import DecisionService
    from adapters.gateways.kept_obligations import KeptObligations
    from adapters.gateways.obligations import Canonical
    from pdp.model import AccessRequest, Answer
    from pdp.rulebook.rulebook import Revision

TYPE: Final = "decision+jwt"
LONGEST: Final = 2560  # bytes of a token that says itself what is released; a header block has 3,584
MOST_SECONDS: Final = 60
BY_REFERENCE: Final = ("fields", "row_filter", "masks")


class Signing(Protocol):
    """Whatever signs for programs. `adapters.signers.token_keys` implements it."""

    def sign(self, payload: bytes, kind: str) -> str:
        """Return the compact JWS over `payload`, whose header says `kind` as `typ`."""
        ...

    def published(self) -> bytes:
        """Return the JWK set by which its signatures are verified."""
        ...


class TokenWriter:
    """Writes decision tokens. Safe from several threads."""

    def __init__(
        self, issuer: str, signing: Signing, service: DecisionService, kept: KeptObligations, life: int = MOST_SECONDS
    ) -> None:
        """Write as `issuer`, the public address of this service; a token lives for `life` seconds at most."""
        self._issuer, self._signing, self._service, self._kept = issuer, signing, service, kept
        self._life = timedelta(seconds=min(life, MOST_SECONDS))

    def token(self, answer: Answer, asked: Asked) -> str | None:
        """Return the token that goes with `answer`; None where nothing is released or no data API is behind.

        Raises:
            UnavailableError: it cannot be signed, so nothing is to be released.
        """
        decision = answer.decision
        if asked.audience is None or not decision.outcome.permits:
            return None
        ends = answer.at + self._life
        ends = ends if decision.valid_until is None else min(ends, decision.valid_until)
        issued, expires = math.floor(answer.at.timestamp()), math.floor(ends.timestamp())
        if expires <= issued:
            return None  # over before anybody could use it: the data API refuses, and the next question may fare better
        released = as_asked(canonical(decision, answer.inquiry), asked.request)
        claims = {
            "iss": self._issuer, "aud": asked.audience, "iat": issued, "exp": expires, "jti": answer.id,
            **self._about(answer, asked, released), **released.plain(),
        }  # fmt: skip
        token = self._signing.sign(orjson.dumps(claims, default=dict), TYPE)
        if len(token) <= LONGEST:
            return token
        text = released.spelled()
        self._kept.keep(answer.id, text, {asked.audience, asked.request.gateway}, expires)
        for name in BY_REFERENCE:
            del claims[name]
        claims["by_ref"] = {
            "href": f"/v1/decisions/{answer.id}/obligations",
            "sha256": hashlib.sha256(text).hexdigest(),
        }
        return self._signing.sign(orjson.dumps(claims), TYPE)

    def _about(self, answer: Answer, asked: Asked, released: Canonical) -> dict[str, object]:
        """Return the claims on what was asked and how it was decided."""
        request, decision, receipt = asked.request, answer.decision, answer.receipt
        about: dict[str, object] = {
            "sub": self._subject(request),
            "act": request.action,
            "res": f"dataset:{request.dataset}",
            "req": asked.digest,
            "outcome": decision.outcome.value,
            "obligations": list(released.measures),
            "duties": [duty.id for duty in decision.duties],
            "rev": {"set": _set(self._service.rulebook.revision), "ledger": answer.inquiry.ledger},
            "receipt": {"log": receipt.log, "index": receipt.index, "leaf": receipt.leaf},
        }
        if asked.single_use:
            about["once"] = True
        said = {"scenario": request.scenario, "purpose": request.purpose}
        return about | {name: value for name, value in said.items() if value is not None}

    def _subject(self, request: AccessRequest) -> str:
        """Return who asked, as the ledger knows it."""
        if request.subject is None:
            return "anonymous"
        kind = self._service.subject_kind(request.subject) or request.subject_kind or "unknown"
        return f"{kind}:{request.subject}"


@lru_cache(maxsize=8)
def _set(revision: Revision) -> str:
    """Return the one name of a revision that records have too."""
    return revision_set(digests(revision))
