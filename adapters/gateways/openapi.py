"""The OpenAPI page: what the framework says of its pages, and the doors in front of it, which no framework documents.

Those of AuthZEN are here; those of gateways and of the OPA Data API in modules beside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from adapters.gateways import openapi_gateways, openapi_opa
from adapters.gateways.act_models import MODELS
from adapters.gateways.batch_door import PATH as BATCH
from adapters.gateways.decision_model import DecisionShown
from adapters.gateways.evaluation import Evaluation, Evaluations
from adapters.gateways.evaluation_door import PATH as EVALUATION
from adapters.gateways.search_door import PATHS as SEARCHES
from adapters.gateways.search_model import ActionSearch, EvaluationsShown, FoundShown, ResourceSearch, SubjectSearch
from pdp.search import ACTION, RESOURCE, SUBJECT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI
    from pydantic import BaseModel


class Documented(NamedTuple):
    """What the page says of one door."""

    summary: str
    operation: str
    asked: type[BaseModel]
    answered: type[BaseModel]
    words: str
    example: dict[str, Any]


_REFERENCE: Final = "#/components/schemas/{model}"
_SUBJECT: Final = {"type": "public_body", "id": "B", "properties": {"system": {"id": "B-sys"}}}
_RESOURCE: Final = {"type": "dataset", "id": "R"}
_CONTEXT: Final = {"scenario": "sc-1", "purpose": "duty", "channel": "bigdata_platform", "mode": "api"}
_READ: Final = {"name": "read"}
_EXAMPLE: Final = {"subject": _SUBJECT, "action": _READ, "resource": _RESOURCE, "context": _CONTEXT}
_PAGE: Final = {"limit": 100}
_PLAIN: Final = {
    "400": "The question cannot be read: one line `place: fault`. Nothing of the input is repeated.",
    "401": "The caller is not registered, or did not send its key.",
    "403": "The caller may not use this door, or not speak for this kind of subject.",
    "429": "The caller asks more often than it may. Ask again after `Retry-After` seconds.",
    "503": "No decision was made, and nothing is released. Ask again after `Retry-After` seconds.",
}
_DOORS: Final = {
    EVALUATION: Documented(
        "一次访问决策 · One access decision (AuthZEN 1.0)", "evaluate", Evaluation, DecisionShown,
        "A decision; a refusal is one too.", _EXAMPLE,
    ),
    BATCH: Documented(
        "一并提出的若干访问决策 · Several access decisions (AuthZEN 1.0)", "evaluateAll", Evaluations, EvaluationsShown,
        "Decisions in the order asked, all of them on record. Without `evaluations` it is one evaluation.",
        {**_EXAMPLE, "evaluations": [{}, {"context": {"scenario": "sc-2"}}],
         "options": {"evaluations_semantic": "execute_all"}},
    ),
    SEARCHES[SUBJECT]: Documented(
        "查找可以这样做的主体 · Who may do this? (AuthZEN 1.0)", "searchSubjects", SubjectSearch, FoundShown,
        "A page of subjects; natural persons are never listed.",
        {**_EXAMPLE, "subject": {"type": "public_body"}, "page": _PAGE},
    ),
    SEARCHES[RESOURCE]: Documented(
        "查找可以这样使用的数据 · With what may it be done? (AuthZEN 1.0)", "searchResources", ResourceSearch,
        FoundShown, "A page of data sets.", {**_EXAMPLE, "resource": {"type": "dataset"}, "page": _PAGE},
    ),
    SEARCHES[ACTION]: Documented(
        "查找可以做什么 · What may be done? (AuthZEN 1.0)", "searchActions", ActionSearch, FoundShown,
        "A page of actions.", {"subject": _SUBJECT, "resource": _RESOURCE, "context": _CONTEXT},
    ),
}  # fmt: skip


def document(app: FastAPI, paths: Iterable[str]) -> dict[str, Any]:
    """Return the OpenAPI document of `app`, with the doors in front of it, at `paths` and below them, in it."""
    if app.openapi_schema is None:
        paths = frozenset(paths)
        page = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        doors = {path: door for path, door in _DOORS.items() if path in paths}
        asked = dict.fromkeys([*(door.asked for door in doors.values()), *MODELS.values()])
        answered = dict.fromkeys(door.answered for door in doors.values())
        _, schemas = models_json_schema(
            [*((model, "validation") for model in asked), *((model, "serialization") for model in answered)],
            ref_template=_REFERENCE,
        )
        page.setdefault("components", {}).setdefault("schemas", {}).update(schemas["$defs"])
        page["components"]["schemas"].update(openapi_gateways.SCHEMAS | openapi_opa.SCHEMAS)
        page["paths"] |= {path: {"post": _operation(door)} for path, door in doors.items()}
        page["paths"] |= openapi_gateways.gateway_paths(paths) | openapi_opa.opa_paths(paths)
        app.openapi_schema = page
    return app.openapi_schema


def _operation(door: Documented) -> dict[str, Any]:
    asked, answered = (_content(model.__name__) for model in (door.asked, door.answered))
    asked["application/json"]["example"] = door.example
    responses: dict[str, Any] = {
        status: {"description": words, "content": {"text/plain": {"schema": {"type": "string"}}}}
        for status, words in _PLAIN.items()
    }
    responses["200"] = {"description": door.words, "content": answered}
    return {
        "summary": door.summary,
        "operationId": door.operation,
        "tags": ["AuthZEN"],
        "requestBody": {"required": True, "content": asked},
        "responses": dict(sorted(responses.items())),
    }


def _content(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=model)}}}
