"""`GET /v1/decisions/{id}/obligations`, what a decision releases in the canonical form; and the JWK set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import FastAPI, Header, Response
from starlette.exceptions import HTTPException

from adapters.gateways.obligations import of_record

if TYPE_CHECKING:
    from adapters.callers import Caller
    from adapters.gateways.decision_token import Signing
    from adapters.gateways.kept_obligations import KeptObligations
    from adapters.gateways.reading import Reading

JWKS: Final = "/.well-known/jwks.json"
_KEPT_FOR: Final = {"cache-control": "max-age=300"}
_NO_STORE: Final = {"cache-control": "no-store"}


def add_key_set(app: FastAPI, signing: Signing) -> None:
    """Add the JWK set, for which nobody is asked who they are."""

    @app.get(JWKS, tags=["Keys"], summary="决定令牌的公钥集合 · Public keys of decision tokens (JWK set)")
    async def jwks() -> Response:
        return Response(signing.published(), media_type="application/jwk-set+json", headers=_KEPT_FOR)


def add_obligations(app: FastAPI, reading: Reading, kept: KeptObligations) -> None:
    """Add the canonical form of decisions: for whoever may read them, and for the data API that a token is for."""

    # A plain function: the framework runs it on a thread, and looking up a record may read a disk.
    @app.get(
        "/v1/decisions/{decision_id}/obligations",
        tags=["Decisions"],
        summary="须执行的字段、行和脱敏要求 · What is released of a decision, in the canonical form",
    )
    def obligations(decision_id: str, authorization: Annotated[str | None, Header()] = None) -> Response:
        caller = reading.caller(authorization)
        text = _of_token(decision_id, caller, kept)
        if text is None:
            record = reading.record(decision_id, caller)
            released = of_record(record)
            if released is None:
                fault = "what this decision releases names a person and is not told again; ask once more"
                raise HTTPException(410, fault)
            text = released.spelled()
        return Response(text, media_type="application/json", headers=_NO_STORE)


def _of_token(decision_id: str, caller: Caller, kept: KeptObligations) -> bytes | None:
    """Return what a live token names, where `caller` asked for it, is its data API, or reads everything."""
    found = kept.found(decision_id)
    return found.text if found is not None and (caller.id in found.readers or caller.reads_all) else None
