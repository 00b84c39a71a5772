"""AuthZEN 1.0, the question to a pack that derives its facts from it: whole, with every member and property as sent.

Where our own law ignores what it does not know, such a pack may read it; so only what the standard asks for is checked.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.gateways.authzen import DOOR, FAULTS, KINDS, NotEntitledError, question_in
from adapters.gateways.evaluation import MAX_BYTES, MAX_ITEMS, Options, Text
from pdp.errors import RequestError
from pdp.facts.asked import PARTS, as_sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.callers import Caller
    from adapters.gateways.call import CallReader
    from adapters.gateways.decision_service import Policy
    from pdp.model import AccessRequest

    QuestionReader = Callable[[dict[str, Any], bytes, Caller, str | None], AccessRequest]


class _Whole(BaseModel):
    """Strictly typed members, and whatever stands beside them."""

    model_config = ConfigDict(strict=True, extra="allow")


class _Entity(_Whole):
    type: Text
    id: Text
    properties: dict[str, object] = {}


class _Action(_Whole):
    name: Text
    properties: dict[str, object] = {}


class _Evaluation(_Whole):
    subject: _Entity
    action: _Action
    resource: _Entity
    context: dict[str, object] = {}


class WholeEvaluations(_Whole):
    """Several questions: what stands beside them is what an item does not say itself."""

    subject: dict[str, object] = {}
    action: dict[str, object] = {}
    resource: dict[str, object] = {}
    context: dict[str, object] = {}
    options: Options = Options()
    evaluations: Annotated[list[dict[str, object]], Field(max_length=MAX_ITEMS)] = []


_VALIDATOR: Final = _Evaluation.__pydantic_validator__


def whole_question_in(said: dict[str, Any], body: bytes, caller: Caller, request_id: str | None) -> AccessRequest:
    """Return the question that the object `said` is, which was read out of `body`.

    Raises:
        RequestError: it is no evaluation; the message says where and what, never the value that was sent.
        NotEntitledError: `caller` may not speak for this kind of subject.
    """
    try:
        asked = _VALIDATOR.validate_python(said)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "body"
        raise RequestError(place, FAULTS.get(first["type"], "cannot be read")) from None
    for place, text in (
        ("subject.type", asked.subject.type), ("subject.id", asked.subject.id), ("action.name", asked.action.name),
        ("resource.type", asked.resource.type), ("resource.id", asked.resource.id),
    ):  # fmt: skip
        if len(body) > MAX_BYTES and len(text.encode()) > MAX_BYTES:
            raise RequestError(place, FAULTS["string_too_long"])
    if asked.subject.type in KINDS and asked.subject.type not in caller.may_assert:
        fault = f'caller "{caller.id}" may not ask for a {asked.subject.type}; add it to may_assert in the settings'
        raise NotEntitledError(fault)
    sent = {part: said[part] for part in PARTS if part in said}
    return replace(
        as_sent(sent),
        assurance=caller.assurance,
        enforces=caller.enforces,
        door=DOOR,
        gateway=caller.id,
        request_id=request_id,
    )


def reader(policy: Policy, calls: CallReader | None = None) -> QuestionReader:
    """Return what reads questions to `policy`: by the members that our own law knows, or whole.

    `calls` knows routes and end users, of which our own law alone is asked.
    """
    return partial(question_in, calls=calls) if policy.deriving is None else whole_question_in
