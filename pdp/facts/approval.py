"""On which application a question rests that names an approval: the one behind the reference, if it is the subject's.

The reference ties the record to the application; whether anything is granted is for the ledger alone to say. One that
is forged, foreign or over changes nothing. Source: art_21.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pdp.ledger.task import named, task
from pdp.model import Rested
from pdp.workdays import civil

if TYPE_CHECKING:
    from datetime import datetime

    from pdp.ledger.world import World
    from pdp.model import AccessRequest


def rest(request: AccessRequest, world: World, now: datetime) -> tuple[AccessRequest, Rested | None]:
    """Return `request` resting on the application behind the approval that it names, and what that one is.

    Raises:
        UnavailableError: the ledger cannot be read.
    """
    reference = request.approval
    if reference is None:
        return request, None
    candidates = world.applications(request.dataset, request.subject, now) if request.subject else ()
    found = named(reference, candidates, civil(now))
    if found is None:
        return request, Rested(reference)
    state = task(world.view(now), found.id)
    approval = state.approval if state else None
    if approval is None or approval.id != reference:
        return request, Rested(reference, found.state)
    return replace(request, application=found.id), Rested(reference, found.state, approval.approved_until)
