"""What an answer says of access requests: that a refusal can be answered with one, and what came of an approval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from pdp.rulebook.next_action import ASKABLE, next_action, requestable

if TYPE_CHECKING:
    from pdp.model import Answer

REQUESTS: Final = "/access/v1/requests"
SCHEMA: Final = f"{REQUESTS}/schema"
TEMPLATE: Final = "share_application"


class Offer(NamedTuple):
    """An offer to apply, as JSON."""

    request: bytes
    how: bytes  # in words, beside the remedy


def offered(answer: Answer, address: str) -> Offer | None:
    """Return the offer that goes with `answer`, None where a share application is not the remedy.

    One that an approval does not reach far enough for is answered with another application, so it is offered there too.
    """
    wider = answer.rested is not None
    if not requestable(answer.decision, answer.inquiry, wider=wider):
        return None
    expires = (answer.at + ASKABLE).isoformat()
    request = {
        "template": TEMPLATE, "endpoint": address + REQUESTS, "request_schema_url": address + SCHEMA,
        "expires_at": expires,
    }  # fmt: skip
    how = {
        "zh": f"在 {expires} 前,凭本次 evaluation_id 向 {REQUESTS} 提交 requested_access(应用场景、使用范围)",
        "en": f"Until {expires}, POST {REQUESTS} with this evaluation_id and requested_access: scenario and scope",
    }
    return Offer(orjson.dumps(request), orjson.dumps(how))


def further(answer: Answer, offer: Offer | None) -> bytes:
    """Return the members of a context that concern access requests, each behind its comma; most answers have none."""
    said = b"" if offer is None else b',"access_request":' + offer.request
    rested = answer.rested
    if rested is None:
        return said
    step = next_action(answer.decision, answer.inquiry, rested)
    told: dict[str, object] = {}
    if step is not None:
        told = {"next_action": step.action, "approval_reason": step.reason}
        told |= {} if step.retry_after is None else {"retry_after": step.retry_after}
    elif rested.until is not None:
        told = {"approval": {"id": rested.reference, "approved_until": rested.until.isoformat()}}
    return said + (b"," + orjson.dumps(told)[1:-1] if told else b"")
