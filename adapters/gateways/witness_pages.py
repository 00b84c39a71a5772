"""The witness over HTTP: `POST /witness/add-checkpoint`, and what was co-signed last for each log.

Nobody is asked who they are: the log's signature in the body is the authorisation. Source: C2SP tlog-witness.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Protocol

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from adapters.gateways.deadline import Deadline
from pdp.errors import UnavailableError
from pdp.log.witness import BODY_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

PREFIX: Final = "/witness"
PATIENCE: Final = 10.0  # seconds a body may take
EACH: Final = 40.0  # requests a second for one origin from one peer; twice as many at a time
PEERS: Final = 4096  # told apart at a time
AT_ONCE: Final = 2  # requests that are worked on; decisions need the other threads
_TEXT: Final = "text/plain; charset=utf-8"
_PLACE: Final = re.compile(r"[0-9a-f]{64}")


class Reply(Protocol):
    """What a witness answers."""

    @property
    def status(self) -> int:
        """An HTTP status."""
        ...

    @property
    def body(self) -> bytes:
        """The text."""
        ...

    @property
    def media_type(self) -> str:
        """The text's media type, to be sent as it is."""
        ...


class Witness(Protocol):
    """Whoever co-signs."""

    @property
    def origins(self) -> Collection[str]:
        """The logs that are co-signed."""
        ...

    def add(self, body: bytes) -> Reply:
        """Answer a request to co-sign; raise UnavailableError where the state cannot be used."""
        ...

    def checkpoint(self, place: str) -> bytes | None:
        """Return the note co-signed last for the log whose origin hashes to `place`."""
        ...


class Allowance:
    """How often each peer may ask for each origin: so often a second, and twice as often once. One event loop."""

    def __init__(self, each: float = EACH, clock: Callable[[], float] = time.monotonic) -> None:
        self._each, self._clock = each, clock
        self._left: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()  # how many, as of when

    def takes(self, origin: str, peer: str) -> bool:
        """Return whether one more request is within the allowance, and count it."""
        now, most = self._clock(), 2 * self._each
        left, since = self._left.pop((origin, peer), (most, now))
        left = min(most, left + (now - since) * self._each)
        within = left >= 1
        self._left[origin, peer] = (left - within, now)
        if len(self._left) > PEERS:
            self._left.popitem(last=False)
        return within


def add_witness(
    app: FastAPI, witness: Witness, alarm: Callable[[str], None], allowance: Allowance | None = None
) -> None:
    """Add the pages of `witness` to `app`; `alarm` is told when it cannot be used."""
    allowed, threads = allowance or Allowance(), CapacityLimiter(AT_ONCE)
    words = "本机构以见证方身份为其他部门的日志检查点副署 · Co-sign another log's checkpoint"

    @app.post(f"{PREFIX}/add-checkpoint", tags=["Witness"], summary=words, response_class=Response)
    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return _said(400, b"the body did not arrive\n", connection="close")
        if body is None:
            return _said(400, b"the body has more than 64 KiB\n", connection="close")
        origin = _origin(body)
        peer = request.client.host if request.client else ""
        if not allowed.takes(origin if origin in witness.origins else "", peer):
            return _said(429, b"too many requests for one log; ask once a second\n", retry_after="1")
        try:
            reply = await run_sync(witness.add, body, limiter=threads)
        except UnavailableError as down:
            alarm(str(down))
            return _said(503, b"nothing can be co-signed now\n", retry_after="5")
        return _said(reply.status, reply.body, reply.media_type)

    @app.get(f"{PREFIX}/{{place}}/checkpoint", tags=["Witness"], summary="最近一次副署的检查点 · Latest co-signed one")
    async def checkpoint(place: str) -> Response:
        try:
            note = await run_sync(witness.checkpoint, place, limiter=threads) if _PLACE.fullmatch(place) else None
        except UnavailableError as down:
            alarm(str(down))
            return _said(503, b"nothing can be shown now\n", retry_after="5")
        return _said(200, note) if note else _said(404, b"no log of this name was ever co-signed here\n")


async def _body(request: Request) -> bytes | None:
    """Return the body; None where it is longer than it may be, of which no more is read."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > BODY_LIMIT:
        return None
    pieces, size = [], 0
    with Deadline(PATIENCE):
        async for piece in request.stream():
            size += len(piece)
            if size > BODY_LIMIT:
                return None
            pieces.append(piece)
    return b"".join(pieces)


def _origin(body: bytes) -> str:
    """Return what stands where the origin stands, to count by; whether it is one, the witness finds out."""
    _, _, note = body.partition(b"\n\n")
    return note[:256].partition(b"\n")[0].decode(errors="replace")


def _said(status: int, body: bytes, media_type: str = _TEXT, **headers: str) -> Response:
    """Return the answer; its media type goes out as it is, where the framework would add a charset."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, status, {"content-type": media_type, "cache-control": "no-store", **named})
