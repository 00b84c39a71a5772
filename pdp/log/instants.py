"""Instants as records spell them: UTC to the microsecond, so that every reader sees the same digits."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache


def utc(at: datetime) -> str:
    """Return an aware instant as records spell it: UTC, six digits, `Z`."""
    return f"{_second(math.floor(at.timestamp()))}.{at.microsecond:06d}Z"


def microseconds(span: timedelta) -> int:
    """Return a span in whole microseconds, which lose nothing of it."""
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def milliseconds(span: timedelta) -> int:
    """Return a span in whole milliseconds, the rest dropped."""
    return microseconds(span) // 1000


def later(at: str, span: int) -> str:
    """Return the instant that lies `span` microseconds after `at`, both as records spell them."""
    return utc(datetime.fromisoformat(at) + timedelta(microseconds=span))


@lru_cache(maxsize=256)
def _second(unix: int) -> str:
    """Return a second in UTC; thousands of records share one."""
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S")
