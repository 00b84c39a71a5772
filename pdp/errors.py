"""Everything that can go wrong, and who must act.

PDPError
├── RequestError      the caller: mend the request           HTTP 400
├── ReusedRequestError  the caller: name each act anew        HTTP 422, nothing is recorded
├── ConflictError     the recorder: look at the matter again HTTP 409, nothing is recorded
├── TransitionError   the recorder: the act is not lawful    HTTP 409, nothing is recorded
│   └── SpeakerError  another must do it                     HTTP 403, nothing is recorded
├── PolicyError       legal staff: mend a policy file        the service does not start
├── OverlayError      the body that keeps an overlay         the question is in doubt
├── CalendarGapError  legal staff: add next year's calendar  the fact becomes `unknown`
└── UnavailableError  the operator: a store is down          HTTP 503, nothing is released
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime


class PDPError(Exception):
    """Anything this service reports as wrong; a refusal is none of it."""


class RequestError(PDPError):
    """A question cannot be read; the message says where and what, never the value that was sent."""

    def __init__(self, place: str, fault: str) -> None:
        super().__init__(f"{place}: {fault}")
        self.place = place
        self.fault = fault


class TransitionError(PDPError):
    """A statement is not a lawful act in the state it meets; nothing is recorded."""

    def __init__(self, act: str, fault: str, remedy: str) -> None:
        super().__init__(f"{act} {fault}; {remedy}")
        self.act = act
        self.fault = fault
        self.remedy = remedy


class SpeakerError(TransitionError):
    """The act is for somebody else to do; nothing is recorded."""


class ReusedRequestError(PDPError):
    """The name of a request was used for another act before; nothing is recorded."""

    def __init__(self, kind: str, seq: int) -> None:
        super().__init__(
            f"idempotency-key: named another act before ({kind}, statement {seq}); give each act a key of its own"
        )
        self.seq = seq


class ConflictError(PDPError):
    """The matter has moved on since the act was decided on. `since` tells how: seq, kind, speaker and instant each."""

    def __init__(self, ref: str, since: Sequence[tuple[int, str, str, datetime]]) -> None:
        told = ", ".join(f"{kind} by {by} ({seq})" for seq, kind, by, _ in since)
        super().__init__(f"{ref} has moved on: {told}; look at it again, then decide anew")
        self.ref = ref
        self.since = tuple(since)


class PolicyError(PDPError):
    """A policy file cannot be used. `path` is relative to the policy root, `line` counts from 1."""

    def __init__(self, path: str, line: int, fault: str, remedy: str) -> None:
        super().__init__(f"{path}:{line}: {fault}; {remedy}")
        self.path = path
        self.line = line
        self.fault = fault
        self.remedy = remedy


class CalendarGapError(PDPError):
    """A term runs past the published working-day calendar; `day` is the first day that is not covered."""

    def __init__(self, day: date) -> None:
        super().__init__(
            f"{day.isoformat()} is in no published working-day calendar; add policies/calendar/{day.year}.yaml"
        )
        self.day = day


class OverlayError(PDPError):
    """An overlay says nothing that can be used; `reason` is one of `Unheard`, which the record keeps."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnavailableError(PDPError):
    """A store or the log cannot be used: no decision was made, or none may be released.

    `code` and `who_must_act` (caller | recorder | legal | operator) are what the record of the failure says.
    """

    code = "store_unavailable"
    who_must_act = "operator"
