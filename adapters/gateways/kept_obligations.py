"""What tokens name by digest instead of saying it, kept until they expire: for the data API that they are meant for."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MOST_BYTES: Final = 64 * 1024 * 1024  # of texts; what is beyond goes first come, first gone, and its token is no use


class Kept(NamedTuple):
    """What one token names."""

    text: bytes  # the canonical form, exactly as its digest was taken
    readers: frozenset[str]  # ids of callers: the data API, and the gateway that asked for it
    expires: int  # seconds since 1970


class KeptObligations:
    """Texts by decision id. Safe from several threads; a restart forgets them, and their tokens are refused."""

    def __init__(self, now: Callable[[], float] = time.time, most: int = MOST_BYTES) -> None:
        """Keep `most` bytes of texts; `now` is in seconds since 1970."""
        self._now, self._most = now, most
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def keep(self, decision_id: str, text: bytes, readers: Collection[str], expires: int) -> None:
        """Keep `text` until `expires`; the oldest go where there is no room."""
        with self._lock:
            self._drop(decision_id)
            self._kept[decision_id] = Kept(text, frozenset(readers), expires)
            self._bytes += len(text)
            while self._kept and (self._bytes > self._most or next(iter(self._kept.values())).expires < self._now()):
                self._drop(next(iter(self._kept)))

    def found(self, decision_id: str) -> Kept | None:
        """Return what is kept of a decision, or None."""
        with self._lock:
            kept = self._kept.get(decision_id)
            return None if kept is None or kept.expires < self._now() else kept

    def _drop(self, decision_id: str) -> None:
        dropped = self._kept.pop(decision_id, None)
        if dropped is not None:
            self._bytes -= len(dropped.text)
