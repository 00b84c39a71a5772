"""Reading the body of a request: bounded in size and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.gateways.deadline import Deadline
from adapters.gateways.headers import RejectedError
from adapters.gateways.strict_json import MAX_BYTES

if TYPE_CHECKING:
    from starlette.types import Receive

PATIENCE: Final = 10.0  # seconds a body may take
DRAINED: Final = 8 * MAX_BYTES  # read and forgotten, so that whoever sends too much can still read why
TOO_LONG: Final = "body: is longer than 1 MiB"


class GoneError(Exception):
    """The other side hung up; there is nobody to answer."""


async def read_body(receive: Receive) -> bytes:
    """Return the whole body.

    Raises:
        RejectedError: it is longer than 1 MiB, or did not arrive in time.
        GoneError: the connection ended.
    """
    try:
        with Deadline(PATIENCE):
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                return bytes(message.get("body", b""))
            return await _rest(message, receive)
    except TimeoutError:
        raise RejectedError(400, "body: did not arrive in time", [(b"connection", b"close")]) from None


async def _rest(message: object, receive: Receive) -> bytes:
    """Return a body that comes in pieces, of which `message` is the first."""
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        if not isinstance(message, dict) or message["type"] != "http.request":
            raise GoneError
        piece = bytes(message.get("body", b""))
        size += len(piece)
        if size <= MAX_BYTES:
            pieces.append(piece)
        elif size > DRAINED:
            raise RejectedError(400, TOO_LONG, [(b"connection", b"close")])
        more = bool(message.get("more_body", False))
        if more:
            message = await receive()
    if size > MAX_BYTES:
        raise RejectedError(400, TOO_LONG)
    return b"".join(pieces)
