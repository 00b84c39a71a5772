"""The token that leads from one page of a search to the next: authenticated, bound to all that may not change.

It says all that is needed to go on, so that any process which has the key can: another node, or this one after a start.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from pdp.errors import RequestError
from pdp.search import Since

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
    before: int = 0  # results up to there
    total: int | None = None  # of all pages; None: not known yet

    @property
    def since(self) -> Since:
        """Return where the search stands."""
        at = datetime.fromisoformat(self.at)
        return Since(at, self.revision, self.ledger, self.last, self.before, self.total)


class PageTokens:
    """Makes and reads tokens. Safe from several threads."""

    def __init__(self, key: bytes | None = None, now: Callable[[], float] = time.time) -> None:
        """Make tokens with `key`, 32 random bytes; None: one of this process's own. `now`: seconds since 1970."""
        self._key = key or secrets.token_bytes(32)
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
        return hmac.digest(self._key, b"pdp/page/2\x00" + said, hashlib.sha256)


def strange() -> RequestError:
    """Return the fault of a token that belongs to another caller, door, request or limit."""
    return RequestError(_PLACE, _STRANGE)
