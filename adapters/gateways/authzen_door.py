"""What the AuthZEN doors do alike: read a request, answer it, and say why not where they cannot.

Plain ASGI callables, ahead of any framework. A refusal is an answer (200); 400, 401 and 403 are the caller's; at 503
nothing was released.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.gateways.authzen import DOOR, NotEntitledError
from adapters.gateways.authzen_answer import AnswerWriter
from adapters.gateways.body import GoneError, read_body
from adapters.gateways.decision_headers import NO_STORE
from adapters.gateways.doorkeeper import Doorkeeper, rejection
from adapters.gateways.headers import RejectedError, read_headers
from adapters.gateways.strict_json import check_content_type
from pdp.errors import RequestError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send
    from structlog.typing import FilteringBoundLogger

    from adapters.callers import Caller, Callers
    from adapters.gateways.decision_headers import Headers
    from adapters.gateways.decision_service import DecisionService
    from adapters.gateways.headers import Pairs

NO_DECISION: Final = "service: no decision was made and nothing is released; ask again"
_JSON: Final = (b"content-type", b"application/json")
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")


class Sent(NamedTuple):
    """A request at one of these doors, let in and read, but not yet understood."""

    caller: Caller
    body: bytes
    request_id: str | None


class Said(NamedTuple):
    """What is answered: the body, and the id under which it is on record; None: under none of its own."""

    body: bytes
    id: str | None
    token: str | None = None  # for the data API behind the caller
    kept: Headers = (NO_STORE,)  # for how long it may be kept


class AuthzenDoor(ABC):
    """One door that takes JSON by POST. Belongs to one event loop."""

    def __init__(
        self, service: DecisionService, callers: Callers, log: FilteringBoundLogger, deadline: float, writers: Writers
    ) -> None:
        """Open the door; an answer that takes longer than `deadline` seconds is not given."""
        self._keeper = Doorkeeper(service, callers, log, deadline, DOOR)
        self._service = service
        self._log = log
        self._writers = writers

    @abstractmethod
    async def _answered(self, sent: Sent) -> Said:
        """Return the answer to `sent`; raise what `rejection` knows where it is no question, anything else for 503."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = read_headers(scope["headers"])
        body, caller = b"", None
        try:
            caller = self._keeper.admitted(scope, headers)
            check_content_type(headers.content_type)
            body = await read_body(receive)
            said = await self._answered(Sent(caller, body, headers.request_id))
        except GoneError:
            return
        except (RejectedError, RequestError, NotEntitledError) as refused:
            why = rejection(refused)
            await self._keeper.turned_away(why, caller, scope, body, headers.length)
            await _send(send, why.status, why.text.encode(), [_TEXT, *why.headers, *headers.echo])
            return
        except Exception as fault:  # noqa: BLE001 -- whatever it is, no decision leaves, and the operator hears of it
            self._keeper.alarm(fault)
            await _send(send, 503, NO_DECISION.encode(), [_TEXT, (b"retry-after", b"1"), *headers.echo])
            return
        named = [] if said.id is None else [(b"x-decision-id", said.id.encode())]
        named += [] if said.token is None else [(b"x-decision-token", said.token.encode())]
        await _send(send, 200, said.body, [_JSON, *named, *headers.echo], said.kept)

    async def close(self) -> None:
        """Record the rejections that were only counted so far."""
        await self._keeper.close()


class Writers:
    """The writer of the revision in force, for all doors together. Belongs to one event loop."""

    def __init__(self, service: DecisionService, requests: str | None = None) -> None:
        """Begin with the writer of the revision that decides now.

        Args:
            service: what decides.
            requests: the address in front of the door of access requests; None: there is none.
        """
        self._service = service
        self._requests = requests
        self._written_for = service.rulebook
        self._writer = AnswerWriter(service.rulebook, service.policy.instrument, requests)

    def in_force(self) -> AnswerWriter:
        """Return the writer of the revision that is about to decide."""
        rulebook = self._service.rulebook
        if rulebook is not self._written_for:
            self._writer = AnswerWriter(rulebook, self._service.policy.instrument, self._requests)
            self._written_for = rulebook
        return self._writer


async def _send(send: Send, status: int, body: bytes, headers: Pairs, kept: Headers = (NO_STORE,)) -> None:
    """Send a whole answer; it may not be kept, unless `kept` says so."""
    headers += [(b"content-length", b"%d" % len(body)), *((name.encode(), value.encode()) for name, value in kept)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
