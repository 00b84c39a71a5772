"""Sanctions in force, and objections that a provider has to handle. Sources: art_25, art_32__para_1, art_42__para_1."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pdp.ledger import dataset, objection, rectification, sanction
from pdp.ledger.terms import OBJECTION_TERM
from pdp.ledger.words import text
from pdp.workdays import civil
from pdp.worklists.clock import by, days_left
from pdp.worklists.page import Item, ref, turn
from pdp.worklists.seeking import about_data_of

if TYPE_CHECKING:
    from datetime import datetime

    from pdp.ledger.objection import Objection
    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View
    from pdp.ledger.world import World
    from pdp.worklists.page import Page, Paging, Source

_STEPS = {"raised": "核查处理", "handled": "反馈", "fed_back": "报备"}


def sanctions_in_force(source: Source, world: World, now: datetime, page: Paging) -> Page:
    """Return every suspension and termination in force; a suspension has the day by which to correct.

    No sanction ends by time: one whose day has passed stays. Source: art_42__para_1.
    """
    return turn(source, {"sanction.suspended": ()}, page, lambda founding: sanctioned(world.view(now), founding))


def objections_due(source: Source, world: World, now: datetime, page: Paging, *, of: str) -> Page:
    """Return the objections to data of the provider `of` that are not closed, those overdue included.

    Objections to open data have no clock; those to shared data none before the day of reading objection_clock_start.
    Source: art_25__para_1, art_25__para_2, art_32__para_1.
    """

    def look(founding: Statement) -> Item | None:
        view = world.view(now)
        return objected(view, founding) if of in dataset.providers(view, text(founding, "dataset")) else None

    return turn(source, about_data_of(source, of, "objection.raised"), page, look)


def sanctioned(view: View, founding: Statement) -> Item | None:
    """Return the sanction that `founding` began, or None where it is not in force."""
    case = sanction.fold(view, text(founding, "id"))
    if case.state == "clear":
        return None
    orders = [said for said in view.about(ref(founding)) if said.kind == f"sanction.{case.state}"]
    due = date.fromisoformat(text(orders[-1], "due")) if case.state == "suspended" else None
    return Item(
        entity=ref(founding),
        subject=case.subject,
        dataset=",".join(sorted(case.datasets)),
        state=case.state,
        zh=f"已暂停访问,{by(view, due, '改正')}" if due else "已终止访问",
        due=due,
        days_left=days_left(view, due),
        since=orders[-1].at,
        statements=case.seqs,
    )


def objected(view: View, founding: Statement) -> Item | None:
    """Return the objection that `founding` began, or None where nothing is left to do."""
    case = objection.fold(view, text(founding, "id"))
    if case.raised is None or case.closed:
        return None
    start = case.filed if view.law.readings["objection_clock_start"] == "filing" else case.raised
    due = _objection_due(view, case, start)
    return Item(
        entity=ref(founding),
        subject=case.objector,
        dataset=case.dataset,
        state=case.state,
        zh=by(view, due, _STEPS[case.state]) if due else f"待{_STEPS[case.state]},{_no_clock(case, start)}",
        due=due,
        days_left=days_left(view, due),
        since=case.raised,
        statements=case.seqs,
    )


def rectified(view: View, founding: Statement) -> Item | None:
    """Return the order to rectify that `founding` gave, or None where it was verified. Source: art_41__para_1."""
    case = rectification.fold(view, text(founding, "id"))
    if case.state == "none":
        return None
    order = [said for said in view.about(ref(founding)) if said.kind == "rectification.ordered"][-1]
    due = date.fromisoformat(text(order, "due"))
    left = days_left(view, due)
    return Item(ref(founding), case.body, "", case.state, by(view, due, "整改"), due, left, order.at, case.seqs)


def _objection_due(view: View, case: Objection, start: datetime | None) -> date | None:
    if case.side == "open":
        return None
    if case.until is not None:
        return case.until
    return view.law.term(civil(start), OBJECTION_TERM).due if start else None


def _no_clock(case: Objection, start: datetime | None) -> str:
    if case.side == "open":
        return "无法定期限"
    return "工作日历未公布,期限无法计算" if start else "尚未报备,期限未起算"
