"""The door at which decisions are asked for: a plain ASGI callable, ahead of any framework.

Parse, ask, render. A refusal is an answer (200); 400, 401 and 403 are the caller's; at 503 nothing was released.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol

from adapters.gateways.authzen import DOOR, KINDS, NotEntitledError, parse
from adapters.gateways.authzen_answer import AnswerWriter
from adapters.gateways.body import GoneError, read_body
from adapters.gateways.deadline import Deadline
from adapters.gateways.headers import Pairs, RejectedError, read_headers
from adapters.gateways.rejections import Rejecting, Rejections
from adapters.gateways.strict_json import check_content_type
from adapters.logs import log_decision, named
from pdp.errors import RequestError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send
    from structlog.typing import FilteringBoundLogger

    from adapters.callers import Caller, Callers
    from adapters.gateways.headers import Headers
    from pdp.law import Instrument
    from pdp.model import AccessRequest, Answer
    from pdp.rulebook.rulebook import Rulebook

PATH: Final = "/access/v1/evaluation"
NO_STORE: Final = (b"cache-control", b"no-store")
_JSON: Final = (b"content-type", b"application/json")
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
NO_DECISION: Final = "service: no decision was made and nothing is released; ask again"
_CODES: Final = {400: "bad_request", 401: "not_authenticated", 403: "not_entitled", 431: "headers_too_large"}


class Policy(Protocol):
    """The policy files of the revision in force."""

    @property
    def instrument(self) -> Instrument:
        """The law they are about."""
        ...


class DecisionService(Rejecting, Protocol):
    """What a door needs of the service."""

    @property
    def rulebook(self) -> Rulebook:
        """The rulebook in force."""
        ...

    @property
    def policy(self) -> Policy:
        """The policy files in force, the same revision."""
        ...

    async def answer(self, request: AccessRequest, raw: bytes = b"") -> Answer:
        """Decide, record, then release; raise UnavailableError where that cannot be done."""
        ...

    def subject_kind(self, subject: str) -> str | None:
        """Return as what the ledger has `subject` registered, in the words of a question; None: it knows nobody so."""
        ...

    def ready(self) -> bool:
        """Return whether questions can be answered: rulebook loaded, ledger read, journal writable."""
        ...

    def look_again(self) -> None:
        """Let the next decision know of what was just recorded."""
        ...

    def decision(self, decision_id: str) -> Mapping[str, object] | None:
        """Return the decoded record of a decision; may read a disk."""
        ...


class EvaluationDoor:
    """`POST /access/v1/evaluation`. Belongs to one event loop."""

    def __init__(
        self, service: DecisionService, callers: Callers, log: FilteringBoundLogger, deadline: float = 0.2
    ) -> None:
        """Open the door; an answer that takes longer than `deadline` seconds is not given."""
        self._service = service
        self._callers = callers
        self._log = log
        self._deadline = deadline
        self._rejections = Rejections(service, log, DOOR)
        self._writer = AnswerWriter(service.rulebook, service.policy.instrument)
        self._written_for = service.rulebook

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.monotonic_ns()
        headers = read_headers(scope["headers"])
        body, caller = b"", None
        try:
            caller = self._admitted(scope, headers)
            check_content_type(headers.content_type)
            body = await read_body(receive)
            question = parse(body, caller, headers.request_id)
            self._check_kind(question, caller)
            writer = self._in_force()
            with Deadline(self._deadline):
                answer = await self._service.answer(question, body)
                said = writer.render(answer, caller.detail)
        except GoneError:
            return
        except (RejectedError, RequestError, NotEntitledError) as refused:
            await self._reject(_rejection(refused), headers, caller, scope, body, send)
            return
        except Exception as fault:  # noqa: BLE001 -- whatever it is, no decision leaves, and the operator hears of it
            self._alarm(fault)
            await _send(send, 503, NO_DECISION.encode(), [_TEXT, (b"retry-after", b"1"), *headers.echo])
            return
        await _send(send, 200, said, [_JSON, (b"x-decision-id", answer.id.encode()), *headers.echo])
        log_decision(self._log, answer, caller.id, began)

    async def close(self) -> None:
        """Record the rejections that were only counted so far."""
        await self._rejections.close()

    def _admitted(self, scope: Scope, headers: Headers) -> Caller:
        """Return who asks, if the request may come in at all."""
        if headers.fault is not None:
            raise headers.fault
        if scope["method"] != "POST":
            raise RejectedError(405, "method: must be POST", [(b"allow", b"POST")])
        caller = self._callers.who(headers.authorization)
        if caller is None:
            raise RejectedError(
                401, "authorization: must be the Bearer key of a registered caller", [(b"www-authenticate", b"Bearer")]
            )
        if DOOR not in caller.doors:
            raise RejectedError(403, f'caller: "{caller.id}" may not use this door; add {DOOR} to its doors')
        return caller

    def _check_kind(self, question: AccessRequest, caller: Caller) -> None:
        """Refuse to let `caller` speak for somebody by claiming another kind than the ledger knows."""
        if len(caller.may_assert) == len(KINDS) or question.subject is None:
            return
        kind = self._service.subject_kind(question.subject)
        if kind is not None and kind not in caller.may_assert:
            fault = f'caller "{caller.id}" may not ask for a {kind}; add it to may_assert in the settings'
            raise NotEntitledError(fault)

    def _in_force(self) -> AnswerWriter:
        """Return the writer of the revision that is about to decide."""
        rulebook = self._service.rulebook
        if rulebook is not self._written_for:
            self._writer = AnswerWriter(rulebook, self._service.policy.instrument)
            self._written_for = rulebook
        return self._writer

    async def _reject(  # noqa: PLR0913, PLR0917 -- all that is known of a request that is turned away
        self, why: RejectedError, headers: Headers, caller: Caller | None, scope: Scope, body: bytes, send: Send
    ) -> None:
        """Record that a request was turned away, then say why."""
        code = _CODES.get(why.status)
        if code is not None:
            client = scope.get("client")
            peer = str(client[0]) if client else "local"
            await self._rejections.add(code, caller.id if caller else None, peer, body, headers.length or len(body))
        await _send(send, why.status, why.text.encode(), [_TEXT, *why.headers, *headers.echo])

    def _alarm(self, fault: Exception) -> None:
        """Tell the operator; what we say of ourselves may be repeated, what a library says may quote the question."""
        if isinstance(fault, TimeoutError):
            self._log.error("no decision within the deadline", deadline_ms=int(self._deadline * 1000))
        elif isinstance(fault, UnavailableError):
            self._log.error("no decision", fault=str(fault))
        else:
            self._log.critical("no decision: a defect", **named(fault))


def _rejection(refused: Exception) -> RejectedError:
    if isinstance(refused, RejectedError):
        return refused
    return RejectedError(400 if isinstance(refused, RequestError) else 403, str(refused))


async def _send(send: Send, status: int, body: bytes, headers: Pairs) -> None:
    """Send a whole answer; none of them may be kept."""
    headers += [(b"content-length", b"%d" % len(body)), NO_STORE]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
