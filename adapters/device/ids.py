"""Ids of records, from the machine's randomness."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from pdp.log.uuid7 import uuid7

if TYPE_CHECKING:
    from datetime import datetime


class Ids:
    """Makes UUIDv7s. Randomness is fetched a page at a time: each fetch lets other threads take the interpreter."""

    _EACH, _PAGE = 10, 4096  # bytes of one id; ids of one page

    def __init__(self) -> None:
        self._page, self._next = b"", 0

    def __call__(self, now: datetime) -> str:
        """Return a new id for `now`."""
        if self._next >= len(self._page):
            self._page, self._next = secrets.token_bytes(self._EACH * self._PAGE), 0
        random = self._page[self._next : self._next + self._EACH]
        self._next += self._EACH
        return uuid7(int(now.timestamp() * 1000), random)
