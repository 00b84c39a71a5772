"""How a task is told: in the members of the access request profile, by instants of the ledger's fold."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from adapters.gateways.access_offer import REQUESTS
from pdp.ledger.scope import MEMBERS
from pdp.ledger.words import text

if TYPE_CHECKING:
    from datetime import datetime

    from pdp.ledger.states import Scope
    from pdp.ledger.task import Approval, Task
    from pdp.rulebook.duties import Duties

LONGEST: Final = 60  # seconds between two looks
COORDINATION: Final = "ask_coordination"  # the remedy after a refusal, art_22__para_1
_TITLE: Final = {
    "pending": "共享申请待答复 · The share application awaits its answer",
    "approved": "已同意共享 · Sharing is agreed to",
    "denied": "未同意共享 · Sharing is refused",
    "cancelled": "申请已终止 · The application has ended",
}


def told(task: Task, duties: Duties, address: str) -> dict[str, object]:
    """Return the body that tells of `task`; `address` is in front of every path, empty where none is configured."""
    place = f"{address}{REQUESTS}/{task.id}"
    said: dict[str, object] = {"id": task.id, "status": task.status, "status_endpoint": place}
    if task.status == "pending":
        said["progress"] = {"step_name": task.step, "awaiting": list(task.awaiting)}
        said["links"] = {"cancel": f"{place}/cancel"}
    if task.reason:
        said["reason"] = task.reason
    if task.refusal is not None:
        given = {name: text(task.refusal, name) for name in ("explanation", "statutory_cause")}
        said |= {name: words for name, words in given.items() if words}
        way = duties.remedies[COORDINATION]
        said["advisories"] = [{"id": way.id, "zh": way.zh, "en": way.en, "articles": list(way.articles)}]
    said["display"] = {"title": _TITLE[task.status], "description": _described(task)}
    if task.approval is None:
        return {"task": said}
    return {"task": said, "result": {"mode": "reevaluate", "approval": _approval(task.approval)}}


def pause(task: Task, now: datetime) -> int:
    """Return the seconds after which it is worth looking again, so that no turn of the clock is missed for long."""
    until = task.application.until
    return LONGEST if until is None else max(1, min(LONGEST, ceil((until - now).total_seconds())))


def _described(task: Task) -> str:
    """Return one line for whoever waits."""
    due = task.application.due
    if task.status == "pending" and due is not None:
        day = due.isoformat()
        return f"{day} 前未答复的,视为同意共享 · Without an answer by the end of {day}, consent is deemed"
    if task.approval is not None:
        return "请凭 result.approval 重新询问;能否提供以该次决定为准 · Ask again with result.approval; that decides"
    return task.reason or task.step


def _approval(approval: Approval) -> dict[str, object]:
    said: dict[str, object] = {
        "id": approval.id,
        "approved_at": approval.approved_at.isoformat(),
        "approved_until": approval.approved_until.isoformat(),
        "basis": approval.basis,
        "articles": list(approval.articles),
    }
    return said if approval.narrowed is None else said | {"granted_scope": _scope(approval.narrowed)}


def _scope(scope: Scope) -> dict[str, object]:
    """Return a scope in the members in which it is applied for; what is not limited is left out."""
    limits = {
        "fields": None if scope.fields is None else sorted(scope.fields),
        "rows": scope.rows,
        "masks": [mask.plain(name) for name, mask in sorted(scope.masks.items())] or None,
        "quota": scope.quota,
        "until": None if scope.ends is None else scope.ends.isoformat(),
    }
    return {name: limits[name] for name in MEMBERS if limits.get(name) is not None}
