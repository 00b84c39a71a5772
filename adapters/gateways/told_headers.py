"""The headers by which a gateway tells of a call: each stands once and says one thing, and none has a look-alike."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from adapters.gateways.headers import MAX_HEADER_BYTES, MAX_HEADERS, RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterable

CREDENTIAL: Final = "x-gateway-token"
AUTHORIZATION: Final = "authorization"
REQUEST_ID: Final = "x-request-id"
FORWARDED_FOR: Final = "x-forwarded-for"
_FAMILIES: Final = ("x-data-", "x-subject-")  # handed on, whatever follows
_SINGLE: Final = frozenset(
    {
        *(CREDENTIAL, AUTHORIZATION, REQUEST_ID),
        *("host", "x-forwarded-method", "x-forwarded-host", "x-forwarded-proto", "x-original-method"),
        "x-envoy-expected-rq-timeout-ms",
    }
)
_URIS: Final = frozenset({"x-forwarded-uri", "x-original-uri", "x-original-url"})  # a comma is one of their characters
_READ: Final = _SINGLE | _URIS | {FORWARDED_FOR}
_SECRETS: Final = frozenset({CREDENTIAL, AUTHORIZATION, "cookie", "proxy-authorization"})
_VISIBLE: Final = re.compile(r"[ -~]*")
_REQUEST_ID: Final = re.compile(r"[!-~]{1,256}")
_METHOD: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")


@dataclass(frozen=True, slots=True)
class ToldHeaders:
    """What is read of the headers, by name in lower case. Faults are found when a value is asked for."""

    sent: dict[str, list[str]] = field(default_factory=dict)
    fault: RejectedError | None = None  # of all of them together
    raw: bytes = b""  # all of them as they came, less the secrets

    def check(self) -> None:
        """Raise RejectedError if there are too many, or one that others read as another, or two hosts."""
        if self.fault is not None:
            raise self.fault
        self.one("host")

    def one(self, name: str) -> str | None:
        """Return the only value of `name`, or None; raise RejectedError if it could be read in two ways."""
        values = self.sent.get(name, ())
        if not values:
            return None
        if len(values) > 1:
            raise RejectedError(400, f"{name}: is sent twice")
        (value,) = values
        if name not in _URIS and "," in value:
            raise RejectedError(400, f"{name}: must be one value, without a comma")
        if not _VISIBLE.fullmatch(value):
            raise RejectedError(400, f"{name}: must be visible ASCII")
        return value

    def uri(self, name: str) -> tuple[bytes, bytes] | None:
        """Return path and query of the address in `name` as they were sent, or None."""
        value = self.one(name)
        if not value:
            return None
        path, _, query = value.encode("ascii").partition(b"?")
        return path, query

    def method(self, name: str) -> str:
        """Return the method in `name`; raise RejectedError if there is none."""
        return checked_method(self.one(name), name)

    def request_id(self) -> str | None:
        """Return the request's id, or None; raise RejectedError if it is none."""
        value = self.one(REQUEST_ID)
        if value is not None and not _REQUEST_ID.fullmatch(value):
            raise RejectedError(400, f"{REQUEST_ID}: must be 1 to 256 visible ASCII characters")
        return value

    def handed_on(self) -> dict[str, str]:
        """Return what the route map may read, and who the gateway says asks."""
        handed = {name: self.one(name) for name in self.sent if name.startswith(_FAMILIES)}
        return {name: value for name, value in handed.items() if value}  # a gateway clears by sending nothing

    def client(self) -> str | None:
        """Return where the client is said to be; gives no right, so nothing is refused for its sake."""
        said = ", ".join(self.sent.get(FORWARDED_FOR, ()))
        return said if said and len(said) <= 256 and _VISIBLE.fullmatch(said) else None  # noqa: PLR2004


def told_headers(sent: Iterable[tuple[str, str]]) -> ToldHeaders:
    """Return what is read of the headers in `sent`, whose names are in lower case."""
    found: dict[str, list[str]] = {}
    count = size = 0
    raw: list[str] = []
    fault: RejectedError | None = None
    for name, value in sent:
        count += 1
        size += len(name) + len(value)
        if name not in _SECRETS:
            raw += name, ": ", value, "\r\n"
        if _is_read(name):
            found.setdefault(name, []).append(value)
        elif "_" in name and _is_read(name.replace("_", "-")):
            fault = RejectedError(400, f"{name.replace('_', '-')}: comes in a spelling that others take for the same")
    if count > MAX_HEADERS or size > MAX_HEADER_BYTES:
        fault = RejectedError(431, "headers: at most 100, of 16 KiB together")
    return ToldHeaders(found, fault, "".join(raw).encode("utf-8", "surrogatepass"))


def from_asgi(sent: Iterable[tuple[bytes, bytes]]) -> ToldHeaders:
    """Return what is read of the headers of an HTTP request."""
    return told_headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in sent)


def checked_method(value: str | None, place: str) -> str:
    """Return the HTTP method `value`; raise RejectedError if it is none."""
    if value is None or not _METHOD.fullmatch(value):
        raise RejectedError(400, f"{place}: must be the method of the call")
    return value


def _is_read(name: str) -> bool:
    return name in _READ or name.startswith(_FAMILIES)
