"""The health doors of an OPA server: can decisions be made and recorded here? No credential, and nothing else told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.gateways.headers import RejectedError, read_headers
from adapters.gateways.opa_answer import Said, Sender, refused

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from adapters.gateways.decision_service import DecisionService

LIVE: Final = "/health/live"
PATHS: Final = ("/health", LIVE, "/health/ready")
_ILL: Final = "health check: no decision can be made or recorded now"


class OpaHealthDoor:
    """`GET /health`, `/health/live`, `/health/ready`."""

    def __init__(self, service: DecisionService) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive  # a body would be nobody's
        headers = read_headers(scope["headers"])
        sender = Sender(send, pretty=False, gzip=False, echo=headers.echo)
        if headers.fault is not None:
            await sender(refused(headers.fault))
        elif scope["method"] not in {"GET", "HEAD"}:
            await sender(refused(RejectedError(405, "method: must be GET", [(b"allow", b"GET")])))
        elif scope["path"] == LIVE or self._healthy():
            await sender(Said(200, {}))
        else:
            await sender(Said(500, {"error": _ILL}))

    async def close(self) -> None:
        """Nothing is counted here."""

    def _healthy(self) -> bool:
        """Return whether the rulebook is loaded, the ledger's copy fresh enough, and the journal writable."""
        return self._service.ready() and self._service.fresh()
