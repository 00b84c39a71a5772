"""One try to deliver one reminder: signed, over TLS that is verified, within a time, and nothing followed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

import httpx

if TYPE_CHECKING:
    from types import TracebackType

    from adapters.reminder_settings import ReminderSettings
    from adapters.reminding.deliveries import Reminder

TIMESTAMP: Final = "x-pdp-timestamp"
SIGNATURE: Final = "x-pdp-signature"


def signature(key: bytes, timestamp: str, body: bytes) -> str:
    """Return what the receiver checks: HMAC-SHA256 over timestamp, "." and body, in hex."""
    return "sha256=" + hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Posting:
    """The way to the receiver. An asynchronous context manager, of one event loop."""

    def __init__(self, settings: ReminderSettings, key: bytes) -> None:
        self._settings, self._key = settings, key

    async def __aenter__(self) -> Self:
        # Trust as the system has it: an authority's own root is installed there. No variable reroutes reminders.
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context(),
            trust_env=False,
            follow_redirects=False,
            timeout=self._settings.retry.timeout_seconds,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def post(self, reminder: Reminder, at: int) -> str | None:
        """Try once; return None where the receiver has acknowledged `reminder`, else what went wrong.

        Args:
            reminder: what is told.
            at: the time of the try, Unix seconds, which is signed too.
        """
        seconds = self._settings.retry.timeout_seconds
        headers = self._headers(reminder, str(at))
        try:
            async with (
                asyncio.timeout(seconds),  # the client's own limits are for each part of an exchange
                self._client.stream("POST", self._settings.url, content=reminder.document, headers=headers) as answer,
            ):
                return None if answer.is_success else f"answered with status {answer.status_code}"
        except (TimeoutError, httpx.TimeoutException):
            return f"no answer within {seconds:g} s"
        except (httpx.HTTPError, ssl.SSLError, OSError) as fault:
            return f"{type(fault).__name__}: {fault}"

    def _headers(self, reminder: Reminder, timestamp: str) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "idempotency-key": quote(reminder.name, safe="/:"),
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self._key, timestamp, reminder.document),
        }
