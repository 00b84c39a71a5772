"""`/access/v1/requests`: access requests (profile draft 1) as share applications. Submitting is `application.received`.

A task is looked up in the ledger at the instant it is asked for, so consent is deemed without anything being scheduled.
Everything that is refused here is recorded in the decision log, as acts are.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from adapters.gateways import access_request as asked
from adapters.gateways.access_offer import REQUESTS, SCHEMA
from adapters.gateways.access_tasks import pause, told
from adapters.gateways.authzen import NotEntitledError, parse
from adapters.gateways.body import GoneError, read_body
from adapters.gateways.decision_service import DecisionService
from adapters.gateways.denial_binding import check, recorded
from adapters.gateways.headers import RejectedError
from adapters.gateways.problems import ProblemError, lawless, problem
from adapters.gateways.rejections import Rejections
from adapters.gateways.strict_json import check_content_type, read_object
from adapters.logs import named
from pdp.errors import RequestError, ReusedRequestError, TransitionError, UnavailableError
from pdp.ledger import subject
from pdp.ledger.act import Act
from pdp.ledger.body import statement
from pdp.ledger.statement import spell
from pdp.ledger.task import TASK, Task, task
from pdp.log.attempt import Attempt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from enum import Enum

    from structlog.typing import FilteringBoundLogger

    from adapters.gateways.acting import Acting, Actor
    from adapters.gateways.matters import Matters
    from pdp.ledger.world import World
    from pdp.model import AccessRequest

DOOR: Final = "access_requests"
RECEIVED: Final = "application.received"
WITHDRAWN: Final = "application.withdrawn"
_TAGS: Final[list[str | Enum]] = ["Access requests"]
_NO_STORE: Final = {"cache-control": "no-store"}
_KEY: Final = re.compile(r"[!-~]{1,255}")
_SHOWN: Final[dict[int | str, dict[str, object]]] = {
    400: {"description": "It cannot be read, is not requestable, or does not belong to the refusal it names."},
    401: {"description": "Nobody was authenticated."},
    403: {"description": "It is for another post or another body."},
    404: {"description": "There is no such task, or it is not yours."},
    409: {"description": "The idempotency key named another request, or the task is past that."},
    410: {"description": "The refusal is older than an hour, or the term that was granted has ended."},
    503: {"description": "The ledger or the decision log is down; ask again with the same idempotency key."},
}


class RequestService(DecisionService, Protocol):
    """What this door needs of the service."""

    def as_recorded(self, request: AccessRequest) -> Mapping[str, object]:
        """Return the member `request` of the record that `request` would have."""
        ...


@dataclass(frozen=True, slots=True)
class Looked:
    """A task, when it was looked at, and who may see it or end it."""

    task: Task
    at: datetime
    applicant: str  # as the body is called now
    readers: frozenset[str]


class AccessRequestDoor:
    """Takes access requests and tells of their tasks. Belongs to one event loop; stores are asked on threads."""

    def __init__(
        self, acting: Acting, matters: Matters, service: RequestService, log: FilteringBoundLogger, address: str
    ) -> None:
        """Open the door; `address` is what stands in front of every path, empty where none is configured."""
        self._acting, self._matters, self._service, self._log = acting, matters, service, log
        self._address = address
        self._rejections = Rejections(service, log, DOOR)

    async def close(self) -> None:
        """Record the rejections that were only counted so far."""
        await self._rejections.close()

    async def submit(self, request: Request) -> Response:
        """Answer an access request: the task that it became."""
        return await self._answered(self._submitted, request, RECEIVED)

    async def look(self, request: Request) -> Response:
        """Answer how a task stands."""
        return await self._answered(self._looked, request, "")

    async def cancel(self, request: Request) -> Response:
        """Answer the wish to end a task."""
        return await self._answered(self._cancelled, request, WITHDRAWN)

    async def _answered(self, answer: _Answer, request: Request, kind: str) -> Response:
        """Return what `answer` says; why it says nothing is told after it was recorded."""
        actor: Actor | None = None
        body = b""
        try:
            actor = self._acting.actor(_header(request, "authorization"))
            body = await read_body(request.receive)
            return await answer(request, body, actor)
        except GoneError:
            return Response(status_code=400)
        except Exception as fault:  # noqa: BLE001 -- whatever it is, it is told, and recorded as an attempt
            return await self._refused(fault, kind, actor, request, body)

    async def _submitted(self, request: Request, body: bytes, actor: Actor) -> Response:
        check_content_type(_header(request, "content-type"))
        said = read_object(body)
        wanted = asked.requested(said)
        question = parse(body, actor.caller)
        self._acting.check(actor, RECEIVED)
        if question.subject_kind != "public_body" or question.subject is None:
            raise ProblemError(
                400, "not_requestable", "subject: only a public body applies for sharing (art_21__para_1)"
            )
        applicant = self._acting.speaker(actor, question.subject)
        members = asked.members(wanted.requested_access, secrets.token_hex(16), applicant, question.dataset)
        evidence = "sha256:" + hashlib.sha256(spell(said).encode()).hexdigest()
        name = _name(request, actor)
        act = Act(RECEIVED, members, applicant, actor.agent, name, evidence=evidence, drawn=frozenset({"id"}))
        if not await asyncio.to_thread(self._taken_before, act):  # else the refusal may have grown old meanwhile
            record = await asyncio.to_thread(recorded, wanted.denial.evaluation_id, self._service.decision)
            check(record, self._service.as_recorded(question), self._matters.now())
        done = await asyncio.to_thread(self._do, act, "not_requestable")
        looked = await asyncio.to_thread(self._task, done)
        return self._told(looked, 202)

    def _taken_before(self, act: Act) -> bool:
        """Return whether this very request has been taken under its name, as far as this node knows."""
        before = self._matters.ledger.asked(act.request) if act.request else None
        if before is None:
            return False
        if (before.kind, before.by, before.evidence) != (act.kind, act.by, act.evidence):
            raise lawless(ReusedRequestError(before.kind, before.seq), "not_requestable")
        return True

    def _do(self, act: Act, refused_as: str) -> str:
        """Record `act`, once; return the id of its task."""
        try:
            statement(act.kind, act.members, self._matters.now(), act.by, act.evidence)
        except TransitionError as malformed:
            raise RequestError(malformed.act, f"{malformed.fault}; {malformed.remedy}") from malformed
        try:
            done = self._matters.ledger.do(act)
        except (TransitionError, ReusedRequestError) as refused:
            raise lawless(refused, refused_as) from refused
        self._service.look_again()
        return str(done.statement.body["id"])

    async def _looked(self, request: Request, _: bytes, actor: Actor) -> Response:
        return self._told(await self._own(request, actor), 200)

    async def _cancelled(self, request: Request, body: bytes, actor: Actor) -> Response:
        evidence = ""
        if body:
            check_content_type(_header(request, "content-type"))
            evidence = "sha256:" + hashlib.sha256(spell(read_object(body)).encode()).hexdigest()
        looked = await self._own(request, actor)
        self._acting.check(actor, WITHDRAWN)
        applicant = self._acting.speaker(actor, looked.applicant)
        if looked.task.status != "pending":
            raise ProblemError(409, "invalid_task_state", f"a task that is {looked.task.status} cannot be cancelled")
        members = {"id": looked.task.id}
        act = Act(WITHDRAWN, members, applicant, actor.agent, _name(request, actor), evidence=evidence)
        await asyncio.to_thread(self._do, act, "invalid_task_state")
        return self._told(await self._own(request, actor), 200)

    async def _own(self, request: Request, actor: Actor) -> Looked:
        """Return the task of the address, if it is one that the actor may see; to others it does not exist."""
        name = str(request.path_params["task"])
        looked = await asyncio.to_thread(self._task, name) if TASK.fullmatch(name) else None
        if looked is None or not any(actor.acts_for(body) for body in looked.readers):
            raise ProblemError(404, "unknown_task", "no task of yours has this id")
        return looked

    def _task(self, name: str) -> Looked | None:
        def look(world: World, now: datetime) -> Looked | None:
            view = world.view(now)
            found = task(view, name)
            if found is None:
                return None
            applicant = subject.now_held_by(view, found.application.applicant)
            parties = {applicant, *found.providers, world.holder("regulator", now)}
            return Looked(found, now, applicant, frozenset(parties - {""}))

        return self._matters.seen(look)

    def _told(self, looked: Looked | None, status: int) -> Response:
        if looked is None:
            fault = "the task cannot be read back yet"
            raise UnavailableError(fault)
        if looked.task.status == "over":
            ended = looked.task.application.scope.ends
            until = ended.isoformat() if ended else "an earlier instant"
            raise ProblemError(410, "task_expired", f"the term that was granted ended at {until}; apply anew")
        body = told(looked.task, self._service.rulebook.duties, self._address)
        headers = dict(_NO_STORE)
        if status == 202:  # noqa: PLR2004 -- accepted
            headers["location"] = f"{self._address}{REQUESTS}/{looked.task.id}"
        if looked.task.status == "pending":
            headers["retry-after"] = str(pause(looked.task, looked.at))
        return JSONResponse(body, status, headers)

    async def _refused(
        self, fault: Exception, kind: str, actor: Actor | None, request: Request, body: bytes
    ) -> Response:
        """Say why, after the attempt was recorded; looking for a task that there is not is no attempt at anything."""
        if isinstance(fault, NotEntitledError):
            fault = RejectedError(403, str(fault))
        code, response = problem(fault)
        if response.status_code == 503:  # noqa: PLR2004 -- a failure, not a refusal
            self._alarm(fault)
            return response
        peer = request.client.host if request.client else "local"
        person = actor.person if actor else ""
        by = actor.bodies[0] if actor and len(actor.bodies) == 1 else ""
        attempt = Attempt(kind, by, person) if kind else None
        await self._rejections.add(code, actor.caller.id if actor else None, peer, body, len(body), attempt)
        return response

    def _alarm(self, fault: Exception) -> None:
        if isinstance(fault, UnavailableError):
            self._log.error("an access request was not carried out", fault=str(fault))
        else:
            self._log.critical("an access request was not carried out: a defect", **named(fault))


class _Answer(Protocol):
    """One of the door's answers."""

    async def __call__(self, request: Request, body: bytes, actor: Actor, /) -> Response:
        """Answer, or raise what stands in the way."""
        ...


