"""Everything that falls due on one day and is not done yet: answers, supplies, objections, corrections, orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger.proceeding import GRANTED
from pdp.ledger.terms import FULFILMENT_TERM
from pdp.worklists.applications import folded, item, unanswered
from pdp.worklists.clock import by
from pdp.worklists.page import Item, turn
from pdp.worklists.supervision import objected, rectified, sanctioned

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View
    from pdp.ledger.world import World
    from pdp.worklists.page import Page, Paging, Source


def due_on(source: Source, world: World, now: datetime, page: Paging, day: date) -> Page:
    """Return whatever has `day` as its last day, as it stands at `now`; what was done, or deemed, is not on the list.

    Answers and supplies of shared data, handling of objections, corrections by sanctioned units and persons, and
    rectification by bodies. Sources: art_21__para_1, art_21__para_2, art_25__para_2, art_41__para_1, art_42__para_1.
    """

    def look(founding: Statement) -> Item | None:
        found = _DUE[founding.kind](world.view(now), founding)
        return found if found is not None and found.due == day else None

    return turn(source, tuple(_DUE), page, look)


def _application(view: View, founding: Statement) -> Item | None:
    """Return an application with what comes next: its answer, or its supply within the term of the 10th day."""
    case = folded(view, founding)
    if case.due is not None and unanswered(view, founding):
        return item(view, founding, case, by(view, case.due, "答复"), case.due)
    if case.state not in GRANTED or case.received is None or "fulfilment" in case.said:
        return None
    due = view.law.term(case.received, FULFILMENT_TERM).due
    return item(view, founding, case, by(view, due, "完成共享"), due) if due else None


_DUE: dict[str, Callable[[View, Statement], Item | None]] = {
    "application.received": _application,
    "objection.raised": objected,
    "sanction.suspended": sanctioned,
    "rectification.ordered": rectified,
}
