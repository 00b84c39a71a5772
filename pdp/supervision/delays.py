"""Answers, fulfilments and objections that came too late or without their reasons: art_41__para_1 items 5 and 6.

What was late stays late: a later answer does not undo the finding, so each is judged just before its term was over.
Sources: art_21, art_25__para_2, art_41__para_1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger import application, dataset, objection, subject
from pdp.ledger.proceeding import GRANTED
from pdp.ledger.terms import FULFILMENT_TERM, OBJECTION_TERM
from pdp.supervision.finding import Finding, entities
from pdp.workdays import civil

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pdp.ledger.objection import Objection
    from pdp.ledger.proceeding import Proceeding
    from pdp.ledger.view import View
    from pdp.ledger.world import World
    from pdp.supervision.finding import Reader

SHARING = "art_41__para_1__item_5"
OBJECTIONS = "art_41__para_1__item_6"

_UNANSWERED = frozenset({"pending", "incomplete"})  # the latter has a term where reading incomplete_application says so


def findings(ledger: Reader, world: World, now: datetime) -> list[Finding]:
    """Return what the clocks show of items 5 and 6, against each provider that had to act.

    Item 5: 未按照规定共享或者开放公共数据的.
    Item 6: 未及时核查其他公共机构、单位和自然人认为存在异议的公共数据的.
    A term that the calendar does not cover is never taken to be over.

    Raises:
        UnavailableError: the ledger cannot be read.
    """
    found: list[Finding] = []
    for name in entities(ledger, "application"):
        course = application.proceeding(world.view(now), name)
        if course is not None:
            found += _unanswered(world, now, name, course)
            found += _unfulfilled(world, now, name, course)
            found += _defective(world, now, name)
    for name in entities(ledger, "objection"):
        found += _overdue(world, now, objection.fold(world.view(now), name))
    return found


def _before(world: World, over: datetime) -> View:
    """Return the ledger as it stands at the last instant before `over`."""
    return world.view(over - type(over).resolution)


def _unanswered(world: World, now: datetime, name: str, course: Proceeding) -> Iterator[Finding]:
    """Yield a finding for each provider that had not answered by the 5th working day. Source: art_21__para_4."""
    over = course.term.over
    if over is None or now < over:
        return
    then = application.proceeding(_before(world, over), name)
    for provider in then.providers if then else ():
        if then and then.answered(provider) in _UNANSWERED:
            zh = f"申请 {name} 应于 {course.term.due} 前答复,逾期未答复"
            yield Finding(SHARING, _now(world, now, provider), zh, _scope(then), (), over)


def _unfulfilled(world: World, now: datetime, name: str, course: Proceeding) -> Iterator[Finding]:
    """Yield a finding where a grant was not fulfilled when the 10th working day ended. Source: art_21__para_2."""
    if course.term.over is None:
        return  # no clock ran
    term = world.law.term(course.receipt.day, FULFILMENT_TERM)
    if term.over is None or now < term.over:
        return
    then = application.proceeding(_before(world, term.over), name)
    case = then.application() if then else None
    if then and case and case.state in GRANTED and "fulfilment" not in case.said:
        zh = f"申请 {name} 已获同意,应于 {term.due} 前完成共享(原则上),逾期未完成"
        yield from (
            Finding(SHARING, _now(world, now, provider), zh, tuple(sorted(case.said["authority"])), (), term.over)
            for provider in then.providers
        )


def _defective(world: World, now: datetime, name: str) -> Iterator[Finding]:
    """Yield a finding for each refusal that gave no explanation or no statutory cause. Source: art_21__para_3."""
    for statement in world.view(now).about(f"application/{name}"):
        if statement.kind != "application.refused":
            continue
        then = application.proceeding(world.view(statement.at), name)
        speaker = subject.now_held_by(world.view(statement.at), statement.by)
        if then and then.answered(speaker) == "refused_defectively":
            zh = f"拒绝申请 {name} 时未同时说明理由并提供法定事因"
            yield Finding(SHARING, _now(world, now, speaker), zh, (statement.seq,), (), statement.at)


def _overdue(world: World, now: datetime, case: Objection) -> Iterator[Finding]:
    """Yield a finding for each provider that had given no feedback when the term ended. Source: art_25__para_2."""
    over = _term_over(world, now, case)
    if case.side != "shared" or over is None or now < over:
        return
    then = objection.fold(_before(world, over), case.id)
    if then.state == "fed_back":
        return
    zh = f"异议 {case.id} 逾期未核查处理并反馈(数据 {case.dataset})"
    for provider in dataset.providers(world.view(now), case.dataset):
        yield Finding(OBJECTIONS, provider, zh, case.seqs, (), over)


def _term_over(world: World, now: datetime, case: Objection) -> datetime | None:
    law = world.view(now).law
    if case.until is not None:
        return law.end_of(case.until)
    start = case.filed if law.readings["objection_clock_start"] == "filing" else case.raised
    return law.term(civil(start), OBJECTION_TERM).over if start else None


def _scope(course: Proceeding) -> tuple[int, ...]:
    """Return the statements that made the application what it was, with those behind its state."""
    said = course.application().said
    return tuple(sorted({*said["scope"], *said["authority"]}))


def _now(world: World, now: datetime, body: str) -> str:
    """Return the body that stands in the place of `body` now."""
    return subject.now_held_by(world.view(now), body)
