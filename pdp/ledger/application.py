"""申请: where one application for conditional sharing stands. Sources: art_19__para_3, art_21, art_22, art_23, art_44.

Nothing here is scheduled: deemed consent, expiry and an uncovered calendar are what the fold sees when it looks. An
application meets two kinds of events, the statements about it and the versions of its dataset's classes, in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger import classification
from pdp.ledger.proceeding import Proceeding
from pdp.ledger.states import Application
from pdp.ledger.words import text

if TYPE_CHECKING:
    from pdp.ledger.classification import Classes
    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View


def fold(view: View, application: str) -> Application:
    """Return `application` as it stands; its state is empty where nobody applied."""
    course = proceeding(view, application)
    return course.application() if course else Application(application, until=view.changes)


def received(view: View, application: str) -> Statement | None:
    """Return the statement by which `application` was received; None where nobody applied."""
    statements = view.about(f"application/{application}")
    return statements[0] if statements and statements[0].kind == "application.received" else None


def proceeding(view: View, application: str) -> Proceeding | None:
    """Return `application` after all it has met so far; None where nobody applied."""
    statements = view.about(f"application/{application}")
    if not statements or statements[0].kind != "application.received":
        return None
    received = statements[0]
    versions = classification.versions(view, text(received, "dataset"))
    earlier = [version for version in versions if (version.at, version.seq) < (received.at, received.seq)]
    course = Proceeding(view, received, earlier[-1] if earlier else None)
    later: list[Statement | Classes] = [*statements[1:], *versions[len(earlier) :]]
    for event in sorted(later, key=lambda event: (event.at, event.seq)):
        course.turn(event.at)
        if isinstance(event, classification.Classes):
            course.reclassify(event)
        else:
            course.take(event)
    return course
