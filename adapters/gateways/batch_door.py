"""The door at which several decisions are asked for at once: all items are recorded, then all are released, or none."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import orjson

from adapters.callers import Detail
from adapters.gateways.authzen import DOOR
from adapters.gateways.authzen_door import AuthzenDoor, Said
from adapters.gateways.batch import Failed, batch_in, questions
from adapters.gateways.deadline import Deadline
from adapters.gateways.strict_json import read_object
from adapters.gateways.whole_question import reader
from adapters.logs import log_batch
from pdp.model import Gathering, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structlog.typing import FilteringBoundLogger

    from adapters.callers import Caller, Callers
    from adapters.gateways.authzen_answer import AnswerWriter
    from adapters.gateways.authzen_door import Sent, Writers
    from adapters.gateways.batch import Asked
    from adapters.gateways.decision_service import DecisionService
    from adapters.gateways.evaluation_door import EvaluationDoor
    from pdp.model import AccessRequest, Answer, Batch

PATH: Final = "/access/v1/evaluations"
CODES: Final = {400: "bad_request", 403: "not_entitled"}  # as the record has them
TURN: Final = 64  # items written before others have their turn
_BARE: Final = {True: b'{"decision":true}', False: b'{"decision":false}'}


class BatchDoor(AuthzenDoor):
    """`POST /access/v1/evaluations`."""

    def __init__(  # noqa: PLR0913, PLR0917 -- as every door, and where a single evaluation goes
        self,
        service: DecisionService,
        callers: Callers,
        log: FilteringBoundLogger,
        deadline: float,
        writers: Writers,
        single: EvaluationDoor,
    ) -> None:
        """Open the door; what takes longer than `deadline` seconds is not answered. A single question is `single`'s."""
        super().__init__(service, callers, log, deadline, writers)
        self._deadline = deadline
        self._single = single

    async def _answered(self, sent: Sent) -> Said:
        whole = self._service.policy.deriving is not None
        asked = batch_in(read_object(sent.body), sent.body, whole=whole)
        if asked is None:
            return await self._single.answered(sent)
        self._keeper.further(sent.caller, len(asked.items) - 1)
        began = time.monotonic_ns()
        with Deadline(self._deadline):
            failed: dict[int, Failed] = {}
            gathering = Gathering(DOOR, sent.caller.id, sent.request_id, asked.last)
            items = self._items(asked, sent, failed)
            writer = self._writers.in_force()
            batch = await self._service.answer_all(items, gathering, sent.body)
            said = await _written(batch, asked, failed, writer, sent.caller)
        log_batch(self._log, batch, sent.caller.id, began)
        return Said(said, batch.id)

    def _items(self, asked: Asked, sent: Sent, failed: dict[int, Failed]) -> Iterator[AccessRequest | str]:
        """Yield the questions, and for what is none its code; why it is none goes to `failed`, by its place."""
        caller, check = sent.caller, lambda one: self._keeper.check_kind(one, sent.caller)
        read = reader(self._service.policy, self._single.calls)
        found = questions(asked, sent.body, caller, sent.request_id, check, read)
        for place, one in enumerate(found):
            if isinstance(one, Failed):
                failed[place] = one
                yield CODES[one.status]
            else:
                yield one


async def _written(
    batch: Batch, asked: Asked, failed: dict[int, Failed], writer: AnswerWriter, caller: Caller
) -> bytes:
    """Return the body of the answer; others have their turn in between."""
    items = []
    for place, item in enumerate(batch.items):
        if isinstance(item, str):
            items.append(_fault(failed[place]))
        else:
            explain = asked.explain or _explains(asked.items[place])
            items.append(writer.render(item, caller.detail) if explain else _brief(item, writer))
        if place % TURN == TURN - 1:
            await asyncio.sleep(0)
    return b'{"evaluations":[' + b",".join(items) + b"]}"


def _explains(item: dict[str, dict[str, object]]) -> bool:
    return bool(item.get("context", {}).get("explain"))


def _brief(answer: Answer, writer: AnswerWriter) -> bytes:
    """Return an item nobody asked to explain: without context, unless something has to be carried out."""
    if answer.decision.outcome is Outcome.PARTIAL:
        return writer.render(answer, Detail.NONE)
    return _BARE[answer.decision.outcome.permits]


def _fault(failed: Failed) -> bytes:
    error = {"status": failed.status, "message": failed.message}
    return orjson.dumps({"decision": False, "context": {"error": error}})
