"""The door at which decisions are asked for one by one: parse, ask, render."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from adapters.gateways.authzen_door import AuthzenDoor, Said, Writers
from adapters.gateways.deadline import Deadline
from adapters.gateways.strict_json import read_object
from adapters.gateways.whole_question import reader
from adapters.logs import log_decision

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from adapters.callers import Callers
    from adapters.gateways.authzen_door import Sent
    from adapters.gateways.call import CallReader
    from adapters.gateways.decision_service import DecisionService

PATH: Final = "/access/v1/evaluation"


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
    ) -> None:
        """Open the door; an answer that takes longer than `deadline` seconds is not given."""
        self.calls = calls
        super().__init__(service, callers, log, deadline, writers or Writers(service))
        self._deadline = deadline

    async def _answered(self, sent: Sent) -> Said:
        return await self.answered(sent)

    async def answered(self, sent: Sent) -> Said:
        """Return the answer to one evaluation; it comes back as it would if it had been sent here."""
        began = time.monotonic_ns()
        read = reader(self._service.policy, self.calls)
        question = read(read_object(sent.body), sent.body, sent.caller, sent.request_id)
        self._keeper.check_kind(question, sent.caller)
        writer = self._writers.in_force()
        with Deadline(self._deadline):
            answer = await self._service.answer(question, sent.body)
            said = writer.render(answer, sent.caller.detail)
        log_decision(self._log, answer, sent.caller.id, began)
        return Said(said, answer.id)
