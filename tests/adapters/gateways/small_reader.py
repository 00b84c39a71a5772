"""A small reader of calls: one route, a subject that a header or a token names, no map to load."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from adapters.gateways.call import Asked
from adapters.gateways.headers import RejectedError
from pdp.model import AccessRequest
from pdp.routing.route_map import RouteMap

if TYPE_CHECKING:
    from adapters.callers import Caller
    from adapters.gateways.call import Call, Family

ROUTE = b"/api/v1/datasets/"
ROWS = b"/rows"
TOKEN = "Bearer of-B"  # noqa: S105 -- proves somebody in tests only


class SmallReader:
    """Reads `GET /api/v1/datasets/{dataset}/rows` and nothing else; a caller whose map is `original` tells of it so."""

    def family(self, caller: Caller) -> Family:
        """Return what the caller's map, which is called like its family, says."""
        return "original" if caller.routes == "original" else "forwarded"

    def route_map(self, caller: Caller) -> RouteMap:
        """Return a map that says nothing."""
        return RouteMap(caller.routes or caller.id)

    def read(self, call: Call, caller: Caller, door: str) -> Asked:
        """Return the question; raise RejectedError for a path with tricks."""
        if b"//" in call.path or b"%2f" in call.path.lower() or b".." in call.path or not call.path.isascii():
            raise RejectedError(400, "path: has what two parsers read in two ways")
        known = call.method in {"GET", "HEAD"} and call.path.startswith(ROUTE) and call.path.endswith(ROWS)
        dataset = call.path[len(ROUTE) : -len(ROWS)].decode() if known else "unmapped"
        fields = parse_qs(call.query.decode("latin-1")).get("fields")
        subject, assurance = self._subject(call)
        request = AccessRequest(
            subject=subject,
            action="read",
            dataset=dataset,
            subject_kind="public_body",
            fields=tuple(fields[0].split(",")) if fields else None,
            scenario=call.headers.get("x-data-scenario"),
            purpose=call.headers.get("x-data-purpose"),
            assurance=assurance,
            enforces=caller.enforces,
            door=door,
            gateway=caller.id,
            request_id=call.request_id,
        )
        said = b"\n".join((call.method.encode(), call.path, call.query))
        return Asked(request, hashlib.sha256(said).hexdigest(), audience="data-api")

    def _subject(self, call: Call) -> tuple[str, int]:
        """Return who asks, and how strongly that is established."""
        if call.authorization == TOKEN:
            return "B", 4
        if call.verified is not None:
            return str(call.verified.get("org")), 3
        if call.principal == "spiffe://gov/B":
            return "B", 2
        return ("B", 1) if call.headers.get("x-subject-id") == "B" else ("B", 0)
