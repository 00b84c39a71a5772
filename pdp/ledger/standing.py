"""What supervision has on record about one subject, put together. Sources: art_41__para_1, art_42__para_1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdp.ledger import rectification, sanction
from pdp.ledger.states import Standing
from pdp.ledger.words import single

if TYPE_CHECKING:
    from pdp.ledger.view import View


def fold(view: View, subject: str) -> Standing:
    """Return the standing of `subject`; a lifted sanction leaves nothing behind."""
    sanctions = [case for case in sanction.of_subject(view, subject) if case.state != "clear"]
    orders = [order for order in rectification.of_body(view, subject) if order.state != "none"]
    said = {
        state: tuple(seq for case in sanctions if case.state == state for seq in case.seqs)
        for state in ("suspended", "terminated")
    }
    said["rectification"] = tuple(seq for order in orders for seq in order.seqs)
    return Standing(
        suspended=_named(sanctions, "suspended"),
        terminated=_named(sanctions, "terminated"),
        rectification=max((order.state for order in orders), default="none"),  # "overdue" sorts after "ordered"
        said={attribute: seqs for attribute, seqs in said.items() if seqs},
        until=view.changes,
    )


def _named(sanctions: list[sanction.Sanction], state: str) -> frozenset[str]:
    return single(frozenset(dataset for case in sanctions if case.state == state for dataset in case.datasets))
