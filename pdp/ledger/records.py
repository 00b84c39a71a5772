"""Entities that are one record each: entrustments, onward supply, assessed combinations, carriers.

Sources: art_40__para_1, art_24__para_1, art_27__para_1__item_3, art_26__para_3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger.scope import end
from pdp.ledger.states import Carrier, Combination, Entrustment, Said
from pdp.ledger.words import text, texts

if TYPE_CHECKING:
    from pdp.ledger.statement import Statement
    from pdp.ledger.view import View


def entrustment(view: View, principal: str, agent: str) -> Entrustment:
    """Return whether the last entrustment of `agent` by `principal` is on record and runs."""
    statements = view.about(f"entrustment/{principal}/{agent}")
    if not statements:
        return Entrustment(until=view.changes)
    last = statements[-1]
    ends = text(last, "until")
    running = not ends or not view.reached(end(ends))
    return Entrustment(running, {"entrustment": (last.seq,)}, view.changes)


def onward_basis(view: View, dataset: str, subject: str) -> tuple[int, ...]:
    """Return the statements that record a basis for supplying `dataset` on from `subject`. Source: art_24__para_1."""
    return tuple(statement.seq for statement in view.about(f"onward/{dataset}/{subject}"))


def combination(view: View, datasets: frozenset[str]) -> Combination:
    """Return the assessment of joining `datasets`. A part that identifies persons makes the whole do so."""
    latest: dict[frozenset[str], Statement] = {}
    for dataset in sorted(datasets):
        for statement in view.about(f"combination/{dataset}"):
            latest[frozenset(texts(statement, "datasets"))] = statement
    identifying = [said for joined, said in latest.items() if joined <= datasets and said.body["identity"] == "yes"]
    whole = latest.get(datasets)
    said = [*identifying, *([whole] if whole else [])]
    return Combination(
        identity="yes" if identifying else text(whole, "identity") if whole else "unknown",
        regime=(text(whole, "regime") or "none") if whole else "none",
        said={"combination": tuple(sorted({statement.seq for statement in said}))} if said else {},
        until=view.changes,
    )


def carrier(view: View, carrier: str) -> Carrier:
    """Return whether `carrier` is registered; the list of art_26__para_3 ends with 等."""
    statements = view.about(f"carrier/{carrier}")
    said: Said = {"carrier": (statements[-1].seq,)} if statements else {}
    return Carrier(carrier, bool(statements), said, view.changes)
