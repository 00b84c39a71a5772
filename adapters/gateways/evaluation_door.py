"""The door at which decisions are asked for one by one: parse, ask, render."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from adapters.gateways.authzen_door import AuthzenDoor, Said, Writers
from adapters.gateways.call import Asked, Call
from adapters.gateways.call_reader import digest
from adapters.gateways.deadline import Deadline
from adapters.gateways.decision_headers import caching
from adapters.gateways.strict_json import read_object
from adapters.gateways.told_headers import AUTHORIZATION
from adapters.gateways.whole_question import reader
from adapters.logs import log_decision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from structlog.typing import FilteringBoundLogger

    from adapters.callers import Caller, Callers
    from adapters.gateways.authzen_door import Sent
    from adapters.gateways.call import CallReader
    from adapters.gateways.decision_service import DecisionService
    from adapters.gateways.decision_token import TokenWriter
    from pdp.model import AccessRequest, Answer

PATH: Final = "/access/v1/evaluation"
UNBOUND: Final = "none"  # in place of the digest of a call: only a data API that compares none takes such a token


class EvaluationDoor(AuthzenDoor):
    """`POST /access/v1/evaluation`."""

    def __init__(  # noqa: PLR0913, PLR0917 -- as every door, and what knows routes and end users
        self,
        service: DecisionService,
        callers: Callers,
        log: FilteringBoundLogger,
        deadline: float = 0.2,
        writers: Writers | None = None,
        calls: CallReader | None = None,
        tokens: TokenWriter | None = None,
    ) -> None:
        """Open the door; an answer that takes longer than `deadline` seconds is not given."""
        self.calls = calls
        self._tokens = tokens
        super().__init__(service, callers, log, deadline, writers or Writers(service))
        self._deadline = deadline

    async def _answered(self, sent: Sent) -> Said:
        return await self.answered(sent)

    async def answered(self, sent: Sent) -> Said:
        """Return the answer to one evaluation; it comes back as it would if it had been sent here."""
        began = time.monotonic_ns()
        read = reader(self._service.policy, self.calls)
        asked = read_object(sent.body)
        question = read(asked, sent.body, sent.caller, sent.request_id)
        self._keeper.check_kind(question, sent.caller)
        writer = self._writers.in_force()
        with Deadline(self._deadline):
            answer = await self._service.answer(question, sent.body)
            said = writer.render(answer, sent.caller.detail)
            token = self._token(answer, question, asked, sent.caller)
        log_decision(self._log, answer, sent.caller.id, began)
        return Said(said, answer.id, token, caching(answer.decision, (AUTHORIZATION,)))

    def _token(self, answer: Answer, question: AccessRequest, said: Mapping[str, Any], caller: Caller) -> str | None:
        """Return the token for the data API that the caller's route map names; None where there is none."""
        if self._tokens is None or self.calls is None or caller.routes is None or not answer.decision.outcome.permits:
            return None
        behind = self.calls.route_map(caller).behind
        if behind is None:
            return None
        once = question.mode == "bulk"
        return self._tokens.token(answer, Asked(question, _digest(said), behind.audience, once))


def _digest(said: Mapping[str, Any]) -> str:
    """Return the digest of the call that a question about a route is; of a data set no call is known."""
    resource = said["resource"]
    if resource["type"] != "route":
        return UNBOUND
    path, _, query = str(resource["id"]).encode().partition(b"?")
    return digest(Call(method=said["action"]["name"], path=path, query=query))
