"""Faults as `application/problem+json`, in the words of the access request profile."""

from __future__ import annotations

import re
from typing import Final

from fastapi.responses import JSONResponse

from adapters.gateways.headers import RejectedError
from pdp.errors import RequestError, ReusedRequestError, SpeakerError, TransitionError, UnavailableError

_URN: Final = "urn:openid:authzen:access-request:error:"
_NO_STORE: Final = {"cache-control": "no-store"}
_ARTICLE: Final = re.compile(r"art_\d+(?:__para_\d+(?:__item_\d+)?)?")
_TITLES: Final = {
    "not_requestable": "This cannot be applied for",
    "invalid_denial_binding": "This does not belong to the refusal that it names",
    "unknown_task": "There is no such task, or it is not yours",
    "duplicate_request": "The idempotency key named another request before",
    "invalid_task_state": "The task is past that",
    "expired_denial": "The refusal is too old to be answered; ask again",
    "task_expired": "The term that was granted has ended",
}
_PLAIN: Final = {
    400: "The request cannot be read", 401: "Nobody was authenticated", 403: "This is for another to do",
    503: "Nothing was recorded, or it is not known",
}  # fmt: skip
_CODES: Final = {400: "bad_request", 401: "not_authenticated", 403: "not_entitled"}


class ProblemError(Exception):
    """What stands in the way of an access request, by the profile's name for it."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail


def problem(fault: Exception) -> tuple[str, JSONResponse]:
    """Return the word under which `fault` is recorded, and the answer; anything unforeseen is a 503."""
    headers = dict(_NO_STORE)
    if isinstance(fault, ProblemError):
        status, code, detail = fault.status, fault.kind, fault.detail
        told = {"type": _URN + code, "title": _TITLES[code]}
    else:
        status, detail = _plain(fault)
        code = _CODES.get(status, "unavailable")
        told = {"type": "about:blank", "title": _PLAIN[status]}
    if isinstance(fault, RejectedError):
        headers |= {name.decode(): value.decode() for name, value in fault.headers}
    if status == 503:  # noqa: PLR2004 -- a failure, not a refusal
        headers["retry-after"] = "1"
    body: dict[str, object] = {**told, "status": status, "detail": detail}
    cited = sorted(set(_ARTICLE.findall(detail)))
    return code, JSONResponse(
        body | ({"articles": cited} if cited else {}), status, headers, "application/problem+json"
    )


def lawless(fault: TransitionError | ReusedRequestError, kind: str) -> ProblemError | SpeakerError:
    """Return how the ledger's refusal of an act is told: `kind` unless another would have to act."""
    if isinstance(fault, SpeakerError):
        return fault
    if isinstance(fault, ReusedRequestError):
        return ProblemError(409, "duplicate_request", str(fault))
    return ProblemError(409 if kind == "invalid_task_state" else 400, kind, str(fault))


def _plain(fault: Exception) -> tuple[int, str]:
    if isinstance(fault, RejectedError):
        return fault.status if fault.status in _PLAIN else 400, fault.text
    if isinstance(fault, SpeakerError):
        return 403, str(fault)
    if isinstance(fault, RequestError):
        return 400, str(fault)
    if isinstance(fault, UnavailableError):
        return 503, "the ledger or the decision log cannot be used; ask again with the same idempotency key"
    return 503, "nothing was recorded, or it is not known; ask again with the same idempotency key"
