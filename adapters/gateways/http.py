"""The HTTP service: the evaluation door first, everything else behind it in a framework with its OpenAPI page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, cast

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from adapters.gateways import envoy_http, forward_auth
from adapters.gateways.access_offer import REQUESTS
from adapters.gateways.access_requests import DOOR as ACCESS_REQUESTS
from adapters.gateways.access_requests import AccessRequestDoor, RequestService, add_access_requests
from adapters.gateways.act_pages import ActDoor, add_acts
from adapters.gateways.acting import ACTS, Acting
from adapters.gateways.authzen_door import NO_DECISION, Writers
from adapters.gateways.batch_door import PATH as BATCH
from adapters.gateways.batch_door import BatchDoor
from adapters.gateways.certificates import exchanged
from adapters.gateways.collection_pages import add_collection_checks
from adapters.gateways.decision_pages import add_decisions
from adapters.gateways.envoy_http import EnvoyHttpDoor
from adapters.gateways.evaluation_door import PATH, EvaluationDoor
from adapters.gateways.finding_pages import add_findings
from adapters.gateways.forward_auth import ForwardAuthDoor
from adapters.gateways.headers import RejectedError, read_headers
from adapters.gateways.http_answer import peer_of
from adapters.gateways.kept_obligations import KeptObligations
from adapters.gateways.list_pages import add_lists
from adapters.gateways.log_pages import add_log_pages
from adapters.gateways.metadata import METADATA, Metadata
from adapters.gateways.obligation_pages import JWKS, add_key_set, add_obligations
from adapters.gateways.opa_doors import opa_doors
from adapters.gateways.openapi import document
from adapters.gateways.reading import Reading
from adapters.gateways.rejections import Rejections
from adapters.gateways.search_door import PATHS as SEARCHES
from adapters.gateways.search_door import SearchDoor
from adapters.gateways.witness_pages import add_witness
from adapters.logs import named

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from structlog.typing import FilteringBoundLogger

    from adapters.callers import Callers, Door
    from adapters.gateways.call import CallReader
    from adapters.gateways.decision_service import DecisionService
    from adapters.gateways.decision_token import Signing, TokenWriter
    from adapters.gateways.log_pages import ServedLogs
    from adapters.gateways.procedures import Procedures
    from adapters.gateways.witness_pages import Witness
    from pdp.searches import Searches

MAX_PATH: Final = 2048
NOWHERE: Final = "nowhere"  # the door of requests that come to none
PAGES: Final = "pages"  # that of requests for what is read and not decided
NOT_FOR_YOU: Final = {401: "not_authenticated", 403: "not_entitled"}
SEVERAL: Final = 2.0  # seconds that a batch, or a page of a search, may take at least
_NO_STORE: Final = {"cache-control": "no-store"}
_WORDS: Final = {
    404: "there is nothing under this address; /docs lists what there is",
    405: "this address does not take this method; the Allow header names those it takes",
}


@dataclass(frozen=True, slots=True)
class Doors:
    """What the HTTP service is built of."""

    service: RequestService
    callers: Callers
    log: FilteringBoundLogger
    public_url: str | None = None
    deadline: float = 0.2  # seconds
    logs: ServedLogs | None = None  # None: the decision log is not published here
    witness: Witness | None = None  # None: nobody's log is co-signed here
    procedures: Procedures | None = None  # None: no acts are done here
    calls: CallReader | None = None  # None: gateways cannot ask here
    signing: Signing | None = None  # None: nothing is signed for programs
    tokens: TokenWriter | None = None  # None: no data API is told of decisions
    kept: KeptObligations = field(default_factory=KeptObligations)  # what tokens name by digest
    searches: Searches | None = None  # None: nothing is searched here
    page_key: bytes | None = None  # by which pages of searches are known; None: one of this process's own


class RawDoor(Protocol):
    """A door ahead of any framework: an ASGI callable that reads the request as it was sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        ...

    async def close(self) -> None:
        """Record what was only counted so far."""
        ...


