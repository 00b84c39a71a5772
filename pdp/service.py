"""The walk of one question: facts, verdict, record, answer. An unrecorded decision never leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pdp.model import Answer
from pdp.rulebook.merge import settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pdp.facts.derive import Deriver
    from pdp.log.record import Recorder
    from pdp.model import AccessRequest, Decision
    from pdp.ports import Clock, DecisionLog, Usage
    from pdp.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class InForce:
    """One revision, whole: what derives, judges and records. Swapped in one step, so no answer mixes two."""

    derive: Deriver
    rulebook: Rulebook
    recorder: Recorder


class Service:
    """Answers questions. Belongs to one event loop."""

    def __init__(  # noqa: PLR0913  # the ports of the walk, each named once, wired in one place
        self,
        in_force: InForce,
        log: DecisionLog,
        usage: Usage,
        clock: Clock,
        new_id: Callable[[datetime], str],
        valid_for: timedelta = timedelta(seconds=30),
    ) -> None:
        self.in_force = in_force
        self._log = log
        self._usage = usage
        self._clock = clock
        self._new_id = new_id
        self._valid_for = valid_for

    async def answer(self, request: AccessRequest, raw: bytes = b"") -> Answer:
        """Decide, record, then release.

        Args:
            request: the question.
            raw: its bytes as they arrived, of which the record keeps a keyed digest.

        Raises:
            UnavailableError: a store or the log is down; nothing is released.
        """
        law, now, began = self.in_force, self._clock.now(), self._clock.mono_ns()
        inquiry = law.derive(request, now)
        derived = self._clock.mono_ns()
        inquiry, decision = settle(inquiry, law.rulebook, now + self._valid_for)
        self._count(decision, inquiry.parameters, request.request_id)
        decided, new_id = self._clock.mono_ns(), self._new_id(now)
        record = law.recorder.decision(
            new_id, now, began, request, inquiry, decision, (derived - began) // 1000, (decided - derived) // 1000, raw
        )
        receipt = await self._log.append(record)
        return Answer(new_id, now, decision, inquiry, receipt)

    def _count(self, decision: Decision, parameters: object, request_id: str | None) -> None:
        """Count a release against its quota before anyone else can ask: a quota is never overdrawn by a race."""
        stated = parameters if isinstance(parameters, dict) else {}
        if decision.outcome.permits and "quota" in stated:
            self._usage.reserve(str(stated["application"]), request_id)
