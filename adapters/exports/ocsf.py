"""Questions and answers as events of OCSF 1.5.0, class API Activity (6003), profile security_control.

OCSF has no class for decisions on access. What it has no attribute for stands under `unmapped`, as the record has it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from adapters.exports.opa import findings_in
from pdp.law import cite
from pdp.overlay import speaker

if TYPE_CHECKING:
    from adapters.exports.told import Told

Json = dict[str, Any]

KINDS: Final = frozenset({"decision", "error", "rejection"})
VERSION: Final = "1.5.0"
PRODUCT: Final = "public-data-pdp"
_CATEGORY, _CLASS = 6, 6003
_READ, _OTHER = 2, 99
_INFORMATIONAL = 1
_SUCCESS, _FAILURE = 1, 2
_ALLOWED, _DENIED = 1, 2  # of actions, and of dispositions (allowed, blocked)
_USER, _SYSTEM, _UNKNOWN = 1, 3, 0  # kinds of accounts
_RELEASED: Final = frozenset({"PERMIT", "PARTIAL"})
_MAPPED: Final = frozenset({"id", "at", "kind", "request", "writer", "outcome"})


def ocsf_event(told: Told) -> Json:
    """Return a decision, an error or a rejection as one event."""
    record = told.record
    request: Json = record.get("request", {})
    read = request.get("action") == "read"
    activity = _READ if read else _OTHER
    event: Json = {
        "category_uid": _CATEGORY,
        "class_uid": _CLASS,
        "activity_id": activity,
        "activity_name": "Read" if read else request.get("action", "rejected"),
        "type_uid": _CLASS * 100 + activity,
        "severity_id": _INFORMATIONAL,
        "time": milliseconds(record["at"]),
        "metadata": _metadata(told),
        "actor": _actor(request),
        "api": {
            "operation": request.get("action", "unknown"),
            "request": {"uid": request.get("request_id", record["id"])},
        },
        "src_endpoint": _source(record, request),
        "unmapped": {name: value for name, value in record.items() if name not in _MAPPED},
    }
    event["unmapped"]["leaf"] = told.leaf
    event["unmapped"]["writer"] = dict(told.writer)
    if "dataset" in request:
        event["resources"] = [{"uid": request["dataset"], "type": "dataset"}]
        event["unmapped"]["request"] = request
    return event | (_decided(told, event["actor"]) if told.kind == "decision" else _failed(record))


def milliseconds(at: str) -> int:
    """Return an instant as a record spells it as Unix milliseconds, cut."""
    return int(datetime.fromisoformat(at).timestamp() * 1_000_000) // 1000


def _metadata(told: Told) -> Json:
    return {
        "version": VERSION,
        "profiles": ["security_control"],
        "product": {"name": PRODUCT, "vendor_name": PRODUCT, "version": str(told.writer.get("version", ""))},
        "uid": told.record["id"],
        "log_name": told.log,
        "sequence": told.index,
        "event_code": told.kind,
        "original_time": told.record["at"],
    }


def _actor(request: Json) -> Json:
    """Return who asked: the person's digest, or the system that acts, or the body; nobody is named `anonymous`."""
    subject: Json = request.get("subject", {})
    person = subject.get("person") or subject.get("staff")
    if person:
        user: Json = {"uid": person, "type_id": _USER}
    elif "system" in subject or "body" in subject:
        user = {"uid": subject.get("system") or subject["body"], "type_id": _SYSTEM}
    else:
        user = {"name": "anonymous", "type_id": _UNKNOWN}
    if "body" in subject:
        user["org"] = {"uid": subject["body"]}
    return {"user": user}


def _source(record: Json, request: Json) -> Json:
    """Return where the question came from: the gateway's name, or a digest of the peer's address."""
    gateway, door = request.get("gateway") or record.get("gateway"), request.get("door") or record.get("door", "")
    named = {"name": gateway} if gateway else {"uid": record["peer"]} if "peer" in record else {"name": door}
    return {**named, "svc_name": door} if door else named


def _decided(told: Told, actor: Json) -> Json:
    """Return what a decision adds."""
    record = told.record
    released = record["outcome"] in _RELEASED
    settling = {"permit"} if released else {"forbid", "refer", "doubt"}
    actor["authorizations"] = [
        {
            "decision": found["effect"],
            "policy": {
                "uid": found["rule"],
                "name": found["rule"],
                "desc": "、".join(map(_cited, found["articles"])),
                **_whose(found["rule"], told),
                "is_applied": found["effect"] in settling or (released and found["effect"] == "oblige"),
            },
        }
        for found in findings_in(record)
    ]
    action = _ALLOWED if released else _DENIED
    return {
        "status_id": _SUCCESS,
        "status_code": record["outcome"],
        "action_id": action,
        "action": "Allowed" if released else "Denied",
        "disposition_id": action,
        "disposition": "Allowed" if released else "Blocked",
    }


def _whose(rule: str, told: Told) -> Json:
    """Return whose rule it is: ours, of a rulebook, or a body's own, of which no revision is known."""
    overlay = speaker(rule)
    if not overlay:
        return {"version": told.revision["rulebook"]}
    body = next((str(one["body"]) for one in told.record.get("overlays", ()) if one["id"] == overlay), overlay)
    return {"group": {"uid": overlay, "name": body}}


def _failed(record: Json) -> Json:
    """Return what an error or a rejection adds: nothing was released."""
    code = record["error"]["code"] if "error" in record else record["code"]
    denied = {"action_id": _DENIED, "action": "Denied", "disposition_id": _DENIED, "disposition": "Blocked"}
    return {"status_id": _FAILURE, "status_code": code, "count": record.get("count", 1), **denied}


def _cited(article: str) -> str:
    try:
        return cite(article)
    except ValueError:
        return article
