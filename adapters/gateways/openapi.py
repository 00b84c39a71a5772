"""The OpenAPI page's part on the evaluation door, which no framework routes and so none would document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from adapters.gateways.act_models import MODELS
from adapters.gateways.decision_model import DecisionShown
from adapters.gateways.evaluation import Evaluation
from adapters.gateways.evaluation_door import PATH

if TYPE_CHECKING:
    from fastapi import FastAPI

_REFERENCE: Final = "#/components/schemas/{model}"
_EXAMPLE: Final = {
    "subject": {"type": "public_body", "id": "B", "properties": {"system": {"id": "B-sys"}}},
    "action": {"name": "read"},
    "resource": {"type": "dataset", "id": "R"},
    "context": {"scenario": "sc-1", "purpose": "duty", "channel": "bigdata_platform", "mode": "api"},
}
_PLAIN: Final = {
    "400": "The question cannot be read: one line `place: fault`. Nothing of the input is repeated.",
    "401": "The caller is not registered, or did not send its key.",
    "403": "The caller may not use this door, or not speak for this kind of subject.",
    "503": "No decision was made, and nothing is released. Ask again after `Retry-After` seconds.",
}


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of `app`, with the evaluation door in it."""
    if app.openapi_schema is None:
        page = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        _, schemas = models_json_schema(
            [
                (Evaluation, "validation"),
                (DecisionShown, "serialization"),
                *((model, "validation") for model in MODELS.values()),
            ],
            ref_template=_REFERENCE,
        )
        page.setdefault("components", {}).setdefault("schemas", {}).update(schemas["$defs"])
        page["paths"][PATH] = {"post": _operation()}
        app.openapi_schema = page
    return app.openapi_schema


def _operation() -> dict[str, Any]:
    asked, answered = (_content(model) for model in ("Evaluation", "DecisionShown"))
    asked["application/json"]["example"] = _EXAMPLE
    responses: dict[str, Any] = {
        status: {"description": words, "content": {"text/plain": {"schema": {"type": "string"}}}}
        for status, words in _PLAIN.items()
    }
    responses["200"] = {"description": "A decision; a refusal is one too.", "content": answered}
    return {
        "summary": "一次访问决策 · One access decision (AuthZEN 1.0)",
        "operationId": "evaluate",
        "tags": ["AuthZEN"],
        "requestBody": {"required": True, "content": asked},
        "responses": dict(sorted(responses.items())),
    }


def _content(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=model)}}}
