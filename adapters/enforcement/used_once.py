"""Tokens that count once: each is remembered until it has expired, and a full memory takes no further one."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MOST: Final = 1_000_000  # tokens that are alive at a time
LEEWAY: Final = 2  # seconds for which a token is taken after its end


class UsedOnce:
    """Remembers in one process. A data API of several processes gives one that they share, with the same method."""

    def __init__(self, now: Callable[[], float] = time.time, most: int = MOST) -> None:
        """Remember `most` tokens; `now` is in seconds since 1970."""
        self._now, self._most = now, most
        self._ends: dict[str, int] = {}
        self._lock = threading.Lock()

    def first(self, token_id: str, expires: int) -> bool:
        """Return whether `token_id`, which expires at that second, is met for the first time; False where in doubt."""
        with self._lock:
            if len(self._ends) >= self._most:
                now = self._now()
                self._ends = {name: end for name, end in self._ends.items() if end + LEEWAY >= now}
            if token_id in self._ends or len(self._ends) >= self._most:
                return False
            self._ends[token_id] = expires
            return True
