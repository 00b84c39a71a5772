"""申请事项: a share application as the task on which whoever asked for access waits, read off its fold at one instant.

Nothing is stored beside the application, and nothing is scheduled: the same look that finds consent deemed finds the
task approved. Sources: art_21, art_22__para_1, art_23__para_1.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from pdp.ledger import application as applications
from pdp.ledger.answers import ANSWERS
from pdp.ledger.proceeding import GRANTED, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from pdp.ledger.proceeding import Proceeding
    from pdp.ledger.statement import Statement
    from pdp.ledger.states import Application, Scope
    from pdp.ledger.view import View

TASK: Final = re.compile(r"[0-9a-f]{32}")
"""The id of an application that was applied for as a task: 128 random bits, hexadecimal."""
LIFE: Final = timedelta(days=30)
"""How long the reference to an approval holds where the scope states no term; the grant itself has no such end."""

Status = Literal["pending", "approved", "denied", "cancelled", "over"]

_STATUS: Final[dict[str, Status]] = {
    **dict.fromkeys(GRANTED, "approved"),
    **dict.fromkeys(WAITING | {"incomplete"}, "pending"),
    "refused": "denied",
    "refused_defectively": "denied",
    "withdrawn": "cancelled",
    "void_while_pending": "cancelled",
    "void": "cancelled",
    "not_needed": "cancelled",
    "expired": "over",  # the term that was granted has ended, which is no answer of the workflow
}
_REASON: Final = {
    "withdrawn": "withdrawn",
    "void_while_pending": "class_changed",
    "void": "class_changed_after_approval",
    "not_needed": "application_not_needed",
    "refused": "refused",
    "refused_defectively": "refused_without_explanation_or_statutory_cause",
}
_REFUSED: Final = "application.refused"
_STEP: Final = {"pending": "provider_answer"}  # other waiting states are steps of their own name
BASIS: Final = {
    "agreed": ("agreement", ("art_21__para_2",)),
    "agreed_in_part": ("agreement_in_part", ("art_21__para_2",)),
    "deemed": ("deemed_consent", ("art_21__para_4",)),
}
"""State -> on what the approval rests, and the articles."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What an approved task refers to; never a grant by itself, the decision rests on the ledger."""

    id: str
    approved_at: datetime
    approved_until: datetime  # end of the term stated, else of this reference
    basis: str
    articles: tuple[str, ...]
    narrowed: Scope | None  # what was granted, where that is less than what was applied for


@dataclass(frozen=True, slots=True)
class Task:
    """Where one share application stands for whoever waits for it."""

    id: str
    status: Status
    application: Application
    providers: tuple[str, ...]
    step: str = ""  # what is waited for, while pending
    awaiting: tuple[str, ...] = ()  # providers that have not answered, while pending
    reason: str = ""  # why it was denied or cancelled
    refusal: Statement | None = None  # the answer that denied it
    approval: Approval | None = None


def task(view: View, name: str) -> Task | None:
    """Return the task `name` at the view's instant; None where nobody applied under it."""
    course = applications.proceeding(view, name)
    if course is None:
        return None
    found = course.application()
    status = _STATUS[found.state]
    said = view.about(f"application/{name}")
    waits = status == "pending"
    return Task(
        name,
        status,
        found,
        course.providers,
        step=_STEP.get(found.state, found.state) if waits else "",
        awaiting=tuple(one for one in course.providers if course.answered(one) in WAITING) if waits else (),
        reason=_REASON.get(found.state, ""),
        refusal=next(one for one in reversed(said) if one.kind == _REFUSED) if status == "denied" else None,
        approval=_approval(course, found, said, view.now) if status == "approved" else None,
    )


def named(reference: str, found: Iterable[Application], today: date) -> Application | None:
    """Return the application among `found` to which `reference`, an approval's id, was ever given out by `today`.

    That says nothing of what the application grants, nor whether the reference still holds.
    """
    if not TASK.fullmatch(reference):
        return None
    return next((one for one in found if reference in _references(one, today)), None)


def _references(found: Application, today: date) -> Iterable[str]:
    """Yield every reference that can have been given out: one for each LIFE since receipt."""
    if TASK.fullmatch(found.id) and found.received is not None:
        for number in range((today - found.received) // LIFE + 1):
            yield _reference(found.id, number)


def _reference(name: str, number: int) -> str:
    """Return the id of the approval of a task in its LIFE number `number`, from 0.

    Whoever does not know the task's id, 128 random bits, cannot guess it, and every node of a fleet finds the same.
    """
    return hashlib.sha256(f"approval\n{name}\n{number}".encode()).hexdigest()[:32]


def _approval(course: Proceeding, found: Application, said: Iterable[Statement], now: datetime) -> Approval:
    answers = [one.at for one in said if one.kind in ANSWERS]
    # A grant of another state than `deemed` rests on an answer, one of `deemed` on the end of a term.
    over = course.term.over if found.state == "deemed" else None
    approved_at = over or max(answers)
    number = (now - approved_at) // LIFE
    basis, articles = BASIS[found.state]
    return Approval(
        _reference(found.id, number),
        approved_at,
        found.scope.ends or approved_at + LIFE * (number + 1),
        basis,
        articles,
        None if found.scope == course.asked else found.scope,
    )
