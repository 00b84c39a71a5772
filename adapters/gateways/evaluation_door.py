"""The door at which decisions are asked for: a plain ASGI callable, ahead of any framework.

Parse, ask, render. A refusal is an answer (200); 400, 401 and 403 are the caller's; at 503 nothing was released.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from adapters.gateways.authzen import DOOR, NotEntitledError, parse
from adapters.gateways.authzen_answer import AnswerWriter
from adapters.gateways.body import GoneError, read_body
from adapters.gateways.deadline import Deadline
from adapters.gateways.doorkeeper import Doorkeeper, rejection
from adapters.gateways.headers import Pairs, RejectedError, read_headers
from adapters.gateways.strict_json import check_content_type
from adapters.logs import log_decision
from pdp.errors import RequestError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send
    from structlog.typing import FilteringBoundLogger

    from adapters.callers import Callers
    from adapters.gateways.decision_service import DecisionService

PATH: Final = "/access/v1/evaluation"
NO_STORE: Final = (b"cache-control", b"no-store")
_JSON: Final = (b"content-type", b"application/json")
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
NO_DECISION: Final = "service: no decision was made and nothing is released; ask again"


class EvaluationDoor:
    """`POST /access/v1/evaluation`. Belongs to one event loop."""

    def __init__(
        self, service: DecisionService, callers: Callers, log: FilteringBoundLogger, deadline: float = 0.2
    ) -> None:
        """Open the door; an answer that takes longer than `deadline` seconds is not given."""
        self._keeper = Doorkeeper(service, callers, log, deadline, DOOR)
        self._service = service
        self._log = log
        self._deadline = deadline
        self._writer = AnswerWriter(service.rulebook, service.policy.instrument)
        self._written_for = service.rulebook

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.monotonic_ns()
        headers = read_headers(scope["headers"])
        body, caller = b"", None
        try:
            caller = self._keeper.admitted(scope, headers)
            check_content_type(headers.content_type)
            body = await read_body(receive)
            question = parse(body, caller, headers.request_id)
            self._keeper.check_kind(question, caller)
            writer = self._in_force()
            with Deadline(self._deadline):
                answer = await self._service.answer(question, body)
                said = writer.render(answer, caller.detail)
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
        await _send(send, 200, said, [_JSON, (b"x-decision-id", answer.id.encode()), *headers.echo])
        log_decision(self._log, answer, caller.id, began)

    async def close(self) -> None:
        """Record the rejections that were only counted so far."""
        await self._keeper.close()

    def _in_force(self) -> AnswerWriter:
        """Return the writer of the revision that is about to decide."""
        rulebook = self._service.rulebook
        if rulebook is not self._written_for:
            self._writer = AnswerWriter(rulebook, self._service.policy.instrument)
            self._written_for = rulebook
        return self._writer


async def _send(send: Send, status: int, body: bytes, headers: Pairs) -> None:
    """Send a whole answer; none of them may be kept."""
    headers += [(b"content-length", b"%d" % len(body)), NO_STORE]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
