"""Closures of access to opened data for misuse, ordered against units and natural persons. Source: art_42__para_1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdp.ledger.words import text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View

TRANSITIONS = {
    ("clear", "sanction.suspended"): "suspended",
    ("suspended", "sanction.corrected"): "suspended",  # the subject reports; the issuer decides
    ("suspended", "sanction.lifted"): "clear",
    ("suspended", "sanction.terminated"): "terminated",
    ("terminated", "sanction.corrected"): "terminated",
    ("terminated", "sanction.lifted"): "clear",  # no way out in the text; reading sanction_exit asks the issuer to act
}
"""No entry but by an order, no exit by time: the due date passes and nothing changes."""


@dataclass(frozen=True, slots=True)
class Sanction:
    """One order, with the datasets it names and nothing beyond."""

    id: str
    state: str = "clear"  # clear | suspended | terminated
    subject: str = ""
    datasets: frozenset[str] = frozenset()
    issuer: str = ""
    seqs: tuple[int, ...] = ()


def fold(view: View, sanction: str) -> Sanction:
    """Return one sanction as it stands; `clear` with no issuer where nobody ordered it."""
    return _folded(view, sanction, view.about(f"sanction/{sanction}"))


def of_subject(view: View, subject: str) -> list[Sanction]:
    """Return every sanction ordered against `subject`."""
    cases: dict[str, list[Statement]] = {}
    for statement in view.about(f"sanctions/{subject}"):
        cases.setdefault(text(statement, "id"), []).append(statement)
    return [_folded(view, sanction, statements) for sanction, statements in cases.items()]


def _folded(view: View, sanction: str, statements: Iterable[Statement]) -> Sanction:
    case = Sanction(sanction)
    for statement in statements:
        state = TRANSITIONS.get((case.state, statement.kind), case.state)
        if statement.kind == "sanction.corrected" and view.law.readings["sanction_exit"] == "on_correction":
            state = "clear"
        ordered = statement.kind == "sanction.suspended"
        case = Sanction(
            sanction,
            state,
            text(statement, "subject"),
            frozenset(texts(statement, "datasets")) if ordered else case.datasets,
            statement.by if ordered else case.issuer,
            (*case.seqs, statement.seq),
        )
    return case
