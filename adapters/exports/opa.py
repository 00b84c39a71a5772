"""Decisions as OPA's decision log has them (EventV1 of OPA 1.x), for tools that read those.

OPA's masking pointers are kept; its rule to drop decisions is not there, on purpose. `req_id` is a number in OPA, so an
id that is none stands under `custom`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from adapters.exports.told import Told

Json = dict[str, Any]

KINDS: Final = frozenset({"decision", "error"})  # what is a question; rejections never became one
PATH: Final = "access/main/decision"
_MOVED: Final = {  # what of a record is where in an event
    **{f"/{name}/": f"/input/{name}/" for name in ("request", "groups")},
    **{f"/{name}/": f"/result/{name}/" for name in ("granted", "withheld", "overlays")},
}
_BESIDE: Final = ("granted", "withheld", "overlays")  # what is released, and what bodies added, where there is any
_FACTS: Final = ("dataset", "fields", "facts")
_LARGEST: Final = (1 << 64) - 1


def opa_event(told: Told) -> Json:
    """Return a decision or an error as one event."""
    record = told.record
    request = record["request"]
    event: Json = {
        "labels": {
            "id": str(told.writer.get("node", "")),
            "version": str(told.writer.get("version", "")),
            "log": told.log,
            "index": str(told.index),
        },
        "decision_id": record["id"],
        "timestamp": record["at"],
        "path": PATH,
        "input": _input(record),
        "requested_by": request["gateway"],
        "custom": {"leaf": told.leaf},
    }
    _identify(event, record)
    masked = [_pointer(pointer) for pointer in record.get("masked", ())]
    if any(masked):
        event["masked"] = [pointer for pointer in masked if pointer]
    if told.kind == "error":
        event["error"] = {"code": record["error"]["code"], "message": f"{record['error']['who_must_act']} must act"}
        return event
    event["bundles"] = {name: {"revision": digest} for name, digest in told.revision.items() if name != "set"}
    event["bundles"]["ledger"] = {"revision": str(record["revision"]["ledger"])}
    event["result"] = _result(record)
    cost = record["cost"]
    event["metrics"] = {"timer_facts_ns": cost["facts_us"] * 1000, "timer_decide_ns": cost["decide_us"] * 1000}
    return event


def _identify(event: Json, record: Json) -> None:
    """Add the ids under which others know the question."""
    for name in ("trace_id", "span_id"):
        if name in record.get("trace", {}):
            event[name] = record["trace"][name]
    request_id = record["request"].get("request_id")
    if request_id is not None:
        event["custom"]["request_id"] = request_id
        if request_id.isascii() and request_id.isdecimal() and 0 < int(request_id) <= _LARGEST:
            event["req_id"] = int(request_id)


def _input(record: Json) -> Json:
    if "groups" in record:
        groups = [{name: group[name] for name in _FACTS if name in group} for group in record["groups"]]
        return {"request": record["request"], "groups": groups}
    return {"request": record["request"], **({"facts": record["facts"]} if "facts" in record else {})}


def _result(record: Json) -> Json:
    return {
        "decision": record["outcome"] in {"PERMIT", "PARTIAL"},
        "outcome": record["outcome"],
        "findings": findings_in(record),
        "duties": record.get("duties", []),
        **{name: record[name] for name in _BESIDE if record.get(name)},
    }


def findings_in(record: Json) -> list[Json]:
    """Return the findings of a decision, of all its groups, each once."""
    united: dict[tuple[str, str], Json] = {}
    for group in record.get("groups", [record]):
        for found in group.get("findings", ()):
            united.setdefault((found["rule"], found["effect"]), found)
    return list(united.values())


def _pointer(pointer: str) -> str:
    """Return where in an event stands what `pointer` names in a record; empty where it is left out."""
    for before, after in _MOVED.items():
        if pointer.startswith(before):
            return after + pointer.removeprefix(before)
    return ""
