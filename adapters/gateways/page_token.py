"""The token that leads from one page of a search to the next: authenticated, bound to all that may not change.

Its key lives as long as the process, as the searches that it leads to do.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

LIFE: Final = 300  # seconds
_PLACE: Final = "page.token"
_STRANGE: Final = "is none of this search, or has expired; begin the search anew"


class Turned(NamedTuple):
    """What a token is bound to."""

    caller: str
    what: str  # subject | resource | action
    digest: str  # of the request
    limit: int
    at: str  # instant of the search
    revision: str  # digest of what it rests on
    ledger: int
    name: str  # of the search
    last: str  # id of the last result so far; empty: none yet


class PageTokens:
    """Makes and reads tokens. Safe from several threads."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """Make tokens with a key of their own; `now` is in seconds since 1970."""
        self._key = secrets.token_bytes(32)
        self._now = now

    def token(self, turned: Turned) -> str:
        """Return a token for `turned`, good for five minutes."""
        said = orjson.dumps([int(self._now()) + LIFE, *turned])
        return base64.urlsafe_b64encode(self._mac(said) + said).rstrip(b"=").decode()

    def read(self, token: str) -> Turned:
        """Return what `token` is bound to; raise RequestError where it is forged or has expired."""
        try:
            whole = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            raise RequestError(_PLACE, _STRANGE) from None
        mac, said = whole[:32], whole[32:]
        if not hmac.compare_digest(mac, self._mac(said)):
            raise RequestError(_PLACE, _STRANGE)
        expires, *bound = orjson.loads(said)
        if self._now() >= expires:
            raise RequestError(_PLACE, _STRANGE)
        return Turned(*bound)

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._key, b"pdp/page/1\x00" + said, hashlib.sha256)


def strange() -> RequestError:
    """Return the fault of a token that belongs to another caller, door, request or limit."""
    return RequestError(_PLACE, _STRANGE)
