"""The body of an access request, strictly typed: what a share application states, and which refusal it answers.

Beside these members stand those of the evaluation that was refused, which `authzen.parse` reads. Members that nobody
reads are ignored, as everywhere in the profile; but a scope with an unknown member is refused: read without it, it
could say more than was meant.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.gateways.act_models import Id, Instant, UseScope  # noqa: TC001 -- pydantic reads them at run time
from pdp.errors import RequestError

UNSTATED: Final = "is required: an application states scenario and scope (art_21__para_1); no term has begun"


class Part(BaseModel):
    """Typed members; others are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class RequestedAccess(Part):
    """What is applied for. `emergency` and the like change nothing: this law has no such way."""

    scenario: Annotated[Id, Field(description="应用场景 · The registered scenario (art_21__para_1)")]
    scope: Annotated[UseScope, Field(description="使用范围 · At least one limit of it (art_21__para_1)")]
    duty_basis: Annotated[Id | None, Field(description="所依据的职责 · Id of the registered duty")] = None
    purpose_kind: Annotated[str | None, Field(pattern="^(duty|service)$", description="履职或者提供服务")] = None
    requested_until: Annotated[Instant | None, Field(description="使用期限,使用范围未写明时适用 · Term")] = None


class Denial(Part):
    """The refusal that is answered: the decision's own id, under which it is in the decision log."""

    evaluation_id: Annotated[str, Field(max_length=64)]


class AccessRequested(Part):
    """The members that an access request has beside those of its evaluation."""

    denial: Denial
    requested_access: RequestedAccess


def requested(said: dict[str, object]) -> AccessRequested:
    """Return what an access request asks for.

    Raises:
        RequestError: a member is missing or of the wrong type; the message never repeats what was sent.
    """
    try:
        asked = AccessRequested.model_validate(said)
    except ValidationError as invalid:
        fault = invalid.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"])) or "body"
        if fault["type"] == "missing":
            raise RequestError(place, _missing(place)) from None
        raise RequestError(place, f"{fault['msg'][:1].lower()}{fault['msg'][1:]}") from None
    if not asked.requested_access.scope.model_dump(exclude_none=True):
        place = "requested_access.scope"
        raise RequestError(place, UNSTATED)
    return asked


def members(asked: RequestedAccess, task: str, applicant: str, dataset: str) -> dict[str, object]:
    """Return the members of `application.received` that `asked` comes to."""
    scope: dict[str, Any] = asked.scope.model_dump(mode="json", exclude_none=True)
    if asked.requested_until is not None:
        scope.setdefault("until", asked.requested_until)
    said = {"duty": asked.duty_basis, "purpose": asked.purpose_kind}
    known = {name: value for name, value in said.items() if value is not None}
    return {
        "id": task, "applicant": applicant, "dataset": dataset, "scenario": asked.scenario, "scope": scope, **known,
    }  # fmt: skip


def schema() -> dict[str, object]:
    """Return the JSON Schema of `requested_access`, at `request_schema_url`."""
    told = RequestedAccess.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **told, "title": "share_application"}


def _missing(place: str) -> str:
    return UNSTATED if place.startswith("requested_access") else "is required"
