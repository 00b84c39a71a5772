"""The published log over HTTP: notes, hash tiles, entry bundles, receipts, and whom an auditor is to trust.

Notes, hash tiles and the policy hold digests only and are open to all who reach the port. Entry bundles hold decisions.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from typing import TYPE_CHECKING, Annotated, Final, Protocol

from fastapi import FastAPI, Header, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from pdp.errors import UnavailableError
from pdp.log.receipt import SUFFIX
from pdp.log.tiles import ENTRIES, MissingTileError, tile_at

if TYPE_CHECKING:
    from enum import Enum

    from structlog.typing import FilteringBoundLogger

    from adapters.gateways.reading import Reading
    from pdp.log.receipt import ProofOfInclusion
    from pdp.log.tiles import Tile

BYTES: Final = "application/octet-stream"
TEXT: Final = "text/plain; charset=utf-8"
NEWEST: Final = "max-age=2"
FOR_EVER: Final = "max-age=31536000, immutable"
LONGEST_WAIT: Final = 5.0  # seconds
_LOOK_AGAIN: Final = 0.02  # seconds between two looks whether an entry is covered by now
_LEVEL: Final = 6  # of gzip
_TAGS: Final[list[str | Enum]] = ["Log"]


class ServedLog(Protocol):
    """One published log. From any thread; reads a disk."""

    def published(self) -> bytes | None:
        """Return the newest note, None if there is none yet."""
        ...

    def witnessed(self) -> bytes | None:
        """Return the newest note with a quorum, None if there is none."""
        ...

    def tile(self, tile: Tile) -> bytes:
        """Return a hash tile or an entry bundle; raise MissingTileError where the published log has none such."""
        ...

    def receipt(self, index: int) -> ProofOfInclusion | None:
        """Return the receipt for an entry, None if no checkpoint covers it yet."""
        ...


class ServedLogs(Protocol):
    """The logs of this installation. From any thread; reads a disk."""

    def log(self, name: str) -> ServedLog | None:
        """Return the log of this folder name, `<node>-<k>`, the one now written to where it is empty, or None.

        A name that ends in `/sm3`, or is `sm3`, is that of a twin.
        """
        ...

    def find(self, decision_id: str) -> tuple[str, int] | None:
        """Return in which log a recorded decision is, and at which index."""
        ...

    def policy(self) -> str:
        """Return the policy file for auditors."""
        ...


def add_log_pages(app: FastAPI, logs: ServedLogs, reading: Reading, log: FilteringBoundLogger) -> None:
    """Add the pages of the published log to `app`."""
    _add_resources(app, _Resources(logs, reading, log))
    _add_policy(app, logs)
    _add_receipts(app, logs, reading, log)


def _add_resources(app: FastAPI, resources: _Resources) -> None:
    def own(path: str, request: Request) -> Response:
        twin = path.startswith("sm3/")
        return resources.answer("sm3" if twin else "", path.removeprefix("sm3/"), request)

    def named(name: str, path: str, request: Request) -> Response:
        twin = "/sm3" if path.startswith("sm3/") else ""
        return resources.answer(name + twin, path.removeprefix("sm3/"), request)

    summary = "公布的决策日志(C2SP tlog-tiles):checkpoint、witnessed-checkpoint、tile/… · The published log"
    app.get("/log/{path:path}", tags=_TAGS, summary=summary, response_class=Response)(own)
    app.head("/log/{path:path}", include_in_schema=False)(own)
    summary = "本机的每一个决策日志,包括已经结束的 · Each log of this installation, closed ones too"
    app.get("/logs/{name}/{path:path}", tags=_TAGS, summary=summary, response_class=Response)(named)
    app.head("/logs/{name}/{path:path}", include_in_schema=False)(named)


def _add_policy(app: FastAPI, logs: ServedLogs) -> None:
    def policy(request: Request) -> Response:
        return _answer(request, logs.policy().encode(), TEXT, NEWEST)

    summary = "核验者信任哪些密钥(C2SP tlog-policy)· Whom an auditor is to trust"
    app.get("/v1/log-policy", tags=_TAGS, summary=summary, response_class=Response)(policy)
    app.head("/v1/log-policy", include_in_schema=False)(policy)


def _add_receipts(app: FastAPI, logs: ServedLogs, reading: Reading, log: FilteringBoundLogger) -> None:
    summary = "一项决定在日志中的证明,可以离线核验 · Proof that a decision is in the log"

    @app.get("/v1/decisions/{decision_id}/receipt", tags=["Decisions"], summary=summary, response_class=Response)
    async def receipt(
        decision_id: str,
        wait: str = "0",
        compact: str = "0",
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        caller = reading.caller(authorization)
        seconds, small = _seconds(wait), _yes(compact)
        await asyncio.to_thread(reading.record, decision_id, caller)
        try:
            proof = await _receipt(logs, decision_id, seconds)
        except UnavailableError as fault:
            raise _unreadable(log, fault) from fault
        if proof is None:
            raise HTTPException(503, "no checkpoint covers this decision yet; ask again", {"retry-after": "1"})
        name = {"content-disposition": f'attachment; filename="{decision_id}{SUFFIX}"', "cache-control": "no-store"}
        return Response(str(proof.compact() if small else proof), media_type=BYTES, headers=name)


async def _receipt(logs: ServedLogs, decision_id: str, seconds: float) -> ProofOfInclusion | None:
    """Return the receipt, as soon as a checkpoint covers the decision; None if none does after `seconds`."""
    found = await asyncio.to_thread(logs.find, decision_id)
    if found is None:
        raise HTTPException(404, "no decision with this id was made for you")
    name, index = found
    served = logs.log(name)
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while served is not None:
        proof = await asyncio.to_thread(served.receipt, index)
        if proof is not None or loop.time() >= until:
            return proof
        await asyncio.sleep(_LOOK_AGAIN)
    return None


class _Resources:
    """Answers for what lies below a log's prefix."""

    def __init__(self, logs: ServedLogs, reading: Reading, log: FilteringBoundLogger) -> None:
        self._logs, self._reading, self._log = logs, reading, log

    def answer(self, name: str, path: str, request: Request) -> Response:
        """Return the resource at `path` of the log called `name`."""
        try:
            served = self._logs.log(name)
            if served is None:
                raise HTTPException(404, "this installation has no such log")
            if path in {"checkpoint", "witnessed-checkpoint"}:
                return self._note(served, path, request)
            return self._tile(served, path, request)
        except MissingTileError as missing:
            raise HTTPException(404, "the published log has no such tile or bundle") from missing
        except UnavailableError as fault:
            raise _unreadable(self._log, fault) from fault

    def _note(self, served: ServedLog, path: str, request: Request) -> Response:
        data = served.published() if path == "checkpoint" else served.witnessed()
        if data is None:
            raise HTTPException(404, "there is no such checkpoint, or not yet")
        return _answer(request, data, TEXT, NEWEST)

    def _tile(self, served: ServedLog, path: str, request: Request) -> Response:
        tile = tile_at(path)
        if tile is None:
            raise HTTPException(404, "a log has checkpoint, witnessed-checkpoint and tile/<level>/<number>[.p/<width>]")
        if tile.level != ENTRIES:
            return _answer(request, served.tile(tile), BYTES, FOR_EVER)
        self._reading.reader_of_all(request.headers.get("authorization"))
        return _answer(request, served.tile(tile), BYTES, f"private, {FOR_EVER}", packed=True)


