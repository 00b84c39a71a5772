"""How many questions a caller may ask: a bucket of one second's worth, filled as time passes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(slots=True)
class _Bucket:
    """What one caller may still ask; below zero it has asked more at once than a second holds."""

    rate: int  # questions a second, and as many at once
    level: float
    since: float


class Rates:
    """The buckets of all callers that have a limit, the same at every door. Belongs to one event loop."""

    def __init__(self, limits: Mapping[str, int], clock: Callable[[], float] = time.monotonic) -> None:
        """Fill a bucket for each id in `limits`, questions a second; `clock` is in seconds and never goes back."""
        self._clock = clock
        self._buckets = {caller: _Bucket(rate, rate, clock()) for caller, rate in limits.items()}

    def take(self, caller: str) -> float:
        """Let `caller` ask one question and return 0, or return the seconds until it may."""
        bucket = self._buckets.get(caller)
        if bucket is None:
            return 0.0
        now = self._clock()
        bucket.level = min(float(bucket.rate), bucket.level + (now - bucket.since) * bucket.rate)
        bucket.since = now
        if bucket.level < 1:
            return (1 - bucket.level) / bucket.rate
        bucket.level -= 1
        return 0.0

    def owe(self, caller: str, questions: int) -> None:
        """Count `questions` that came together with one that was let in; the caller waits the longer for the next."""
        bucket = self._buckets.get(caller)
        if bucket is not None:
            bucket.level -= questions
