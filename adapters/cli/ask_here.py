"""A question decided within this process, on a data folder of one's own."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from adapters.assemble import build_service
from adapters.callers import LOCAL
from adapters.gateways.authzen_answer import AnswerWriter
from adapters.gateways.strict_json import read_object
from adapters.gateways.whole_question import reader
from adapters.gateways.words_in_force import words_of
from adapters.settings import load_settings
from pdp.explain import explain

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.settings import Settings
    from pdp.explanation import Explanation


def asked_here(
    body: bytes, data: Path | None, policies: Path | None = None, rego: Path | None = None
) -> tuple[bytes, Explanation]:
    """Return the answer as a service on `data` gives it, after it was recorded, and the same in words."""
    flags = {"data": data, "policies": policies, "rego": rego}
    return asyncio.run(_asked(body, load_settings(flags, os.environ)))


async def _asked(body: bytes, settings: Settings) -> tuple[bytes, Explanation]:
    """Return the answer as the service gives it, and the same in words."""
    with build_service(settings) as made:
        service = made.service
        question = reader(service.policy)(read_object(body), body, LOCAL, None)
        await made.begin()
        answer = await service.answer(question, body)
        said = AnswerWriter(service.rulebook, service.policy.instrument).render(answer, LOCAL.detail)
        record = service.decision(answer.id)
        if record is None:
            fault = f"no record {answer.id}"
            raise LookupError(fault)
        await made.end()
        explanation = explain(dict(record), words_of(service.rulebook, service.policy.instrument))
    return said, explanation
