"""Where reminders of what falls due are sent, when, and how often it is tried."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path  # noqa: TC003 -- pydantic reads the annotation at run time
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from adapters.callers import Strict
from adapters.loopback import is_loopback

_AT: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_URL: Final = re.compile(r"https?://[!-~]+")


class Retry(Strict):
    """How long one try may take, and after how many a reminder is given up."""

    max_attempts: Annotated[int, Field(ge=1, le=100)] = 10
    timeout_seconds: Annotated[float, Field(ge=0.05, le=60)] = 10.0  # for a whole try, name look-up to answer


class ReminderSettings(Strict):
    """One receiver of reminders, for every body."""

    url: str  # https; or http, on this machine only
    key_file: Path  # of 32 bytes, made if there is none; the receiver checks signatures with the same
    at: str = "08:30"  # in Asia/Shanghai, every civil day
    retry: Retry = Retry()

    @property
    def hour(self) -> time:
        """Return the time of day at which a day's reminders are made."""
        return time.fromisoformat(self.at)

    @field_validator("url")
    @classmethod
    def _reaches_a_receiver_safely(cls, url: str) -> str:
        fault = 'must be an https address, or an http one on this machine, without user, "#" and blanks'
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise ValueError(fault) from None
        safe = parts.scheme == "https" or is_loopback(host or "")
        if not (_URL.fullmatch(url) and host and safe) or "@" in parts.netloc or "#" in url:
            raise ValueError(fault)
        return url

    @field_validator("at", mode="before")
    @classmethod
    def _is_a_time_of_day(cls, at: object) -> object:
        if not isinstance(at, str) or not _AT.fullmatch(at):  # YAML reads 10:30 without quotes as a number
            fault = 'must be a time of day in quotes, for example "08:30"'
            raise ValueError(fault)
        return at
