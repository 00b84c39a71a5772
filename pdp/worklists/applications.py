"""Applications that wait for an answer, were answered by silence, were refused without reasons, or are not used.

Sources: art_21, art_24__para_1, art_31__para_2, art_41__para_1__item_5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger import application, named, opening, subject
from pdp.ledger.proceeding import GRANTED, WAITING
from pdp.ledger.words import text
from pdp.workdays import civil
from pdp.worklists import seeking
from pdp.worklists.clock import by, days_left
from pdp.worklists.page import Item, ref, turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from pdp.ledger.proceeding import Proceeding
    from pdp.ledger.statement import Statement
    from pdp.ledger.states import Application
    from pdp.ledger.view import View
    from pdp.ledger.world import World
    from pdp.worklists.page import Page, Paging, Source

SHARING, OPENING = "application.received", "opening.applied"
_OPEN = WAITING | {"incomplete"}


def open_applications(source: Source, world: World, now: datetime, page: Paging, *, of: str) -> Page:
    """Return the applications of the applicant `of`, for sharing and for opening, that wait for an answer.

    `source` is the ledger that `world` sees. A successor has the applications of the body that it succeeded.

    Raises:
        UnavailableError: the ledger cannot be read.

    Source: art_21__para_1, art_31__para_2.
    """

    def look(founding: Statement) -> Item | None:
        view = world.view(now)
        if subject.now_held_by(view, text(founding, "applicant")) != of:
            return None
        case = folded(view, founding)
        return item(view, founding, case, _waits(view, case), case.due) if case.state in _OPEN else None

    return turn(source, seeking.applied_by(source, of, SHARING, OPENING), page, look)


def answers_due(source: Source, world: World, now: datetime, page: Paging, *, of: str) -> Page:
    """Return the share applications that the provider `of` has still to answer, and whose term has not ended.

    Each joint provider answers for itself (reading joint_providers). Without a due day are those whose term runs past
    the calendar, and those received before the law was in force. Source: art_21__para_1, art_44__para_1.
    """

    def look(founding: Statement) -> Item | None:
        view = world.view(now)
        course = _course(view, founding)
        if course is None or of not in course.providers or course.answered(of) not in WAITING or _late(view, course):
            return None
        case = course.application()
        return item(view, founding, case, _waits(view, case), case.due)

    return turn(source, seeking.awaiting_answer(source, world.law, now, of), page, look)


def answers_overdue(source: Source, world: World, now: datetime, page: Paging, *, of: str) -> Page:
    """Return the share applications that the provider `of` let pass: its silence stands, and it has not confirmed.

    Where silence deems nothing (reading deemed_consent_today) they stay here until it answers. Source: art_21__para_4.
    """
    sought = seeking.about_data_of(source, of, SHARING)
    return turn(source, sought, page, lambda founding: let_pass(world.view(now), founding, of))


def refusals_defective(source: Source, world: World, now: datetime, page: Paging) -> Page:
    """Return the share applications that a provider refused without an explanation or without a statutory cause.

    Source: art_21__para_3, art_41__para_1__item_5.
    """

    def look(founding: Statement) -> Item | None:
        view = world.view(now)
        course = _course(view, founding)
        if course is None or not any(course.answered(one) == "refused_defectively" for one in course.providers):
            return None
        return item(view, founding, course.application(), "拒绝时未同时说明理由并提供法定事因", None)

    return turn(source, {SHARING: ({named.DEFECTIVE},)}, page, look)


def grants_unused(source: Source, world: World, now: datetime, page: Paging, used: Callable[[str], int | None]) -> Page:
    """Return the grants, for sharing and for opening, under which nothing was released yet.

    `used` returns the number of released decisions by application, as `pdp.ports.Usage.used` does; where it is not
    known (None) nothing is claimed, and the grant is not on the list. Source: art_24__para_1.
    """

    def look(founding: Statement) -> Item | None:
        view = world.view(now)
        case = folded(view, founding)
        if case.state not in GRANTED or used(case.id) != 0:
            return None
        course = _course(view, founding) if case.state == "deemed" else None
        return item(view, founding, case, "已获同意,尚未使用", None, course.term.over if course else None)

    return turn(source, {SHARING: (), OPENING: ()}, page, look)


def folded(view: View, founding: Statement) -> Application:
    """Return the application that `founding` began, as it stands."""
    name = text(founding, "id")
    return opening.fold(view, name) if founding.kind == OPENING else application.fold(view, name)


def let_pass(view: View, founding: Statement, of: str) -> Item | None:
    """Return the share application that the provider `of` let pass and has not confirmed since, or None."""
    course = _course(view, founding)
    if course is None or of not in course.providers or not _late(view, course):
        return None
    case, answered = course.application(), course.answered(of)
    if case.state == "expired" or answered not in WAITING | {"deemed"}:
        return None
    return item(view, founding, case, _silent(course, answered), case.due, course.term.over)


def answering(view: View, founding: Statement) -> tuple[str, ...]:
    """Return the providers that answer for the share application that `founding` began, the lead first."""
    course = _course(view, founding)
    return course.providers if course is not None else ()


def silent(view: View, founding: Statement) -> tuple[str, ...]:
    """Return those providers that have still to answer the share application that `founding` began."""
    course = _course(view, founding)
    return tuple(one for one in course.providers if course.answered(one) in WAITING) if course is not None else ()


def unanswered(view: View, founding: Statement) -> bool:
    """Return whether a provider has still to answer the share application that `founding` began."""
    return bool(silent(view, founding))


def item(  # noqa: PLR0913, PLR0917  # what an item says, once
    view: View, founding: Statement, case: Application, zh: str, due: date | None, over: datetime | None = None
) -> Item:
    """Return `case` as an item; it is on its list since the last statement behind its state, or since `over`."""
    behind = tuple(sorted(case.said["authority"]))
    said = [*view.about(ref(founding)), *view.about(f"dataset/{case.dataset}")]
    since = max(statement.at for statement in said if statement.seq in behind)
    return Item(
        entity=ref(founding),
        subject=case.applicant,
        dataset=case.dataset,
        state=case.state,
        zh=zh,
        due=due,
        days_left=days_left(view, due),
        since=max(since, over) if over else since,
        statements=behind,
    )


def _course(view: View, founding: Statement) -> Proceeding | None:
    if founding.kind != SHARING:
        return None
    return application.proceeding(view, text(founding, "id"))


def _late(view: View, course: Proceeding) -> bool:
    over = course.term.over
    return over is not None and view.reached(over)


def _waits(view: View, case: Application) -> str:
    """Say what an application waits for."""
    if case.side == "opening":
        return "等待开放审核,无法定期限"
    if case.state == "incomplete":
        return "场景或者范围不全,待补正后起算期限"
    if case.due is not None:
        return by(view, case.due, "答复")
    predates = case.received is not None and case.received < view.law.in_force_from
    return "本办法施行前收到,不计答复期限" if predates else "工作日历未公布,答复期限无法计算"


def _silent(course: Proceeding, answered: str) -> str:
    """Say what came of a term that ended in silence."""
    ended = f"{course.term.due} 期满未答复"
    if answered == "deemed" and course.term.over is not None:
        return f"{ended},自 {civil(course.term.over)} 起视为同意,待确认"
    return f"{ended},不视为同意,仍应答复"
