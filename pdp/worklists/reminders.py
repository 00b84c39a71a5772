"""Everything that falls due and is not done: answers, supplies, objections, corrections, orders; and who must act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdp.ledger import dataset, subject
from pdp.ledger.proceeding import GRANTED
from pdp.ledger.terms import FULFILMENT_TERM
from pdp.ledger.words import text
from pdp.worklists.applications import answering, folded, item, let_pass, silent, unanswered
from pdp.worklists.clock import by
from pdp.worklists.page import Item, foundings, turn
from pdp.worklists.seeking import falling_due
from pdp.worklists.supervision import objected, rectified, sanctioned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View
    from pdp.ledger.world import World
    from pdp.worklists.page import Page, Paging, Source


@dataclass(frozen=True, slots=True)
class Notice:
    """A matter whose last day has come or passed, and who must act."""

    item: Item
    bodies: tuple[str, ...]  # as they are called now, the lead first; for a sanction the unit or person


def due_on(source: Source, world: World, now: datetime, page: Paging, day: date) -> Page:
    """Return whatever has `day` as its last day, as it stands at `now`; what was done, or deemed, is not on the list.

    Answers and supplies of shared data, handling of objections, corrections by sanctioned units and persons, and
    rectification by bodies. Sources: art_21__para_1, art_21__para_2, art_25__para_2, art_41__para_1, art_42__para_1.
    """

    def look(founding: Statement) -> Item | None:
        found = _DUE[founding.kind](world.view(now), founding)
        return found if found is not None and found.due == day else None

    return turn(source, falling_due(world.law, day, day), page, look)


def notices(source: Source, world: World, now: datetime, first: date, last: date) -> Iterator[Notice]:
    """Yield what has its last day from `first` to `last`, as it stands at `now`, with whoever must act.

    What `due_on` lists of each day, and the applications that a provider let pass: its silence is told to it, whatever
    the silence means (art_21__para_4), until it has answered.

    Raises:
        UnavailableError: the ledger cannot be read.
    """
    for founding in foundings(source, falling_due(world.law, first, last)):
        view = world.view(now)
        for notice in (*_let_pass(view, founding), *_to_do(view, founding)):
            if notice.item.due is not None and first <= notice.item.due <= last:
                yield notice


def _let_pass(view: View, founding: Statement) -> Iterator[Notice]:
    for provider in answering(view, founding):
        passed = let_pass(view, founding, provider)
        if passed is not None:
            yield Notice(passed, (provider,))


def _to_do(view: View, founding: Statement) -> Iterator[Notice]:
    """Yield what is to be done next; an answer whose term has ended is `_let_pass`'s."""
    found = _DUE[founding.kind](view, founding)
    answers = founding.kind == "application.received" and found is not None and unanswered(view, founding)
    if found is not None and not (answers and _let_pass_by_some(view, founding)):
        yield Notice(found, _WHO[founding.kind](view, founding))


def _let_pass_by_some(view: View, founding: Statement) -> bool:
    return next(_let_pass(view, founding), None) is not None


def _application(view: View, founding: Statement) -> Item | None:
    """Return an application with what comes next: its answer, or its supply within the term of the 10th day."""
    case = folded(view, founding)
    if case.due is not None and unanswered(view, founding):
        return item(view, founding, case, by(view, case.due, "答复"), case.due)
    if case.state not in GRANTED or case.received is None or "fulfilment" in case.said:
        return None
    due = view.law.term(case.received, FULFILMENT_TERM).due
    return item(view, founding, case, by(view, due, "完成共享"), due) if due else None


def _acting(member: str) -> Callable[[View, Statement], tuple[str, ...]]:
    """Return who looks up the one whom `member` of the founding statement names, or its last successor."""
    return lambda view, founding: (subject.now_held_by(view, text(founding, member)),)


_DUE: dict[str, Callable[[View, Statement], Item | None]] = {
    "application.received": _application,
    "objection.raised": objected,
    "sanction.suspended": sanctioned,
    "rectification.ordered": rectified,
}
_WHO: dict[str, Callable[[View, Statement], tuple[str, ...]]] = {
    "application.received": lambda view, founding: silent(view, founding) or answering(view, founding),
    "objection.raised": lambda view, founding: dataset.providers(view, text(founding, "dataset")),
    "sanction.suspended": _acting("subject"),
    "rectification.ordered": _acting("body"),
}
