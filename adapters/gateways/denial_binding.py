"""Whether an access request answers the refusal that it names: the same question, applying is the way on, in time."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from adapters.gateways.problems import ProblemError
from pdp.log.overlays import findings_told
from pdp.overlay import speaker
from pdp.rulebook.next_action import ASKABLE, applies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_EVALUATION: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_NOT_COMPARED: Final = frozenset(
    {
        *("digest", "request_id", "door", "gateway", "assurance", "enforces", "ignored", "application"),
        *("route", "established", "disputed", "client"),
    }
)  # members of a recorded question that say how it was asked, not what


def recorded(evaluation: str, decision: Callable[[str], Mapping[str, Any] | None]) -> Mapping[str, Any]:
    """Return the record of the decision with this id, as `decision` finds it; may read a disk.

    Raises:
        ProblemError: there is none.
    """
    record = decision(evaluation) if _EVALUATION.fullmatch(evaluation) else None
    if record is None or record.get("kind") != "decision":
        detail = "denial.evaluation_id: names no decision in the log of this service"
        raise ProblemError(400, "invalid_denial_binding", detail)
    return record


def check(record: Mapping[str, Any], question: Mapping[str, Any], now: datetime) -> None:
    """Return if `question`, as a record would have it, may be answered with an application where `record` refused it.

    Raises:
        ProblemError: it is another question, an application is not the remedy, or the refusal is too old.
    """
    if _compared(record["request"]) != _compared(question):
        detail = "subject, action, resource and context must be those of the evaluation that was refused"
        raise ProblemError(400, "invalid_denial_binding", f"{detail}; leave none of them out")
    ways = [way["id"] for way in record.get("remedies", ())]
    facts = [group["facts"] for group in record.get("groups", (record,))]
    limits = [found for one in record.get("overlays", ()) for found in findings_told(one) if speaker(found["rule"])]
    if record.get("joined") or limits or not applies(str(record["outcome"]), ways, facts, wider=True):
        detail = "a share application is not the remedy of this decision; its remedies say what is (art_21__para_1)"
        raise ProblemError(400, "not_requestable", detail)
    if now >= datetime.fromisoformat(record["at"]) + ASKABLE:
        raise ProblemError(410, "expired_denial", "the refusal is older than an hour; ask again, then apply")


def _compared(question: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two recorded questions must have in common to be one."""
    return {name: value for name, value in question.items() if name not in _NOT_COMPARED}
