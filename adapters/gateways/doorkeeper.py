"""What every door does alike: let callers in, ask within the deadline, record who is turned away, tell the operator."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from adapters.gateways.authzen import KINDS, NotEntitledError
from adapters.gateways.deadline import Deadline
from adapters.gateways.headers import RejectedError
from adapters.gateways.rejections import Rejections
from adapters.logs import named
from pdp.errors import RequestError, UnavailableError
from pdp.routing.route_map import CLAIMS, TOKEN, WORKLOAD

if TYPE_CHECKING:
    from starlette.types import Scope
    from structlog.typing import FilteringBoundLogger

    from adapters.callers import Caller, Callers
    from adapters.gateways.decision_service import DecisionService
    from adapters.gateways.headers import Headers
    from pdp.model import AccessRequest, Answer

PROVEN: Final = frozenset({TOKEN, CLAIMS, WORKLOAD})  # ways in which a subject is more than its gateway's word
_CODES: Final = {
    400: "bad_request", 401: "not_authenticated", 403: "not_entitled", 405: "bad_request", 429: "over_limit",
    431: "headers_too_large",
}  # fmt: skip


class Doorkeeper:
    """Keeps one door. Belongs to one event loop."""

    def __init__(
        self, service: DecisionService, callers: Callers, log: FilteringBoundLogger, deadline: float, door: str
    ) -> None:
        """Keep `door`; an answer that takes longer than `deadline` seconds is not given."""
        self.service = service
        self.deadline = deadline
        self.log = log
        self._callers = callers
        self._door = door
        self._rejections = Rejections(service, log, door)

    async def close(self) -> None:
        """Record the rejections that were only counted so far."""
        await self._rejections.close()

    def admitted(self, scope: Scope, headers: Headers) -> Caller:
        """Return who asks by POST with a bearer credential; raise RejectedError if the request may not come in."""
        if headers.fault is not None:
            raise headers.fault
        if scope["method"] != "POST":
            raise RejectedError(405, "method: must be POST", [(b"allow", b"POST")])
        return self.entitled(self._callers.who(headers.authorization))

    def gateway(self, token: bytes | None, names: frozenset[str] | None = None) -> Caller:
        """Return the caller that `X-Gateway-Token: <key>` proves, on doors whose `Authorization` is the end user's.

        A certificate with `names` proves one too. Where both are there and prove two, neither is believed.
        """
        if names is None:
            return self.entitled(self._callers.who(None if token is None else b"Bearer " + token))
        certified = self._callers.certified(names)
        keyed = None if token is None else self._callers.who(b"Bearer " + token)
        if certified is None or token is None:
            return self.entitled(certified or keyed)
        return self.entitled(certified if keyed is certified else None)

    def entitled(self, caller: Caller | None) -> Caller:
        """Return `caller` if this door is open to it now; raise RejectedError with 401, 403 or 429 otherwise."""
        if caller is None:
            raise RejectedError(
                401, "authorization: must be the Bearer key of a registered caller", [(b"www-authenticate", b"Bearer")]
            )
        if self._door not in caller.doors:
            fault = f'caller: "{caller.id}" may not use this door; add {self._door} to its doors'
            raise RejectedError(403, fault, caller=caller.id)
        wait = self._callers.rates.take(caller.id)
        if wait:
            fault = f'caller: "{caller.id}" asks more than {caller.rate} times a second; ask later'
            raise RejectedError(429, fault, [(b"retry-after", b"%d" % ceil(wait))], caller.id)
        return caller

    def further(self, caller: Caller, questions: int) -> None:
        """Count `questions` that came with the one that `caller` was let in with."""
        self._callers.rates.owe(caller.id, questions)

    def check_kind(self, question: AccessRequest, caller: Caller) -> None:
        """Refuse to let `caller` speak for somebody by claiming another kind than the ledger knows."""
        if len(caller.may_assert) == len(KINDS) or question.subject is None or question.established in PROVEN:
            return
        kind = self.service.subject_kind(question.subject)
        if kind is not None and kind not in caller.may_assert:
            fault = f'caller "{caller.id}" may not ask for a {kind}; add it to may_assert in the settings'
            raise NotEntitledError(fault)

    async def ask(self, question: AccessRequest, raw: bytes = b"", seconds: float | None = None) -> Answer:
        """Return the recorded answer; raise TimeoutError if it takes longer than the deadline, or than `seconds`."""
        with Deadline(self.deadline if seconds is None else min(seconds, self.deadline)):
            return await self.service.answer(question, raw)

    async def turned_away(
        self, why: RejectedError, caller: Caller | None, scope: Scope, body: bytes = b"", length: int | None = None
    ) -> None:
        """Record that a request never became a question."""
        client = scope.get("client")
        await self.rejected(why, caller, str(client[0]) if client else "local", body, length)

    async def rejected(
        self, why: RejectedError, caller: Caller | None, peer: str, body: bytes = b"", length: int | None = None
    ) -> None:
        """Record that a request of `peer` never became a question."""
        code = _CODES.get(why.status)
        if code is not None:
            await self._rejections.add(code, caller.id if caller else why.caller, peer, body, length or len(body))

    def alarm(self, fault: Exception) -> None:
        """Tell the operator; what we say of ourselves may be repeated, what a library says may quote the question."""
        if isinstance(fault, TimeoutError):
            self.log.error("no decision within the deadline", deadline_ms=int(self.deadline * 1000))
        elif isinstance(fault, UnavailableError):
            self.log.error("no decision", fault=str(fault))
        else:
            self.log.critical("no decision: a defect", **named(fault))


def rejection(refused: RejectedError | RequestError | NotEntitledError) -> RejectedError:
    """Return how a request that cannot be a question is turned away: 400 for its form, 403 for want of a right."""
    if isinstance(refused, RejectedError):
        return refused
    return RejectedError(400 if isinstance(refused, RequestError) else 403, str(refused))