class HttpApp:
    """The whole HTTP service as one ASGI callable. Belongs to one event loop."""

    def __init__(self, doors: Doors) -> None:
        """Open the doors."""
        self._log = doors.log
        self._callers = doors.callers
        self._exact, self._under = _raw_doors(doors)
        self._acts = _act_door(doors)
        self._requests = _request_door(doors)
        self._pages: ASGIApp = _pages(
            doors, self._acts, self._requests, [*self._exact, *(prefix for prefix, _ in self._under)]
        )
        self._nowhere = Rejections(doors.service, doors.log, NOWHERE)
        self._of_pages = Rejections(doors.service, doors.log, PAGES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if self._callers.certificates_vouched_for:
            scope = exchanged(scope, self._callers)
        path: str = scope["path"]
        door = self._exact.get(path) or next((door for prefix, door in self._under if path.startswith(prefix)), None)
        await (self._page if door is None else door)(scope, receive, send)

    async def close(self) -> None:
        """Finish what is still counted or under way."""
        for door in (*self._exact.values(), *(door for _, door in self._under)):
            await door.close()
        for paged in (self._acts, self._requests):
            if paged is not None:
                await paged.close()
        for turned_away in (self._nowhere, self._of_pages):
            await turned_away.close()

    async def led_nowhere(self, scope: Scope) -> None:
        """Record that a request came to no door, or to a page that does not take it."""
        await self._record(self._nowhere, "bad_request", scope)

    async def _record(self, turned_away: Rejections, code: str, scope: Scope) -> None:
        raw = b"%b %b" % (scope["method"].encode("utf-8"), scope["raw_path"])
        await turned_away.add(code, None, peer_of(scope), raw, len(raw))

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer anything but a question; the request id comes back here too, and a defect is no 500."""
        headers = read_headers(scope["headers"])

        async def echoing(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers.echo]
            await send(message)

        if headers.fault is None and len(scope["path"]) > MAX_PATH:
            headers.fault = RejectedError(400, f"path: is longer than {MAX_PATH} characters")
        if headers.fault is not None:
            await self.led_nowhere(scope)
            refusal = JSONResponse({"error": headers.fault.text}, headers.fault.status, _NO_STORE)
            await refusal(scope, receive, echoing)
            return
        try:
            await self._pages(scope, receive, echoing)
            if NOWHERE in scope:
                await self.led_nowhere(scope)
            if PAGES in scope:
                await self._record(self._of_pages, scope[PAGES], scope)
        except Exception as defect:  # noqa: BLE001 -- answered with 503 below the framework; here the operator hears of it
            self._log.critical("a page failed: a defect", path=scope["path"][:64], **named(defect))


def _raw_doors(doors: Doors) -> tuple[dict[str, RawDoor], list[tuple[str, RawDoor]]]:
    """Return the doors ahead of the framework: those at one exact path, and those under a prefix."""
    writers = Writers(doors.service, None if doors.procedures is None else _address(doors))
    evaluation = EvaluationDoor(
        doors.service, doors.callers, doors.log, doors.deadline, writers, doors.calls, doors.tokens
    )
    several = doors.service, doors.callers, doors.log, max(doors.deadline, SEVERAL), writers
    exact: dict[str, RawDoor] = {PATH: evaluation, BATCH: BatchDoor(*several, evaluation)}
    if doors.searches is not None:
        known = doors.searches, doors.calls, doors.page_key
        exact |= {path: SearchDoor(*several, what, *known) for what, path in SEARCHES.items()}
    under: list[tuple[str, RawDoor]] = []
    if doors.calls is not None:
        exact[forward_auth.PATH] = ForwardAuthDoor(doors, doors.calls)
        under.append((envoy_http.PREFIX, EnvoyHttpDoor(doors, doors.calls)))
    opa_exact, opa_under = opa_doors(doors)
    exact |= opa_exact
    under += opa_under
    return exact, under


def _acting(doors: Doors, procedures: Procedures, door: Door = ACTS) -> Acting:
    return Acting(doors.callers, lambda: doors.service.rulebook, procedures.person, door)


def _request_door(doors: Doors) -> AccessRequestDoor | None:
    """Return the door of access requests, if there is one."""
    procedures = doors.procedures
    if procedures is None:
        return None
    acting, address = _acting(doors, procedures, ACCESS_REQUESTS), _address(doors)
    return AccessRequestDoor(acting, procedures.matters, doors.service, doors.log, address)


def _address(doors: Doors) -> str:
    """Return what stands in front of every path, empty where no address is configured."""
    return (doors.public_url or "").rstrip("/")


def _act_door(doors: Doors) -> ActDoor | None:
    """Return the door of acts, if there is one."""
    procedures = doors.procedures
    if procedures is None:
        return None
    return ActDoor(_acting(doors, procedures), procedures.matters, doors.service, doors.log)


def _pages(doors: Doors, acts: ActDoor | None, requests: AccessRequestDoor | None, paths: Collection[str]) -> FastAPI:
    """Return everything that is not asked for a decision; `paths`: where the doors in front of it are, or begin."""
    app = FastAPI(
        title="public-data-pdp",
        version="1",
        description="公共数据访问决策服务。A policy decision point for public data.",
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={HTTPException: _no_such_page, Exception: _defect},
    )
    _add_health(app, doors.service)
    offered = {REQUESTS: requests, JWKS: doors.signing}
    _add_metadata(app, doors, {*paths, *(path for path, door in offered.items() if door is not None)})
    if requests is not None:
        add_access_requests(app, requests)
    reading = Reading(doors.service, doors.callers)
    add_decisions(app, doors.service, reading)
    add_obligations(app, reading, doors.kept)
    if doors.signing is not None:
        add_key_set(app, doors.signing)
    if doors.logs is not None:
        add_log_pages(app, doors.logs, reading, doors.log)
    if acts is not None and doors.procedures is not None:
        add_acts(app, acts)
        add_lists(app, doors.procedures.matters, _acting(doors, doors.procedures), doors.procedures.used)
        _add_supervision(app, doors, doors.procedures)
    if doors.witness is not None:
        add_witness(app, doors.witness, lambda fault: doors.log.error("the witness cannot be used", fault=fault))
    app.openapi = lambda: document(app, paths)  # type: ignore[method-assign]  # the framework's documented way to extend it
    return app


def _add_supervision(app: FastAPI, doors: Doors, procedures: Procedures) -> None:
    supervision = procedures.supervision
    if supervision is not None:
        acting = _acting(doors, procedures)
        add_findings(app, supervision.reports, acting, procedures.matters.now)
        add_collection_checks(app, supervision.matters, supervision.fields, acting)


def _add_health(app: FastAPI, service: DecisionService) -> None:
    @app.get("/healthz", tags=["Health"], summary="进程是否在运行 · Is the process alive?")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "alive"}, headers=_NO_STORE)

    @app.get("/readyz", tags=["Health"], summary="能否作出决定 · Can decisions be made?")
    async def readyz() -> JSONResponse:
        ready = service.ready()
        return JSONResponse({"status": "ready" if ready else "not ready"}, 200 if ready else 503, _NO_STORE)


def _add_metadata(app: FastAPI, doors: Doors, paths: set[str]) -> None:
    described = None if doors.public_url is None else Metadata(doors.public_url, paths, doors.signing)

    @app.get(METADATA, tags=["AuthZEN"], summary="AuthZEN 元数据 · Metadata")
    async def metadata() -> Response:
        if described is None:
            raise HTTPException(404, "no public_url is set; use the default paths")
        return Response(described.document(), media_type="application/json", headers={"cache-control": "max-age=300"})


async def _no_such_page(request: Request, fault: Exception) -> JSONResponse:
    """Say what is wrong in plain words."""
    refused = cast("HTTPException", fault)
    known = refused.detail if refused.detail not in {"Not Found", "Method Not Allowed"} else None
    if known is None:
        request.scope[NOWHERE] = True  # to be recorded, as what follows
    elif refused.status_code in NOT_FOR_YOU:
        request.scope[PAGES] = NOT_FOR_YOU[refused.status_code]
    words = known or _WORDS.get(refused.status_code, refused.detail)
    return JSONResponse({"error": words}, refused.status_code, {**_NO_STORE, **(refused.headers or {})})


async def _defect(_: Request, __: Exception) -> JSONResponse:
    """Answer a defect: nothing was released."""
    return JSONResponse({"error": NO_DECISION}, 503, {**_NO_STORE, "retry-after": "1"})
