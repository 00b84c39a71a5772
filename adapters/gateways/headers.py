"""The headers a question comes with: each that is read stands once, and a request id comes back byte for byte."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

Pairs = list[tuple[bytes, bytes]]

MAX_HEADERS: Final = 100
MAX_HEADER_BYTES: Final = 16 * 1024
MAX_REQUEST_ID: Final = 256
_VISIBLE = re.compile(rb"[!-~]{1,256}")
_READ: Final = frozenset(
    {b"content-type", b"content-length", b"content-encoding", b"authorization", b"x-request-id", b"host"}
)


class RejectedError(Exception):
    """A request that never becomes a question: the status and the one line that says why.

    `caller` is the id of who proved to send it, where it is turned away for that.
    """

    def __init__(self, status: int, text: str, headers: Pairs | None = None, caller: str | None = None) -> None:
        super().__init__(text)
        self.caller = caller
        self.status = status
        self.text = text
        self.headers = headers or []


@dataclass(slots=True)
class Headers:
    """What is read of a request's headers; `fault` is what is wrong with them, if anything."""

    content_type: bytes | None = None
    length: int | None = None
    authorization: bytes | None = None
    request_id: str | None = None
    fault: RejectedError | None = None

    @property
    def echo(self) -> Pairs:
        """Return the request id as it comes back."""
        return [] if self.request_id is None else [(b"x-request-id", self.request_id.encode("ascii"))]


def read_headers(sent: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the headers among `sent` that this service reads; names are in lower case, as ASGI has them."""
    found: dict[bytes, bytes] = {}
    count = size = 0
    doubled: bytes | None = None
    for name, value in sent:
        count += 1
        size += len(name) + len(value)
        if name in _READ:
            if name in found:
                doubled = name
            found[name] = value
    headers = Headers(found.get(b"content-type"), None, found.get(b"authorization"))
    asked_id = found.get(b"x-request-id")
    if asked_id is not None and doubled != b"x-request-id" and _VISIBLE.fullmatch(asked_id):
        headers.request_id = asked_id.decode("ascii")
    if count > MAX_HEADERS or size > MAX_HEADER_BYTES:
        headers.fault = RejectedError(431, "headers: at most 100, of 16 KiB together")
    elif doubled is not None:
        headers.fault = RejectedError(400, f"{doubled.decode()}: is sent twice")
    elif asked_id is not None and headers.request_id is None:
        headers.fault = RejectedError(400, f"x-request-id: must be 1 to {MAX_REQUEST_ID} visible ASCII characters")
    elif found.get(b"content-encoding", b"identity") != b"identity":
        headers.fault = RejectedError(400, "content-encoding: must be absent; send the body as it is")
    else:
        headers.length = _length(found.get(b"content-length"))
    return headers


def _length(value: bytes | None) -> int | None:
    """Return the announced length; the HTTP parser has already refused what is no number."""
    return int(value) if value is not None and value.isdigit() else None
