"""Many inputs to one document in one request: each is answered on its own, and a fault of one is told under its key."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from adapters.gateways.authzen import NotEntitledError
from adapters.gateways.doorkeeper import rejection
from adapters.gateways.headers import RejectedError
from adapters.gateways.opa_answer import NO_DECISION
from adapters.gateways.opa_input import checked_input
from pdp.errors import RequestError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.gateways.opa_document import Document, Reply, Visit

MAX_INPUTS: Final = 1000
_INPUTS: Final = "inputs"
_AT_ONCE: Final = 50  # then others get their turn
Replies = dict[str, "Reply | RejectedError"]


def inputs_of(body: Mapping[str, object]) -> Mapping[str, object]:
    """Return the inputs by their keys; raise RequestError where the body holds none."""
    inputs = body.get(_INPUTS)
    if inputs is None:
        raise RequestError(_INPUTS, "is required")
    if not isinstance(inputs, dict):
        raise RequestError(_INPUTS, "must be an object")
    if len(inputs) > MAX_INPUTS:
        raise RequestError(_INPUTS, f"has more than {MAX_INPUTS} entries")
    return inputs


async def replies(document: Document, inputs: Mapping[str, object], visit: Visit) -> Replies:
    """Return the reply to every input, in order, or why it has none: 400 and 403 for its fault, 503 for ours."""
    keys, found = list(inputs), Replies()
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        found |= zip(some, await asyncio.gather(*(_one(document, inputs[key], visit) for key in some)), strict=True)
    return found


async def _one(document: Document, put: object, visit: Visit) -> Reply | RejectedError:
    try:
        return await document.reply(checked_input(put), visit)
    except (RejectedError, RequestError, NotEntitledError) as refused:
        return rejection(refused)
    except UnavailableError:
        return RejectedError(503, NO_DECISION)
