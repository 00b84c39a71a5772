"""Who may look up a decision: whoever asked for it, and whoever may read everybody's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from pdp.log.gathered import BATCH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.callers import Caller, Callers
    from adapters.gateways.decision_service import DecisionService

_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_READABLE: Final = "decisions"


class Reading:
    """Looks decisions up for callers. Each method raises the HTTPException that is the answer where it may not."""

    def __init__(self, service: DecisionService, callers: Callers) -> None:
        """Look up in what `service` recorded, for `callers`."""
        self._service, self._callers = service, callers

    def caller(self, authorization: str | None) -> Caller:
        """Return who asks, if it may look up decisions at all."""
        caller = self._callers.who(authorization.encode("latin-1") if authorization else None)
        if caller is None:
            raise HTTPException(401, "send the key of a registered caller", {"www-authenticate": "Bearer"})
        if _READABLE not in caller.doors:
            raise HTTPException(403, f'caller "{caller.id}" may not look up decisions; add {_READABLE} to its doors')
        return caller

    def reader_of_all(self, authorization: str | None) -> Caller:
        """Return who asks, if it may look up decisions that others asked for."""
        caller = self.caller(authorization)
        if not caller.reads_all:
            raise HTTPException(403, f'caller "{caller.id}" may read its own decisions only; entries hold everybody\'s')
        return caller

    def record(self, decision_id: str, caller: Caller) -> Mapping[str, object]:
        """Return the record of a decision that `caller` may read; may read a disk."""
        record = self._service.decision(decision_id) if _ID.fullmatch(decision_id) else None
        if record is None or not _may_read(caller, record):
            raise HTTPException(404, "no decision with this id was made for you")
        return record

    def item(self, batch_id: str, place: int, caller: Caller) -> Mapping[str, object]:
        """Return the record of the decision that stands at `place`, from 0, in a batch that `caller` may read."""
        batch = self._service.decision(batch_id) if _ID.fullmatch(batch_id) else None
        items = batch.get("decisions") if batch is not None and batch.get("kind") == BATCH else None
        if batch is None or not isinstance(items, list) or not (caller.reads_all or batch.get("gateway") == caller.id):
            raise HTTPException(404, "no batch with this id was answered for you")
        if not 0 <= place < len(items):
            raise HTTPException(404, f"the batch has {len(items)} answers, counted from 0")
        return self.record(str(items[place]), caller)


def _may_read(caller: Caller, record: Mapping[str, object]) -> bool:
    """Return whether `caller` asked for the decision, or may read everybody's."""
    request = record.get("request")
    return record.get("kind") == "decision" and (
        caller.reads_all or (isinstance(request, dict) and request.get("gateway") == caller.id)
    )
