"""Orders to public bodies to rectify within a term. No edge leads from here to access. Source: art_41__para_1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pdp.ledger.words import text
from pdp.workdays import day_after

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View

TRANSITIONS = {
    ("none", "rectification.ordered"): "ordered",
    ("ordered", "rectification.verified"): "none",
    ("overdue", "rectification.verified"): "none",
}


@dataclass(frozen=True, slots=True)
class Rectification:
    """One order to a body."""

    id: str
    state: str = "none"  # none | ordered | overdue
    body: str = ""
    issuer: str = ""
    seqs: tuple[int, ...] = ()


def fold(view: View, rectification: str) -> Rectification:
    """Return one order as it stands; `none` with no issuer where nobody gave it."""
    return _folded(view, rectification, view.about(f"rectification/{rectification}"))


def of_body(view: View, body: str) -> list[Rectification]:
    """Return every order given to `body`."""
    cases: dict[str, list[Statement]] = {}
    for statement in view.about(f"rectifications/{body}"):
        cases.setdefault(text(statement, "id"), []).append(statement)
    return [_folded(view, order, statements) for order, statements in cases.items()]


def _folded(view: View, order: str, statements: Iterable[Statement]) -> Rectification:
    state, body, issuer, due = "none", "", "", None
    seqs = []
    for statement in statements:
        seqs.append(statement.seq)
        state = TRANSITIONS.get((state, statement.kind), state)
        if statement.kind == "rectification.ordered":
            body, issuer, due = text(statement, "body"), statement.by, date.fromisoformat(text(statement, "due"))
    if state == "ordered" and due is not None and view.reached(day_after(due)):
        state = "overdue"
    return Rectification(order, state, body, issuer, tuple(seqs))
