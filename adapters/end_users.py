"""Who an end user is, by the token of an issuer that the settings pin; nobody else's word is a token."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.callers import TokenError, TokenFault
from adapters.door_settings import EndUserIssuer
from adapters.tokens import PinnedTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_BEARER: Final = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] ([!-~]+)")


@dataclass(frozen=True, slots=True)
class EndUser:
    """What an end user's token proves."""

    person: str  # `sub`
    body: str | None  # `org`, for which the person acts; None: for nobody else


class EndUsers:
    """The verifier of end users' tokens. None is remembered: each is verified whenever it comes."""

    def __init__(self, issuers: Iterable[EndUserIssuer] = (), now: Callable[[], float] = time.time) -> None:
        """Believe `issuers`, whose pairs of issuer and kid differ; without any, no token proves anybody."""
        self._tokens = PinnedTokens[EndUserIssuer](issuers, now)

    def proven(self, token: str) -> EndUser:
        """Return who `token` proves the end user to be.

        Raises:
            TokenError: it proves nobody; the error's text never quotes the token.
        """
        if not token.isascii():
            raise TokenError(TokenFault.ENCODING, "is not ASCII")
        claims, issuer = self._tokens.claims(token.encode())
        if issuer.bodies and claims.org not in issuer.bodies:
            raise TokenError(TokenFault.CLAIMS, "speaks for a body that its issuer may not speak for")
        return EndUser(claims.sub, claims.org or None)

    def bearing(self, authorization: str) -> EndUser:
        """Return who `Authorization: Bearer <token>` proves the end user to be.

        Raises:
            TokenError: it proves nobody, or is no bearer token.
        """
        bearer = _BEARER.fullmatch(authorization)
        if bearer is None:
            raise TokenError(TokenFault.FORM, "must be sent as Bearer and the token, one space between")
        return self.proven(bearer[1])
