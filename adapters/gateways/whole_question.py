"""AuthZEN 1.0, the question to a pack that derives its facts from it: whole, with every member and property as sent.

Where our own law ignores what it does not know, such a pack may read it; so only what the standard asks for is checked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.gateways.authzen import DOOR, FAULTS, KINDS, NotEntitledError
from adapters.gateways.evaluation import MAX_BYTES, Text
from adapters.gateways.strict_json import read_object
from pdp.errors import RequestError
from pdp.facts.asked import PARTS, as_sent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.callers import Caller
    from pdp.model import AccessRequest


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


_VALIDATOR: Final = _Evaluation.__pydantic_validator__


def parse_whole(body: bytes, caller: Caller, request_id: str | None = None) -> AccessRequest:
    """Return the question in `body`.

    Raises:
        RequestError: it is no evaluation; the message says where and what, never the value that was sent.
        NotEntitledError: `caller` may not speak for this kind of subject.
    """
    return whole(read_object(body), caller, request_id)


def whole(said: Mapping[str, object], caller: Caller, request_id: str | None = None) -> AccessRequest:
    """Return the question that the members `said` are; see `parse_whole`."""
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
        if len(text) > MAX_BYTES // 4 and len(text.encode()) > MAX_BYTES:
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
