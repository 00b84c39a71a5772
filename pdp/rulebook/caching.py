"""For how long a gateway may use a decision again without asking: a few seconds of what is open to everybody, or not.

A decision that is used again leaves no record, and the law asks for the course of every access; so it is the exception,
which a route must ask for. Source: art_3__para_3, art_26__para_2.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pdp.model import Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from pdp.model import AccessRequest, Decision, Facts, Inquiry

LONGEST: Final = 10  # seconds
OPEN: Final = {"relation": "opening", "opening_class": "unconditional"}  # fact -> its value
_LIMITED: Final = ("application", "quota", "rows")  # parameters of a permit that is meant for one use, or for a part
_SECOND: Final = timedelta(seconds=1)


def cached(request: AccessRequest, inquiry: Inquiry, decision: Decision, at: datetime) -> Decision:
    """Return `decision` as it may be used again: with the seconds, and valid for no longer; else as it is.

    Args:
        request: the question; its route says for how long at most.
        inquiry: the facts it was decided on.
        decision: the answer.
        at: when the verdict was fixed, aware.
    """
    if request.cache is None or decision.valid_until is None or not _open_to_all(request, inquiry, decision):
        return decision
    seconds = min(request.cache, LONGEST, (decision.valid_until - at) // _SECOND)
    return replace(decision, cache=seconds, valid_until=at + seconds * _SECOND) if seconds > 0 else decision


def _open_to_all(request: AccessRequest, inquiry: Inquiry, decision: Decision) -> bool:
    """Return whether a permit gives, whole, what everybody may have; what a body limits itself is asked each time."""
    return (
        decision.outcome is Outcome.PERMIT
        and request.rows is None
        and not inquiry.joined
        and not inquiry.overlaid
        and not any(name in inquiry.parameters for name in _LIMITED)
        and all(_open(group.facts) for group in inquiry.groups)
    )


def _open(facts: Facts) -> bool:
    return all(name in facts.index and facts[name] == value for name, value in OPEN.items())