def add_access_requests(app: FastAPI, door: AccessRequestDoor) -> None:
    """Add the addresses of access requests."""
    # Bodies are read by the door, not by the framework: its gates come first, and a fault is recorded as an attempt.
    app.get(SCHEMA, tags=_TAGS, summary="申请内容的 JSON Schema · JSON Schema of requested_access")(_schema)
    content = {"application/json": {"schema": asked.AccessRequested.model_json_schema()}}
    app.add_api_route(
        REQUESTS,
        door.submit,
        methods=["POST"],
        tags=_TAGS,
        summary="凭一次不予提供的决定提出共享申请 · Apply for a share, answering a refusal",
        openapi_extra={"requestBody": {"required": True, "content": content}},
        status_code=202,
        response_class=JSONResponse,
        responses=_SHOWN,
    )
    one = f"{REQUESTS}/{{task}}"
    look = "申请进展 · How a task stands"
    app.add_api_route(one, door.look, methods=["GET"], tags=_TAGS, summary=look, responses=_SHOWN)
    cancel = "撤回申请 · Withdraw the application"
    app.add_api_route(f"{one}/cancel", door.cancel, methods=["POST"], tags=_TAGS, summary=cancel, responses=_SHOWN)


async def _schema() -> JSONResponse:
    return JSONResponse(asked.schema(), headers={"cache-control": "max-age=300"}, media_type="application/schema+json")


def _header(request: Request, name: str) -> bytes | None:
    value = request.headers.get(name)
    return None if value is None else value.encode("latin-1")


def _name(request: Request, actor: Actor) -> str:
    """Return under which name the act is done once; empty: as often as it is asked for."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return ""
    if not _KEY.fullmatch(key):
        place = "idempotency-key"
        raise RequestError(place, "must be 1 to 255 visible ASCII characters, a name of your own for this request")
    return hashlib.sha256(f"{actor.caller.id}\n{DOOR}\n{key}".encode()).hexdigest()[:32]
