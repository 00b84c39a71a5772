"""Where to look for what may be on a list: a body's own matters, and what can fall due in a span of days.

Always enough, often more than enough: what does not belong to the list its folds weed out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pdp.ledger import named
from pdp.ledger.terms import ANSWER_TERM, FULFILMENT_TERM, OBJECTION_TERM
from pdp.ledger.words import text
from pdp.workdays import civil
from pdp.worklists.page import statements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from pdp.ledger.terms import Law
    from pdp.worklists.page import Sought, Source

_RECEIVED = "application.received"


def applied_by(source: Source, body: str, *kinds: str) -> Sought:
    """Return where to look for what `body`, or a body that it succeeded, applied for: by `kinds` of receipt."""
    names = frozenset(map(named.applicant, _with_predecessors(source, body)))
    return dict.fromkeys(kinds, (names,))


def about_data_of(source: Source, body: str, kind: str) -> Sought:
    """Return where to look for what `kind` founded about data that `body`, or one that it succeeded, ever provided."""
    names = frozenset(map(named.provider, _with_predecessors(source, body)))
    entries = statements(source, "dataset.catalogued", 0, source.head(), names)
    return {kind: (frozenset(named.dataset(text(entry, "id")) for entry in entries),)}


def awaiting_answer(source: Source, law: Law, now: datetime, body: str) -> Sought:
    """Return where to look for the share applications that `body` may have to answer at `now`.

    Received lately, so that the term runs; in a time that no published calendar covers; or before the law was in force.
    Source: art_21__para_1, art_44__para_1.
    """
    since, today = law.in_force_from, civil(now)
    terms = ((day, law.term(day, ANSWER_TERM).over) for day in _days(since, today))
    running = [named.runs(day) for day, over in terms if over is None or over > now]
    before = [named.year(number) for number in range(1, since.year + 1)]
    return {kind: (*data, [*running, *before]) for kind, data in about_data_of(source, body, _RECEIVED).items()}


def falling_due(law: Law, first: date, last: date) -> Sought:
    """Return where to look for what may have its last day from `first` to `last`.

    Terms of five and ten working days from receipt, and days that an act sets. Sources: art_21__para_1, art_21__para_2,
    art_25__para_2, art_41__para_1, art_42__para_1.
    """
    set_by_acts = frozenset(map(named.due, _days(first, last)))
    answers, supplies, objections = (
        frozenset(map(named.runs, _receipts(law, term, first, last)))
        for term in (ANSWER_TERM, FULFILMENT_TERM, OBJECTION_TERM)
    )
    return {
        _RECEIVED: (answers | supplies,),
        "objection.raised": (objections | set_by_acts,),
        "sanction.suspended": (set_by_acts,),
        "rectification.ordered": (set_by_acts,),
    }


def _with_predecessors(source: Source, body: str) -> set[str]:
    """Return `body` and every body that it, or one of those, was ever said to succeed."""
    found, waiting = {body}, [body]
    while waiting:
        successor = waiting.pop()
        for said in source.about(f"subject/{successor}"):
            if said.kind == "body.succeeded" and text(said, "successor") == successor:
                if text(said, "id") not in found:
                    waiting.append(text(said, "id"))
                found.add(text(said, "id"))
    return found


def _receipts(law: Law, term: int, first: date, last: date) -> Iterator[date]:
    """Yield the days from which a term of so many working days ends from `first` to `last`, the latest first.

    The later the receipt, the later the end: the first term to end too early ends the search. A term that no published
    calendar covers has no end.
    """
    covered = law.calendar.works
    if not covered or last < min(covered):
        return
    day, earliest = min(last, max(covered)), min(covered)
    while (day := day - timedelta(days=1)) >= earliest - timedelta(days=1):
        due = law.term(day, term).due
        if due is not None and due < first:
            return
        if due is not None and due <= last:
            yield day


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=count) for count in range((last - first).days + 1))