def _answer(request: Request, body: bytes, media_type: str, cached: str, *, packed: bool = False) -> Response:
    """Return `body`, or that it is what the client has already; compressed where that is worth it and asked for."""
    squeezed = packed and _takes_gzip(request.headers.get("accept-encoding", ""))
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}{"-gzip" if squeezed else ""}"'
    headers = {"cache-control": cached, "etag": tag, **({"vary": "accept-encoding"} if packed else {})}
    if _known(request.headers.get("if-none-match", ""), tag):
        return Response(None, 304, headers)
    sent = gzip.compress(body, _LEVEL, mtime=0) if squeezed else body
    if squeezed:
        headers["content-encoding"] = "gzip"
    if request.method == "HEAD":
        return Response(None, 200, {**headers, "content-length": str(len(sent))}, media_type)
    return Response(sent, 200, headers, media_type)


def _takes_gzip(accepted: str) -> bool:
    """Return whether an Accept-Encoding header allows gzip."""
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in {"gzip", "x-gzip"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _known(asked: str, tag: str) -> bool:
    """Return whether an If-None-Match header names `tag`."""
    tags = [each.strip().removeprefix("W/") for each in asked.split(",")]
    return tag in tags or tags == ["*"]


def _seconds(wait: str) -> float:
    try:
        seconds = float(wait)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= LONGEST_WAIT:
        raise HTTPException(400, f"wait: must be seconds, at most {LONGEST_WAIT:.0f}")
    return seconds


def _yes(compact: str) -> bool:
    if compact not in {"0", "1"}:
        raise HTTPException(400, "compact: must be 0 or 1")
    return compact == "1"


def _unreadable(log: FilteringBoundLogger, fault: UnavailableError) -> HTTPException:
    """Return the answer to a log that cannot be read; what exactly is wrong is the operator's to know."""
    log.error("the published log cannot be served", fault=str(fault))
    return HTTPException(503, "the log cannot be read at the moment; ask again", {"retry-after": "1"})
