"""The pages on which a decision that was made is explained, as much of it as the caller is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse

from adapters.callers import Detail
from adapters.gateways.words_in_force import words_of
from pdp.explain import explain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.callers import Caller
    from adapters.gateways.decision_service import DecisionService
    from adapters.gateways.reading import Reading

_NO_STORE: Final = {"cache-control": "no-store"}
_WITHOUT_FACTS: Final = frozenset({"facts", "revision"})


def add_decisions(app: FastAPI, service: DecisionService, reading: Reading) -> None:
    """Add the pages of single decisions and of the items of batches."""

    # A plain function: the framework runs it on a thread, and looking up a record may read a disk.
    @app.get("/v1/decisions/{decision_id}", tags=["Decisions"], summary="已作出的决定及其说明 · A decision, explained")
    def decision(decision_id: str, authorization: Annotated[str | None, Header()] = None) -> JSONResponse:
        caller = reading.caller(authorization)
        record = reading.record(decision_id, caller)
        return JSONResponse(_explained(record, caller, service), headers=_NO_STORE)

    @app.get(
        "/v1/decisions/{batch_id}/{place:int}", tags=["Decisions"], summary="一并提出的第几项决定 · A batch's decision"
    )
    def item(batch_id: str, place: int, authorization: Annotated[str | None, Header()] = None) -> JSONResponse:
        caller = reading.caller(authorization)
        record = reading.item(batch_id, place, caller)
        return JSONResponse(_explained(record, caller, service), headers=_NO_STORE)


def _explained(record: Mapping[str, object], caller: Caller, service: DecisionService) -> dict[str, object]:
    """Return a decision in words, as much of it as the caller is told."""
    told: dict[str, object] = {"id": record["id"], "at": record["at"], "outcome": record["outcome"]}
    if caller.detail is Detail.NONE:
        return told
    explanation = explain(dict(record), words_of(service.rulebook, service.policy.instrument)).plain()
    if caller.detail is Detail.FULL:
        return {**told, "explanation": explanation, "record": dict(record)}
    return {**told, "explanation": {name: said for name, said in explanation.items() if name not in _WITHOUT_FACTS}}
