"""Objections to shared data (art_25) and to open data (art_32): steps, who takes them, and the clock of the former."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pdp.ledger.terms import NO_TERM, OBJECTION_TERM
from pdp.ledger.words import text
from pdp.workdays import civil

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pdp.ledger.statement import Statement
    from pdp.ledger.terms import Term
    from pdp.ledger.view import View

TRANSITIONS = {
    ("", "objection.raised"): "raised",
    ("raised", "objection.corrected"): "handled",
    ("raised", "objection.rejected"): "handled",
    ("handled", "objection.fed_back"): "fed_back",
    # Data reclassified under art_27 is handled too: the provider records it as corrected.
}
"""Steps that both kinds share. Filing with the regulator comes at once for shared data, last for open data."""

GRAVITY = ("shared_overdue", "shared_extended", "shared_open", "open_data")


@dataclass(frozen=True, slots=True)
class Objection:
    """One objection. It never freezes the data it is about."""

    id: str
    state: str = ""  # raised | handled | fed_back
    side: str = ""  # shared | open
    objector: str = ""
    dataset: str = ""
    raised: datetime | None = None
    filed: datetime | None = None
    until: date | None = None  # last day of a term that the regulator agreed to extend
    seqs: tuple[int, ...] = ()

    @property
    def closed(self) -> bool:
        """Return whether nothing is left to do: feedback was given and, for open data, it was filed."""
        return self.state == "fed_back" and (self.side == "shared" or self.filed is not None)


def fold(view: View, objection: str) -> Objection:
    """Return one objection as it stands; its state is empty where nobody raised it."""
    return folded(objection, view.about(f"objection/{objection}"))


def folded(objection: str, statements: Iterable[Statement]) -> Objection:
    """Return the objection that `statements` about it make."""
    side = objector = dataset = state = ""
    raised = filed = until = None
    seqs = []
    for statement in statements:
        seqs.append(statement.seq)
        state = TRANSITIONS.get((state, statement.kind), state)
        if statement.kind == "objection.raised":
            side, objector, dataset = (text(statement, name) for name in ("side", "objector", "dataset"))
            raised = statement.at
        elif statement.kind == "objection.filed":
            filed = statement.at
        elif statement.kind == "objection.extended":
            until = date.fromisoformat(text(statement, "until"))
    return Objection(objection, state, side, objector, dataset, raised, filed, until, tuple(seqs))


def refusal(objection: Objection, kind: str) -> str | None:
    """Return why `kind` is no lawful next step, or None. Source: art_25__para_1, art_25__para_2, art_32__para_1."""
    if (objection.state, kind) in TRANSITIONS:
        return None
    if kind == "objection.filed" and objection.state and objection.filed is None:
        if objection.side == "shared" and not objection.closed:
            return None
        return None if objection.state == "fed_back" else "comes after feedback where open data is objected to"
    if kind == "objection.extended" and objection.state in {"raised", "handled"}:
        return None if objection.side == "shared" else "has no clock to extend where open data is objected to"
    return f"is not allowed when the objection is {objection.state or 'not raised'}"


def on_dataset(view: View, statements: Iterable[Statement]) -> tuple[str, dict[str, tuple[int, ...]]]:
    """Return the gravest open objection among `statements` about one dataset, and the statements it rests on."""
    cases: dict[str, list[Statement]] = {}
    for statement in statements:
        if statement.kind.startswith("objection."):
            cases.setdefault(text(statement, "id"), []).append(statement)
    standing = [(_standing(view, case), case.seqs) for case in (folded(*one) for one in cases.items())]
    for state in GRAVITY:
        seqs = [seq for found, said in standing if found == state for seq in said]
        if seqs:
            return state, {"objection": tuple(seqs)}
    return "none", {}


def due(view: View, objection: Objection) -> date | None:
    """Return the last day of the term that runs; None: none does, or it is unknown. Source: art_25__para_2."""
    return objection.until or _term(view, objection).due


def _term(view: View, objection: Objection) -> Term:
    """Return the term as the article gives it, without extension (reading objection_clock_start)."""
    start = objection.filed if view.law.readings["objection_clock_start"] == "filing" else objection.raised
    return view.law.term(civil(start), OBJECTION_TERM) if start else NO_TERM


def _standing(view: View, objection: Objection) -> str:
    """Return the value of the fact `objection` for one objection."""
    if objection.closed or not objection.state:
        return "none"
    if objection.side == "open":
        return "open_data"
    if objection.state == "fed_back":
        return "none"
    if objection.until is not None:
        return "shared_overdue" if view.reached(view.law.end_of(objection.until)) else "shared_extended"
    over = _term(view, objection).over
    return "shared_overdue" if over is not None and view.reached(over) else "shared_open"
