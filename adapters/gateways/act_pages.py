"""`POST /v1/acts/<kind>`: one typed address for each act of the law. Recorded once, or refused with its reason.

A refused act is recorded in the decision log too: which act, by which caller, with a digest of what was sent.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from adapters.gateways.act_documents import documented
from adapters.gateways.act_models import MODELS, members_of
from adapters.gateways.act_words import ACT_WORDS
from adapters.gateways.acting import ACTS
from adapters.gateways.body import GoneError, read_body
from adapters.gateways.headers import RejectedError
from adapters.gateways.rejections import Rejecting, Rejections
from adapters.gateways.strict_json import check_content_type, read_object
from adapters.logs import named
from pdp.errors import (
    ConflictError,
    RequestError,
    ReusedRequestError,
    SpeakerError,
    TransitionError,
    UnavailableError,
)
from pdp.ledger.act import Act
from pdp.ledger.body import ID, nearest, statement
from pdp.ledger.kinds import KINDS
from pdp.ledger.matter import told
from pdp.log.attempt import Attempt

if TYPE_CHECKING:
    from enum import Enum

    from structlog.typing import FilteringBoundLogger

    from adapters.gateways.act_models import Asked
    from adapters.gateways.acting import Acting, Actor
    from adapters.gateways.matters import Matters
    from pdp.ledger.act import Done

PREFIX: Final = "/v1/acts/"
_TAGS: Final[list[str | Enum]] = ["Acts"]
_KEY: Final = re.compile(r"[!-~]{1,255}")
_ETAG: Final = re.compile(r'"(\d{1,18})"')
_ARTICLE: Final = re.compile(r"art_\d+(?:__para_\d+(?:__item_\d+)?)?")
_NO_STORE: Final = {"cache-control": "no-store"}
_STATUS: Final[tuple[tuple[type[Exception], int, str], ...]] = (
    (SpeakerError, 403, "not_theirs"),
    (TransitionError, 409, "not_lawful"),
    (ConflictError, 409, "moved_on"),
    (ReusedRequestError, 422, "reused_key"),
    (RequestError, 400, "bad_request"),
    (UnavailableError, 503, "unavailable"),
)
_WORDS: Final = {401: "not_authenticated", 403: "not_entitled", 400: "bad_request"}
_SHOWN: Final[dict[str, str]] = {
    "201": "The act was recorded. `ETag` is the matter's newest statement, for `If-Match`.",
    "200": "The same request had been recorded before; nothing was recorded again.",
    "400": "The act cannot be read: `place: fault`. Nothing was recorded.",
    "401": "Nobody was authenticated.",
    "403": "The act is for another post, another body, or another role in the matter. Nothing was recorded.",
    "409": "The act is not lawful as the matter stands, or the matter moved on, as `since` tells. Nothing recorded.",
    "422": "The idempotency key named another act before. Nothing was recorded.",
    "503": "The ledger or the decision log is down; ask again with the same idempotency key.",
}


class ActService(Rejecting, Protocol):
    """What the door needs of the service."""

    def look_again(self) -> None:
        """Let the next decision know of what was just recorded."""
        ...


class ActDoor:
    """Reads, checks and records acts. Belongs to one event loop; recording runs on threads."""

    def __init__(self, acting: Acting, matters: Matters, service: ActService, log: FilteringBoundLogger) -> None:
        self._acting, self._matters, self._service, self._log = acting, matters, service, log
        self._rejections = Rejections(service, log, ACTS)

    async def close(self) -> None:
        """Record the rejections that were only counted so far."""
        await self._rejections.close()

    async def act(self, kind: str, request: Request) -> Response:
        """Answer one request to do an act of `kind`."""
        actor: Actor | None = None
        body = b""
        try:
            actor = self._acting.actor(_header(request, "authorization"))
            check_content_type(_header(request, "content-type"))
            body = await read_body(request.receive)
            asked = self._asked(kind, request, body, actor)
            done = await asyncio.to_thread(self._matters.ledger.do, asked)
            self._service.look_again()
            shown = await asyncio.to_thread(self._shown, done)
        except GoneError:
            return Response(status_code=400)
        except Exception as fault:  # noqa: BLE001 -- whatever it is, it is told, and recorded as an attempt
            return await self._refused(fault, kind, actor, request, body)
        headers = {**_NO_STORE, "etag": f'"{done.statement.seq}"', "location": f"/v1/matters/{done.statement.about[0]}"}
        return JSONResponse(shown, 200 if done.repeated else 201, headers)

    async def unknown(self, kind: str, request: Request) -> Response:
        """Answer a request for an act that the law does not know."""
        place = "act"
        near = nearest(kind, KINDS) if len(kind) <= len("procurement.unsuitability_recorded") else "see /openapi.json"
        return await self._refused(RequestError(place, f"is no act of the law; {near}"), "", None, request, b"")

    def _asked(self, kind: str, request: Request, body: bytes, actor: Actor) -> Act:
        """Return the act that a request asks for, its form checked, by one who may do acts of this kind."""
        said = _parsed(kind, body)
        self._acting.check(actor, kind)
        speaker = self._acting.speaker(actor, said.by)
        members = members_of(said)
        try:
            statement(kind, members, self._matters.now(), speaker, said.evidence or "")
        except TransitionError as malformed:
            raise RequestError(malformed.act, f"{malformed.fault}; {malformed.remedy}") from malformed
        key = _key(request)
        name = hashlib.sha256(f"{actor.caller.id}\n{key}".encode()).hexdigest()[:32]
        return Act(kind, members, speaker, actor.agent, name, _seen(request), said.at, said.evidence or "")

    def _shown(self, done: Done) -> dict[str, object]:
        """Return what was recorded, and where the matter stands with it."""
        matter = self._matters.matter(done.statement.about[0])
        state = matter.state if matter else []
        return {"recorded": told(done.statement), "entity": done.statement.about[0], "state": state}

    async def _refused(
        self, fault: Exception, kind: str, actor: Actor | None, request: Request, body: bytes
    ) -> Response:
        """Say why, after the attempt was recorded."""
        status, code = _status(fault)
        told_of = _told(fault, code)
        if status >= 500:  # noqa: PLR2004 -- a failure, not a refusal
            self._alarm(fault)
            return JSONResponse(told_of, 503, {**_NO_STORE, "retry-after": "1"})
        peer = request.client.host if request.client else "local"
        gateway = actor.caller.id if actor else None
        attempt = _attempt(kind, actor, body) if kind else None
        await self._rejections.add(code, gateway, peer, body, len(body), attempt)
        extra = {name.decode(): value.decode() for name, value in getattr(fault, "headers", [])}
        return JSONResponse(told_of, status, {**_NO_STORE, **extra})

    def _alarm(self, fault: Exception) -> None:
        if isinstance(fault, UnavailableError):
            self._log.error("an act was not recorded", fault=str(fault))
        else:
            self._log.critical("an act was not recorded: a defect", **named(fault))


def add_acts(app: FastAPI, door: ActDoor) -> None:
    """Add one address for each act, and one for acts that there are not."""
    for kind in KINDS:
        _add(app, door, kind)

    @app.post(PREFIX + "{kind}", include_in_schema=False)
    async def unknown(kind: str, request: Request) -> Response:
        return await door.unknown(kind, request)


def _add(app: FastAPI, door: ActDoor, kind: str) -> None:
    # The body is read by the door, not by the framework: its gates come first, and a fault is recorded as an attempt.
    async def act(request: Request) -> Response:
        return await door.act(kind, request)

    app.add_api_route(
        PREFIX + kind,
        act,
        methods=["POST"],
        tags=_TAGS,
        operation_id=kind.replace(".", "_"),
        summary=f"{ACT_WORDS[kind]} · {kind}",
        openapi_extra=documented(kind),
        responses={int(status): {"description": words} for status, words in _SHOWN.items()},
        status_code=201,
        response_class=JSONResponse,
    )


def _parsed(kind: str, body: bytes) -> Asked:
    """Return what was sent, if it has the form of this act; raise RequestError with the first fault otherwise."""
    read_object(body)
    try:
        return MODELS[kind].model_validate_json(body, strict=True)
    except ValidationError as invalid:
        fault = invalid.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"])) or "body"
        if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1:
            raise RequestError(
                place, f"is no member of this act; {nearest(place, MODELS[kind].model_fields)}"
            ) from None
        raise RequestError(place, f"{fault['msg'][:1].lower()}{fault['msg'][1:]}") from None


def _header(request: Request, name: str) -> bytes | None:
    value = request.headers.get(name)
    return None if value is None else value.encode("latin-1")


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key")
    if key is None or not _KEY.fullmatch(key):
        place = "idempotency-key"
        raise RequestError(place, "must be 1 to 255 visible ASCII characters, a name of your own for this act")
    return key


def _seen(request: Request) -> int | None:
    tag = request.headers.get("if-match")
    if tag is None:
        return None
    found = _ETAG.fullmatch(tag)
    if found is None:
        place = "if-match"
        raise RequestError(place, 'must be the ETag that came with the matter, such as "118"')
    return int(found[1])


def _attempt(kind: str, actor: Actor | None, body: bytes) -> Attempt:
    """Return which act was tried, by whom, and on whose behalf, as far as that is known."""
    if actor is None:
        return Attempt(kind)
    with suppress(RequestError):
        named = read_object(body).get("by")
        if isinstance(named, str) and ID.fullmatch(named):
            return Attempt(kind, named, actor.person)
    return Attempt(kind, actor.bodies[0] if len(actor.bodies) == 1 else "", actor.person)


def _status(fault: Exception) -> tuple[int, str]:
    if isinstance(fault, RejectedError):
        return fault.status, _WORDS.get(fault.status, "bad_request")
    return next(((status, code) for kind, status, code in _STATUS if isinstance(fault, kind)), (503, "defect"))


def _told(fault: Exception, code: str) -> dict[str, object]:
    """Return what the other side is told: reason, articles, and what happened in between."""
    if code == "defect":
        return {"error": "nothing was recorded, or it is not known; ask again with the same key", "code": "unavailable"}
    text = fault.text if isinstance(fault, RejectedError) else str(fault)
    told_of: dict[str, object] = {"error": text, "code": code, "articles": sorted(set(_ARTICLE.findall(text)))}
    if isinstance(fault, TransitionError):
        told_of["remedy"] = fault.remedy
    if isinstance(fault, ConflictError):
        told_of["since"] = [
            {"seq": seq, "kind": kind, "by": by, "at": at.isoformat()} for seq, kind, by, at in fault.since
        ]
    return told_of
